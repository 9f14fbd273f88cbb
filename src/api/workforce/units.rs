//! Business units and management units. A seeded unit has the agents of its skill groups. A unit that a client creates
//! is stored and has no agents.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::entity::{self, required_text};
use crate::api::route::Route;
use crate::api::users::find_user;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::people::User;
use crate::world::seed;
use crate::world::workforce::seed::{BUSINESS_UNITS, MANAGEMENT_UNITS, unit_id};
use crate::world::{Organization, Tenant};

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

/// A seeded management unit.
pub(super) struct Unit<'t> {
    pub(super) id: Uuid,
    pub(super) organization: Uuid,
    pub(super) seed: &'t seed::ManagementUnit,
}

impl<'t> Unit<'t> {
    /// The unit that schedules `agent`.
    pub(super) fn of(tenant: &'t Tenant, agent: &User) -> Option<Self> {
        agent.skill_group?;
        let seed = tenant.seed.management_units.get(usize::from(agent.management_unit))?;
        let id = unit_id(tenant.id, MANAGEMENT_UNITS, &seed.name);
        Some(Self { id, organization: tenant.id, seed })
    }

    /// The path of the unit.
    pub(super) fn address(&self) -> String {
        format!("{MANAGEMENT_UNITS}/{}", self.id)
    }

    /// The reference to the unit, `{"id", "selfUri"}`.
    pub(super) fn reference(&self) -> Value {
        json!({ "id": self.id, "selfUri": self.address() })
    }

    /// The reference to its business unit, `{"id", "selfUri"}`.
    pub(super) fn business_unit(&self) -> Value {
        let id = unit_id(self.organization, BUSINESS_UNITS, &self.seed.business_unit);
        json!({ "id": id, "selfUri": format!("{BUSINESS_UNITS}/{id}") })
    }
}

/// The index of the seeded unit of that id in the organization's file; `None` for one that a client made. A unit
/// that was deleted is an error.
pub(super) fn place_of(
    tenant: &Tenant,
    organization: &Organization,
    id: &str,
) -> Result<Option<usize>, ApiError> {
    let is_it =
        |unit: &seed::ManagementUnit| unit_id(tenant.id, MANAGEMENT_UNITS, &unit.name).to_string() == id;
    if organization.collections.get(MANAGEMENT_UNITS, id).is_none() {
        return Err(ApiError::no_such(MANAGEMENT, id));
    }
    Ok(tenant.seed.management_units.iter().position(is_it))
}

/// Copies of the agents of the unit in the call's path.
pub(super) fn agents_of_unit(call: &Call<'_>) -> Result<Vec<User>, ApiError> {
    let tenant = call.tenant();
    let wanted = unit_in_path(call)?;
    let is_wanted = |unit: &seed::ManagementUnit| {
        wanted.get("id") == Some(&json!(unit_id(tenant.id, MANAGEMENT_UNITS, &unit.name)))
    };
    let Some(place) = tenant.seed.management_units.iter().position(is_wanted) else { return Ok(Vec::new()) };
    let organization = tenant.read();
    Ok(organization
        .people()
        .agents()
        .filter(|agent| usize::from(agent.management_unit) == place)
        .cloned()
        .collect())
}

/// The unit in the call's path, as stored.
pub(super) fn unit_in_path(call: &Call<'_>) -> Result<crate::world::collection::Entity, ApiError> {
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
    let text =
        |key: &str, otherwise: &str| body.get(key).and_then(Value::as_str).unwrap_or(otherwise).to_owned();
    let unit = json!({
        "name": name,
        "businessUnit": { "id": of, "selfUri": format!("{BUSINESS_UNITS}/{of}") },
        "startDayOfWeek": text("startDayOfWeek", "Monday"),
        "timeZone": text("timeZone", "UTC"),
        "metadata": { "version": 1, "dateModified": rfc3339(call.now) },
        "division": business_unit.get("division"),
        "version": 1,
        "dateModified": rfc3339(call.now),
    });
    Reply::created(&entity::create(call, MANAGEMENT_UNITS, into_object(unit)))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("managementUnitId")?;
    let changes = read_changes(&call.json_object()?)?;
    let now = rfc3339(call.now);
    Reply::ok(&entity::update(call, MANAGEMENT_UNITS, MANAGEMENT, &id, |unit| {
        let version = unit.get("version").and_then(Value::as_u64).unwrap_or_default() + 1;
        unit.extend(changes);
        unit.insert("metadata".to_owned(), json!({ "version": version, "dateModified": now }));
        unit.insert("version".to_owned(), json!(version));
        unit.insert("dateModified".to_owned(), json!(now));
        Ok(())
    })?)
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
    let organization = call.tenant().read();
    let shown: Vec<Value> = organization
        .collections
        .list(BUSINESS_UNITS)
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
    let home = crate::world::seed::home_division_id(call.tenant().id).to_string();
    let division = body.get("divisionId").and_then(Value::as_str).unwrap_or(&home);
    let unit = json!({
        "name": name,
        "settings": {
            "startDayOfWeek": required_text(settings, "startDayOfWeek")?,
            "timeZone": required_text(settings, "timeZone")?,
            "metadata": { "version": 1, "dateModified": rfc3339(call.now) },
        },
        "division": { "id": division, "selfUri": format!("/api/v2/authorization/divisions/{division}") },
    });
    Reply::created(&entity::create(call, BUSINESS_UNITS, into_object(unit)))
}

fn update_business_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("businessUnitId")?;
    let changes = read_changes(&call.json_object()?)?;
    let unit = entity::merge(call, BUSINESS_UNITS, BUSINESS, &id, changes)?;
    Reply::ok(&business_unit_to_json(call, &unit))
}

fn delete_business_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, BUSINESS_UNITS, BUSINESS, &call.param("businessUnitId")?)
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
    unit_reply(call, &user.ok_or_else(|| ApiError::bad_request("This request requires a user context."))?)
}

fn unit_reply(call: &Call<'_>, user: &User) -> Result<Reply, ApiError> {
    let unit = Unit::of(call.tenant(), user);
    let unit = unit.ok_or_else(|| ApiError::no_such("agent", &user.id.to_string()))?;
    Reply::ok(&json!({
        "user": user::reference(&user.id.to_string()),
        "managementUnit": unit.reference(),
        "businessUnit": unit.business_unit(),
    }))
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
