//! The plans under `fixtures/plans` are read exactly: their scripts carry markers.

use gcmock_plan::model::{Action, Credentials, NodeKind, Phase, Plan, Start, ThroughputMode, Timer};
use gcmock_plan::read::{Files, Reading};

use crate::{node, request, sampler, timers, with};

const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;

const PLANS: [&str; 5] =
    ["architect-scripts", "byoc-websocket", "messaging-digital", "messaging-tenant", "wem-availability"];

fn shipped(name: &str, properties: &[(&str, &str)]) -> (Plan, Reading) {
    let path = format!("{}/../../fixtures/plans/{name}.jmx", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}"));
    let mut options = with(properties);
    options.duration = None;
    gcmock_plan::read::read(&text, &options, &()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_shipped_plan_is_read_exactly() {
    for name in PLANS {
        for properties in [
            &[][..],
            &[("retryAfter", "true"), ("constantThroughput", "5400"), ("thinkTime", "20")],
            &[("clientId", "a"), ("clientSecret", "b"), ("tokenRefreshSeconds", "3")],
            &[("threads", "10"), ("rampUp", "2.5"), ("pace", "100"), ("ping", "false"), ("agents", "agent-")],
        ] {
            let (_, reading) = shipped(name, properties);
            assert_eq!(reading.approximated, vec![], "{name} {properties:?}");
            assert_eq!(reading.cannot, vec![], "{name} {properties:?}");
            assert!(reading.exact.len() > 8, "{name}: {}", reading.exact.len());
        }
    }
}

/// The files of `examples/jmeter`.
struct Examples;

impl Files for Examples {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(format!("{}/../../examples/jmeter/{path}", env!("CARGO_MANIFEST_DIR"))).ok()
    }
}

#[test]
fn the_example_that_includes_a_fragment_is_read_exactly_and_retries() {
    let text = String::from_utf8(Examples.read("messages.jmx").expect("an example")).expect("UTF-8");
    let options = with(&[("clientId", "id"), ("clientSecret", "secret")]);
    let (plan, reading) = gcmock_plan::read::read(&text, &options, &Examples).expect("it is read");
    assert_eq!(reading.approximated, vec![]);
    assert_eq!(reading.cannot, vec![]);
    assert_eq!(node(&plan, "Attempts").kind, NodeKind::Retry { attempts: 5, back_off: 1000 * MILLI });
    let sent = request(&plan, "Send message");
    assert_eq!((&*sent.method, &*sent.path), ("POST", "/api/v2/conversations/messages"));
}

#[test]
fn the_messaging_plan_paces_its_users() {
    let (plan, _) = shipped("messaging-tenant", &[]);
    assert_eq!(plan.groups.len(), 2);
    assert_eq!(plan.groups[0].phase, Phase::Setup);
    let expected =
        Start::Threads { threads: 200, ramp: SECOND, delay: 0, duration: Some(62 * SECOND), delayed: false };
    assert_eq!(plan.groups[1].start, expected);
    assert_eq!(plan.groups[1].loops, None);
    let pace = Timer::Pace { lead: 2 * SECOND, ramp: SECOND, pace: Some(SECOND), think: 0 };
    assert_eq!(timers(&plan, "Send message"), vec![&pace]);
    let sent = request(&plan, "Send message");
    assert_eq!((&*sent.method, &*sent.path), ("POST", "/api/v2/conversations/messages"));
    assert_eq!((&*sent.target.host, sent.target.port), ("127.0.0.1", Some(8080)));
    assert_eq!(sent.credentials, Credentials::Shared("Bearer rehearsal".into()));
    assert!(
        sent.headers
            .iter()
            .any(|(name, value)| &**name == "Gcmock-Scenario" && &**value == "messaging-tenant")
    );
    assert_eq!(node(&plan, "Attempts").kind, NodeKind::Loop(Some(1)));
    assert_eq!(node(&plan, "Token due for renewal?").kind, NodeKind::Never);
    assert_eq!(node(&plan, "A client and no pasted token?").kind, NodeKind::Never);
    assert!(sampler(&plan, "Is gcmock there?").silent);
}

#[test]
fn properties_change_the_shipped_plans() {
    let properties =
        [("constantThroughput", "5400"), ("retryAfter", "true"), ("backOff", "100"), ("token", "mine")];
    let (plan, _) = shipped("messaging-tenant", &properties);
    let timers = timers(&plan, "Send message");
    assert_eq!(*timers[0], Timer::Pace { lead: 2 * SECOND, ramp: SECOND, pace: None, think: 0 });
    assert_eq!(*timers[1], Timer::Throughput { per_minute: 5400.0, mode: ThroughputMode::GroupShared });
    assert_eq!(node(&plan, "Attempts").kind, NodeKind::Retry { attempts: 10, back_off: 100 * MILLI });
    assert_eq!(request(&plan, "Send message").credentials, Credentials::Shared("Bearer mine".into()));
}

#[test]
fn a_client_of_a_shipped_plan_logs_in_and_renews_its_token() {
    let (plan, _) = shipped(
        "architect-scripts",
        &[("clientId", "id"), ("clientSecret", "secret"), ("tokenRefreshSeconds", "3")],
    );
    assert_eq!(node(&plan, "A client and no pasted token?").kind, NodeKind::Sequence);
    assert_eq!(node(&plan, "Token due for renewal?").kind, NodeKind::Every(3 * SECOND));
    let login = request(&plan, "POST /oauth/token");
    assert_eq!(login.credentials, Credentials::Shared("Basic aWQ6c2VjcmV0".into()));
    assert_eq!(&*login.body, "grant_type=client_credentials");
    assert_eq!(request(&plan, "Create script").credentials, Credentials::Login { per_thread: false });
}

#[test]
fn the_socket_plan_opens_holds_and_closes() {
    let (plan, _) = shipped("byoc-websocket", &[("rampUp", "30")]);
    assert_eq!(
        timers(&plan, "Open WebSocket"),
        vec![&Timer::UserStart { lead: 2 * SECOND, ramp: 30 * SECOND }]
    );
    assert_eq!(timers(&plan, "Close WebSocket"), vec![&Timer::Until(37 * SECOND)]);
    assert_eq!(node(&plan, "Open?").kind, NodeKind::IfLast { ok: true, each: false });
    assert_eq!(node(&plan, "With a ping?").kind, NodeKind::Sequence);
    let open = request(&plan, "Open WebSocket");
    assert_eq!((&*open.path, &*open.query), ("/api/v2/platform/websocket", ""));
    assert_eq!(open.credentials, Credentials::Shared("Bearer rehearsal".into()));
    let Action::SocketMessage(ping) = &sampler(&plan, "Ping").action else { panic!() };
    assert_eq!(ping.write.as_deref(), Some("{\"message\":\"ping\"}"));
}

#[test]
fn the_socket_plan_names_its_agents_by_thread() {
    let (plan, _) = shipped("byoc-websocket", &[("agents", "agent-"), ("ping", "false"), ("tls", "true")]);
    let open = request(&plan, "Open WebSocket");
    assert_eq!(&*open.query, "agentId=agent-${__threadNum}");
    assert_eq!(open.target.secure, Some(true));
    assert_eq!(node(&plan, "With a ping?").kind, NodeKind::Never);
}

#[test]
fn the_availability_plan_has_a_path_for_each_thread() {
    let (plan, _) = shipped("wem-availability", &[]);
    assert_eq!(
        &*request(&plan, "Change availability").path,
        "/api/v2/wfm/schedules/agents/agent-${__threadNum}"
    );
    assert_eq!(plan.groups[1].loops, Some(10));
}
