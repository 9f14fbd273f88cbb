//! The behaviour of callers after a refusal: whether they retry early, with growing gaps, or as a herd.
//!
//! Pure, over the journal's exchanges. A caller is a token on one TCP connection: load generators run many
//! users with one token, each on a connection of its own, and only there is the next request of an
//! operation a retry of the refused one. A token that never uses a connection twice is one caller wherever
//! it comes from ([`Callers`]), unless it opens WebSockets, which have a connection each anyway.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use gcmock_limit::RuleId;

use super::journal::Exchange;
use crate::catalog::OperationId;
use crate::time::Nanos;

/// Retries within such a time are of one herd.
const HERD: Nanos = 100_000_000;
/// The least number of them.
const HERD_SIZE: usize = 5;

/// A caller and an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CallerKey {
    /// The token's hash.
    pub(crate) token: u64,
    /// The TCP connection; none where it has one for each request.
    pub(crate) connection: Option<u32>,
    /// The operation's number.
    pub(crate) operation: OperationId,
}

/// The rules that distinguish callers.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    /// The tokens of clients that open a connection for each request.
    fleeting: HashSet<u64>,
    /// Whether model time is real time. Only then it says which request was sent before a refusal arrived.
    real_time: bool,
}

impl Callers {
    /// The callers of all requests. `opens_socket` is whether an operation opens a socket.
    pub(crate) fn of(
        requests: &[Exchange],
        real_time: bool,
        opens_socket: impl Fn(OperationId) -> bool,
    ) -> Self {
        let (mut fleeting, mut connections, mut stay) = (HashSet::new(), HashSet::new(), HashSet::from([0]));
        for Exchange { token, connection, operation, .. } in requests {
            fleeting.insert(*token);
            if opens_socket(*operation) || !connections.insert((token, connection)) {
                stay.insert(*token);
            }
        }
        Self { fleeting: &fleeting - &stay, real_time }
    }

    fn caller(&self, exchange: &Exchange) -> CallerKey {
        let fleeting = self.fleeting.contains(&exchange.token);
        CallerKey {
            token: exchange.token,
            connection: (!fleeting).then_some(exchange.connection),
            operation: exchange.operation,
        }
    }

    /// The earliest time at which the client can have read the answer.
    fn refusal_seen(&self, exchange: &Exchange) -> Nanos {
        let took = if self.real_time { Nanos::from(exchange.took_micros) * 1000 } else { 0 };
        exchange.time.saturating_add(took)
    }
}

/// The behaviour of one caller after refusals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conduct {
    /// Requests that were refused.
    pub(crate) refusals: u32,
    /// Requests that followed a refusal.
    pub(crate) retries: u32,
    /// Retries before the time of `Retry-After`.
    pub(crate) early: u32,
    /// The time by which the earliest of them was early.
    pub(crate) earliest: Nanos,
    /// Gaps between retries in a row that grew, and that did not.
    pub(crate) growing: u32,
    /// See [`Self::growing`].
    pub(crate) shrinking: u32,
    /// The least and the greatest delay of retries after the time of `Retry-After`.
    pub(crate) lateness: Option<(Nanos, Nanos)>,
}

impl Conduct {
    /// Whether the gaps between successive retries grow; `None` if there were too few retries.
    pub(crate) fn gaps_grow(&self) -> Option<bool> {
        (self.growing + self.shrinking > 0).then_some(self.growing > self.shrinking)
    }

    /// Whether retries are spread over different delays. `None` where there are too few.
    pub(crate) fn is_jittered(&self) -> Option<bool> {
        let (least, most) = self.lateness.filter(|_| self.retries > self.early + 1)?;
        Some(most - least >= HERD / 10)
    }

    fn retried(&mut self, gap: Nanos, told: Nanos) {
        self.retries += 1;
        match gap.checked_sub(told) {
            None => {
                self.early += 1;
                self.earliest = self.earliest.max(told - gap);
            }
            Some(late) => {
                let (least, most) = self.lateness.unwrap_or((late, late));
                self.lateness = Some((least.min(late), most.max(late)));
            }
        }
    }
}

/// Many callers that retried at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Herd {
    /// Their operation.
    pub(crate) operation: OperationId,
    /// The time of the first of them.
    pub(crate) at: Nanos,
    /// The number of retries within a tenth of a second.
    pub(crate) retries: usize,
}

