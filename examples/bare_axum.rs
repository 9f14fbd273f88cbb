//! The yardstick of `benches/throughput`: an axum handler that parses and answers the same JSON as an
//! emulated message send, and does nothing else.
#![allow(clippy::print_stdout, reason = "the ready line")]

use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

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
    self_uri: String,
    to: String,
    text: String,
}

async fn send(Json(send): Json<Send>) -> (StatusCode, Json<Sent>) {
    let id = "7d2cf4b6-4a52-5c0c-a8a5-1d2c4f6b7a90".to_owned();
    let self_uri = format!("/api/v2/conversations/messages/{id}");
    (StatusCode::ACCEPTED, Json(Sent { id, self_uri, to: send.to.id, text: send.text }))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new().route("/api/v2/conversations/messages", post(send));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("bare axum listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
