//! Takes tokens out of paths that are kept or repeated: clients paste them in the place of an id.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The prefix of every token that gcmock issues.
pub(crate) const ISSUED: &str = "gcmock-";
/// The replacement of a segment with a token.
const MARK: &str = "[redacted]";
/// The length of a uuid. A longer opaque word is not an id of the platform.
const ID: usize = 36;
/// The shortest bearer of a request that is looked for in its path. Shorter ones are words of every path.
const BEARER: usize = 8;
/// Words before a secret, in lower case.
const NAMES: [&str; 6] = ["bearer ", "bearer+", "token=", "secret=", "password=", "authorization="];

/// `path` without segments that are or look like a token; `bearer` is the token of the request, if it has one.
pub(crate) fn redacted<'p>(path: &'p str, bearer: Option<&[u8]>) -> Cow<'p, str> {
    let bearer = bearer.and_then(|bearer| std::str::from_utf8(bearer).ok());
    let bearer = bearer.filter(|bearer| bearer.len() >= BEARER);
    let path = without(path, bearer);
    if !path.split('/').any(|segment| is_secret(segment, bearer)) {
        return path;
    }
    let kept = |segment| if is_secret(segment, bearer) { MARK } else { segment };
    Cow::Owned(path.split('/').map(kept).collect::<Vec<_>>().join("/"))
}

/// Removes a bearer that contains slashes, and so spans several segments.
fn without<'p>(path: &'p str, bearer: Option<&str>) -> Cow<'p, str> {
    match bearer.filter(|bearer| bearer.contains('/') && path.contains(bearer)) {
        Some(bearer) => Cow::Owned(path.replace(bearer, MARK)),
        None => Cow::Borrowed(path),
    }
}

fn is_secret(segment: &str, bearer: Option<&str>) -> bool {
    if segment.len() < BEARER {
        return false;
    }
    let text = percent_decode_str(segment).decode_utf8_lossy();
    let lower = text.to_ascii_lowercase();
    bearer.is_some_and(|bearer| text.contains(bearer))
        || NAMES.iter().any(|name| lower.contains(name))
        || text.split(|character| !is_of_token(character)).any(is_token)
}

/// The characters of base64, hexadecimal numbers and JWTs.
const fn is_of_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '-' | '_' | '=' | '.' | '~')
}

fn is_token(word: &str) -> bool {
    is_jwt(word) || is_issued(word) || word.len() > ID && is_opaque(word)
}

/// A JWT begins with the base64 of `{"`.
fn is_jwt(word: &str) -> bool {
    word.len() > 20 && word.starts_with("eyJ") && word.contains('.')
}

fn is_issued(word: &str) -> bool {
    const DIGITS: usize = 16;
    word.find(ISSUED).is_some_and(|at| {
        word[at + ISSUED.len()..].bytes().take_while(u8::is_ascii_hexdigit).take(DIGITS).count() == DIGITS
    })
}

/// Whether a long word is not a name: names have one case and no digits.
fn is_opaque(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    has(u8::is_ascii_digit) || has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

    fn redact_segment(segment: &str, bearer: Option<&str>) -> String {
        let path = format!("/api/v2/groups/{segment}/members");
        redacted(&path, bearer.map(str::as_bytes)).into_owned()
    }

    #[test]
    fn what_is_or_looks_like_a_token_is_not_kept() {
        let issued = format!("gcmock-{}", "0123456789abcdef".repeat(4));
        let base64 = "Zm9yIHlvdXIgZXllcyBvbmx5LCBhbmQgbm90IGZvciB0aGUgam91cm5hbA";
        let encoded = format!("{}%2Fx%2B{}%3D%3D", &base64[..20], &base64[20..]);
        for segment in [
            issued.as_str(),
            &issued[..30],
            "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
            base64,
            &encoded,
            &"deadbeef0".repeat(8),
            &"ABCDefgh".repeat(8),
            "Bearer%20short",
            "bearer+short",
            "x;access_token=short",
            "x%3Fclient_secret%3Dshort",
            &format!("{UUID}%20{base64}"),
        ] {
            assert_eq!(redact_segment(segment, None), "/api/v2/groups/[redacted]/members", "{segment}");
        }
    }

    #[test]
    fn ids_names_and_words_are_kept() {
        let list = format!("{UUID},{UUID}");
        for segment in [
            UUID,
            &UUID.to_uppercase(),
            &UUID.replace('-', ""),
            &list,
            "queue-7",
            "Sales%20and%20Service",
            "2026-03-08T00:00:00.000Z",
            "someone.with.a.long.name@example.org",
            "conversationsummarizationsettingsofagents",
            "gcmock-queue-for-tests",
            "messages",
        ] {
            assert_eq!(redact_segment(segment, None), format!("/api/v2/groups/{segment}/members"));
        }
    }

    #[test]
    fn the_requests_own_token_is_not_kept_whatever_it_looks_like() {
        assert_eq!(redact_segment(UUID, Some(UUID)), "/api/v2/groups/[redacted]/members");
        assert_eq!(redact_segment("pass%20word", Some("pass word")), "/api/v2/groups/[redacted]/members");
        assert_eq!(redact_segment("ab/cd+ef/==", Some("ab/cd+ef/==")), "/api/v2/groups/[redacted]/members");
        assert_eq!(redact_segment("members", Some("any")), "/api/v2/groups/members/members");
    }
}
