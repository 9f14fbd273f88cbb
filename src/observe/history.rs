//! What happened in each second of a run: requests, refusals, and the counts and the highest level of each limit.
//!
//! A task reads the counters once a second, so a request costs nothing here. The memory is fixed: when all
//! entries are taken, each two neighbours become one, so a long run has entries of two seconds, then four. Seconds
//! without a request have no entry.

use std::collections::BTreeMap;

use gcmock_limit::{RuleId, Totals};
use parking_lot::Mutex;

use crate::time::Nanos;

/// The most entries: an hour in seconds, or eight hours in steps of eight seconds.
const ENTRIES: usize = 3600;
/// The limits that are kept; the first ones that are met. Each takes 64 KB at most.
const LIMITS: usize = 64;

/// The counters at an instant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// Model time.
    pub(crate) at: Nanos,
    /// Requests since the last reset.
    pub(crate) requests: u64,
    /// Refusals since the last reset.
    pub(crate) refused: u64,
    /// Each limit that was met: its counts, and the highest level of a key since the reading before.
    pub(crate) limits: Vec<(RuleId, Totals, u32)>,
}

/// A span of time and its counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) from: Nanos,
    pub(crate) to: Nanos,
    pub(crate) requests: u64,
    pub(crate) refused: u64,
}

/// The counts of a limit within the span of an [`Entry`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LimitEntry {
    pub(crate) hits: u32,
    pub(crate) near: u32,
    /// Requests that it refused, or would have refused in shadow mode.
    pub(crate) refused: u32,
    /// The most units that one key had in use.
    pub(crate) used: u32,
}

/// The difference between two readings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub(crate) entry: Entry,
    /// The limits that were met.
    pub(crate) limits: Vec<(RuleId, LimitEntry)>,
}

/// The history since the last reset.
#[derive(Debug)]
pub(crate) struct RunHistory(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    last: Reading,
    entries: Vec<Entry>,
    /// As long as `entries`, or shorter where a limit was not met since.
    limits: BTreeMap<RuleId, Vec<LimitEntry>>,
}

impl RunHistory {
    /// An empty history that begins at `now`.
    pub(crate) fn new(now: Nanos) -> Self {
        Self(Mutex::new(Kept::begin(now)))
    }

    /// Begins again, with counters that begin at 0.
    pub(crate) fn reset(&self, now: Nanos) {
        *self.0.lock() = Kept::begin(now);
    }

    /// Notes the difference to the reading before, and returns it.
    pub(crate) fn note(&self, reading: Reading) -> Change {
        self.0.lock().note(reading)
    }

    /// The entries in the order of time.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.lock().entries.clone()
    }

    /// The entries of a limit, each with its span. Empty for a limit that was not met.
    pub(crate) fn of_limit(&self, rule: RuleId) -> Vec<(Entry, LimitEntry)> {
        let kept = self.0.lock();
        let of_limit = kept.limits.get(&rule).map_or(&[][..], Vec::as_slice);
        kept.entries.iter().copied().zip(of_limit.iter().copied()).collect()
    }
}

impl Kept {
    fn begin(now: Nanos) -> Self {
        Self { last: Reading { at: now, ..Reading::default() }, ..Self::default() }
    }

    fn note(&mut self, reading: Reading) -> Change {
        let entry = Entry {
            from: self.last.at.min(reading.at),
            to: reading.at,
            requests: reading.requests.saturating_sub(self.last.requests),
            refused: reading.refused.saturating_sub(self.last.refused),
        };
        let limits: Vec<_> = (reading.limits.iter())
            .map(|(rule, totals, used)| (*rule, difference(totals, &self.before(*rule), *used)))
            .filter(|(_, entry)| entry.hits > 0)
            .collect();
        self.last = reading;
        if entry.requests > 0 || entry.refused > 0 || !limits.is_empty() {
            self.push(entry, &limits);
        }
        Change { entry, limits }
    }

    fn before(&self, rule: RuleId) -> Totals {
        let known = self.last.limits.iter().find(|(known, ..)| *known == rule);
        known.map(|(_, totals, _)| *totals).unwrap_or_default()
    }

    fn push(&mut self, entry: Entry, limits: &[(RuleId, LimitEntry)]) {
        if self.entries.len() >= ENTRIES {
            self.halve();
        }
        let place = self.entries.len();
        self.entries.push(entry);
        for (rule, entry) in limits {
            if self.limits.len() < LIMITS || self.limits.contains_key(rule) {
                let of_limit = self.limits.entry(*rule).or_default();
                of_limit.resize(place, LimitEntry::default());
                of_limit.push(*entry);
            }
        }
    }

