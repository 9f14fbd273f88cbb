//! Users, presences and routing statuses as the vendor writes them.

use serde_json::{Map, Value, json};

use super::{record, routing};
use crate::time::clock::rfc3339;
use crate::world::people::User;
use crate::world::routing::{Language, Skill};
use crate::world::workforce::seed::PRESENCE_DEFINITIONS;
use crate::world::{Organization, Tenant};

/// The JSON of a user, with the parts that `expand` names.
pub(crate) fn to_json(tenant: &Tenant, user: &User, expand: &[String]) -> Map<String, Value> {
    in_organization(&tenant.read(), user, expand)
}

/// The JSON of a user of an organization whose lock is held.
pub(crate) fn in_organization(
    organization: &Organization,
    user: &User,
    expand: &[String],
) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |key: &str, value: Value| drop(shown.insert(key.to_owned(), value));
    put("id", json!(user.id));
    put("name", json!(user.name));
    put("division", record::division(organization, user.division));
    put("chat", json!({ "jabberId": format!("{}@{}", user.id.uuid().simple(), organization.domain) }));
    put("email", json!(user.email));
    put("primaryContactInfo", json!([{ "address": user.email, "mediaType": "EMAIL", "type": "PRIMARY" }]));
    put("addresses", json!([]));
    put("state", json!(user.state.name()));
    put("username", json!(user.email));
    put("version", json!(user.version));
    put("acdAutoAnswer", json!(false));
    shown.extend(user.extra.iter().map(|(key, value)| (key.clone(), value.clone())));
    if let Some(id) = user.extra.get("manager").and_then(Value::as_str) {
        shown.insert("manager".to_owned(), reference(id));
    }
    for wanted in expand {
        if let Some(value) = expanded(organization, user, wanted) {
            shown.entry(wanted.clone()).or_insert(value);
        }
    }
    shown.insert("selfUri".to_owned(), json!(address(user)));
    shown
}

/// The value that `expand` adds. Unknown names are left out, as the vendor does.
fn expanded(organization: &Organization, user: &User, wanted: &str) -> Option<Value> {
    Some(match wanted {
        "presence" => presence(user, "PURECLOUD"),
        "routingStatus" => routing_status(user),
        "outOfOffice" => json!({ "active": false, "indefinite": false }),
        "station" => json!({}),
        "authorization" => json!({ "roles": [], "unusedRoles": [], "permissions": [] }),
        "skills" => json!(routing::skills_of_user::<Skill>(organization, user, "skill")),
        "languages" => json!(routing::skills_of_user::<Language>(organization, user, "language")),
        "groups" | "locations" | "profileSkills" | "certifications" => json!([]),
        "languagePreference" => json!("en-us"),
        _ => return None,
    })
}

/// A user's address.
pub(crate) fn address(user: &User) -> String {
    format!("/api/v2/users/{}", user.id)
}

/// `{"id", "selfUri"}` of a user.
pub(crate) fn reference(id: &str) -> Value {
    json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") })
}

/// The status as a presence of `source`.
pub(crate) fn presence(user: &User, source: &str) -> Value {
    json!({
        "id": user.id,
        "source": source,
        "primary": true,
        "presenceDefinition": presence_definition(user),
        "message": user.presence_message,
        "modifiedDate": rfc3339(user.status_since),
        "selfUri": format!("{}/presences/{source}", address(user)),
    })
}

/// The presence definition of the user's status.
pub(crate) fn presence_definition(user: &User) -> Value {
    let id = definition_id(user);
    json!({
        "id": id,
        "systemPresence": user.status.spaced_presence(),
        "selfUri": format!("{PRESENCE_DEFINITIONS}/{id}"),
    })
}

/// The id of that definition.
pub(crate) fn definition_id(user: &User) -> String {
    let own = user.presence_definition.as_deref().map(str::to_owned);
    own.unwrap_or_else(|| user.status.definition().to_string())
}

pub(crate) fn routing_status(user: &User) -> Value {
    json!({
        "userId": user.id,
        "status": user.routing.name(),
        "startTime": rfc3339(user.routing_since),
    })
}
