//! The messages of the deserializer in plain words: which field, what it must be, and what came.
//!
//! Every reader of a file and of a body calls [`plain`], so that no type of this program is in a message.

/// What a file calls its values.
#[derive(Clone, Copy)]
pub(super) struct Words {
    list: &'static str,
    object: &'static str,
}

/// The words of JSON.
pub(super) const JSON: Words = Words { list: "a list", object: "an object" };
/// The words of TOML.
pub(super) const TOML: Words = Words { list: "an array", object: "a table" };

/// The separator between what came and what was expected.
const EXPECTED: &str = ", expected ";

/// A message about the value at `field`, which is empty for the whole text. A secret value is not repeated.
pub(super) fn plain(message: &str, field: &str, words: Words, is_secret: bool) -> String {
    let what = if field.is_empty() { "the whole".to_owned() } else { format!("`{field}`") };
    let inside = if field.is_empty() { String::new() } else { format!(" in `{field}`") };
    let wrong = ["invalid type: ", "invalid value: "].iter().find_map(|start| message.strip_prefix(start));
    if let Some((came, expected)) = wrong.and_then(|rest| rest.rsplit_once(EXPECTED)) {
        return format!("{what} must be {}, not {}", wanted(expected, words), given(came, words, is_secret));
    }
    if let Some(name) = message.strip_prefix("missing field `") {
        return format!("the field `{}` is missing{inside}", name.trim_end_matches('`'));
    }
    let length = message.strip_prefix("invalid length ").and_then(|rest| rest.rsplit_once(EXPECTED));
    match length {
        // A list in place of an object.
        Some((_, expected)) if expected.starts_with("struct ") => {
            format!("{what} must be {}, not {}", words.object, words.list)
        }
        Some((length, _)) => format!("{what} has {length} values, too few or too many"),
        None if message.starts_with("data did not match any variant of ") => {
            format!("a value has none of the possible forms{inside}")
        }
        None => message.replacen("unknown variant ", "unknown value ", 1),
    }
}

/// What a value must be.
fn wanted(expected: &str, words: Words) -> String {
    let whole = |least: &str, most: &str| format!("a whole number from {least} to {most}");
    let (expected, least) = match expected.strip_prefix("a nonzero ") {
        Some(rest) => (rest, "1"),
        None => (expected, "0"),
    };
    match expected {
        "u8" => whole(least, "255"),
        "u16" => whole(least, "65535"),
        "u32" => whole(least, "4294967295"),
        "u64" | "usize" | "u128" => whole(least, "18446744073709551615"),
        "i8" | "i16" | "i32" => whole("-2147483648", "2147483647"),
        "i64" | "isize" | "i128" => whole("-9223372036854775808", "9223372036854775807"),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "unit" | "unit value" => "null".to_owned(),
        "a borrowed string" | "string" | "string or bytes" | "a character" => "a string".to_owned(),
        "a sequence" => words.list.to_owned(),
        "a map" => words.object.to_owned(),
        _ => wanted_type(expected, words),
    }
}

/// What a value of a type of this program must be. Words that the program chose itself stay.
fn wanted_type(expected: &str, words: Words) -> String {
    let is = |starts: &[&str]| starts.iter().any(|start| expected.starts_with(start));
    if is(&["tuple", "a tuple", "an array of length"]) {
        return words.list.to_owned();
    }
    if is(&["struct ", "internally tagged enum ", "adjacently tagged enum "]) {
        return words.object.to_owned();
    }
    if is(&["enum ", "variant identifier", "field identifier"]) {
        "a string".to_owned()
    } else {
        expected.to_owned()
    }
}

/// What came: a short value as it was written, else its kind.
fn given(came: &str, words: Words, is_secret: bool) -> String {
    let kinds = [
        ("integer ", "a whole number"),
        ("floating point ", "a number"),
        ("boolean ", "true or false"),
        ("string ", "a string"),
        ("character ", "a string"),
    ];
    let found = kinds.iter().find_map(|(start, kind)| Some((came.strip_prefix(start)?, *kind)));
    match (found, came) {
        (Some((_, kind)), _) if is_secret => kind.to_owned(),
        (Some((value, "a string")), _) => format!("the string {value}"),
        (Some((value, _)), _) => value.trim_matches('`').to_owned(),
        (None, "sequence") => words.list.to_owned(),
        (None, "map") => words.object.to_owned(),
        (None, "unit value" | "Option value" | "null") => "null".to_owned(),
        (None, other) => other.to_owned(),
    }
}

