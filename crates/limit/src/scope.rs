//! The dimensions that limits count by, and the values of one request.
//!
//! To add a scope: a variant of [`Scope`], its place in [`Scope::ALL`], its name, and its arm in
//! [`Scopes::key`].

use std::fmt;
use std::net::IpAddr;

use crate::Key;
use crate::key::{CLIENT, EDGE, ENDPOINT, USER, ip_value};

/// A dimension that limits count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Scope {
    /// The tenant: an organization, an account.
    Tenant,
    /// The OAuth client; at a token endpoint the one that the request claims to be.
    Client,
    /// The access token.
    Token,
    /// The user that the token was issued to.
    User,
    /// Method and path template. Unknown paths share one value.
    Endpoint,
    /// The edge that the request arrived at.
    Edge,
    /// The address of the peer.
    Ip,
    /// The TCP connection.
    Connection,
    /// The session of a guest.
    Session,
    /// The deployment of a guest.
    Deployment,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 10] = [
        Self::Tenant,
        Self::Client,
        Self::Token,
        Self::User,
        Self::Endpoint,
        Self::Edge,
        Self::Ip,
        Self::Connection,
        Self::Session,
        Self::Deployment,
    ];

    /// The scope's name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Client => "client",
            Self::Token => "token",
            Self::User => "user",
            Self::Endpoint => "endpoint",
            Self::Edge => "edge",
            Self::Ip => "ip",
            Self::Connection => "connection",
            Self::Session => "session",
            Self::Deployment => "deployment",
        }
    }

    /// The scope of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A set of scopes. The empty set means one bucket for the whole server.
///
/// ```
/// use gcmock_limit::{Scope, Scopes};
///
/// let scopes = Scopes::default().with(Scope::Endpoint).with(Scope::Tenant);
/// assert_eq!(scopes.to_string(), "tenant+endpoint");
/// assert_eq!(Scopes::default().to_string(), "server");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u16);

impl Scopes {
    /// Adds `scope` to the set.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | 1 << scope as u8)
    }

    /// The set as a number, to be stored: a bit for each scope.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether `scope` is in the set.
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// The scopes of the set, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// Passes the pieces of the set's name in turn: `tenant`, `+`, `endpoint`; `server` for the empty set.
    pub fn each_name(self, mut write: impl FnMut(&'static str)) {
        let mut names = self.iter().map(Scope::name);
        write(names.next().unwrap_or("server"));
        names.for_each(|name| {
            write("+");
            write(name);
        });
    }

    /// The home of the bucket of a rule with this scope, for `subject`.
    ///
    /// Tenant, client, token, user, session and deployment belong to a tenant. The others belong to the
    /// server, unless one of those is beside them.
    pub fn home(self, subject: &Subject) -> Home {
        if self.is_of_tenant() && subject.has_tenant { Home::Tenant } else { Home::Server }
    }

    /// Whether what belongs to a tenant counts in a bucket of that tenant.
    pub const fn is_of_tenant(self) -> bool {
        const OF_TENANT: u16 = 1 << Scope::Tenant as u8
            | 1 << Scope::Client as u8
            | 1 << Scope::Token as u8
            | 1 << Scope::User as u8
            | 1 << Scope::Session as u8
            | 1 << Scope::Deployment as u8;
        self.0 & OF_TENANT != 0
    }

    /// The bucket's key for `subject`, or `None` where the subject has no value for one of the scopes: the
    /// rule then does not apply.
    pub fn key(self, subject: &Subject) -> Option<Key> {
        let mut key = Key::default();
        for scope in self.iter() {
            match scope {
                Scope::Tenant => subject.has_tenant.then_some(())?,
                Scope::Client => match subject.client? {
                    Client::Known(id) => key.pack(id, CLIENT),
                    Client::Claimed(hash) => key.widen(hash),
                },
                Scope::User => key.pack(subject.user?, USER),
                Scope::Endpoint => key.pack(subject.endpoint, ENDPOINT),
                Scope::Edge => key.pack(subject.edge?, EDGE),
                Scope::Token => key.widen(subject.token?),
                Scope::Ip => key.widen(ip_value(subject.ip?)),
                Scope::Connection => key.widen(subject.connection?),
                Scope::Session => key.widen(subject.session?),
                Scope::Deployment => key.widen(subject.deployment?),
            }
        }
        Some(key)
    }
}

/// The scopes in one word: `tenant+endpoint`, or `server` for a limit of the whole server.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = Ok(());
        self.each_name(|piece| all = all.and_then(|()| f.write_str(piece)));
        all
    }
}

/// The [`Buckets`](crate::Buckets) that a bucket belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// The server's: limits that span tenants, and requests without a tenant.
    Server,
    /// The tenant's own.
    Tenant,
}

/// The client of a request, for [`Scope::Client`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// A client of the tenant, by its interned id.
    Known(u32),
    /// The hash of an unknown client id that a request claims at the token endpoint. Interning it would let
    /// strangers grow the interner.
    Claimed(u64),
}

/// The values of one request that limits can be counted by.
///
/// Ids are the caller's own: interned numbers, or hashes where a client may choose the value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Whether the request belongs to a tenant.
    pub has_tenant: bool,
    /// The client.
    pub client: Option<Client>,
    /// The token's hash.
    pub token: Option<u64>,
    /// The user's interned id.
    pub user: Option<u32>,
    /// The index of the operation; 0 for every unknown path.
    pub endpoint: u32,
    /// The edge's interned id.
    pub edge: Option<u32>,
    /// The peer's address.
    pub ip: Option<IpAddr>,
    /// The connection's number.
    pub connection: Option<u64>,
    /// The guest session's hash.
    pub session: Option<u64>,
    /// The guest deployment's hash.
    pub deployment: Option<u64>,
}
