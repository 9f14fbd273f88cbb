//! Paths as limits and the catalog see them.

use std::borrow::Cow;
use std::ops::Range;

/// The path that limits and the index see: percent-encoded letters decoded, a trailing slash dropped, the endpoint of
/// SCIM in lower case, so that a limit is not walked around by writing its path another way.
pub(crate) fn normalize(path: &str) -> Cow<'_, str> {
    let trimmed = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
    let plain = if trimmed.contains('%') { decode_unreserved(trimmed) } else { Cow::Borrowed(trimmed) };
    match scim_endpoint(&plain) {
        Some(name) if plain[name.clone()].bytes().any(|byte| byte.is_ascii_uppercase()) => {
            let mut path = plain.into_owned();
            path[name].make_ascii_lowercase();
            Cow::Owned(path)
        }
        _ => plain,
    }
}

/// The place of the endpoint's name in a path of SCIM. Directories write it as RFC 7644 does: `/Users`.
fn scim_endpoint(path: &str) -> Option<Range<usize>> {
    let below = path.strip_prefix("/api/v2/scim/")?;
    let below = below.strip_prefix("v2/").unwrap_or(below);
    let start = path.len() - below.len();
    Some(start..start + below.find('/').unwrap_or(below.len()))
}

/// RFC 3986, 6.2.2.2: an encoded unreserved character means the same as the plain one.
fn decode_unreserved(path: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let plain = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let plain = plain.filter(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte));
        out.push(plain.map_or('%', char::from));
        rest = &rest[at + if plain.is_some() { 3 } else { 1 }..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether a path looks for the login host where it is not.
pub(crate) fn is_misplaced_login(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    matches!(last, "token" | "login" | "authorize") && path.split('/').count() <= 5
}

/// The words of a path: its first literal segments below `/api/v2`, without the plural's `s`. A path may have thousands
/// of segments, so only the first few are compared.
pub(super) fn words(path: &str) -> Vec<&str> {
    const MOST: usize = 16;
    path.strip_prefix("/api/v2")
        .unwrap_or(path)
        .split('/')
        .take(MOST)
        .filter(|segment| !segment.is_empty() && !segment.starts_with('{'))
        .map(|segment| segment.trim_end_matches('s'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_written_another_way_is_the_same_path() {
        assert_eq!(normalize("/api/v2/%75sers/"), "/api/v2/users");
        assert_eq!(normalize("/api/v2/users/a%2Fb"), "/api/v2/users/a%2Fb");
        assert_eq!(normalize("/api/v2/scim/v2/Users/A"), "/api/v2/scim/v2/users/A");
        assert_eq!(normalize("/api/v2/scim/Users"), "/api/v2/scim/users");
        assert_eq!(normalize("/"), "/");
        assert_eq!(normalize("/%zz%"), "/%zz%");
        assert_eq!(normalize("/%€"), "/%€");
    }
}
