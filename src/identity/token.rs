//! The tokens, refresh tokens and codes that were issued.
//!
//! There are at most [`MAX_TOKENS`]; beyond that the oldest are dropped. Raw tokens stay in this file. All other
//! code sees a hash, whose key each process draws at its start. `saved` has the tokens of a snapshot, of which only
//! digests are known; `signed` the texts that several servers know; `bounded` is the map that keeps tokens.

mod bounded;
pub(crate) mod saved;
mod signed;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::{Mutex, RwLock};
use uuid::Uuid;

use self::bounded::Bounded;
use self::saved::{HashKey, digest};
pub(crate) use self::signed::{Claims, NodeKeys, SigningKey};
use crate::rules::Grant;
use crate::time::Nanos;
use crate::time::clock::nanos;
use crate::wire::redact::ISSUED;
use crate::world::id::UserIndex;
use crate::world::{Client, Tenant};

/// The prefix of every issued token. A token with this prefix is known or refused, never accepted as pasted.
pub(super) const PREFIX: &str = ISSUED;
/// Access tokens that are remembered.
const MAX_TOKENS: usize = 100_000;
/// Codes and refresh tokens that are remembered, each.
const MAX_OTHERS: usize = 20_000;
/// The time in which a code can be redeemed.
const CODE_LIFE: Duration = Duration::from_secs(600);

/// A token and the grant behind it.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// The organization.
    pub(crate) tenant: Arc<Tenant>,
    /// The OAuth client it was issued to.
    pub(crate) client: Arc<Client>,
    /// The user, where the grant has one.
    pub(crate) user: Option<UserIndex>,
    /// How it was obtained.
    pub(crate) grant: Grant,
    /// The key that limits count this token by.
    pub(crate) hash: u64,
    /// When it ends.
    pub(crate) expires: Nanos,
}

/// A token that was just issued.
#[derive(Debug)]
pub(crate) struct NewToken {
    /// The bearer.
    pub(crate) text: String,
    /// Its life in seconds.
    pub(crate) expires_in: u64,
}

/// A code on its way through a browser.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    /// The organization of the token.
    pub(crate) tenant: Arc<Tenant>,
    /// The client that asked for the code.
    pub(crate) client: Arc<Client>,
    /// The user that authorized the client.
    pub(crate) user: UserIndex,
    /// The redirect URI that received the code.
    pub(crate) redirect_uri: String,
    /// The PKCE challenge (S256), if one was given.
    pub(crate) challenge: Option<String>,
    /// The end of its validity; set when it is issued.
    pub(crate) expires: Nanos,
}

/// The grant behind a refresh token.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    /// The organization.
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) client: Arc<Client>,
    pub(crate) user: UserIndex,
}

/// Every token, code and refresh token.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    key: ArcSwap<HashKey>,
    /// The key of tokens that other servers know; without it, a token is random bits.
    signing: RwLock<Option<SigningKey>>,
    access: Bounded<String, Arc<Token>>,
    refresh: Bounded<String, Refresh>,
    /// Access tokens of a snapshot, by digest.
    restored: Bounded<String, Arc<Token>>,
    /// Refresh tokens of a snapshot, by digest.
    restored_refresh: Bounded<String, Refresh>,
    codes: Bounded<String, Code>,
    /// Pasted and signed tokens that were revoked, by hash.
    revoked: Bounded<u64, ()>,
}

impl Tokens {
    /// No tokens yet. With a key, those that will be issued are signed, and those of servers with this key are known.
    pub(super) fn new(signing: Option<SigningKey>) -> Self {
        Self { signing: RwLock::new(signing), ..Self::default() }
    }

    /// The hash of a bearer. Other modules see only the hash.
    pub(crate) fn hash(&self, bearer: &[u8]) -> u64 {
        self.key.load().hash(bearer)
    }

    /// Issues an access token. The token of a user is the user's last token. It is a login too, unless a refresh token
    /// asked for it.
    pub(crate) fn issue(
        &self,
        tenant: &Arc<Tenant>,
        client: &Arc<Client>,
        user: Option<UserIndex>,
        grant: Grant,
        now: Nanos,
    ) -> NewToken {
        let life = client.token_lifetime;
        let mut token = Token {
            tenant: Arc::clone(tenant),
            client: Arc::clone(client),
            user,
            grant,
            hash: 0,
            expires: now.saturating_add(nanos(life)),
        };
        let text = self.signing.read().as_ref().map_or_else(random, |key| key.text(&token));
        token.hash = self.hash(text.as_bytes());
        self.access.insert(text.clone(), Arc::new(token), MAX_TOKENS);
        if let Some(user) = user {
            let is_login = grant != Grant::RefreshToken;
            // Nothing is notified of a token.
            let ((), _events) = tenant.write(|organization| organization.logins.note(user, is_login, now));
        }
        NewToken { text, expires_in: life.as_secs() }
    }

    /// What a token says that a server with the same key issued, unless it was revoked here.
    pub(super) fn claims(&self, text: &str) -> Option<Claims> {
        let claims = self.signing.read().as_ref()?.read(text)?;
        (!self.is_revoked(self.hash(text.as_bytes()))).then_some(claims)
    }

    /// Remembers a token that another server issued.
    pub(super) fn adopt(&self, text: &str, token: Token) -> Arc<Token> {
        let token = Arc::new(token);
        self.access.insert(text.to_owned(), Arc::clone(&token), MAX_TOKENS);
        token
    }

    /// The issued token of that text.
    pub(crate) fn find(&self, text: &str) -> Option<Arc<Token>> {
        self.access.get(text).or_else(|| self.restored.find(|| digest(text)))
    }

