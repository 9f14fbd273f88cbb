//! Activity: what observations count, by page and group. Agents beside their presence.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::bounds::{distinct, read_names, read_query};
use super::check_filter;
use super::filter::Filters;
use super::observations::wanted_queues;
use super::users::wanted_users;
use crate::api::call::Call;
use crate::time::clock::rfc3339;
use crate::view::observation::{member_counts, metric_of};
use crate::view::user::definition_id;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Dimension, DimensionValue, Facet};
use crate::world::id::UserIndex;
use crate::world::people::User;

type Body = Map<String, Value>;

/// The metrics of a query, whose body lists them as objects.
fn read_metrics<'b>(body: &'b Body) -> Result<Vec<&'b str>, ApiError> {
    let metrics = body.get("metrics").and_then(Value::as_array).filter(|all| !all.is_empty());
    let wrong = || ApiError::bad_request("The property metrics is required and must be an array of objects.");
    let name = |one: &'b Value| one.get("metric").and_then(Value::as_str).ok_or_else(wrong);
    let names = distinct("metrics", metrics.ok_or_else(wrong)?.iter().map(name));
    check_filter(body, "filter")?;
    names
}

fn read_groups(body: &Body) -> Result<Vec<Dimension>, ApiError> {
    let names = read_names(body, "groupBy")?;
    Ok(names.into_iter().filter_map(Dimension::from_name).collect())
}

/// A page of results. Those of other pages are not made.
fn page(call: &Call<'_>, results: impl IntoIterator<Item = Value>, entity: &str) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let results: Vec<_> = results.into_iter().skip(page.offset()).take(page.most()).collect();
    Reply::ok(&json!({ "results": results, "entityIdDimension": entity }))
}

/// `POST …/conversations/activity/query`.
pub(super) fn query_conversations(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = read_query(call)?;
    let (metrics, groups) = (read_metrics(&body)?, read_groups(&body)?);
    let organization = call.tenant().read();
    let filters = Filters::read(&body, &["filter"], &organization)?;
    let mut table: BTreeMap<Vec<Option<DimensionValue>>, BTreeMap<&str, usize>> = BTreeMap::new();
    for glance in organization.conversations().iter().filter(|glance| glance.ended().is_none()) {
        let parties = glance.parties(call.now);
        for facet in Facet::all(&organization, &glance, &parties).filter(|facet| filters.match_session(facet))
        {
            let Some(metric) = metric_of(&facet).filter(|metric| metrics.contains(metric)) else { continue };
            let group = groups.iter().map(|group| facet.value(*group)).collect();
            *table.entry(group).or_default().entry(metric).or_default() += 1;
        }
    }
    let results = table.into_iter().map(|(group, counts)| {
        let group = groups.iter().zip(group).filter_map(|(dimension, value)| {
            Some((dimension.name().to_owned(), super::value_to_json(&organization, &value?)))
        });
        let data = counts.into_iter().map(|(metric, count)| json!({ "metric": metric, "count": count }));
        json!({ "group": group.collect::<Map<_, _>>(), "data": data.collect::<Vec<_>>(), "truncated": false })
    });
    page(call, results, "conversationId")
}

/// `POST …/routing/activity/query`: the members of queues.
pub(super) fn query_routing(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = read_query(call)?;
    let metrics = read_metrics(&body)?;
    let organization = call.tenant().read();
    let results = wanted_queues(&organization, &body).into_iter().filter_map(|queue| {
        let counts = member_counts(&organization, queue, &metrics);
        let data: Vec<_> = counts
            .into_iter()
            .map(|(metric, qualifier, count)| {
                let mut shown = json!({ "metric": metric, "count": count });
                if let Some(qualifier) = qualifier {
                    shown["qualifier"] = json!(qualifier);
                }
                shown
            })
            .collect();
        (!data.is_empty()).then(|| json!({ "group": { "queueId": queue }, "data": data, "truncated": false }))
    });
    page(call, results, "userId")
}

