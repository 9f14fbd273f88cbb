//! Formats of strings.

use uuid::Uuid;

/// The format of a string. Formats that no client is refused for, such as addresses, only say how an example looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    /// Any text.
    #[default]
    Plain,
    /// An instant as RFC 3339 has it.
    DateTime,
    /// A day: `2026-01-31`.
    Date,
    /// A uuid with its four dashes.
    Uuid,
    /// Two instants with `/` between them.
    Interval,
    /// An address, absolute or (`selfUri`) a path.
    Uri,
    /// `#` and three or six hexadecimal digits.
    Colour,
    /// Letters and digits.
    Word,
    /// A time of day: `08:30`.
    LocalTime,
    /// A day and a time without an offset.
    LocalDateTime,
    /// A month: `2026-01`.
    YearMonth,
}

impl Format {
    /// The format with this name in an API document. An unknown format is plain text.
    pub(crate) fn from_name(name: &str) -> Self {
        match name {
            "date-time" => Self::DateTime,
            "date" => Self::Date,
            "uuid" => Self::Uuid,
            "interval" => Self::Interval,
            "uri" | "url" => Self::Uri,
            "local-time" => Self::LocalTime,
            "local-date-time" => Self::LocalDateTime,
            "year-month" => Self::YearMonth,
            _ => Self::Plain,
        }
    }

    /// The format that a regular expression of an API document means, as far as it is one of the few that the
    /// platform uses. Other expressions are not applied: they are `Plain`.
    pub(crate) fn from_pattern(pattern: &str) -> Self {
        let is_wild = pattern.contains("|\\*");
        match pattern {
            _ if is_wild => Self::Plain,
            "^[A-Za-z0-9]+$" | "^[a-zA-Z0-9]+$" => Self::Word,
            _ if pattern.starts_with("^#(") => Self::Colour,
            _ if pattern.contains("]{8}-[") && pattern.contains("]{12}") => Self::Uuid,
            _ => Self::Plain,
        }
    }

    /// Whether a body may have `text`. An answer has to write an instant exactly as RFC 3339 does; a request may leave
    /// out the seconds, the time, or the colon of the offset, as the platform's parser does (assumed).
    pub(super) fn admits(self, text: &str, is_answer: bool) -> bool {
        match self {
            Self::DateTime => is_instant(text, is_answer) || (!is_answer && is_day(text)),
            Self::Date => is_day(text),
            Self::Uuid => text.len() == 36 && Uuid::try_parse(text).is_ok(),
            Self::Colour => is_colour(text),
            Self::Interval => is_interval(text, is_answer),
            Self::Word => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            _ => true,
        }
    }

    /// What a text of the format lacks for a request, in words. An interval does not end before it starts.
    pub(super) fn lacks(self, text: &str) -> Option<&'static str> {
        (self == Self::Interval && is_reversed(text)).then_some("an end that is not before its start")
    }

    /// The name of the format in an error.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DateTime => "date-time",
            Self::Date => "date",
            Self::Uuid => "UUID",
            Self::Interval => "interval",
            Self::Colour => "color",
            Self::Word => "letters and digits",
            _ => "string",
        }
    }
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_day(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut part = |length| parts.next().and_then(|part| number(part, length));
    let (Some(year), Some(month), Some(day)) = (part(4), part(2), part(2)) else { return false };
    let (Ok(year), Ok(month), Ok(day)) = (i16::try_from(year), i8::try_from(month), i8::try_from(day)) else {
        return false;
    };
    jiff::civil::Date::new(year, month, day).is_ok()
}

/// The number of exactly `length` digits.
fn number(text: &str, length: usize) -> Option<u32> {
    let is_right = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_right { text.parse().ok() } else { None }
}

fn is_instant(text: &str, is_strict: bool) -> bool {
    let Some((day, rest)) = text.split_once(['T', 't']) else { return false };
    let offset_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, offset) = rest.split_at(offset_at);
    is_day(day) && is_time(time, is_strict) && is_offset(offset, is_strict)
}

fn is_time(text: &str, is_strict: bool) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock.splitn(3, ':').map(|part| number(part, 2));
    let in_range = |part: Option<Option<u32>>, most| part.flatten().is_some_and(|part| part <= most);
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let has_hours = in_range(parts.next(), 23) && in_range(parts.next(), 59);
    let seconds = parts.next();
    has_hours && is_fraction && (in_range(seconds, 60) || (seconds.is_none() && !is_strict))
}

