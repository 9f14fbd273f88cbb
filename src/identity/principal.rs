//! Who asks, whatever the path: a caller with a token, a client at the login host, or nobody.

use std::sync::Arc;

use gcmock_limit::{Client, Subject};
use http::header::HOST;
use http::request;
use uuid::Uuid;

use super::{Caller, bearer};
use crate::api::login;
use crate::catalog::operation::{Found, Handler};
use crate::platform::Platform;
use crate::rules::Grant;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::world::Tenant;

/// Who asks, as far as is known so far.
#[derive(Clone, Debug)]
pub enum Principal {
    /// Somebody with a token.
    Caller(Caller),
    /// A client at the login host: whose it is if anybody knows it, and who it claims to be.
    Login(Option<Arc<Tenant>>, Option<Client>),
    /// A guest at a deployment.
    Guest(GuestPrincipal),
    /// Nobody in particular: outside of the API, or without a good token.
    Nobody,
}

/// A guest, as far as limits are concerned.
#[derive(Clone, Debug)]
pub struct GuestPrincipal {
    /// Whom the guest writes to.
    pub tenant: Arc<Tenant>,
    /// Through which deployment.
    pub deployment: Uuid,
    /// The hash of the guest's session, once it is known.
    pub session: Option<u64>,
    /// The interned edge.
    pub edge: u32,
}

impl Principal {
    /// Who sends this. Paths outside of the API need no token, and neither does one that looks for
    /// the login host in the wrong place: its answer tells where that is.
    pub fn identify(
        platform: &Platform,
        head: &request::Parts,
        path: &str,
        found: Option<&Found<'_, '_>>,
        now: Nanos,
    ) -> Result<Self, ApiError> {
        if found.is_some_and(|found| matches!(found.operation.handler, Handler::Login(_))) {
            return Ok(Self::Login(None, None));
        }
        let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or(head.uri.host()).unwrap_or_default();
        match found.map(|found| found.operation.handler) {
            Some(Handler::Open(_)) => return Ok(Self::Nobody),
            Some(Handler::Guest(_)) => return Self::guest(platform, head, host, now),
            _ => {}
        }
        let in_api =
            path.strip_prefix("/api/v2").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !in_api || found.is_none() && login::is_misplaced(path) {
            return Ok(Self::Nobody);
        }
        platform.identity.identify(&platform.tenants, &head.headers, host, now).map(Self::Caller)
    }

    /// A guest who asks by HTTP, with the bearer that its socket gave.
    fn guest(platform: &Platform, head: &request::Parts, host: &str, now: Nanos) -> Result<Self, ApiError> {
        let bearer = bearer(&head.headers).ok_or_else(ApiError::authentication_required)?;
        let known = std::str::from_utf8(bearer).ok().and_then(|jwt| platform.guests.by_jwt(jwt, now));
        let guest = known.ok_or_else(ApiError::bad_credentials)?;
        let (tenant, deployment) = (Arc::clone(&guest.tenant), guest.deployment);
        let edge = tenant.edge_at(host);
        Ok(Self::Guest(GuestPrincipal { tenant, deployment, session: Some(guest.hash), edge }))
    }

    /// At the login host: the client that the request claims to be, before any secret is checked.
    #[must_use]
    pub fn claim(self, platform: &Platform, client_id: impl FnOnce() -> Option<String>) -> Self {
        if !matches!(self, Self::Login(..)) {
            return self;
        }
        let Some(id) = client_id() else { return self };
        match platform.tenants.client(&id) {
            Some((tenant, client)) => Self::Login(Some(tenant), Some(Client::Known(client.index))),
            None => Self::Login(None, Some(Client::Claimed(platform.identity.tokens.hash(id.as_bytes())))),
        }
    }

    /// The organization that it belongs to.
    pub fn tenant(&self) -> Option<&Arc<Tenant>> {
        match self {
            Self::Caller(caller) => Some(&caller.token.tenant),
            Self::Login(tenant, _) => tenant.as_ref(),
            Self::Guest(guest) => Some(&guest.tenant),
            Self::Nobody => None,
        }
    }

    /// How its token was obtained.
    pub fn grant(&self) -> Option<Grant> {
        match self {
            Self::Caller(caller) => Some(caller.token.grant),
            Self::Login(..) | Self::Guest(_) | Self::Nobody => None,
        }
    }

    /// The ids that limits can count it by.
    pub fn subject(&self) -> Subject {
        let subject = Subject { has_tenant: self.tenant().is_some(), ..Subject::default() };
        match self {
            Self::Caller(caller) => Subject {
                client: Some(Client::Known(caller.token.client.index)),
                token: Some(caller.token.hash),
                user: caller.token.user,
                edge: Some(caller.edge),
                ..subject
            },
            Self::Login(_, client) => Subject { client: *client, ..subject },
            Self::Guest(guest) => Subject {
                deployment: Some(guest.deployment.as_u64_pair().0),
                session: guest.session,
                edge: Some(guest.edge),
                ..subject
            },
            Self::Nobody => subject,
        }
    }
}
