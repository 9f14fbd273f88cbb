//! Spares a store that fails: after some failures in a row, requests no longer wait for it until it answers again.

use std::sync::atomic::{AtomicU32, Ordering};

/// Failures in a row that open the breaker.
const FAILURES: u32 = 3;

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(super) struct Breaker(AtomicU32);

impl Breaker {
    pub(super) fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= FAILURES
    }

    /// A request waited in vain.
    pub(super) fn failed(&self) {
        let _ =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| Some(count.saturating_add(1)));
    }

    /// The connection is lost: no request needs to try.
    pub(super) fn open(&self) {
        self.0.store(FAILURES, Ordering::Relaxed);
    }

    /// The store answered.
    pub(super) fn close(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
