//! The packing of a request's values into the 16 bytes of a bucket's [`Key`].

use std::net::IpAddr;

/// A field of the narrow half of a [`Key`]: its lowest bit and its width.
pub(crate) type Field = (u32, u32);

pub(crate) const CLIENT: Field = (0, 20);
pub(crate) const USER: Field = (20, 20);
pub(crate) const ENDPOINT: Field = (40, 14);
pub(crate) const EDGE: Field = (54, 10);

/// The key of a bucket among the buckets of one rule: 16 bytes, readable back for small ids and addresses.
///
/// [`Scopes::key`](crate::Scopes::key) makes it. Small ids are packed beside each other; a hash, an address or
/// an id that is too large is mixed into the wide half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    wide: u64,
    narrow: u64,
}

impl Key {
    pub(crate) fn pack(&mut self, value: u32, (shift, width): Field) {
        if u64::from(value) >> width == 0 {
            self.narrow |= u64::from(value) << shift;
        } else {
            self.widen((u64::from(value) << 32) | (u64::from(shift) + 1));
        }
    }

    /// The first wide value stays readable, further ones are mixed into it.
    pub(crate) fn widen(&mut self, value: u64) {
        self.wide = if self.wide == 0 { value } else { mix(self.wide ^ value.rotate_left(32)) };
    }

    /// The key as two numbers, to be stored. The caller's ids in it are as the caller assigned them.
    pub const fn halves(self) -> [u64; 2] {
        [self.wide, self.narrow]
    }

    /// The key that [`Key::halves`] gave.
    pub const fn from_halves([wide, narrow]: [u64; 2]) -> Self {
        Self { wide, narrow }
    }

    /// The key with another index of the operation, for a rule that is counted by endpoint. `None` where the index is
    /// too large to be replaced: above 16,383.
    pub fn with_endpoint(self, endpoint: u32) -> Option<Self> {
        self.with_field(endpoint, ENDPOINT)
    }

    /// The key with another id of the edge, for a rule that is counted by edge. `None` where the id is too large to be
    /// replaced: above 1023.
    pub fn with_edge(self, edge: u32) -> Option<Self> {
        self.with_field(edge, EDGE)
    }

    /// The key for a bucket that several processes share: `identity` in place of the client's interned id, which each process
    /// assigns by itself.
    #[must_use]
    pub fn with_client_identity(self, identity: u64) -> Self {
        self.with_identity(identity, CLIENT)
    }

    /// The same for the user's interned id.
    #[must_use]
    pub fn with_user_identity(self, identity: u64) -> Self {
        self.with_identity(identity, USER)
    }

    fn with_identity(mut self, identity: u64, (shift, width): Field) -> Self {
        self.narrow |= ((1 << width) - 1) << shift;
        self.widen(identity | 1);
        self
    }

    fn with_field(self, value: u32, (shift, width): Field) -> Option<Self> {
        let mask = ((1 << width) - 1) << shift;
        let fits = u64::from(value) >> width == 0;
        fits.then_some(Self { narrow: self.narrow & !mask | u64::from(value) << shift, ..self })
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
pub(crate) fn ip_value(ip: IpAddr) -> u64 {
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
