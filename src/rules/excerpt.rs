//! The part of a text that a message about it may repeat: a location, and a bounded excerpt.

use toml::de::Error;

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
    at(text, error, &excerpt(error.message().trim()))
}

/// The mistake in a TOML text that holds secrets: no value is repeated, however short.
pub(crate) fn secret_toml_mistake(text: &str, error: &Error) -> String {
    at(text, error, &excerpt(&without_value(error.message().trim())))
}

/// The mistake in a JSON text. The location comes last, where the excerpt would not reach.
pub(crate) fn json_mistake(error: &serde_json::Error) -> String {
    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    format!("{}{position}", excerpt(message.strip_suffix(&position).unwrap_or(&message)))
}

/// The mistake in a JSON text that holds secrets: no value is repeated, however short.
pub(crate) fn secret_json_mistake(error: &serde_json::Error) -> String {
    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    let message = message.strip_suffix(&position).unwrap_or(&message);
    format!("{}{position}", excerpt(&without_value(message)))
}

fn at(text: &str, error: &Error, message: &str) -> String {
    let Some(span) = error.span() else { return message.to_owned() };
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {message}")
}

/// A message of serde without the value that it repeats: ``invalid type: integer `7`, expected a string`` keeps only the
/// type.
fn without_value(message: &str) -> String {
    let repeats = ["invalid type: ", "invalid value: "].iter().any(|start| message.starts_with(start));
    let value = message.find(['"', '`']).filter(|_| repeats);
    let expected = message.rfind(", expected ").unwrap_or(message.len());
    match value.filter(|value| *value < expected) {
        Some(value) => format!("{}{}", message[..value].trim_end(), &message[expected..]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

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
            "line 2, column 10: invalid type: integer, expected a string"
        );
        assert_eq!(
            mistake("grants = \"4711, expected \\\"x\""),
            "line 1, column 10: invalid type: string, expected a sequence"
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
            let mistake = json_mistake(&serde_json::from_str::<File>(&text).expect_err("a mistake"));
            assert!(mistake.len() < 2 * MOST && mistake.contains(" at line 1 column "), "{mistake}");
        }
    }
}
