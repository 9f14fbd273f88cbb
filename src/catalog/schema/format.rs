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
    /// The name of a zone in the IANA time zone database.
    TimeZone,
    /// How an event recurs, as iCalendar writes it: `FREQ=DAILY;INTERVAL=1`.
    Recurrence,
    /// An e-mail address.
    Email,
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

    /// The format that the name of a property means where its schema names none. The platform's document says it in
    /// the description alone.
    pub(super) fn of_property(name: &str) -> Self {
        match name {
            "timeZone" | "timeZoneId" | "businessUnitTimeZone" | "managementUnitTimeZone" => Self::TimeZone,
            "rrule" => Self::Recurrence,
            "earliestCallableTime" | "latestCallableTime" | "stopTime" => Self::LocalTime,
            "email" | "emailAddresses" | "recipientEmails" | "fromEmail" => Self::Email,
            "fullDayManagementUnitDates" => Self::Date,
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
    pub(crate) fn admits(self, text: &str, is_answer: bool) -> bool {
        match self {
            Self::DateTime => is_instant(text, is_answer) || (!is_answer && is_day(text)),
            Self::Date => is_day(text),
            Self::Uuid => text.len() == 36 && Uuid::try_parse(text).is_ok(),
            Self::Colour => is_colour(text),
            Self::Interval => is_interval(text, is_answer),
            Self::Word => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            // An empty string means no value. Answers are not checked, because they may hold values stored before this
            // check.
            _ if text.is_empty() || is_answer => true,
            Self::LocalTime => is_time(text, false),
            Self::LocalDateTime => text
                .split_once('T')
                .is_some_and(|(day, time)| is_day(day) && is_time(time.trim_end_matches('Z'), false)),
            Self::TimeZone => jiff::tz::TimeZone::get(text).is_ok(),
            Self::Recurrence => is_recurrence(text),
            Self::Email => is_email(text),
            Self::Plain | Self::Uri | Self::YearMonth => true,
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
            Self::Date | Self::LocalDateTime => "date",
            Self::Uuid => "UUID",
            Self::Interval => "interval",
            Self::Colour => "color",
            Self::Word => "letters and digits",
            Self::LocalTime => "time of day such as 08:30:00",
            Self::TimeZone => "name of a time zone such as America/Chicago",
            Self::Recurrence => "recurrence rule such as FREQ=DAILY;INTERVAL=1",
            Self::Email => "e-mail address",
            Self::Plain | Self::Uri | Self::YearMonth => "string",
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

/// One of the frequencies of iCalendar, and parts that are known, each once.
fn is_recurrence(text: &str) -> bool {
    let rule = text.strip_prefix("RRULE:").unwrap_or(text);
    let mut seen = Vec::new();
    let is_part = |part: &str| {
        let Some((name, value)) = part.split_once('=') else { return false };
        let is_new = !seen.contains(&name.to_owned());
        seen.push(name.to_owned());
        is_new && is_part_of_rule(name, value)
    };
    rule.split(';').filter(|part| !part.is_empty()).all(is_part) && seen.iter().any(|name| name == "FREQ")
}

fn is_part_of_rule(name: &str, value: &str) -> bool {
    const FREQUENCIES: [&str; 7] = ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
    let numbers = |least: i32, most: i32| {
        value.split(',').all(|item| item.parse().is_ok_and(|number: i32| (least..=most).contains(&number)))
    };
    match name {
        "FREQ" => FREQUENCIES.contains(&value),
        "INTERVAL" | "COUNT" => numbers(1, i32::MAX),
        "UNTIL" => value.len() >= 8 && value.starts_with(|first: char| first.is_ascii_digit()),
        "BYDAY" => value.split(',').all(is_week_day),
        "WKST" => is_week_day(value),
        "BYMONTH" => numbers(1, 12),
        "BYMONTHDAY" => numbers(-31, 31),
        "BYYEARDAY" | "BYSETPOS" => numbers(-366, 366),
        "BYWEEKNO" => numbers(-53, 53),
        "BYHOUR" => numbers(0, 23),
        "BYMINUTE" | "BYSECOND" => numbers(0, 60),
        _ => false,
    }
}

/// A day of the week, also the first or the last of a month: `MO`, `1MO`, `-1FR`.
fn is_week_day(text: &str) -> bool {
    let days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let number = days.iter().find_map(|day| text.strip_suffix(day));
    number.is_some_and(|number| number.is_empty() || number.parse::<i8>().is_ok())
}

/// Something before the last `@` and a domain behind it, without spaces.
fn is_email(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.contains(|letter: char| letter.is_whitespace());
    text.rsplit_once('@')
        .is_some_and(|(name, domain)| is_part(name) && is_part(domain) && !domain.starts_with('.'))
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
    fn the_names_of_properties_mean_formats() {
        let cases = [
            ("timeZone", ["America/Chicago", "UTC", "Etc/UTC"], ["Mars/Olympus", "chicago time", "+25:00"]),
            (
                "rrule",
                ["FREQ=DAILY", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU;INTERVAL=2", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3"],
                ["soon", "FREQ=SOMETIMES", "INTERVAL=1"],
            ),
            ("stopTime", ["08:30", "08:30:00", "08:30:00.000"], ["8 o'clock", "25:00", "08:61:00"]),
            (
                "email",
                ["a@example.org", "a.b+c@x", "ä@example.org"],
                ["a", "@example.org", "a b@example.org"],
            ),
        ];
        for (name, right, wrong) in cases {
            let format = Format::of_property(name);
            assert!(right.iter().all(|text| format.admits(text, false)), "{name}");
            assert!(wrong.iter().all(|text| !format.admits(text, false)), "{name}");
            assert!(format.admits("", false), "{name}");
        }
        assert!(Format::LocalDateTime.admits("2026-01-31T08:30:00.000", false));
        assert!(!Format::LocalDateTime.admits("2026-02-31T08:30:00.000", false));
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
