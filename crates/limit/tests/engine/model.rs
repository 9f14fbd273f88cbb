//! A second limiter, written from the promises and for nothing but plainness: it remembers every charge
//! and finds every wait by trying instants.

use std::collections::HashMap;

use gcmock_limit::{Algorithm, Key, Mode, Nanos, Rule, RuleId, Totals};

/// What one key has done under one rule.
#[derive(Clone, Debug, Default)]
struct History {
    /// Every charge of the current bucket or window, or of all held slots.
    charges: Vec<(u128, u64)>,
    locked_until: Option<u128>,
    refused: u32,
}

impl History {
    /// What is in use at `now`.
    fn used(&self, algorithm: &Algorithm, now: u128) -> u64 {
        match *algorithm {
            Algorithm::TokenBucket { refill, period, .. } => self.tokens(refill, period, now),
            Algorithm::FixedWindow { period, .. } => self.window(period, now).map_or(0, |(_, used)| used),
            Algorithm::Concurrency { .. } => self.charges.iter().map(|(_, cost)| cost).sum(),
        }
    }

    /// Token by token from the first charge on, each at its own instant.
    fn tokens(&self, refill: u32, period: Nanos, now: u128) -> u64 {
        let (mut used, mut anchor, mut accrued) = (0, 0, 0);
        let accrue = |used: &mut u64, anchor: u128, until: u128, accrued: &mut u128| {
            while *used > 0 {
                let next = (*accrued + 1) * u128::from(period);
                if anchor + next.div_ceil(u128::from(refill)) > until {
                    break;
                }
                *used -= 1;
                *accrued += 1;
            }
        };
        for (at, cost) in &self.charges {
            accrue(&mut used, anchor, *at, &mut accrued);
            if used == 0 {
                (anchor, accrued) = (*at, 0);
            }
            used += cost;
        }
        accrue(&mut used, anchor, now, &mut accrued);
        used
    }

    /// The start of the window that is open at `now`, and what it holds.
    fn window(&self, period: Nanos, now: u128) -> Option<(u128, u64)> {
        let mut open: Option<(u128, u64)> = None;
        for (at, cost) in &self.charges {
            open = match open {
                Some((start, used)) if *at < start + u128::from(period) => Some((start, used + cost)),
                _ => Some((*at, *cost)),
            };
        }
        open.filter(|(start, _)| now < start + u128::from(period))
    }

    fn admits(&self, algorithm: &Algorithm, cost: u64, now: u128) -> bool {
        !self.is_locked(now) && self.used(algorithm, now) + cost <= u64::from(algorithm.capacity())
    }

    fn is_locked(&self, now: u128) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// A lockout that is over leaves nothing but held slots.
    fn unlock(&mut self, algorithm: &Algorithm, now: u128) {
        if self.locked_until.is_some_and(|until| now >= until) {
            self.locked_until = None;
            if !matches!(algorithm, Algorithm::Concurrency { .. }) {
                self.charges.clear();
            }
        }
    }

    /// The bucket at `then`, if no request changes it.
    fn later(&self, algorithm: &Algorithm, then: u128) -> Self {
        let mut later = self.clone();
        later.unlock(algorithm, then);
        later
    }

    fn wait(&self, algorithm: &Algorithm, cost: u64, now: u128) -> u128 {
        if matches!(algorithm, Algorithm::Concurrency { .. }) && !self.is_locked(now) {
            return 1_000_000_000;
        }
        first(|wait| {
            let later = self.later(algorithm, now + wait);
            if matches!(algorithm, Algorithm::Concurrency { .. }) {
                return !later.is_locked(now + wait);
            }
            later.admits(algorithm, cost, now + wait)
        })
    }

