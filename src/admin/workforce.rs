//! Edges and skill groups, changed by hand; both act at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Resource;
use super::answer::{Answer, Refusal};
use super::input::{Content, Named, Params};
use crate::platform::Platform;
use crate::time::Nanos;
use crate::time::duration::{DURATION_EXPECTED, format_duration, parse_duration};
use crate::wire::error::ApiError;
use crate::world::workforce::Demand;
use crate::world::workforce::planning::{Edge, EdgeState, Group};

pub(super) fn resource() -> Resource {
    let edge =
        "changes an edge, by id or name: {\"sync_lag\":\"30s\"}, {\"state\":\"draining\"} or \"in-service\"";
    let group = "changes a skill group: {\"strict_adherence\":false}, {\"required_staff\":3} or null";
    Resource::new()
        .get("/__admin/edges", "the edges of an organization (?tenant=)", edges)
        .put("/__admin/edges/{id}", edge, change_edge)
        .get("/__admin/skill-groups", "the skill groups of an organization (?tenant=)", groups)
        .put("/__admin/skill-groups/{id}", group, change_group)
}

/// The keys are written the way changes write them.
#[derive(Serialize)]
struct EdgeView {
    id: Uuid,
    name: String,
    host: String,
    time_zone: String,
    sync_lag: String,
    state: &'static str,
}

impl EdgeView {
    fn of(edge: &Edge) -> Self {
        Self {
            id: edge.id,
            name: edge.name.clone(),
            host: edge.host.clone(),
            time_zone: edge.time_zone.clone(),
            sync_lag: format_duration(edge.sync_lag),
            state: edge.state.name(),
        }
    }
}

#[derive(Serialize)]
struct GroupView {
    id: Uuid,
    name: String,
    strict_adherence: bool,
    required_staff: Option<u32>,
}

impl GroupView {
    fn of(group: &Group, now: Nanos) -> Self {
        let holds = group.demands.iter().find(|demand| (demand.start..demand.end).contains(&now));
        Self {
            id: group.id,
            name: group.name.clone(),
            strict_adherence: group.strict_adherence,
            required_staff: holds.map(|demand| demand.staff),
        }
    }
}

async fn edges(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Value>> {
    let tenant = params.only(&["tenant"])?.tenant(&platform)?;
    let organization = tenant.read();
    let edges: Vec<_> = organization.workforce().edges.iter().map(EdgeView::of).collect();
    Ok(Json(json!({ "edges": edges })))
}

async fn groups(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Value>> {
    let tenant = params.only(&["tenant"])?.tenant(&platform)?;
    let now = platform.clock.now();
    let organization = tenant.read();
    let groups: Vec<_> =
        organization.workforce().groups.iter().map(|group| GroupView::of(group, now)).collect();
    Ok(Json(json!({ "skillGroups": groups })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EdgeChange {
    sync_lag: Option<String>,
    state: Option<String>,
}

impl EdgeChange {
    /// Both are read before either acts.
    fn read(&self) -> Answer<(Option<Nanos>, Option<EdgeState>)> {
        let lag = self.sync_lag.as_deref().map(|text| {
            let bad = || Refusal::bad(format!("sync_lag [{text}]: expected {DURATION_EXPECTED}"));
            parse_duration(text).ok_or_else(bad)
        });
        let state = self.state.as_deref().map(|text| {
            let bad = || Refusal::bad(format!("state [{text}]: expected in-service or draining"));
            EdgeState::from_name(text).ok_or_else(bad)
        });
        if lag.is_none() && state.is_none() {
            return Err(Refusal::bad("expected sync_lag or state"));
        }
        Ok((lag.transpose()?, state.transpose()?))
    }
}

async fn change_edge(
    State(platform): State<Arc<Platform>>,
    Named(which): Named,
    params: Params,
    content: Content,
) -> Answer<Json<EdgeView>> {
    let tenant = params.only(&["tenant"])?.tenant(&platform)?;
    let (lag, state) = content.json::<EdgeChange>()?.read()?;
    let view = platform.change(&tenant, platform.clock.now(), |organization| {
        let edge = organization.workforce().edge(&which)?.index;
        organization.change_edge(edge, lag, state).map(EdgeView::of)
    });
    Ok(Json(view.ok_or_else(|| ApiError::no_such("edge", &which))?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupChange {
    strict_adherence: Option<bool>,
    #[serde(default)]
    required_staff: Staff,
}

/// Agents that a group needs at every hour.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Staff {
    /// The change says nothing about it.
    #[default]
    AsItIs,
    /// No number is set any more.
    AsManyAsCome,
    /// The number of agents.
    Exactly(u32),
}

impl<'de> Deserialize<'de> for Staff {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(from)?.map_or(Self::AsManyAsCome, Self::Exactly))
    }
}

async fn change_group(
    State(platform): State<Arc<Platform>>,
    Named(which): Named,
    params: Params,
    content: Content,
) -> Answer<Json<GroupView>> {
    let tenant = params.only(&["tenant"])?.tenant(&platform)?;
    let change: GroupChange = content.json()?;
    if change.strict_adherence.is_none() && change.required_staff == Staff::AsItIs {
        return Err(Refusal::bad("expected strict_adherence or required_staff"));
    }
    let now = platform.clock.now();
    let demands = match change.required_staff {
        Staff::AsItIs => None,
        Staff::AsManyAsCome => Some(Vec::new()),
        Staff::Exactly(staff) => Some(vec![Demand { start: 0, end: Nanos::MAX, staff }]),
    };
    let view = platform.change(&tenant, now, |organization| {
        let group = organization.workforce().group(&which)?;
        let group = organization.change_group(group, change.strict_adherence, demands)?;
        Some(GroupView::of(group, now))
    });
    Ok(Json(view.ok_or_else(|| ApiError::no_such("skill group", &which))?))
}
