//! Says in the log that the store does not answer in time: once, however many requests that meets.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::Store;

/// A store that is connected and does not answer in time.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// Whether a request has waited in vain since the last beat.
    is_late: AtomicBool,
    /// Whether the log says so.
    is_told: AtomicBool,
}

impl Silence {
    /// A request waited in vain. Returns whether that is to be told.
    pub(super) fn begin(&self) -> bool {
        self.is_late.store(true, Relaxed);
        !self.is_told.swap(true, Relaxed)
    }

    /// The store has answered a beat. Returns whether the end is to be told: the beat was answered in time, and no request
    /// has waited in vain since the beat before. A store that is slow for long is thus told of once, even if few requests
    /// ask it.
    pub(super) fn beat(&self, in_time: bool) -> bool {
        let was_late = self.is_late.swap(false, Relaxed);
        in_time && !was_late && self.is_told.swap(false, Relaxed)
    }

    /// The connection is lost, which has its own lines in the log.
    pub(super) fn forget(&self) {
        self.is_told.store(false, Relaxed);
    }
}

impl Store {
    /// Says once that the store does not answer in time. A lost connection is told of by the task.
    pub(super) fn tell_silence(&self) {
        if self.membership.lock().failure.is_none() && self.silence.begin() {
            tracing::warn!("{}; limits act as their on_store_failure says", self.too_slow());
        }
    }

    pub(super) fn too_slow(&self) -> String {
        format!("the store does not answer within {:?} (--store-timeout)", self.options.timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_told_once_and_its_end_after_a_beat_without_one() {
        let silence = Silence::default();
        assert!(!silence.beat(true), "nothing is told without a silence");
        assert!(silence.begin() && !silence.begin());
        assert!(!silence.beat(true) && !silence.begin(), "a slow store is told of once");
        assert!(!silence.beat(true) && silence.beat(true) && !silence.beat(true));
        assert!(silence.begin(), "the next one is told again");
        silence.forget();
        assert!(!silence.beat(true) && !silence.beat(true), "a lost connection is told of elsewhere");
    }

    #[test]
    fn a_slow_store_that_no_request_asks_is_not_told_as_in_time() {
        let silence = Silence::default();
        assert!(silence.begin() && !silence.beat(false));
        assert!(!silence.beat(false) && !silence.beat(false), "its beats come late");
        assert!(!silence.begin(), "it is still the same silence");
        assert!(!silence.beat(true) && silence.beat(true));
    }
}
