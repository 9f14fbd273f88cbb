//! The formats of the document's strings and numbers: whether a value is of one, and an example of each.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use serde_json::{Value, json};

/// Whether a value has the format that its schema names. Unknown formats are not checked.
pub(crate) fn fits(format: &str, value: &Value) -> bool {
    match (format, value) {
        ("int32", Value::Number(number)) => {
            number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
        }
        (_, Value::String(text)) => text_fits(format, text),
        _ => true,
    }
}

fn text_fits(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<Timestamp>().is_ok(),
        "date" => text.len() == 10 && text.parse::<Date>().is_ok(),
        "local-time" => text.parse::<Time>().is_ok(),
        "local-date-time" => text.parse::<DateTime>().is_ok(),
        "interval" => is_interval(text),
        "uri" | "url" => !text.is_empty() && !text.contains(' '),
        _ => true,
    }
}

fn is_interval(text: &str) -> bool {
    let end = |text: &str| text.parse::<Timestamp>().is_ok() || text.starts_with('P');
    text.split_once('/').is_some_and(|(from, to)| end(from) && end(to))
}

/// A string of the format for a property of that lower-case name; `None` where a plain word does.
pub(crate) fn example(format: &str, name: &str) -> Option<Value> {
    let is_end = ["end", "to", "until"].iter().any(|word| name.starts_with(word));
    Some(match format {
        "date-time" if is_end => json!("2026-03-10T10:00:00.000Z"),
        "date-time" => json!("2026-03-09T10:00:00.000Z"),
        "date" if is_end => json!("2026-03-10"),
        "date" => json!("2026-03-09"),
        "local-time" => json!("10:00:00"),
        "local-date-time" => json!("2026-03-09T10:00:00.000"),
        "year-month" => json!("2026-03"),
        "interval" => json!("2026-03-07T00:00:00.000Z/2026-03-08T00:00:00.000Z"),
        "uri" | "url" => json!("https://example.com/sweep"),
        _ => return None,
    })
}
