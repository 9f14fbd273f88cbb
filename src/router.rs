//! Where a request goes: every URL family on one page.
//!
//! | path | goes to |
//! |---|---|
//! | `/__admin/**`, `/metrics`, `/` | `admin`, an axum router with its layers |
//! | everything else | `pipeline`, the emulated platform |
//!
//! Emulated routes have no tower layers: each costs as much as all limits together. The admin routes
//! have them, because nobody load-tests those.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use http::{Request, Response};
use hyper::body::Incoming;
use tower::ServiceExt;

use crate::app::App;
use crate::body::Body;
use crate::pipeline;
use crate::server::{Conn, Handler};

/// What one listener serves.
pub struct Surface {
    app: Arc<App>,
    admin: axum::Router,
    emulates: bool,
}

impl Surface {
    /// The platform, and beside it the admin routes of `admin`.
    pub fn platform(app: Arc<App>, admin: axum::Router) -> Self {
        Self { app, admin, emulates: true }
    }

    /// The admin routes alone.
    pub fn admin_only(app: Arc<App>, admin: axum::Router) -> Self {
        Self { app, admin, emulates: false }
    }

    async fn administer(&self, conn: &Arc<Conn>, request: Request<Incoming>) -> Response<Body> {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(conn.peer));
        let answered: Result<_, Infallible> = self.admin.clone().oneshot(request).await;
        match answered {
            Ok(response) => response.map(Body::from),
            Err(never) => match never {},
        }
    }
}

impl Handler for Surface {
    async fn call(&self, conn: &Arc<Conn>, request: Request<Incoming>) -> Response<Body> {
        if self.emulates && !is_admin(request.uri().path()) {
            pipeline::emulate(&self.app, conn, request).await
        } else {
            self.administer(conn, request).await
        }
    }
}

fn is_admin(path: &str) -> bool {
    path == "/metrics"
        || path == "/"
        || path.strip_prefix("/__admin").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
