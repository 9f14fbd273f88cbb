//! Plans and limits for tests.

use std::sync::Arc;

use gcmock_limit::{Algorithm, Hold, Rule, RuleId, Scope, Scopes, Subject};

use crate::Nanos;
use crate::model::{
    Action, Group, HttpRequest, Node, NodeId, NodeKind, OnError, Phase, Plan, Sampler, Start, Timer, TimerId,
};
use crate::simulate::{Costs, MILLI, Met, Operation, Options, Run, SECOND, System, Wait, run};

/// Limits by path.
#[derive(Debug, Default)]
pub(crate) struct Limits(pub(crate) Vec<(&'static str, Met)>);

impl System for Limits {
    fn meet(&self, operation: Operation<'_>) -> Met {
        let (Operation::Http(request) | Operation::Open(request) | Operation::Message(request, _)) =
            operation;
        let found = self.0.iter().find(|(path, _)| *path == &*request.path);
        found.map(|(_, met)| met.clone()).unwrap_or_default()
    }
}

/// A limit of the tenant on one path, with the waits of admitted and refused requests.
pub(crate) fn limit(path: &'static str, rules: Vec<Rule>, admitted: Nanos, refused: Nanos) -> Limits {
    let subject = Subject { has_tenant: true, endpoint: 1, edge: Some(0), ..Subject::default() };
    let met = Met {
        rules: rules.into_iter().map(|rule| (Arc::new(rule), 1)).collect(),
        subjects: vec![subject],
        wait: Wait::Fixed { admitted, refused },
        ..Met::default()
    };
    Limits(vec![(path, met)])
}

pub(crate) fn tenant() -> Scopes {
    Scopes::default().with(Scope::Tenant)
}

pub(crate) fn bucket(capacity: u32, refill: u32) -> Rule {
    let algorithm = Algorithm::TokenBucket { capacity, refill, period: SECOND };
    Rule::new(RuleId(0), "bucket", tenant(), algorithm)
}

pub(crate) fn messaging() -> Limits {
    limit("/m", vec![bucket(1500, 100)], 80 * MILLI, SECOND)
}

pub(crate) fn lockout() -> Limits {
    let algorithm = Algorithm::FixedWindow { capacity: 120, period: SECOND };
    let rule = Rule { lockout: Some(SECOND), ..Rule::new(RuleId(0), "wem", tenant(), algorithm) };
    limit("/m", vec![rule], 200 * MILLI, 2 * SECOND)
}

pub(crate) fn digital() -> Limits {
    let slots = Algorithm::Concurrency { capacity: 10, hold: Hold::Connection };
    let tokens = Algorithm::TokenBucket { capacity: 10, refill: 10, period: SECOND };
    let rules = vec![
        Rule::new(RuleId(0), "connections", tenant(), slots),
        Rule::new(RuleId(1), "rate", tenant(), tokens),
    ];
    limit("/m", rules, 0, 0)
}

/// A plan with one group whose threads run one sampler.
pub(crate) struct Made {
    pub(crate) plan: Plan,
}

impl Made {
    pub(crate) fn new(threads: u32, ramp: Nanos, duration: Option<Nanos>, loops: Option<u32>) -> Self {
        let start = Start::Threads { threads, ramp, delay: 0, duration, delayed: false };
        Self::with(start, loops)
    }

    pub(crate) fn with(start: Start, loops: Option<u32>) -> Self {
        let group = Group {
            name: "users".into(),
            phase: Phase::Main,
            start,
            loops,
            on_error: OnError::Continue,
            same_user: true,
            children: vec![],
        };
        Self { plan: Plan { groups: vec![group], ..Plan::default() } }
    }

    pub(crate) fn timer(&mut self, timer: Timer) -> TimerId {
        self.plan.timers.push(timer);
        TimerId(u32::try_from(self.plan.timers.len() - 1).expect("few"))
    }

    pub(crate) fn node(&mut self, name: &str, kind: NodeKind, children: Vec<NodeId>) -> NodeId {
        self.plan.nodes.push(Node { name: name.into(), kind, children });
        NodeId(u32::try_from(self.plan.nodes.len() - 1).expect("few"))
    }

    pub(crate) fn sampler(&mut self, name: &str, action: Action, timers: Vec<TimerId>) -> NodeId {
        let sampler = Sampler { action, timers, script_time: 0, silent: false };
        self.node(name, NodeKind::Sampler(Box::new(sampler)), vec![])
    }

    pub(crate) fn http(&mut self, path: &str, timers: Vec<TimerId>) -> NodeId {
        self.sampler(path, http(path), timers)
    }

    /// The plan with these children of its group.
    pub(crate) fn of(mut self, children: Vec<NodeId>) -> Plan {
        self.plan.groups[0].children = children;
        self.plan
    }

    /// The plan with one sampler of `/m` and these timers.
    pub(crate) fn sends(mut self, timers: Vec<Timer>) -> Plan {
        let timers = timers.into_iter().map(|timer| self.timer(timer)).collect();
        let sampler = self.http("/m", timers);
        self.of(vec![sampler])
    }
}

pub(crate) fn http(path: &str) -> Action {
    Action::Http(HttpRequest {
        method: "POST".into(),
        path: path.into(),
        keep_alive: true,
        ..HttpRequest::default()
    })
}

/// The plan after a setUp group that sends HTTP, so that the client is loaded.
pub(crate) fn warm(mut plan: Plan) -> Plan {
    let sampler = Sampler { action: http("/warm"), timers: vec![], script_time: 0, silent: true };
    plan.nodes.push(Node {
        name: "warm".into(),
        kind: NodeKind::Sampler(Box::new(sampler)),
        children: vec![],
    });
    let group = Group {
        name: "before".into(),
        phase: Phase::Setup,
        start: Start::Threads { threads: 1, ramp: 0, delay: 0, duration: None, delayed: false },
        loops: Some(1),
        on_error: OnError::StopTestNow,
        same_user: true,
        children: vec![NodeId(u32::try_from(plan.nodes.len() - 1).expect("few"))],
    };
    plan.groups.push(group);
    plan
}

pub(crate) fn ideal(plan: &Plan, limits: &Limits) -> Run {
    run(plan, limits, &Options { costs: Costs::IDEAL, ..Options::default() }).expect("a plan")
}

pub(crate) fn real(plan: &Plan, limits: &Limits) -> Run {
    run(plan, limits, &Options::default()).expect("a plan")
}

/// When the first request was refused, in hundredths of a second, and how many were.
pub(crate) fn refusals(run: &Run) -> (Option<u64>, u64) {
    (run.first_refusal.map(|at| at / (10 * MILLI)), run.refused)
}
