//! What each sampler meets, and the decision over its limits.

use gcmock_limit::{
    Algorithm, Buckets, Charge, Decision, Hold, Key, LimitStatus, Permit, Rule, RuleId, Scope, Subject,
    decide, peek,
};
use smallvec::SmallVec;

use super::system::{Met, Operation, System};
use super::tree::Tree;
use crate::Nanos;
use crate::model::{Action, HttpRequest, SocketMessage};

/// The charges of one request.
pub(super) type Charges<'r> = SmallVec<[Charge<'r>; 4]>;

/// What the samplers meet.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// What is met. `None`: it sends nothing that is limited or waits.
    met: Vec<Option<Met>>,
    /// By branch, the first of what it meets.
    first: Vec<usize>,
    /// All limits that are met, each once.
    pub(super) rules: Vec<std::sync::Arc<Rule>>,
}

impl Requests {
    pub(super) fn of(tree: &Tree<'_>, system: &dyn System) -> Self {
        let open = handshake(tree);
        let mut known: std::collections::HashMap<u32, Vec<Option<Met>>> = std::collections::HashMap::new();
        let mut all = Self::default();
        for (index, branch) in (0..).zip(&tree.branches) {
            let sampler = branch.node.zip(tree.sampler(index));
            let met = sampler.map_or_else(
                || vec![None],
                |(node, sampler)| {
                    let ask = || meet(&sampler.action, &open, system);
                    known.entry(node.0).or_insert_with(ask).clone()
                },
            );
            for (rule, _) in met.iter().flatten().flat_map(|met| &met.rules) {
                if !all.rules.iter().any(|other| other.id == rule.id) {
                    all.rules.push(std::sync::Arc::clone(rule));
                }
            }
            all.first.push(all.met.len());
            all.met.extend(met);
        }
        all
    }

    /// The place of what a branch meets. `address` is the place of its address.
    pub(super) fn place(&self, branch: u32, address: usize) -> usize {
        self.first.get(branch as usize).map_or(usize::MAX, |first| first + address)
    }

    /// What a branch meets at one place.
    pub(super) fn met(&self, place: usize) -> Option<&Met> {
        self.met.get(place)?.as_ref()
    }

    /// All that a branch can meet.
    pub(super) fn of_branch(&self, branch: u32) -> impl Iterator<Item = &Met> {
        self.places(branch).iter().flatten()
    }

    fn places(&self, branch: u32) -> &[Option<Met>] {
        let first = self.place(branch, 0);
        let end = self.first.get(branch as usize + 1).copied().unwrap_or(self.met.len());
        self.met.get(first..end).unwrap_or_default()
    }

    /// All that a branch meets once its thread has a row.
    pub(super) fn reached(&self, branch: u32, tree: &Tree<'_>) -> impl Iterator<Item = &Met> {
        let by_row = tree.sampler(branch).and_then(|sampler| match &sampler.action {
            Action::Http(request) => request.by_row.as_deref(),
            _ => None,
        });
        let places = by_row.map(|by_row| {
            let steps = by_row.place.steps.iter().map(|(_, place)| *place);
            steps.chain([by_row.place.first]).collect::<std::collections::HashSet<u32>>()
        });
        let is_reached = move |place: u32| places.as_ref().is_none_or(|places| places.contains(&place));
        (0..)
            .zip(self.places(branch))
            .filter(move |(place, _)| is_reached(*place))
            .filter_map(|(_, met)| met.as_ref())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Met> {
        self.met.iter().flatten()
    }
}

/// What a sampler meets with each of its addresses.
fn meet(action: &Action, open: &HttpRequest, system: &dyn System) -> Vec<Option<Met>> {
    if let Action::Http(request) = action
        && let Some(by_row) = &request.by_row
    {
        let at = |address| Some(system.meet(Operation::Http(&request.at(address))));
        return by_row.addresses.iter().map(at).collect();
    }
    vec![operation(action, open).map(|operation| system.meet(operation))]
}

/// The handshake of the plan's WebSockets: messages name only what they write.
fn handshake(tree: &Tree<'_>) -> HttpRequest {
    let opens = (0..).zip(&tree.branches).find_map(|(index, _)| match &tree.sampler(index)?.action {
        Action::SocketOpen(request) => Some(request.clone()),
        _ => None,
    });
    opens.unwrap_or_default()
}

fn operation<'p>(action: &'p Action, open: &'p HttpRequest) -> Option<Operation<'p>> {
    match action {
        Action::Http(request) => Some(Operation::Http(request)),
        Action::SocketOpen(request) => Some(Operation::Open(request)),
        Action::SocketMessage(SocketMessage { write: Some(text), .. }) => {
            Some(Operation::Message(open, text))
        }
        _ => None,
    }
}

/// The buckets of the run: those of the server, and those of the one organization.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    pub(super) server: Buckets,
    pub(super) tenant: Buckets,
}

/// What a decision says to the run. It borrows nothing of the state of a thread.
#[derive(Debug)]
pub(super) struct Verdict<'r> {
    pub(super) decision: Decision<'r>,
    /// The slots that stay with the connection.
    pub(super) kept: Vec<Permit>,
    /// The slots that stay with the request.
    pub(super) running: Vec<Permit>,
}

