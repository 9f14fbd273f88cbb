//! The decision over all limits that cover one request: all of them charge it, or none does.
//!
//! There are two phases under the locks of the partitions concerned (`homes`). First each bucket is copied,
//! rolled to `now` and checked (`trial`). Then the copies are charged, or marked as refused, and written back.
//! The report (the wait, the governing limit) is read from the copies after the locks are released. [`peek`]
//! does not write the copies back.

use smallvec::SmallVec;

use crate::homes::Homes;
use crate::trial::Trial;
use crate::{Buckets, Home, Key, Level, Mode, Nanos, Permit, Rule};

/// One limit that covers a request, and the bucket to charge. [`Rule::charge`] makes it.
#[derive(Clone, Copy, Debug)]
pub struct Charge<'r> {
    /// The limit.
    pub rule: &'r Rule,
    /// The bucket.
    pub key: Key,
    /// What the request costs. Less than 1 counts as 1, more than the capacity as the capacity.
    pub cost: u32,
    /// Whether the connection already holds a slot of this limit, and so is admitted without another.
    /// [`HeldSlots`](crate::HeldSlots) sets it.
    pub held: bool,
    /// Where the bucket lives.
    pub home: Home,
}

/// The decision of all limits on one request.
#[derive(Debug, Default)]
pub struct Decision<'r> {
    /// Whether an enforced limit refuses it.
    pub refused: bool,
    /// Whether no limit refuses it, and yet it is charged nowhere: another process took it for refused. Ask that one again.
    /// Only [`decide_beside`] leaves a request undecided.
    pub undecided: bool,
    /// Seconds after which a lone client is admitted. Present if, and only if, the request is refused.
    pub retry_after: Option<u32>,
    /// The limit to show to the client: the one that refuses longest, else the one nearest to refusing.
    pub governing: Option<LimitStatus<'r>>,
    /// The slots that it took, to be kept until the [`Hold`](crate::Hold) of each ends.
    pub permits: SmallVec<[Permit; 2]>,
    /// The limits in shadow mode that would have refused it.
    pub shadowed: SmallVec<[&'r Rule; 2]>,
}

/// The state of one limit's bucket after the decision.
#[derive(Clone, Copy, Debug)]
pub struct LimitStatus<'r> {
    /// The limit.
    pub rule: &'r Rule,
    /// The bucket.
    pub key: Key,
    /// Units in use. In a lockout: those that were in use when it began.
    pub used: u32,
    /// Units in all.
    pub capacity: u32,
    /// Units left. None in a lockout.
    pub remaining: u32,
    /// Time until the window or the lockout ends, or the token bucket is full. For a concurrency limit: a
    /// second while every slot is taken.
    pub resets_in: Nanos,
    /// What the limit adds to `Retry-After`: its fixed answer, or [`LimitStatus::exact_wait`]. 0 if it
    /// admits.
    pub wait: Nanos,
    /// Time until the limit admits a lone client. 0 if it does.
    pub exact_wait: Nanos,
}

/// Decides over a request, and charges all of `charges` or none.
///
/// A charge of [`Home::Tenant`] goes to the buckets of `tenant`, all others to those of `server`. Without a
/// tenant all go to the server. The server's buckets are locked before the tenant's, each only if one of
/// `charges` lives there.
///
/// ```
/// use gcmock_limit::{Algorithm, Buckets, Nanos, Rule, RuleId, Scope, Scopes, Subject, decide};
///
/// const SECOND: Nanos = 1_000_000_000;
/// let by_token = Scopes::default().with(Scope::Token);
/// let a_minute = Algorithm::FixedWindow { capacity: 300, period: 60 * SECOND };
/// let a_second = Algorithm::TokenBucket { capacity: 1, refill: 1, period: SECOND };
/// let rules = [
///     Rule::new(RuleId(0), "per minute", by_token, a_minute),
///     Rule::new(RuleId(1), "per second", by_token, a_second),
/// ];
///
/// let buckets = Buckets::default();
/// let subject = Subject { token: Some(0x5eed), ..Subject::default() };
/// let charges: Vec<_> = rules.iter().filter_map(|rule| rule.charge(&subject, |_| None)).collect();
///
/// assert!(!decide(&buckets, None, &charges, 0).refused);
/// let second = decide(&buckets, None, &charges, SECOND / 2);
/// assert!(second.refused);
/// assert_eq!(second.retry_after, Some(1));
/// assert_eq!(second.governing.map(|status| &*status.rule.name), Some("per second"));
/// // The refused request is charged nowhere.
/// assert_eq!(buckets.totals(RuleId(0)).admitted, 1);
/// ```
pub fn decide<'r>(
    server: &Buckets,
    tenant: Option<&Buckets>,
    charges: &[Charge<'r>],
    now: Nanos,
) -> Decision<'r> {
    decide_beside(server, tenant, charges, &[], now)
}

