//! What clients have not read: counted for each connection, and for all connections together.
//!
//! An answer counts from when it is made until its memory is given back. A connection over its bound, and
//! every connection while all of them together are over theirs, makes no further answer: [`Unread::room`]
//! waits. So the bounds are exceeded by the answers that are being made at that moment, one a thread.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize};

use futures_util::future::select;
use tokio::sync::Notify;

/// Bytes of each connection that are left out of the count of all: with small answers no connection
/// touches what all of them share.
const OWN: usize = 4096;

/// What is bounded, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnreadBounds {
    pub(crate) per_connection: NonZeroUsize,
    /// For all connections together.
    pub(crate) all: NonZeroUsize,
}

impl Default for UnreadBounds {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl UnreadBounds {
    /// 4 MiB and 64 MiB.
    pub(crate) const DEFAULT: Self = Self { per_connection: mebibytes(4), all: mebibytes(64) };

    /// What all connections may hold before one that holds something has to wait. The last quarter is for
    /// connections that have read everything.
    const fn shared(self) -> usize {
        self.all.get() - self.all.get() / 4
    }
}

const fn mebibytes(count: usize) -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add((count << 20) - 1)
}

/// The count of all connections.
#[derive(Debug, Default)]
pub(super) struct Total {
    bounds: UnreadBounds,
    /// Below 0 for a moment, if one thread subtracts bytes before another one has added them.
    bytes: AtomicIsize,
    changed: Notify,
    told: AtomicBool,
}

impl Total {
    pub(super) fn new(bounds: UnreadBounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    pub(super) fn bytes(&self) -> usize {
        usize::try_from(self.bytes.load(SeqCst)).unwrap_or(0)
    }

    /// Warns once that requests wait for clients that do not read.
    fn warn(&self) {
        let bytes = self.bytes();
        if bytes >= self.bounds.shared() && !self.told.swap(true, Relaxed) {
            tracing::warn!(bytes, "requests wait until clients read their answers (--max-unread)");
        }
    }

    fn add(&self, bytes: usize) {
        self.bytes.fetch_add(signed(bytes), SeqCst);
    }

    fn subtract(&self, bytes: usize) {
        let before = self.bytes.fetch_sub(signed(bytes), SeqCst);
        let after = before.saturating_sub(signed(bytes));
        let falls_below = |bound| before >= signed(bound) && after < signed(bound);
        if falls_below(self.bounds.all.get()) || falls_below(self.bounds.shared()) {
            self.changed.notify_waiters();
        }
    }
}

/// No answer has this many bytes.
fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

/// The count of one connection.
#[derive(Debug)]
pub(super) struct Unread {
    total: Arc<Total>,
    bytes: AtomicUsize,
    /// Those of them that wait in hyper's write buffer; HTTP/1.1 alone.
    buffered: AtomicUsize,
    changed: Notify,
}

impl Unread {
    pub(super) fn new(total: Arc<Total>) -> Self {
        Self { total, bytes: AtomicUsize::new(0), buffered: AtomicUsize::new(0), changed: Notify::new() }
    }

    /// Whether the client has something to read.
    pub(super) fn is_waiting(&self) -> bool {
        self.bytes.load(Relaxed) > 0
    }

    pub(super) fn add(&self, bytes: usize) {
        let before = self.bytes.fetch_add(bytes, SeqCst);
        let shared = (before + bytes).saturating_sub(OWN) - before.saturating_sub(OWN);
        if shared > 0 {
            self.total.add(shared);
        }
    }

    pub(super) fn subtract(&self, bytes: usize) {
        let before = self.bytes.fetch_sub(bytes, SeqCst);
        let after = before - bytes;
        let shared = before.saturating_sub(OWN) - after.saturating_sub(OWN);
        if shared > 0 {
            self.total.subtract(shared);
        }
        let falls_below = |bound| before >= bound && after < bound;
        if falls_below(self.total.bounds.per_connection.get()) || falls_below(OWN) {
            self.changed.notify_waiters();
        }
    }

    /// Notes that counted bytes went into hyper's write buffer. Only the connection's own task calls this.
    pub(super) fn buffer(&self, bytes: usize) {
        self.buffered.store(self.buffered.load(Relaxed) + bytes, Relaxed);
    }

    /// Notes that bytes of that buffer were written. Heads are not counted, so the count ends early by those.
    pub(super) fn wrote(&self, bytes: usize) {
        let buffered = self.buffered.load(Relaxed);
        let counted = buffered.min(bytes);
        if counted > 0 {
            self.buffered.store(buffered - counted, Relaxed);
            self.subtract(counted);
        }
    }

    /// Waits until another answer may be made for this connection.
    pub(super) async fn room(&self) {
        while !self.has_room() {
            let (mut own, mut all) = (pin!(self.changed.notified()), pin!(self.total.changed.notified()));
            own.as_mut().enable();
            all.as_mut().enable();
            // A decrease between the first check and the registration would not wake this task.
            if self.has_room() {
                return;
            }
            self.total.warn();
            select(own, all).await;
        }
    }

    fn has_room(&self) -> bool {
        let (bounds, own) = (self.total.bounds, self.bytes.load(SeqCst));
        let most = if own < OWN { bounds.all.get() } else { bounds.shared() };
        own < bounds.per_connection.get() && self.total.bytes() < most
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let rest = *self.bytes.get_mut();
        self.subtract(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_of_all_is_exact_where_threads_add_and_subtract_and_connections_end() {
        let total = Arc::new(Total::new(UnreadBounds::DEFAULT));
        for _ in 0..200 {
            let connection = Unread::new(Arc::clone(&total));
            let add_and_subtract = || {
                for bytes in [1, OWN, 3 * OWN, OWN - 1] {
                    connection.add(bytes);
                    connection.subtract(bytes);
                }
                connection.add(2 * OWN);
            };
            std::thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(add_and_subtract)));
            assert_eq!(total.bytes(), 7 * OWN);
            drop(connection);
            assert_eq!(total.bytes(), 0);
        }
    }

    #[test]
    fn bytes_that_are_read_before_they_are_added_to_the_count_of_all_leave_room() {
        let total = Total::new(UnreadBounds::DEFAULT);
        total.subtract(OWN);
        assert_eq!(total.bytes(), 0);
        total.add(OWN);
        assert_eq!(total.bytes.load(SeqCst), 0);
    }
}
