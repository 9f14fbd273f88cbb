//! Runs gcmock within the test's own process: a server for each test, on a frozen clock.

use std::time::Duration;

use gcmock::MockServer;
use reqwest::{Client, Response};

async fn list_users(mock: &MockServer) -> Response {
    let url = format!("{}/api/v2/users?pageSize=1", mock.uri());
    Client::new().get(url).bearer_auth("any").send().await.expect("an answer")
}

#[tokio::test]
async fn the_181st_call_of_a_minute_is_refused_and_waiting_helps() {
    let mock = MockServer::builder().manual_clock().start().await.expect("a free port");
    for _ in 0..180 {
        assert_eq!(list_users(&mock).await.status(), 200);
    }
    let refused = list_users(&mock).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "60");

    mock.advance(Duration::from_secs(60));
    assert_eq!(list_users(&mock).await.status(), 200);
    assert_eq!(mock.requests().iter().filter(|request| request.status == 429).count(), 1);
}
