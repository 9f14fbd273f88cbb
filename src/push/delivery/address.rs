//! Where events, metrics and traces may be sent: http, to this machine and to the hosts that the operator names.
//!
//! An address is read before anything is sent to it, so a host that is not allowed is never looked up and never connected
//! to. An address of this machine is `localhost` or a literal loopback address. Every other name or number has to be on
//! the operator's list, so no name of the internet that leads to this machine is taken for it.

use std::io;
use std::net::{IpAddr, SocketAddr};

use http::Uri;
use http::uri::{Authority, PathAndQuery};
use tokio::net::TcpStream;

/// The most characters of an address.
const LONGEST: usize = 2000;
/// The name of this machine.
const LOCALHOST: &str = "localhost";

/// The hosts that events may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hosts {
    /// Whether this machine is one of them.
    pub(crate) loopback: bool,
    /// The hosts that the operator named, in lower case: names, or IP addresses without brackets.
    pub(crate) named: Vec<String>,
}

impl Default for Hosts {
    fn default() -> Self {
        Self { loopback: true, named: Vec::new() }
    }
}

impl Hosts {
    fn allows(&self, host: &str) -> bool {
        let is_here = || host == LOCALHOST || ip(host).is_some_and(|ip| ip.to_canonical().is_loopback());
        self.named.iter().any(|named| named == host) || self.loopback && is_here()
    }
}

fn ip(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}

/// A URL without what may be a secret: a user with a password, and the values of its query.
pub(crate) fn without_secrets(url: &str) -> String {
    let (start, query) = url.split_once('?').map_or((url, None), |(start, query)| (start, Some(query)));
    let start = without_user(start);
    let Some(query) = query else { return start };
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{name}=[redacted]"),
        None => "[redacted]".to_owned(),
    });
    format!("{start}?{}", shown.collect::<Vec<_>>().join("&"))
}

fn without_user(start: &str) -> String {
    let (scheme, rest) = start.split_once("://").map_or(("", start), |(scheme, rest)| (scheme, rest));
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rfind('@') {
        Some(end) => format!("{scheme}://[redacted]{}", &rest[end..]),
        None => start.to_owned(),
    }
}

/// Why nothing is sent to an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAddress {
    /// It is not a URL with a host.
    #[error("expected a URL such as http://127.0.0.1:9000/events")]
    Malformed,
    /// Its port is no port.
    #[error("{}", PORT)]
    BadPort,
    /// It is not http.
    #[error("expected an http URL: gcmock sends over http only")]
    OtherScheme,
    /// Its host is not allowed.
    #[error("gcmock sends to this machine and to the hosts of --webhook-host only, not to {0}")]
    OtherHost(String),
    /// Its host is this machine, which clients on other machines may not reach through the server.
    #[error("gcmock listens on other addresses than loopback: it sends to {0} with --webhook-host {0} only")]
    ThisMachine(String),
}

/// An allowed address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// The URL as the log shows it, without the values of its query.
    pub(crate) url: String,
    /// The host and the port, as the header `Host` has them.
    pub(crate) authority: String,
    /// The path and the query.
    pub(crate) path: String,
    host: String,
    port: u16,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is not an http URL, or its host is not one of `hosts`.
    pub(crate) fn read(url: &str, hosts: &Hosts) -> Result<Self, BadAddress> {
        if url.len() > LONGEST {
            return Err(BadAddress::Malformed);
        }
        let uri: Uri = url.parse().map_err(|_| BadAddress::Malformed)?;
        let authority =
            uri.authority().filter(|of| !of.as_str().contains('@')).ok_or(BadAddress::Malformed)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(BadAddress::OtherScheme),
            _ => return Err(BadAddress::Malformed),
        }
        let host = authority.host().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        if host.is_empty() {
            return Err(BadAddress::Malformed);
        }
        if !hosts.allows(&host) {
            let is_here = Hosts::default().allows(&host);
            return Err(if is_here { BadAddress::ThisMachine(host) } else { BadAddress::OtherHost(host) });
        }
        let port = port_of(authority, 80).ok_or(BadAddress::BadPort)?;
        Ok(Self {
            url: without_secrets(url),
            authority: authority.as_str().to_owned(),
            path: uri.path_and_query().map_or("/", PathAndQuery::as_str).to_owned(),
            host,
            port,
        })
    }

    /// Connects to the address.
    ///
    /// # Errors
    /// When the host has no address, or does not accept the connection.
    pub(in crate::push) async fn connect(&self) -> io::Result<TcpStream> {
        if self.host != LOCALHOST {
            return TcpStream::connect((self.host.as_str(), self.port)).await;
        }
        // A hosts file may lead the name elsewhere.
        let found = tokio::net::lookup_host((LOCALHOST, self.port)).await?;
        let here: Vec<SocketAddr> = found.filter(|address| address.ip().is_loopback()).collect();
        TcpStream::connect(&*here).await
    }
}

/// What is expected of the port of a URL.
pub(crate) const PORT: &str = "expected a port from 0 to 65535";

