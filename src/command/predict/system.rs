//! The emulated platform as the simulator asks it: the limits, the waits and the agents of the requests of a plan.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use anyhow::anyhow;
use gcmock_limit::{Decision, Rule, Subject};
use gcmock_plan::model::{Credentials, HttpRequest};
use gcmock_plan::simulate::{Agent, Met, Operation as Asked, System, Wait};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use parking_lot::Mutex;

use crate::catalog::path::normalize;
use crate::catalog::{Access, Operation, OperationId, counted_method};
use crate::command::Failure;
use crate::command::args::World;
use crate::command::serve::{clock, live_config_of};
use crate::identity::Principal;
use crate::instance::document;
use crate::pipeline::latency;
use crate::platform::limiter;
use crate::platform::{self, Platform};
use crate::rules::{Config, Delay, Latency, PatternMethod};
use crate::time::Nanos;
use crate::time::clock::{Clock, nanos};
use crate::wire::query::query_value;
use crate::world::id::{EdgeIndex, UserIndex};

/// The most tokens that are distinguished.
const MAX_TOKENS: u32 = 100_000;
/// A token that stands for one that is known at run time only.
const SOME_TOKEN: &str = "Bearer rehearsal";
/// Paths of the control plane begin so.
const CONTROL: &str = "/__admin";

/// The emulated platform with its default organization, before any request.
pub(super) struct Emulated {
    platform: Platform,
    config: Arc<Config>,
    /// Model time at the start of the main groups.
    start: Nanos,
    waits: bool,
    /// The waits that are asked for each request, by their number.
    latencies: Mutex<Vec<Latency>>,
}

/// What a request is, as limits see it.
struct Seen<'p> {
    method: PatternMethod<'p>,
    path: &'p str,
    query: &'p str,
    operation: Option<OperationId>,
    access: Option<Access>,
}

impl Emulated {
    /// The platform under the limits of the options.
    ///
    /// # Errors
    /// Limits, a document or a clock that is wrong.
    pub(super) fn new(world: &World) -> Result<Self, Failure> {
        let routes = document::routes(world.spec.as_deref()).map_err(Failure::Usage)?;
        let config = live_config_of(&routes, world)?;
        let start = clock(&world.clock)?.now();
        let options = platform::Options::default();
        let platform = Platform::new(
            Arc::clone(&routes.catalog),
            Arc::clone(&config),
            Clock::manual(Some(start)),
            options,
        )
        .map_err(|error| Failure::Usage(anyhow!("{error:#}")))?;
        let config = config.current();
        Ok(Self { platform, config, start, waits: !world.no_latency, latencies: Mutex::default() })
    }

    /// The subjects of a request, one for each distinct token. `None`: the platform knows no caller, and charges
    /// nothing.
    fn subjects(&self, request: &HttpRequest, seen: &Seen<'_>) -> Option<(Vec<Subject>, Principal)> {
        let headers: Vec<String> = match &request.credentials {
            Credentials::None => vec![String::new()],
            Credentials::Shared(header) => vec![header.to_string()],
            Credentials::Login { .. } => vec![SOME_TOKEN.to_owned()],
            Credentials::Rows { tokens, .. } => tokens.iter().map(ToString::to_string).collect(),
            Credentials::Spread { tokens, count } => {
                let made = (0..(*count).clamp(1, MAX_TOKENS)).map(|number| format!("Bearer token {number}"));
                let known = tokens.iter().map(ToString::to_string);
                if tokens.is_empty() { made.collect() } else { known.take(MAX_TOKENS as usize).collect() }
            }
        };
        let mut first = None;
        let mut subjects = Vec::with_capacity(headers.len());
        for header in &headers {
            let principal = self.principal(request, seen, header)?;
            subjects.push(Subject {
                endpoint: seen.operation.map_or(0, |operation| operation.0),
                ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                connection: Some(1),
                ..principal.subject()
            });
            first.get_or_insert(principal);
        }
        Some((subjects, first?))
    }

