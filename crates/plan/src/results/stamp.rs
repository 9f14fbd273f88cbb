//! Instants as result files write them: a number since 1970, or a date.

use super::number;
use crate::Nanos;

const SECOND: Nanos = 1_000_000_000;

/// The instant that `text` names, since the Unix epoch. A number is in seconds, milliseconds, microseconds or nanoseconds, by its
/// digits. A date without a zone is read as UTC: only distances matter.
pub(super) fn stamp(text: &str) -> Option<Nanos> {
    let text = text.trim();
    match number::parts(text) {
        Some((whole, _)) => number::time(text, unit(whole.len())?),
        None => date(text),
    }
}

/// The unit of a number with that number of digits, for the years 2001 to 2286.
fn unit(digits: usize) -> Option<Nanos> {
    match digits {
        1..=11 => Some(SECOND),
        12..=14 => Some(1_000_000),
        15..=17 => Some(1_000),
        18..=20 => Some(1),
        _ => None,
    }
}

/// A date with a time, in JMeter's formats and in ISO 8601: `yyyy/MM/dd HH:mm:ss.SSS`, `MM/dd/yy HH:mm:ss`,
/// `dd.MM.yyyy HH:mm:ss`, `yyyy-MM-ddTHH:mm:ss+01:00`.
fn date(text: &str) -> Option<Nanos> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let (time, offset) = offset(time.trim())?;
    let (time, noon) = half_day(time)?;
    let seconds = days(date)?.checked_mul(86_400)?.checked_add(noon)?.checked_sub(offset)?;
    u64::try_from(seconds).ok()?.checked_mul(SECOND)?.checked_add(clock(time)?)
}

/// A time without its zone, and the zone's offset in seconds.
fn offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (time, zone) = time.split_at_checked(at)?;
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 4 {
        return None;
    }
    let minutes = digits.get(..2)?.parse::<i64>().ok()? * 60 + digits.get(2..)?.parse::<i64>().ok()?;
    Some((time, if zone.starts_with('-') { -60 * minutes } else { 60 * minutes }))
}

/// A time without AM or PM, and the seconds that this adds.
fn half_day(time: &str) -> Option<(&str, i64)> {
    let lower = time.to_ascii_lowercase();
    let afternoon = lower.ends_with("pm");
    if !afternoon && !lower.ends_with("am") {
        return Some((time, 0));
    }
    let time = time.get(..time.len() - 2)?.trim();
    let twelve = time.starts_with("12:");
    Some((
        time,
        if afternoon && !twelve { 43_200 } else { 0 } - if !afternoon && twelve { 43_200 } else { 0 },
    ))
}

/// `HH:mm[:ss[.SSS]]` since midnight.
fn clock(time: &str) -> Option<Nanos> {
    let mut parts = time.splitn(3, ':');
    let hours: u64 = parts.next()?.trim().parse().ok().filter(|hours| *hours < 24)?;
    let minutes: u64 = parts.next()?.parse().ok().filter(|minutes| *minutes < 60)?;
    let seconds = parts.next().map_or(Some(0), |seconds| number::time(seconds, SECOND))?;
    (seconds < 61 * SECOND).then_some((hours * 3600 + minutes * 60) * SECOND + seconds)
}

/// Days from 1970-01-01 to a date.
fn days(date: &str) -> Option<i64> {
    let parts: Vec<i64> =
        date.splitn(4, ['/', '-', '.']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let &[first, second, third] = parts.as_slice() else { return None };
    let (year, month, day) = match (first, date.contains('.')) {
        (1000.., _) => (first, second, third),
        // Europe writes the day first, and so does a first number that is no month.
        (_, true) | (13.., _) => (third, second, first),
        _ => (third, first, second),
    };
    let year = if year < 100 { year + 2000 } else { year };
    let valid = (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    valid.then(|| days_of(year, month, day))
}

/// Days since 1970-01-01 in the Gregorian calendar, whose year is taken to begin in March.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-27 22:15:13.895 UTC in milliseconds.
    const INSTANT: u64 = 1_795_817_713_895;

    #[test]
    fn a_number_is_in_the_unit_that_its_digits_say() {
        for text in
            ["1795817713.895", "1795817713,895", "1795817713895", "1795817713895000", "1795817713895000000"]
        {
            assert_eq!(stamp(text), Some(INSTANT * 1_000_000), "{text}");
        }
    }

    #[test]
    fn dates_are_read_in_the_formats_of_jmeter_and_of_iso_8601() {
        for text in [
            "2026/11/27 22:15:13.895",
            "2026-11-27 22:15:13,895",
            "2026-11-27T22:15:13.895Z",
            "2026-11-27T23:15:13.895+01:00",
            "2026-11-27T17:45:13.895-0430",
            "11/27/26 22:15:13.895",
            "27/11/2026 22:15:13.895",
            "27.11.2026 22:15:13.895",
            "11/27/2026 10:15:13.895 PM",
        ] {
            assert_eq!(stamp(text), Some(INSTANT * 1_000_000), "{text}");
        }
    }

    #[test]
    fn what_is_not_an_instant_is_refused() {
        for text in
            ["", "x", "1.7E+12", "2026-13-01 00:00", "2026-11-27", "2026-11-27 25:00", "99/99/99 1:1", "-5"]
        {
            assert_eq!(stamp(text), None, "{text}");
        }
    }
}
