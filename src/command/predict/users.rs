//! The plan of `--users`, `--every`, `--ramp-up` and `--operation`.

use anyhow::{Context, ensure};
use gcmock_plan::model::{
    Action, Credentials, Group, HttpRequest, Node, NodeId, NodeKind, OnError, Phase, Plan, Sampler, Start,
    Timer, TimerId,
};

use crate::command::args::WithoutPlan;
use crate::time::Nanos;

/// The length of a run where --duration does not say it.
const LENGTH: Nanos = 60 * 1_000_000_000;
/// The token. gcmock takes it for an administrator of its default organization.
const TOKEN: &str = "Bearer rehearsal";

/// The plan: each user sends one operation, from start to start.
///
/// # Errors
/// An operation that is not a method and a path.
pub(super) fn plan(users: &WithoutPlan, length: Option<Nanos>) -> anyhow::Result<Plan> {
    let operation = users.operation.as_deref().unwrap_or_default().trim();
    let action = action(operation)?;
    let opens = matches!(action, Action::SocketOpen(_));
    let pace = Timer::Pace { lead: 0, ramp: users.ramp_up, pace: Some(users.every), think: 0 };
    let sampler = Sampler { action, timers: vec![TimerId(0)], script_time: 0, silent: false };
    let kind = NodeKind::Sampler(Box::new(sampler));
    let mut nodes = vec![Node { name: operation.into(), kind, children: vec![] }];
    if opens {
        // A WebSocket stays open to the end of the run.
        let hold =
            Sampler { action: Action::Pause(Nanos::MAX), timers: vec![], script_time: 0, silent: true };
        nodes.push(Node { name: "hold".into(), kind: NodeKind::Sampler(Box::new(hold)), children: vec![] });
    }
    let children = (0..).zip(&nodes).map(|(index, _)| NodeId(index)).collect();
    let group = Group {
        name: "Users".into(),
        phase: Phase::Main,
        start: Start::Threads {
            threads: users.users.unwrap_or(1),
            ramp: 0,
            delay: 0,
            duration: Some(length.unwrap_or(LENGTH)),
            delayed: false,
        },
        loops: opens.then_some(1),
        on_error: OnError::Continue,
        same_user: true,
        children,
    };
    Ok(Plan { name: operation.into(), groups: vec![group], nodes, timers: vec![pace], ..Plan::default() })
}

fn action(operation: &str) -> anyhow::Result<Action> {
    let expected = || {
        format!("--operation {operation:?}: expected a method and a path, such as \"GET /api/v2/users/me\"")
    };
    let (method, path) = operation.split_once(' ').with_context(expected)?;
    let path = path.trim();
    ensure!(path.starts_with('/') && !path.contains(' '), expected());
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic());
    ensure!(is_method, expected());
    let socket = method.eq_ignore_ascii_case("WS");
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let request = HttpRequest {
        method: if socket { "GET".into() } else { method.to_uppercase().into() },
        path: path.into(),
        query: query.into(),
        credentials: Credentials::Shared(TOKEN.into()),
        keep_alive: true,
        ..HttpRequest::default()
    };
    Ok(if socket { Action::SocketOpen(request) } else { Action::Http(request) })
}
