//! The journal: the last exchanges, newest first.
//!
//! A bounded ring of small entries. They hold numbers instead of strings, so that writing one is cheap. A token is
//! kept as its hash only. The usage endpoints read the same entries; the metrics are counted separately.

mod ring;

use std::sync::Arc;

use gcmock_limit::{Client, RuleId};
use http::Method;
use parking_lot::{Mutex, MutexGuard};
use uuid::Uuid;

use self::ring::Ring;
use super::close_reason::CloseReason;
use super::compact_method::CompactMethod;
use crate::catalog::OperationId;
use crate::time::Nanos;
use crate::world::id::{ClientIndex, EdgeIndex, TenantIndex, UserIndex};
use crate::world::workforce::AdherenceCause;

/// The default capacity of the journal, in exchanges.
pub(crate) const DEFAULT_CAPACITY: usize = 65_536;
/// The journal's capacity under `gcmock run`, whose verdict needs every entry.
pub(crate) const RUN_CAPACITY: usize = 1_000_000;

/// The status of a request without an answer.
pub(crate) const NOT_ANSWERED: u16 = 0;

/// A request and its outcome.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Model time of its arrival.
    pub(crate) time: Nanos,
    /// The correlation id that its client saw.
    pub(crate) correlation: Uuid,
    /// The token's hash; 0 without a token.
    pub(crate) token: u64,
    /// The method; GET in its place where `details` has another one.
    pub(crate) method: CompactMethod,
    /// The operation's number; 0 for an unknown path.
    pub(crate) operation: OperationId,
    /// The organization's number.
    pub(crate) tenant: Option<TenantIndex>,
    /// The client's number within its organization.
    pub(crate) client: Option<ClientIndex>,
    /// The user's number within its organization.
    pub(crate) user: Option<UserIndex>,
    /// The limit that refused, or else the one nearest to refusing.
    pub(crate) governing: Option<RuleId>,
    /// The used percentage of the governing limit.
    pub(crate) used_percent: u8,
    /// Whether a limit refused, or the adherence check.
    pub(crate) refused: bool,
    /// Whether the answer is generic.
    pub(crate) generic: bool,
    /// The HTTP status; [`NOT_ANSWERED`] where the connection was reset.
    pub(crate) status: u16,
    /// The `Retry-After` of a refusal.
    pub(crate) retry_after: Option<u32>,
    /// Microseconds of wire time from the request's head to its answer.
    pub(crate) took_micros: u32,
    /// The edge it arrived at.
    pub(crate) edge: Option<EdgeIndex>,
    /// The low 32 bits of the number of its TCP connection.
    pub(crate) connection: u32,
    /// What only few exchanges have.
    pub(crate) details: Option<Box<Details>>,
}

// The ring is larger than a processor's cache, and each request overwrites an entry of it. With 160 bytes, and three
// parts to drop, a request took up to 0.3 microseconds more.
const _: () = assert!(size_of::<Exchange>() <= 112, "an entry of the journal has grown");

/// What only few exchanges have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Details {
    /// The path, if it has no operation.
    pub(crate) path: Option<Box<str>>,
    /// The method, if it is not a standard one.
    pub(crate) method: Option<Method>,
    /// The refusal by the adherence check, if it refused.
    pub(crate) adherence: Option<AdherenceNote>,
    /// The event of a socket, if the entry is about a socket.
    pub(crate) socket: Option<SocketNote>,
    /// The name of the fault that struck.
    pub(crate) fault: Option<Arc<str>>,
    /// Whether it was refused while shared limits acted without their store.
    pub(crate) without_store: bool,
}

impl Details {
    /// `None` if there are none.
    pub(crate) fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

/// A refusal by the adherence check: the agent and the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdherenceNote {
    /// The agent's number within its organization.
    pub(crate) agent: UserIndex,
    /// Which of its rules refused.
    pub(crate) cause: AdherenceCause,
    /// One sentence, which names the agent and the edge.
    pub(crate) reason: Box<str>,
}

/// An event of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SocketNote {
    /// The socket's number.
    pub(crate) id: u64,
    pub(crate) event: SocketEvent,
}

/// An event in the life of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SocketEvent {
    /// Its handshake was admitted.
    Opened,
    /// It ended.
    Closed(CloseReason),
    /// A message on it was refused.
    Refused {
        /// The message's action, where its protocol has such.
        action: Option<String>,
    },
}

impl SocketEvent {
    /// The name the admin API shows.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed(_) => "closed",
            Self::Refused { .. } => "refused",
        }
    }
}

impl Exchange {
    /// The path, if it has no operation.
    pub(crate) fn path(&self) -> Option<&str> {
        self.details.as_ref()?.path.as_deref()
    }

    /// The method's name.
    pub(crate) fn method(&self) -> &str {
        let unusual = self.details.as_ref().and_then(|details| details.method.as_ref());
        unusual.map_or(self.method.as_str(), Method::as_str)
    }

    /// The refusal by the adherence check, if it refused.
    pub(crate) fn adherence(&self) -> Option<&AdherenceNote> {
        self.details.as_ref()?.adherence.as_ref()
    }

    /// The event of a socket, if the entry is about a socket.
    pub(crate) fn socket(&self) -> Option<&SocketNote> {
        self.details.as_ref()?.socket.as_ref()
    }

    /// The name of the fault that struck.
    pub(crate) fn fault(&self) -> Option<&Arc<str>> {
        self.details.as_ref()?.fault.as_ref()
    }

