//! Time-off limits and plans, of management units and of business units.

use http::Method;
use serde_json::{Value, json};

use super::planning::{StaffingGroup, check_code, values};
use super::units::{business_unit_of, refer_to_unit};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, Version, answer, check_reference, path_of};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = json_entity::routes::<UnitLimit>();
    routes.extend(json_entity::routes::<UnitPlan>());
    routes.extend(json_entity::routes_without::<BusinessUnitLimit>(&[Method::PATCH]));
    routes.extend(json_entity::routes::<BusinessUnitPlan>());
    for path in [UnitLimit::PATH, BusinessUnitLimit::PATH] {
        routes.push(Route::post(&format!("{path}/values/query"), query_values));
    }
    routes
        .push(Route::put(&format!("{}/{{timeOffLimitId}}/values", UnitLimit::PATH), set_values::<UnitLimit>));
    let of_business_unit = format!("{}/{{timeOffLimitId}}/values", BusinessUnitLimit::PATH);
    routes.push(Route::put(&of_business_unit, set_values::<BusinessUnitLimit>));
    routes
}

/// A limit of a management unit.
enum UnitLimit {}

impl JsonEntity for UnitLimit {
    const NAME: &'static str = "time-off limit";
    const PATH: &'static str = "/api/v2/workforcemanagement/managementunits/{managementUnitId}/timeofflimits";
    const PARAM: &'static str = "timeOffLimitId";
    const VERSION: Version = Version::Metadata;

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.entry("granularity").or_insert(json!("Daily"));
        entity.entry("defaultLimitMinutes").or_insert(json!(0));
    }
}

/// A limit of a business unit, for one of its management units or staffing groups.
enum BusinessUnitLimit {}

impl JsonEntity for BusinessUnitLimit {
    const NAME: &'static str = "time-off limit";
    const PATH: &'static str = "/api/v2/workforcemanagement/businessunits/{businessUnitId}/timeofflimits";
    const PARAM: &'static str = "timeOffLimitId";
    const VERSION: Version = Version::Metadata;

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        refer_to_unit(organization, body.get("managementUnitId"))?;
        check_reference::<StaffingGroup>(call, organization, "staffingGroupId", body.get("staffingGroupId"))
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        if let Ok(Some(unit)) = refer_to_unit(organization, entity.get("managementUnitId")) {
            entity.insert("managementUnit".to_owned(), unit);
        }
        let groups = path_of(call, StaffingGroup::PATH).unwrap_or_default();
        let group = entity.get("staffingGroupId").and_then(Value::as_str);
        if let Some(group) = group.map(|id| json!({ "id": id, "selfUri": format!("{groups}/{id}") })) {
            entity.insert("staffingGroup".to_owned(), group);
        }
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        call.query_text("managementUnitId").is_none_or(|unit| text(entity, "managementUnitId") == unit)
    }
}

/// Stores the ranges of values of a limit.
fn set_values<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    answer::reply(call, json_entity::edit::<K>(call, call.json_object()?, false)?)
}

/// `POST …/timeofflimits/values/query`: the stored values of every limit of the unit.
fn query_values(call: &Call<'_>) -> Result<Reply, ApiError> {
    let of_business_unit = call.path.contains("/businessunits/");
    let organization = call.tenant().read();
    let all = if of_business_unit {
        json_entity::select::<BusinessUnitLimit>(call, &organization)?
    } else {
        json_entity::select::<UnitLimit>(call, &organization)?
    };
    let all = all.into_iter().flat_map(|limit| values(limit.get("values")).to_vec()).collect::<Vec<_>>();
    drop(organization);
    answer::reply(call, json!({ "values": all }))
}

/// Sets what a new plan has where the body does not say it. Assumed.
fn start_plan(entity: &mut Body) {
    entity.entry("activityCodeIds").or_insert(json!([]));
    entity.entry("autoApprovalRule").or_insert(json!("Never"));
    entity.entry("daysBeforeStartToExpireFromWaitlist").or_insert(json!(1));
    for flag in ["enabled", "active", "countAgainstTimeOffLimits"] {
        entity.entry(flag).or_insert(json!(true));
    }
}

/// Takes arrays out of the wrappers that changes have.
fn unwrap_arrays(entity: &mut Body) {
    for key in ["activityCodeIds", "overrideDates", "timeOffLimitIds"] {
        if entity.get(key).is_some_and(Value::is_object) {
            let inner = values(entity.get(key)).to_vec();
            entity.insert(key.to_owned(), inner.into());
        }
    }
}

/// A plan of a management unit.
enum UnitPlan {}