/// `POST …/users/activity/query`: the queues of users.
pub(super) fn query_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = read_query(call)?;
    let metrics = read_metrics(&body)?;
    let organization = call.tenant().read();
    let wanted = wanted_users(&body, &["filter"], organization.people());
    let all = organization.people().indexed().filter(|(_, user)| user.exists());
    let all = all.filter(|(index, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(index)));
    let results = all.map(|(index, user)| {
        let queues: Vec<_> = organization.queues_of(index).collect();
        let data = metrics.iter().filter_map(|metric| {
            let count = match *metric {
                "oActiveQueues" => queues.iter().filter(|(_, membership)| membership.joined).count(),
                "oMemberQueues" => queues.len(),
                _ => return None,
            };
            Some(json!({ "metric": metric, "count": count }))
        });
        json!({ "group": { "userId": user.id }, "data": data.collect::<Vec<_>>(), "truncated": false })
    });
    page(call, results, "queueId")
}

/// `POST …/flows/activity/query` and `POST …/teams/activity/query`: nothing is active there.
pub(super) fn query_nothing(call: &Call<'_>) -> Result<Reply, ApiError> {
    read_metrics(&read_query(call)?)?;
    let entity = if call.path.contains("/flows/") { "conversationId" } else { "userId" };
    page(call, [], entity)
}

/// `GET …/agents/{userId}/status`.
pub(super) fn get_agent(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let organization = call.tenant().read();
    let index = organization.people().find(&id).ok_or_else(|| ApiError::no_such("user", &id))?;
    let user = organization.people().at(index).ok_or_else(|| ApiError::no_such("user", &id))?;
    Reply::ok(&agents_to_json(call, &organization, &[(index, user)]).pop())
}

/// `POST …/agents/status/query`: the users that the filter names, or the first ones.
pub(super) fn query_agents(call: &Call<'_>) -> Result<Reply, ApiError> {
    const MOST: usize = 50;
    let body = read_query(call)?;
    let organization = call.tenant().read();
    let wanted = wanted_users(&body, &["userFilter"], organization.people());
    let all = organization.people().indexed().filter(|(_, user)| user.exists());
    let all = all.filter(|(index, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(index)));
    let shown: Vec<_> = all.take(MOST).collect();
    Reply::ok(&json!({ "entities": agents_to_json(call, &organization, &shown) }))
}

/// The agents with their sessions. The conversations are looked through once for all of them.
fn agents_to_json(call: &Call<'_>, organization: &Organization, users: &[(UserIndex, &User)]) -> Vec<Value> {
    let mut sessions: BTreeMap<UserIndex, Vec<Value>> =
        users.iter().map(|(index, _)| (*index, Vec::new())).collect();
    for glance in organization.conversations().iter().filter(|glance| glance.ended().is_none()) {
        let parties = glance.parties(call.now);
        let open = Facet::all(organization, &glance, &parties)
            .filter(|facet| !facet.session.communication.state.is_over());
        for facet in open {
            let user = facet.session.participant.user();
            if let Some(own) = user.and_then(|user| sessions.get_mut(&user)) {
                own.push(session(&facet));
            }
        }
    }
    let shown = users.iter().map(|(index, user)| agent_to_json(user, sessions.remove(index)));
    shown.collect()
}

fn agent_to_json(user: &User, sessions: Option<Vec<Value>>) -> Value {
    let sessions = sessions.unwrap_or_default();
    json!({
        "userId": user.id,
        "userName": user.name,
        "sessionCount": sessions.len(),
        "sessions": sessions,
        "systemPresence": user.status.analytics_presence(),
        "organizationPresenceId": definition_id(user),
        "presenceDate": rfc3339(user.status_since),
        "routingStatus": user.routing.name(),
        "routingStatusDate": rfc3339(user.routing_since),
        "isOutOfOffice": false,
    })
}

fn session(facet: &Facet<'_>) -> Value {
    let one = facet.session.communication;
    let mut shown = json!({
        "conversationId": facet.glance.id(),
        "sessionId": facet.session_id(),
        "sessionStart": rfc3339(one.started),
        "originatingDirection": facet.glance.direction().name(),
        "mediaType": one.medium.analytics(),
    });
    if let Some(segment) = one.segments.last() {
        shown["segmentStart"] = json!(rfc3339(segment.from));
        shown["segmentType"] = json!(segment.kind.name());
    }
    if let Some(queue) = facet.session.participant.queue {
        shown["routedQueueId"] = json!(queue);
    }
    shown
}