    fn principal(&self, request: &HttpRequest, seen: &Seen<'_>, authorization: &str) -> Option<Principal> {
        let mut headers = HeaderMap::new();
        let asks = if seen.access == Some(Access::Socket) && authorization.is_empty() {
            // The token of a socket can stand in its address, and a channel belongs to its maker.
            SOME_TOKEN
        } else {
            authorization
        };
        if let Some(value) = Some(asks).filter(|text| !text.is_empty()) {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(&bearer(value)).ok()?);
        }
        let realm = self.platform.realm();
        let access = seen.access.filter(|access| *access != Access::Guest);
        let principal =
            Principal::identify(&realm, access, &headers, &request.target.host, seen.path, self.start)
                .ok()?;
        let client = query_value(&request.body, "client_id").map(std::borrow::Cow::into_owned);
        let known = client.filter(|id| realm.tenants.client(id).is_some());
        let default = || realm.tenants.default_tenant().clients.first().map(|client| client.id.clone());
        Some(principal.claim(&realm, || known.or_else(default)))
    }

    fn meet_as(&self, request: &HttpRequest, seen: &Seen<'_>) -> Met {
        let control = seen.path.starts_with(CONTROL);
        let Some((subjects, principal)) = self.subjects(request, seen).filter(|_| !control) else {
            return Met { control, fails: !control, ..Met::default() };
        };
        let limits = self.config.limits_for(seen.operation, seen.method, seen.path);
        let covers = |subject: &Subject, rule: &Rule| Some(limiter::charge(rule, subject, seen.query)?.cost);
        let rules = limits.filter(|limit| limit.covers_grant(principal.grant())).filter_map(|limit| {
            let cost = covers(subjects.first()?, &limit.rule)?;
            Some((Arc::new(limit.rule.clone()), cost))
        });
        Met {
            rules: rules.collect(),
            wait: self.wait_of(seen),
            own_token: matches!(request.credentials, Credentials::Login { per_thread: true }),
            subjects,
            ..Met::default()
        }
    }

    fn wait_of(&self, seen: &Seen<'_>) -> Wait {
        let latency = self.config.latency_for(seen.operation, seen.method, seen.path);
        let Some(latency) = latency.filter(|_| self.waits) else { return Wait::default() };
        match (latency.base, latency.rises_from) {
            (Delay::Fixed(base), None) => {
                Wait::Fixed { admitted: nanos(base), refused: nanos(latency.throttled.unwrap_or_default()) }
            }
            (base, _) => {
                Wait::Asked { index: self.number(latency), random: matches!(base, Delay::LogNormal { .. }) }
            }
        }
    }
}

impl Emulated {
    /// Whether the operation of a request cannot be told, as a part of its address is known only in a run. One in the place
    /// of a parameter of the operation decides nothing.
    fn is_untold(&self, request: &HttpRequest, path: &str, found: Option<&Operation>) -> bool {
        if is_open(&request.method) {
            return true;
        }
        let Some(before) = path.split("${").next().filter(|_| is_open(path)) else { return false };
        let is_parameter = |found: &Operation| {
            let segments = path.split('/').zip(found.template.split('/'));
            segments.filter(|(segment, _)| is_open(segment)).all(|(_, template)| template.starts_with('{'))
        };
        let mut all = self.platform.catalog.iter();
        match (found, before[1..].split_once('/')) {
            (Some(found), _) => !is_parameter(found),
            (None, None) => true,
            (None, Some((first, _))) => all.any(|known| known.template.split('/').nth(1) == Some(first)),
        }
    }

    /// The number of a wait that is asked for each request.
    fn number(&self, latency: &Latency) -> usize {
        let mut latencies = self.latencies.lock();
        latencies.iter().position(|known| known == latency).unwrap_or_else(|| {
            latencies.push(latency.clone());
            latencies.len() - 1
        })
    }
}