impl JsonEntity for UnitPlan {
    const NAME: &'static str = "time-off plan";
    const PATH: &'static str = "/api/v2/workforcemanagement/managementunits/{managementUnitId}/timeoffplans";
    const PARAM: &'static str = "timeOffPlanId";
    const VERSION: Version = Version::Metadata;
    const UNIQUE: bool = true;

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        let of = business_unit_of(organization, &call.param("managementUnitId")?);
        let mut codes = values(body.get("activityCodeIds")).iter();
        codes.try_for_each(|code| check_code(organization, &of, Some(code)))?;
        let mut limits = values(body.get("timeOffLimitIds")).iter();
        limits.try_for_each(|limit| {
            check_reference::<UnitLimit>(call, organization, "timeOffLimitIds", Some(limit))
        })
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        start_plan(entity);
    }

    fn change(_: &Call<'_>, _: &Organization, _: &Body, entity: &mut Body) {
        unwrap_arrays(entity);
    }

    fn show(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        let path = path_of(call, UnitLimit::PATH).unwrap_or_default();
        let limits = values(entity.get("timeOffLimitIds")).iter().filter_map(Value::as_str);
        let limits = limits.map(|id| json!({ "id": id, "selfUri": format!("{path}/{id}") })).collect();
        entity.insert("timeOffLimits".to_owned(), limits);
    }
}

/// A plan of a business unit.
enum BusinessUnitPlan {}

impl JsonEntity for BusinessUnitPlan {
    const NAME: &'static str = "time-off plan";
    const PATH: &'static str = "/api/v2/workforcemanagement/businessunits/{businessUnitId}/timeoffplans";
    const PARAM: &'static str = "timeOffPlanId";
    const VERSION: Version = Version::Metadata;
    const UNIQUE: bool = true;

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        let of = call.param("businessUnitId")?;
        let mut codes = values(body.get("activityCodeIds")).iter();
        codes.try_for_each(|code| check_code(organization, &of, Some(code)))?;
        let mut units = units_of(body).into_iter();
        units.try_for_each(|unit| refer_to_unit(organization, Some(unit)).map(drop))
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        start_plan(entity);
    }

    fn change(_: &Call<'_>, _: &Organization, before: &Body, entity: &mut Body) {
        unwrap_arrays(entity);
        keep_associations(before, entity);
    }

    fn show(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        let groups = path_of(call, StaffingGroup::PATH).unwrap_or_default();
        for key in ASSOCIATIONS {
            if let Some(association) = entity.get_mut(key).and_then(Value::as_object_mut) {
                show_association(association, &groups);
            }
        }
    }

    /// A plan that names no management unit applies to each.
    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let units = units_of(entity);
        let names = |wanted: &str| units.iter().any(|unit| unit.as_str() == Some(wanted));
        call.query_text("managementUnitId").is_none_or(|wanted| units.is_empty() || names(&wanted))
    }
}

/// The fields of a plan that say to which management units and staffing groups it applies.
const ASSOCIATIONS: [&str; 2] = ["businessUnitAssociation", "managementUnitAssociation"];

/// The ids of the management units to which a plan of a business unit applies.
fn units_of(plan: &Body) -> Vec<&Value> {
    let all = ASSOCIATIONS.iter().filter_map(|key| plan.get(*key));
    let ids = all.flat_map(|of| values(of.get("managementUnitIds")).iter().chain(of.get("managementUnitId")));
    ids.collect()
}

/// A change of an association leaves what it does not name.
fn keep_associations(before: &Body, entity: &mut Body) {
    for key in ASSOCIATIONS {
        let known = before.get(key).and_then(Value::as_object);
        if let (Some(known), Some(changed)) = (known, entity.get_mut(key).and_then(Value::as_object_mut)) {
            for (field, value) in known {
                changed.entry(field).or_insert(value.clone());
            }
        }
    }
}

/// Writes the ids of an association as references.
fn show_association(association: &mut Body, groups: &str) {
    const UNITS: &str = "/api/v2/workforcemanagement/managementunits";
    let refer = |id: &Value, path: &str| {
        let id = id.as_str().unwrap_or_default();
        json!({ "id": id, "selfUri": format!("{path}/{id}") })
    };
    if let Some(unit) = association.shift_remove("managementUnitId") {
        association.insert("managementUnit".to_owned(), refer(&unit, UNITS));
    }
    for (ids, shown, path) in
        [("managementUnitIds", "managementUnits", UNITS), ("staffingGroupIds", "staffingGroups", groups)]
    {
        if let Some(all) = association.shift_remove(ids) {
            let all = values(Some(&all)).iter().map(|id| refer(id, path)).collect();
            association.insert(shown.to_owned(), all);
        }
    }
}
