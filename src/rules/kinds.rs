//! The kinds of values in a limits file, and the message about any other value.

use gcmock_limit::{Hold, Mode, Scope, Source};

use super::grant::Grant;
use super::reader::Kind;
use super::tree::{Node, Value};
use super::{OnStoreFailure, Place};
use crate::time::Nanos;
use crate::time::duration::{DURATION_EXPECTED, parse_duration};

/// The greatest capacity and refill.
pub(super) const MAX_UNITS: u32 = u32::MAX - 1;

/// The kinds of algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlgorithmKind {
    TokenBucket,
    FixedWindow,
    Concurrency,
}

/// The families of headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderSet {
    XRatelimit,
    Inin,
    Ietf,
}

/// A name, of plain characters because it is written into headers and URLs.
pub(super) const NAME: Kind<String> = Kind {
    expected: "a string of 1 to 100 visible ASCII characters without quotes and backslashes",
    read: |node| text(node).filter(|text| is_plain(text)).map(str::to_owned),
};
pub(super) const UNITS: Kind<u32> = Kind {
    expected: "an integer from 1 to 4294967294",
    read: |node| integer(node).filter(|units| (1..=MAX_UNITS).contains(units)),
};
pub(super) const COUNT: Kind<u64> =
    Kind { expected: "an integer from 0 to 18446744073709551615", read: integer::<u64> };
pub(super) const BOOL: Kind<bool> = Kind {
    expected: "true or false",
    read: |node| if let Value::Bool(value) = node.value { Some(value) } else { None },
};
pub(super) const DURATION: Kind<Nanos> = Kind { expected: DURATION_EXPECTED, read: duration };
pub(super) const POSITIVE_DURATION: Kind<Nanos> = Kind {
    expected: "a duration of more than zero such as \"200ms\": an integer and ns, us, ms, s, m or h, at most \"876000h\"",
    read: |node| duration(node).filter(|nanos| *nanos > 0),
};
pub(super) const SHARE: Kind<f64> = Kind { expected: "a number from 0 to 1", read: share };
pub(super) const ALGORITHM: Kind<AlgorithmKind> =
    Kind { expected: "\"token-bucket\", \"fixed-window\" or \"concurrency\"", read: algorithm };
pub(super) const HOLD: Kind<Hold> = Kind { expected: "\"request\" or \"connection\"", read: hold };
pub(super) const MODE: Kind<Mode> = Kind { expected: "\"enforce\" or \"shadow\"", read: mode };
pub(super) const SOURCE: Kind<Source> =
    Kind { expected: "\"documented\", \"reported\", \"learned\" or \"assumed\"", read: source };
pub(super) const PLACE: Kind<Place> = Kind {
    expected: "\"local\" or \"shared\"",
    read: |node| match text(node)? {
        "local" => Some(Place::Local),
        "shared" => Some(Place::Shared),
        _ => None,
    },
};
pub(super) const ON_STORE_FAILURE: Kind<OnStoreFailure> = Kind {
    expected: "\"local\", \"refuse\" or \"admit\"",
    read: |node| OnStoreFailure::from_name(text(node)?),
};
pub(super) const SCOPE: Kind<Scope> = Kind {
    expected: "\"tenant\", \"client\", \"token\", \"user\", \"endpoint\", \"edge\", \"ip\", \"connection\", \
               \"session\" or \"deployment\"",
    read: |node| Scope::from_name(text(node)?),
};
pub(super) const GRANT: Kind<Grant> = Kind {
    expected: "\"client_credentials\", \"authorization_code\", \"refresh_token\", \"implicit\" or \"pasted\"",
    read: |node| Grant::from_name(text(node)?),
};
pub(super) const HEADER_SET: Kind<HeaderSet> =
    Kind { expected: "\"x-ratelimit\", \"inin\" or \"ietf\"", read: header_set };

pub(super) fn text(node: &Node) -> Option<&str> {
    if let Value::String(text) = &node.value { Some(text) } else { None }
}

fn is_plain(text: &str) -> bool {
    let plain = |b: u8| (b.is_ascii_graphic() || b == b' ') && b != b'"' && b != b'\\';
    (1..=100).contains(&text.len()) && text.bytes().all(plain) && text.trim() == text
}

pub(super) fn integer<T: TryFrom<i128>>(node: &Node) -> Option<T> {
    if let Value::Integer(value) = node.value { T::try_from(value).ok() } else { None }
}

fn duration(node: &Node) -> Option<Nanos> {
    parse_duration(text(node)?)
}

fn share(node: &Node) -> Option<f64> {
    let share = match node.value {
        Value::Float(share) => share,
        Value::Integer(0) => 0.0,
        Value::Integer(1) => 1.0,
        _ => return None,
    };
    (0.0..=1.0).contains(&share).then_some(share)
}

fn algorithm(node: &Node) -> Option<AlgorithmKind> {
    match text(node)? {
        "token-bucket" => Some(AlgorithmKind::TokenBucket),
        "fixed-window" => Some(AlgorithmKind::FixedWindow),
        "concurrency" => Some(AlgorithmKind::Concurrency),
        _ => None,
    }
}

fn hold(node: &Node) -> Option<Hold> {
    match text(node)? {
        "request" => Some(Hold::Request),
        "connection" => Some(Hold::Connection),
        _ => None,
    }
}

fn mode(node: &Node) -> Option<Mode> {
    match text(node)? {
        "enforce" => Some(Mode::Enforce),
        "shadow" => Some(Mode::Shadow),
        _ => None,
    }
}

fn source(node: &Node) -> Option<Source> {
    [Source::Documented, Source::Reported, Source::Learned, Source::Assumed]
        .into_iter()
        .find(|s| Some(s.name()) == text(node))
}

fn header_set(node: &Node) -> Option<HeaderSet> {
    match text(node)? {
        "x-ratelimit" => Some(HeaderSet::XRatelimit),
        "inin" => Some(HeaderSet::Inin),
        "ietf" => Some(HeaderSet::Ietf),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Grant;
    use super::{GRANT, SCOPE};
    use gcmock_limit::Scope;

    #[test]
    fn every_name_that_is_accepted_is_named_when_another_is_refused() {
        for scope in Scope::ALL {
            assert!(SCOPE.expected.contains(&format!("{:?}", scope.name())), "{scope:?}");
        }
        for grant in Grant::ALL {
            assert!(GRANT.expected.contains(&format!("{:?}", grant.name())), "{grant:?}");
        }
    }
}
