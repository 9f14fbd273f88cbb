//! The messages of the deserializer in plain words: which field, what it must be, and what came.
//!
//! Every reader of a file and of a body calls [`plain`], so that no type of this program is in a message.

/// What JSON calls a set of names with values.
pub(super) const OBJECT: &str = "an object";
/// What TOML calls it.
pub(super) const TABLE: &str = "a table";

const ARRAY: &str = "an array";

/// The separator between what came and what was expected.
const EXPECTED: &str = ", expected ";

/// The value that a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// All of the text.
    Whole,
    /// The value of a field.
    Field(String),
    /// A value in the array of a field.
    Within(String),
    Unknown,
}

impl Subject {
    fn name(&self) -> String {
        match self {
            Self::Whole => "the text".to_owned(),
            Self::Field(name) => format!("`{name}`"),
            Self::Within(name) => format!("a value in `{name}`"),
            Self::Unknown => "a value".to_owned(),
        }
    }

    /// The end of a sentence about a part of the value.
    fn inside(&self) -> String {
        match self {
            Self::Field(name) | Self::Within(name) => format!(" in `{name}`"),
            Self::Whole | Self::Unknown => String::new(),
        }
    }
}

/// A message about the subject, in a format that has objects or tables. A secret value is not repeated.
pub(super) fn plain(message: &str, subject: &Subject, object: &str, is_secret: bool) -> String {
    let (what, inside) = (subject.name(), subject.inside());
    let wrong = ["invalid type: ", "invalid value: "].iter().find_map(|start| message.strip_prefix(start));
    if let Some((came, expected)) = wrong.and_then(|rest| rest.rsplit_once(EXPECTED)) {
        let (expected, came) = (describe_expected(expected, object), describe_value(came, object, is_secret));
        return format!("{what} must be {expected}, not {came}");
    }
    if let Some(name) = message.strip_prefix("missing field `") {
        return format!("the field `{}` is missing{inside}", name.trim_end_matches('`'));
    }
    let length = message.strip_prefix("invalid length ").and_then(|rest| rest.rsplit_once(EXPECTED));
    match length {
        // An array in place of an object.
        Some((_, expected)) if expected.starts_with("struct ") => {
            format!("{what} must be {object}, not {ARRAY}")
        }
        Some((length, _)) => format!("{what} has {length} values, too few or too many"),
        None if message.starts_with("data did not match any variant of ") => {
            format!("a value has none of the possible forms{inside}")
        }
        None => message.replacen("unknown variant ", "unknown value ", 1),
    }
}

/// The range of a type of integers.
fn range(kind: &str) -> Option<(String, String)> {
    macro_rules! ranges {
        ($($type:ident)*) => {
            match kind {
                $(stringify!($type) => Some(($type::MIN.to_string(), $type::MAX.to_string())),)*
                _ => None,
            }
        };
    }
    ranges!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize)
}

/// A whole number of a type; one that may not be zero starts at 1, or has negative numbers too.
fn describe_integer(expected: &str) -> Option<String> {
    let nonzero = expected.strip_prefix("a nonzero ");
    let (least, most) = range(nonzero.unwrap_or(expected))?;
    Some(match (nonzero, &*least) {
        (Some(_), "0") => format!("a whole number from 1 to {most}"),
        (Some(_), _) => format!("a whole number from {least} to -1 or from 1 to {most}"),
        (None, _) => format!("a whole number from {least} to {most}"),
    })
}

/// What a value must be.
fn describe_expected(expected: &str, object: &str) -> String {
    if let Some(integer) = describe_integer(expected) {
        return integer;
    }
    match expected {
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "unit" | "unit value" => "null".to_owned(),
        "a borrowed string" | "string" | "string or bytes" | "a character" => "a string".to_owned(),
        "a sequence" => ARRAY.to_owned(),
        "a map" => object.to_owned(),
        _ => describe_type(expected, object),
    }
}

/// What a value of a type of this program must be. Words that the program chose itself stay.
fn describe_type(expected: &str, object: &str) -> String {
    let is = |starts: &[&str]| starts.iter().any(|start| expected.starts_with(start));
    if is(&["tuple", "a tuple", "an array of length"]) {
        return ARRAY.to_owned();
    }
    if is(&["struct ", "internally tagged enum ", "adjacently tagged enum "]) {
        return object.to_owned();
    }
    if is(&["enum ", "variant identifier", "field identifier"]) {
        "a string".to_owned()
    } else {
        expected.to_owned()
    }
}

/// What came: a string, number or boolean as it was written, unless it is secret; else its kind.
fn describe_value(came: &str, object: &str, is_secret: bool) -> String {
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
        (None, "sequence") => ARRAY.to_owned(),
        (None, "map") => object.to_owned(),
        (None, "unit value" | "Option value" | "null") => "null".to_owned(),
        (None, other) => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_of_the_program_is_in_a_message() {
        for (message, expected) in [
            (
                "invalid type: string \"x\", expected u16",
                "`f` must be a whole number from 0 to 65535, not the string \"x\"",
            ),
            ("invalid type: null, expected struct Head", "`f` must be an object, not null"),
            ("invalid type: map, expected a sequence", "`f` must be an array, not an object"),
            (
                "invalid value: integer `-1`, expected a nonzero u32",
                "`f` must be a whole number from 1 to 4294967295, not -1",
            ),
            (
                "invalid value: integer `200`, expected i8",
                "`f` must be a whole number from -128 to 127, not 200",
            ),
            (
                "invalid value: integer `0`, expected a nonzero i16",
                "`f` must be a whole number from -32768 to -1 or from 1 to 32767, not 0",
            ),
            ("invalid type: boolean `true`, expected f64", "`f` must be a number, not true"),
            ("invalid length 0, expected struct Body with 2 elements", "`f` must be an object, not an array"),
            ("missing field `x`", "the field `x` is missing in `f`"),
            ("unknown variant `x`, expected `a` or `b`", "unknown value `x`, expected `a` or `b`"),
            (
                "data did not match any variant of untagged enum Which",
                "a value has none of the possible forms in `f`",
            ),
        ] {
            assert_eq!(plain(message, &Subject::Field("f".to_owned()), OBJECT, false), expected);
        }
        let secret = "invalid type: string \"4711, expected x\", expected a map";
        assert_eq!(plain(secret, &Subject::Unknown, TABLE, true), "a value must be a table, not a string");
    }

    #[test]
    fn the_subject_is_named_as_far_as_it_is_known() {
        let name = || "grants".to_owned();
        for (subject, wrong, missing) in [
            (Subject::Whole, "the text must be a string, not null", "the field `x` is missing"),
            (
                Subject::Field(name()),
                "`grants` must be a string, not null",
                "the field `x` is missing in `grants`",
            ),
            (
                Subject::Within(name()),
                "a value in `grants` must be a string, not null",
                "the field `x` is missing in `grants`",
            ),
            (Subject::Unknown, "a value must be a string, not null", "the field `x` is missing"),
        ] {
            assert_eq!(
                plain("invalid type: null, expected a borrowed string", &subject, OBJECT, false),
                wrong
            );
            assert_eq!(plain("missing field `x`", &subject, OBJECT, false), missing);
        }
    }
}
