//! Counts refusals by limit, and keeps the first refusal of each limit.
//!
//! A refusal costs one relaxed addition. A task of its own waits for the first refusals and prints them, so that no
//! request waits for a terminal.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use gcmock_limit::RuleId;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::journal::Exchange;

/// Counters: one for the adherence check, and one for each limit. Limits beyond them share the last one.
const COUNTERS: usize = 1024;

/// The refusals since the last reset.
pub(crate) struct Refusals {
    counts: Box<[AtomicU64]>,
    firsts: Mutex<Firsts>,
    news: Notify,
}

/// First refusals, one for each limit at most.
#[derive(Default)]
struct Firsts {
    all: Vec<Exchange>,
    /// First refusals that [`Refusals::next_first`] has not returned; a reset keeps them.
    unread: VecDeque<Exchange>,
}

impl Default for Refusals {
    fn default() -> Self {
        let counts = (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
        Self { counts, firsts: Mutex::default(), news: Notify::default() }
    }
}

impl Refusals {
    /// Counts a refused request, or a refused message on a socket.
    pub(crate) fn count(&self, exchange: &Exchange) {
        if self.counts[index(exchange)].fetch_add(1, Ordering::Relaxed) == 0 {
            self.keep_first(exchange);
        }
    }

    fn keep_first(&self, exchange: &Exchange) {
        let mut firsts = self.firsts.lock();
        firsts.all.push(exchange.clone());
        if firsts.unread.len() < COUNTERS {
            firsts.unread.push_back(exchange.clone());
        }
        drop(firsts);
        self.news.notify_one();
    }

    /// The first refusal of each limit with the number of all its refusals, in the order of the first ones.
    pub(crate) fn by_limit(&self) -> Vec<(Exchange, u64)> {
        let count = |first: &Exchange| self.counts[index(first)].load(Ordering::Relaxed);
        self.firsts.lock().all.iter().map(|first| (first.clone(), count(first))).collect()
    }

    /// The next first refusal that was not returned yet; waits for it.
    pub(crate) async fn next_first(&self) -> Exchange {
        loop {
            if let Some(first) = self.unread_first() {
                return first;
            }
            self.news.notified().await;
        }
    }

    /// The next first refusal that was not returned yet, if there is one.
    pub(crate) fn unread_first(&self) -> Option<Exchange> {
        self.firsts.lock().unread.pop_front()
    }

    /// Starts again: the next refusal of each limit is a first one.
    pub(crate) fn reset(&self) {
        let mut firsts = self.firsts.lock();
        firsts.all.clear();
        self.counts.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }
}

/// The counter of the limit that refused.
fn index(exchange: &Exchange) -> usize {
    let rule = |RuleId(id)| usize::try_from(id).map_or(COUNTERS, |id| id.saturating_add(1));
    exchange.refused_by().map_or(0, rule).min(COUNTERS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::audit::tests::exchange;

    #[test]
    fn the_first_refusal_of_each_limit_is_kept_and_all_are_counted() {
        let refusals = Refusals::default();
        let refusal =
            |rule: u32, time| Exchange { governing: Some(RuleId(rule)), time, ..exchange(1, 0, Some(1)) };
        for (rule, time) in [(3, 1), (0, 2), (3, 3), (70_000, 4), (80_000, 5), (3, 6)] {
            refusals.count(&refusal(rule, time));
        }
        let counted =
            || -> Vec<_> { refusals.by_limit().iter().map(|(first, count)| (first.time, *count)).collect() };
        assert_eq!(counted(), [(1, 3), (2, 1), (4, 2)]);
        assert_eq!(refusals.unread_first().map(|first| first.time), Some(1));

        refusals.reset();
        assert_eq!(counted(), []);
        refusals.count(&refusal(3, 9));
        let unread: Vec<_> = std::iter::from_fn(|| refusals.unread_first()).map(|first| first.time).collect();
        assert_eq!((counted(), unread), (vec![(9, 1)], vec![2, 4, 9]));
    }
}
