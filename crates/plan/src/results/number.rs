//! Numbers as load tools and spreadsheets write them: whole, or with a decimal point or comma.

use crate::Nanos;

/// A number of `unit` nanoseconds each, such as `12`, `12.5` or `12,5`. None if `text` is not a number, is negative, or
/// does not fit.
pub(super) fn time(text: &str, unit: Nanos) -> Option<Nanos> {
    let (whole, fraction) = parts(text.trim())?;
    let whole: Nanos = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut nanos = whole.checked_mul(unit)?;
    let mut step = unit;
    for digit in fraction.bytes() {
        step /= 10;
        nanos = nanos.checked_add(step * Nanos::from(digit - b'0'))?;
    }
    Some(nanos)
}

/// A count, such as bytes or threads. A fraction is dropped.
pub(super) fn count(text: &str) -> Option<u64> {
    let (whole, _) = parts(text.trim())?;
    whole.parse().ok()
}

/// The digits before and after the decimal mark.
pub(super) fn parts(text: &str) -> Option<(&str, &str)> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let any = !whole.is_empty() || !fraction.is_empty();
    (any && digits(whole) && digits(fraction)).then_some((whole, fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_may_have_a_decimal_point_or_comma() {
        let millis = |text| time(text, 1_000_000);
        assert_eq!(millis("12"), Some(12_000_000));
        assert_eq!(millis(" 12.5 "), Some(12_500_000));
        assert_eq!(millis("12,25"), Some(12_250_000));
        assert_eq!(millis(".5"), Some(500_000));
        assert_eq!(millis("0.0000001"), Some(0));
    }

    #[test]
    fn what_is_not_a_number_is_not_a_time() {
        for text in ["", ".", "-1", "1.2.3", "1e3", "NaN", "1,234.5", "99999999999999999999"] {
            assert_eq!(time(text, 1_000_000), None, "{text}");
        }
    }
}
