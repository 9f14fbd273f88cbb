//! A plan without what decides nothing: addresses that meet the same, and the rows and numbers that nothing asks for.
//!
//! A plan has the values of all of its variables, for a driver. Most of them decide nothing, and a run without them is
//! faster and more often repeats itself.

use std::collections::HashSet;

use super::system::{Met, Operation, System};
use crate::model::{
    Action, ByRow, ByValue, Credentials, HttpRequest, Node, NodeId, NodeKind, Plan, Rows, Value,
};

/// The plan with what decides what its requests meet, and no more.
#[must_use]
pub fn settled(plan: &Plan, system: &dyn System) -> Plan {
    let mut plan = plan.clone();
    for node in &mut plan.nodes {
        if let NodeKind::Sampler(sampler) = &mut node.kind
            && let Action::Http(request) = &mut sampler.action
        {
            merge(request, system);
        }
    }
    let needed = Needed::of(&plan);
    let dropped: Vec<bool> = plan.nodes.iter().map(|node| !needed.has(node)).collect();
    let stays = |id: &NodeId| !dropped.get(id.0 as usize).is_some_and(|dropped| *dropped);
    plan.nodes.iter_mut().for_each(|node| node.children.retain(stays));
    plan.groups.iter_mut().for_each(|group| group.children.retain(stays));
    plan
}

/// Leaves one of the addresses that meet the same.
fn merge(request: &mut HttpRequest, system: &dyn System) {
    let Some(by_row) = request.by_row.take() else { return };
    // One token stands for all: the address alone is asked for.
    let probe = HttpRequest { credentials: first(&request.credentials), ..request.clone() };
    let mut kinds: Vec<Met> = Vec::new();
    let (mut kept, mut places) = (Vec::new(), Vec::new());
    for address in &by_row.addresses {
        let met = system.meet(Operation::Http(&probe.at(address)));
        let place = kinds.iter().position(|kind| meets_alike(kind, &met));
        places.push(u32::try_from(place.unwrap_or(kinds.len())).unwrap_or(u32::MAX));
        if place.is_none() {
            kinds.push(met);
            kept.push(address.clone());
        }
    }
    let at = |place: &u32| places.get(*place as usize).copied().unwrap_or(0);
    let place = map(&by_row.place, at);
    match kept.as_slice() {
        [address] => *request = request.at(address),
        _ => request.by_row = Some(Box::new(ByRow { variable: by_row.variable, place, addresses: kept })),
    }
}

fn map(of: &ByValue<u32>, at: impl Fn(&u32) -> u32) -> ByValue<u32> {
    let mut all = ByValue { unset: at(&of.unset), ..ByValue::always(at(&of.first)) };
    for (value, place) in &of.steps {
        let place = at(place);
        if all.steps.last().map_or(&all.first, |(_, last)| last) != &place {
            all.steps.push((*value, place));
        }
    }
    all
}

fn first(credentials: &Credentials) -> Credentials {
    let shared = |tokens: &std::sync::Arc<[std::sync::Arc<str>]>| {
        tokens.first().map(|token| Credentials::Shared(token.clone()))
    };
    match credentials {
        Credentials::Rows { tokens, .. } => shared(tokens).unwrap_or_default(),
        Credentials::Spread { tokens, .. } => {
            shared(tokens).unwrap_or_else(|| Credentials::Spread { tokens: tokens.clone(), count: 1 })
        }
        other => other.clone(),
    }
}

fn meets_alike(one: &Met, other: &Met) -> bool {
    let rules = |met: &Met| met.rules.iter().map(|(rule, cost)| (rule.id, *cost)).collect::<Vec<_>>();
    let flags = |met: &Met| (met.own_token, met.control, met.fails, met.untold);
    rules(one) == rules(other)
        && one.subjects == other.subjects
        && one.wait == other.wait
        && flags(one) == flags(other)
}

/// The variables that decide something, and the data sets and counters that have them.
struct Needed {
    variables: HashSet<u32>,
    sets: HashSet<u32>,
    counters: HashSet<u32>,
}

impl Needed {
    fn of(plan: &Plan) -> Self {
        let mut needed = Self {
            variables: plan.nodes.iter().flat_map(variables).collect(),
            sets: HashSet::new(),
            counters: HashSet::new(),
        };
        for node in &plan.nodes {
            match &node.kind {
                NodeKind::Rows(rows) if needed.has_rows(rows) => drop(needed.sets.insert(rows.set)),
                NodeKind::Counter(counter) if needed.variables.contains(&counter.variable) => {
                    needed.counters.insert(counter.id);
                }
                _ => {}
            }
        }
        needed
    }

    fn has_rows(&self, rows: &Rows) -> bool {
        let ends = rows.stops && (!rows.recycles || !rows.empty.is_empty());
        ends || rows.variable.is_some_and(|place| self.variables.contains(&place.variable))
    }

    /// Whether a node is needed. Those that share a place in a file are, or a counter.
    fn has(&self, node: &Node) -> bool {
        match &node.kind {
            NodeKind::Rows(rows) => self.sets.contains(&rows.set),
            NodeKind::Counter(counter) => self.counters.contains(&counter.id),
            NodeKind::Index { variable, .. } => self.variables.contains(variable),
            _ => true,
        }
    }
}

/// The variables that decide what a node does.
fn variables(node: &Node) -> Vec<u32> {
    let of = |value: &Value| match value {
        Value::Of(variable) => vec![*variable],
        Value::Drawn { .. } => Vec::new(),
    };
    match &node.kind {
        NodeKind::While { condition, .. } | NodeKind::If { condition, .. } => of(&condition.value),
        NodeKind::Select(selection) => of(&selection.value),
        NodeKind::Sampler(sampler) => match &sampler.action {
            Action::Http(request) | Action::SocketOpen(request) => of_request(request),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn of_request(request: &HttpRequest) -> Vec<u32> {
    let mut all: Vec<u32> = request.by_row.iter().map(|by_row| by_row.variable).collect();
    if let Credentials::Rows { variable, .. } = request.credentials {
        all.push(variable);
    }
    all
}
