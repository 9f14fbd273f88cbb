//! Sends one delivery: its attempts, the waits between them, and when to give up.
//!
//! A receiver is another program and lives in real time, also where the clock stands still. So the waits between attempts
//! are real time, and only what the platform defines is model time: the delay of a trigger and the life of an event.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use super::log::{Attempt, State};
use super::queue::Delivery;
use super::{Deliveries, signature};
use crate::push::client::post;
use crate::time::clock::{Stopwatch, nanos};

/// The attempts of one delivery.
const ATTEMPTS: u32 = 5;
/// The longest wait between two attempts, also where the receiver asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The time for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What follows from an attempt.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Delivered,
    /// Another attempt may help, after the time that the receiver asks for.
    Again(Duration),
    Refused,
}

/// Sends a delivery until the receiver takes it, refuses it, or every attempt has failed.
pub(super) async fn deliver(deliveries: Arc<Deliveries>, delivery: Delivery) {
    let state = attempts(&deliveries, &delivery).await;
    deliveries.finish(&delivery, state);
}

async fn attempts(deliveries: &Deliveries, delivery: &Delivery) -> State {
    let mut wait = deliveries.retry();
    for number in 1..=ATTEMPTS {
        // The turn of the receiver is held for an attempt, not for the wait after it.
        let turn = delivery.turns.acquire().await;
        if delivery.epoch != deliveries.epoch() {
            return State::Dropped;
        }
        if delivery.is_expired(deliveries.now()) {
            return State::Expired;
        }
        let (attempt, verdict) = attempt(delivery, number).await;
        drop(turn);
        deliveries.note(delivery, attempt);
        match verdict {
            Verdict::Delivered => return State::Delivered,
            Verdict::Refused => return State::Failed,
            Verdict::Again(asked) if number < ATTEMPTS => {
                tokio::time::sleep(wait.max(asked).min(LONGEST_WAIT)).await;
                wait = wait.saturating_mul(2);
            }
            Verdict::Again(_) => {}
        }
    }
    State::Failed
}

async fn attempt(delivery: &Delivery, number: u32) -> (Attempt, Verdict) {
    let watch = Stopwatch::start();
    let answered = tokio::time::timeout(PATIENCE, exchange(delivery, number)).await;
    let answered = answered.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
    let took = nanos(watch.elapsed());
    match answered {
        Ok((status, asked)) => (Attempt { outcome: Ok(status.as_u16()), took }, verdict(status, asked)),
        Err(why) => (Attempt { outcome: Err(why), took }, Verdict::Again(Duration::ZERO)),
    }
}

/// What follows from a status. A redirect is not followed: the address that it names was not checked.
fn verdict(status: StatusCode, asked: Duration) -> Verdict {
    let is_busy = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    if status.is_success() {
        Verdict::Delivered
    } else if is_busy || status.is_server_error() {
        Verdict::Again(asked)
    } else {
        Verdict::Refused
    }
}

/// Sends the delivery once. Returns the status of the answer and its `Retry-After`.
async fn exchange(delivery: &Delivery, number: u32) -> Result<(StatusCode, Duration), String> {
    let address = &delivery.receiver.address;
    let headers = headers(delivery, number).map_err(|error| error.to_string())?;
    // What the receiver says does not matter.
    let (head, _) = post(address, headers, delivery.body.clone()).await?;
    Ok((head.status, retry_after(&head.headers)))
}

fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

fn headers(delivery: &Delivery, number: u32) -> http::Result<HeaderMap> {
    let receiver = &delivery.receiver;
    let mut headers = receiver.headers.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
        .insert(HeaderName::from_static("gcmock-delivery"), HeaderValue::from_str(&delivery.id.to_string())?);
    headers.insert(HeaderName::from_static("gcmock-attempt"), HeaderValue::from(number));
    if let Some(secret) = &receiver.secret {
        let signed = signature::sign(secret, &delivery.body);
        headers.insert(HeaderName::from_static(signature::HEADER), HeaderValue::from_str(&signed)?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_or_broken_receiver_is_asked_again_and_no_redirect_is_followed() {
        let asked = Duration::from_secs(3);
        for (status, expected) in [
            (200, Verdict::Delivered),
            (204, Verdict::Delivered),
            (302, Verdict::Refused),
            (400, Verdict::Refused),
            (404, Verdict::Refused),
            (408, Verdict::Again(asked)),
            (429, Verdict::Again(asked)),
            (500, Verdict::Again(asked)),
            (503, Verdict::Again(asked)),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(verdict(status, asked), expected, "{status}");
        }
    }

    #[test]
    fn a_wait_that_is_not_a_number_of_seconds_is_none() {
        for (text, expected) in
            [("7", 7), (" 7 ", 7), ("soon", 0), ("-1", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0)]
        {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(retry_after(&headers), Duration::from_secs(expected), "{text}");
        }
    }
}
