//! Which hosts are served here beside this machine's own: the vendor's `api.`, `login.` and the others of every
//! region (from the official SDKs), those of edges, and those that `--also-serve` adds.

use std::net::IpAddr;
use std::sync::Arc;

/// The labels before a region's domain.
const SERVICES: [&str; 6] = ["api", "login", "apps", "api-cdn", "streaming", "webmessaging"];

/// The domains of the regions.
const REGIONS: [&str; 18] = [
    "mypurecloud.com",
    "mypurecloud.ie",
    "mypurecloud.com.au",
    "mypurecloud.jp",
    "mypurecloud.de",
    "usw2.pure.cloud",
    "cac1.pure.cloud",
    "apne2.pure.cloud",
    "euw2.pure.cloud",
    "aps1.pure.cloud",
    "use2.us-gov-pure.cloud",
    "sae1.pure.cloud",
    "mec1.pure.cloud",
    "apne3.pure.cloud",
    "euc2.pure.cloud",
    "mxc1.pure.cloud",
    "apse1.pure.cloud",
    "edee1.eusc-pure.cloud",
];

/// A domain that users name in place of a region's: `platform-singapore.genesiscloud.com`.
const NAMED_BY_USERS: &str = "genesiscloud.com";

/// What the host labels of edges begin with.
const EDGE: &str = "platform-";

/// Whether `host`, in lower case and without a port, is one of the vendor's.
pub(crate) fn is_vendors(host: &str) -> bool {
    host.split_once('.')
        .is_some_and(|(service, region)| SERVICES.contains(&service) && REGIONS.contains(&region))
}

/// What follows the service in one of the vendor's hosts, a port included: the domain of a region, behind the label of
/// an edge where there is one.
pub(crate) fn domain_of(host: &str) -> Option<&str> {
    let (service, domain) = host.split_once('.')?;
    let name = domain.split(':').next()?.to_ascii_lowercase();
    let is_service = SERVICES.iter().any(|known| known.eq_ignore_ascii_case(service));
    (is_service && (is_region(&name) || is_below_region(&name))).then_some(domain)
}

/// Whether the host is one label before the domain of a region.
pub(crate) fn is_below_region(host: &str) -> bool {
    host.split_once('.').is_some_and(|(label, domain)| is_label(label) && is_region(domain))
}

fn is_region(domain: &str) -> bool {
    REGIONS.contains(&domain) || domain == NAMED_BY_USERS
}

/// The hosts of the platform as this server knows them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    also: Arc<[String]>,
    /// Host labels of edges.
    edges: Arc<[String]>,
}

impl Hosts {
    /// The vendor's hosts, the hosts `also`, and those below a region that begin with the label of an edge.
    pub(crate) fn new(also: &[String], edges: impl IntoIterator<Item = String>) -> Self {
        let lower = |label: String| label.to_ascii_lowercase();
        Self { also: also.into(), edges: edges.into_iter().map(lower).collect() }
    }

    /// Whether `host`, in lower case and without a port, is served.
    pub(crate) fn serves(&self, host: &str) -> bool {
        self.adds(host) || is_vendors(host) || self.edge(host).is_some() || is_named_by_users(host)
    }

    /// Whether the operator has added `host`.
    pub(crate) fn adds(&self, host: &str) -> bool {
        self.also.iter().any(|also| also == host)
    }

    /// The label of the edge in a host below a region: `platform-singapore.REGION`, or behind a service,
    /// `api.platform-singapore.REGION`.
    pub(crate) fn edge<'h>(&self, host: &'h str) -> Option<&'h str> {
        let (first, rest) = host.split_once('.')?;
        let (label, domain) = if SERVICES.contains(&first) { rest.split_once('.')? } else { (first, rest) };
        let known = label.starts_with(EDGE) || self.edges.iter().any(|edge| edge == label);
        (known && is_label(label) && is_region(domain)).then_some(label)
    }

    /// Whether a text names a domain of the platform, in whichever host.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        let mut domains =
            REGIONS.into_iter().chain([NAMED_BY_USERS]).chain(self.also.iter().map(String::as_str));
        domains.any(|domain| is_mentioned(&text, domain))
    }
}

/// Whether a text contains the whole domain, not as a part of another name.
fn is_mentioned(text: &str, domain: &str) -> bool {
    text.match_indices(domain).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + domain.len()..].strip_prefix('.').unwrap_or(&text[at + domain.len()..]);
        let of_name = |char: char| char.is_ascii_alphanumeric() || char == '-';
        !before.is_some_and(of_name) && !after.starts_with(of_name)
    })
}

