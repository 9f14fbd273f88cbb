//! The plan of an open loop without a file: one operation, by rate and length.

use std::sync::Arc;

use anyhow::{Context, ensure};
use gcmock_plan::model::{
    Action, Credentials, Group, HttpRequest, Node, NodeId, NodeKind, OnError, OpenStep, Phase, Plan, Sampler,
    Start,
};

use crate::command::args::OpenLoop;
use crate::time::Nanos;

/// The longest step of a schedule. Arrivals are drawn step by step, so that their list stays short.
const STEP: Nanos = 10 * 1_000_000_000;
/// The token where no option gives one. gcmock takes it for an administrator of its default organization.
const TOKEN: &str = "Bearer rehearsal";

/// The plan of the options; `None` without --rate.
///
/// # Errors
/// An operation that is not a method and a path, a ramp-up that is longer than the run.
pub(super) fn plan(options: &OpenLoop) -> anyhow::Result<Option<Plan>> {
    let (Some(rate), Some(length), Some(operation)) = (options.rate, options.length, &options.operation)
    else {
        return Ok(None);
    };
    let name: Arc<str> = operation.trim().into();
    let node = Node {
        name: Arc::clone(&name),
        kind: NodeKind::Sampler(Box::new(sampler(&name, options)?)),
        children: Vec::new(),
    };
    let ramp = options.ramp_up.unwrap_or(0);
    ensure!(ramp <= length, "--ramp-up is longer than --for: the rate would not be reached");
    let mut steps = rising(rate.per_second(), ramp);
    steps.extend(steady(rate.per_second(), length - ramp));
    for step in &mut steps {
        step.random = options.random;
    }
    let group = Group {
        name: "Open loop".into(),
        phase: Phase::Main,
        start: Start::OpenModel { steps, seed: 0 },
        loops: Some(1),
        on_error: OnError::Continue,
        same_user: true,
        children: vec![NodeId(0)],
    };
    Ok(Some(Plan { name, groups: vec![group], nodes: vec![node], ..Plan::default() }))
}

fn sampler(operation: &str, options: &OpenLoop) -> anyhow::Result<Sampler> {
    let expected =
        || format!("--operation {operation}: expected a method and a path, such as GET /api/v2/users/me");
    let (method, path) = operation.split_once(' ').with_context(expected)?;
    let path = path.trim();
    ensure!(path.starts_with('/') && !path.contains(' '), expected());
    let is_socket = method.eq_ignore_ascii_case("WS");
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let body = options.body.as_deref().unwrap_or_default();
    let json = (!body.is_empty()).then(|| ("Content-Type".into(), "application/json".into()));
    let request = HttpRequest {
        method: if is_socket { "GET".into() } else { method.to_uppercase().into() },
        path: path.into(),
        query: query.into(),
        headers: json.into_iter().collect(),
        body: body.into(),
        credentials: Credentials::Shared(TOKEN.into()),
        keep_alive: true,
        ..HttpRequest::default()
    };
    let action = if is_socket { Action::SocketOpen(request) } else { Action::Http(request) };
    Ok(Sampler { action, timers: Vec::new(), script_time: 0, silent: false })
}

/// A rate that rises from 0.
fn rising(rate: f64, ramp: Nanos) -> Vec<OpenStep> {
    let parts = ramp.div_ceil(STEP);
    let at = |part: Nanos| share(ramp * part / parts.max(1), ramp) * rate;
    let step = |part: Nanos| OpenStep {
        from: at(part),
        to: at(part + 1),
        length: ramp * (part + 1) / parts - ramp * part / parts,
        random: false,
    };
    (0..parts).map(step).collect()
}

fn steady(rate: f64, length: Nanos) -> Vec<OpenStep> {
    let parts = length.div_ceil(STEP);
    let last = |part: Nanos| if part + 1 == parts { length - part * STEP } else { STEP };
    (0..parts).map(|part| OpenStep { from: rate, to: rate, length: last(part), random: false }).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
fn share(part: Nanos, all: Nanos) -> f64 {
    if all == 0 { 1.0 } else { part as f64 / all as f64 }
}
