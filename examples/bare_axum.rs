//! The baseline of `benches/throughput`: axum handlers that parse the JSON of a message send and answer with the JSON of
//! gcmock: of an admitted send or, with the argument `refused`, of a refusal. They have no identity, no limits, no
//! journal and no headers of their own.
#![allow(clippy::print_stdout, reason = "the ready line")]

use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

const ID: &str = "7d2cf4b6-4a52-5c0c-a8a5-1d2c4f6b7a90";

#[derive(Deserialize)]
struct Send {
    to: To,
    text: String,
}

#[derive(Deserialize)]
struct To {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    id: String,
    message_id: String,
    communication_id: String,
    self_uri: String,
}

async fn admit(Json(send): Json<Send>) -> (StatusCode, Json<Sent>) {
    let id = if send.to.id.is_empty() { send.text } else { ID.to_owned() };
    let self_uri = format!("/api/v2/conversations/messages/{id}");
    (StatusCode::ACCEPTED, Json(Sent { id, message_id: ID.into(), communication_id: ID.into(), self_uri }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused {
    message: String,
    code: &'static str,
    status: u16,
    context_id: String,
    details: [(); 0],
    errors: [(); 0],
    limit: Limit,
}

#[derive(Serialize)]
struct Limit {
    key: &'static str,
    namespace: &'static str,
    value: u64,
}

async fn refuse(Json(send): Json<Send>) -> (StatusCode, Json<Refused>) {
    let seconds = 3500 + send.to.id.len() + send.text.len();
    let refused = Refused {
        message: format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds"),
        code: "too.many.requests.retry.after",
        status: 429,
        context_id: ID.to_owned(),
        details: [],
        errors: [],
        limit: Limit { key: "messages.rate.per.second", namespace: "messaging", value: 1 },
    };
    (StatusCode::TOO_MANY_REQUESTS, Json(refused))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let refused = std::env::args().nth(1).is_some_and(|what| what == "refused");
    let route = if refused { post(refuse) } else { post(admit) };
    let app = Router::new().route("/api/v2/conversations/messages", route);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("bare axum listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
