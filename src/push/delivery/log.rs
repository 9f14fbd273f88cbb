//! The newest deliveries, with each attempt and its result.

use std::collections::VecDeque;
use std::sync::Arc;

use uuid::Uuid;

use crate::time::Nanos;
use crate::world::id::TenantIndex;

/// The deliveries that are remembered.
pub(crate) const CAPACITY: usize = 1000;

/// What has become of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It waits for its time, its turn or its next attempt.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// The receiver refused it, or did not take it in any attempt.
    Failed,
    /// Its event was too old before the receiver took it.
    Expired,
    /// Too many others waited.
    Dropped,
    /// The trigger has no webhook: the event matched, and nothing was sent.
    Matched,
    /// The address is not allowed, and nothing was sent.
    NotAllowed,
}

impl State {
    /// Every state, in the order in which they are counted.
    pub(crate) const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Delivered,
        Self::Failed,
        Self::Expired,
        Self::Dropped,
        Self::Matched,
        Self::NotAllowed,
    ];

    /// The state as the admin API writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Dropped => "dropped",
            Self::Matched => "matched",
            Self::NotAllowed => "not-allowed",
        }
    }
}

/// What a delivery comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A trigger.
    Trigger,
    /// An open messaging integration.
    OpenMessaging,
    /// `--events-url`.
    Events,
}

impl Source {
    /// The source as the admin API writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::OpenMessaging => "open-messaging",
            Self::Events => "events-url",
        }
    }
}

/// One attempt.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attempt {
    /// The status of the answer, or why there is none.
    pub(crate) outcome: Result<u16, String>,
    /// Real time until the outcome.
    pub(crate) took: Nanos,
}

/// One delivery.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The id in the header `Gcmock-Delivery`.
    pub(crate) id: Uuid,
    pub(crate) tenant: TenantIndex,
    /// Model time of the event.
    pub(crate) time: Nanos,
    pub(crate) source: Source,
    /// The name of the trigger or integration.
    pub(crate) name: Arc<str>,
    pub(crate) topic: String,
    pub(crate) url: Option<String>,
    /// The size of the body.
    pub(crate) bytes: usize,
    pub(crate) state: State,
    pub(crate) attempts: Vec<Attempt>,
    /// Why nothing was sent, where the state does not tell.
    pub(crate) note: Option<String>,
}

/// The newest deliveries, and the number of all by state.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    counts: [u64; State::ALL.len()],
}

impl Log {
    /// Adds a delivery and returns its number.
    pub(super) fn add(&mut self, entry: Entry) -> u64 {
        if self.entries.len() >= CAPACITY {
            self.entries.pop_front();
            self.first += 1;
        }
        self.counts[entry.state as usize] += 1;
        self.entries.push_back(entry);
        self.first + self.entries.len() as u64 - 1
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Entry> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.entries.get_mut(at)
    }

    /// Adds an attempt to a delivery that is still remembered.
    pub(super) fn attempt(&mut self, number: u64, attempt: Attempt) {
        if let Some(entry) = self.get_mut(number) {
            entry.attempts.push(attempt);
        }
    }

    /// Ends a delivery that waited.
    pub(super) fn end(&mut self, number: u64, state: State) {
        let waiting = &mut self.counts[State::Waiting as usize];
        *waiting = waiting.saturating_sub(1);
        self.counts[state as usize] += 1;
        if let Some(entry) = self.get_mut(number) {
            entry.state = state;
        }
    }

    /// The newest deliveries that are wanted, newest first, at most `most`.
    pub(crate) fn newest(&self, most: usize, wanted: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        self.entries.iter().rev().filter(|entry| wanted(entry)).take(most).cloned().collect()
    }

    /// The number of deliveries in a state since the start or the last reset.
    pub(crate) const fn count(&self, state: State) -> u64 {
        self.counts[state as usize]
    }

    /// Forgets all deliveries. Those that wait stay counted.
    pub(super) fn clear(&mut self) {
        let waiting = self.count(State::Waiting);
        self.first += self.entries.len() as u64;
        self.entries.clear();
        self.counts = [0; State::ALL.len()];
        self.counts[State::Waiting as usize] = waiting;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            id: Uuid::nil(),
            tenant: TenantIndex(1),
            time: 0,
            source: Source::Trigger,
            name: "t".into(),
            topic: "v2.users.1.presence".to_owned(),
            url: None,
            bytes: 2,
            state: State::Waiting,
            attempts: Vec::new(),
            note: None,
        }
    }

    #[test]
    fn the_newest_deliveries_are_remembered_and_all_are_counted() {
        let mut log = Log::default();
        let numbers: Vec<_> = (0..CAPACITY as u64 + 5).map(|_| log.add(entry())).collect();
        assert_eq!(numbers.last(), Some(&(CAPACITY as u64 + 4)));
        for number in [0, 1, CAPACITY as u64 + 4] {
            log.attempt(number, Attempt { outcome: Ok(200), took: 1 });
            log.end(number, State::Delivered);
        }
        assert_eq!((log.count(State::Waiting), log.count(State::Delivered)), (CAPACITY as u64 + 2, 3));
        let delivered = log.newest(usize::MAX, |entry| entry.state == State::Delivered);
        assert_eq!(delivered.len(), 1, "the others are forgotten");
        assert_eq!(delivered[0].attempts.len(), 1);
        assert_eq!(log.newest(3, |_| true).len(), 3);
    }

    #[test]
    fn a_delivery_that_waits_over_a_reset_ends_once() {
        let mut log = Log::default();
        let number = log.add(entry());
        log.clear();
        assert_eq!((log.newest(9, |_| true).len(), log.count(State::Waiting)), (0, 1));
        let other = log.add(entry());
        log.end(number, State::Failed);
        log.end(other, State::Delivered);
        let counts = State::ALL.map(|state| log.count(state));
        assert_eq!(counts, [0, 1, 1, 0, 0, 0, 0]);
        assert_eq!(log.newest(9, |_| true)[0].state, State::Delivered);
    }
}
