//! The smallest number that a property has by its name. The platform's document says it in the description alone.

/// The last words of the names of counts, lengths and durations.
const COUNTED: [&str; 31] = [
    "attempts",
    "bytes",
    "capacity",
    "characters",
    "count",
    "days",
    "duration",
    "hours",
    "interval",
    "kb",
    "length",
    "limit",
    "milliseconds",
    "millis",
    "minutes",
    "months",
    "ms",
    "msec",
    "percent",
    "percentage",
    "retries",
    "seconds",
    "sessions",
    "size",
    "streams",
    "timeout",
    "total",
    "ttl",
    "version",
    "weeks",
    "width",
];
/// The first words of the names of bounds.
const BOUNDS: [&str; 4] = ["max", "maximum", "minimum", "num"];
/// A name with one of these words may be negative: a distance from something, or a score.
const SIGNED: [&str; 12] = [
    "adjustment",
    "change",
    "delta",
    "difference",
    "impact",
    "now",
    "offset",
    "quantile",
    "score",
    "threshold",
    "value",
    "variance",
];

/// The smallest number of a property with this name; `None` where any number will do.
pub(super) fn of_property(name: &str) -> Option<f64> {
    if matches!(name, "pageSize" | "pageNumber") {
        return Some(1.0);
    }
    let words = words(name);
    if words.iter().any(|word| SIGNED.contains(&word.as_str())) {
        return None;
    }
    let is_counted = words.last().is_some_and(|last| COUNTED.contains(&last.as_str()));
    let is_bound = words.len() > 1 && words.first().is_some_and(|first| BOUNDS.contains(&first.as_str()));
    (is_counted || is_bound).then_some(0.0)
}

/// The words of a name in camel case, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut was_upper = true;
    for letter in name.chars() {
        let is_upper = letter.is_uppercase();
        if words.is_empty() || is_upper && !was_upper {
            words.push(String::new());
        }
        words.iter_mut().last().into_iter().for_each(|word| word.extend(letter.to_lowercase()));
        was_upper = is_upper;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::of_property;

    #[test]
    fn a_count_a_length_and_a_duration_are_not_negative() {
        for name in [
            "alertingTimeoutSeconds",
            "memberCount",
            "maxCallsPerAgent",
            "version",
            "durationMs",
            "maxFileSizeKB",
        ] {
            assert_eq!(of_property(name), Some(0.0), "{name}");
        }
        assert_eq!(of_property("pageNumber"), Some(1.0));
        for name in
            ["timeZoneOffsetMinutes", "priority", "max", "maxScore", "npsScore", "impactSeconds", "latitude"]
        {
            assert_eq!(of_property(name), None, "{name}");
        }
    }
}
