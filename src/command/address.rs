//! Addresses to listen on, as people type them: `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080`, `:8080`, `8080`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

const EXPECTED: &str =
    "expected HOST:PORT or PORT, such as 127.0.0.1:8080, localhost:8080, [::1]:8080 or 8080";

/// Reads an address. Without a host it is on 127.0.0.1, which no other machine reaches.
pub(crate) fn parse(text: &str) -> Result<SocketAddr, String> {
    text.parse().or_else(|_| {
        let (host, port) = split(text)?;
        let port = port_of(port)?;
        Ok(SocketAddr::new(ip_of(host, port)?, port))
    })
}

fn split(text: &str) -> Result<(&str, &str), String> {
    if text.contains('/') {
        return Err(format!("{EXPECTED}, without http://"));
    }
    // Whatever is right in brackets has been read by now.
    if text.starts_with('[') {
        return Err(EXPECTED.to_owned());
    }
    match text.rsplit_once(':') {
        Some((host, _)) if host.contains(':') => {
            Err("an IPv6 address is written in brackets, such as [::1]:8080".to_owned())
        }
        Some(split) => Ok(split),
        None if is_number(text) => Ok(("", text)),
        None => Err(format!("the port is missing; {EXPECTED}")),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn port_of(text: &str) -> Result<u16, String> {
    let port = Some(text).filter(|text| is_number(text)).and_then(|text| text.parse().ok());
    port.ok_or_else(|| format!("the port {text:?} is not a number from 0 to 65535"))
}

fn ip_of(host: &str, port: u16) -> Result<IpAddr, String> {
    // An image without a hosts file cannot resolve localhost.
    if host.is_empty() || host.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    host.parse().or_else(|_| resolve(host, port))
}

/// Prefers IPv4, which most clients try if a name has both.
fn resolve(host: &str, port: u16) -> Result<IpAddr, String> {
    let found = (host, port)
        .to_socket_addrs()
        .map_err(|error| format!("the host {host:?} has no address: {error}"))?;
    let mut ips: Vec<_> = found.map(|address| address.ip()).collect();
    ips.sort_by_key(IpAddr::is_ipv6);
    ips.first().copied().ok_or_else(|| format!("the host {host:?} has no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_or_its_brackets_may_be_left_out_where_nothing_is_ambiguous() {
        for (text, address) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("[::1]:8080", "[::1]:8080"),
            ("[::]:65535", "[::]:65535"),
            ("[fe80::1%2]:80", "[fe80::1%2]:80"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("LocalHost:1", "127.0.0.1:1"),
            (":9090", "127.0.0.1:9090"),
            ("9090", "127.0.0.1:9090"),
        ] {
            assert_eq!(parse(text).map(|address| address.to_string()), Ok(address.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_bad_address_is_refused_with_what_is_wrong_in_it() {
        for (text, why) in [
            ("", "the port is missing"),
            ("here", "the port is missing"),
            ("127.0.0.1", "the port is missing"),
            ("localhost", "the port is missing"),
            ("[::1]", "HOST:PORT"),
            ("[::1", "HOST:PORT"),
            ("[here]:80", "HOST:PORT"),
            ("[1::2::3]:80", "HOST:PORT"),
            ("::1:9090", "brackets"),
            ("::1", "brackets"),
            ("127.0.0.1:", "the port \"\""),
            ("127.0.0.1:99999", "0 to 65535"),
            (":+1", "0 to 65535"),
            ("99999", "0 to 65535"),
            ("-1", "the port is missing"),
            ("localhost:http", "0 to 65535"),
            ("http://127.0.0.1:9090", "without http://"),
            ("no such host:80", "has no address"),
        ] {
            let told = parse(text).expect_err(text);
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}