    /// Makes one entry of each two.
    fn halve(&mut self) {
        self.entries = self.entries.chunks(2).map(joined).collect();
        for entries in self.limits.values_mut() {
            *entries = entries.chunks(2).map(joined_limit).collect();
        }
    }
}

fn difference(now: &Totals, before: &Totals, used: u32) -> LimitEntry {
    let more = |now: u64, before: u64| u32::try_from(now.saturating_sub(before)).unwrap_or(u32::MAX);
    let refused = |totals: &Totals| totals.refused + totals.shadow_refused;
    LimitEntry {
        hits: more(now.hits, before.hits),
        near: more(now.near, before.near),
        refused: more(refused(now), refused(before)),
        used,
    }
}

fn joined(two: &[Entry]) -> Entry {
    let all = two.iter().copied();
    let joined = |one: Entry, other: Entry| Entry {
        from: one.from,
        to: other.to,
        requests: one.requests + other.requests,
        refused: one.refused + other.refused,
    };
    all.reduce(joined).unwrap_or_default()
}

fn joined_limit(two: &[LimitEntry]) -> LimitEntry {
    let joined = |one: LimitEntry, other: &LimitEntry| LimitEntry {
        hits: one.hits.saturating_add(other.hits),
        near: one.near.saturating_add(other.near),
        refused: one.refused.saturating_add(other.refused),
        used: one.used.max(other.used),
    };
    two.iter().fold(LimitEntry::default(), joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Nanos = 1_000_000_000;

    /// The counters after this many seconds of 10 requests each, of which one is refused.
    fn reading(seconds: u64, used: u32) -> Reading {
        let (requests, refused) = (seconds * 10, seconds);
        let totals = Totals { hits: requests, refused, admitted: requests - refused, ..Totals::default() };
        Reading { at: seconds * SECOND, requests, refused, limits: vec![(RuleId(3), totals, used)] }
    }

    #[test]
    fn each_second_has_its_own_counts_and_a_quiet_one_none() {
        let history = RunHistory::new(0);
        history.note(reading(1, 4));
        history.note(Reading { at: 2 * SECOND, ..reading(1, 0) });
        history.note(Reading { at: 3 * SECOND, ..reading(2, 9) });
        let spans: Vec<_> =
            history.entries().iter().map(|entry| (entry.from / SECOND, entry.requests)).collect();
        assert_eq!(spans, [(0, 10), (2, 10)]);
        let levels: Vec<_> = history.of_limit(RuleId(3)).iter().map(|(_, limit)| limit.used).collect();
        assert_eq!(levels, [4, 9]);
        assert_eq!(history.of_limit(RuleId(4)), []);
        history.reset(3 * SECOND);
        assert_eq!(history.entries(), []);
    }

    #[test]
    fn a_day_takes_no_more_than_an_hour_and_loses_neither_a_request_nor_the_highest_level() {
        let history = RunHistory::new(0);
        for second in 1..=86_400 {
            let used = if second == 40_000 { 99 } else { 5 };
            history.note(reading(second, used));
        }
        let entries = history.entries();
        assert!(entries.len() <= ENTRIES, "{}", entries.len());
        assert_eq!(entries.iter().map(|entry| entry.requests).sum::<u64>(), 864_000);
        assert_eq!((entries[0].from, entries[entries.len() - 1].to), (0, 86_400 * SECOND));
        let limit = history.of_limit(RuleId(3));
        assert_eq!(limit.len(), entries.len());
        assert_eq!(limit.iter().map(|(_, entry)| u64::from(entry.hits)).sum::<u64>(), 864_000);
        assert_eq!(limit.iter().map(|(_, entry)| entry.used).max(), Some(99));
    }

    #[test]
    fn only_the_first_limits_are_kept() {
        let history = RunHistory::new(0);
        let totals = Totals { hits: 1, ..Totals::default() };
        let limits = (0..100).map(|rule| (RuleId(rule), totals, 1)).collect();
        history.note(Reading { at: SECOND, requests: 1, refused: 0, limits });
        let kept = (0..100).filter(|rule| !history.of_limit(RuleId(*rule)).is_empty()).count();
        assert_eq!(kept, LIMITS);
    }
}
