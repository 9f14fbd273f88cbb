//! What is so now: interactions and users of queues, queues of users.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::aggregates::read_names;
use super::users::{mappings, wanted_users};
use super::{check_filter, collect_values};
use crate::api::call::Call;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Facet, Medium, Purpose, State};
use crate::world::id::{Id, Queue, UserIndex};
use crate::world::people::User;
use crate::world::workforce::AgentStatus;

type Body = Map<String, Value>;

/// The most interactions that a metric lists.
const MAX_LISTED: usize = 100;

/// An open session of a queue.
pub(super) struct Open {
    pub(super) queue: Id<Queue>,
    pub(super) medium: Medium,
    /// `oWaiting`, `oAlerting` or `oInteracting`.
    pub(super) metric: &'static str,
    pub(super) since: Nanos,
    conversation: Uuid,
    session: Uuid,
    direction: &'static str,
    user: Option<UserIndex>,
}

impl Open {
    fn to_json(&self, organization: &Organization) -> Value {
        let mut shown = json!({
            "observationDate": rfc3339(self.since),
            "conversationId": self.conversation,
            "sessionId": self.session,
            "direction": self.direction,
        });
        if let Some(user) = self.user.and_then(|user| organization.people().at(user)) {
            shown["userId"] = json!(user.id);
        }
        shown
    }
}

/// Every open session of a queue.
pub(super) fn open_sessions(organization: &Organization, now: Nanos) -> Vec<Open> {
    let mut all = Vec::new();
    for glance in organization.conversations().iter().filter(|glance| glance.ended().is_none()) {
        let parties = glance.parties(now);
        all.extend(Facet::all(&glance, &parties).filter_map(|facet| open_session(&facet)));
    }
    all
}

fn open_session(facet: &Facet<'_>) -> Option<Open> {
    let (participant, one) = (facet.session.participant, facet.session.communication);
    let metric = match (participant.purpose, one.state) {
        (Purpose::Acd, state) if !state.is_over() && state != State::Scheduled => "oWaiting",
        (Purpose::Agent, State::Alerting) => "oAlerting",
        (Purpose::Agent, state) if !state.is_over() => "oInteracting",
        _ => return None,
    };
    Some(Open {
        queue: participant.queue?,
        medium: one.medium,
        metric,
        since: one.started,
        conversation: facet.glance.id(),
        session: facet.session_id(),
        direction: one.direction.name(),
        user: participant.user(),
    })
}

/// `POST …/queues/observations/query`.
pub(super) fn query_queues(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (metrics, details) = read_metrics(&body)?;
    let organization = call.tenant().read();
    let (queues, media) = (wanted_queues(&organization, &body), wanted_media(&body));
    let mut sessions: HashMap<(Id<Queue>, Medium), Vec<Open>> = HashMap::new();
    for open in open_sessions(&organization, call.now) {
        sessions.entry((open.queue, open.medium)).or_default().push(open);
    }
    let mut results = Vec::new();
    for queue in queues {
        let data = user_metrics(&organization, queue, &metrics);
        if !data.is_empty() {
            results.push(json!({ "group": { "queueId": queue }, "data": data }));
        }
        for medium in media_of(queue, &media, &sessions) {
            let open = sessions.get(&(queue, medium)).map_or(&[][..], Vec::as_slice);
            let data = interaction_metrics(&organization, open, &metrics, &details, call.now);
            if !data.is_empty() {
                let group = json!({ "queueId": queue, "mediaType": medium.analytics() });
                results.push(json!({ "group": group, "data": data }));
            }
        }
    }
    Reply::ok(&json!({ "results": results, "systemToOrganizationMappings": mappings() }))
}

fn read_metrics(body: &Body) -> Result<(Vec<&str>, Vec<&str>), ApiError> {
    let metrics = read_names(body, "metrics")?;
    if metrics.is_empty() {
        return Err(ApiError::bad_request(
            "The property metrics is required and must be an array of at least one string.",
        ));
    }
    check_filter(body, "filter")?;
    Ok((metrics, read_names(body, "detailMetrics")?))
}

/// The queues that a filter names, or all.
pub(super) fn wanted_queues(organization: &Organization, body: &Body) -> Vec<Id<Queue>> {
    let mut named = Vec::new();
    if let Some(filter) = body.get("filter") {
        collect_values(filter, "queueId", &mut named, 0);
    }
    let table = &organization.acd().queues;
    if named.is_empty() {
        return table.iter().map(|queue| queue.id).collect();
    }
    named.iter().filter_map(|id| table.find(id)).map(|queue| queue.id).collect()
}

fn wanted_media(body: &Body) -> Vec<Medium> {
    let mut named = Vec::new();
    if let Some(filter) = body.get("filter") {
        collect_values(filter, "mediaType", &mut named, 0);
    }
    let all = Medium::ALL.iter().copied();
    all.filter(|medium| named.iter().any(|name| name == medium.analytics())).collect()
}

/// The media to show of a queue: those asked for, else those that have interactions, else calls.
fn media_of(
    queue: Id<Queue>,
    wanted: &[Medium],
    sessions: &HashMap<(Id<Queue>, Medium), Vec<Open>>,
) -> Vec<Medium> {
    if !wanted.is_empty() {
        return wanted.to_vec();
    }
    let has = |medium: &Medium| sessions.contains_key(&(queue, *medium));
    let all: Vec<_> = Medium::ALL.iter().copied().filter(has).collect();
    if all.is_empty() { vec![Medium::Call] } else { all }
}

