//! The path of a label's requests, from their URLs.

/// The most segments that are compared; a deeper path ends with `**`.
const DEEPEST: usize = 30;

/// The path of a URL without its query. None if it is not a URL with a path, such as JMeter's `null`.
pub(super) fn of_url(url: &str) -> Option<&str> {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.get(after_scheme.find('/')?..)?;
    path.split(['?', '#']).next().filter(|path| path.len() < 500)
}

/// The pattern that covers a pattern and a path: segments that differ become `*`, an end that differs in length becomes `**`.
pub(super) fn joined(pattern: &str, path: &str) -> String {
    if pattern == path {
        return pattern.to_owned();
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    let deep = old.len() != new.len() || old.last() == Some(&"**") || old.len() > DEEPEST;
    let shared = old.iter().zip(&new).take(DEEPEST).take_while(|(old, _)| **old != "**");
    let mut segments: Vec<&str> = shared.map(|(old, new)| if old == new { *old } else { "*" }).collect();
    if deep {
        segments.push("**");
    }
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_path_and_jmeters_null_has_none() {
        assert_eq!(of_url("http://127.0.0.1:8080/api/v2/users?pageSize=1"), Some("/api/v2/users"));
        assert_eq!(of_url("/api/v2/users#x"), Some("/api/v2/users"));
        assert_eq!(of_url("null"), None);
        assert_eq!(of_url("http://host"), None);
    }

    #[test]
    fn paths_that_differ_become_a_pattern() {
        assert_eq!(joined("/users/1/queues", "/users/2/queues"), "/users/*/queues");
        assert_eq!(joined("/users/*/queues", "/users/3/queues"), "/users/*/queues");
        assert_eq!(joined("/users/1", "/users/1/queues"), "/users/1/**");
        assert_eq!(joined("/users/1/**", "/users/2/queues"), "/users/*/**");
    }
}
