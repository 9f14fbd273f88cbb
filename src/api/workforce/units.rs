//! Business units and management units. A seeded unit has the agents of its skill groups. A unit that a client creates
//! is stored and has no agents.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::{self, required_text};
use crate::api::record::referred;
use crate::api::refusal;
use crate::api::route::Route;
use crate::api::users::find_user;
use crate::api::version;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::Division;
use crate::world::collection::Entity;
use crate::world::id::Id;
use crate::world::json::object;
use crate::world::people::User;
use crate::world::table::Kind;
use crate::world::workforce::seed::{BUSINESS_UNITS, MANAGEMENT_UNITS};
use crate::world::workforce::unit::ManagementUnit;

const BUSINESS: &str = "business unit";
const MANAGEMENT: &str = "management unit";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/workforcemanagement/managementunits", list),
        Route::post("/api/v2/workforcemanagement/managementunits", create),
        Route::get("/api/v2/workforcemanagement/managementunits/divisionviews", list),
        Route::get("/api/v2/workforcemanagement/managementunits/{managementUnitId}", get),
        Route::patch("/api/v2/workforcemanagement/managementunits/{managementUnitId}", update),
        Route::delete("/api/v2/workforcemanagement/managementunits/{managementUnitId}", delete),
        Route::get("/api/v2/workforcemanagement/managementunits/{managementUnitId}/users", list_users),
        Route::get("/api/v2/workforcemanagement/businessunits", list_business_units),
        Route::post("/api/v2/workforcemanagement/businessunits", create_business_unit),
        Route::get("/api/v2/workforcemanagement/businessunits/{businessUnitId}", get_business_unit),
        Route::patch("/api/v2/workforcemanagement/businessunits/{businessUnitId}", update_business_unit),
        Route::delete("/api/v2/workforcemanagement/businessunits/{businessUnitId}", delete_business_unit),
        Route::get(
            "/api/v2/workforcemanagement/businessunits/{businessUnitId}/managementunits",
            list_units_of_business_unit,
        ),
        Route::get("/api/v2/workforcemanagement/agents/me/managementunit", get_own_unit),
        Route::get("/api/v2/workforcemanagement/agents/{agentId}/managementunit", get_unit_of_agent),
    ]
}

/// The path of a unit.
pub(super) fn unit_address(unit: &ManagementUnit) -> String {
    format!("{MANAGEMENT_UNITS}/{}", unit.id)
}

/// The reference to a unit, `{"id", "selfUri"}`.
pub(super) fn unit_reference(unit: &ManagementUnit) -> Value {
    json!({ "id": unit.id, "selfUri": unit_address(unit) })
}

/// The reference to the business unit of a unit, `{"id", "selfUri"}`.
pub(super) fn business_unit_reference(unit: &ManagementUnit) -> Value {
    let id = unit.business_unit;
    json!({ "id": id, "selfUri": format!("{BUSINESS_UNITS}/{id}") })
}

/// Refuses an id that no business unit has.
pub(super) fn check_business_unit(call: &Call<'_>, id: &str) -> Result<(), ApiError> {
    entity::get(call, BUSINESS_UNITS, BUSINESS, id).map(drop)
}

/// The id of the unit that `id` names. `None` for one that a client made with an id of another kind. A unit that was
/// deleted is an error.
pub(super) fn find_unit(
    organization: &Organization,
    id: &str,
) -> Result<Option<Id<ManagementUnit>>, ApiError> {
    match organization.collections.get(MANAGEMENT_UNITS, id) {
        Some(_) => Ok(Id::parse(id)),
        None => Err(ApiError::no_such(MANAGEMENT, id)),
    }
}

/// The reference to the management unit that a body names. An unknown one is a 400.
pub(super) fn refer_to_unit(
    organization: &Organization,
    id: Option<&Value>,
) -> Result<Option<Value>, ApiError> {
    let Some(id) = id.and_then(Value::as_str).filter(|id| !id.is_empty()) else { return Ok(None) };
    match organization.collections.get(MANAGEMENT_UNITS, id) {
        Some(unit) => Ok(Some(json!({ "id": id, "selfUri": unit.get("selfUri") }))),
        None => Err(ApiError::no_reference("managementUnitId", MANAGEMENT, id)),
    }
}

/// The id of the business unit of a management unit; empty without one.
pub(super) fn business_unit_of(organization: &Organization, unit: &str) -> String {
    let unit = organization.collections.get(MANAGEMENT_UNITS, unit);
    let of = unit.and_then(|unit| unit.get("businessUnit")?.get("id")?.as_str());
    of.unwrap_or_default().to_owned()
}

