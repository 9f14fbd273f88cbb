//! What a business unit plans with: activity codes, planning groups, service goal templates and staffing groups.

use serde_json::{Map, Value, json};

use super::units::{check_agents, refer_to_unit};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{
    self, Body, JsonEntity, Version, answer, check_parents, check_reference, path_of,
};
use crate::api::record::referred;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::json::object;
use crate::world::routing::{Language, Queue, Skill};
use crate::world::table::{Kind, Stored};

const CODES: &str = "/api/v2/workforcemanagement/businessunits/{businessUnitId}/activitycodes";

pub(super) fn routes() -> Vec<Route> {
    let code = format!("{CODES}/{{activityCodeId}}");
    let mut routes = vec![
        Route::get(CODES, list_codes),
        Route::post(CODES, json_entity::create::<ActivityCode>),
        Route::get(&code, get_code),
        Route::patch(&code, json_entity::update::<ActivityCode>),
        Route::delete(&code, delete_code),
        Route::get("/api/v2/workforcemanagement/managementunits/{managementUnitId}/activitycodes", map_codes),
    ];
    routes.extend(json_entity::routes::<PlanningGroup>());
    routes.extend(json_entity::routes::<ServiceGoalTemplate>());
    routes.extend(json_entity::routes::<StaffingGroup>());
    routes
}

/// The activity codes that each business unit has from its start, with their category: its name is the id. Whether they
/// are paid is assumed.
const DEFAULT_CODES: [(&str, bool); 8] = [
    ("OnQueueWork", true),
    ("Break", true),
    ("Meal", false),
    ("Meeting", true),
    ("OffQueueWork", true),
    ("TimeOff", true),
    ("Training", true),
    ("Unavailable", false),
];

fn default_codes(uri: &str) -> impl Iterator<Item = Body> + '_ {
    DEFAULT_CODES.iter().map(move |(category, paid)| {
        object(json!({
            "id": category,
            "name": category,
            "active": true,
            "defaultCode": true,
            "category": category,
            "countsAsPaidTime": paid,
            "countsAsWorkTime": paid,
            "agentTimeOffSelectable": *category == "TimeOff",
            "metadata": { "version": 1 },
            "selfUri": format!("{uri}/{category}"),
        }))
    })
}

/// An activity code that a client has created.
pub(super) enum ActivityCode {}

impl JsonEntity for ActivityCode {
    const NAME: &'static str = "activity code";
    const PATH: &'static str = CODES;
    const PARAM: &'static str = "activityCodeId";
    const VERSION: Version = Version::Metadata;
    const UNIQUE: bool = true;

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.insert("active".to_owned(), json!(true));
        entity.insert("defaultCode".to_owned(), json!(false));
    }

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        let groups = body.get("planningGroupIds").and_then(Value::as_array).into_iter().flatten();
        groups.into_iter().try_for_each(|group| {
            check_reference::<PlanningGroup>(call, organization, "planningGroupIds", Some(group))
        })
    }
}

/// Refuses an activity code that a business unit does not have: 400.
pub(super) fn check_code(
    organization: &Organization,
    business_unit: &str,
    code: Option<&Value>,
) -> Result<(), ApiError> {
    let Some(code) = code.and_then(Value::as_str) else { return Ok(()) };
    let path = CODES.replace("{businessUnitId}", business_unit);
    let is_default = DEFAULT_CODES.iter().any(|(category, _)| *category == code);
    if is_default || organization.collections.get(&path, code).is_some() {
        return Ok(());
    }
    Err(ApiError::no_reference("activityCodeId", "activity code", code))
}

fn list_codes(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut all: Vec<Body> = default_codes(call.path).collect();
    {
        let organization = call.tenant().read();
        let created = json_entity::select::<ActivityCode>(call, &organization)?;
        all.extend(created.into_iter().map(|code| Map::clone(code)));
    }
    answer::list(call, all)
}

fn get_code(call: &Call<'_>) -> Result<Reply, ApiError> {
    check_parents(call, &call.tenant().read(), CODES)?;
    let id = call.param("activityCodeId")?;
    let uri = path_of(call, CODES)?;
    match default_codes(&uri).find(|code| text(code, "id") == id) {
        Some(code) => answer::reply(call, code),
        None => json_entity::get::<ActivityCode>(call),
    }
}

/// `DELETE …/activitycodes/{activityCodeId}`: a default code stays.
fn delete_code(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("activityCodeId")?;
    if DEFAULT_CODES.iter().any(|(category, _)| *category == id) {
        return Err(ApiError::bad_request("A default activity code cannot be deleted."));
    }
    json_entity::delete::<ActivityCode>(call)
}

/// `GET …/managementunits/{managementUnitId}/activitycodes`: those of its business unit, by id.
fn map_codes(call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = super::units::unit_in_path(call)?;
    let of = unit.get("businessUnit").map(|of| of["id"].as_str().unwrap_or_default().to_owned());
    let path = CODES.replace("{businessUnitId}", &of.unwrap_or_default());
    let mut all: Vec<Body> = default_codes(&path).collect();
    {
        let organization = call.tenant().read();
        all.extend(organization.collections.list(&path).map(|code| Map::clone(code)));
    }
    let by_id = all.into_iter().map(|mut code| {
        let active = code.get("active").cloned().unwrap_or_default();
        let default = code.get("defaultCode").cloned().unwrap_or_default();
        code.insert("isActive".to_owned(), active);
        code.insert("isDefault".to_owned(), default);
        (text(&code, "id").to_owned(), Value::Object(code))
    });
    let by_id: Body = by_id.collect();
    answer::reply(call, json!({ "activityCodes": by_id, "metadata": { "version": 1 } }))
}

