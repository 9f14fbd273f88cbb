//! The requests of a plan, built before the run as far as they are the same in all samples.

use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use gcmock_plan::model::{Action, Credentials, HttpRequest, Node, NodeKind, Plan};
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::exchange::Payload;
use super::target::Target;
use super::template::{Of, Template};
use super::tokens::Bearers;

/// What a URI does not take as it is.
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// Headers that the connection writes itself.
const OWN: [HeaderName; 3] = [HOST, CONTENT_LENGTH, CONNECTION];

/// The request of one sampler.
#[derive(Debug)]
pub(super) struct Prepared {
    method: Method,
    path: Path,
    headers: HeaderMap,
    /// Headers with parts that differ.
    varying: Vec<(HeaderName, Template)>,
    body: Body,
    /// Whether its answer has the token of later requests.
    pub(super) is_login: bool,
    credentials: Credentials,
    keep_alive: bool,
}

#[derive(Debug)]
enum Path {
    Fixed(Uri),
    Varying(Template),
}

#[derive(Debug)]
enum Body {
    Fixed(Bytes),
    Varying(Template),
}

impl Prepared {
    /// The requests of all samplers, by node.
    ///
    /// # Errors
    /// A method, path or header that HTTP does not allow, with the sampler's name.
    pub(super) fn all(plan: &Plan, target: &Target) -> anyhow::Result<Vec<Option<Self>>> {
        plan.nodes
            .iter()
            .map(|node| request_of(node).map(|request| Self::of(node, request, target)).transpose())
            .collect()
    }

    fn of(node: &Node, request: &HttpRequest, target: &Target) -> anyhow::Result<Self> {
        let build = || -> anyhow::Result<Self> {
            let (headers, varying) = headers(request, target)?;
            Ok(Self {
                method: Method::from_str(&request.method)
                    .with_context(|| format!("the method {:?}", request.method))?,
                path: path(request)?,
                headers,
                varying,
                body: body(request),
                is_login: &*request.method == "POST" && request.path.ends_with("/oauth/token"),
                credentials: request.credentials.clone(),
                keep_alive: request.keep_alive,
            })
        };
        build().with_context(|| format!("the sampler {:?} cannot be sent", node.name))
    }

    /// Whether its connection is kept.
    pub(super) const fn keeps_connection(&self) -> bool {
        self.keep_alive
    }

    /// The request of one sample.
    ///
    /// # Errors
    /// When a rendered part is not allowed in its place.
    pub(super) fn request(&self, of: Of, bearers: &Bearers) -> anyhow::Result<Request<Payload>> {
        let body = match &self.body {
            Body::Fixed(bytes) => bytes.clone(),
            Body::Varying(template) => Bytes::copy_from_slice(template.render(of).as_bytes()),
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri(of)?;
        *request.headers_mut() = self.headers(of, bearers)?;
        Ok(request)
    }

    fn uri(&self, of: Of) -> anyhow::Result<Uri> {
        match &self.path {
            Path::Fixed(uri) => Ok(uri.clone()),
            Path::Varying(template) => uri(&template.render(of)),
        }
    }

    /// The headers of one sample, with the token of its user.
    ///
    /// # Errors
    /// When a rendered value is not allowed in a header.
    fn headers(&self, of: Of, bearers: &Bearers) -> anyhow::Result<HeaderMap> {
        let mut headers = self.headers.clone();
        for (name, template) in &self.varying {
            headers.append(name, HeaderValue::from_str(&template.render(of))?);
        }
        let token = bearers.of(&self.credentials, of, self.is_login);
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token);
        }
        Ok(headers)
    }
}

fn request_of(node: &Node) -> Option<&HttpRequest> {
    let NodeKind::Sampler(sampler) = &node.kind else { return None };
    match &sampler.action {
        Action::Http(request) | Action::SocketOpen(request) => Some(request),
        _ => None,
    }
}

fn path(request: &HttpRequest) -> anyhow::Result<Path> {
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let slash = if request.path.starts_with('/') { "" } else { "/" };
    let text: Arc<str> = format!("{slash}{}{query}", request.path).into();
    match Template::read(&text) {
        Template::Fixed(text) => Ok(Path::Fixed(uri(&text)?)),
        varying @ Template::Parts(_) => Ok(Path::Varying(varying)),
    }
}

fn uri(text: &str) -> anyhow::Result<Uri> {
    let encoded = utf8_percent_encode(text, UNSAFE).to_string();
    encoded.parse().with_context(|| format!("the path {text:?}"))
}

fn body(request: &HttpRequest) -> Body {
    match Template::read(&request.body) {
        Template::Fixed(text) => Body::Fixed(Bytes::copy_from_slice(text.as_bytes())),
        varying @ Template::Parts(_) => Body::Varying(varying),
    }
}

type Headers = (HeaderMap, Vec<(HeaderName, Template)>);

fn headers(request: &HttpRequest, target: &Target) -> anyhow::Result<Headers> {
    let (mut fixed, mut varying) = (HeaderMap::new(), Vec::new());
    fixed.insert(HOST, target.host.clone());
    if !request.keep_alive {
        fixed.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    for (name, value) in &request.headers {
        let name = HeaderName::from_str(name.trim()).with_context(|| format!("the header {name:?}"))?;
        match Template::read(value) {
            _ if OWN.contains(&name) => {}
            Template::Fixed(text) => {
                let value = HeaderValue::from_str(text.trim());
                fixed.append(&name, value.with_context(|| format!("the value of the header {name}"))?);
            }
            parts @ Template::Parts(_) => varying.push((name, parts)),
        }
    }
    Ok((fixed, varying))
}

/// The method and path of a sampler as limits files write them: `WS` for a handshake.
pub(super) fn operation(node: &Node) -> Option<(&str, &str)> {
    let NodeKind::Sampler(sampler) = &node.kind else { return None };
    match &sampler.action {
        Action::Http(request) => Some((&request.method, &request.path)),
        Action::SocketOpen(request) => Some(("WS", &request.path)),
        _ => None,
    }
}
