//! The server's own bounds, apart from the emulated limits.
//!
//! It only counts: connections from accept to close, requests in flight, the bytes of answers that clients have not read
//! (`unread`), and the bytes of bodies in memory (`intake`). The service refuses a [`ConnectionSlot`] over the bound, or
//! a request without room, with its own message.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use super::intake::Intake;
use super::unread::{Total, UnreadBounds};

/// The connections over the bound that get an answer; any further one is closed without one.
const TOLD: usize = 256;

/// A bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Open connections, upgraded ones among them.
    Connections,
    /// Requests that wait for their answer.
    Requests,
}

impl Bound {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Connections, Self::Requests];

    /// Its label in the metrics.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Requests => "in_flight",
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Connections => ("connections", "--max-connections"),
            Self::Requests => ("requests in flight", "--max-in-flight"),
        }
    }
}

/// The default bound of bodies in memory, in bytes.
pub(crate) const BODIES: NonZeroUsize = NonZeroUsize::MIN.saturating_add((64 << 20) - 1);

/// The bounds; none is unbounded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Open connections, upgraded ones among them.
    pub(crate) connections: Option<NonZeroUsize>,
    /// Requests that wait for their answer.
    pub(crate) requests: Option<NonZeroUsize>,
    /// Answers that wait to be read. They are always bounded.
    pub(crate) unread: UnreadBounds,
    /// The bound of bodies in memory, in bytes. It always exists.
    pub(crate) bodies: NonZeroUsize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections: None, requests: None, unread: UnreadBounds::DEFAULT, bodies: BODIES }
    }
}

/// The counts of all listeners that are bounded together.
#[derive(Debug)]
pub(crate) struct Protection {
    bounds: Bounds,
    connections: AtomicUsize,
    requests: AtomicUsize,
    refused: [AtomicU64; Bound::ALL.len()],
    unread: Arc<Total>,
    intake: Intake,
}

impl Default for Protection {
    fn default() -> Self {
        Self::new(Bounds::default())
    }
}

impl Protection {
    /// Counts against those bounds.
    pub(crate) fn new(bounds: Bounds) -> Self {
        let (connections, requests, refused) = Default::default();
        let (unread, intake) = (Arc::new(Total::new(bounds.unread)), Intake::new(bounds.bodies));
        Self { bounds, connections, requests, refused, unread, intake }
    }

    /// Connections that are open.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    /// Bytes of answers that clients have not read.
    #[cfg(test)]
    pub(crate) fn unread(&self) -> usize {
        self.unread.bytes()
    }

    /// Requests that were refused for a bound.
    pub(crate) fn refused(&self, bound: Bound) -> u64 {
        self.refused[bound as usize].load(Relaxed)
    }

    /// Counts a connection until its slot is dropped.
    pub(crate) fn take_slot(self: &Arc<Self>) -> ConnectionSlot {
        let before = self.connections.fetch_add(1, Relaxed);
        let over = self.bounds.connections.map_or(0, |most| (before + 1).saturating_sub(most.get()));
        ConnectionSlot { over, counted: true, protection: Arc::clone(self) }
    }

    /// A slot that no bound on connections concerns.
    pub(crate) fn uncounted_slot(self: &Arc<Self>) -> ConnectionSlot {
        ConnectionSlot { over: 0, counted: false, protection: Arc::clone(self) }
    }

    /// Counts a request until the guard is dropped, or returns the bound that refuses it.
    ///
    /// # Errors
    /// With the sentence that the client is to read.
    pub(crate) fn request(&self, slot: &ConnectionSlot) -> Result<Request<'_>, String> {
        if slot.over > 0 {
            return Err(self.refuse(Bound::Connections, self.bounds.connections));
        }
        let Some(most) = self.bounds.requests else { return Ok(Request(None)) };
        let before = self.requests.fetch_add(1, Relaxed);
        let counted = Request(Some(&self.requests));
        if before < most.get() {
            return Ok(counted);
        }
        drop(counted);
        Err(self.refuse(Bound::Requests, self.bounds.requests))
    }

    fn refuse(&self, bound: Bound, most: Option<NonZeroUsize>) -> String {
        let before = self.refused[bound as usize].fetch_add(1, Relaxed);
        let (what, option) = bound.words();
        let most = most.map_or(0, NonZeroUsize::get);
        let why = format!(
            "gcmock's own protection, not a limit of the platform: at most {most} {what} at a time ({option})."
        );
        if before == 0 {
            tracing::warn!("a request was refused, further refusals are only counted: {why}");
        }
        why
    }
}

/// A connection's slot.
#[derive(Debug, Default)]
pub(crate) struct ConnectionSlot {
    /// How far over the bound it was when it came.
    over: usize,
    counted: bool,
    protection: Arc<Protection>,
}

impl ConnectionSlot {
    /// Whether too many are over the bound for this one to get an answer.
    pub(super) fn is_hopeless(&self) -> bool {
        self.over > TOLD
    }

    /// Whether it is over the bound: it gets one answer and is closed.
    pub(crate) fn is_over(&self) -> bool {
        self.over > 0
    }

    /// The slot of a connection inside this one. It is already counted, and has the same bound.
    pub(super) fn within(&self) -> Self {
        Self { over: self.over, counted: false, protection: Arc::clone(&self.protection) }
    }

    /// The room for the bodies of this connection's requests, and all others.
    pub(super) fn intake(&self) -> &Intake {
        &self.protection.intake
    }

    /// The count of unread bytes that this connection's ones belong to.
    pub(super) fn unread(&self) -> Arc<Total> {
        Arc::clone(&self.protection.unread)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        if self.counted {
            self.protection.connections.fetch_sub(1, Relaxed);
        }
    }
}

/// A request's slot, where requests are bounded.
#[derive(Debug)]
pub(crate) struct Request<'a>(Option<&'a AtomicUsize>);

impl Drop for Request<'_> {
    fn drop(&mut self) {
        if let Some(requests) = self.0 {
            requests.fetch_sub(1, Relaxed);
        }
    }
}
