//! Work plans, their rotations and bids, shift trades, activity plans and notifications.

use serde_json::{Map, Value, json};

use super::planning::{check_code, values};
use super::units::check_agents;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, Version, answer, path_of};
use crate::api::route::Route;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use http::Method;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = json_entity::routes::<WorkPlan>();
    routes.extend(json_entity::routes::<Rotation>());
    routes.extend(json_entity::routes_without::<ActivityPlan>(&[Method::DELETE]));
    let copy = |path: &str, param: &str| format!("{path}/{{{param}}}/copy");
    routes.push(Route::post(&copy(WorkPlan::PATH, WorkPlan::PARAM), copy_of::<WorkPlan>));
    routes.push(Route::post(&copy(Rotation::PATH, Rotation::PARAM), copy_of::<Rotation>));
    routes
}

/// A work plan: the shifts that its agents may have.
enum WorkPlan {}

impl JsonEntity for WorkPlan {
    const NAME: &'static str = "work plan";
    const PATH: &'static str = "/api/v2/workforcemanagement/managementunits/{managementUnitId}/workplans";
    const PARAM: &'static str = "workPlanId";
    const VERSION: Version = Version::Metadata;
    const UNIQUE: bool = true;

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_agents(organization, "agents", &ids(body.get("agents")))?;
        values(body.get("shifts")).iter().filter_map(Value::as_object).try_for_each(check_shift)
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.entry("enabled").or_insert(json!(true));
        entity.insert("valid".to_owned(), json!(true));
    }

    fn show(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        count_agents(entity);
    }

    fn may_delete(call: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        let path = path_of(call, Rotation::PATH)?;
        let mut rotations = organization.collections.list(&path);
        let uses = |rotation: &Body| {
            let plans = rotation.get("pattern").and_then(|pattern| pattern.get("workPlanIds"));
            values(plans).iter().any(|plan| plan == text(entity, "id"))
        };
        if rotations.any(|rotation| uses(rotation)) {
            return Err(ApiError::conflict("The work plan is used by a rotation."));
        }
        Ok(())
    }
}

/// A property that makes two numbers of a shift count, and these numbers, of which the second is not below the first.
const RANGES: [(&str, &str, &str); 3] = [
    ("flexibleStartTime", "earliestStartTimeMinutesFromMidnight", "latestStartTimeMinutesFromMidnight"),
    ("flexiblePaidTime", "minimumPaidTimeMinutes", "maximumPaidTimeMinutes"),
    ("constrainContiguousWorkTime", "minimumContiguousWorkTimeMinutes", "maximumContiguousWorkTimeMinutes"),
];

/// A shift stops no earlier than it starts, and its ranges do not end before they begin. Numbers that do not count may
/// have any value.
fn check_shift(shift: &Body) -> Result<(), ApiError> {
    let says = |key: &str| shift.get(key) == Some(&Value::Bool(true));
    for (_, first, last) in RANGES.into_iter().filter(|(flag, ..)| says(flag)) {
        check_minutes(shift, first, last)?;
    }
    let start = if says("flexibleStartTime") { RANGES[0].1 } else { "exactStartTimeMinutesFromMidnight" };
    if says("constrainLatestStopTime") || says("constrainStopTime") {
        check_minutes(shift, start, "latestStopTimeMinutesFromMidnight")?;
    }
    Ok(())
}

fn check_minutes(shift: &Body, first: &str, last: &str) -> Result<(), ApiError> {
    let minutes = |key: &str| shift.get(key).and_then(Value::as_i64);
    match minutes(first).zip(minutes(last)) {
        Some((start, end)) if end < start => {
            Err(ApiError::constraint(last, format!("The {last} of a shift must not be below its {first}.")))
        }
        _ => Ok(()),
    }
}

fn count_agents(entity: &mut Body) {
    let count = values(entity.get("agents")).len();
    entity.insert("agentCount".to_owned(), json!(count));
}

/// The ids of references to agents.
fn ids(agents: Option<&Value>) -> Vec<Value> {
    values(agents)
        .iter()
        .map(|agent| agent.get("id").or(agent.get("userId")).cloned().unwrap_or_default())
        .collect()
}

/// A rotation of work plans.
enum Rotation {}

