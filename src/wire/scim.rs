//! Errors of SCIM (RFC 7644, 3.12): the platform's own, and beside them what a SCIM client reads.

use http::StatusCode;
use serde::Serialize;

use super::error::{ApiError, ErrorBody};

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The body of an error of SCIM.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScimBody<'a> {
    #[serde(flatten)]
    body: ErrorBody<'a>,
    schemas: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    scim_type: Option<&'static str>,
    detail: &'a str,
}

impl<'a> ScimBody<'a> {
    pub(super) fn of(error: &ApiError, body: ErrorBody<'a>) -> Self {
        Self { schemas: [ERROR], scim_type: scim_type(error), detail: body.message, body }
    }
}

/// The type of an error that does not name its own.
fn scim_type(error: &ApiError) -> Option<&'static str> {
    let own = error.more.as_ref().and_then(|more| more.scim_type);
    let of_code = || match &*error.code {
        "bad.request" => "invalidSyntax",
        _ => "invalidValue",
    };
    own.or_else(|| (error.status == StatusCode::BAD_REQUEST).then(of_code))
}

impl ApiError {
    /// 400 of that type of SCIM.
    pub(crate) fn scim(scim_type: &'static str, why: impl Into<String>) -> Self {
        Self::bad_request(why.into()).with_scim_type(scim_type)
    }

    /// The error with a type of SCIM.
    pub(crate) fn with_scim_type(self, scim_type: &'static str) -> Self {
        self.with_more(|more| more.scim_type = Some(scim_type))
    }
}
