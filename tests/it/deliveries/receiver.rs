//! A real receiver of webhooks on loopback. It answers as it was told, and hands on what it heard.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use ring::hmac;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::PATIENCE;

/// What a receiver heard.
pub(super) struct Heard {
    headers: HeaderMap,
    body: Bytes,
}

impl Heard {
    /// A header's text; empty without it.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("visible"))
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The header that signs the body.
    pub(super) fn signature(&self, secret: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        format!("sha256={}", STANDARD.encode(hmac::sign(&key, &self.body)))
    }
}

/// A receiver that listens until the test ends.
pub(super) struct Receiver {
    pub(super) url: String,
    heard: UnboundedReceiver<Heard>,
}

impl Receiver {
    /// Answers with these statuses, and then with 200.
    pub(super) async fn start(statuses: &[u16]) -> Self {
        Self::listen(statuses, "").await
    }

    /// Answers the first request with a redirect.
    pub(super) async fn redirecting(location: &str) -> Self {
        Self::listen(&[307], location).await
    }

    async fn listen(statuses: &[u16], location: &str) -> Self {
        let (sender, heard) = unbounded_channel();
        let statuses = Arc::new(Mutex::new(VecDeque::from(statuses.to_vec())));
        let location = location.to_owned();
        let answer = move |headers: HeaderMap, body: Bytes| {
            let _ = sender.send(Heard { headers, body });
            let status = statuses.lock().expect("no panic").pop_front().unwrap_or(200);
            let status = StatusCode::from_u16(status).expect("a status");
            let location = location.clone();
            async move { (status, [(LOCATION, location)]) }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/events", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { url, heard }
    }

    /// The next request.
    pub(super) async fn next(&mut self) -> Heard {
        let next = tokio::time::timeout(PATIENCE, self.heard.recv()).await;
        next.expect("a request in time").expect("it listens")
    }

    /// Whether no request has come that was not looked at.
    pub(super) fn is_silent(&mut self) -> bool {
        self.heard.try_recv().is_err()
    }
}
