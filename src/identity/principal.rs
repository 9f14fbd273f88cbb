//! The principal of a request: a caller with a token, a client at the login host, a guest, or an anonymous client.

use std::sync::Arc;

use gcmock_limit::{Client, Subject};
use http::HeaderMap;
use uuid::Uuid;

use super::{Caller, Identity};
use crate::catalog::Access;
use crate::catalog::path::is_misplaced_login;
use crate::rules::Grant;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::world::id::EdgeIndex;
use crate::world::{Tenant, Tenants};

/// The organizations and tokens that principals are identified from.
#[derive(Clone, Copy)]
pub(crate) struct Realm<'a> {
    /// The organizations and their clients.
    pub(crate) tenants: &'a Tenants,
    /// The tokens.
    pub(crate) identity: &'a Identity,
}

/// The sender of a request, as far as it is identified.
#[derive(Clone, Debug)]
pub(crate) enum Principal {
    /// A caller with a token.
    Caller(Caller),
    /// A client at the login host: its organization, if the id is known, and the client that it claims to be.
    Login(Option<Arc<Tenant>>, Option<Client>),
    /// A guest at a deployment.
    Guest(GuestPrincipal),
    /// An unidentified sender: outside of the API, or without a valid token.
    Anonymous,
}

/// A guest, as far as limits are concerned.
#[derive(Clone, Debug)]
pub(crate) struct GuestPrincipal {
    /// The organization that the guest writes to.
    pub(crate) tenant: Arc<Tenant>,
    /// Through which deployment.
    pub(crate) deployment: Uuid,
    /// The hash of the guest's session, once it is known.
    pub(crate) session: Option<u64>,
    /// The edge of the request.
    pub(crate) edge: EdgeIndex,
}

impl Principal {
    /// Identifies the sender of a request. Paths outside of the API need no token. A path of the
    /// login host in the wrong place needs none either: its answer names the right path.
    pub(crate) fn identify(
        realm: &Realm<'_>,
        access: Option<Access>,
        headers: &HeaderMap,
        host: &str,
        path: &str,
        now: Nanos,
    ) -> Result<Self, ApiError> {
        match access {
            Some(Access::Login) => return Ok(Self::Login(None, None)),
            Some(Access::Public) => return Ok(Self::Anonymous),
            _ => {}
        }
        let in_api = path.starts_with("/uploads/v2/")
            || path.strip_prefix("/api/v2").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !in_api || access.is_none() && is_misplaced_login(path) {
            return Ok(Self::Anonymous);
        }
        let caller = if path.starts_with("/api/v2/uploads/") {
            realm.identity.identify_upload(realm.tenants, headers, host, now)
        } else {
            realm.identity.identify(realm.tenants, headers, host, now)
        };
        caller.map(Self::Caller)
    }

    /// The principal at the login host: the client id that the request claims, before its secret is checked.
    #[must_use]
    pub(crate) fn claim(self, realm: &Realm<'_>, client_id: impl FnOnce() -> Option<String>) -> Self {
        if !matches!(self, Self::Login(..)) {
            return self;
        }
        let Some(id) = client_id() else { return self };
        match realm.tenants.client(&id) {
            Some((tenant, client)) => Self::Login(Some(tenant), Some(Client::Known(client.index.0))),
            None => Self::Login(None, Some(Client::Claimed(realm.identity.tokens.hash(id.as_bytes())))),
        }
    }

    /// The organization that it belongs to.
    pub(crate) fn tenant(&self) -> Option<&Arc<Tenant>> {
        match self {
            Self::Caller(caller) => Some(&caller.token.tenant),
            Self::Login(tenant, _) => tenant.as_ref(),
            Self::Guest(guest) => Some(&guest.tenant),
            Self::Anonymous => None,
        }
    }

    /// The edge where its request arrived.
    pub(crate) fn edge(&self) -> Option<EdgeIndex> {
        match self {
            Self::Caller(caller) => Some(caller.edge),
            Self::Guest(guest) => Some(guest.edge),
            Self::Login(..) | Self::Anonymous => None,
        }
    }

    /// The grant of its token.
    pub(crate) fn grant(&self) -> Option<Grant> {
        match self {
            Self::Caller(caller) => Some(caller.token.grant),
            Self::Login(..) | Self::Guest(_) | Self::Anonymous => None,
        }
    }

    /// The ids that limits can count it by.
    pub(crate) fn subject(&self) -> Subject {
        let subject = Subject { has_tenant: self.tenant().is_some(), ..Subject::default() };
        match self {
            Self::Caller(caller) => Subject {
                client: Some(Client::Known(caller.token.client.index.0)),
                token: Some(caller.token.hash),
                user: caller.token.user.map(|user| user.0),
                edge: Some(caller.edge.0),
                ..subject
            },
            Self::Login(_, client) => Subject { client: *client, ..subject },
            Self::Guest(guest) => Subject {
                deployment: Some(guest.deployment.as_u64_pair().0),
                session: guest.session,
                edge: Some(guest.edge.0),
                ..subject
            },
            Self::Anonymous => subject,
        }
    }
}
