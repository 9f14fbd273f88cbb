//! The engine through its public face: each guarantee is a property or an example.

mod behaviour;
mod beside;
mod levels;
mod maintenance;
mod model;
mod oracle;
mod properties;
mod scenarios;
mod scopes;
mod slots;

use gcmock_limit::{
    Algorithm, Buckets, Charge, Decision, Hold, Home, Key, Mode, Nanos, Rule, RuleId, Scope, Scopes, Subject,
    decide, peek,
};

const SECOND: Nanos = 1_000_000_000;

/// An arbitrary instant: model time starts nowhere in particular.
const START: Nanos = 1_700_000_000 * SECOND;

fn rule(id: u32, algorithm: Algorithm) -> Rule {
    let by_token = Scopes::default().with(Scope::Token);
    Rule::new(RuleId(id), &format!("rule-{id}"), by_token, algorithm)
}

fn token_bucket(id: u32, capacity: u32, refill: u32, period: Nanos) -> Rule {
    rule(id, Algorithm::TokenBucket { capacity, refill, period })
}

fn fixed_window(id: u32, capacity: u32, period: Nanos) -> Rule {
    rule(id, Algorithm::FixedWindow { capacity, period })
}

fn concurrency(id: u32, capacity: u32, hold: Hold) -> Rule {
    rule(id, Algorithm::Concurrency { capacity, hold })
}

/// The bucket of the `n`-th caller.
fn caller(n: u64) -> Key {
    let subject = Subject { token: Some(n + 1), ..Subject::default() };
    Scopes::default().with(Scope::Token).key(&subject).expect("the subject has a token")
}

fn charge(rule: &Rule, key: Key, cost: u32) -> Charge<'_> {
    Charge { rule, key, cost, held: false, home: Home::Tenant }
}

/// The buckets of one tenant, and short ways to ask them.
#[derive(Default)]
struct Limits {
    server: Buckets,
    tenant: Buckets,
}

impl Limits {
    fn decide<'r>(&self, charges: &[Charge<'r>], now: Nanos) -> Decision<'r> {
        decide(&self.server, Some(&self.tenant), charges, now)
    }

    fn peek<'r>(&self, charges: &[Charge<'r>], now: Nanos) -> Decision<'r> {
        peek(&self.server, Some(&self.tenant), charges, now)
    }

    /// One request of the first caller, of cost 1, under `rules`.
    fn ask<'r>(&self, rules: &[&'r Rule], now: Nanos) -> Decision<'r> {
        self.decide(&one_each(rules), now)
    }

    /// What the first caller has in use of `rule`.
    fn used(&self, rule: &Rule, now: Nanos) -> u32 {
        let views = self.tenant.nearest(rule, usize::MAX, now);
        views.iter().find(|view| view.key == caller(0)).map_or(0, |view| view.used)
    }
}

fn one_each<'r>(rules: &[&'r Rule]) -> Vec<Charge<'r>> {
    rules.iter().map(|rule| charge(rule, caller(0), 1)).collect()
}
