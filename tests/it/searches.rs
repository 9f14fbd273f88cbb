//! Searches over several kinds of entities, over attributes of participants, and over what was written.

use serde_json::{Value, json};

use crate::conversations::{call, participant};
use crate::rest::{Client, id, mock};

const SEARCH: &str = "/api/v2/search";

#[tokio::test]
async fn a_search_finds_entities_of_several_types() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let queue = json!({ "name": "Quokkas" });
    let queue = id(&api.post("/api/v2/routing/queues", queue).await.done());
    let user = json!({ "name": "Quokka Smith", "email": "q@example.org", "divisionId": "" });
    let user = id(&api.post("/api/v2/users", user).await.ok());
    let criterion = json!({ "type": "SIMPLE", "fields": ["name"], "value": "quokka" });
    let body =
        json!({ "types": ["users", "queues", "groups"], "query": [criterion], "returnFields": ["name"] });
    let found = api.post(SEARCH, body.clone()).await.ok();
    assert_eq!(
        found["results"],
        json!([{ "id": user, "name": "Quokka Smith" }, { "id": queue, "name": "Quokkas" }])
    );
    assert_eq!((&found["total"], &found["pageCount"]), (&json!(2), &json!(1)));
    let mut one = body;
    one["pageSize"] = json!(1);
    let first = api.post(SEARCH, one).await.ok();
    let next = first["nextPage"].as_str().expect("another page").to_owned();
    assert_eq!(api.get(&next).await.ok()["results"][0]["id"], json!(queue));
    let none =
        json!({ "types": ["users"], "query": [{ "type": "EXACT", "fields": ["name"], "value": "nobody" }] });
    assert_eq!(api.post(SEARCH, none).await.ok()["total"], 0);
}

#[tokio::test]
async fn conversations_are_found_by_the_attributes_of_their_participants() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let path = "/api/v2/conversations/participants/attributes/search";
    let calls = [
        call(&mock, &api, json!({ "phoneNumber": "+13175550100" })).await,
        call(&mock, &api, json!({ "phoneNumber": "+13175550101" })).await,
    ];
    let customer = participant(&api, &calls[1], 1).await;
    let attributes = json!({ "attributes": { "order": "A-7" } });
    api.patch(&format!("{customer}/attributes"), attributes).await.done();
    let query = |value: &str, until: &str| {
        json!({ "query": [
            { "type": "EXACT", "fields": ["order"], "value": value },
            { "type": "DATE_RANGE", "fields": ["startTime"], "startValue": "2026-03-08T00:00:00.000Z", "endValue": until },
        ] })
    };
    let day = "2026-03-09T00:00:00.000Z";
    let found = api.post(path, query("A-7", day)).await.ok();
    let [result] = found["results"].as_array().expect("results").as_slice() else { panic!("{found}") };
    assert_eq!(result["conversationId"], json!(calls[1]));
    assert_eq!(result["participantData"][1]["participantAttributes"], json!({ "order": "A-7" }));
    for (value, until) in [("A-8", day), ("A-7", "2026-03-08T00:00:00.000Z")] {
        assert_eq!(api.post(path, query(value, until)).await.ok()["results"], json!([]), "{value} {until}");
    }
    let by_id = json!({ "query": [{ "type": "EXACT", "fields": ["conversationId"], "value": calls[0] }] });
    assert_eq!(api.post(path, by_id).await.ok()["results"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_was_written_is_found_in_transcripts() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let send = async |to: &str, text: &str| {
        let body = json!({ "to": { "id": to }, "text": text });
        id(&api.post("/api/v2/conversations/messages", body).await.done())
    };
    let (first, _) = (send("ada", "the parcel is late").await, send("bob", "thank you").await);
    let path = "/api/v2/speechandtextanalytics/transcripts/search";
    let query = |kind: &str, value: &str| json!({ "types": ["messages"], "query": [{ "type": kind, "fields": ["transcript"], "value": value }] });
    let found = api.post(path, query("PHRASE", "Parcel")).await.ok();
    assert_eq!((&found["total"], &found["results"][0]["conversationId"]), (&json!(1), &json!(first)));
    assert_eq!(found["results"][0]["transcript"], json!(["the parcel is late"]));
    let none: Value = api.post(path, query("EXACT_PHRASE", "lorry")).await.ok();
    assert_eq!((&none["total"], &none["results"]), (&json!(0), &json!([])));
    let mut of_end = query("PHRASE", "parcel");
    of_end["query"][0]["fields"] = json!(["endTime"]);
    assert_eq!(api.post(path, of_end).await.ok()["total"], 0, "an open conversation has no end");
}
