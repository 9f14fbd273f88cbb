//! What the code of a row says: a status as a number, with words, or in words alone.

use std::sync::Arc;

use super::Outcome;

/// Phrases that tools write in place of a status. (RFC 9110)
const PHRASES: [(&str, u16); 21] = [
    ("ok", 200),
    ("created", 201),
    ("accepted", 202),
    ("no content", 204),
    ("moved permanently", 301),
    ("found", 302),
    ("not modified", 304),
    ("bad request", 400),
    ("unauthorized", 401),
    ("forbidden", 403),
    ("not found", 404),
    ("method not allowed", 405),
    ("conflict", 409),
    ("gone", 410),
    ("unprocessable content", 422),
    ("unprocessable entity", 422),
    ("too many requests", 429),
    ("internal server error", 500),
    ("bad gateway", 502),
    ("service unavailable", 503),
    ("gateway timeout", 504),
];

/// What a code says: a status, nothing, or the failure that JMeter writes in its place.
pub(super) fn outcome(code: &str, value: impl FnOnce(&str) -> Arc<str>) -> Outcome {
    match of(code) {
        Some(status) => Outcome::Status(status),
        None if code.is_empty() => Outcome::Silent,
        None => Outcome::Failed(value(code)),
    }
}

/// The status of `429`, `429.0`, `429/Too Many Requests`, `HTTP/1.1 429` or `Too Many Requests`.
pub(super) fn of(code: &str) -> Option<u16> {
    number(code)
        .or_else(|| {
            number(code.strip_prefix("HTTP")?.trim_start_matches(|letter| letter != ' ').trim_start())
        })
        .or_else(|| phrase(code))
}

/// Whether a text can be the begin of a status. A 0 is what tools write where there was no answer.
pub(super) fn is_cut(text: &str) -> bool {
    text.len() < 3 && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The three digits that a text begins with.
fn number(text: &str) -> Option<u16> {
    let (digits, rest) = text.split_at_checked(3)?;
    let is_whole = !rest.starts_with(|letter: char| letter.is_alphanumeric());
    let status = digits.parse().ok().filter(|status| (100..=999).contains(status));
    status.filter(|_| is_whole && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn phrase(text: &str) -> Option<u16> {
    let is = |phrase: &str| {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_ascii_lowercase).eq(phrase.split(' ').map(str::to_owned))
    };
    PHRASES.iter().find(|(phrase, _)| is(phrase)).map(|(_, status)| *status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_may_have_words_or_be_in_words() {
        for code in [
            "429",
            "429.0",
            "429/Too Many Requests",
            "429 Too Many Requests",
            "HTTP/1.1 429 Too Many Requests",
            "HTTP 429",
            "Too Many Requests",
            "too-many-requests",
        ] {
            assert_eq!(of(code), Some(429), "{code}");
        }
        for code in
            ["", "0", "42", "4290", "Non HTTP response code: java.net.SocketException", "x429", "HTTP"]
        {
            assert_eq!(of(code), None, "{code}");
        }
    }
}