    fn resets_in(&self, algorithm: &Algorithm, now: u128) -> u128 {
        if matches!(algorithm, Algorithm::Concurrency { .. }) && !self.is_locked(now) {
            let full = self.used(algorithm, now) >= u64::from(algorithm.capacity());
            return if full { 1_000_000_000 } else { 0 };
        }
        first(|wait| {
            let later = self.later(algorithm, now + wait);
            let used = match algorithm {
                Algorithm::Concurrency { .. } => 0,
                _ => later.used(algorithm, now + wait),
            };
            !later.is_locked(now + wait) && used == 0
        })
    }
}

/// The shortest wait for which `good` holds; it must stay so from there on.
fn first(good: impl Fn(u128) -> bool) -> u128 {
    let (mut bad, mut best) = (0, 1);
    if good(0) {
        return 0;
    }
    while !good(best) {
        (bad, best) = (best, best * 2);
    }
    while best - bad > 1 {
        let middle = u128::midpoint(bad, best);
        if good(middle) { best = middle } else { bad = middle }
    }
    best
}

/// One rule a request is charged with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'r> {
    pub(super) rule: &'r Rule,
    pub(super) key: Key,
    pub(super) cost: u32,
    pub(super) held: bool,
}

impl Ask<'_> {
    fn cost(&self) -> u64 {
        u64::from(self.cost.clamp(1, self.rule.algorithm.capacity()))
    }

    fn enforces(&self) -> bool {
        self.rule.mode == Mode::Enforce
    }
}

/// What there is to compare about a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) refused: bool,
    pub(super) retry_after: Option<u128>,
    pub(super) governing: Option<Governing>,
    pub(super) shadowed: Vec<RuleId>,
}

/// The limit that governs, after the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Governing {
    pub(super) rule: RuleId,
    pub(super) used: u64,
    pub(super) remaining: u64,
    pub(super) resets_in: u128,
    pub(super) wait: u128,
    pub(super) exact_wait: u128,
}

/// All histories, and the two phases over them.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    histories: HashMap<(RuleId, Key), History>,
    totals: HashMap<RuleId, Totals>,
}

