//! Text in the page: no character of a label is markup, and every character is one that XML allows.

use std::fmt::{Display, Formatter, Result, Write};

/// Text, escaped for an element or an attribute.
pub(super) struct Escaped<'t>(pub(super) &'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for char in self.0.chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(' ')?,
                char if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => {
                    f.write_char('\u{fffd}')?;
                }
                char => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// A sentence whose numbers are not broken from their units.
pub(super) fn unbroken(sentence: &str) -> String {
    let mut text = String::with_capacity(sentence.len());
    for (place, char) in sentence.char_indices() {
        let number = text.ends_with(|before: char| before.is_ascii_digit());
        let rest = sentence.get(place + 1..).unwrap_or_default();
        let unit = ["s", "ms", "%", "min", "h"].iter().any(|unit| {
            let after = rest.strip_prefix(unit);
            after.is_some_and(|after| !after.starts_with(|next: char| next.is_alphanumeric()))
        });
        text.push(if char == ' ' && number && unit { '\u{a0}' } else { char });
    }
    text
}

/// A coordinate: at most two decimals, and none where there are none, as a page has thousands.
pub(super) struct Short(pub(super) f64);

impl Display for Short {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let text = format!("{:.2}", self.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        f.write_str(if text == "-0" { "0" } else { text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_with_its_unit() {
        let text = unbroken("first at 15.0 s, 19 % of 3 samples");
        assert_eq!(text, "first at 15.0\u{a0}s, 19\u{a0}% of 3 samples");
    }

    #[test]
    fn nothing_in_a_label_is_markup_and_coordinates_are_short() {
        let label = Escaped("<b title=\"a&b\">'\u{1b}\u{ffff}").to_string();
        assert_eq!(label, "&lt;b title=&quot;a&amp;b&quot;&gt;&#39;\u{fffd}\u{fffd}");
        let shown = [0.0, -0.001, 12.345, 100.0, 7.5].map(|value| Short(value).to_string());
        assert_eq!(shown, ["0", "0", "12.35", "100", "7.5"]);
    }
}
