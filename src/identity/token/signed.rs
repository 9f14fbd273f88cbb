//! Tokens that several servers know: the text has the grant, signed with a key that the servers share.
//!
//! The text is `gcmock-` and hexadecimal digits. The first eight are the organization's, so a balancer can send the
//! tokens of an organization to one server. They are zeros for the default organization, whose callers may have tokens
//! that no server issued. The digits after them are the grant and its signature.

use std::fmt::Write;

use ring::hmac;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::saved::HashKey;
use super::{PREFIX, Token, Tokens};
use crate::rules::Grant;
use crate::time::Nanos;
use crate::world::id::{TenantIndex, UserIndex};

/// The bytes of the signature that are kept.
const SIGNATURE: usize = 16;
/// In place of a user, where the grant has none.
const NO_USER: u32 = u32::MAX;

/// The key that servers share.
#[derive(Clone)]
pub(crate) struct SigningKey {
    secret: String,
    /// The resets of all servers until now: a reset ends the tokens before it.
    epoch: u64,
    access: hmac::Key,
    refresh: hmac::Key,
}

/// What the servers of one store agree on.
#[derive(Serialize, Deserialize)]
pub(crate) struct NodeKeys {
    hash: HashKey,
    secret: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

/// What a signed token says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) tenant: Uuid,
    /// The id of the OAuth client.
    pub(crate) client: String,
    pub(crate) user: Option<UserIndex>,
    pub(crate) grant: Grant,
    pub(crate) expires: Nanos,
}

impl SigningKey {
    /// The key of that secret.
    pub(crate) fn new(secret: &str) -> Self {
        Self::of(secret.to_owned(), 0)
    }