/// Refuses ids that no user has: 400.
pub(super) fn check_agents(
    organization: &Organization,
    field: &'static str,
    ids: &[Value],
) -> Result<(), ApiError> {
    let mut ids = ids.iter().filter_map(Value::as_str);
    ids.try_for_each(|id| match organization.people().get(id).filter(|user| user.exists()) {
        Some(_) => Ok(()),
        None => Err(ApiError::no_reference(field, "user", id)),
    })
}

/// Copies of the agents of the unit in the call's path.
pub(super) fn agents_of_unit(call: &Call<'_>) -> Result<Vec<User>, ApiError> {
    let organization = call.tenant().read();
    let unit = find_unit(&organization, &call.param("managementUnitId")?)?;
    let agents = organization.people().agents().filter(|agent| agent.management_unit == unit);
    Ok(agents.cloned().collect())
}

/// Copies of the agents of a business unit: those of its management units.
pub(super) fn agents_of_business_unit(call: &Call<'_>, unit: &Entity) -> Vec<User> {
    let organization = call.tenant().read();
    let own = unit.get("id").and_then(Value::as_str).unwrap_or_default();
    let units = organization.collections.list(MANAGEMENT_UNITS).filter_map(|unit| unit.get("id")?.as_str());
    let units: HashSet<_> = units.filter(|unit| business_unit_of(&organization, unit) == own).collect();
    let is_its = |unit: Id<ManagementUnit>| units.contains(unit.to_string().as_str());
    organization.people().agents().filter(|one| one.management_unit.is_some_and(is_its)).cloned().collect()
}

/// The business unit in the call's path, as stored.
pub(super) fn business_unit_in_path(call: &Call<'_>) -> Result<Entity, ApiError> {
    entity::get(call, BUSINESS_UNITS, BUSINESS, &call.param("businessUnitId")?)
}

/// The unit in the call's path, as stored.
pub(super) fn unit_in_path(call: &Call<'_>) -> Result<Entity, ApiError> {
    entity::get(call, MANAGEMENT_UNITS, MANAGEMENT, &call.param("managementUnitId")?)
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::list(call, MANAGEMENT_UNITS)?)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&unit_in_path(call)?)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let name = required_text(&body, "name")?;
    let of = required_text(&body, "businessUnitId")?;
    let business_unit = entity::get(call, BUSINESS_UNITS, BUSINESS, of)?;
    let division = read_division(call, &body)?.or_else(|| business_unit.get("division").cloned());
    let text =
        |key: &str, otherwise: &str| body.get(key).and_then(Value::as_str).unwrap_or(otherwise).to_owned();
    let unit = json!({
        "name": name,
        "businessUnit": { "id": of, "selfUri": format!("{BUSINESS_UNITS}/{of}") },
        "startDayOfWeek": text("startDayOfWeek", "Monday"),
        "timeZone": text("timeZone", "UTC"),
        "metadata": { "version": 1, "dateModified": rfc3339(call.now) },
        "division": division,
        "version": 1,
        "dateModified": rfc3339(call.now),
    });
    Reply::created(&entity::create(call, MANAGEMENT_UNITS, object(unit)))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("managementUnitId")?;
    let body = call.json_object()?;
    let (changes, division) = (read_changes(&body)?, read_division(call, &body)?);
    let now = rfc3339(call.now);
    Reply::ok(&entity::update(call, MANAGEMENT_UNITS, MANAGEMENT, &id, |unit| {
        let version = unit.get("version").and_then(Value::as_u64).unwrap_or_default();
        check_settings_version(version, &body)?;
        let version = version + 1;
        unit.extend(changes);
        unit.extend(division.map(|division| ("division".to_owned(), division)));
        unit.insert("metadata".to_owned(), json!({ "version": version, "dateModified": now }));
        unit.insert("version".to_owned(), json!(version));
        unit.insert("dateModified".to_owned(), json!(now));
        Ok(())
    })?)
}

/// Refuses settings of another version than the current one: 409.
fn check_settings_version(current: u64, body: &Map<String, Value>) -> Result<(), ApiError> {
    let settings = body.get("settings").and_then(Value::as_object);
    settings.map_or(Ok(()), |settings| version::check_metadata(current, settings))
}

/// The reference to the division that a body names in `divisionId`. An unknown one is a 400.
fn read_division(call: &Call<'_>, body: &Map<String, Value>) -> Result<Option<Value>, ApiError> {
    let Some(id) = body.get("divisionId").and_then(Value::as_str).filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let id = referred::<Division>(&call.tenant().read(), "divisionId", id)?;
    Ok(Some(json!({ "id": id, "selfUri": format!("{}/{id}", Division::PATH) })))
}

/// Reads the name. Other changes have no effect, because all units behave alike.
fn read_changes(body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    if body.get("name").is_none_or(Value::is_null) {
        return Ok(Map::new());
    }
    Ok(Map::from_iter([("name".to_owned(), json!(required_text(body, "name")?))]))
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, MANAGEMENT_UNITS, MANAGEMENT, &call.param("managementUnitId")?)
}

