//! Roles, and the users that have them.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::permissions::check_policies;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::record::{self, Resource, find, is_exactly, select};
use crate::api::route::Route;
use crate::api::setting::{self, Setting};
use crate::api::users::find_user;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::{Grant, Role, home};
use crate::world::json::object;
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/authorization/roles", list),
        Route::post("/api/v2/authorization/roles", record::create::<Role>),
        Route::post("/api/v2/authorization/roles/default", list),
        Route::put("/api/v2/authorization/roles/default", restore),
        Route::get("/api/v2/authorization/roles/settings", setting::get::<RoleSettings>),
        Route::put("/api/v2/authorization/roles/settings", setting::put::<RoleSettings>),
        Route::get("/api/v2/authorization/roles/{roleId}", get),
        Route::put("/api/v2/authorization/roles/{roleId}", record::replace::<Role>),
        Route::patch("/api/v2/authorization/roles/{roleId}", record::update::<Role>),
        Route::delete("/api/v2/authorization/roles/{roleId}", record::delete::<Role>),
        Route::get("/api/v2/authorization/roles/{leftRoleId}/comparedefault/{rightRoleId}", compare),
        Route::post("/api/v2/authorization/roles/{leftRoleId}/comparedefault/{rightRoleId}", compare),
        Route::get("/api/v2/authorization/roles/{roleId}/users", list_users),
        Route::put("/api/v2/authorization/roles/{roleId}/users/add", add_users),
        Route::put("/api/v2/authorization/roles/{roleId}/users/remove", remove_users),
        Route::get("/api/v2/authorization/settings", setting::get::<Settings>),
        Route::patch("/api/v2/authorization/settings", setting::patch::<Settings>),
    ]
}

impl Resource for Role {
    const PARAM: &'static str = "roleId";
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "request.conflict");

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::authorization::role(organization, record, false)
    }

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        check_policies(body)
    }

    fn is_named(wanted: &str, name: &str) -> bool {
        is_exactly(wanted, name)
    }

    fn matches(call: &Call<'_>, _: &Organization, record: &Record<Self>) -> bool {
        let (permissions, defaults) = (call.query_list("permission"), call.query_list("defaultRoleId"));
        let default = text(&record.extra, "defaultRoleId");
        permissions.iter().all(|permission| record.permits(permission))
            && (defaults.is_empty() || defaults.iter().any(|wanted| wanted == default))
    }
}

struct RoleSettings;

impl Setting for RoleSettings {
    const FIELDS: &'static [&'static str] = &["backfillEnabled", "authorizationGrantDivisionAware"];

    fn default(call: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(
            json!({ "backfillEnabled": false, "authorizationGrantDivisionAware": true, "selfUri": call.path }),
        )
    }
}

struct Settings;

impl Setting for Settings {
    const FIELDS: &'static [&'static str] = &["analysisEnabled", "analysisDays"];

    fn default(call: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "analysisEnabled": false, "analysisDays": 30, "selfUri": call.path }))
    }
}

/// Lists roles. Restoring the default roles changes nothing here, and answers with the roles too.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let counted = call.query("userCount").is_none_or(|_| call.query_flag("userCount"));
    let organization = call.tenant().read();
    let all = select::<Role>(call, &organization).into_iter();
    let all = all.map(|role| view::authorization::role(&organization, role, counted));
    Reply::ok(&Page::of(all, page, call.path, call.query))
}

/// Restores the roles of the body to the default ones: they are those already.
fn restore(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json::<Vec<Map<String, Value>>>()?;
    list(call)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let role = find::<Role>(&organization, &call.param("roleId")?)?;
    let mut written = view::authorization::role(&organization, role, call.query_flag("userCount"));
    if call.query_list("expand").iter().any(|name| name == "unusedPermissions") {
        written.insert("unusedPermissions".to_owned(), json!([]));
    }
    Reply::ok(&written)
}

/// Compares the policies of two roles.
fn compare(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let left = find::<Role>(&organization, &call.param("leftRoleId")?)?;
    let right = find::<Role>(&organization, &call.param("rightRoleId")?)?;
    let (ours, theirs): (Vec<&Value>, Vec<&Value>) = (left.policies().collect(), right.policies().collect());
    let only = |these: &[&Value], those: &[&Value]| -> Vec<Value> {
        these.iter().filter(|policy| !those.contains(policy)).map(|policy| Value::clone(policy)).collect()
    };
    let same: Vec<_> = ours.iter().filter(|policy| theirs.contains(policy)).collect();
    Reply::ok(&json!({
        "removedPermissionPolicies": only(&theirs, &ours),
        "addedPermissionPolicies": only(&ours, &theirs),
        "samePermissionPolicies": same,
        "userOrgRole": view::authorization::role(&organization, left, false),
        "roleFromDefault": view::authorization::role(&organization, right, false),
    }))
}

fn list_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let role = find::<Role>(&organization, &call.param("roleId")?)?.id();
    let grants = &organization.authorization().grants;
    let users = organization.people().iter().filter(|user| user.exists());
    let users = users.filter(|user| grants.of(user.id.uuid()).iter().any(|grant| grant.role == role));
    let users = users.map(|user| view::user::reference(&user.id.to_string()));
    let page = Page::of(users, page, call.path, call.query);
    Reply::ok(&page.without(&["firstUri", "nextUri", "previousUri", "lastUri", "selfUri"]))
}

fn add_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_users(call, |organization, subject, grant| {
        organization.grant(subject, grant).map_err(|_| record::full())
    })
}

fn remove_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_users(call, |organization, subject, grant| {
        organization.retain_grants(subject, |known| known.role != grant.role);
        Ok(())
    })
}

/// Gives the role to the users of the body in the home division, or takes it from them. If one user does not exist,
/// nothing is changed.
fn change_users(
    call: &Call<'_>,
    change: impl Fn(&mut Organization, Uuid, Grant) -> Result<(), ApiError>,
) -> Result<Reply, ApiError> {
    let ids = call.json_ids()?;
    call.change(|organization| {
        let role = find::<Role>(organization, &call.param("roleId")?)?.id();
        let division = Some(home(organization.id));
        let users = ids.iter().map(|id| find_user(organization.people(), id).map(|user| user.id.uuid()));
        for user in users.collect::<Result<Vec<_>, _>>()? {
            change(organization, user, Grant { role, division, made: call.now })?;
        }
        Reply::ok(&ids)
    })
}