fn interaction_metrics(
    organization: &Organization,
    open: &[Open],
    metrics: &[&str],
    details: &[&str],
    now: Nanos,
) -> Vec<Value> {
    let count = |metric: &str| open.iter().filter(|one| one.metric == metric).count();
    let longest = |metric: &str| open.iter().filter(|one| one.metric == metric).map(|one| one.since).min();
    let each = metrics.iter().filter_map(|metric| {
        let stats = match *metric {
            "oWaiting" | "oAlerting" | "oInteracting" => json!({ "count": count(metric) }),
            "oLongestWaiting" => longest_stats(longest("oWaiting")?, now),
            "oLongestInteracting" => longest_stats(longest("oInteracting")?, now),
            _ => return None,
        };
        let mut shown = json!({ "metric": metric, "stats": stats });
        if details.contains(metric) {
            let listed = open.iter().filter(|one| one.metric == *metric);
            shown["observations"] = listed.take(MAX_LISTED).map(|one| one.to_json(organization)).collect();
            shown["truncated"] = json!(count(metric) > MAX_LISTED);
        }
        Some(shown)
    });
    each.collect()
}

fn longest_stats(since: Nanos, now: Nanos) -> Value {
    json!({ "count": 1, "calculatedMetricValue": now.saturating_sub(since) / 1_000_000 })
}

/// The metrics of the members of a queue, by qualifier.
pub(super) fn user_metrics(organization: &Organization, queue: Id<Queue>, metrics: &[&str]) -> Vec<Value> {
    let counts = member_counts(organization, queue, metrics);
    let shown = counts.into_iter().map(|(metric, qualifier, count)| {
        let mut shown = json!({ "metric": metric });
        if let Some(qualifier) = qualifier {
            shown["qualifier"] = json!(qualifier);
        }
        shown["stats"] = json!({ "count": count });
        shown
    });
    shown.collect()
}

/// The members of a queue by metric and qualifier.
pub(super) fn member_counts<'m>(
    organization: &Organization,
    queue: Id<Queue>,
    metrics: &[&'m str],
) -> Vec<(&'m str, Option<Cow<'static, str>>, usize)> {
    let members = organization.acd().members.members(queue);
    let joined = members.iter().filter(|(_, membership)| membership.joined);
    let joined: Vec<&User> =
        joined.filter_map(|(user, _)| organization.people().at(*user)).filter(|user| user.exists()).collect();
    let mut all = Vec::new();
    for metric in metrics {
        let qualify: fn(&User) -> Option<Cow<'static, str>> = match *metric {
            "oMemberUsers" => {
                all.push((*metric, None, members.len()));
                continue;
            }
            "oActiveUsers" => {
                all.push((*metric, None, joined.len()));
                continue;
            }
            "oOnQueueUsers" => |user| is_on_queue(user).then(|| user.routing.name().into()),
            "oOffQueueUsers" => |user| (!is_on_queue(user)).then(|| user.status.analytics_presence().into()),
            "oUserPresences" => |user| Some(user.status.definition().to_string().into()),
            "oUserRoutingStatuses" => |user| Some(user.routing.name().into()),
            _ => continue,
        };
        let mut counts = std::collections::BTreeMap::new();
        joined.iter().filter_map(|user| qualify(user)).for_each(|key| *counts.entry(key).or_insert(0) += 1);
        all.extend(counts.into_iter().map(|(qualifier, count)| (*metric, Some(qualifier), count)));
    }
    all
}

fn is_on_queue(user: &User) -> bool {
    user.status == AgentStatus::OnQueue
}

/// `POST …/users/observations/query`: how many queues a user belongs to.
pub(super) fn query_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (metrics, _) = read_metrics(&body)?;
    let organization = call.tenant().read();
    let wanted = wanted_users(&body, &["filter"], organization.people());
    let mut results = Vec::new();
    for (index, user) in organization.people().indexed().filter(|(_, user)| user.exists()) {
        if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&index)) {
            continue;
        }
        let queues: Vec<_> = organization.acd().queues_of(index).collect();
        let joined = queues.iter().filter(|(_, membership)| membership.joined).count();
        let data = metrics.iter().filter_map(|metric| {
            let count = match *metric {
                "oActiveQueues" => joined,
                "oMemberQueues" => queues.len(),
                _ => return None,
            };
            Some(json!({ "metric": metric, "stats": { "count": count } }))
        });
        results.push(json!({ "group": { "userId": user.id }, "data": data.collect::<Vec<_>>() }));
    }
    Reply::ok(&json!({ "results": results }))
}

/// `POST …/flows/observations/query`: no conversation is in a flow.
pub(super) fn query_flows(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (metrics, _) = read_metrics(&body)?;
    let mut flows = Vec::new();
    if let Some(filter) = body.get("filter") {
        collect_values(filter, "flowId", &mut flows, 0);
    }
    let data: Vec<_> =
        metrics.iter().map(|metric| json!({ "metric": metric, "stats": { "count": 0 } })).collect();
    let results: Vec<_> =
        flows.iter().map(|flow| json!({ "group": { "flowId": flow }, "data": data })).collect();
    Reply::ok(&json!({ "results": results }))
}
