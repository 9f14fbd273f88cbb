//! HTTP samplers, with what request defaults and header managers give them.

use super::build::{Builder, How, Scope};
use super::element::{Element, Property};
use super::expression::is_known;
use crate::model::{Action, Address, HttpRequest, Target};

/// An argument of a request.
struct Argument {
    name: String,
    value: String,
    /// Whether it is written as it is: it is encoded already.
    is_encoded: bool,
}

impl<'plan> Builder<'plan> {
    /// The request of an HTTP sampler.
    pub(super) fn http(&mut self, element: &Element, scope: &Scope<'plan>) -> Action {
        let how = if self.property(element, scope, "HTTPSampler.image_parser") == "true" {
            How::Approximated {
                assumed: "sends no request for embedded resources".to_owned(),
                option: None,
                loses_requests: true,
            }
        } else {
            How::Exact
        };
        let request = self.request(element, scope);
        self.note(element, how);
        Action::Http(request)
    }

    /// A property of a sampler, or that of the nearest request defaults that have it, evaluated.
    fn property(&self, element: &Element, scope: &Scope<'plan>, name: &str) -> String {
        let own = Some(element.text(name)).filter(|text| !text.is_empty());
        let near =
            || scope.defaults.iter().rev().map(|defaults| defaults.text(name)).find(|text| !text.is_empty());
        own.or_else(near).map(|text| self.names.text(text)).unwrap_or_default()
    }

    fn request(&mut self, element: &Element, scope: &Scope<'plan>) -> HttpRequest {
        let address = self.address_of(element, scope);
        let by_row = self.by_row(element, scope, &address);
        let arguments = self.arguments(element, scope);
        let body = if has_body(element, &address, &arguments) {
            self.body(element, &arguments)
        } else {
            String::new()
        };
        let (headers, credentials) = self.headers(element, scope);
        let Address { method, target, path, query } = address;
        HttpRequest {
            follows_redirects: self.follows_redirects(element, scope, &method),
            method,
            target,
            path,
            query,
            headers,
            body: body.into(),
            credentials,
            keep_alive: self.property(element, scope, "HTTPSampler.use_keepalive") != "false",
            by_row,
        }
    }

    /// The address of an HTTP sampler.
    pub(super) fn address_of(&self, element: &Element, scope: &Scope<'plan>) -> Address {
        let is_soap = matches!(&*element.kind, "SoapSampler" | "WebServiceSampler");
        let soap = if is_soap { self.text(element, "SoapSampler.URL_DATA") } else { String::new() };
        let path = if soap.is_empty() { self.property(element, scope, "HTTPSampler.path") } else { soap };
        let (target, path, query) = self.address(element, scope, path.trim());
        let mut address = Address {
            method: self.method(element, scope, is_soap).into(),
            target,
            path: path.into(),
            query: query.into(),
        };
        let arguments = self.arguments(element, scope);
        if !has_body(element, &address, &arguments) {
            address.query = joined(address.query.to_string(), &encoded(&arguments)).into();
        }
        address
    }

    fn method(&self, element: &Element, scope: &Scope<'plan>, is_soap: bool) -> String {
        let method = self.property(element, scope, "HTTPSampler.method");
        match method.trim() {
            _ if is_soap => "POST".to_owned(),
            "" => "GET".to_owned(),
            method if is_known(method) => method.to_ascii_uppercase(),
            method => method.to_owned(),
        }
    }

    /// Whether redirects are followed. Those that the HTTP client itself follows are followed for GET and HEAD alone, as
    /// JMeter's source has it (`HTTPHC4Impl`).
    fn follows_redirects(&self, element: &Element, scope: &Scope<'plan>, method: &str) -> bool {
        let says = |name| self.property(element, scope, name) == "true";
        let by_client = matches!(method, "GET" | "HEAD") && says("HTTPSampler.auto_redirects");
        by_client || says("HTTPSampler.follow_redirects")
    }

    /// Where a request goes. A path that is a URL says it all.
    pub(super) fn address(
        &self,
        element: &Element,
        scope: &Scope<'plan>,
        path: &str,
    ) -> (Target, String, String) {
        let (protocol, host, port, path) = match url(path) {
            Some((scheme, authority, path)) => {
                let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
                (scheme.to_owned(), host.to_owned(), port.to_owned(), path.to_owned())
            }
            None => (
                self.property(element, scope, "HTTPSampler.protocol"),
                self.property(element, scope, "HTTPSampler.domain"),
                self.property(element, scope, "HTTPSampler.port"),
                path.to_owned(),
            ),
        };
        let secure = match protocol.trim().to_ascii_lowercase().as_str() {
            "https" | "wss" => Some(true),
            "http" | "ws" => Some(false),
            _ => None,
        };
        let path = if path.starts_with('/') || path.starts_with("${") { path } else { format!("/{path}") };
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let target = Target { secure, host: host.trim().into(), port: port.trim().parse().ok() };
        (target, path.to_owned(), query.to_owned())
    }

