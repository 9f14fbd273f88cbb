//! The requests of a plan, built before the run as far as they are the same in all samples.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use gcmock_plan::model::{Action, Address, ByValue, HttpRequest, Node, NodeKind, Plan};
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::target::Target;
use super::template::{Of, Template, Variables};
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
    /// Its addresses: one, or those of the rows of a data set. `None`: one that HTTP does not allow.
    addresses: Vec<Option<(Method, Path)>>,
    /// The variable that has the row, and which of the addresses a row has.
    by_row: Option<(u32, ByValue<u32>)>,
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
            .map(|node| {
                request_of(node).map(|request| Self::of(node, request, (target, &plan.known))).transpose()
            })
            .collect()
    }

    fn of(node: &Node, request: &HttpRequest, known: (&Target, &Variables)) -> anyhow::Result<Self> {
        let variables = known.1;
        let build = || -> anyhow::Result<Self> {
            let (headers, varying) = headers(request, known)?;
            Ok(Self {
                lines: lines(&headers),
                addresses: addresses(request, variables)?,
                by_row: request.by_row.as_ref().map(|by_row| (by_row.variable, by_row.place.clone())),
                headers,
                varying,
                body: Template::read(&request.body, variables),
                is_login: &*request.method == "POST" && request.path.ends_with("/oauth/token"),
                authorization: Authorization::of(&request.credentials)?,
                keep_alive: request.keep_alive,
                follows_redirects: request.follows_redirects,
            })
        };
        build().with_context(|| format!("the sampler {:?} cannot be sent", node.name))
    }

    /// Its method and path for a user.
    fn address(&self, of: Of<'_>) -> anyhow::Result<&(Method, Path)> {
        let row = self.by_row.as_ref().map(|(variable, place)| *place.at((of.value)(*variable)) as usize);
        let address = self.addresses.get(row.unwrap_or(0)).and_then(Option::as_ref);
        address.context("the method or the path of the row is not allowed")
    }

    /// Whether its path is not the same in all samples.
    pub(super) fn is_varying(&self) -> bool {
        !matches!(self.addresses.as_slice(), [Some((_, Path::Fixed(_)))])
    }

    /// Whether its `Authorization` has a part that is not known.
    pub(super) fn has_open_token(&self) -> bool {
        self.authorization.is_open()
    }

    /// The names in it that stand for values that are not known.
    pub(super) fn unknown(&self) -> Vec<String> {
        let paths = self.addresses.iter().flatten().filter_map(|(_, path)| match path {
            Path::Varying(template) => Some(template),
            Path::Fixed(_) => None,
        });
        let texts = paths.chain(self.varying.iter().map(|(_, template)| template)).chain([&self.body]);
        texts.flat_map(Template::unknown).map(str::to_owned).collect()
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
        let (method, path) = self.address(by.of)?;
        let path = path.uri(by.of)?;
        write_line(out, method, &path);
        self.write_headers(out, by, bearers)?;
        let body = self.body.render(by.of);
        // A request with a method that usually has a body says that it has none.
        if !body.is_empty() || matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
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
        let is_head = self.address(by.of)?.0 == Method::HEAD;
        write_line(out, if is_head { &Method::HEAD } else { &Method::GET }, path);
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
        *request.uri_mut() = self.address(by.of)?.1.uri(by.of)?.into_owned();
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

/// The method of a request that has been written.
pub(super) fn method_of(request: &[u8]) -> Method {
    let method = request.split(|byte| *byte == b' ').next().unwrap_or_default();
    Method::from_bytes(method).unwrap_or_default()
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

impl Path {
    fn uri(&self, of: Of<'_>) -> anyhow::Result<Cow<'_, Uri>> {
        match self {
            Self::Fixed(uri) => Ok(Cow::Borrowed(uri)),
            Self::Varying(template) => uri(&slashed(&template.render(of))).map(Cow::Owned),
        }
    }
}

fn addresses(request: &HttpRequest, variables: &Variables) -> anyhow::Result<Vec<Option<(Method, Path)>>> {
    let address = |method: &str, at: &str, query: &str| -> anyhow::Result<(Method, Path)> {
        let method = Method::from_str(method).with_context(|| format!("the method {method:?}"))?;
        Ok((method, path(at, query, variables)?))
    };
    match &request.by_row {
        None => Ok(vec![Some(address(&request.method, &request.path, &request.query)?)]),
        // Before its first row, a thread has the expressions themselves.
        Some(by_row) => {
            let of_row = |one: &Address| address(&one.method, &one.path, &one.query).ok();
            Ok(by_row.addresses.iter().map(of_row).collect())
        }
    }
}

fn path(path: &str, query: &str, variables: &Variables) -> anyhow::Result<Path> {
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    let text: Arc<str> = format!("{path}{query}").into();
    match Template::read(&text, variables) {
        Template::Fixed(text) => Ok(Path::Fixed(uri(&slashed(&text))?)),
        varying @ Template::Parts(_) => Ok(Path::Varying(varying)),
    }
}

/// A path with the slash that it begins with.
fn slashed(path: &str) -> Cow<'_, str> {
    if path.starts_with('/') { Cow::Borrowed(path) } else { Cow::Owned(format!("/{path}")) }
}

fn uri(text: &str) -> anyhow::Result<Uri> {
    let encoded = utf8_percent_encode(text, UNSAFE).to_string();
    encoded.parse().with_context(|| format!("the path {text:?}"))
}

type Headers = (HeaderMap, Vec<(HeaderName, Template)>);

fn headers(request: &HttpRequest, (target, variables): (&Target, &Variables)) -> anyhow::Result<Headers> {
    let (mut fixed, mut varying) = (HeaderMap::new(), Vec::new());
    fixed.insert(HOST, target.host.clone());
    if !request.keep_alive {
        fixed.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    for (name, value) in &request.headers {
        let name = HeaderName::from_str(name.trim()).with_context(|| format!("the header {name:?}"))?;
        match Template::read(value, variables) {
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

/// The messages of all samplers, by node.
pub(super) fn messages(plan: &Plan) -> Vec<Option<Template>> {
    let written = |node: &Node| match &node.kind {
        NodeKind::Sampler(sampler) => match &sampler.action {
            Action::SocketMessage(message) => message.write.clone(),
            _ => None,
        },
        _ => None,
    };
    plan.nodes.iter().map(|node| Some(Template::read(&written(node)?, &plan.known))).collect()
}

/// The names of all samplers that are not the same in all samples, by node.
pub(super) fn names(plan: &Plan) -> Vec<Option<Template>> {
    let is_sampler = |node: &&Node| matches!(node.kind, NodeKind::Sampler(_));
    let name = |node: &Node| Some(Template::read(&Some(node).filter(is_sampler)?.name, &plan.known));
    plan.nodes.iter().map(|node| name(node).filter(|name| matches!(name, Template::Parts(_)))).collect()
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