/// A planning group: the queues, languages and skills that are forecast together.
pub(super) enum PlanningGroup {}

impl JsonEntity for PlanningGroup {
    const NAME: &'static str = "planning group";
    const PATH: &'static str = "/api/v2/workforcemanagement/businessunits/{businessUnitId}/planninggroups";
    const PARAM: &'static str = "planningGroupId";
    const VERSION: Version = Version::Metadata;
    const UNIQUE: bool = true;

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        let template = body.get("serviceGoalTemplateId");
        check_reference::<ServiceGoalTemplate>(call, organization, "serviceGoalTemplateId", template)?;
        let paths = values(body.get("routePaths"));
        paths.iter().filter_map(Value::as_object).try_for_each(|path| check_route(organization, path))
    }

    fn show(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        let templates = path_of(call, ServiceGoalTemplate::PATH).unwrap_or_default();
        let template = entity.get("serviceGoalTemplateId").and_then(Value::as_str).map(str::to_owned);
        if let Some(id) = template {
            let uri = format!("{templates}/{id}");
            entity.insert("serviceGoalTemplate".to_owned(), json!({ "id": id, "selfUri": uri }));
        }
        let paths = values(entity.get("routePaths")).iter().map(route_to_json).collect();
        entity.insert("routePaths".to_owned(), paths);
    }

    fn may_delete(call: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        let path = path_of(call, StaffingGroup::PATH)?;
        let mut groups = organization.collections.list(&path);
        let id = text(entity, "id");
        if groups.any(|group| values(group.get("planningGroupIds")).iter().any(|of| of == id)) {
            return Err(ApiError::conflict("The planning group is used by a staffing group."));
        }
        Ok(())
    }
}

fn check_route(organization: &Organization, path: &Body) -> Result<(), ApiError> {
    let id = |key: &str| path.get(key).and_then(Value::as_str);
    if let Some(queue) = id("queueId") {
        referred::<Queue>(organization, "queueId", queue)?;
    }
    if let Some(language) = id("languageId") {
        referred::<Language>(organization, "languageId", language)?;
    }
    let skills = path.get("skillIds").and_then(Value::as_array).into_iter().flatten();
    let mut skills = skills.filter_map(Value::as_str);
    skills.try_for_each(|skill| referred::<Skill>(organization, "skillIds", skill).map(drop))
}

fn route_to_json(path: &Value) -> Value {
    let skills = path["skillIds"].as_array().into_iter().flatten().map(reference::<Skill>);
    let mut shown = json!({
        "queue": reference::<Queue>(&path["queueId"]),
        "mediaType": path["mediaType"],
        "skills": skills.collect::<Vec<_>>(),
    });
    if path["languageId"].is_string() {
        shown["language"] = reference::<Language>(&path["languageId"]);
    }
    shown
}

/// The reference to an entity, `{"id", "selfUri"}`.
fn reference<K: Stored>(id: &Value) -> Value {
    json!({ "id": id, "selfUri": format!("{}/{}", <K as Kind>::PATH, id.as_str().unwrap_or_default()) })
}

/// An array of a body, bare or as `{"values": […]}`, as changes write it.
pub(super) fn values(array: Option<&Value>) -> &[Value] {
    let inner = array.map(|array| array.get("values").unwrap_or(array));
    inner.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A template of service goals.
pub(super) enum ServiceGoalTemplate {}

impl JsonEntity for ServiceGoalTemplate {
    const NAME: &'static str = "service goal template";
    const PATH: &'static str =
        "/api/v2/workforcemanagement/businessunits/{businessUnitId}/servicegoaltemplates";
    const PARAM: &'static str = "serviceGoalTemplateId";
    const VERSION: Version = Version::Metadata;
    const UNIQUE: bool = true;

    fn may_delete(call: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        let path = path_of(call, PlanningGroup::PATH)?;
        let mut groups = organization.collections.list(&path);
        if groups.any(|group| text(group, "serviceGoalTemplateId") == text(entity, "id")) {
            return Err(ApiError::conflict("The service goal template is used by a planning group."));
        }
        Ok(())
    }
}

/// A staffing group: agents that are staffed together.
pub(super) enum StaffingGroup {}

impl JsonEntity for StaffingGroup {
    const NAME: &'static str = "staffing group";
    const PATH: &'static str = "/api/v2/workforcemanagement/businessunits/{businessUnitId}/staffinggroups";
    const PARAM: &'static str = "staffingGroupId";
    const VERSION: Version = Version::Metadata;
    const UNIQUE: bool = true;

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_agents(organization, "userIds", values(body.get("userIds")))?;
        refer_to_unit(organization, body.get("managementUnitId"))?;
        let mut groups = values(body.get("planningGroupIds")).iter();
        groups.try_for_each(|group| {
            check_reference::<PlanningGroup>(call, organization, "planningGroupIds", Some(group))
        })
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let users = values(entity.get("userIds")).iter();
        let users: Vec<_> =
            users.map(|id| crate::view::user::reference(id.as_str().unwrap_or_default())).collect();
        let path = path_of(call, PlanningGroup::PATH).unwrap_or_default();
        let groups = values(entity.get("planningGroupIds")).iter().filter_map(Value::as_str);
        let groups: Vec<_> =
            groups.map(|id| json!({ "id": id, "selfUri": format!("{path}/{id}") })).collect();
        let unit = refer_to_unit(organization, entity.get("managementUnitId"));
        entity.insert("users".to_owned(), users.into());
        entity.insert("planningGroups".to_owned(), groups.into());
        if let Ok(Some(unit)) = unit {
            entity.insert("managementUnit".to_owned(), unit);
        }
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        call.query_text("managementUnitId").is_none_or(|unit| text(entity, "managementUnitId") == unit)
    }
}
