//! One export to the collector, and the log lines about it.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

use super::settings::Settings;
use crate::push::client::post;
use crate::push::delivery::address::Address;

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    Metrics,
}

/// Why an export failed.
#[derive(Debug)]
pub(super) struct Away {
    /// Whether the same export may succeed later.
    pub(super) may_come_back: bool,
}

/// The receiver of all exports.
#[derive(Debug)]
pub(super) struct Collector {
    headers: HeaderMap,
    timeout: Duration,
    /// Whether the last exports of traces and of metrics failed.
    failing: [AtomicBool; 2],
}

impl Collector {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut headers = settings.headers.clone();
        headers.insert(CONTENT_TYPE, PROTOBUF);
        Self { headers, timeout: settings.timeout, failing: Default::default() }
    }

    /// Sends a message. Returns how many of its spans the collector rejects.
    pub(super) async fn send(
        &self,
        signal: Signal,
        address: &Address,
        message: &impl Message,
    ) -> Result<u64, Away> {
        let body = Bytes::from(message.encode_to_vec());
        let answered = tokio::time::timeout(self.timeout, post(address, self.headers.clone(), body)).await;
        let answered = answered.unwrap_or_else(|_| Err(format!("no answer within {:?}", self.timeout)));
        let (why, may_come_back) = match answered {
            Ok((head, body)) if head.status.is_success() => {
                self.is_back(signal);
                return Ok(if signal == Signal::Traces { rejected(body) } else { 0 });
            }
            Ok((head, _)) => (format!("it answers {}", head.status), may_come_back(head.status)),
            Err(why) => (why, true),
        };
        self.is_away(signal, address, &why);
        Err(Away { may_come_back })
    }

    fn is_away(&self, signal: Signal, address: &Address, why: &str) {
        let was_reached = self.failing.iter().all(|failing| !failing.load(Relaxed));
        self.failing[signal as usize].store(true, Relaxed);
        if was_reached {
            tracing::warn!("--otlp: the collector does not take what is sent to {}: {why}", address.url);
        }
    }

    fn is_back(&self, signal: Signal) {
        let was_away = self.failing[signal as usize].swap(false, Relaxed);
        if was_away && self.failing.iter().all(|failing| !failing.load(Relaxed)) {
            tracing::info!("--otlp: the collector takes metrics and traces again");
        }
    }
}

/// The answers after which OTLP asks its clients to try again.
fn may_come_back(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// The spans that the collector says it did not take.
fn rejected(body: Bytes) -> u64 {
    let answer = ExportTraceServiceResponse::decode(body).unwrap_or_default();
    let rejected = answer.partial_success.map_or(0, |partial| partial.rejected_spans);
    u64::try_from(rejected).unwrap_or(0)
}
