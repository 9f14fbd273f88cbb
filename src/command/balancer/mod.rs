//! `gcmock print balancer`: the configuration of a balancer in front of several servers.
//!
//! A configuration is a text file beside this one. Of its lines, those from `#each` to `#end` are printed once for each
//! server, those from `#by KEY` to `#end` for that routing key alone, those from `#names` to `#end` where a server has a
//! name and not an address. `{id}`, `{host}`, `{bare_host}` and `{port}` are a server's,
//! `{listen}`, `{listen_host}` and `{listen_port}` the balancer's. To add a balancer: a file, and a line of [`BALANCERS`].

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::anyhow;

use super::Failure;
use super::args::{Balanced, By};

/// The balancers and their configurations.
const BALANCERS: [(&str, &str); 3] = [
    ("haproxy", include_str!("haproxy.cfg")),
    ("nginx", include_str!("nginx.conf")),
    ("envoy", include_str!("envoy.yaml")),
];
/// The ports of the servers, unless they are given.
const PORTS: [u16; 3] = [8081, 8082, 8083];
/// The address of the balancer, unless it is given.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8080);

/// The address of a server behind the balancer. Its host may be known to the balancer alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    host: String,
    port: u16,
}

impl Node {
    /// Whether its host is a name, whose address may change.
    fn has_name(&self) -> bool {
        self.host.trim_matches(['[', ']']).parse::<IpAddr>().is_err()
    }
}

/// Reads the address of a server.
pub(crate) fn node(text: &str) -> Result<Node, String> {
    let expected = || "expected HOST:PORT, such as 10.0.0.5:8080, gcmock-1:8080 or [::1]:8080".to_owned();
    let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
    let port = Some(port).filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let port = port.and_then(|port| port.parse().ok()).filter(|port| *port != 0).ok_or_else(expected)?;
    if is_host(host) { Ok(Node { host: host.to_owned(), port }) } else { Err(expected()) }
}

fn is_host(host: &str) -> bool {
    if let Some(ip) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return ip.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    host.starts_with(|first: char| first.is_ascii_alphanumeric()) && host.bytes().all(is_of_name)
}

/// The configuration of the balancer of that name.
pub(super) fn configuration(name: Option<&str>, options: &Balanced) -> Result<String, Failure> {
    let names = BALANCERS.map(|(name, _)| name).join(", ");
    let expected = |what: &str| Failure::Usage(anyhow!("{what}; expected {names}"));
    let name = name.ok_or_else(|| expected("which balancer?"))?;
    let found = BALANCERS.iter().find(|(known, _)| *known == name);
    let (_, template) = found.ok_or_else(|| expected(&format!("unknown balancer {name}")))?;
    let listen = options.listen.unwrap_or(LISTEN);
    Ok(fill(template, options.by.unwrap_or_default(), listen, &nodes(options)?))
}

/// Refuses the options of `gcmock print balancer` where something else is printed.
pub(super) fn refuse(options: &Balanced) -> Result<(), Failure> {
    let given = [
        ("--node", !options.node.is_empty()),
        ("--listen", options.listen.is_some()),
        ("--by", options.by.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Failure::Usage(anyhow!("{option} is an option of gcmock print balancer"))),
        None => Ok(()),
    }
}

/// The servers behind the balancer.
fn nodes(options: &Balanced) -> Result<Vec<Node>, Failure> {
    let nodes = &options.node;
    let twice = nodes.iter().enumerate().find(|(at, node)| nodes[..*at].contains(node));
    if let Some((_, Node { host, port })) = twice {
        return Err(Failure::Usage(anyhow!("--node {host}:{port} is given twice")));
    }
    let local = || PORTS.map(|port| Node { host: "127.0.0.1".to_owned(), port }).to_vec();
    Ok(if nodes.is_empty() { local() } else { nodes.clone() })
}

/// The lines of a configuration that are printed under one condition.
enum Lines {
    Always,
    If(bool),
    Each(String),
}

/// Fills in a configuration.
fn fill(template: &str, by: By, listen: SocketAddr, nodes: &[Node]) -> String {
    let (mut text, mut lines) = (String::new(), Lines::Always);
    for line in template.lines() {
        match (line.trim(), &mut lines) {
            ("#each", _) => lines = Lines::Each(String::new()),
            ("#by token", _) => lines = Lines::If(by == By::Token),
            ("#by organization", _) => lines = Lines::If(by == By::Organization),
            ("#names", _) => lines = Lines::If(nodes.iter().any(Node::has_name)),
            ("#end", Lines::Each(block)) => {
                text.extend((1..).zip(nodes).map(|(id, node)| of_node(block, id, node)));
                lines = Lines::Always;
            }
            ("#end", _) => lines = Lines::Always,
            (_, Lines::Each(block)) => block.extend([line, "\n"]),
            (_, Lines::If(false)) => {}
            _ => text.extend([line, "\n"]),
        }
    }
    let host = listen.ip().to_string();
    let text = text.replace("{listen}", &listen.to_string()).replace("{listen_host}", &host);
    text.replace("{listen_port}", &listen.port().to_string())
}

/// A block of lines for one server.
fn of_node(block: &str, id: usize, node: &Node) -> String {
    let bare = node.host.trim_matches(['[', ']']);
    let block = block.replace("{id}", &id.to_string()).replace("{host}", &node.host);
    block.replace("{bare_host}", bare).replace("{port}", &node.port.to_string())
}
