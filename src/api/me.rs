//! The caller's token, and those of a user.

use http::StatusCode;
use serde_json::json;

use super::call::Call;
use crate::api::route::Route;
use crate::api::users::find_index;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/tokens/me", get_token),
        Route::head("/api/v2/tokens/me", check_token),
        Route::delete("/api/v2/tokens/me", delete_token),
        Route::delete("/api/v2/tokens/{userId}", delete_tokens_of_user),
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
    call.platform.revoke(call.headers);
    Ok(Reply::empty(StatusCode::OK))
}

/// Ends the tokens that were issued to a user. A pasted token was not, and stays.
fn delete_tokens_of_user(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let user = find_index(call.tenant().read().people(), &id)?;
    call.platform.revoke_user(call.tenant(), user);
    Ok(Reply::no_content())
}
