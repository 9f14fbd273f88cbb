//! The sliding window: what came in the period before each request.

use super::Use;
use crate::Nanos;
use crate::learn::view::View;

/// What a group counts: the times of its charges, and how many of them have left the window, early, exactly and late.
#[derive(Clone, Debug, Default)]
struct Window {
    times: Vec<Nanos>,
    left: [usize; 3],
}

pub(super) fn uses(view: &View, period: Nanos, counts_refused: bool, uses: &mut Vec<Use>) {
    let mut windows = vec![Window::default(); view.groups];
    let reaches = [period.saturating_sub(view.noise), period, period + view.noise];
    for item in &view.items {
        let Window { times, left } = &mut windows[item.group as usize];
        for (left, reach) in left.iter_mut().zip(reaches) {
            while times.get(*left).is_some_and(|time| time + reach <= item.at) {
                *left += 1;
            }
        }
        let [low, exact, high] = left.map(|left| i64::try_from(times.len() - left).unwrap_or(i64::MAX) + 1);
        let (low, high) = (low - i64::from(item.early), high + i64::from(item.late));
        uses.push(Use { low, exact, high });
        if !item.refused || counts_refused {
            times.push(item.at);
        }
    }
}
