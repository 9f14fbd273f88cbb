//! What a limit is counted by, and the key of a bucket.
//!
//! Owns [`Scope`], the sets of them, the [`Subject`] (the plain ids of one request) and the packing
//! of its values into a 16-byte [`Key`]. To add a scope: a variant, its name in [`Scope::ALL`], and
//! its arm in [`Scopes::key`].

use std::fmt;
use std::net::IpAddr;

/// One dimension a limit can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Scope {
    /// The organization.
    Tenant,
    /// The OAuth client; at the token endpoint the one that is claimed.
    Client,
    /// The access token.
    Token,
    /// The user a token was issued to.
    User,
    /// Method and path template; unknown paths share one value.
    Endpoint,
    /// The edge the request arrived at.
    Edge,
    /// The peer's address.
    Ip,
    /// The TCP connection.
    Connection,
    /// The guest's messaging session.
    Session,
    /// The guest's messaging deployment.
    Deployment,
}

impl Scope {
    /// Every scope, in the order the documentation names them.
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

    /// The name used in limits files and explanations.
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

/// A set of scopes; empty means one bucket for the whole server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u16);

impl Scopes {
    /// The same set with `scope` in it.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | 1 << scope as u8)
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

    /// Whose partition holds the buckets of a rule with this scope, for `subject`.
    ///
    /// Tenant, client, token, user, session and deployment belong to an organization; the others are
    /// the server's own unless one of those stands beside them.
    pub fn home(self, subject: &Subject) -> Home {
        const OF_TENANT: u16 = 1 << Scope::Tenant as u8
            | 1 << Scope::Client as u8
            | 1 << Scope::Token as u8
            | 1 << Scope::User as u8
            | 1 << Scope::Session as u8
            | 1 << Scope::Deployment as u8;
        if self.0 & OF_TENANT != 0 && subject.has_tenant { Home::Tenant } else { Home::Server }
    }

    /// The bucket's key for `subject`, or `None` where it has no value for one of the scopes: the
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

/// Which partition a bucket lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// The one extra partition of limits without a tenant; locked first.
    Server,
    /// The tenant's own.
    Tenant,
}

/// Who calls, as far as the client scope is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// A client of the organization, by its interned id.
    Known(u32),
    /// A client id that somebody claims at the token endpoint and nobody knows, hashed: an interned
    /// one would let strangers grow the interner.
    Claimed(u64),
}

/// The plain ids of one request that limits can be counted by.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Whether the request belongs to an organization.
    pub has_tenant: bool,
    /// The client, unless there is none.
    pub client: Option<Client>,
    /// The token's hash.
    pub token: Option<u64>,
    /// The user's interned id.
    pub user: Option<u32>,
    /// The operation's index; 0 for every unknown path.
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

/// A field of the narrow half of a [`Key`]: its lowest bit and its width.
type Field = (u32, u32);
const CLIENT: Field = (0, 20);
const USER: Field = (20, 20);
const ENDPOINT: Field = (40, 14);
const EDGE: Field = (54, 10);

/// The key of a bucket within one rule's table: 16 bytes, readable back for small ids and addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    wide: u64,
    narrow: u64,
}

impl Key {
    fn pack(&mut self, value: u32, (shift, width): Field) {
        if u64::from(value) >> width == 0 {
            self.narrow |= u64::from(value) << shift;
        } else {
            self.widen((u64::from(value) << 32) | (u64::from(shift) + 1));
        }
    }

    /// The first wide value stays readable, further ones are mixed into it.
    fn widen(&mut self, value: u64) {
        self.wide = if self.wide == 0 { value } else { mix(self.wide ^ value.rotate_left(32)) };
    }

    pub(super) const fn halves(self) -> [u64; 2] {
        [self.wide, self.narrow]
    }

    pub(super) const fn from_halves([wide, narrow]: [u64; 2]) -> Self {
        Self { wide, narrow }
    }

    /// The hash, address or number of the wide half; 0 where the scope has none.
    pub const fn wide(self) -> u64 {
        self.wide
    }

    /// The client's interned id in the key of a rule that is counted by client.
    pub const fn client(self) -> u32 {
        self.field(CLIENT)
    }

    /// The user's interned id in the key of a rule that is counted by user.
    pub const fn user(self) -> u32 {
        self.field(USER)
    }

    /// The operation's index in the key of a rule that is counted by endpoint.
    pub const fn endpoint(self) -> u32 {
        self.field(ENDPOINT)
    }

    /// The edge's interned id in the key of a rule that is counted by edge.
    pub const fn edge(self) -> u32 {
        self.field(EDGE)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a field is at most 20 bits wide")]
    const fn field(self, (shift, width): Field) -> u32 {
        (self.narrow >> shift & ((1 << width) - 1)) as u32
    }
}

/// IPv4 as itself, so that a listing can show it; IPv6 mixed to 64 bits.
fn ip_value(ip: IpAddr) -> u64 {
    match ip.to_canonical() {
        IpAddr::V4(v4) => u64::from(v4.to_bits()),
        IpAddr::V6(v6) => {
            let [high, low] = [v6.to_bits() >> 64, v6.to_bits()].map(|half| {
                #[expect(clippy::cast_possible_truncation, reason = "one half at a time")]
                {
                    half as u64
                }
            });
            mix(high ^ mix(low)) | 1 << 63
        }
    }
}

/// The finalizer of splitmix64: every bit of the input reaches every bit of the output.
const fn mix(value: u64) -> u64 {
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}
