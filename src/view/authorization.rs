//! Divisions, roles, grants and subjects as the vendor writes them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::record::Properties;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::authorization::{Division, Grant, Role, home};
use crate::world::table::Record;

/// A division, with the number of its objects by type where `counted`.
pub(crate) fn division(
    organization: &Organization,
    division: &Record<Division>,
    counted: bool,
) -> Map<String, Value> {
    let counts = || {
        let counts = organization.objects_of(division.id()).into_iter();
        counts.map(|(name, count)| (name.to_owned(), json!(count))).collect::<Map<_, _>>()
    };
    Properties::of(organization, division)
        .put("description", json!(""))
        .extra()
        .put("homeDivision", json!(division.id() == home(organization.id)))
        .put_some("objectCounts", counted.then(|| Value::Object(counts())))
        .end()
}

/// A role, with the number of its users where `counted`.
pub(crate) fn role(organization: &Organization, role: &Record<Role>, counted: bool) -> Map<String, Value> {
    let users = || {
        let grants = organization.authorization().grants.iter();
        grants.filter(|(_, grants)| grants.iter().any(|grant| grant.role == role.id())).count()
    };
    Properties::of(organization, role)
        .put("description", json!(""))
        .put("permissions", json!([]))
        .put("permissionPolicies", json!([]))
        .put("base", json!(false))
        .put("default", json!(false))
        .put("roleNeedsUpdate", json!(false))
        .extra()
        .put_some("userCount", counted.then(|| json!(users())))
        .end()
}

/// The division of a grant. `None` is every division.
fn granted_division(organization: &Organization, grant: &Grant) -> Value {
    let Some(id) = grant.division else {
        return json!({ "id": "*", "name": "*", "description": "", "homeDivision": false });
    };
    let record = organization.authorization().divisions.get(id);
    record.map_or(Value::Null, |record| division(organization, record, false).into())
}

/// A grant of a subject. `None` if the role does not exist.
pub(crate) fn grant(organization: &Organization, subject: Uuid, grant: &Grant) -> Option<Value> {
    let role = organization.authorization().roles.get(grant.role)?;
    let policies = role.policies().map(|policy| {
        json!({ "actions": policy.get("actionSet"), "domain": policy.get("domain"),
            "entityName": policy.get("entityName") })
    });
    let description = role.extra.get("description").cloned().unwrap_or_else(|| json!(""));
    Some(json!({
        "subjectId": subject,
        "division": granted_division(organization, grant),
        "role": {
            "id": role.id(), "name": role.name, "description": description,
            "policies": policies.collect::<Vec<_>>(),
            "default": role.extra.get("default").cloned().unwrap_or_else(|| json!(false)),
            "selfUri": role.uri(),
        },
        "grantMadeAt": rfc3339(grant.made),
    }))
}

/// A subject and the grants of it and of `groups`, the groups that it is a member of.
pub(crate) fn subject(organization: &Organization, id: Uuid, name: &str, groups: &[Uuid]) -> Value {
    let subjects = std::iter::once(id).chain(groups.iter().copied());
    let grants: Vec<Value> = subjects
        .flat_map(|subject| {
            let grants = organization.authorization().grants.of(subject).iter();
            grants.filter_map(move |one| grant(organization, subject, one))
        })
        .collect();
    json!({
        "id": id, "name": name, "grants": grants, "version": 1,
        "selfUri": format!("/api/v2/authorization/subjects/{id}"),
    })
}

/// The roles and permissions of a user: `authorization` of its expansion.
pub(crate) fn of_user(organization: &Organization, subject: Uuid) -> Value {
    let roles = organization.authorization().roles_of(subject);
    let mut permissions: Vec<String> = roles.iter().flat_map(|role| role.permissions()).collect();
    permissions.sort_unstable();
    permissions.dedup();
    let policies = roles.iter().flat_map(|role| role.policies());
    let policies: Vec<Value> = policies
        .map(|policy| {
            let field = |key: &str| policy.get(key).cloned().unwrap_or_default();
            json!({ "domain": field("domain"), "entityName": field("entityName"),
                "actionSet": field("actionSet"), "allowConditions": false })
        })
        .collect();
    json!({
        "roles": roles.iter().map(|role| json!({ "id": role.id(), "name": role.name })).collect::<Vec<_>>(),
        "unusedRoles": [],
        "permissions": permissions,
        "permissionPolicies": policies,
    })
}