/// The place in a JSON text at which a reader was when it had read `end` bytes: `limits[2].capacity`.
pub(super) fn field_at(json: &[u8], end: usize) -> String {
    let mut scan = Scan::default();
    json.iter().take(end).for_each(|byte| scan.take(*byte));
    scan.path()
}

/// The containers around a place in a JSON text.
#[derive(Default)]
struct Scan {
    around: Vec<Container>,
    /// The string that is being read, and whether its last character is a backslash that escapes.
    string: Option<(Vec<u8>, bool)>,
    last: Vec<u8>,
}

enum Container {
    Object(Option<Vec<u8>>),
    List(usize),
}

/// The most characters of a path that a message repeats.
const LONGEST: usize = 120;

impl Scan {
    fn take(&mut self, byte: u8) {
        if let Some((text, escapes)) = &mut self.string {
            match byte {
                b'"' if !*escapes => {
                    self.last = std::mem::take(text);
                    self.string = None;
                }
                _ => {
                    *escapes = byte == b'\\' && !*escapes;
                    if text.len() < LONGEST {
                        text.push(byte);
                    }
                }
            }
            return;
        }
        match byte {
            b'"' => self.string = Some((Vec::new(), false)),
            b'{' => self.around.push(Container::Object(None)),
            b'[' => self.around.push(Container::List(0)),
            b'}' | b']' => drop(self.around.pop()),
            _ => self.mark(byte),
        }
    }

    /// A mark within a container: the end of a key, or of a value.
    fn mark(&mut self, byte: u8) {
        match (byte, self.around.last_mut()) {
            (b':', Some(Container::Object(key))) => *key = Some(std::mem::take(&mut self.last)),
            (b',', Some(Container::Object(key))) => *key = None,
            (b',', Some(Container::List(index))) => *index += 1,
            _ => {}
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for container in &self.around {
            match container {
                Container::Object(Some(key)) => {
                    let dot = if path.is_empty() { "" } else { "." };
                    path.extend([dot, &String::from_utf8_lossy(key)]);
                }
                Container::Object(None) => {}
                Container::List(index) => path.extend(["[", &index.to_string(), "]"]),
            }
        }
        match path.char_indices().nth(LONGEST) {
            None => path,
            Some((end, _)) => format!("{}...", &path[..end]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_of_a_place_has_the_names_and_the_numbers_around_it() {
        let json = br#"{"a": {"b\"{": [1, {"c": "x, [", "d": 2}]}, "e": 3}"#;
        let at = |needle: &str| {
            let text = std::str::from_utf8(json).expect("UTF-8");
            field_at(json, text.find(needle).expect(needle) + needle.len())
        };
        assert_eq!(at("\"x, [\""), "a.b\\\"{[1].c");
        assert_eq!(at("2}"), "a.b\\\"{[1]");
        assert_eq!(at("[1"), "a.b\\\"{[0]");
        assert_eq!(at("3"), "e");
        assert_eq!(field_at(b"[[}", 99), "[0]");
    }

    #[test]
    fn no_type_of_the_program_is_in_a_message() {
        for (message, expected) in [
            (
                "invalid type: string \"x\", expected u16",
                "`f` must be a whole number from 0 to 65535, not the string \"x\"",
            ),
            ("invalid type: null, expected struct Head", "`f` must be an object, not null"),
            ("invalid type: map, expected a sequence", "`f` must be a list, not an object"),
            (
                "invalid value: integer `-1`, expected a nonzero u32",
                "`f` must be a whole number from 1 to 4294967295, not -1",
            ),
            ("invalid type: boolean `true`, expected f64", "`f` must be a number, not true"),
            ("invalid length 0, expected struct Body with 2 elements", "`f` must be an object, not a list"),
            ("missing field `x`", "the field `x` is missing in `f`"),
            ("unknown variant `x`, expected `a` or `b`", "unknown value `x`, expected `a` or `b`"),
            (
                "data did not match any variant of untagged enum Which",
                "a value has none of the possible forms in `f`",
            ),
        ] {
            assert_eq!(plain(message, "f", JSON, false), expected);
        }
        let secret = plain("invalid type: string \"4711, expected x\", expected a map", "", TOML, true);
        assert_eq!(secret, "the whole must be a table, not a string");
    }
}