/// Whether a part of a text is known only in a run.
fn is_open(text: &str) -> bool {
    text.contains("${")
}

impl System for Emulated {
    fn meet(&self, operation: Asked<'_>) -> Met {
        let (Asked::Http(request) | Asked::Open(request) | Asked::Message(request, _)) = operation;
        let slashed = if request.path.starts_with('/') { "" } else { "/" };
        let written = format!("{slashed}{}", request.path);
        let path = normalize(&written);
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::GET);
        let found = self.platform.catalog.find_any(&method, &path).map(|found| found.operation);
        let seen = |method, operation, access| Seen {
            method,
            path: &path,
            query: &request.query,
            operation,
            access,
        };
        let (id, access) = (found.map(|operation| operation.id), found.map(|operation| operation.access));
        let untold = self.is_untold(request, &path, found);
        let met = match operation {
            Asked::Message(_, text) => {
                let action = action(text);
                let method = PatternMethod::WsMessage(action.as_deref());
                let open = seen(PatternMethod::Ws, id, Some(Access::Socket));
                let mut met = self.meet_as(request, &Seen { method, operation: None, ..open });
                met.wait = Wait::default();
                met
            }
            Asked::Open(_) => self.meet_as(request, &seen(PatternMethod::Ws, id, Some(Access::Socket))),
            Asked::Http(_) if access == Some(Access::Socket) => {
                self.meet_as(request, &seen(PatternMethod::Ws, id, access))
            }
            Asked::Http(_) => {
                let counted = counted_method(&method, found);
                self.meet_as(request, &seen(PatternMethod::Http(counted.as_str()), id, access))
            }
        };
        Met { untold, ..met }
    }

    fn wait(
        &self,
        index: usize,
        decision: &Decision<'_>,
        refused: bool,
        draw: &mut dyn FnMut() -> f64,
    ) -> Nanos {
        let latencies = self.latencies.lock();
        latencies.get(index).map_or(0, |latency| nanos(latency::wait_of(latency, decision, refused, draw)))
    }

    fn agent(&self, open: &HttpRequest, thread: u32) -> Option<Agent> {
        let named = query_value(&open.query, "agentId").map(std::borrow::Cow::into_owned);
        let header = open.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-agent-id"));
        let named = named.or_else(|| header.map(|(_, value)| value.to_string()))?;
        let id = named.replace("${__threadNum}", &thread.to_string());
        let tenant = self.platform.tenants.default_tenant();
        let organization = tenant.read();
        let user = organization.people().find(&id).filter(|user| organization.people().is_agent(*user))?;
        let group = organization.skill_group_of(user)?;
        let edge = tenant.edge_at(&open.target.host);
        let bytes = group.uuid().as_u64_pair().0;
        // Groups of one organization are few: their numbers stay apart in 32 bits.
        let group = u32::try_from(bytes >> 32).unwrap_or(0);
        Some(Agent { id: user.0, group, edge: edge.0 })
    }

    fn admits(&self, agent: Agent, others: u32, now: Nanos) -> bool {
        let tenant = self.platform.tenants.default_tenant();
        let now = self.start.saturating_add(now);
        tenant.admission(UserIndex(agent.id), Some(EdgeIndex(agent.edge)), others, now).is_ok()
    }
}

/// The value of an `Authorization` header. A part that is known at run time only stands for itself.
fn bearer(header: &str) -> String {
    let visible: String = header.chars().filter(|char| (' '..='~').contains(char)).collect();
    let has_scheme = visible.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
        || visible.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"));
    if has_scheme { visible } else { format!("Bearer {visible}") }
}

/// The action of a message that a limit may name.
fn action(text: &str) -> Option<String> {
    let message: serde_json::Value = serde_json::from_str(text).ok()?;
    message.get("action").and_then(serde_json::Value::as_str).map(str::to_owned)
}
