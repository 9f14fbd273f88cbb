//! Numbers as a report writes them, and the conversions between whole numbers and floats, each in one place.

use crate::Nanos;

/// One second in nanoseconds.
pub(super) const SECOND: Nanos = 1_000_000_000;

/// A count as a float, for means and shares.
#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds of a century fit 53 bits well enough")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// A length of a list as a float.
pub(crate) fn length(count: usize) -> f64 {
    float(u64::try_from(count).unwrap_or(u64::MAX))
}

/// The whole part of a float that is not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
pub(crate) fn whole(value: f64) -> u64 {
    value as u64
}

/// A length of time as an index.
pub(crate) fn index(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Nanoseconds as seconds.
pub(crate) fn seconds(nanos: Nanos) -> f64 {
    float(nanos) / 1e9
}

/// Nanoseconds as milliseconds.
pub(crate) fn millis(nanos: Nanos) -> f64 {
    float(nanos) / 1e6
}

/// `part` of `whole` in percent; 0 of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { float(part) * 100.0 / float(whole) }
}

/// A float with at most three decimals, so that a report in JSON stays small.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// `4999` as `4,999`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A float with two decimals, its whole part in groups of three.
pub(crate) fn decimal(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}.{decimals}", grouped(whole.parse().unwrap_or(u64::MAX)))
}

/// A float with as many decimals as it needs, at most two: `0.5`, `12`.
pub(crate) fn short(value: f64) -> String {
    let text = decimal(value);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share for a sentence: `19 %`, `0.3 %`, and never `0 %` of something.
pub(crate) fn share(part: u64, whole: u64) -> String {
    let percent = percent(part, whole);
    match percent {
        _ if part == 0 => "0 %".to_owned(),
        _ if percent < 0.01 => "under 0.01 %".to_owned(),
        _ if percent < 1.0 => format!("{} %", short(percent)),
        _ if part < whole && percent >= 99.5 => "over 99 %".to_owned(),
        _ => format!("{percent:.0} %"),
    }
}

/// A length of time: `850 ms`, `15.2 s`, `12 min 5 s`, `8 h 0 min`.
pub(crate) fn duration(nanos: Nanos) -> String {
    let seconds = seconds(nanos);
    if nanos < SECOND {
        return format!("{} ms", nanos / 1_000_000);
    }
    if seconds < 119.95 {
        return format!("{seconds:.1} s");
    }
    let whole = (nanos + SECOND / 2) / SECOND;
    if whole < 3600 {
        return format!("{} min {} s", whole / 60, whole % 60);
    }
    format!("{} h {} min", whole / 3600, whole % 3600 / 60)
}

/// An instant since the Unix epoch as RFC 3339 in UTC, to the second.
pub(crate) fn utc(at: Nanos) -> String {
    let seconds = at / SECOND;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest % 3600 / 60, rest % 60)
}

/// Year, month and day of a day since 1970-01-01, by counting years from March on, so that the leap day is the last.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(
            [0, 999, 1000, 4_999, 1_234_567].map(grouped),
            ["0", "999", "1,000", "4,999", "1,234,567"]
        );
        assert_eq!([0.0, 0.5, 12.0, 1234.567].map(short), ["0", "0.5", "12", "1,234.57"]);
        assert_eq!(decimal(-1234.5), "-1,234.50");
        let shares = [(956, 4999), (0, 5), (3, 1000), (1, 1_000_000), (999, 1000), (5, 5)];
        let shown = ["19 %", "0 %", "0.3 %", "under 0.01 %", "over 99 %", "100 %"];
        assert_eq!(shares.map(|(part, whole)| share(part, whole)), shown);
    }

    #[test]
    fn times_are_written_as_people_read_them() {
        let lengths = [850_000_000, 15_200_000_000, 725 * SECOND, 8 * 3600 * SECOND];
        assert_eq!(lengths.map(duration), ["850 ms", "15.2 s", "12 min 5 s", "8 h 0 min"]);
        let instants = [0, 951_782_399 * SECOND, 1_772_928_000 * SECOND, 4_107_542_400 * SECOND];
        let shown =
            ["1970-01-01T00:00:00Z", "2000-02-28T23:59:59Z", "2026-03-08T00:00:00Z", "2100-03-01T00:00:00Z"];
        assert_eq!(instants.map(utc), shown);
    }
}
