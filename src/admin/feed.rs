//! The feed of the live page: server-sent events, one for each second.
//!
//! An event is written once for all pages, and only while a page is open. The first event of a page has the last ten
//! minutes. A page that reads slowly gets the newest second and misses those between. `in_store` reads the levels of shared limits.

mod in_store;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use gcmock_limit::Rule;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::in_store::Fullest;
use super::ControlPlane;
use super::answer::Answer;
use super::buckets::{self, View};
use super::entry::{Entry, refusals};
use super::input::Params;
use super::route::{Resource, get};
use crate::observe::feed::{Second, Written};
use crate::observe::journal::Exchange;
use crate::platform::Platform;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;

const EVENT_STREAM: &str = "text/event-stream";
/// The refusals of one second that are sent.
const REFUSALS: usize = 10;
/// The requests of one second whose latencies are counted.
const LATENCIES: usize = 1000;
/// The most buckets whose levels are looked up each second. With more, a limit has the highest level of the second.
const BUCKETS: usize = 50_000;

pub(super) fn resource() -> Resource {
    let does = "server-sent events of what happens, one a second; the first has the last ten minutes";
    Resource::new().with(get("/__admin/feed", does, open).answers_text(EVENT_STREAM).refuses(&[503]))
}

async fn open(State(state): State<ControlPlane>, params: Params) -> Answer<Response> {
    params.only(&[])?;
    let Some(newest) = state.platform.feed.reader() else {
        const WHY: &str = "Too many live pages are open.";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "service.unavailable", WHY).into());
    };
    let first = event("history", &Past::of(&state.platform));
    let reader = Reader { newest, stop: state.stop, first: Some(first) };
    let events = stream::unfold(reader, Reader::next);
    let headers = [(CONTENT_TYPE, EVENT_STREAM), (CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(events)).into_response())
}

/// One open page.
struct Reader {
    newest: watch::Receiver<Written>,
    /// Cancelled when the server drains: then the feed ends first.
    stop: CancellationToken,
    first: Option<Bytes>,
}

impl Reader {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if let Some(first) = self.first.take() {
            self.newest.mark_unchanged();
            return Some((Ok(first), self));
        }
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            changed = self.newest.changed() => {
                changed.ok()?;
                let event = self.newest.borrow_and_update().0.clone();
                Some((Ok(event), self))
            }
        }
    }
}

/// Ends the second that has passed, and sends it to the open pages.
pub(crate) async fn end_second(platform: &Platform) {
    let second = platform.feed.end_second();
    if platform.feed.is_watched() {
        let shared = in_store::fullest(platform).await;
        platform.feed.publish(event("second", &Now::of(platform, &second, &shared)));
    }
}

/// `event: NAME`, with `content` as JSON on one line.
fn event(name: &str, content: &impl Serialize) -> Bytes {
    let mut text = format!("event: {name}\ndata: ").into_bytes();
    // Names and numbers are always JSON, and JSON without indents has no line end.
    let _ = serde_json::to_writer(&mut text, content);
    text.extend_from_slice(b"\n\n");
    text.into()
}

/// The last ten minutes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Past {
    /// The number of the last second.
    last: u64,
    /// Requests and refusals of each second, the oldest first.
    seconds: Vec<(u64, u64)>,
    /// For each limit: the position of a second, the highest level of a key, and the refusals.
    limits: BTreeMap<Arc<str>, Vec<(usize, u32, u32)>>,
}

impl Past {
    fn of(platform: &Platform) -> Self {
        let seconds = platform.feed.seconds();
        let mut limits = BTreeMap::<_, Vec<_>>::new();
        for (at, second) in seconds.iter().enumerate() {
            for (rule, used, refused) in &second.limits {
                let Some(name) = platform.config.ids().name(*rule) else { continue };
                limits.entry(name).or_default().push((at, *used, *refused));
            }
        }
        Self {
            last: seconds.last().map_or(0, |second| second.number),
            seconds: seconds.iter().map(|second| (second.requests, second.refused)).collect(),
            limits,
        }
    }
}