/// Two ends, each an instant or a length such as `P1D`.
fn is_interval(text: &str, is_strict: bool) -> bool {
    let is_end = |end: &str| {
        is_instant(end, is_strict) || (!is_strict && is_day(end)) || (end.starts_with('P') && end.len() > 1)
    };
    text.split_once('/').is_some_and(|(from, to)| is_end(from) && is_end(to))
}

/// Whether the second end of an interval is before the first, where both are instants in UTC.
fn is_reversed(text: &str) -> bool {
    // Up to the second: behind it the texts may differ in length.
    let second = |text: &str| is_utc(text).then(|| text.get(..19).map(str::to_owned)).flatten();
    let ends = text.split_once('/').and_then(|(from, to)| second(from).zip(second(to)));
    ends.is_some_and(|(from, to)| to < from)
}

fn is_utc(text: &str) -> bool {
    text.len() >= "2026-01-31T08:30:00Z".len() && text.ends_with(['Z', 'z'])
}

fn is_offset(text: &str, is_strict: bool) -> bool {
    let Some(digits) = text.strip_prefix(['+', '-']) else {
        return matches!(text, "Z" | "z") || (text.is_empty() && !is_strict);
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or_else(|| digits.split_at(digits.len().min(2)));
    let has_minutes = number(minutes, 2).is_some_and(|minutes| minutes <= 59);
    let is_whole = digits.contains(':') || !is_strict;
    number(hours, 2).is_some_and(|hours| hours <= 23)
        && (has_minutes || (minutes.is_empty() && !is_strict))
        && is_whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_writes_instants_exactly_and_a_request_may_leave_parts_out() {
        for exact in ["2026-01-31T08:30:00Z", "2026-01-31T08:30:00.125Z", "2026-01-31t08:30:60.1+05:30"] {
            assert!(Format::DateTime.admits(exact, true), "{exact}");
            assert!(Format::DateTime.admits(exact, false), "{exact}");
        }
        for loose in [
            "2026-01-31",
            "2026-01-31T08:30Z",
            "2026-01-31T08:30:00+0530",
            "2026-01-31T08:30:00-05",
            "2026-01-31T08:30:00",
        ] {
            assert!(Format::DateTime.admits(loose, false), "{loose}");
            assert!(!Format::DateTime.admits(loose, true), "{loose}");
        }
        for wrong in [
            "soon",
            "",
            "2026-02-30",
            "2026-01-31T",
            "2026-01-31T25:00:00Z",
            "2026-01-31T08:30:00.Z",
            "1769848200",
            "2026-01-31T08:30:00+5",
            "2026-01-31T08:30:00é",
        ] {
            assert!(!Format::DateTime.admits(wrong, false), "{wrong}");
        }
    }

    #[test]
    fn an_interval_has_two_ends() {
        for right in ["2026-01-31T00:00:00Z/2026-02-01T00:00:00Z", "2026-01-31T00:00:00Z/P1D"] {
            assert!(Format::Interval.admits(right, true), "{right}");
        }
        assert!(Format::Interval.admits("2026-01-31T00:00Z/2026-02-01", false));
        for wrong in ["soon", "2026-01-31T00:00:00Z", "2026-01-31T00:00:00Z/", "a/b"] {
            assert!(!Format::Interval.admits(wrong, false), "{wrong}");
        }
        let reversed = "2026-02-01T00:00:00Z/2026-01-31T00:00:00.000Z";
        assert!(Format::Interval.lacks(reversed).is_some());
        assert!(Format::Interval.lacks("2026-01-31T00:00:00Z/2026-01-31T00:00:00.000Z").is_none());
    }

    #[test]
    fn a_day_is_one_of_the_calendar() {
        assert!(Format::Date.admits("2028-02-29", true));
        for wrong in ["2026-02-29", "2026-1-1", "soon", "", "2026-01-01T00:00:00Z", "-2026-01-01"] {
            assert!(!Format::Date.admits(wrong, false), "{wrong}");
        }
    }

    #[test]
    fn the_patterns_of_the_platform_are_formats() {
        let uuid = "[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}";
        assert_eq!(Format::from_pattern(uuid), Format::Uuid);
        assert_eq!(Format::from_pattern(&format!("({uuid}|\\*)")), Format::Plain);
        assert_eq!(Format::from_pattern("^#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})$"), Format::Colour);
        assert_eq!(Format::from_pattern("^(a+)+$"), Format::Plain);
        assert!(Format::Uuid.admits("0b1f2a3c-4d5e-4f60-8a7b-9c0d1e2f3a4b", true));
        assert!(!Format::Uuid.admits("{0b1f2a3c-4d5e-4f60-8a7b-9c0d1e2f3a4b}", false));
        assert!(Format::Colour.admits("#aB3", true) && !Format::Colour.admits("#aB3z", true));
    }
}