/// The behaviour of all callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Audit {
    /// The refused callers.
    pub(crate) callers: BTreeMap<CallerKey, Conduct>,
    /// The behaviour of all callers after refusals by each limit; `None` is the adherence check.
    pub(crate) limits: BTreeMap<Option<RuleId>, Conduct>,
    /// The largest herd of each operation that had one.
    pub(crate) herds: Vec<Herd>,
    /// For each retry, the nanoseconds from the time of `Retry-After` to the retry; negative if it came early.
    pub(crate) delays: Vec<i64>,
}

/// A refusal without a retry yet, and its position in a row of refusals.
#[derive(Clone, Copy)]
struct Row {
    limit: Option<RuleId>,
    refused: Nanos,
    heard: Nanos,
    told: Nanos,
    gap: Option<Nanos>,
}

impl Audit {
    /// Of requests in the order of their times.
    pub(crate) fn of<'e>(requests: impl IntoIterator<Item = &'e Exchange>, callers: &Callers) -> Self {
        let (mut audit, mut rows) = (Self::default(), HashMap::<CallerKey, VecDeque<Row>>::new());
        let mut retries: BTreeMap<OperationId, Vec<Nanos>> = BTreeMap::new();
        for exchange in requests {
            let caller = callers.caller(exchange);
            let waiting = rows.entry(caller).or_default();
            let heard = waiting.front().is_some_and(|row| row.heard <= exchange.time);
            let row = if heard { waiting.pop_front() } else { None };
            let gap = row.map(|row| exchange.time.saturating_sub(row.refused));
            if let Some((row, gap)) = row.zip(gap) {
                audit.delays.push(gap.cast_signed() - row.told.cast_signed());
                let conduct = audit.callers.entry(caller).or_default();
                conduct.retried(gap, row.told);
                audit.limits.entry(row.limit).or_default().retried(gap, row.told);
                conduct.growing += u32::from(row.gap.is_some_and(|before| gap > before));
                conduct.shrinking += u32::from(row.gap.is_some_and(|before| gap <= before));
                retries.entry(caller.operation).or_default().push(exchange.time);
            }
            if exchange.refused {
                let limit = exchange.refused_by();
                audit.callers.entry(caller).or_default().refusals += 1;
                audit.limits.entry(limit).or_default().refusals += 1;
                let told = Nanos::from(exchange.retry_after.unwrap_or(1)) * 1_000_000_000;
                let row =
                    Row { limit, refused: exchange.time, heard: callers.refusal_seen(exchange), told, gap };
                rows.entry(caller).or_default().push_back(row);
            }
        }
        audit.herds = retries.iter().filter_map(|(operation, times)| herd(*operation, times)).collect();
        audit
    }

    /// Retries that came early, over all callers.
    pub(crate) fn early(&self) -> u32 {
        self.callers.values().map(|conduct| conduct.early).sum()
    }

    /// Refusals without a retry.
    pub(crate) fn unretried(&self) -> u32 {
        self.callers.values().map(|conduct| conduct.refusals.saturating_sub(conduct.retries)).sum()
    }
}

/// The most retries within a tenth of a second, where they are many.
fn herd(operation: OperationId, times: &[Nanos]) -> Option<Herd> {
    let (count, at) = busiest(times, HERD)?;
    (count >= HERD_SIZE).then_some(Herd { operation, at, retries: count })
}

/// The most of `times`, which are in order, that lie within `span`, and where that begins.
pub(crate) fn busiest(times: &[Nanos], span: Nanos) -> Option<(usize, Nanos)> {
    let mut first = 0;
    let counts = times.iter().enumerate().map(|(last, at)| {
        while at - times[first] >= span {
            first += 1;
        }
        (last - first + 1, times[first])
    });
    counts.max_by_key(|(count, _)| *count)
}

#[cfg(test)]
pub(super) mod tests {
    use crate::observe::compact_method::CompactMethod;
    use uuid::Uuid;

    use super::*;

    const SECOND: Nanos = 1_000_000_000;

