//! The requests of a plan, built before the run as far as they are the same in all samples.

use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use gcmock_plan::model::{Action, HttpRequest, Node, NodeKind, Plan};
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::target::Target;
use super::template::Template;
use super::tokens::{Authorization, Bearers, Sender};

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
    /// The same headers as lines.
    lines: Vec<u8>,
    /// Headers with parts that differ.
    varying: Vec<(HeaderName, Template)>,
    body: Template,
    /// Whether its answer has the token of later requests.
    pub(super) is_login: bool,
    authorization: Authorization,
    keep_alive: bool,
    /// Whether redirects within the target are followed.
    pub(super) follows_redirects: bool,
}

#[derive(Debug)]
enum Path {
    Fixed(Uri),
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
                lines: lines(&headers),
                method: Method::from_str(&request.method)
                    .with_context(|| format!("the method {:?}", request.method))?,
                path: path(request)?,
                headers,
                varying,
                body: Template::read(&request.body),
                is_login: &*request.method == "POST" && request.path.ends_with("/oauth/token"),
                authorization: Authorization::of(&request.credentials)?,
                keep_alive: request.keep_alive,
                follows_redirects: request.follows_redirects,
            })
        };
        build().with_context(|| format!("the sampler {:?} cannot be sent", node.name))
    }

    /// Its method.
    pub(super) const fn method(&self) -> &Method {
        &self.method
    }

    /// Whether its connection is kept.
    pub(super) const fn keeps_connection(&self) -> bool {
        self.keep_alive
    }

    /// Writes the request of one sample as HTTP/1.1 has it.
    ///
    /// # Errors
    /// When a rendered part is not allowed in its place.
    pub(super) fn write(&self, out: &mut Vec<u8>, by: Sender<'_>, bearers: &Bearers) -> anyhow::Result<()> {
        out.clear();
        match &self.path {
            Path::Fixed(path) => write_line(out, &self.method, path),
            Path::Varying(template) => write_line(out, &self.method, &uri(&template.render(by.of))?),
        }
        self.write_headers(out, by, bearers)?;
        let body = self.body.render(by.of);
        // A request with a method that usually has a body says that it has none.
        if !body.is_empty() || matches!(self.method, Method::POST | Method::PUT | Method::PATCH) {
            out.extend_from_slice(b"content-length: ");
            out.extend_from_slice(itoa::Buffer::new().format(body.len()).as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body.as_bytes());
        Ok(())
    }

    /// Writes the request to which an answer redirects: a HEAD stays a HEAD, all else becomes a GET without a body.
    ///
    /// # Errors
    /// When a rendered header is not allowed.
    pub(super) fn write_redirected(
        &self,
        out: &mut Vec<u8>,
        path: &Uri,
        by: Sender<'_>,
        bearers: &Bearers,
    ) -> anyhow::Result<()> {
        out.clear();
        write_line(out, if self.method == Method::HEAD { &Method::HEAD } else { &Method::GET }, path);
        self.write_headers(out, by, bearers)?;
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn write_headers(&self, out: &mut Vec<u8>, by: Sender<'_>, bearers: &Bearers) -> anyhow::Result<()> {
        out.extend_from_slice(&self.lines);
        for (name, template) in &self.varying {
            write_header(out, name, &HeaderValue::from_str(&template.render(by.of))?);
        }
        if let Some(token) = bearers.of(&self.authorization, by, self.is_login) {
            write_header(out, &AUTHORIZATION, &token);
        }
        Ok(())
    }

    /// The handshake of one sample, for a WebSocket.
    ///
    /// # Errors
    /// When a rendered part is not allowed in its place.
    pub(super) fn handshake(&self, by: Sender<'_>, bearers: &Bearers) -> anyhow::Result<Request<()>> {
        let mut request = Request::new(());
        *request.uri_mut() = match &self.path {
            Path::Fixed(uri) => uri.clone(),
            Path::Varying(template) => uri(&template.render(by.of))?,
        };
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        for (name, template) in &self.varying {
            headers.append(name, HeaderValue::from_str(&template.render(by.of))?);
        }
        if let Some(token) = bearers.of(&self.authorization, by, self.is_login) {
            headers.insert(AUTHORIZATION, token.into_owned());
        }
        Ok(request)
    }
}

/// The path of a request that has been written.
pub(super) fn path_of(request: &[u8]) -> Option<Uri> {
    request.split(|byte| *byte == b' ').nth(1).and_then(|path| Uri::try_from(path).ok())
}

fn lines(headers: &HeaderMap) -> Vec<u8> {
    let mut lines = Vec::new();
    for (name, value) in headers {
        write_header(&mut lines, name, value);
    }
    lines
}

/// The first line of a request.
fn write_line(out: &mut Vec<u8>, method: &Method, path: &Uri) {
    let path = path.path_and_query().map_or("/", |path| path.as_str());
    for part in [method.as_str(), " ", path, " HTTP/1.1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn write_header(out: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
        out.extend_from_slice(part);
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