fn is_named_by_users(host: &str) -> bool {
    host.split_once('.').is_some_and(|(service, rest)| SERVICES.contains(&service) && rest == NAMED_BY_USERS)
}

/// Reads a host that is to be served too, as an option has it.
///
/// # Errors
/// What was expected of it.
pub(crate) fn read_host(text: &str) -> Result<String, String> {
    let host = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let named = host.len() <= 253 && host.split('.').all(is_label);
    let ends_in_digits =
        host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if named && !ends_in_digits && host.parse::<IpAddr>().is_err() {
        return Ok(host);
    }
    Err("expected the name of a host such as api.example.com, without a scheme, a port or a path".to_owned())
}

/// Whether a text is one label of a host's name.
fn is_label(label: &str) -> bool {
    let of_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(of_label)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_vendors_own_hosts_are_the_vendors() {
        for host in ["api.mypurecloud.com", "streaming.apse1.pure.cloud", "login.use2.us-gov-pure.cloud"] {
            assert!(is_vendors(host), "{host}");
        }
        for host in
            ["mypurecloud.com", "evil.mypurecloud.com", "api.pure.cloud", "api.example.com", "localhost", ""]
        {
            assert!(!is_vendors(host), "{host}");
            assert!(!Hosts::default().serves(host), "{host}");
        }
    }

    #[test]
    fn the_domain_of_a_vendors_host_follows_its_service() {
        for (host, domain) in [
            ("api.mypurecloud.com", Some("mypurecloud.com")),
            ("API.usw2.pure.cloud:443", Some("usw2.pure.cloud:443")),
            ("api-cdn.genesiscloud.com", Some("genesiscloud.com")),
            ("api.platform-chicago.usw2.pure.cloud", Some("platform-chicago.usw2.pure.cloud")),
            ("platform-chicago.usw2.pure.cloud", None),
            ("mypurecloud.com", None),
            ("api.example.com", None),
            ("api.localhost:8080", None),
        ] {
            assert_eq!(domain_of(host), domain, "{host}");
        }
    }

    #[test]
    fn hosts_of_edges_of_users_and_of_the_operator_are_served_too() {
        let hosts = Hosts::new(&["api.example.com".to_owned()], ["Annex".to_owned()]);
        for (host, edge) in [
            ("platform-singapore.genesiscloud.com", Some("platform-singapore")),
            ("platform-frankfurt.mypurecloud.de", Some("platform-frankfurt")),
            ("api.platform-chicago.usw2.pure.cloud", Some("platform-chicago")),
            ("annex.mypurecloud.com", Some("annex")),
            ("api.genesiscloud.com", None),
            ("login.mypurecloud.com.au", None),
            ("api.example.com", None),
        ] {
            assert!(hosts.serves(host), "{host}");
            assert_eq!(hosts.edge(host), edge, "{host}");
        }
        for host in [
            "platform-singapore.example.com",
            "platform-singapore.genesiscloud.com.evil.example",
            "evil.genesiscloud.com",
            "platform-.mypurecloud.com",
            "evil.platform-chicago.mypurecloud.com",
            "genesiscloud.com",
            "other.example.com",
            "example.com",
        ] {
            assert!(!hosts.serves(host), "{host}");
        }
    }

    #[test]
    fn a_domain_is_mentioned_where_it_stands_as_a_whole() {
        let hosts = Hosts::new(&["api.example.com".to_owned()], []);
        for text in [
            "api.${r} of MyPureCloud.com.",
            "x=%2Fapi.mypurecloud.com%2F",
            "usw2.pure.cloud",
            "api.example.com:443",
        ] {
            assert!(hosts.mentions(text), "{text}");
        }
        for text in ["notmypurecloud.com", "mypurecloud.company", "pure.cloud", "example.com", ""] {
            assert!(!hosts.mentions(text), "{text}");
        }
    }

    #[test]
    fn an_added_host_is_a_name_and_nothing_else() {
        assert_eq!(read_host("API.Example.com."), Ok("api.example.com".to_owned()));
        for host in ["localhost", "a", "xn--bcher-kva.example", "a-1.b"] {
            assert_eq!(read_host(host), Ok(host.to_owned()));
        }
        let long = "a".repeat(64);
        for host in [
            "",
            ".",
            "..",
            "a..b",
            "-a.b",
            "a-.b",
            "http://a.b",
            "a.b:443",
            "a.b/c",
            "*.a.b",
            "a b",
            "ü.example",
            "1.2.3.4",
            "::1",
            "[::1]",
            "1",
            &long,
        ] {
            assert!(read_host(host).is_err(), "{host}");
        }
    }
}
