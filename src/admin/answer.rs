//! The errors of the control plane: always JSON in the vendor's format, never plain text.

use axum::Extension;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::route::Routes;
use crate::rules::Problems;
use crate::wire::error::{ApiError, Dialect, ErrorBody};
use crate::wire::header_block::HeaderBlock;
use crate::wire::redact::redacted;
use crate::wire::reply::Reply;

/// The answer of a handler of the control plane.
pub(super) type Answer<T> = Result<T, Refusal>;

/// A mistake of the caller: an error, and one more property where the vendor's shape has no room.
#[derive(Debug)]
pub(super) struct Refusal {
    error: Box<ApiError>,
    more: Option<(&'static str, Value)>,
}

/// An error in the vendor's shape. Some errors have one more property.
#[derive(ToSchema)]
#[schema(as = Error)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct ErrorView {
    #[serde(flatten)]
    body: ErrorBody<'static>,
    /// The mistakes of a limits file.
    problems: Option<Problems>,
    /// Every route, if the path has none.
    routes: Option<Vec<String>>,
}

impl Refusal {
    /// A 400 with the expected value.
    pub(super) fn bad(why: impl Into<String>) -> Self {
        ApiError::bad_request(why.into()).into()
    }

    /// Adds a property to the body.
    pub(super) fn with(mut self, name: &'static str, value: impl Serialize) -> Self {
        self.more = serde_json::to_value(value).ok().map(|value| (name, value));
        self
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error: Box::new(error), more: None }
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        Self::of_problems("limits were", problems)
    }
}

impl Refusal {
    /// A 400 with every mistake of a configuration. `what` was not changed: "limits were".
    pub(super) fn of_problems(what: &str, problems: Problems) -> Self {
        let message = match problems.0.as_slice() {
            [only] => format!("The {what} not changed: {only}"),
            all => format!("The {what} not changed: {} problems, see `problems`.", all.len()),
        };
        Self::bad(message).with("problems", problems)
    }
}

impl Refusal {
    /// The vendor's body with one more property.
    fn extended(&self, context: Uuid) -> Option<String> {
        let (name, value) = self.more.clone()?;
        let body = self.error.body(Dialect::Platform, context, None);
        let mut object: Map<String, Value> = serde_json::from_slice(&body).ok()?;
        object.insert(name.to_owned(), value);
        Some(Value::Object(object).to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let context = Uuid::new_v4();
        let extended = self.extended(context);
        let mut reply = Reply::error(&self.error, Dialect::Platform, context, None);
        if let Some(body) = extended {
            reply.body = body.into();
        }
        let mut lines = HeaderBlock::new();
        lines.correlation(context);
        reply.into_response(HeaderMap::new(), lines).map(Body::new)
    }
}

/// 404, with all there is.
pub(super) async fn no_such_route(uri: Uri, Extension(routes): Extension<Routes>) -> Refusal {
    let listed: Vec<_> = routes.0.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let hint = format!("No route {}; `routes` lists the routes.", redacted(uri.path(), None));
    Refusal::from(ApiError::no_such_path(&hint)).with("routes", json!(listed))
}

/// 405, with the methods that would do.
pub(super) async fn wrong_method(path: Option<MatchedPath>, Extension(routes): Extension<Routes>) -> Refusal {
    let path = path.as_ref().map_or("", MatchedPath::as_str);
    let here: Vec<_> = routes.0.iter().filter(|route| route.path == path).collect();
    let allow: Vec<_> = here.iter().map(|route| route.method).collect();
    Refusal::from(ApiError::method_not_allowed(allow.join(", ")))
}

/// 201 with a JSON body.
pub(super) fn created(body: &impl Serialize) -> Response {
    (StatusCode::CREATED, axum::Json(body)).into_response()
}
