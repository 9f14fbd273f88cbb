//! Indents JSON for clients in a terminal.
//!
//! `?pretty` asks for it, `?pretty=false` for one line. Without either the client decides: the usual clients
//! of terminals send `Accept: */*` by default.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::wire::query::query_value;

/// The query parameter.
pub(super) const PARAMETER: &str = "pretty";
/// The names of terminal clients in `User-Agent`, in lower case.
const TERMINALS: [&str; 4] = ["curl/", "httpie/", "wget/", "xh/"];

/// Marks an answer that stays one line, because it is large and for programs.
#[derive(Clone, Copy, Debug)]
pub(super) struct AsIs;

/// Indents a JSON answer if the query or the client asks for it.
pub(super) async fn indent(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked =
        query_value(query, PARAMETER).map(|value| !value.eq_ignore_ascii_case("false") && value != "0");
    let pretty = asked.unwrap_or_else(|| is_terminal(request.headers()));
    let response = next.run(request).await;
    let json = response.headers().get(CONTENT_TYPE).is_some_and(|of| of == "application/json");
    let as_is = response.extensions().get::<AsIs>().is_some();
    if pretty && json && !as_is { indented(response).await } else { response }
}

/// Whether it is a terminal client with its default `Accept`.
fn is_terminal(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (accept, agent) = (text(ACCEPT).trim(), text(USER_AGENT).to_ascii_lowercase());
    // HTTPie and xh put JSON before everything else.
    let anything = accept.is_empty() || accept.ends_with("*/*") || accept.contains("*/*;");
    anything && TERMINALS.iter().any(|terminal| agent.starts_with(terminal))
}

async fn indented(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        let mut failed = Response::new(Body::empty());
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return failed;
    };
    let value = serde_json::from_slice::<Value>(&bytes).ok();
    let text = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    let Some(text) = text else { return Response::from_parts(head, Body::from(bytes)) };
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(text + "\n"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn clients_of_terminals_are_known_by_name_and_by_taking_anything() {
        let told = |agent: &'static str, accept: &'static str| {
            let header = |name, value| (name, HeaderValue::from_static(value));
            is_terminal(&[header(USER_AGENT, agent), header(ACCEPT, accept)].into_iter().collect())
        };
        assert!(told("curl/8.5.0", "*/*"));
        assert!(told("HTTPie/3.2.2", "application/json, */*;q=0.5"));
        assert!(told("Wget/1.21.4", "*/*"));
        assert!(!told("curl/8.5.0", "application/json"));
        assert!(!told("python-requests/2.32", "*/*"));
        assert!(!is_terminal(&HeaderMap::new()));
    }
}
