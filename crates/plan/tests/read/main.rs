//! Reading JMeter plans.

mod corpus;
mod counts;
mod elements;
mod hostile;
mod properties;
mod shipped;
mod variations;

use gcmock_plan::model::{Action, HttpRequest, Node, NodeKind, Plan, Sampler, Timer};
use gcmock_plan::read::Options;

/// The largest duration that a test looks at.
const HOUR: u64 = 3_600_000_000_000;

/// Options with properties.
fn with(properties: &[(&str, &str)]) -> Options {
    let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Options { properties: properties.collect(), duration: Some(HOUR), ..Options::default() }
}

/// The first node of a name.
fn node<'plan>(plan: &'plan Plan, name: &str) -> &'plan Node {
    plan.nodes.iter().find(|node| &*node.name == name).unwrap_or_else(|| panic!("no node {name}: {plan:#?}"))
}

/// The first sampler of a name.
fn sampler<'plan>(plan: &'plan Plan, name: &str) -> &'plan Sampler {
    let found = plan.nodes.iter().find_map(|node| match &node.kind {
        NodeKind::Sampler(sampler) if &*node.name == name => Some(sampler),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no sampler {name}: {plan:#?}"))
}

/// The request of a sampler.
fn request<'plan>(plan: &'plan Plan, name: &str) -> &'plan HttpRequest {
    match &sampler(plan, name).action {
        Action::Http(request) | Action::SocketOpen(request) => request,
        other => panic!("{name} is {other:?}"),
    }
}

/// The timers of a sampler, the innermost first.
fn timers<'plan>(plan: &'plan Plan, name: &str) -> Vec<&'plan Timer> {
    sampler(plan, name).timers.iter().map(|id| &plan.timers[id.0 as usize]).collect()
}
