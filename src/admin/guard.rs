//! The check of the admin token, once one is set.
//!
//! Health, readiness and metrics need no token. A request with the right token is never slowed. All others get a
//! 401 behind `tower_governor`: [`BURST`] guesses of an address are answered, then one a second. An address that
//! continues is refused for [`LOCK`] without the governor. The files of the live page hold nothing of this server, and
//! need no token either: the page asks for it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt};
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::{GovernorError, GovernorLayer};

use super::answer::Refusal;
use super::ui;
use crate::time::clock::Stopwatch;
use crate::wire::error::ApiError;

/// Wrong tokens of an address that are answered 401 in a row.
const BURST: u32 = 5;
/// The time for which an address that continues to guess is refused without the governor.
const LOCK: Duration = Duration::from_secs(1);
/// The number of refusals after which quiet addresses are dropped.
const HOUSEKEEPING: u32 = 256;
/// Paths without a token: a container's health check and a scraper have none.
const OPEN: [&str; 3] = ["/__admin/health", "/__admin/ready", "/metrics"];

/// The admin token's keeper.
pub(super) struct Guard {
    digest: [u8; 32],
    slowed: BoxCloneSyncService<Request, Response, Infallible>,
    forget_quiet: Box<dyn Fn() + Send + Sync>,
    locked: Mutex<HashMap<IpAddr, Stopwatch>>,
    refusals: AtomicU32,
}

/// Passes a request on, or answers it.
pub(super) async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if OPEN.contains(&request.uri().path()) || ui::is_asked(&request) || guard.admits(request.headers()) {
        return next.run(request).await;
    }
    guard.refuse(request).await
}

impl Guard {
    pub(super) fn new(token: &str) -> Self {
        let config = GovernorConfigBuilder::default().per_second(1).burst_size(BURST).finish();
        let config = Arc::new(config.unwrap_or_default());
        let limiter = Arc::clone(config.limiter());
        let layer = GovernorLayer::new(config).error_handler(|error| too_many_guesses(&error));
        let unauthorized = tower::service_fn(|request: Request| async move {
            Ok::<_, Infallible>(unauthorized(request.headers()))
        });
        Self {
            digest: Sha256::digest(token).into(),
            slowed: BoxCloneSyncService::new(layer.layer(unauthorized)),
            forget_quiet: Box::new(move || limiter.retain_recent()),
            locked: Mutex::default(),
            refusals: AtomicU32::new(0),
        }
    }

    /// Compares by digest, so that the duration reveals neither a prefix nor the length.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(sent) = bearer(headers) else { return false };
        self.digest.as_slice().ct_eq(Sha256::digest(sent).as_slice()).into()
    }

    async fn refuse(&self, request: Request) -> Response {
        self.forget_idle_clients();
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        if peer.is_some_and(|peer| self.is_locked(peer)) {
            return throttled(1);
        }
        let response = match self.slowed.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if let Some(peer) = peer.filter(|_| response.status() == StatusCode::TOO_MANY_REQUESTS) {
            self.locked.lock().insert(peer, Stopwatch::start());
        }
        response
    }

    fn is_locked(&self, peer: IpAddr) -> bool {
        self.locked.lock().get(&peer).is_some_and(|since| since.elapsed() < LOCK)
    }

    fn forget_idle_clients(&self) {
        if self.refusals.fetch_add(1, Ordering::Relaxed) % HOUSEKEEPING == HOUSEKEEPING - 1 {
            (self.forget_quiet)();
            self.locked.lock().retain(|_, since| since.elapsed() < LOCK);
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token.trim_ascii())
}

fn unauthorized(headers: &HeaderMap) -> Response {
    let error = if bearer(headers).is_none() {
        const WHY: &str =
            "The admin API requires its token: Authorization: Bearer ADMIN-TOKEN (--admin-token).";
        ApiError::new(StatusCode::UNAUTHORIZED, "authentication.required", WHY)
    } else {
        ApiError::bad_credentials()
    };
    let mut response = Refusal::from(error).into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// The refusal of the governor in the vendor's format. Its wait is truncated to seconds, so one is added.
fn too_many_guesses(error: &GovernorError) -> Response {
    match error {
        GovernorError::TooManyRequests { wait_time, .. } => {
            throttled(u32::try_from(*wait_time).unwrap_or(u32::MAX).saturating_add(1))
        }
        _ => unauthorized(&HeaderMap::new()),
    }
}

fn throttled(retry_after: u32) -> Response {
    let mut response = Refusal::from(ApiError::too_many_requests(retry_after)).into_response();
    response.headers_mut().insert(RETRY_AFTER, retry_after.into());
    response
}
