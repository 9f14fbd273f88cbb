//! Programs and topics, and what is told of conversations.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

const STA: &str = "/api/v2/speechandtextanalytics";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

#[tokio::test]
async fn programs_and_topics_know_each_other() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let program = client.post(&format!("{STA}/programs"), json!({ "name": "Sales" })).await.done();
    let topic = json!({ "name": "Price", "dialect": "en-US", "programIds": [id(&program)] });
    let topic = client.post(&format!("{STA}/topics"), topic).await.done();
    assert_eq!(topic["programs"][0]["name"], "Sales");
    let uri = format!("{STA}/programs/{}", id(&program));
    let read = client.get(&uri).await.ok();
    assert_eq!((&read["topics"][0]["id"], &read["published"]), (&topic["id"], &json!(false)));
    let unknown = json!({ "name": "Other", "topicIds": [UNKNOWN] });
    client.post(&format!("{STA}/programs"), unknown).await.refused(400);
    let job = client
        .post(&format!("{STA}/programs/publishjobs"), json!({ "programIds": [id(&program)] }))
        .await
        .done();
    assert_eq!(job["state"], "Running");
    mock.advance(Duration::from_secs(2));
    let job = client.get(&format!("{STA}/programs/publishjobs/{}", id(&job))).await.ok();
    assert_eq!((&job["state"], &job["programs"][0]["id"]), (&json!("Completed"), &program["id"]));
    assert_eq!(client.get(&uri).await.ok()["published"], true);
    assert_eq!(
        client.get(&format!("{STA}/programs?state=Published")).await.ok()["entities"][0]["topicsCount"],
        1
    );
    let queue = client.get("/api/v2/routing/queues").await.ok()["entities"][0].clone();
    let mappings = json!({ "queueIds": [id(&queue)], "flowIds": [] });
    let mapped = client.put(&format!("{uri}/mappings"), mappings).await.ok();
    assert_eq!(mapped["queues"][0]["id"], queue["id"]);
    client
        .put(&format!("{uri}/mappings"), json!({ "queueIds": [UNKNOWN], "flowIds": [] }))
        .await
        .refused(400);
    assert!(client.delete(&format!("{STA}/topics/{}", id(&topic))).await.status.is_success());
    assert_eq!(client.get(&uri).await.ok()["topics"], json!([]));
}

#[tokio::test]
async fn the_transcript_of_a_communication_has_an_address() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let call = json!({ "phoneNumber": "+13175550123" });
    let call = client.post("/api/v2/conversations/calls", call).await.done();
    let conversation = client.get(&format!("/api/v2/conversations/{}", id(&call))).await.ok();
    let communication = id(&conversation["participants"][0]["calls"][0]);
    let one = format!("{STA}/conversations/{}", id(&call));
    assert_eq!(client.get(&one).await.ok()["conversation"]["id"], call["id"]);
    let url = client.get(&format!("{one}/communications/{communication}/transcripturl")).await.ok();
    let url = url["url"].as_str().expect("an address").to_owned();
    let transcript: Value =
        reqwest::get(&url).await.expect("an answer").json().await.expect("a body of JSON");
    assert_eq!(transcript["communicationId"], communication);
    client.get(&format!("{one}/communications/{UNKNOWN}/transcripturl")).await.refused(404);
    client.get(&format!("{STA}/conversations/{UNKNOWN}")).await.refused(404);
}

#[tokio::test]
async fn a_term_of_the_dictionary_has_the_documented_bounds() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = format!("{STA}/dictionaryfeedback");
    let examples = |last: &str| {
        json!(["use gcmock a lot", "the gcmock is up", last].map(|phrase| json!({ "phrase": phrase })))
    };
    let wrong = [
        (json!({ "boostValue": 11 }), "invalid.boost.value"),
        (json!({ "dialect": "xx-XX" }), "invalid.dialect"),
        (json!({ "term": "a".repeat(31) }), "term.length.exceeded"),
        (json!({ "soundsLike": ["gee", "Gee"] }), "sounds.like.contains.duplicate.value"),
        (
            json!({ "examplePhrases": [{ "phrase": "use gcmock a lot" }] }),
            "example.phrases.minimum.count.required",
        ),
        (
            json!({ "examplePhrases": examples("use gcmock a lot") }),
            "example.phrases.contains.duplicate.phrase",
        ),
        (json!({ "examplePhrases": examples("gcmock again") }), "example.phrase.minimum.words.required"),
        (json!({ "examplePhrases": examples("use something else") }), "example.phrases.should.contain.term"),
    ];
    for (more, code) in wrong {
        let mut body = json!({ "term": "gcmock", "dialect": "en-US" });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        assert_eq!(client.post(&path, body).await.refused(400), code, "{more}");
    }
    let body =
        json!({ "term": "gcmock", "dialect": "en-US", "examplePhrases": examples("my gcmock is down") });
    let word = client.post(&path, body.clone()).await.done();
    assert_eq!(client.post(&path, body.clone()).await.refused(422), "term.already.exists");
    let one = format!("{path}/{}", id(&word));
    client.put(&one, body).await.ok();
}

#[tokio::test]
async fn a_phrase_has_words_and_one_sentiment_in_a_dialect() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = format!("{STA}/sentimentfeedback");
    let body = |phrase: &str| json!({ "phrase": phrase, "dialect": "en-US", "feedbackValue": "Positive" });
    assert_eq!(client.post(&path, body(" ")).await.refused(400), "phrase.minimum.words.required");
    assert_eq!(client.post(&path, body(&"a ".repeat(101))).await.refused(400), "phrase.length.exceeded");
    client.post(&path, body("well done")).await.done();
    assert_eq!(client.post(&path, body("well done")).await.refused(422), "phrase.already.exists");
}

#[tokio::test]
async fn a_job_publishes_something_and_a_dialect_has_one_engine() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let publish = async |kind: &str, field: &str| {
        client.post(&format!("{STA}/{kind}/publishjobs"), json!({ field: [] })).await.refused(400)
    };
    assert_eq!(publish("programs", "programIds").await, "program.not.provided");
    assert_eq!(publish("topics", "topicIds").await, "topic.not.provided");
    let program = client.post(&format!("{STA}/programs"), json!({ "name": "Sales" })).await.done();
    let engines = format!("{STA}/programs/{}/transcriptionengines", id(&program));
    let engine = json!({ "dialect": "en-US", "engine": "Genesys" });
    let twice = json!({ "transcriptionEngines": [engine, engine] });
    assert_eq!(client.put(&engines, twice).await.refused(400), "dialect.duplicate");
    client.put(&engines, json!({ "transcriptionEngines": [engine] })).await.ok();
}
