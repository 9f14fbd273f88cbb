//! The live page: static files that ask the admin API for everything they show.
//!
//! The files hold nothing of this server, so they need no admin token. The page asks for the token where one is
//! required, keeps it in its tab, and sends it in the `Authorization` header. No cookie is set, so a page of another
//! origin cannot make the browser send the token. The browser runs no other script and asks no other server.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
};

use super::index::{PATHS, prefers_html};
use super::route::{Resource, get};

const PATH: &str = "/__admin/ui";
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const INDEX: &str = include_str!("../../web/index.html");

/// The other files: path, media type, content.
const FILES: [(&str, &str, &str); 12] = [
    ("/__admin/ui/style.css", STYLE, include_str!("../../web/style.css")),
    ("/__admin/ui/app.js", SCRIPT, include_str!("../../web/app.js")),
    ("/__admin/ui/server.js", SCRIPT, include_str!("../../web/server.js")),
    ("/__admin/ui/dom.js", SCRIPT, include_str!("../../web/dom.js")),
    ("/__admin/ui/chart.js", SCRIPT, include_str!("../../web/chart.js")),
    ("/__admin/ui/now.js", SCRIPT, include_str!("../../web/now.js")),
    ("/__admin/ui/requests.js", SCRIPT, include_str!("../../web/requests.js")),
    ("/__admin/ui/steer.js", SCRIPT, include_str!("../../web/steer.js")),
    ("/__admin/ui/clients.js", SCRIPT, include_str!("../../web/clients.js")),
    ("/__admin/ui/deliveries.js", SCRIPT, include_str!("../../web/deliveries.js")),
    ("/__admin/ui/nodes.js", SCRIPT, include_str!("../../web/nodes.js")),
    ("/__admin/ui/organizations.js", SCRIPT, include_str!("../../web/organizations.js")),
];

/// Scripts, styles and requests of this server alone; no frame around the page, and no form is ever sent.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

pub(super) fn resource() -> Resource {
    let live = get(PATH, "the live page", async || page()).open().answers_text("text/html");
    let files = FILES.into_iter();
    files.fold(Resource::new().with(live), |resource, (path, media, content)| {
        resource.alias(path, move || async move { file(media, content) })
    })
}

/// Whether the request is for a file of the page, and sends no token. The index is one for a browser.
pub(super) fn is_asked(request: &Request) -> bool {
    let path = request.uri().path();
    let is_file = path == PATH || FILES.iter().any(|(of, ..)| *of == path);
    let is_index = || {
        PATHS.contains(&path)
            && !request.headers().contains_key(AUTHORIZATION)
            && prefers_html(request.headers())
    };
    *request.method() == Method::GET && (is_file || is_index())
}

/// The page itself.
pub(super) fn page() -> Response {
    ([(VARY, "Accept")], file(HTML, INDEX)).into_response()
}

fn file(media: &'static str, content: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, media),
        // A new version is seen at once; the files come from this machine.
        (CACHE_CONTROL, "no-cache"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, content).into_response()
}
