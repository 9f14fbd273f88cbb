//! Changes of one entity by several clients at once: one change of a version is made, the others are refused.

use std::sync::Arc;

use gcmock::MockServer;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::rest::{Client, id, mock};

/// Clients that change the entity at once.
const RIVALS: usize = 8;
/// How often they do.
const ROUNDS: usize = 12;

/// The changes of one version of the entity at `path`, sent at once. Each says another text in `field`. Returns the
/// texts of those that were made, and the statuses of the others.
async fn rival(
    mock: &MockServer,
    path: &str,
    (method, field): (Method, &str),
    read: &Value,
) -> (Vec<String>, Vec<u16>) {
    let barrier = Arc::new(Barrier::new(RIVALS));
    let tasks: Vec<_> = (0..RIVALS)
        .map(|rival| {
            let (client, barrier) = (Client::new(mock), Arc::clone(&barrier));
            let (path, method, mut body) = (path.to_owned(), method.clone(), read.clone());
            let text = format!("{} {rival}", read["version"]).replace('"', "");
            body[field] = json!(text);
            tokio::spawn(async move {
                // The connection is open before the barrier.
                client.get(&path).await;
                barrier.wait().await;
                (text, client.send(method, &path, Some(body)).await.status.as_u16())
            })
        })
        .collect();
    let (mut made, mut refused) = (Vec::new(), Vec::new());
    for task in tasks {
        match task.await.expect("a task without a panic") {
            (text, status) if (200..300).contains(&status) => made.push(text),
            (_, status) => refused.push(status),
        }
    }
    (made, refused)
}

/// Lets clients change the entity at once, again and again.
async fn race(mock: &MockServer, path: &str, (method, field): (Method, &str), conflict: u16) {
    let api = Client::new(mock);
    for _ in 0..ROUNDS {
        let read = api.get(path).await.ok();
        let (made, refused) = rival(mock, path, (method.clone(), field), &read).await;
        assert_eq!(made.len(), 1, "{path}: one of the changes of {} is made", read["version"]);
        assert_eq!(refused, [conflict; RIVALS - 1], "{path}");
        assert_eq!(api.get(path).await.ok()[field], json!(made[0]), "{path}: the one that was made is read");
    }
}

async fn made(api: &Client, path: &str, body: Value) -> String {
    format!("{path}/{}", id(&api.post(path, body).await.done()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_changes_of_one_version_at_once_exactly_one_is_made() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let list = json!({ "name": "At once", "columnNames": ["Phone"],
        "phoneColumns": [{ "columnName": "Phone", "type": "cell" }] });
    let list = made(&api, "/api/v2/outbound/contactlists", list).await;
    race(&mock, &list, (Method::PUT, "name"), 409).await;
    let group = made(
        &api,
        "/api/v2/groups",
        json!({ "name": "At once", "type": "official",
        "rulesVisible": true, "visibility": "public" }),
    )
    .await;
    race(&mock, &group, (Method::PUT, "description"), 409).await;
    let location = made(&api, "/api/v2/locations", json!({ "name": "At once" })).await;
    race(&mock, &location, (Method::PATCH, "notes"), 409).await;
}

/// The vendor refuses the old version of a user with 400 (documented code `general.conflict`).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_changes_of_one_version_of_a_user_at_once_exactly_one_is_made() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let user = id(&api.get("/api/v2/users/agent-1").await.ok());
    let path = format!("/api/v2/users/{user}");
    for _ in 0..ROUNDS {
        let version = api.get(&path).await.ok()["version"].clone();
        let (made, refused) =
            rival(&mock, &path, (Method::PATCH, "title"), &json!({ "version": version })).await;
        assert_eq!((made.len(), refused), (1, vec![400; RIVALS - 1]));
        assert_eq!(api.get(&path).await.ok()["title"], json!(made[0]));
    }
}
