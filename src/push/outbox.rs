//! The frames that wait to be sent on one socket: a bounded queue. Pushing never blocks.
//!
//! To send on a socket, push a frame. The socket's own task takes it out and writes it. A reader that is too slow
//! loses the queued frames and is closed with 1008. It delays no other socket and takes no memory beyond the bound.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::observe::close_reason::CloseReason;

/// Frames that may wait for a reader.
pub(crate) const CAPACITY: usize = 256;

/// Bytes that may wait for a reader.
pub(crate) const CAPACITY_BYTES: usize = 1 << 20;

/// Room that an empty queue keeps.
const KEPT: usize = 4;

/// The next output of a socket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// A text frame.
    Frame(Utf8Bytes),
    /// The end.
    Close(CloseReason),
}

/// The queue of one socket.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    changed: Notify,
    closing: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Utf8Bytes>,
    bytes: usize,
    end: Option<CloseReason>,
    dropped: u64,
}

impl State {
    fn is_full(&self, frame: &Utf8Bytes) -> bool {
        self.frames.len() >= CAPACITY || self.bytes + frame.len() > CAPACITY_BYTES
    }

    fn overflow(&mut self) {
        self.dropped += self.frames.len() as u64 + 1;
        self.frames = VecDeque::new();
        self.bytes = 0;
        self.end = Some(CloseReason::platform(1008, "the reader is too slow: its queue is full"));
    }

    fn take(&mut self) -> Option<Outgoing> {
        if let Some(frame) = self.frames.pop_front() {
            self.bytes -= frame.len();
            if self.frames.is_empty() && self.frames.capacity() > KEPT {
                self.frames.shrink_to(KEPT);
            }
            return Some(Outgoing::Frame(frame));
        }
        self.end.clone().map(Outgoing::Close)
    }
}

impl Outbox {
    /// Queues a frame; `false` where the socket is ending, or ends because of this frame.
    pub(crate) fn push(&self, frame: impl Into<Utf8Bytes>) -> bool {
        let frame = frame.into();
        let mut state = self.state.lock();
        if state.end.is_some() {
            state.dropped += 1;
            return false;
        }
        let fits = !state.is_full(&frame);
        if fits {
            state.bytes += frame.len();
            state.frames.push_back(frame);
        } else {
            state.overflow();
        }
        drop(state);
        if !fits {
            self.closing.notify_one();
        }
        self.changed.notify_one();
        fits
    }

    /// Ends the socket once all that waits is written; the first end holds.
    pub(crate) fn close(&self, reason: CloseReason) {
        self.state.lock().end.get_or_insert(reason);
        self.closing.notify_one();
        self.changed.notify_one();
    }

    /// Waits for the next output. After the end it returns the end again.
    pub(crate) async fn next(&self) -> Outgoing {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.changed.notified().await;
        }
    }

    /// Waits until the socket has to end. A task that is stuck in a write uses it.
    pub(crate) async fn ends(&self) {
        while self.state.lock().end.is_none() {
            self.closing.notified().await;
        }
    }

    /// The reason for the end of the socket, if it ends.
    pub(crate) fn ending(&self) -> Option<CloseReason> {
        self.state.lock().end.clone()
    }

    fn take(&self) -> Option<Outgoing> {
        self.state.lock().take()
    }

    /// Frames that wait.
    pub(crate) fn len(&self) -> usize {
        self.state.lock().frames.len()
    }

    /// Frames that were dropped because the reader was too slow or disconnected.
    pub(crate) fn dropped(&self) -> u64 {
        self.state.lock().dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::close_reason::ClosedBy;

    #[tokio::test]
    async fn what_was_pushed_comes_out_in_order_and_then_the_end() {
        let outbox = Outbox::default();
        assert!(outbox.push("a") && outbox.push("b"));
        outbox.close(CloseReason::operator(1012, "restart"));
        outbox.close(CloseReason::platform(1000, "too late"));
        assert!(!outbox.push("c"));
        assert_eq!(outbox.next().await, Outgoing::Frame("a".into()));
        assert_eq!(outbox.next().await, Outgoing::Frame("b".into()));
        assert_eq!(outbox.next().await, Outgoing::Close(CloseReason::operator(1012, "restart")));
        assert_eq!(outbox.dropped(), 1);
    }

    #[tokio::test]
    async fn a_queue_that_overflows_is_emptied_and_ends() {
        let outbox = Outbox::default();
        for _ in 0..CAPACITY {
            assert!(outbox.push("x"));
        }
        assert!(!outbox.push("one too many"));
        assert_eq!((outbox.len(), outbox.dropped()), (0, CAPACITY as u64 + 1));
        outbox.ends().await;
        let Outgoing::Close(end) = outbox.next().await else { panic!("frames after an overflow") };
        assert_eq!((end.code, end.by), (1008, ClosedBy::Platform));
    }

    #[test]
    fn large_frames_fill_it_too() {
        let outbox = Outbox::default();
        assert!(outbox.push("x".repeat(CAPACITY_BYTES)));
        assert!(!outbox.push("y"));
    }
}