/// Decides as [`decide`] does, where the buckets of some charges are kept elsewhere.
///
/// `elsewhere` has a value for each charge, in their order; those without one are of this process. A bucket that is kept
/// elsewhere is already charged, or was refused there: here it is counted, and its state is copied. A slot that was taken
/// elsewhere is not. If the decision refuses what was charged elsewhere, the caller gives that back. If it admits what was
/// not charged elsewhere, it charges nothing and is [`undecided`](Decision::undecided).
pub fn decide_beside<'r>(
    server: &Buckets,
    tenant: Option<&Buckets>,
    charges: &[Charge<'r>],
    elsewhere: &[Option<Elsewhere>],
    now: Nanos,
) -> Decision<'r> {
    judge((server, tenant), charges, elsewhere, now, |homes, charges, trial| homes.keep(charges, trial, now))
}

/// Returns the decision that [`decide`] would make, without charging or counting. It has no permits.
pub fn peek<'r>(
    server: &Buckets,
    tenant: Option<&Buckets>,
    charges: &[Charge<'r>],
    now: Nanos,
) -> Decision<'r> {
    peek_beside(server, tenant, charges, &[], now)
}

/// Returns the decision that [`decide_beside`] would make, without charging or counting. It has no permits.
pub fn peek_beside<'r>(
    server: &Buckets,
    tenant: Option<&Buckets>,
    charges: &[Charge<'r>],
    elsewhere: &[Option<Elsewhere>],
    now: Nanos,
) -> Decision<'r> {
    judge((server, tenant), charges, elsewhere, now, |_, _, _| SmallVec::new())
}

/// What another process decided about the bucket of one charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The bucket after that decision. For a concurrency limit: the slots that all processes hold.
    pub level: Level,
    /// Whether the bucket had room.
    pub admits: bool,
    /// Whether the other process has charged the request in all of its limits. It says nothing where the level is not known.
    pub charged: bool,
    /// Whether the level is that of the bucket, and is copied to this process. Else the level is not known.
    pub known: bool,
}

/// Decides. `keep` runs under the locks.
fn judge<'r>(
    (server, tenant): (&Buckets, Option<&Buckets>),
    charges: &[Charge<'r>],
    elsewhere: &[Option<Elsewhere>],
    now: Nanos,
    keep: impl FnOnce(&mut Homes<'_>, &[Charge<'r>], &Trial) -> SmallVec<[Permit; 2]>,
) -> Decision<'r> {
    let mut homes = Homes::lock(server, tenant, charges);
    let mut trial = Trial::default();
    trial.hold(&homes, charges, elsewhere, now);
    let permits = if trial.undecided { SmallVec::new() } else { keep(&mut homes, charges, &trial) };
    drop(homes);
    trial.report(charges, now, permits)
}

impl Charge<'_> {
    /// The units that the request takes: at least 1, at most the capacity.
    pub fn units(&self) -> u32 {
        self.cost.min(self.rule.algorithm.capacity()).max(1)
    }

    /// Whether the limit refuses.
    pub fn enforces(&self) -> bool {
        self.rule.mode == Mode::Enforce
    }
}
