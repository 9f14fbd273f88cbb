//! The tokens of a snapshot, and the key of the hash that limits count tokens by.
//!
//! A snapshot has a digest of each token, never the token: a digest is enough to recognize the token when it is used. The
//! number that limits count a token by is kept, so its levels stay its own. That of a bearer which this server did not
//! issue follows from the key, which the snapshot of a whole server has. The keys, the digests and the secrets of OAuth
//! clients make a snapshot a secret. Codes on their way through a browser are left out.

use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{MAX_OTHERS, MAX_TOKENS, Refresh, Token, Tokens};
use crate::rules::Grant;
use crate::time::Nanos;
use crate::world::id::UserIndex;
use crate::world::{Client, Tenant};

/// The key of the hash of bearers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HashKey(u64, u64);

impl Default for HashKey {
    fn default() -> Self {
        let (one, other) = Uuid::new_v4().as_u64_pair();
        Self(one, other)
    }
}

impl HashKey {
    #[expect(
        deprecated,
        reason = "no other hasher of the standard library takes a key and stays the same in later versions"
    )]
    pub(super) fn hash(self, bearer: &[u8]) -> u64 {
        let mut hasher = std::hash::SipHasher::new_with_keys(self.0, self.1);
        hasher.write(bearer);
        hasher.finish()
    }
}

/// The digest of a token. It has 244 random bits, so the digest tells nothing of it.
pub(super) fn digest(text: &str) -> String {
    STANDARD_NO_PAD.encode(Sha256::digest(text))
}

/// The tokens of one organization.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedTokens {
    access: Vec<SavedToken>,
    refresh: Vec<SavedRefresh>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedToken {
    digest: String,
    /// The id of the OAuth client.
    client: String,
    user: Option<UserIndex>,
    grant: Grant,
    hash: u64,
    expires: Nanos,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedRefresh {
    digest: String,
    client: String,
    user: UserIndex,
}

impl SavedTokens {
    /// The id of a client that issued one of them, if `is_known` does not know it.
    pub(crate) fn unknown_client(&self, is_known: impl Fn(&str) -> bool) -> Option<&str> {
        let access = self.access.iter().map(|token| token.client.as_str());
        access.chain(self.refresh.iter().map(|token| token.client.as_str())).find(|client| !is_known(client))
    }

    /// Whether there are no more than a server remembers.
    pub(crate) fn are_bounded(&self) -> bool {
        self.access.len() <= MAX_TOKENS && self.refresh.len() <= MAX_OTHERS
    }
}

impl Tokens {
    /// The tokens of each organization, by its id.
    pub(crate) fn saved(&self, now: Nanos) -> HashMap<Uuid, SavedTokens> {
        let mut all: HashMap<Uuid, SavedTokens> = HashMap::new();
        let issued = self.access.entries().into_iter().map(|(text, token)| (digest(&text), token));
        for (digest, token) in self.restored.entries().into_iter().chain(issued) {
            if now < token.expires {
                all.entry(token.tenant.id).or_default().access.push(SavedToken::of(digest, &token));
            }
        }
        let issued = self.refresh.entries().into_iter().map(|(text, refresh)| (digest(&text), refresh));
        for (digest, refresh) in self.restored_refresh.entries().into_iter().chain(issued) {
            let saved = SavedRefresh { digest, client: refresh.client.id.clone(), user: refresh.user };
            all.entry(refresh.tenant.id).or_default().refresh.push(saved);
        }
        all.values_mut().for_each(SavedTokens::keep_the_newest);
        all
    }

    /// Adds the tokens of an organization. Those of an unknown client are left out.
    pub(crate) fn restore(&self, tenant: &Arc<Tenant>, clients: &[Arc<Client>], saved: SavedTokens) {
        let client = |id: &str| clients.iter().find(|client| client.id == id).cloned();
        for saved in saved.access {
            let Some(client) = client(&saved.client) else { continue };
            let SavedToken { digest, user, grant, hash, expires, .. } = saved;
            let token = Token { tenant: Arc::clone(tenant), client, user, grant, hash, expires };
            self.restored.insert(digest, Arc::new(token), MAX_TOKENS);
        }
        for saved in saved.refresh {
            let Some(client) = client(&saved.client) else { continue };
            let refresh = Refresh { tenant: Arc::clone(tenant), client, user: saved.user };
            self.restored_refresh.insert(saved.digest, refresh, MAX_OTHERS);
        }
    }

    /// The key of the hash of bearers.
    pub(crate) fn key(&self) -> HashKey {
        **self.key.load()
    }

    /// The hashes of pasted tokens that were revoked.
    pub(crate) fn revoked(&self) -> Vec<u64> {
        self.revoked.entries().into_iter().map(|(hash, ())| hash).collect()
    }

    /// Takes over the key of the hash of bearers, and the pasted tokens that were revoked.
    pub(crate) fn rekey(&self, key: HashKey, revoked: &[u64]) {
        self.key.store(Arc::new(key));
        for hash in revoked {
            self.revoked.insert(*hash, (), MAX_OTHERS);
        }
    }
}

impl SavedTokens {
    /// Those of an earlier snapshot and those that were issued since are two stores. Together they may be more than one
    /// holds.
    fn keep_the_newest(&mut self) {
        self.access.drain(..self.access.len().saturating_sub(MAX_TOKENS));
        self.refresh.drain(..self.refresh.len().saturating_sub(MAX_OTHERS));
    }
}

impl SavedToken {
    fn of(digest: String, token: &Token) -> Self {
        Self {
            digest,
            client: token.client.id.clone(),
            user: token.user,
            grant: token.grant,
            hash: token.hash,
            expires: token.expires,
        }
    }
}
