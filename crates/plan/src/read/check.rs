//! What makes a plan useless although each element was read: no end, or an option that names nothing.

use std::collections::HashSet;

use super::{Options, ReadError};
use crate::model::{Action, Flow, Group, NodeId, NodeKind, OnError, Plan, Start};

/// Checks that each name of an option is that of an element.
pub(super) fn names(options: &Options, known: &HashSet<String>) -> Result<(), ReadError> {
    let named = options.conditions.keys().map(|name| ("--if", name));
    let named = named.chain(options.turns.keys().map(|name| ("--turns", name)));
    let named = named.chain(options.answer_times.keys().map(|name| ("--answer-time", name)));
    for (option, name) in named {
        if !known.contains(name) {
            return Err(ReadError::whole(format!(
                "{option}: the plan has no element of this kind with the name '{name}'"
            )));
        }
    }
    Ok(())
}

/// Checks that the plan ends, or that the caller says how long to look at it.
pub(super) fn endless(plan: &Plan, options: &Options) -> Result<(), ReadError> {
    if options.duration.is_some() {
        return Ok(());
    }
    match plan.groups.iter().find(|group| is_endless(plan, group)) {
        Some(group) => Err(ReadError::whole(format!(
            "the thread group '{}' loops without end and has no duration: say how long it runs with --duration",
            group.name
        ))),
        None => Ok(()),
    }
}

fn is_endless(plan: &Plan, group: &Group) -> bool {
    let Start::Threads { threads, duration: None, .. } = group.start else { return false };
    if threads == 0 || group.on_error != OnError::Continue {
        return false;
    }
    let mut has_loop = group.loops.is_none() && !group.children.is_empty();
    let mut open: Vec<NodeId> = group.children.clone();
    while let Some(node) = open.pop().and_then(|id| plan.nodes.get(id.0 as usize)) {
        match &node.kind {
            NodeKind::Loop(None) => has_loop |= !node.children.is_empty(),
            NodeKind::Never => continue,
            NodeKind::Sampler(sampler) if ends(&sampler.action) => return false,
            // The rows of a data set end its threads.
            NodeKind::Rows(rows) if rows.stops => return false,
            _ => {}
        }
        open.extend(&node.children);
    }
    has_loop
}

/// Whether a sampler can end its thread or the loop that it is in.
fn ends(action: &Action) -> bool {
    matches!(action, Action::Flow(Flow::StopThread | Flow::StopTest | Flow::StopTestNow | Flow::Break))
}