    /// Ends a token, and returns it where it was issued. A pasted one, whatever bytes it is of, and a signed one are
    /// remembered by their hash.
    pub(crate) fn revoke(&self, bearer: &[u8]) -> Option<Arc<Token>> {
        let remove = |text: &str| self.access.remove(text).or_else(|| self.restored.take(|| digest(text)));
        let issued = std::str::from_utf8(bearer).ok().and_then(remove);
        if issued.is_none() || self.signing.read().is_some() {
            self.revoked.insert(self.hash(bearer), (), MAX_OTHERS);
        }
        issued
    }

    /// What a refresh token says that a server with the same key issued, unless it was revoked here.
    pub(super) fn refresh_claims(&self, text: &str) -> Option<Claims> {
        let claims = self.signing.read().as_ref()?.read_refresh(text)?;
        (!self.is_revoked(self.hash(text.as_bytes()))).then_some(claims)
    }

    /// Ends a token that another server has revoked.
    pub(crate) fn revoke_hash(&self, hash: u64) {
        self.access.retain(|token| token.hash != hash);
        self.restored.retain(|token| token.hash != hash);
        self.revoked.insert(hash, (), MAX_OTHERS);
    }

    /// Ends the tokens, the refresh tokens and the codes of a user. Returns the tokens.
    pub(crate) fn revoke_user(&self, tenant: Uuid, user: UserIndex) -> Vec<Arc<Token>> {
        let is_its = |of: &Tenant, named: Option<UserIndex>| of.id == tenant && named == Some(user);
        let ended = Mutex::new(Vec::new());
        let stays = |token: &Arc<Token>| {
            let goes = is_its(&token.tenant, token.user);
            ended.lock().extend(goes.then(|| Arc::clone(token)));
            !goes
        };
        self.access.retain(stays);
        self.restored.retain(stays);
        self.codes.retain(|code| !is_its(&code.tenant, Some(code.user)));
        let ended = ended.into_inner();
        if self.signing.read().is_some() {
            let refresh = self.refresh.entries().into_iter();
            let refresh = refresh.filter(|(_, refresh)| is_its(&refresh.tenant, Some(refresh.user)));
            let hashes = refresh
                .map(|(text, _)| self.hash(text.as_bytes()))
                .chain(ended.iter().map(|token| token.hash));
            hashes.for_each(|hash| self.revoked.insert(hash, (), MAX_OTHERS));
        }
        let stays = |refresh: &Refresh| !is_its(&refresh.tenant, Some(refresh.user));
        self.refresh.retain(stays);
        self.restored_refresh.retain(stays);
        ended
    }

    /// Whether a pasted or signed token was revoked.
    pub(crate) fn is_revoked(&self, hash: u64) -> bool {
        self.revoked.get(&hash).is_some()
    }

    pub(crate) fn issue_code(&self, mut code: Code, now: Nanos) -> String {
        code.expires = now.saturating_add(nanos(CODE_LIFE));
        let text = random();
        self.codes.insert(text.clone(), code, MAX_OTHERS);
        text
    }

    /// Redeems a code: once, and in time.
    pub(crate) fn redeem(&self, code: &str, now: Nanos) -> Option<Code> {
        self.codes.remove(code).filter(|code| now < code.expires)
    }

    /// Issues a refresh token.
    pub(crate) fn issue_refresh(&self, refresh: Refresh) -> String {
        let text =
            self.signing.read().as_ref().map_or_else(random, |key| key.refresh_text(&token_of(&refresh)));
        self.refresh.insert(text.clone(), refresh, MAX_OTHERS);
        text
    }

    /// The grant behind a refresh token. The refresh token stays valid.
    pub(crate) fn find_refresh(&self, text: &str) -> Option<Refresh> {
        self.refresh.get(text).or_else(|| self.restored_refresh.find(|| digest(text)))
    }

    /// Removes everything that belongs to an organization.
    pub(crate) fn forget(&self, tenant: Uuid) {
        self.access.retain(|token| token.tenant.id != tenant);
        self.restored.retain(|token| token.tenant.id != tenant);
        self.refresh.retain(|refresh| refresh.tenant.id != tenant);
        self.restored_refresh.retain(|refresh| refresh.tenant.id != tenant);
        self.codes.retain(|code| code.tenant.id != tenant);
    }

    /// Removes everything that was issued to a client.
    pub(crate) fn forget_client(&self, client: &str) {
        self.access.retain(|token| token.client.id != client);
        self.restored.retain(|token| token.client.id != client);
        self.refresh.retain(|refresh| refresh.client.id != client);
        self.restored_refresh.retain(|refresh| refresh.client.id != client);
        self.codes.retain(|code| code.client.id != client);
    }

    /// Removes everything.
    pub(crate) fn reset(&self) {
        self.access.retain(|_| false);
        self.restored.retain(|_| false);
        self.refresh.retain(|_| false);
        self.restored_refresh.retain(|_| false);
        self.codes.retain(|_| false);
        self.revoked.retain(|()| false);
    }
}

/// A refresh token in the form that is signed. It does not end.
fn token_of(refresh: &Refresh) -> Token {
    Token {
        tenant: Arc::clone(&refresh.tenant),
        client: Arc::clone(&refresh.client),
        user: Some(refresh.user),
        grant: Grant::RefreshToken,
        hash: 0,
        expires: Nanos::MAX,
    }
}

/// Prefix and 244 random bits.
fn random() -> String {
    format!("{PREFIX}{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
