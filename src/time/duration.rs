//! Durations as people write them everywhere: one integer and one of `ns`, `us`, `ms`, `s`, `m`, `h`.

use super::Nanos;

/// The longest duration that is accepted: 100 years. The clock's reading plus this stays far below
/// the end of [`Nanos`].
pub const MAX_DURATION: Nanos = 100 * 365 * 24 * HOUR;

/// What [`parse_duration`] expects, for messages.
pub const DURATION_EXPECTED: &str =
    "a duration such as \"200ms\": an integer and ns, us, ms, s, m or h, at most \"876000h\"";

const HOUR: Nanos = 60 * 60 * 1_000_000_000;

/// The longest unit first.
const UNITS: [(&str, Nanos); 6] =
    [("h", HOUR), ("m", HOUR / 60), ("s", HOUR / 3600), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];

/// The nanoseconds of `text`, unless it is no duration or longer than [`MAX_DURATION`].
pub fn parse_duration(text: &str) -> Option<Nanos> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let nanos = number.parse::<Nanos>().ok()?.checked_mul(*length)?;
    (nanos <= MAX_DURATION).then_some(nanos)
}

/// `nanos` in the longest unit that tells it exactly.
pub fn format_duration(nanos: Nanos) -> String {
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
    fn a_duration_is_one_integer_and_one_unit() {
        for (text, nanos) in [
            ("0s", 0),
            ("7ns", 7),
            ("7us", 7_000),
            ("200ms", 200_000_000),
            ("1s", 1_000_000_000),
            ("2m", 120_000_000_000),
            ("876000h", MAX_DURATION),
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
            "1.5s",
            "1 s",
            "1S",
            "1d",
            "1s1ms",
            "876001h",
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
