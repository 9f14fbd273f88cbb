//! The part of a text that a message about it may repeat: a location, and a bounded excerpt.

use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::de::Error;

use super::json_path::field_at;
use super::plain::{OBJECT, Subject, TABLE, plain};
use super::toml_subject::subject_of;

/// The most characters that a message repeats of a text.
const MOST: usize = 500;

/// A text as a message repeats it: whole where it is short, else its beginning.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// The mistake in a TOML `text`: line, column and cause, never the line itself.
pub(crate) fn toml_mistake(text: &str, error: &Error) -> String {
    of_toml(text, error, false)
}

/// The mistake in a TOML text that holds secrets: no value is repeated, however short.
pub(crate) fn secret_toml_mistake(text: &str, error: &Error) -> String {
    of_toml(text, error, true)
}

/// The mistake in a JSON text. The location comes last, where the excerpt would not reach.
pub(crate) fn json_mistake(text: &[u8], error: &serde_json::Error) -> String {
    of_json(text, error, false)
}

/// The mistake in a JSON text that holds secrets: no value is repeated, however short.
pub(crate) fn secret_json_mistake(text: &[u8], error: &serde_json::Error) -> String {
    of_json(text, error, true)
}

/// The mistake in a JSON value that is no `T`. It is read once more as a text, because only that tells the place.
pub(crate) fn value_mistake<T: DeserializeOwned>(value: &Value, error: &serde_json::Error) -> String {
    let text = value.to_string();
    match serde_json::from_str::<T>(&text) {
        Err(error) => json_message(text.as_bytes(), &error, false),
        Ok(_) => excerpt(&plain(&error.to_string(), &Subject::Unknown, OBJECT, false)),
    }
}

fn of_json(text: &[u8], error: &serde_json::Error, is_secret: bool) -> String {
    json_message(text, error, is_secret) + &position(error)
}

fn position(error: &serde_json::Error) -> String {
    format!(" at line {} column {}", error.line(), error.column())
}

/// The message without its position.
fn json_message(text: &[u8], error: &serde_json::Error, is_secret: bool) -> String {
    let message = error.to_string();
    let message = message.strip_suffix(&position(error)).unwrap_or(&message);
    let before = error.line().saturating_sub(1);
    let before: usize = text.split_inclusive(|byte| *byte == b'\n').take(before).map(<[u8]>::len).sum();
    let field = if error.is_data() { field_at(text, before + error.column()) } else { String::new() };
    let subject = if field.is_empty() { Subject::Whole } else { Subject::Field(field) };
    excerpt(&plain(message, &subject, OBJECT, is_secret))
}

fn of_toml(text: &str, error: &Error, is_secret: bool) -> String {
    let message = error.message().trim();
    let Some(span) = error.span() else {
        return excerpt(&plain(message, &Subject::Unknown, TABLE, is_secret));
    };
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let rest = before.rsplit('\n').next().unwrap_or_default();
    let column = rest.chars().count() + 1;
    let message = excerpt(&plain(message, &subject_of(text, &span), TABLE, is_secret));
    format!("line {line}, column {column}: {message}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[expect(dead_code, reason = "only read")]
        secret: String,
        #[expect(dead_code, reason = "only read")]
        grants: Vec<String>,
    }

    fn mistake(text: &str) -> String {
        secret_toml_mistake(text, &toml::from_str::<File>(text).expect_err(text))
    }

    #[test]
    fn a_mistake_has_its_place_and_no_value() {
        assert_eq!(
            mistake("grants = []\nsecret = 4711"),
            "line 2, column 10: `secret` must be a string, not a whole number"
        );
        assert_eq!(
            mistake("grants = \"4711, expected \\\"x\""),
            "line 1, column 10: `grants` must be an array, not a string"
        );
        assert!(
            mistake("secret = \"4711\ngrants = []").starts_with("line 1, column "),
            "{}",
            mistake("secret = \"4711")
        );
        for text in [
            "secret = \"4711",
            "secret = '4711",
            "secret = '''4711",
            "secret = 4711x",
            "secret = \"47\\q11\"",
            "secret = [4711",
            "secret = { x = \"4711\"",
            "secret 4711",
            "4711",
            "\"4711\" 1",
            "secret = \"a\" 4711",
            "secret = \"a\"\nsecret = \"4711\"",
            "secret = 4711-01-01",
            "secret = 0x4711",
            "secret = 4711.5",
            "secret = true",
            "secret = nan4711",
            "grants = [\"a\", 4711]",
            "secret.x = \"4711\"",
            "secret = \"\u{1}4711\"",
            "[[secret]]\nx = 4711",
            "[secret\n4711",
            "secret = \"\"\"4711",
        ] {
            assert!(!mistake(text).contains("4711"), "{text:?}: {}", mistake(text));
        }
    }

    #[test]
    fn a_mistake_names_the_value_or_what_has_it() {
        #[derive(Debug, Deserialize)]
        struct Organization {
            #[expect(dead_code, reason = "only read")]
            user: Vec<File>,
        }
        let mistake = |text: &str| toml_mistake(text, &toml::from_str::<Organization>(text).expect_err(text));
        assert_eq!(
            mistake("[user]\nsecret = \"a\""),
            "line 1, column 1: `user` must be an array, not a table"
        );
        assert_eq!(mistake("user = [7]"), "line 1, column 9: a value in `user` must be a table, not 7");
        assert_eq!(
            mistake("[[user]]\nsecret = \"a = 1\"\ngrants = [\"b = 2\", 7]"),
            "line 3, column 20: a value in `grants` must be a string, not 7"
        );
        assert_eq!(
            mistake("user = [{ secret = \"a\", grants = 7 }]"),
            "line 1, column 34: `grants` must be an array, not 7"
        );
        assert_eq!(
            mistake("[[user]]\nsecret = \"a\""),
            "line 1, column 1: the field `grants` is missing in `user`"
        );
        assert!(mistake("").ends_with("the field `user` is missing"), "{}", mistake(""));
    }

    #[test]
    fn a_mistake_in_json_names_the_path_or_the_text() {
        let mistake = |text: &str| {
            json_mistake(text.as_bytes(), &serde_json::from_str::<File>(text).expect_err("a mistake"))
        };
        assert_eq!(mistake("7"), "the text must be an object, not 7 at line 1 column 1");
        assert_eq!(mistake("[]"), "the text must be an object, not an array at line 1 column 2");
        assert_eq!(
            mistake("{\"secret\": \"a\",\n\"grants\": [\"b\", 7]}"),
            "`grants[1]` must be a string, not 7 at line 2 column 17"
        );
        let value = json!({ "grants": ["b", 7], "secret": "a" });
        let error = File::deserialize(&value).expect_err("a mistake");
        assert_eq!(value_mistake::<File>(&value, &error), "`grants[1]` must be a string, not 7");
    }

    #[test]
    fn no_message_is_longer_than_the_excerpt() {
        let long = "x".repeat(1 << 20);
        for text in [
            "[".repeat(1 << 20),
            format!("{long} = 1"),
            format!("secret = {long}"),
            format!("grants = \"{long}\""),
        ] {
            assert!(mistake(&text).len() < 2 * MOST);
        }
        for text in
            ["[".repeat(1 << 20), format!("{{\"{long}\":1}}"), format!("{{\"grants\":\"{long}\"}}"), long]
        {
            let mistake =
                json_mistake(text.as_bytes(), &serde_json::from_str::<File>(&text).expect_err("a mistake"));
            assert!(mistake.len() < 2 * MOST && mistake.contains(" at line 1 column "), "{mistake}");
        }
    }
}
