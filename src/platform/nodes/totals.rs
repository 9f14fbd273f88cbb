//! The counts of limits, as a node reports them with its lease.

use gcmock_limit::Totals;
use serde::{Deserialize, Serialize};

use crate::platform::Platform;

/// The limits whose counts are reported, and the bytes of their names. Each node reads the reports of all once a second.
const MOST: usize = 200;
const MOST_BYTES: usize = 16 << 10;

/// The counts of a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    limit: String,
    /// Hits, admitted, near, refused, refused in shadow mode.
    counts: [u64; 5],
}

impl Counted {
    fn new(limit: &str, Totals { hits, admitted, near, refused, shadow_refused }: Totals) -> Self {
        Self { limit: limit.to_owned(), counts: [hits, admitted, near, refused, shadow_refused] }
    }

    fn totals(&self) -> Totals {
        // Whatever a node reports, sums over all do not overflow.
        let [hits, admitted, near, refused, shadow_refused] = self.counts.map(|count| count.min(1 << 53));
        Totals { hits, admitted, near, refused, shadow_refused }
    }
}

/// The counts of the first [`MOST`] limits that this node has met. The others read as zeros on other nodes.
pub(super) fn of(platform: &Platform) -> Vec<Counted> {
    let config = platform.config.current();
    let all = config.rules().map(|rule| (&*rule.name, platform.limiter.totals(rule.id)));
    bounded(all.filter(|(_, totals)| totals.hits > 0))
}

fn bounded<'n>(all: impl Iterator<Item = (&'n str, Totals)>) -> Vec<Counted> {
    let mut bytes = 0;
    let fits = all.take(MOST).take_while(|(name, _)| {
        bytes += name.len();
        bytes <= MOST_BYTES
    });
    fits.map(|(name, totals)| Counted::new(name, totals)).collect()
}

/// The counts of the limit of that name; zeros of one that is not among them, which may also be one beyond the first
/// [`MOST`].
pub(super) fn find(all: &[Counted], limit: &str) -> Totals {
    all.iter().find(|counted| counted.limit == limit).map(Counted::totals).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_at_most_200_limits_and_16_kib_of_their_names() {
        let names: Vec<_> = (0..300).map(|number| format!("limit {number}")).collect();
        let of = |hits| Totals { hits, ..Totals::default() };
        let short = bounded(names.iter().zip(1..).map(|(name, hits)| (&**name, of(hits))));
        assert_eq!((short.len(), find(&short, "limit 7").hits, find(&short, "limit 250").hits), (200, 8, 0));
        let long = "x".repeat(MOST_BYTES / 2);
        assert_eq!(bounded([&*long, &long, "y"].map(|name| (name, of(1))).into_iter()).len(), 2);
    }
}
