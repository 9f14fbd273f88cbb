//! Durations as people write them everywhere: numbers and `ns`, `us`, `ms`, `s`, `m`, `h`, as in `1m30s` or `1.5s`.

use jiff::fmt::friendly::SpanParser;

use super::Nanos;

/// The longest duration that is accepted: 100 years. The clock's reading plus this stays far below
/// the end of [`Nanos`].
pub(crate) const MAX_DURATION: Nanos = 100 * 365 * 24 * HOUR;

/// What [`parse_duration`] accepts, for messages.
pub(crate) const DURATION_EXPECTED: &str =
    "a duration such as \"200ms\": an integer and ns, us, ms, s, m or h, at most \"876000h\"";

const HOUR: Nanos = 60 * 60 * 1_000_000_000;

/// The longest unit first.
const UNITS: [(&str, Nanos); 6] =
    [("h", HOUR), ("m", HOUR / 60), ("s", HOUR / 3600), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];

/// The nanoseconds of `text`, unless it is not a duration or is longer than [`MAX_DURATION`].
///
/// The greatest unit comes first; the last number may have a fraction.
pub(crate) fn parse_duration(text: &str) -> Option<Nanos> {
    const PARSER: SpanParser = SpanParser::new();
    let text = has_our_units(text).then(|| text.trim_start_matches('0'))?;
    // The parser bounds the number of digits, but leading zeros may be the only digits before the unit.
    let parsed = PARSER.parse_unsigned_duration(format!("0{text}")).ok()?;
    let nanos = Nanos::try_from(parsed.as_nanos()).ok()?;
    (nanos <= MAX_DURATION).then_some(nanos)
}

/// Whether `text` consists of numbers and our units. jiff reads more: `1 hour`, `1:30:00`, `1s ago`.
fn has_our_units(text: &str) -> bool {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let mut units = text.split(is_number).filter(|unit| !unit.is_empty());
    text.starts_with(|c: char| c.is_ascii_digit())
        && units.all(|unit| UNITS.iter().any(|(name, _)| *name == unit))
}

/// `nanos` in the longest unit that represents it exactly.
pub(crate) fn format_duration(nanos: Nanos) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let (name, length) = UNITS.iter().find(|(_, length)| nanos.is_multiple_of(*length)).unwrap_or(&("ns", 1));
    format!("{}{name}", nanos / length)
}

#[cfg(test)]
mod tests {
    use super::{MAX_DURATION, format_duration, parse_duration};

    #[test]
    fn a_duration_is_numbers_with_units_the_greatest_first() {
        for (text, nanos) in [
            ("0s", 0),
            ("7ns", 7),
            ("7us", 7_000),
            ("200ms", 200_000_000),
            ("1s", 1_000_000_000),
            ("2m", 120_000_000_000),
            ("876000h", MAX_DURATION),
            ("3153600000000000000ns", MAX_DURATION),
            ("007s", 7_000_000_000),
            ("00000000000000000000000000000s", 0),
            ("1m30s", 90_000_000_000),
            ("1h2m3s4ms5us6ns", 3_723_004_005_006),
            ("0m1s", 1_000_000_000),
            ("1.5s", 1_500_000_000),
            ("0.25ms", 250_000),
            ("1m0.5s", 60_500_000_000),
            ("875999h60m", MAX_DURATION),
        ] {
            assert_eq!(parse_duration(text), Some(nanos), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_duration() {
        for text in [
            "",
            "1",
            "s",
            "-1s",
            "+1s",
            ".5s",
            "1.s",
            "1,5s",
            "1.5.5s",
            "1.5m30s",
            "0.5ns",
            "1.0000000001s",
            "1.5",
            "1s5",
            "30s1m",
            "1s1s",
            "1 s",
            "1m 30s",
            "1m, 30s",
            " 1s",
            "1s ",
            "1S",
            "1d",
            "1w",
            "1hr",
            "1min",
            "1sec",
            "1µs",
            "1:30:00",
            "1s ago",
            "PT1S",
            "876001h",
            "876000h1ns",
            "18446744073709551615h",
            "99999999999999999999h",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_formatted_parses_back() {
        for nanos in [0, 1, 999, 1_000, 1_500_000, 90_000_000_000, 3_600_000_000_000, MAX_DURATION] {
            assert_eq!(parse_duration(&format_duration(nanos)), Some(nanos));
        }
        assert_eq!(format_duration(90_000_000_000), "90s");
    }
}
