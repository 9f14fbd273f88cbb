//! Percentiles, by the estimate that JMeter's dashboard uses.

use super::number::{float, index, length, whole};

/// The percentile `percent` of `sorted`; 0 of nothing.
///
/// It is the `LEGACY` estimate of Apache Commons Math, which JMeter's dashboard takes: the value at
/// `percent / 100 × (n + 1)`, with a straight line between neighbours.
pub(super) fn percentile(sorted: &[u64], percent: f64) -> f64 {
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return 0.0 };
    let position = percent / 100.0 * (length(sorted.len()) + 1.0);
    if position < 1.0 {
        return float(*first);
    }
    let below = whole(position);
    let at = |place: u64| sorted.get(index(place)).copied();
    match (at(below - 1), at(below)) {
        (Some(lower), Some(upper)) => {
            float(lower) + (position - position.floor()) * (float(upper) - float(lower))
        }
        _ => float(*last),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_are_those_of_commons_math() {
        let sorted = [1, 2, 3, 4];
        let shown =
            [0.0, 25.0, 50.0, 75.0, 90.0, 100.0].map(|percent| percentile(&sorted, percent).to_string());
        assert_eq!(shown, ["1", "1.25", "2.5", "3.75", "4", "4"]);
        let few = [percentile(&[], 50.0), percentile(&[7], 99.0)];
        assert_eq!(few.map(|value| value.to_string()), ["0", "7"]);
    }

    proptest! {
        #[test]
        fn a_percentile_lies_between_its_neighbours_in_sorted_order(
            values in proptest::collection::vec(0_u64..1_000_000, 1..200),
            percent in 0_u32..=100,
        ) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let value = percentile(&sorted, percent.into());
            // Of n values, the place is percent × (n + 1) / 100, in whole numbers.
            let place = percent as usize * (values.len() + 1);
            let below = (place / 100).clamp(1, values.len()) - 1;
            let above = place.div_ceil(100).clamp(1, values.len()) - 1;
            // A product of floats may miss a whole number by one bit.
            prop_assert!(float(sorted[below]) <= value + 1e-6 && value <= float(sorted[above]) + 1e-6);
        }
    }
}