impl Model {
    pub(super) fn decide(&mut self, asks: &[Ask<'_>], now: Nanos) -> Verdict {
        let now = u128::from(now);
        let admits: Vec<bool> = asks.iter().map(|ask| self.asked(ask, now)).collect();
        let refused = asks.iter().zip(&admits).any(|(ask, admits)| ask.enforces() && !admits);
        for (ask, admits) in asks.iter().zip(&admits) {
            self.settle(ask, *admits, refused, now);
        }
        Verdict {
            refused,
            retry_after: refused.then(|| self.retry_after(asks, now)),
            governing: self.governing(asks, &admits, refused, now),
            shadowed: asks
                .iter()
                .zip(&admits)
                .filter(|(ask, admits)| !ask.enforces() && !**admits)
                .map(|(ask, _)| ask.rule.id)
                .collect(),
        }
    }

    fn asked(&mut self, ask: &Ask<'_>, now: u128) -> bool {
        let history = self.history(ask);
        history.unlock(&ask.rule.algorithm, now);
        ask.held || history.admits(&ask.rule.algorithm, ask.cost(), now)
    }

    fn settle(&mut self, ask: &Ask<'_>, admits: bool, refused: bool, now: u128) {
        let algorithm = &ask.rule.algorithm;
        let slots = matches!(algorithm, Algorithm::Concurrency { .. });
        let totals = self.totals.entry(ask.rule.id).or_default();
        totals.hits += 1;
        match (admits, ask.enforces()) {
            (true, _) => totals.admitted += u64::from(!refused),
            (false, true) => totals.refused += 1,
            (false, false) => totals.shadow_refused += 1,
        }
        let history = self.history(ask);
        let locked = history.is_locked(now);
        if refused {
            let room = u64::from(algorithm.capacity()).saturating_sub(history.used(algorithm, now));
            if ask.rule.count_refused && !slots && !locked && room > 0 {
                history.charges.push((now, ask.cost().min(room)));
            }
        } else if admits && !ask.held {
            history.charges.push((now, ask.cost()));
        }
        if !admits {
            history.refused += 1;
            if let Some(lockout) = ask.rule.lockout.filter(|_| !locked) {
                history.locked_until = Some(now + u128::from(lockout));
            }
        }
        let near = self.history(ask).used(algorithm, now) * 100 > u64::from(algorithm.capacity()) * 80;
        let totals = self.totals.entry(ask.rule.id).or_default();
        totals.near += u64::from(admits && !refused && near);
    }

    fn retry_after(&self, asks: &[Ask<'_>], now: u128) -> u128 {
        let refusing = asks.iter().filter(|ask| {
            let history = self.known(ask);
            ask.enforces() && !ask.held && !history.admits(&ask.rule.algorithm, ask.cost(), now)
        });
        let seconds = refusing.map(|ask| match ask.rule.retry_after {
            Some(fixed) => u128::from(fixed),
            None => self.known(ask).wait(&ask.rule.algorithm, ask.cost(), now).div_ceil(1_000_000_000).max(1),
        });
        seconds.max().expect("a limit refused")
    }

    fn governing(&self, asks: &[Ask<'_>], admits: &[bool], refused: bool, now: u128) -> Option<Governing> {
        let mut all: Vec<(Ask<'_>, Governing)> = asks
            .iter()
            .zip(admits)
            .filter(|(ask, admits)| ask.enforces() && **admits != refused)
            .map(|(ask, admits)| (*ask, self.status(ask, *admits, now)))
            .collect();
        // Stable: the first of equals stays first.
        all.sort_by(|(a, a_status), (b, b_status)| {
            if refused {
                return b_status.wait.cmp(&a_status.wait);
            }
            let [a_capacity, b_capacity] = [a, b].map(|ask| u64::from(ask.rule.algorithm.capacity()));
            (b_status.used * a_capacity).cmp(&(a_status.used * b_capacity))
        });
        all.into_iter().map(|(_, status)| status).next()
    }

    fn status(&self, ask: &Ask<'_>, admits: bool, now: u128) -> Governing {
        let (algorithm, history) = (&ask.rule.algorithm, self.known(ask));
        let locked = history.is_locked(now);
        // In a lockout, what was in use when it began: the locking instant is the lockout before its end.
        let then = match history.locked_until {
            Some(until) if locked => until - u128::from(ask.rule.lockout.expect("it was locked")),
            _ => now,
        };
        let used = history.used(algorithm, then);
        let capacity = u64::from(algorithm.capacity());
        let exact_wait = if admits { 0 } else { history.wait(algorithm, ask.cost(), now) };
        let fixed = ask.rule.retry_after.map(|seconds| u128::from(seconds) * 1_000_000_000);
        Governing {
            rule: ask.rule.id,
            used,
            remaining: if locked { 0 } else { capacity.saturating_sub(used) },
            resets_in: history.resets_in(algorithm, now),
            wait: if admits { 0 } else { fixed.unwrap_or(exact_wait) },
            exact_wait,
        }
    }

    /// Gives back the slots of a charge made earlier.
    pub(super) fn release(&mut self, rule: RuleId, key: Key, slots: u64) {
        let history = self.histories.get_mut(&(rule, key)).expect("slots were taken");
        let index = history.charges.iter().position(|(_, cost)| *cost == slots).expect("as many as that");
        history.charges.remove(index);
    }

    pub(super) fn totals(&self, rule: RuleId) -> Totals {
        self.totals.get(&rule).copied().unwrap_or_default()
    }

    pub(super) fn refused(&self, rule: RuleId, key: Key) -> u32 {
        self.histories.get(&(rule, key)).map_or(0, |history| history.refused)
    }

    fn history(&mut self, ask: &Ask<'_>) -> &mut History {
        self.histories.entry((ask.rule.id, ask.key)).or_default()
    }

    fn known(&self, ask: &Ask<'_>) -> &History {
        &self.histories[&(ask.rule.id, ask.key)]
    }
}
