//! The index: a list of the routes for programs, the live page for people.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::HeaderMap;
use http::header::{ACCEPT, VARY};
use serde::Serialize;
use utoipa::ToSchema;

use super::ControlPlane;
use super::route::{Resource, Route, Routes, get};
use super::ui;

/// The paths of the index.
pub(super) const PATHS: [&str; 3] = ["/", "/__admin", "/__admin/"];
const HTML: &str = "text/html";

pub(super) fn resource() -> Resource {
    let does = "the routes; for browsers the live page";
    Resource::new()
        .with(get("/", does, index).answers::<Index<'static>>().answers_text(HTML))
        .with(get("/__admin", "the routes", index).answers::<Index<'static>>().answers_text(HTML))
        .alias("/__admin/", index)
}

#[derive(Serialize, ToSchema)]
struct Index<'a> {
    name: &'static str,
    version: &'static str,
    /// The address of the platform; null where it is the one of this answer.
    #[schema(required)]
    platform: Option<&'a str>,
    routes: &'a [Route],
}

async fn index(
    State(state): State<ControlPlane>,
    Extension(routes): Extension<Routes>,
    headers: HeaderMap,
) -> Response {
    if !prefers_html(&headers) {
        let version = env!("CARGO_PKG_VERSION");
        let platform = state.platform_uri.as_deref();
        let index = Index { name: "gcmock", version, platform, routes: &routes.0 };
        return ([(VARY, "Accept")], Json(index)).into_response();
    }
    ui::page()
}

/// Whether the client prefers HTML to JSON, by weight and then by order.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let mut best: Option<(u32, bool)> = None;
    for range in accepted.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let html = match parts.next().map(str::to_ascii_lowercase).as_deref() {
            Some("text/html") => true,
            Some("application/json" | "application/*" | "*/*") => false,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
        if best.is_none_or(|(of, _)| weight > of) {
            best = Some((weight, html));
        }
    }
    best.is_some_and(|(weight, html)| html && weight > 0)
}

/// `0.8` as 800.
fn thousandths(weight: &str) -> u32 {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = format!("{decimals:0<3}");
    let parse = |digits: &str| digits.parse::<u32>().unwrap_or_default();
    (parse(whole) * 1000 + digits.get(..3).map_or(0, parse)).min(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_client_that_prefers_html_gets_the_page() {
        for (accept, html) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html;q=0.5, application/json", false),
            ("application/json;q=0.5, text/html;q=0.75", true),
            ("*/*", false),
            ("application/json, text/html", false),
            ("text/html;q=0", false),
            ("image/png", false),
            ("text/html;q=€", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().expect("a header value"))]);
            assert_eq!(prefers_html(&headers), html, "{accept}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