    pub(crate) fn exchange(connection: u32, millis: u64, retry_after: Option<u32>) -> Exchange {
        Exchange {
            time: millis * 1_000_000,
            correlation: Uuid::nil(),
            token: 7,
            method: CompactMethod::GET,
            operation: OperationId(1),
            tenant: None,
            client: None,
            user: None,
            governing: None,
            used_percent: 0,
            refused: retry_after.is_some(),
            generic: false,
            status: if retry_after.is_some() { 429 } else { 200 },
            retry_after,
            took_micros: 0,
            edge: None,
            connection,
            details: None,
        }
    }

    #[test]
    fn an_early_retry_is_told_with_its_worst_case() {
        let journal = [
            exchange(1, 0, Some(2)),
            exchange(2, 10, None),
            exchange(1, 500, Some(2)),
            exchange(1, 3000, None),
        ];
        let audit = Audit::of(&journal, &Callers::default());
        assert_eq!(audit.callers.len(), 1, "the other connection was never refused");
        let conduct = audit.callers.values().next().expect("one");
        assert_eq!((conduct.refusals, conduct.retries, conduct.early), (2, 2, 1));
        assert_eq!(conduct.earliest, SECOND * 3 / 2);
        assert_eq!(audit.delays, [-1_500_000_000, 500_000_000]);
        assert_eq!((conduct.gaps_grow(), audit.unretried()), (Some(true), 0));
    }

    #[test]
    fn a_retry_is_laid_to_the_limit_that_had_refused() {
        let by = |rule, exchange| Exchange { governing: Some(RuleId(rule)), ..exchange };
        let journal = [
            by(3, exchange(1, 0, Some(2))),
            by(4, exchange(1, 500, Some(1))),
            by(3, exchange(1, 1600, None)),
            by(4, exchange(2, 1700, Some(1))),
        ];
        let audit = Audit::of(&journal, &Callers::default());
        let seen = |rule| {
            let conduct = &audit.limits[&Some(RuleId(rule))];
            (conduct.refusals, conduct.retries, conduct.early)
        };
        assert_eq!((audit.limits.len(), seen(3), seen(4)), (2, (1, 1, 1), (2, 1, 0)));
    }

    #[test]
    fn a_client_without_lasting_connections_is_seen_by_its_token() {
        let mut requests = vec![exchange(1, 0, Some(2)), exchange(2, 500, Some(2)), exchange(3, 3000, None)];
        let early = |requests: &[Exchange], opens_socket: bool| {
            Audit::of(requests, &Callers::of(requests, false, |_| opens_socket)).early()
        };
        assert_eq!((early(&requests, false), early(&requests, true)), (1, 0));
        requests.push(exchange(3, 4000, None));
        let users = "one of its connections was used again: they are users of their own";
        assert_eq!(early(&requests, false), 0, "{users}");
    }

    #[test]
    fn what_was_on_its_way_when_the_refusal_came_is_no_retry() {
        let at_once = |millis| Exchange { took_micros: 50_000, ..exchange(1, millis, Some(1)) };
        let journal = [at_once(0), at_once(1), at_once(2), exchange(1, 1100, None), exchange(1, 1101, None)];
        let callers = Callers { real_time: true, ..Callers::default() };
        let audit = Audit::of(&journal, &callers);
        assert_eq!((audit.early(), audit.unretried()), (0, 1));
        let frozen = Audit::of(&journal, &Callers::default());
        assert_eq!(frozen.early(), 2, "a frozen clock does not show real time");
    }

    #[test]
    fn callers_that_retry_together_are_a_herd_without_jitter() {
        let refused = (0..50).map(|connection| exchange(connection, 0, Some(1)));
        let back = (0..50).map(|connection| exchange(connection, 1001, Some(1)));
        let again = (0..50).map(|connection| exchange(connection, 2002, None));
        let journal: Vec<_> = refused.chain(back).chain(again).collect();
        let audit = Audit::of(&journal, &Callers::default());
        assert_eq!((audit.early(), audit.callers.len()), (0, 50));
        assert_eq!(audit.herds, [Herd { operation: OperationId(1), at: 2002 * 1_000_000, retries: 50 }]);
        let conduct = audit.callers.values().next().expect("fifty");
        assert_eq!((conduct.is_jittered(), conduct.gaps_grow()), (Some(false), Some(false)));
    }
}