/// The port of an authority, or the scheme's own where it names none. `None` where it names something else: the type
/// `Authority` takes whatever follows the colon, and has no port then either.
pub(crate) fn port_of(authority: &Authority, of_scheme: u16) -> Option<u16> {
    let behind_host = authority.as_str().rsplit(['@', ']']).next()?;
    match behind_host.split_once(':') {
        None | Some((_, "")) => Some(of_scheme),
        Some(_) => authority.port_u16(),
    }
}

/// Reads the host of an option: a name or an IP address.
///
/// # Errors
/// What was expected of it.
pub(crate) fn read_host(text: &str) -> Result<String, String> {
    let host = text.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_name = (1..=253).contains(&host.len()) && host.bytes().all(of_name);
    if is_name || ip(&host).is_some() {
        return Ok(host);
    }
    Err("expected the name or the address of a host such as host.docker.internal, without a scheme, a port or a path"
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_has_no_value_of_its_query() {
        let address = Address::read("http://127.0.0.1:9000/events?key=hush&again=&hush", &Hosts::default());
        let address = address.expect("this machine");
        assert_eq!(address.url, "http://127.0.0.1:9000/events?key=[redacted]&again=[redacted]&[redacted]");
        assert_eq!(address.path, "/events?key=hush&again=&hush");
    }

    #[test]
    fn a_shown_url_has_no_user() {
        for (url, shown) in [
            ("http://ann:hush@127.0.0.1/a?b=c", "http://[redacted]@127.0.0.1/a?b=[redacted]"),
            ("http://hush@@host", "http://[redacted]@host"),
            ("http://host/a@b", "http://host/a@b"),
            ("host/a", "host/a"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }

    fn read(url: &str) -> Result<Address, BadAddress> {
        Address::read(url, &Hosts { loopback: true, named: vec!["hooks".to_owned(), "10.0.0.7".to_owned()] })
    }

    #[test]
    fn this_machine_and_named_hosts_are_allowed() {
        for (url, authority, path) in [
            ("http://127.0.0.1:9000/events?a=b", "127.0.0.1:9000", "/events?a=b"),
            ("http://127.8.9.1", "127.8.9.1", "/"),
            ("http://localhost/x", "localhost", "/x"),
            ("http://LOCALHOST./x", "LOCALHOST.", "/x"),
            ("http://[::1]:8080/", "[::1]:8080", "/"),
            ("http://[::ffff:127.0.0.1]/", "[::ffff:127.0.0.1]", "/"),
            ("http://Hooks:81/", "Hooks:81", "/"),
            ("http://10.0.0.7/", "10.0.0.7", "/"),
        ] {
            let address = read(url).unwrap_or_else(|why| panic!("{url}: {why}"));
            assert_eq!((address.authority.as_str(), address.path.as_str()), (authority, path), "{url}");
        }
    }

    #[test]
    fn every_other_host_is_refused_however_it_is_written() {
        for url in [
            "http://example.com/",
            "http://hooks.example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1.nip.io/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://169.254.169.254/latest",
        ] {
            assert!(matches!(read(url), Err(BadAddress::OtherHost(_) | BadAddress::Malformed)), "{url}");
        }
        assert_eq!(read("https://127.0.0.1/"), Err(BadAddress::OtherScheme));
        for port in ["65536", "99999", "999999999999", "-1", "x"] {
            let why = read(&format!("http://127.0.0.1:{port}/"));
            assert!(matches!(why, Err(BadAddress::BadPort | BadAddress::Malformed)), "{port}: {why:?}");
        }
        assert_eq!(read("http://[::1]:65536/"), Err(BadAddress::BadPort));
        assert_eq!(read("http://127.0.0.1:/").map(|of| of.port), Ok(80));
        let long = format!("http://127.0.0.1/{}", "x".repeat(LONGEST));
        for url in ["", "/events", "127.0.0.1:9000", "ftp://127.0.0.1/", "http://me:hush@127.0.0.1/", &long] {
            assert_eq!(read(url), Err(BadAddress::Malformed), "{url}");
        }
    }

    #[test]
    fn this_machine_is_refused_where_the_server_is_open_to_others() {
        let hosts = Hosts { loopback: false, named: Vec::new() };
        let refused = Address::read("http://127.0.0.1/", &hosts);
        assert_eq!(refused, Err(BadAddress::ThisMachine("127.0.0.1".to_owned())));
        let named = Hosts { named: vec!["127.0.0.1".to_owned()], ..hosts };
        assert!(Address::read("http://127.0.0.1/", &named).is_ok());
    }

    #[test]
    fn an_option_takes_a_name_or_an_address_of_a_host() {
        assert_eq!(read_host("Host.Docker.Internal."), Ok("host.docker.internal".to_owned()));
        assert_eq!(read_host("[::1]"), Ok("::1".to_owned()));
        for text in ["", "http://hooks", "hooks:80", "hooks/x", "*"] {
            assert!(read_host(text).is_err(), "{text}");
        }
    }
}