/// One second, and the state of the server at its end.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Now {
    second: u64,
    /// Model time.
    time: String,
    clock: &'static str,
    requests: u64,
    refused: u64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    limits: Vec<LimitNow>,
    sockets: Vec<SocketsOfEdge>,
    /// The newest refusals of the second, the newest first.
    refusals: Vec<Entry>,
}

/// A limit at the end of a second.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LimitNow {
    name: String,
    capacity: u32,
    /// The level of its fullest bucket.
    level: u32,
    /// The values of that bucket's scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The refusals of the second.
    refused: u32,
}

#[derive(Serialize)]
struct SocketsOfEdge {
    /// Null for sockets that no edge has.
    edge: Option<String>,
    open: usize,
}

impl Now {
    fn of(platform: &Platform, second: &Second, shared: &Fullest) -> Self {
        let config = platform.config.current();
        let partitions = buckets::partitions(platform);
        let exact = partitions.iter().map(|(_, of)| of.len()).sum::<usize>() <= BUCKETS;
        let partitions = if exact { &partitions[..] } else { &[] };
        let limit = |rule: &Rule| {
            let fullest = match shared.get(&rule.id) {
                Some(fullest) => fullest.clone(),
                None => buckets::nearest_of(partitions, rule, 1, platform.clock.now()).into_iter().next(),
            };
            LimitNow::of(platform, rule, second, fullest)
        };
        let limits = config.rules().map(limit).collect();
        let latencies = latencies(platform, second.requests);
        Self {
            second: second.number,
            time: rfc3339(platform.clock.now()),
            clock: platform.clock.mode().name(),
            requests: second.requests,
            refused: second.refused,
            p50_ms: quantile(&latencies, 50),
            p99_ms: quantile(&latencies, 99),
            limits,
            sockets: sockets(platform),
            refusals: refusals(platform, least(second.refused, REFUSALS)),
        }
    }
}

impl LimitNow {
    fn of(platform: &Platform, rule: &Rule, second: &Second, fullest: Option<View>) -> Self {
        let counted = second.limits.iter().find(|(known, ..)| *known == rule.id);
        let (level, refused) = counted.map_or((0, 0), |(_, used, refused)| (*used, *refused));
        let bare = Self {
            name: rule.name.to_string(),
            capacity: rule.algorithm.capacity(),
            level,
            key: None,
            refused,
        };
        let Some((tenant, view)) = fullest else { return bare };
        let key = (view.used > 0).then(|| buckets::key_text(platform, tenant.as_deref(), rule, &view));
        Self { level: view.used, key, ..bare }
    }
}

/// The open sockets of each edge.
fn sockets(platform: &Platform) -> Vec<SocketsOfEdge> {
    let mut counts = BTreeMap::new();
    for socket in platform.sockets.all() {
        *counts.entry(socket.edge()).or_insert(0) += 1;
    }
    let name = |edge| platform.tenants.edge_name(edge);
    counts.into_iter().map(|(edge, open)| SocketsOfEdge { edge: edge.and_then(name), open }).collect()
}

/// The durations in microseconds of the newest of `requests` requests, sorted.
fn latencies(platform: &Platform, requests: u64) -> Vec<u32> {
    let newest = platform.journal.find(least(requests, LATENCIES), Exchange::is_request);
    let mut micros: Vec<_> = newest.iter().map(|exchange| exchange.took_micros).collect();
    micros.sort_unstable();
    micros
}

/// The quantile of sorted microseconds, in milliseconds.
fn quantile(sorted: &[u32], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map(|micros| f64::from(*micros) / 1000.0)
}

fn least(count: u64, most: usize) -> usize {
    usize::try_from(count).map_or(most, |count| count.min(most))
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn a_quantile_is_one_of_the_durations() {
        let sorted: Vec<u32> = (1..=100).map(|n| n * 1000).collect();
        assert_eq!((quantile(&sorted, 50), quantile(&sorted, 99)), (Some(50.0), Some(99.0)));
        assert_eq!((quantile(&[7000], 99), quantile(&[], 50)), (Some(7.0), None));
    }
}
