//! The control plane, for operators and tests.
//!
//! | routes | file |
//! |---|---|
//! | `GET /`, `GET /__admin` | `index`, and for browsers the live page of `ui` |
//! | `GET /__admin/ui` and its files | `ui` |
//! | `GET /__admin/feed` | `feed` |
//! | `GET /__admin/health`, `/__admin/ready` | `health` |
//! | `GET, PUT /__admin/limits`, `PATCH /__admin/limits/{name}` | `limits` |
//! | `GET, DELETE /__admin/limits/{name}/buckets` | `buckets` |
//! | `GET /__admin/faults`, `GET, PUT, DELETE /__admin/faults/{name}` | `faults` |
//! | `GET, PUT /__admin/clock` | `clock` |
//! | `GET /__admin/agents`, `PUT /__admin/agents/{id}`, `GET /__admin/users` | `agents` |
//! | `GET /__admin/edges`, `PUT /__admin/edges/{id}`, and `skill-groups` likewise | `workforce` |
//! | `GET /__admin/queues` | `queues` |
//! | `POST /__admin/tokens` | `tokens` |
//! | `GET, DELETE /__admin/requests`, `POST /__admin/requests/count` | `requests` |
//! | `GET, POST /__admin/tenants`, `DELETE /__admin/tenants/{id}` | `tenants` |
//! | `GET /__admin/sockets`, `DELETE /__admin/sockets/{id}` | `sockets` |
//! | `POST /__admin/events` | `events` |
//! | `GET, DELETE /__admin/deliveries` | `deliveries` |
//! | `POST /__admin/verify`, `GET /__admin/audit` | `verify` |
//! | `GET /__admin/report`, `/__admin/report.json` | `report` |
//! | `POST /__admin/reset` | `reset` |
//! | `GET, PUT, POST /__admin/snapshot` | `snapshot` |
//! | `GET /__admin/nodes` | `nodes` |
//! | `GET /__admin/coverage` | `coverage` |
//! | `GET /__admin/ca.pem` | `ca` |
//! | `GET /__admin/openapi.json` | `openapi` |
//! | `GET /metrics` | `metrics`, which writes what `families` reads |
//!
//! Admin requests do not pass the pipeline, so no limit can lock the operator out. `guard` checks the admin token
//! before anything else runs. `input` and `answer` write every mistake in the vendor's error shape. `pretty` indents
//! JSON for people. There is no CORS: pages of other origins get no access. `route` has the declaration of a route,
//! from which its line of the index and its part of the `OpenAPI` document follow. To add a resource, add a file with
//! a `resource()`, and its line in `resources`.

mod agents;
mod answer;
pub(crate) mod buckets;
mod ca;
mod clock;
mod coverage;
mod deliveries;
pub(crate) mod entry;
mod events;
pub(crate) mod families;
mod faults;
pub(crate) mod feed;
mod guard;
mod health;
mod index;
mod input;
mod limits;
mod listing;
mod metrics;
mod names;
mod nodes;
mod openapi;
mod pretty;
mod queues;
pub(crate) mod report;
mod requests;
mod reset;
mod route;
mod schema;
mod snapshot;
mod sockets;
mod tenants;
#[cfg(test)]
mod tests;
mod tokens;
mod ui;
mod verify;
mod workforce;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use axum::{Extension, Router, middleware};
use tokio_util::sync::CancellationToken;

use self::guard::Guard;
use self::route::{Resource, Routes};
use crate::platform::Platform;
use crate::platform::snapshot::file::StateFile;
use crate::server::Protection;
use crate::server::tls::LazyEnds;

/// The state behind the control plane.
#[derive(Clone)]
pub(crate) struct ControlPlane {
    /// The emulated platform.
    pub(crate) platform: Arc<Platform>,
    /// The bounds of the platform's listeners.
    pub(crate) protection: Arc<Protection>,
    /// The certificates.
    pub(crate) tls: Arc<LazyEnds>,
    /// Cancelled when the server drains.
    pub(crate) stop: CancellationToken,
    /// The file of `--state`.
    pub(crate) state_file: Option<Arc<StateFile>>,
    /// The time in which a body must arrive.
    pub(crate) request_timeout: Duration,
    /// The base URL of the emulated platform, if the control plane has an address of its own.
    pub(crate) platform_uri: Option<Arc<str>>,
}

impl FromRef<ControlPlane> for Arc<Platform> {
    fn from_ref(state: &ControlPlane) -> Self {
        Self::clone(&state.platform)
    }
}

/// The whole control plane. With a `token`, each request has to carry it.
pub(crate) fn router(state: ControlPlane, token: Option<String>) -> Router {
    let router = assemble(state, resources());
    let guarded = match token {
        None => router,
        Some(token) => {
            router.layer(middleware::from_fn_with_state(Arc::new(Guard::new(&token)), guard::check))
        }
    };
    guarded.layer(middleware::from_fn(pretty::indent))
}

/// The routes that never need a token. They stay on the main port when the control plane has its own address.
pub(crate) fn open_router(state: ControlPlane) -> Router {
    assemble(state, vec![health::resource(), metrics::resource()]).layer(middleware::from_fn(pretty::indent))
}

fn resources() -> Vec<Resource> {
    vec![
        index::resource(),
        ui::resource(),
        feed::resource(),
        health::resource(),
        limits::resource(),
        buckets::resource(),
        faults::resource(),
        clock::resource(),
        agents::resource(),
        workforce::resource(),
        queues::resource(),
        tokens::resource(),
        requests::resource(),
        tenants::resource(),
        sockets::resource(),
        events::resource(),
        deliveries::resource(),
        verify::resource(),
        report::resource(),
        reset::resource(),
        snapshot::resource(),
        nodes::resource(),
        coverage::resource(),
        ca::resource(),
        openapi::resource(),
        metrics::resource(),
    ]
}

fn assemble(state: ControlPlane, resources: Vec<Resource>) -> Router {
    let mut routes = Vec::new();
    let mut router = Router::new();
    for resource in resources {
        router = router.merge(resource.aliases);
        for endpoint in resource.endpoints {
            routes.push(endpoint.route);
            router = endpoint.serve(router);
        }
    }
    router
        .fallback(answer::no_such_route)
        .method_not_allowed_fallback(answer::wrong_method)
        .layer(Extension(Routes(routes.into())))
        .with_state(state)
}
