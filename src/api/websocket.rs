//! `WS /api/v2/platform/websocket`: a socket that no published document has.

use std::sync::Arc;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::api::request::Request;
use crate::api::route::Route;
use crate::identity::Principal;
use crate::platform::Platform;
use crate::push::Subscriptions;
use crate::session::session::{Live, NewSession, Session};
use crate::session::subscriber::{Listener, heartbeat};
use crate::wire::error::ApiError;
use crate::world::Tenant;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::socket("/api/v2/platform/websocket", open).unpublished()]
}

/// Opens a platform socket. The token is in the header or in `access_token`. The agent is named by the request, or
/// is the user of the token.
fn open(platform: &Platform, request: &Request<'_>) -> Result<NewSession, ApiError> {
    let access_token = request.query_text("access_token");
    let caller = platform.identity.identify_socket(
        &platform.tenants,
        request.headers,
        access_token.as_deref(),
        request.host,
        request.now,
    )?;
    let named = request.query_text("agentId").or_else(|| request.header("x-agent-id").map(Into::into));
    let organization = caller.token.tenant.read();
    let agent = match named.as_deref() {
        Some(id) => Some(organization.people().find(id).ok_or_else(|| ApiError::no_such("agent", id))?),
        None => caller.token.user,
    };
    let agent = agent.filter(|agent| organization.people().is_agent(*agent));
    drop(organization);
    let session = Box::new(PlatformSocket::new(&caller.token.tenant));
    Ok(NewSession { principal: Principal::Caller(caller), agent, session })
}

/// The session of a platform socket. Unlike the session of a channel, it answers unknown messages with an error.
struct PlatformSocket {
    tenant: Arc<Tenant>,
    subscriptions: Arc<Subscriptions>,
}

impl PlatformSocket {
    fn new(tenant: &Arc<Tenant>) -> Self {
        Self { tenant: Arc::clone(tenant), subscriptions: Arc::new(Subscriptions::new(tenant.index)) }
    }

    fn listener(&self) -> Listener<'_> {
        Listener { tenant: &self.tenant, subscriptions: &self.subscriptions, tolerant: false }
    }
}

impl Session for PlatformSocket {
    fn kind(&self) -> &'static str {
        "platform"
    }

    fn start(&mut self, live: &Live<'_>) {
        live.socket.attach_listener(&self.subscriptions);
        self.subscriptions.mailbox.connect(Arc::clone(&live.socket.outbox));
    }

    fn receive(&mut self, live: &Live<'_>, text: &str) {
        self.listener().receive(live, text);
    }

    fn receive_binary(&mut self, live: &Live<'_>) {
        self.listener().answer_error(live, "expected text frames");
    }

    fn heartbeat(&self) -> Option<Utf8Bytes> {
        Some(heartbeat())
    }

    fn end(&mut self, live: &Live<'_>) {
        self.subscriptions.clear(&live.platform.notifications.hub);
    }
}
