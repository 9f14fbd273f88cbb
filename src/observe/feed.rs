//! The seconds of real time that the live page draws: the last ten minutes, and a call when another one has ended.
//!
//! The history of a run counts in model time, which can stand still. A page that is watched needs real time. Readers
//! wait for the newest second. A slow one misses the seconds between, so it never holds up another.

use std::collections::VecDeque;

use bytes::Bytes;
use gcmock_limit::RuleId;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::history::Change;

/// The seconds that are kept: ten minutes.
const SECONDS: usize = 600;
/// The limits of one second that are kept. With [`SECONDS`], a megabyte at most.
const LIMITS: usize = 64;
/// The pages that can be open at a time.
const READERS: usize = 256;

/// One second and its counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Second {
    /// Its number, from 1 on.
    pub(crate) number: u64,
    pub(crate) requests: u64,
    pub(crate) refused: u64,
    /// Each limit that was met: the most units that one key had in use, and the refusals.
    pub(crate) limits: Vec<(RuleId, u32, u32)>,
}

/// The newest second as it is sent to pages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written(pub(crate) Bytes);

/// The last seconds, and the readers that wait for the next one.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    kept: Mutex<Kept>,
    newest: watch::Sender<Written>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The second that has not ended.
    open: Second,
    seconds: VecDeque<Second>,
}

impl Feed {
    /// Adds what happened since the call before to the second that has not ended.
    pub(crate) fn add(&self, change: &Change) {
        self.kept.lock().open.add(change);
    }

    /// Ends a second, and returns it.
    pub(crate) fn end_second(&self) -> Second {
        self.kept.lock().end()
    }

    /// The last seconds, the oldest first.
    pub(crate) fn seconds(&self) -> Vec<Second> {
        self.kept.lock().seconds.iter().cloned().collect()
    }

    /// Whether a reader waits for the next second.
    pub(crate) fn is_watched(&self) -> bool {
        self.newest.receiver_count() > 0
    }

    /// Sends the newest second to all readers.
    pub(crate) fn publish(&self, written: Bytes) {
        self.newest.send_replace(Written(written));
    }

    /// A reader that waits for seconds. `None` if there are too many.
    pub(crate) fn reader(&self) -> Option<watch::Receiver<Written>> {
        (self.newest.receiver_count() < READERS).then(|| self.newest.subscribe())
    }
}

impl Kept {
    fn end(&mut self) -> Second {
        let number = self.open.number + 1;
        let counted = std::mem::replace(&mut self.open, Second { number, ..Second::default() });
        let ended = Second { number, ..counted };
        if self.seconds.len() == SECONDS {
            self.seconds.pop_front();
        }
        self.seconds.push_back(ended.clone());
        ended
    }
}

impl Second {
    fn add(&mut self, change: &Change) {
        self.requests += change.entry.requests;
        self.refused += change.entry.refused;
        for (rule, entry) in &change.limits {
            let room = self.limits.len() < LIMITS;
            if let Some((_, used, refused)) = self.limits.iter_mut().find(|(known, ..)| known == rule) {
                *used = (*used).max(entry.used);
                *refused = refused.saturating_add(entry.refused);
            } else if room {
                self.limits.push((*rule, entry.used, entry.refused));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::history::{Entry, LimitEntry};

    fn change(requests: u64, used: u32) -> Change {
        let entry = Entry { requests, refused: 1, ..Entry::default() };
        Change { entry, limits: vec![(RuleId(7), LimitEntry { used, refused: 1, ..LimitEntry::default() })] }
    }

    #[test]
    fn a_second_is_the_sum_of_its_changes_and_the_highest_level() {
        let feed = Feed::default();
        feed.add(&change(3, 9));
        feed.add(&change(4, 2));
        let limits = vec![(RuleId(7), 9, 2)];
        assert_eq!(feed.end_second(), Second { number: 1, requests: 7, refused: 2, limits });
        assert_eq!(feed.end_second(), Second { number: 2, ..Second::default() });
    }

    #[test]
    fn ten_minutes_are_kept() {
        let feed = Feed::default();
        for _ in 0..SECONDS + 5 {
            feed.end_second();
        }
        let numbers: Vec<_> = feed.seconds().iter().map(|second| second.number).collect();
        assert_eq!((numbers.len(), numbers.first(), numbers.last()), (SECONDS, Some(&6), Some(&605)));
    }

    #[test]
    fn a_slow_reader_gets_the_newest_second() {
        let feed = Feed::default();
        assert!(!feed.is_watched());
        let reader = feed.reader().expect("a place");
        feed.publish("one".into());
        feed.publish("two".into());
        assert!(feed.is_watched() && reader.borrow().0 == "two");
    }

    #[test]
    fn readers_are_bounded_and_a_place_becomes_free() {
        let feed = Feed::default();
        let mut readers: Vec<_> = std::iter::from_fn(|| feed.reader()).collect();
        assert_eq!(readers.len(), READERS);
        readers.pop();
        assert!(feed.reader().is_some());
    }

    #[test]
    fn limits_of_a_second_are_bounded() {
        let mut second = Second::default();
        let limits = (0..100).map(|rule| (RuleId(rule), LimitEntry::default())).collect();
        second.add(&Change { entry: Entry::default(), limits });
        assert_eq!(second.limits.len(), LIMITS);
    }
}