    /// A key that is not told to anybody.
    pub(crate) fn random() -> Self {
        Self::new(&format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    fn of(secret: String, epoch: u64) -> Self {
        let of = |what| hmac::Key::new(hmac::HMAC_SHA256, format!("{what}\0{epoch}\0{secret}").as_bytes());
        Self { access: of("access"), refresh: of("refresh"), secret, epoch }
    }

    /// The text of an access token. No two texts are equal, because each has random bits.
    pub(super) fn text(&self, token: &Token) -> String {
        Self::signed(&self.access, token)
    }

    /// The text of a refresh token.
    pub(super) fn refresh_text(&self, token: &Token) -> String {
        Self::signed(&self.refresh, token)
    }

    fn signed(key: &hmac::Key, token: &Token) -> String {
        let tenant = token.tenant.id.as_bytes();
        let mut bytes = if token.tenant.index == TenantIndex(0) { vec![0; 4] } else { tenant[..4].to_vec() };
        bytes.extend(&Uuid::new_v4().as_bytes()[..8]);
        bytes.extend(tenant);
        bytes.extend(token.expires.to_be_bytes());
        bytes.extend(token.user.map_or(NO_USER, |user| user.0).to_be_bytes());
        bytes.push(token.grant as u8);
        bytes.extend(token.client.id.as_bytes());
        let signature = hmac::sign(key, &bytes);
        bytes.extend(&signature.as_ref()[..SIGNATURE]);
        format!("{PREFIX}{}", hex(&bytes))
    }

    /// What the access token of that text says, if a server with this key issued it.
    pub(super) fn read(&self, text: &str) -> Option<Claims> {
        Self::read_signed(&self.access, text)
    }

    /// What the refresh token of that text says.
    pub(super) fn read_refresh(&self, text: &str) -> Option<Claims> {
        Self::read_signed(&self.refresh, text)
    }

    fn read_signed(key: &hmac::Key, text: &str) -> Option<Claims> {
        let bytes = unhex(text.strip_prefix(PREFIX)?)?;
        let (claims, signature) = bytes.split_at(bytes.len().checked_sub(SIGNATURE)?);
        let expected = hmac::sign(key, claims);
        let is_signed = subtle::ConstantTimeEq::ct_eq(&expected.as_ref()[..SIGNATURE], signature);
        if bool::from(is_signed) { Claims::read(claims) } else { None }
    }
}

impl Tokens {
    /// What this server proposes, or has agreed on.
    pub(crate) fn node_keys(&self) -> Option<NodeKeys> {
        let secret = self.signing.read().as_ref()?.secret.clone();
        Some(NodeKeys { hash: self.key(), secret })
    }

    /// Takes over what the servers of a store agreed on.
    pub(crate) fn agree(&self, keys: &NodeKeys) {
        let mut signing = self.signing.write();
        let epoch = signing.as_ref().map_or(0, |known| known.epoch);
        *signing = Some(SigningKey::of(keys.secret.clone(), epoch));
        drop(signing);
        self.rekey(keys.hash, &[]);
    }

    /// The number of resets until now.
    pub(crate) fn epoch(&self) -> u64 {
        self.signing.read().as_ref().map_or(0, |known| known.epoch)
    }

    /// Ends every signed token. Returns the number of resets until now.
    pub(crate) fn next_epoch(&self) -> u64 {
        let next = self.epoch() + 1;
        self.set_epoch(next);
        next
    }

    /// Notes the resets of other servers. The number never falls.
    pub(crate) fn set_epoch(&self, epoch: u64) {
        if let Some(known) = self.signing.write().as_mut().filter(|known| known.epoch < epoch) {
            *known = SigningKey::of(known.secret.clone(), epoch);
        }
    }
}

impl Claims {
    /// Reads the bytes before the signature, of which the first twelve are the organization's digits and random bits.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (tenant, rest) = bytes.get(12..)?.split_first_chunk()?;
        let (expires, rest) = rest.split_first_chunk()?;
        let (user, rest) = rest.split_first_chunk()?;
        let (grant, client) = rest.split_first()?;
        let user = Some(u32::from_be_bytes(*user)).filter(|user| *user != NO_USER);
        Some(Self {
            tenant: Uuid::from_bytes(*tenant),
            client: String::from_utf8(client.to_vec()).ok()?,
            user: user.map(UserIndex),
            grant: *Grant::ALL.get(usize::from(*grant))?,
            expires: Nanos::from_be_bytes(*expires),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads digits in lower case alone, so that a token has one spelling.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if rest.is_empty() {
        pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(key: &SigningKey, mut bytes: Vec<u8>) -> String {
        let signature = hmac::sign(&key.access, &bytes);
        bytes.extend(&signature.as_ref()[..SIGNATURE]);
        format!("{PREFIX}{}", hex(&bytes))
    }

    #[test]
    fn only_what_is_signed_with_the_key_is_read() {
        let key = SigningKey::new("a key of several servers");
        let claims = [vec![7; 12], vec![1; 16], vec![0; 8], vec![0xff; 4], vec![0], b"load-test".to_vec()];
        let text = signed(&key, claims.concat());
        let read = key.read(&text).expect("signed");
        assert_eq!((read.client.as_str(), read.user, read.expires), ("load-test", None, 0));
        assert_eq!(read.grant, Grant::ClientCredentials);
        assert_eq!(SigningKey::new("another key of a server").read(&text), None);
        assert_eq!(key.read(&text.to_uppercase().replace("GCMOCK", "gcmock")), None);
        for at in PREFIX.len()..text.len() {
            let other = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
            let mut changed = text.clone();
            changed.replace_range(at..=at, other);
            assert_eq!(key.read(&changed), None, "digit {at}");
        }
    }

    #[test]
    fn a_text_that_is_too_short_is_not_read() {
        let key = SigningKey::new("a key of several servers");
        for length in [0, 11, 12, 28, 40] {
            assert_eq!(key.read(&signed(&key, vec![0; length])), None, "{length} bytes");
        }
        for text in ["", "gcmock-", "gcmock-0", "gcmock-zz", "other-00"] {
            assert_eq!(key.read(text), None, "{text}");
        }
    }
}