impl Met {
    pub(super) fn subject(&self, thread: u32, connection: u64) -> Subject {
        let index = thread as usize % self.subjects.len().max(1);
        let subject = self.subjects.get(index).cloned().unwrap_or_default();
        let own = |token: u64| token.wrapping_add(u64::from(thread).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let token = subject.token.map(|token| if self.own_token { own(token) } else { token });
        Subject { connection: Some(connection), token, ..subject }
    }

    /// The charges of one request of a thread. `held` are the slots of its connection.
    pub(super) fn charges<'r>(&'r self, subject: &Subject, held: &[Permit]) -> Charges<'r> {
        let has = |id: RuleId, key: Key| held.iter().any(|permit| permit.rule() == id && permit.key() == key);
        let charge = |(rule, cost): &'r (std::sync::Arc<Rule>, u32)| {
            let charge = rule.charge(subject, |_| None)?;
            let held = has(rule.id, charge.key);
            Some(Charge { cost: *cost, held, ..charge })
        };
        self.rules.iter().filter_map(charge).collect()
    }

    /// The charges of each subject, if they are the same for every request: no key is that of a connection or of a token
    /// of one's own, and no slot stays with a connection. None if they are not.
    fn fixed_charges(&self) -> Option<Vec<Charges<'_>>> {
        let holds =
            |rule: &Rule| matches!(rule.algorithm, Algorithm::Concurrency { hold: Hold::Connection, .. });
        if self.own_token || self.counts_connections() || self.rules.iter().any(|(rule, _)| holds(rule)) {
            return None;
        }
        let subjects =
            u32::try_from(self.subjects.len().max(1)).ok().filter(|count| *count <= MOST_SUBJECTS)?;
        Some((0..subjects).map(|thread| self.charges(&self.subject(thread, 0), &[])).collect())
    }

    /// Whether a key depends on the connection.
    pub(super) fn counts_connections(&self) -> bool {
        self.rules.iter().any(|(rule, _)| rule.scope.has(Scope::Connection))
    }
}

/// The charges that are the same for every request at a place, by the subject.
#[derive(Debug, Default)]
pub(super) struct FixedCharges<'r>(Vec<Vec<Charges<'r>>>);

/// More subjects of a sampler than this have their charges made for each request.
const MOST_SUBJECTS: u32 = 64;

impl<'r> FixedCharges<'r> {
    pub(super) fn of(requests: &'r Requests) -> Self {
        let charges = |met: &'r Option<Met>| met.as_ref().and_then(Met::fixed_charges).unwrap_or_default();
        Self(requests.met.iter().map(charges).collect())
    }

    /// The charges of the request of a subject, or None if they are made for each.
    pub(super) fn get(&self, place: usize, subject: u32) -> Option<&Charges<'r>> {
        let subjects = self.0.get(place)?;
        subjects.get((subject as usize).checked_rem(subjects.len())?)
    }
}

impl Limiter {
    fn decide<'r>(&self, charges: &[Charge<'r>], now: Nanos) -> Verdict<'r> {
        let mut decision = decide(&self.server, Some(&self.tenant), charges, now);
        if decision.permits.is_empty() {
            return Verdict { decision, kept: Vec::new(), running: Vec::new() };
        }
        let permits = std::mem::take(&mut decision.permits);
        let (kept, running) = permits.into_iter().partition(|permit| permit.hold() == Hold::Connection);
        Verdict { decision, kept, running }
    }

    /// Decides, or for a handshake that something else refuses, only lets the limits refuse.
    pub(super) fn judge<'r>(&self, charges: &[Charge<'r>], admits: bool, now: Nanos) -> Verdict<'r> {
        if admits {
            return self.decide(charges, now);
        }
        let looked = self.peek(charges, now);
        let decision = if looked.refused { self.decide(charges, now).decision } else { looked };
        Verdict { decision, kept: Vec::new(), running: Vec::new() }
    }

    fn peek<'r>(&self, charges: &[Charge<'r>], now: Nanos) -> Decision<'r> {
        peek(&self.server, Some(&self.tenant), charges, now)
    }
}

/// The time after which a limit is as it was: a window, a lockout, the refill of a whole bucket.
pub(super) fn period(rule: &Rule) -> Nanos {
    let own = match rule.algorithm {
        Algorithm::TokenBucket { capacity, refill, period } => {
            period.saturating_mul(capacity.into()) / Nanos::from(refill).max(1)
        }
        Algorithm::FixedWindow { period, .. } => period,
        Algorithm::Concurrency { .. } => 0,
    };
    own.max(rule.lockout.unwrap_or(0))
}

/// What is left of a limit, in thousandths of its capacity.
pub(super) fn level(status: &LimitStatus<'_>) -> u16 {
    let share = u64::from(status.remaining) * 1000 / u64::from(status.capacity).max(1);
    u16::try_from(share).unwrap_or(1000).min(1000)
}