    /// The arguments of a sampler and of all request defaults in scope.
    fn arguments(&self, element: &Element, scope: &Scope<'plan>) -> Vec<Argument> {
        let mut all = Vec::new();
        for source in std::iter::once(&element).chain(scope.defaults.iter().rev()) {
            let list = source.find("HTTPsampler.Arguments").and_then(|list| list.find("Arguments.arguments"));
            for entry in list.map_or(&[][..], |list| &list.items) {
                all.push(self.argument(entry));
            }
        }
        all
    }

    fn argument(&self, entry: &Property) -> Argument {
        let text = |name| self.names.text(entry.get(name).unwrap_or_default());
        Argument {
            name: text("Argument.name"),
            value: text("Argument.value"),
            is_encoded: entry.get("HTTPArgument.always_encode") == Some("false"),
        }
    }

    fn body(&self, element: &Element, arguments: &[Argument]) -> String {
        if element.find("HTTPSamper.xml_data").is_some() || &*element.kind == "SoapSampler" {
            return self.text(element, "HTTPSamper.xml_data");
        }
        let nameless = !arguments.is_empty() && arguments.iter().all(|argument| argument.name.is_empty());
        if nameless || is_raw(element, arguments) {
            return arguments.iter().map(|argument| argument.value.as_str()).collect();
        }
        encoded(arguments)
    }

    /// A GET of a path and a query, with the headers in scope.
    pub(super) fn get_request(
        &mut self,
        element: &Element,
        scope: &Scope<'plan>,
        target: Target,
        path: &str,
        query: &str,
    ) -> HttpRequest {
        let (headers, credentials) = self.headers(element, scope);
        HttpRequest {
            method: "GET".into(),
            target,
            path: path.into(),
            query: query.into(),
            headers,
            credentials,
            keep_alive: true,
            ..HttpRequest::default()
        }
    }
}

/// Whether the arguments of a request are its body.
fn has_body(element: &Element, address: &Address, arguments: &[Argument]) -> bool {
    matches!(&*address.method, "POST" | "PUT" | "PATCH") || is_raw(element, arguments)
}

/// Whether the arguments are the body as it is.
fn is_raw(element: &Element, arguments: &[Argument]) -> bool {
    element.text("HTTPSampler.postBodyRaw") == "true" && !arguments.is_empty()
}

/// The parts of a URL: its scheme, the authority, and the path with the query. A scheme that is known only during the run
/// is one all the same.
fn url(text: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_known = ["https", "wss", "http", "ws"].iter().any(|known| known.eq_ignore_ascii_case(scheme));
    let is_open = scheme.starts_with("${") && scheme.ends_with('}') && !scheme.contains('/');
    if !is_known && !is_open {
        return None;
    }
    let end = end_of_authority(rest);
    Some((scheme, &rest[..end], &rest[end..]))
}

/// Where the authority of a URL ends: not within an expression, which can have any sign.
fn end_of_authority(rest: &str) -> usize {
    let mut open = 0_u32;
    let end = rest.find(|sign| {
        match sign {
            '{' => open += 1,
            '}' => open = open.saturating_sub(1),
            _ => {}
        }
        open == 0 && matches!(sign, '/' | '?')
    });
    end.unwrap_or(rest.len())
}

fn joined(query: String, more: &str) -> String {
    match (query.is_empty(), more.is_empty()) {
        (_, true) => query,
        (true, _) => more.to_owned(),
        _ => format!("{query}&{more}"),
    }
}

/// Arguments as a form. What is known only during the run stays as it is.
fn encoded(arguments: &[Argument]) -> String {
    let pairs = arguments.iter().map(|argument| {
        let value = if argument.is_encoded { argument.value.clone() } else { percent(&argument.value) };
        format!("{}={value}", percent(&argument.name))
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn percent(text: &str) -> String {
    if !is_known(text) {
        return text.to_owned();
    }
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
                out.extend(['%', digit(byte >> 4), digit(byte)]);
            }
        }
    }
    out
}
