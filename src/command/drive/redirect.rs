//! Where an answer leads to, by the rules of `JMeter` (`HTTPSampleResult.isRedirect`). No redirect leads to another host.

use http::{Method, Uri};

use super::exchange::Answer;
use super::target::Target;

/// The most redirects of a sample: `httpsampler.max_redirects` of `JMeter`.
pub(super) const MOST: u32 = 20;

/// Where an answer leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nowhere: it is the answer of the sample.
    Nowhere,
    /// To another path of the target.
    Here(Uri),
    /// To another host, or to what is not a URL.
    Elsewhere,
}

/// Where the answer to a request of `method` and `path` leads to.
pub(super) fn next(answer: &Answer, method: &Method, path: &Uri, target: &Target) -> Next {
    let is_redirect = match answer.status {
        301 | 302 | 303 | 308 => true,
        307 => matches!(*method, Method::GET | Method::HEAD),
        _ => false,
    };
    match answer.location.as_deref().filter(|_| is_redirect) {
        None => Next::Nowhere,
        Some(location) => resolve(location, path, |url| target.owns(url)).map_or(Next::Elsewhere, Next::Here),
    }
}

/// The path of a `Location`, which may be relative to the path of the request. None if it is not the target's.
fn resolve(location: &str, base: &Uri, is_ours: impl Fn(&Uri) -> bool) -> Option<Uri> {
    let location = location.trim().replace(' ', "%20");
    let location = location.split('#').next().unwrap_or_default();
    if location.contains("://") && !location.starts_with(['/', '?']) {
        let url: Uri = location.parse().ok()?;
        return is_ours(&url).then(|| path_of(&url)).flatten();
    }
    if location.starts_with("//") {
        return None;
    }
    let path = base.path();
    let folder = &path[..path.rfind('/').map_or(0, |slash| slash + 1)];
    let joined = match location.chars().next() {
        None => return path_of(base),
        Some('/') => location.to_owned(),
        Some('?') => format!("{path}{location}"),
        Some(_) => format!("{folder}{location}"),
    };
    without_dots(&joined).parse().ok()
}

fn path_of(url: &Uri) -> Option<Uri> {
    url.path_and_query()?.as_str().parse().ok()
}

/// A path without the segments `.` and `..`.
fn without_dots(path: &str) -> String {
    let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            ".." => drop(kept.pop()),
            "." => {}
            segment => kept.push(segment),
        }
    }
    let folder = if path.ends_with("/..") || path.ends_with("/.") { "/" } else { "" };
    let rooted = if kept.is_empty() { folder.to_owned() } else { format!("{}{folder}", kept.join("/")) };
    format!("/{}{query}", rooted.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(location: &str) -> Option<String> {
        let base = Uri::from_static("/a/b?c=1");
        let ours = |url: &Uri| url.authority().is_some_and(|authority| authority == "127.0.0.1:8080");
        resolve(location, &base, ours).map(|path| path.to_string())
    }

    #[test]
    fn a_location_is_resolved_against_the_path_of_the_request() {
        for (location, expected) in [
            ("/x?y=1#z", "/x?y=1"),
            ("x", "/a/x"),
            ("./x", "/a/x"),
            ("../x/./y", "/x/y"),
            ("../../../x", "/x"),
            ("..", "/"),
            ("?d=2", "/a/b?d=2"),
            ("", "/a/b?c=1"),
            ("#top", "/a/b?c=1"),
            ("/two words", "/two%20words"),
            ("http://127.0.0.1:8080", "/"),
            ("http://127.0.0.1:8080/x?to=http://other", "/x?to=http://other"),
            ("/x?to=http://other", "/x?to=http://other"),
        ] {
            assert_eq!(resolved(location).as_deref(), Some(expected), "{location}");
        }
    }

    #[test]
    fn a_location_of_another_host_or_without_sense_is_not_resolved() {
        for location in ["http://other/x", "//other/x", "ftp://127.0.0.1:8080.x/", "http://[", "mailto:a"] {
            let path = resolved(location);
            assert!(path.is_none() || location == "mailto:a", "{location}: {path:?}");
        }
    }
}
