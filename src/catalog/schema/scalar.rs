//! Checks one value that has no parts: a boolean, a number, a string.

use serde_json::{Number, Value};

use super::arena::{Range, TextRule};
use super::violation::Wrong;

/// The part of a value that an error repeats.
const SHOWN: usize = 200;

/// The part of `text` that an error repeats.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// A value as an error names it: a scalar in full, else its type.
pub(super) fn value_in_words(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => excerpt(text),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// `value` has another type than `expected`.
pub(super) fn another_type(expected: &'static str, value: &Value) -> Wrong {
    Wrong::Type { expected, value: value_in_words(value) }
}

/// How an error names a whole number of 32 or (`wide`) 64 bits.
pub(super) fn integer_name(wide: bool) -> &'static str {
    if wide { "a 64-bit integer" } else { "a 32-bit integer" }
}

/// The whole number that `value` is. A request may write it with a fraction of zero.
pub(super) fn whole(value: &Number, is_answer: bool) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are checked first")]
    let exact = |number: f64| {
        const END: f64 = 9_223_372_036_854_775_808.0;
        ((-END..END).contains(&number) && number.fract() == 0.0).then_some(number as i64)
    };
    let float = || if is_answer { None } else { value.as_f64().filter(|_| value.is_f64()).and_then(exact) };
    value.as_i64().or_else(float)
}

/// Whether `number` is a whole number of that width in that range.
pub(super) fn check_whole(number: i64, wide: bool, range: Range) -> Result<(), Wrong> {
    let value = || number.to_string();
    if !wide && i32::try_from(number).is_err() {
        return Err(Wrong::Type { expected: integer_name(false), value: value() });
    }
    #[expect(clippy::cast_precision_loss, reason = "ranges are floats")]
    let float = number as f64;
    check_range(float, range).map_err(|expected| Wrong::Range { expected, value: value() })
}

/// Whether `text` is that word of an enumeration. Requests may write it in another case, as the platform reads
/// enumerations without regard to case (assumed).
fn is_word(word: &str, text: &str, is_answer: bool) -> bool {
    word == text || !is_answer && word.eq_ignore_ascii_case(text)
}

/// Whether `number` lies in the range, or else the range in words.
pub(super) fn check_range(number: f64, range: Range) -> Result<(), String> {
    match range.contains(number) {
        true => Ok(()),
        false if number < range.min => Err(format!("a value of at least {}", range.min)),
        false => Err(format!("a value of at most {}", range.max)),
    }
}

impl TextRule<'_> {
    /// Whether the rule admits `text`.
    pub(super) fn check(self, text: &str, is_answer: bool) -> Result<(), Wrong> {
        let value = || excerpt(text);
        if self.words().len() > 0 && !self.words().any(|word| is_word(word, text, is_answer)) {
            return Err(Wrong::Word { value: value(), allowed: self.words().collect::<Vec<_>>().join(", ") });
        }
        if !self.format().admits(text, is_answer) {
            return Err(Wrong::Format { expected: self.format().name(), value: value() });
        }
        if let Some(expected) = self.format().lacks(text).filter(|_| !is_answer) {
            return Err(Wrong::Range { expected: expected.to_owned(), value: value() });
        }
        self.check_length(text).map_err(|expected| Wrong::Range { expected, value: value() })
    }

    fn check_length(self, text: &str) -> Result<(), String> {
        let (least, most) = self.lengths();
        // A character has one to four bytes, so most texts are decided without counting.
        if text.len() >= least.saturating_mul(4) && text.len() <= most {
            return Ok(());
        }
        match text.chars().count() {
            count if count < least => Err(format!("at least {least} characters")),
            count if count > most => Err(format!("at most {most} characters")),
            _ => Ok(()),
        }
    }
}
