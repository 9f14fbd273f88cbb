//! The state of this moment: interactions and users of queues, queues of users.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::bounds::{check_cells, read_names, read_query};
use super::users::{mappings, wanted_users};
use super::{check_filter, values_of};
use crate::api::call::Call;
use crate::view::observation::{Open, interaction_metrics, open_sessions, user_metrics};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::Medium;
use crate::world::id::{Id, Queue};
use crate::world::table::Record;

type Body = Map<String, Value>;

/// `POST …/queues/observations/query`.
pub(super) fn query_queues(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = read_query(call)?;
    let (metrics, details) = read_metrics(&body)?;
    let organization = call.tenant().read();
    let (queues, media) = (wanted_queues(&organization, &body), wanted_media(&body));
    check_cells(queues.len() * (media.len().max(1) + 1) * metrics.len())?;
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
            let open: Vec<_> = sessions.get(&(queue, medium)).into_iter().flatten().collect();
            let data = interaction_metrics(&organization, &open, (&metrics, &details), call.now);
            if !data.is_empty() {
                let group = json!({ "queueId": queue, "mediaType": medium.analytics() });
                results.push(json!({ "group": group, "data": data }));
            }
        }
    }
    Reply::ok(&json!({ "results": results, "systemToOrganizationMappings": mappings(&organization) }))
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
    let named = values_of(body, &["filter"], "queueId");
    let table = &organization.acd().queues;
    if named.is_empty() {
        return table.iter().map(Record::id).collect();
    }
    let mut known = HashSet::new();
    let named = named.into_iter().filter_map(|id| table.find(id)).map(Record::id);
    // One id can be written in several ways.
    named.filter(|id| known.insert(*id)).collect()
}

fn wanted_media(body: &Body) -> Vec<Medium> {
    let named = values_of(body, &["filter"], "mediaType");
    let all = Medium::ALL.iter().copied();
    all.filter(|medium| named.contains(&medium.analytics())).collect()
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

/// `POST …/users/observations/query`: how many queues a user belongs to.
pub(super) fn query_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = read_query(call)?;
    let (metrics, _) = read_metrics(&body)?;
    let organization = call.tenant().read();
    let wanted = wanted_users(&body, &["filter"], organization.people());
    check_cells(wanted.as_ref().map_or(organization.people().iter().count(), HashSet::len) * metrics.len())?;
    let mut results = Vec::new();
    for (index, user) in organization.people().indexed().filter(|(_, user)| user.exists()) {
        if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&index)) {
            continue;
        }
        let queues: Vec<_> = organization.queues_of(index).collect();
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
    let body = read_query(call)?;
    let (metrics, _) = read_metrics(&body)?;
    let flows = values_of(&body, &["filter"], "flowId");
    check_cells(flows.len() * metrics.len())?;
    let data: Vec<_> =
        metrics.iter().map(|metric| json!({ "metric": metric, "stats": { "count": 0 } })).collect();
    let results: Vec<_> =
        flows.iter().map(|flow| json!({ "group": { "flowId": flow }, "data": data })).collect();
    Reply::ok(&json!({ "results": results }))
}