    /// Whether it was refused while shared limits acted without their store.
    pub(crate) fn is_without_store(&self) -> bool {
        self.details.as_ref().is_some_and(|details| details.without_store)
    }

    /// The limit that refused it; none where the adherence check did.
    pub(crate) fn refused_by(&self) -> Option<RuleId> {
        self.governing.filter(|_| self.refused && self.adherence().is_none())
    }

    /// Whether it is a request and its answer, as usage reports count them.
    pub(crate) fn is_request(&self) -> bool {
        self.socket().is_none_or(|note| note.event == SocketEvent::Opened)
    }
}

/// A connection's number as the journal keeps it.
#[expect(clippy::cast_possible_truncation, reason = "the lower half distinguishes the open connections")]
pub(crate) const fn short(connection: Option<u64>) -> u32 {
    match connection {
        Some(connection) => connection as u32,
        None => 0,
    }
}

/// The client's number, where it is one of the organization's.
pub(crate) const fn known(client: Option<Client>) -> Option<ClientIndex> {
    match client {
        Some(Client::Known(client)) => Some(ClientIndex(client)),
        _ => None,
    }
}

/// The ring of exchanges.
#[derive(Debug)]
pub(crate) struct Journal {
    capacity: usize,
    ring: Mutex<Ring>,
}

impl Journal {
    /// A journal that remembers `capacity` exchanges; 0 switches it off.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, ring: Mutex::default() }
    }

    /// Adds one exchange, the oldest making room.
    pub(crate) fn record(&self, exchange: Exchange) {
        let mut ring = self.ring.lock();
        ring.recorded += 1;
        if ring.exchanges.len() >= self.capacity {
            ring.forgotten += 1;
            if ring.exchanges.pop_front().is_none() {
                return;
            }
        }
        ring.exchanges.push_back(exchange);
    }

    /// The newest exchanges that `wanted` accepts, at most `limit`.
    pub(crate) fn find(&self, limit: usize, wanted: impl FnMut(&Exchange) -> bool) -> Vec<Exchange> {
        self.find_before(u64::MAX, limit, wanted).0
    }

    /// The newest exchanges that `wanted` accepts, with numbers below `before`, at most `limit`; and the number
    /// from which to continue.
    pub(crate) fn find_before(
        &self,
        before: u64,
        limit: usize,
        mut wanted: impl FnMut(&Exchange) -> bool,
    ) -> (Vec<Exchange>, u64) {
        let (mut found, mut number) = (Vec::new(), before);
        loop {
            let ring = self.ring.lock();
            let part = ring.find_in_part(number, limit, &mut found, &mut wanted);
            MutexGuard::unlock_fair(ring);
            number = part.number;
            if part.is_last {
                return (found, number);
            }
        }
    }

    /// A copy of all requests, in the order of their times and then of their answers. Use it for verdicts, not on the
    /// path of a request.
    pub(crate) fn requests(&self) -> Vec<Exchange> {
        let mut all = self.find(usize::MAX, Exchange::is_request);
        all.reverse();
        all.sort_by_key(|exchange| exchange.time);
        all
    }

    /// Looks at every exchange that is recorded by now, oldest first.
    pub(crate) fn each(&self, mut look: impl FnMut(&Exchange)) {
        let (mut next, end) = (0, self.ring.lock().recorded);
        while next < end {
            let ring = self.ring.lock();
            next = ring.look_at_part(next, end, &mut look);
            MutexGuard::unlock_fair(ring);
        }
    }

    /// Removes everything.
    pub(crate) fn clear(&self) {
        let mut ring = self.ring.lock();
        ring.exchanges.clear();
        ring.forgotten = 0;
    }

    /// The number of stored exchanges.
    pub(crate) fn len(&self) -> usize {
        self.ring.lock().exchanges.len()
    }

    /// The number of exchanges that were dropped since the journal was empty.
    pub(crate) fn forgotten(&self) -> u64 {
        self.ring.lock().forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn exchange(status: u16) -> Exchange {
        Exchange {
            status,
            time: 0,
            correlation: Uuid::nil(),
            token: 0,
            method: CompactMethod::GET,
            operation: OperationId::default(),
            tenant: None,
            client: None,
            user: None,
            governing: None,
            used_percent: 0,
            refused: false,
            generic: false,
            retry_after: None,
            took_micros: 0,
            edge: None,
            connection: 0,
            details: None,
        }
    }

    #[test]
    fn pages_follow_one_another_while_exchanges_come_and_go() {
        let journal = Journal::new(10);
        let statuses = |(found, number): (Vec<Exchange>, u64)| {
            (found.iter().map(|exchange| exchange.status).collect::<Vec<_>>(), number)
        };
        (0..8).for_each(|status| journal.record(exchange(status)));
        let page = |before, wanted: fn(&Exchange) -> bool| statuses(journal.find_before(before, 3, wanted));
        assert_eq!(page(u64::MAX, |_| true), (vec![7, 6, 5], 5));
        assert_eq!(page(u64::MAX, |exchange| exchange.status % 3 == 0), (vec![6, 3, 0], 0));
        (8..14).for_each(|status| journal.record(exchange(status)));
        assert_eq!(page(5, |_| true), (vec![4], 4), "0 to 3 have made room");
        assert_eq!(page(4, |_| true), (vec![], 4));
        journal.clear();
        assert_eq!(page(u64::MAX, |_| true), (vec![], 14));
    }
}
