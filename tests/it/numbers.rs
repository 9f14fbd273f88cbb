//! Pools of telephone numbers and extensions, and who has them.

use serde_json::json;

use crate::rest::{Client, all, id, mock};

fn at(rest: &str) -> String {
    format!("/api/v2/telephony/providers/edges{rest}")
}

#[tokio::test]
async fn a_did_pool_has_the_numbers_of_its_range_and_knows_their_owners() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let seeded = client.get(&at("/dids?pageSize=5")).await.ok();
    assert_eq!((&seeded["total"], seeded["entities"].as_array().map(Vec::len)), (&json!(20), Some(5)));
    assert_eq!(
        (&seeded["entities"][0]["ownerType"], &seeded["entities"][0]["owner"]["name"]),
        (&json!("PHONE"), &json!("Front desk"))
    );
    // Without a name, as the provider of Terraform sends it.
    let body = json!({ "startPhoneNumber": "+13175550200", "endPhoneNumber": "+13175550209",
        "provider": "PURE_CLOUD" });
    let pool = client.post(&at("/didpools"), body.clone()).await.ok();
    let numbers =
        client.get(&at(&format!("/dids?didPool.id={}&pageSize=4&pageNumber=3", id(&pool)))).await.ok();
    assert_eq!(
        (&numbers["total"], all(&numbers, "phoneNumber")),
        (&json!(10), vec!["+13175550208".to_owned(), "+13175550209".to_owned()])
    );
    let last =
        client.get(&at(&format!("/dids?didPool.id={}&pageSize=4&sortOrder=desc", id(&pool)))).await.ok();
    assert_eq!(all(&last, "phoneNumber")[..2], ["+13175550209", "+13175550208"]);
    let first = at(&format!("/dids?didPool.id={}&pageSize=4&pageNumber=3&sortOrder=desc", id(&pool)));
    assert_eq!(all(&client.get(&first).await.ok(), "phoneNumber"), ["+13175550201", "+13175550200"]);
    let beyond = at(&format!("/dids?didPool.id={}&pageNumber=9&sortOrder=desc", id(&pool)));
    assert_eq!(client.get(&beyond).await.ok()["entities"], json!([]));
    let overlapping = json!({ "startPhoneNumber": "+13175550209", "endPhoneNumber": "+13175550300" });
    client.post(&at("/didpools"), overlapping).await.refused(409);
    let reversed = json!({ "startPhoneNumber": "+13175550909", "endPhoneNumber": "+13175550900" });
    client.post(&at("/didpools"), reversed).await.refused(400);
    let agent = client.get("/api/v2/users/agent-1").await.ok();
    let address = json!([{ "address": "+13175550203", "mediaType": "PHONE", "type": "WORK" }]);
    let patch = json!({ "version": agent["version"], "addresses": address });
    client.patch(&format!("/api/v2/users/{}", id(&agent)), patch).await.ok();
    let owned = client.get(&at(&format!("/dids?owner.id={}", id(&agent)))).await.ok();
    assert_eq!(all(&owned, "phoneNumber"), ["+13175550203"]);
    let did = client.get(&at(&format!("/dids/{}", id(&owned["entities"][0])))).await.ok();
    assert_eq!((&did["ownerType"], &did["didPool"]["id"]), (&json!("USER"), &pool["id"]));
    let free = client.get(&at(&format!("/didpools/dids?type=UNASSIGNED&id={}", id(&pool)))).await.ok();
    assert_eq!((&free["total"], &free["entities"][3]["number"]), (&json!(9), &json!("+13175550204")));
    client.get(&at("/didpools/dids")).await.refused(400);
    let one = at(&format!("/didpools/{}", id(&pool)));
    assert_eq!(client.delete(&one).await.refused(409), "resource.referenced.by.another");
    let patch = json!({ "version": 2, "addresses": [] });
    client.patch(&format!("/api/v2/users/{}", id(&agent)), patch).await.ok();
    assert_eq!(client.delete(&one).await.status, 200);
    client.get(&at(&format!("/dids/{}", id(&did)))).await.refused(404);
    assert_eq!(client.get(&at("/dids")).await.ok()["total"], 20);
}

#[tokio::test]
async fn the_extensions_in_use_are_listed() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let seeded = client.get(&at("/extensions")).await.ok();
    assert_eq!(
        (all(&seeded, "number"), all(&seeded, "ownerType")),
        (vec!["2001".to_owned()], vec!["PHONE".to_owned()])
    );
    let body = json!({ "startNumber": "0700", "endNumber": "0799" });
    let pool = client.post(&at("/extensionpools"), body.clone()).await.ok();
    client.post(&at("/extensionpools"), body).await.refused(409);
    let agent = client.get("/api/v2/users/agent-1").await.ok();
    let patch = json!({ "version": agent["version"],
        "addresses": [{ "extension": "0707", "mediaType": "PHONE", "type": "WORK" }] });
    client.patch(&format!("/api/v2/users/{}", id(&agent)), patch).await.ok();
    let found = client.get(&at("/extensions?number=0707")).await.ok();
    assert_eq!(
        (&found["entities"][0]["owner"]["id"], &found["entities"][0]["extensionPool"]["id"]),
        (&agent["id"], &pool["id"])
    );
    let one = client.get(&at(&format!("/extensions/{}", id(&found["entities"][0])))).await.ok();
    assert_eq!(one["number"], "0707");
    let pools = client.get(&at("/extensionpools?number=0707")).await.ok();
    assert_eq!(all(&pools, "id"), [id(&pool)]);
    assert_eq!(client.delete(&at(&format!("/extensionpools/{}", id(&pool)))).await.status, 409);
}
