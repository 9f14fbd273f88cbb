//! What a run without refusals says: no limit is below what was admitted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::rows::Rows;
use crate::Nanos;

/// The lengths of time over which admissions are counted.
const PERIODS: [Nanos; 4] = [1_000_000_000, 10_000_000_000, 60_000_000_000, 3_600_000_000_000];

/// The most that was admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// In any time of this length; None for requests at once.
    pub period: Option<Nanos>,
    /// The number of requests.
    pub admitted: u64,
}

/// The most that was admitted in a second, in ten, in a minute, in an hour, and at once.
pub(super) fn of(rows: &Rows) -> Vec<Bound> {
    let times: Vec<Nanos> = rows.rows.iter().filter(|row| !row.refused).map(|row| row.at).collect();
    let span = rows.span();
    let useful = PERIODS.iter().enumerate().filter(|(index, _)| *index == 0 || PERIODS[index - 1] < span);
    let mut bounds: Vec<Bound> = useful
        .map(|(_, period)| Bound { period: Some(*period), admitted: most_in(&times, *period) })
        .collect();
    bounds.push(Bound { period: None, admitted: most_at_once(rows) });
    bounds
}

fn most_in(times: &[Nanos], period: Nanos) -> u64 {
    let (mut first, mut most) = (0, 0);
    for (index, time) in times.iter().enumerate() {
        while times[first] + period <= *time {
            first += 1;
        }
        most = most.max(index + 1 - first);
    }
    most as u64
}

fn most_at_once(rows: &Rows) -> u64 {
    let (mut ends, mut most) = (BinaryHeap::new(), 0);
    for row in rows.rows.iter().filter(|row| !row.refused) {
        while ends.peek().is_some_and(|Reverse(end)| *end <= row.at) {
            ends.pop();
        }
        ends.push(Reverse(row.end));
        most = most.max(ends.len());
    }
    most as u64
}
