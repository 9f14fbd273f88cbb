//! Changes edges and skill groups. A change applies at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use uuid::Uuid;

use super::answer::{Answer, Refusal};
use super::input::{Content, Named, Params};
use super::route::{Resource, TENANT, get, put};
use super::schema::{duration_or_null, one_of, or_null};
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
    let edges = get("/__admin/edges", "the edges of an organization (?tenant=)", edges);
    let groups = get("/__admin/skill-groups", "the skill groups of an organization (?tenant=)", groups);
    let change_edge = put("/__admin/edges/{id}", edge, change_edge);
    let change_group = put("/__admin/skill-groups/{id}", group, change_group);
    Resource::new()
        .with(edges.query(&[TENANT]).answers::<Edges>())
        .with(change_edge.query(&[TENANT]).reads::<EdgeChange>().answers::<EdgeView>())
        .with(groups.query(&[TENANT]).answers::<Groups>())
        .with(change_group.query(&[TENANT]).reads::<GroupChange>().answers::<GroupView>())
}

#[derive(Serialize, ToSchema)]
struct Edges {
    edges: Vec<EdgeView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SkillGroups)]
struct Groups {
    skill_groups: Vec<GroupView>,
}

/// The keys are those of a change.
#[derive(Serialize, ToSchema)]
#[schema(as = Edge)]
struct EdgeView {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    name: String,
    host: String,
    time_zone: String,
    sync_lag: String,
    #[schema(schema_with = states)]
    state: &'static str,
}

fn states() -> RefOr<Schema> {
    one_of([EdgeState::InService, EdgeState::Draining].map(EdgeState::name))
}

fn states_or_null() -> RefOr<Schema> {
    or_null(states())
}

impl EdgeView {
    fn of(edge: &Edge) -> Self {
        Self {
            id: edge.id.uuid(),
            name: edge.name.clone(),
            host: edge.host.clone(),
            time_zone: edge.time_zone.clone(),
            sync_lag: format_duration(edge.sync_lag),
            state: edge.state.name(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = SkillGroup)]
struct GroupView {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    name: String,
    strict_adherence: bool,
    #[schema(required)]
    required_staff: Option<u32>,
}

impl GroupView {
    fn of(group: &Group, now: Nanos) -> Self {
        let holds = group.demands.iter().find(|demand| (demand.start..demand.end).contains(&now));
        Self {
            id: group.id.uuid(),
            name: group.name.clone(),
            strict_adherence: group.strict_adherence,
            required_staff: holds.map(|demand| demand.staff),
        }
    }
}

async fn edges(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Edges>> {
    let tenant = params.only(&[TENANT])?.tenant(&platform)?;
    let organization = tenant.read();
    Ok(Json(Edges { edges: organization.workforce().edges.iter().map(EdgeView::of).collect() }))
}

async fn groups(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Groups>> {
    let tenant = params.only(&[TENANT])?.tenant(&platform)?;
    let now = platform.clock.now();
    let organization = tenant.read();
    let groups = organization.workforce().groups.values();
    Ok(Json(Groups { skill_groups: groups.map(|group| GroupView::of(group, now)).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1)]
struct EdgeChange {
    #[schema(schema_with = duration_or_null)]
    sync_lag: Option<String>,
    #[schema(schema_with = states_or_null)]
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
    let tenant = params.only(&[TENANT])?.tenant(&platform)?;
    let (lag, state) = content.json::<EdgeChange>()?.read()?;
    let view = platform.change(&tenant, platform.clock.now(), |organization| {
        let edge = organization.workforce().edge(&which)?.index;
        organization.change_edge(edge, lag, state).map(EdgeView::of)
    });
    Ok(Json(view.ok_or_else(|| ApiError::no_such("edge", &which))?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SkillGroupChange, min_properties = 1)]
struct GroupChange {
    strict_adherence: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    required_staff: Staff,
}

/// Agents that a group needs at every hour.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Staff {
    /// The change does not have the key.
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
    let tenant = params.only(&[TENANT])?.tenant(&platform)?;
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
        let group = organization.workforce().group(&which)?.id;
        let group = organization.change_group(group, change.strict_adherence, demands)?;
        Some(GroupView::of(group, now))
    });
    Ok(Json(view.ok_or_else(|| ApiError::no_such("skill group", &which))?))
}