fn list_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    let agents = agents_of_unit(call)?;
    let shown: Vec<Value> = agents.iter().map(|agent| user::reference(&agent.id.to_string())).collect();
    Reply::ok(&json!({ "entities": shown }))
}

fn list_business_units(call: &Call<'_>) -> Result<Reply, ApiError> {
    let filter = entity::Filter::of(call);
    let organization = call.tenant().read();
    let shown: Vec<Value> = organization
        .collections
        .list(BUSINESS_UNITS)
        .filter(|unit| filter.matches(unit))
        .map(|unit| {
            let field = |key: &str| unit.get(key).cloned().unwrap_or_default();
            json!({ "id": field("id"), "name": field("name"), "authorized": true,
                "division": field("division"), "selfUri": field("selfUri") })
        })
        .collect();
    Reply::ok(&json!({ "entities": shown }))
}

/// A business unit, with its settings if `expand` asks for them.
fn business_unit_to_json(call: &Call<'_>, unit: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = unit.clone();
    if !call.query_list("expand").iter().any(|part| part.starts_with("settings")) {
        shown.shift_remove("settings");
    }
    shown
}

fn get_business_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = entity::get(call, BUSINESS_UNITS, BUSINESS, &call.param("businessUnitId")?)?;
    Reply::ok(&business_unit_to_json(call, &unit))
}

fn create_business_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let name = required_text(&body, "name")?;
    let settings = body.get("settings").and_then(Value::as_object);
    let settings =
        settings.ok_or_else(|| ApiError::bad_request("The property settings must be an object."))?;
    let home = || {
        let home = crate::world::seed::home_division_id(call.tenant().id);
        json!({ "id": home, "selfUri": format!("{}/{home}", Division::PATH) })
    };
    let division = read_division(call, &body)?.unwrap_or_else(home);
    let unit = json!({
        "name": name,
        "settings": {
            "startDayOfWeek": required_text(settings, "startDayOfWeek")?,
            "timeZone": required_text(settings, "timeZone")?,
            "metadata": { "version": 1, "dateModified": rfc3339(call.now) },
        },
        "division": division,
    });
    Reply::created(&entity::create(call, BUSINESS_UNITS, object(unit)))
}

fn update_business_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("businessUnitId")?;
    let body = call.json_object()?;
    let (changes, division) = (read_changes(&body)?, read_division(call, &body)?);
    let unit = entity::update(call, BUSINESS_UNITS, BUSINESS, &id, |unit| {
        let settings = unit.entry("settings").or_insert_with(|| json!({}));
        let settings = settings.as_object_mut().ok_or_else(ApiError::internal)?;
        let version = settings.get("metadata").and_then(|metadata| metadata.get("version")?.as_u64());
        let version = version.unwrap_or(1);
        check_settings_version(version, &body)?;
        let metadata = json!({ "version": version + 1, "dateModified": rfc3339(call.now) });
        settings.insert("metadata".to_owned(), metadata);
        entity::merge_fields(unit, changes);
        unit.extend(division.map(|division| ("division".to_owned(), division)));
        Ok(())
    })?;
    Reply::ok(&business_unit_to_json(call, &unit))
}

fn delete_business_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("businessUnitId")?;
    let is_used = {
        let organization = call.tenant().read();
        let mut units = organization.collections.list(MANAGEMENT_UNITS);
        units.any(|unit| unit.get("businessUnit").is_some_and(|of| of["id"] == *id))
    };
    if is_used {
        return Err(ApiError::conflict("The business unit has management units. Delete or move them first."));
    }
    entity::delete(call, BUSINESS_UNITS, BUSINESS, &id)
}

fn list_units_of_business_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("businessUnitId")?;
    entity::get(call, BUSINESS_UNITS, BUSINESS, &id)?;
    let belongs = |unit: &Map<String, Value>| unit.get("businessUnit").is_some_and(|of| of["id"] == *id);
    Reply::ok(&entity::list_where(call, MANAGEMENT_UNITS, belongs)?)
}

fn get_unit_of_agent(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("agentId")?;
    let agent = find_user(call.tenant().read().people(), &id)?.clone();
    unit_reply(call, &agent)
}

fn get_own_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let index = call.caller.token.user;
    let user = index.and_then(|index| call.tenant().read().people().at(index).cloned());
    unit_reply(call, &user.ok_or_else(refusal::without_user)?)
}

fn unit_reply(call: &Call<'_>, user: &User) -> Result<Reply, ApiError> {
    let unit = call.tenant().unit_of(user);
    let unit = unit.ok_or_else(|| ApiError::no_such("agent", &user.id.to_string()))?;
    Reply::ok(&json!({
        "user": user::reference(&user.id.to_string()),
        "managementUnit": unit_reference(unit),
        "businessUnit": business_unit_reference(unit),
    }))
}