impl JsonEntity for Rotation {
    const NAME: &'static str = "work plan rotation";
    const PATH: &'static str =
        "/api/v2/workforcemanagement/managementunits/{managementUnitId}/workplanrotations";
    const PARAM: &'static str = "workPlanRotationId";
    const VERSION: Version = Version::Metadata;
    const UNIQUE: bool = true;

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_agents(organization, "agents", &ids(body.get("agents")))?;
        check_dates(body)?;
        let plans = organization_plans(call, organization)?;
        let pattern = body.get("pattern").and_then(|pattern| pattern.get("workPlanIds"));
        let mut wanted = values(pattern).iter().filter_map(Value::as_str);
        wanted.try_for_each(|id| {
            let known = plans.iter().any(|plan| plan == id);
            if known { Ok(()) } else { Err(ApiError::no_reference("workPlanIds", WorkPlan::NAME, id)) }
        })
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.entry("enabled").or_insert(json!(true));
    }

    fn show(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        count_agents(entity);
        let agents = ids(entity.get("agents"));
        let agents =
            agents.iter().map(|id| json!({ "user": user::reference(id.as_str().unwrap_or_default()) }));
        let agents = agents.collect::<Vec<_>>();
        entity.insert("agents".to_owned(), agents.into());
        let path = path_of(call, WorkPlan::PATH).unwrap_or_default();
        let plans = entity.get("pattern").and_then(|pattern| pattern.get("workPlanIds"));
        let plans = values(plans).iter().filter_map(Value::as_str);
        let plans: Vec<_> = plans.map(|id| json!({ "id": id, "selfUri": format!("{path}/{id}") })).collect();
        entity.insert("pattern".to_owned(), json!({ "workPlans": plans }));
    }
}

/// A rotation ends no earlier than it starts.
fn check_dates(body: &Body) -> Result<(), ApiError> {
    let Some(range) = body.get("dateRange").and_then(Value::as_object) else { return Ok(()) };
    let (first, last) = (text(range, "startBusinessUnitDate"), text(range, "endBusinessUnitDate"));
    if last.is_empty() || first <= last {
        return Ok(());
    }
    Err(ApiError::constraint("dateRange", "The dateRange must not end before it starts."))
}

fn organization_plans(call: &Call<'_>, organization: &Organization) -> Result<Vec<String>, ApiError> {
    let path = path_of(call, WorkPlan::PATH)?;
    let plans = organization.collections.list(&path);
    Ok(plans.map(|plan| text(plan, "id").to_owned()).collect())
}

/// `POST …/copy`: a new entity with the fields of another, and the name of the body.
fn copy_of<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let mut copy = {
        let organization = call.tenant().read();
        Map::clone(json_entity::find::<K>(call, &organization)?)
    };
    copy.extend(body);
    answer::reply(call, json_entity::add::<K>(call, copy)?)
}

/// A plan of an activity that is scheduled for agents.
enum ActivityPlan {}

impl JsonEntity for ActivityPlan {
    const NAME: &'static str = "activity plan";
    const PATH: &'static str = "/api/v2/workforcemanagement/businessunits/{businessUnitId}/activityplans";
    const PARAM: &'static str = "activityPlanId";
    const UNIQUE: bool = true;

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_code(organization, &call.param("businessUnitId")?, body.get("activityCodeId"))?;
        let mut units = values(body.get("managementUnitIds")).iter();
        units.try_for_each(|unit| super::units::refer_to_unit(organization, Some(unit)).map(drop))
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let codes = path_of(call, super::planning::ActivityCode::PATH).unwrap_or_default();
        let code = text(entity, "activityCodeId").to_owned();
        let uri = format!("{codes}/{code}");
        entity.insert("activityCode".to_owned(), json!({ "id": code, "selfUri": uri }));
        let units = values(entity.get("managementUnitIds")).to_vec();
        let units =
            units.iter().filter_map(|unit| super::units::refer_to_unit(organization, Some(unit)).ok()?);
        let units: Vec<_> = units.collect();
        entity.insert("managementUnits".to_owned(), units.into());
        entity.entry("description").or_insert(json!(""));
        entity.entry("facilitated").or_insert(json!(false));
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        call.query_text("state").is_none_or(|state| text(entity, "state") == state)
    }
}
