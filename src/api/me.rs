//! The caller's token, organization and OAuth clients.

use http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Client;
use crate::world::id::seed_id;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/tokens/me", get_token),
        Route::head("/api/v2/tokens/me", check_token),
        Route::delete("/api/v2/tokens/me", delete_token),
        Route::get("/api/v2/oauth/clients", list_clients),
        Route::get("/api/v2/oauth/clients/{clientId}", get_client),
        Route::get("/api/v2/organizations/me", get_organization),
    ]
}

fn get_token(call: &Call<'_>) -> Result<Reply, ApiError> {
    let token = &call.caller.token;
    let organization = json!({ "id": call.tenant().id, "name": call.tenant().name });
    Reply::ok(&json!({
        "organization": organization,
        "homeOrganization": organization,
        "OAuthClient": {
            "id": token.client.id,
            "name": token.client.name,
            "authorizedGrantType": token.grant.vendor_name(),
            "organization": organization,
            "scope": *token.client.scopes,
        },
        "authorizedScope": *token.client.scopes,
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "a handler")]
fn check_token(_: &Call<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::empty(StatusCode::OK))
}

#[expect(clippy::unnecessary_wraps, reason = "a handler")]
fn delete_token(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.platform.identity.revoke(call.headers);
    Ok(Reply::empty(StatusCode::OK))
}

fn list_clients(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = call.tenant().clients.iter().map(|client| client_to_json(client));
    Reply::ok(&Page::of(all, call.page()?, call.path, call.query))
}

fn get_client(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("clientId")?;
    let found = call.tenant().clients.iter().find(|client| client.id == id);
    Reply::ok(&client_to_json(found.ok_or_else(|| ApiError::no_such("OAuth client", &id))?))
}

/// A client without its secret.
fn client_to_json(client: &Client) -> Value {
    json!({
        "id": client.id,
        "name": client.name,
        "authorizedGrantType": client.grants.first().map(|grant| grant.vendor_name()),
        "scope": *client.scopes,
        "registeredRedirectUri": client.redirect_uris,
        "accessTokenValiditySeconds": client.token_lifetime.as_secs(),
        "state": "active",
        "selfUri": format!("/api/v2/oauth/clients/{}", client.id),
    })
}

fn get_organization(call: &Call<'_>) -> Result<Reply, ApiError> {
    let tenant = call.tenant();
    Reply::ok(&json!({
        "id": tenant.id,
        "name": tenant.name,
        "thirdPartyOrgName": tenant.seed.domain,
        "domain": tenant.seed.domain,
        "defaultLanguage": "en-us",
        "defaultCountryCode": "US",
        "defaultSiteId": seed_id(tenant.id, "site"),
        "supportURI": "",
        "voicemailEnabled": true,
        "state": "active",
        "productPlatform": "PureCloud",
        "version": 1,
        "features": {
            "realtimeCIC": false, "purecloud": true, "hipaa": false, "ucEnabled": true, "pci": false,
            "purecloudVoice": true, "xmppFederation": false, "chat": true, "informalPhotos": true,
            "directory": true, "contactCenter": true, "unifiedCommunications": true, "custserv": true,
        },
        "selfUri": "/api/v2/organizations/me",
    }))
}
