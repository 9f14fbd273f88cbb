//! Identifies the [`Caller`] of a request by its headers.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::token::{Claims, PREFIX, Refresh, SigningKey, Token, Tokens};
use crate::rules::Grant;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::world::id::{ClientIndex, EdgeIndex, UserIndex};
use crate::world::people::User;
use crate::world::{Client, Tenant, Tenants};

/// A caller with a token, and the edge where its request arrived.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The token of the bearer.
    pub(crate) token: Arc<Token>,
    pub(crate) edge: EdgeIndex,
}

/// Tells callers apart.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Every token that was issued.
    pub(crate) tokens: Tokens,
    /// The client that pasted tokens act as.
    pasted: Arc<Client>,
    /// Whether bearers that gcmock did not issue are refused.
    strict: bool,
}

/// The client of pasted tokens: a number above that of every seeded client.
const PASTED_INDEX: ClientIndex = ClientIndex((1 << 20) - 1);

impl Identity {
    /// An identity service without tokens. `signing` is the key that other servers share.
    pub(crate) fn new(strict: bool, signing: Option<SigningKey>) -> Self {
        let pasted = Client {
            index: PASTED_INDEX,
            id: "pasted-token".to_owned(),
            name: "pasted-token".to_owned(),
            secret: None,
            grants: vec![Grant::Pasted],
            scopes: Arc::new(["*".to_owned()]),
            redirect_uris: Vec::new(),
            extra: serde_json::Map::new(),
            token_lifetime: std::time::Duration::from_secs(24 * 3600),
        };
        Self { tokens: Tokens::new(signing), pasted: Arc::new(pasted), strict }
    }

    /// The client that pasted tokens act as. It is the same one in every organization.
    pub(crate) const fn pasted(&self) -> &Arc<Client> {
        &self.pasted
    }

    /// The caller that sends these headers to `host`.
    pub(crate) fn identify(
        &self,
        tenants: &Tenants,
        headers: &HeaderMap,
        host: &str,
        now: Nanos,
    ) -> Result<Caller, ApiError> {
        self.identify_bearer(tenants, bearer(headers), host, now)
    }

    /// The caller of an upload. Its token may come without a scheme, as the vendor's Terraform provider sends it.
    pub(crate) fn identify_upload(
        &self,
        tenants: &Tenants,
        headers: &HeaderMap,
        host: &str,
        now: Nanos,
    ) -> Result<Caller, ApiError> {
        self.identify_bearer(tenants, bearer(headers).or_else(|| token_alone(headers)), host, now)
    }

    /// The caller of a handshake. Its bearer may be in the query, because browsers send no header with a handshake.
    pub(crate) fn identify_socket(
        &self,
        tenants: &Tenants,
        headers: &HeaderMap,
        access_token: Option<&str>,
        host: &str,
        now: Nanos,
    ) -> Result<Caller, ApiError> {
        let in_query = access_token.map(str::as_bytes).map(<[u8]>::trim_ascii);
        let bearer = bearer(headers).or(in_query.filter(|token| !token.is_empty()));
        self.identify_bearer(tenants, bearer, host, now)
    }

    fn identify_bearer(
        &self,
        tenants: &Tenants,
        bearer: Option<&[u8]>,
        host: &str,
        now: Nanos,
    ) -> Result<Caller, ApiError> {
        let bearer = bearer.ok_or_else(ApiError::authentication_required)?;
        let token = self.token(tenants, bearer, now)?;
        let edge = token.tenant.edge_at(host);
        Ok(Caller { token, edge })
    }

    /// Ends the bearer of these headers. Returns its hash, and the token where this server has issued it.
    pub(crate) fn revoke(&self, headers: &HeaderMap) -> Option<(u64, Option<Arc<Token>>)> {
        let bearer = bearer(headers)?;
        let token = self.tokens.revoke(bearer);
        Some((self.tokens.hash(bearer), token))
    }

    fn token(&self, tenants: &Tenants, bearer: &[u8], now: Nanos) -> Result<Arc<Token>, ApiError> {
        if !bearer.starts_with(PREFIX.as_bytes()) {
            return if self.strict {
                Err(ApiError::bad_credentials())
            } else {
                self.pasted_token(tenants, bearer)
            };
        }
        let text = std::str::from_utf8(bearer).ok();
        let issued = text.and_then(|text| self.tokens.find(text).or_else(|| self.adopt(tenants, text)));
        match issued {
            Some(token) if now >= token.expires => Err(ApiError::credentials_expired()),
            Some(token) => Ok(token),
            None => Err(ApiError::bad_credentials()),
        }
    }

    /// The token of that text, if another server of the same key issued it and its client and user are known here.
    fn adopt(&self, tenants: &Tenants, text: &str) -> Option<Arc<Token>> {
        let claims = self.tokens.claims(text)?;
        let (tenant, client) = known(tenants, &claims)?;
        let Claims { user, grant, expires, .. } = claims;
        let hash = self.tokens.hash(text.as_bytes());
        Some(self.tokens.adopt(text, Token { tenant, client, user, grant, hash, expires }))
    }

    /// The grant behind a refresh token that this server issued, or another server of the same key.
    pub(crate) fn refresh(&self, tenants: &Tenants, text: &str) -> Option<Refresh> {
        let adopted = || {
            let claims = self.tokens.refresh_claims(text)?;
            let (tenant, client) = known(tenants, &claims)?;
            Some(Refresh { tenant, client, user: claims.user? })
        };
        self.tokens.find_refresh(text).or_else(adopted)
    }

    /// A bearer from elsewhere: the administrator of the default organization, so that a script with a
    /// token of the real platform runs.
    fn pasted_token(&self, tenants: &Tenants, bearer: &[u8]) -> Result<Arc<Token>, ApiError> {
        let hash = self.tokens.hash(bearer);
        if self.tokens.is_revoked(hash) {
            return Err(ApiError::bad_credentials());
        }
        Ok(Arc::new(Token {
            tenant: Arc::clone(tenants.default_tenant()),
            client: Arc::clone(&self.pasted),
            user: Some(UserIndex::ADMINISTRATOR),
            grant: Grant::Pasted,
            hash,
            expires: Nanos::MAX,
        }))
    }
}

/// The organization and the client of a signed token, if this server knows them and the user.
fn known(tenants: &Tenants, claims: &Claims) -> Option<(Arc<Tenant>, Arc<Client>)> {
    let (tenant, client) = tenants.client(&claims.client)?;
    let is_known = |user| tenant.read().people().at(user).is_some_and(User::exists);
    let same = tenant.id == claims.tenant && claims.user.is_none_or(is_known);
    same.then_some((tenant, client))
}

/// The bearer token, without the scheme; `None` where there is none or an empty one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}

/// The value of the header, if it is one word.
fn token_alone(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes().trim_ascii();
    (!value.is_empty() && !value.contains(&b' ')).then_some(value)
}
