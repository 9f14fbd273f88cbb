//! Users, presences and routing statuses as the vendor writes them.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{authorization, directory, record, routing};
use crate::time::clock::rfc3339;
use crate::world::id::{Id, UserIndex};
use crate::world::people::logins::Login;
use crate::world::people::{MODIFIED, User};
use crate::world::routing::{Language, Skill};
use crate::world::workforce::seed::PRESENCE_DEFINITIONS;
use crate::world::{LANGUAGE, Organization, Tenant};

/// The part of a user with its conversations.
const SUMMARY: &str = "conversationSummary";

/// What is stored beside the profile, and shown only where it is asked for.
const APART: [&str; 4] = ["dateWelcomeSent", "stateChangeReason", "stateChangeDate", MODIFIED];

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
    with_summary(organization, user, expand, summaries(organization, &[user], expand).get(&user.id))
}

/// The JSON of each user of a page. Their conversations are counted once for all of them.
pub(crate) fn page<'u>(
    organization: &Organization,
    users: impl IntoIterator<Item = &'u User>,
    expand: &[String],
) -> Vec<Map<String, Value>> {
    let users: Vec<_> = users.into_iter().collect();
    let counted = summaries(organization, &users, expand);
    users.iter().map(|user| with_summary(organization, user, expand, counted.get(&user.id))).collect()
}

/// The conversations of each of these users by medium; empty if `expand` does not name them.
fn summaries(organization: &Organization, users: &[&User], expand: &[String]) -> HashMap<Id<User>, Value> {
    if !expand.iter().any(|wanted| wanted == SUMMARY) {
        return HashMap::new();
    }
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    super::conversation::summaries(organization, &ids, 0).into_iter().collect()
}

fn with_summary(
    organization: &Organization,
    user: &User,
    expand: &[String],
    summary: Option<&Value>,
) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |key: &str, value: Value| drop(shown.insert(key.to_owned(), value));
    put("id", json!(user.id));
    put("name", json!(user.name));
    put("division", record::division(organization, user.division));
    put("chat", json!({ "jabberId": jabber_id(organization, user) }));
    put("email", json!(user.email));
    put("primaryContactInfo", json!([{ "address": user.email, "mediaType": "EMAIL", "type": "PRIMARY" }]));
    put("addresses", json!([]));
    put("state", json!(user.state.name()));
    put("username", json!(user.email));
    put("version", json!(user.version));
    put("acdAutoAnswer", json!(false));
    let own =
        user.extra.iter().filter(|(key, _)| !directory::is_of_scim(key) && !APART.contains(&key.as_str()));
    shown.extend(own.map(|(key, value)| (key.clone(), value.clone())));
    match manager_of(organization, user) {
        Some(manager) => drop(shown.insert("manager".to_owned(), versioned(manager))),
        None => drop(shown.shift_remove("manager")),
    }
    for wanted in expand {
        if wanted == SUMMARY {
            shown.insert(SUMMARY.to_owned(), conversation_summary(user, summary));
        } else if let Some((name, value)) = expanded(organization, user, wanted) {
            shown.insert(name.to_owned(), value);
        }
    }
    shown.insert("selfUri".to_owned(), json!(address(user)));
    shown
}

/// The manager of a user, unless it was deleted.
pub(crate) fn manager_of<'o>(organization: &'o Organization, user: &User) -> Option<&'o User> {
    let id = user.extra.get("manager").and_then(Value::as_str)?;
    organization.people().get(id).filter(|manager| manager.exists())
}

/// The address of a user's chat: the one that a client has set, or one of its id.
pub(crate) fn jabber_id(organization: &Organization, user: &User) -> String {
    let own = user.extra.get("chat").and_then(|chat| chat.get("jabberId")?.as_str());
    own.map_or_else(|| format!("{}@{}", user.id.uuid().simple(), organization.domain), str::to_owned)
}

/// The property that a name of `expand` adds. Unknown names are left out, as the vendor does.
fn expanded(organization: &Organization, user: &User, wanted: &str) -> Option<(&'static str, Value)> {
    let stored = |name: &str| user.extra.get(name).cloned().unwrap_or_else(|| json!([]));
    Some(match wanted {
        "presence" => ("presence", presence(user, "PURECLOUD")),
        "routingStatus" => ("routingStatus", routing_status(user)),
        "outOfOffice" => {
            let none = || json!({ "active": false, "indefinite": false });
            ("outOfOffice", below(organization, user, "outofoffice").map_or_else(none, |set| json!(set)))
        }
        "geolocation" => {
            let known = below(organization, user, "geolocations");
            ("geolocation", known.map_or_else(|| json!({}), |known| json!(known)))
        }
        "station" => ("station", of_index(organization, user, directory::stations_of_user)?),
        "authorization" => ("authorization", authorization::of_user(organization, user.id.uuid())),
        "skills" => ("skills", json!(routing::skills_of_user::<Skill>(organization, user, "skill"))),
        "languages" => {
            ("languages", json!(routing::skills_of_user::<Language>(organization, user, "language")))
        }
        "groups" => ("groups", of_index(organization, user, groups)?),
        "team" => ("team", of_index(organization, user, team).filter(|team| !team.is_null())?),
        "locations" => ("locations", stored("locations")),
        "profileSkills" => ("profileSkills", stored("profileSkills")),
        "certifications" => ("certifications", stored("certifications")),
        "languagePreference" => ("languagePreference", json!(LANGUAGE)),
        "lasttokenissued" => {
            ("lastTokenIssued", json!({ "dateIssued": rfc3339(find_login(organization, user)?.token) }))
        }
        "dateLastLogin" => ("dateLastLogin", json!(rfc3339(find_login(organization, user)?.login?))),
        "dateWelcomeSent" => ("dateWelcomeSent", user.extra.get("dateWelcomeSent")?.clone()),
        "integrationPresence" => ("integrationPresence", integration_presence(organization, user)?),
        "workPlanBidRanks" => ("workPlanBidRanks", work_plan_bid_ranks(organization, user)?),
        _ => return None,
    })
}

/// The last token and login of a user. `None` if it never got a token.
fn find_login(organization: &Organization, user: &User) -> Option<Login> {
    organization.logins.of(organization.people().index_of(user.id)?)
}

/// The presence from the source that is the user's primary one, where that is another than the platform.
fn integration_presence(organization: &Organization, user: &User) -> Option<Value> {
    let primary = organization.collections.list(&primary_source(user)).next()?;
    let source = primary.get("sourceId")?.as_str()?;
    (!source.eq_ignore_ascii_case("PURECLOUD")).then(|| presence(user, source))
}

/// Where the primary source of a user's presence is kept.
pub(crate) fn primary_source(user: &User) -> String {
    format!("/api/v2/presence/users/{}/primarysource", user.id)
}

/// The ranks that workforce management was given for a user.
fn work_plan_bid_ranks(organization: &Organization, user: &User) -> Option<Value> {
    let path = format!("/api/v2/workforcemanagement/users/{}/workplanbidranks", user.id);
    let kept = organization.collections.list(&path).next()?;
    let mut ranks = kept.get("").filter(|ranks| ranks.is_object()).cloned()?;
    (ranks["id"], ranks["selfUri"]) = (json!(user.id), json!(path));
    Some(ranks)
}

/// What is kept below a user's path: the primary entity, or the newest.
fn below<'o>(organization: &'o Organization, user: &User, last: &str) -> Option<&'o Map<String, Value>> {
    let path = format!("{}/{last}", address(user));
    let all = || organization.collections.list(&path).map(|entity| &**entity);
    all().find(|entity| entity.get("primary") == Some(&Value::Bool(true))).or_else(|| all().last())
}

fn of_index(
    organization: &Organization,
    user: &User,
    write: fn(&Organization, UserIndex) -> Value,
) -> Option<Value> {
    Some(write(organization, organization.people().index_of(user.id)?))
}

/// The groups of a user.
fn groups(organization: &Organization, user: UserIndex) -> Value {
    let groups = organization.directory().groups_of(user);
    groups.map(|group| Value::Object(directory::group(organization, group))).collect()
}

/// The team of a user; `null` without one.
fn team(organization: &Organization, user: UserIndex) -> Value {
    let team = organization.directory().team_of(user);
    team.map_or(Value::Null, |team| directory::team(organization, team).into())
}

/// How many conversations a user has by medium. Time alone ends no conversation, so the counts do not depend on the clock.
fn conversation_summary(user: &User, counted: Option<&Value>) -> Value {
    let none = json!({ "active": 0, "acw": 0 });
    let mut summary = counted.cloned().unwrap_or_else(|| json!({ "userId": user.id }));
    for medium in ["socialExpression", "video"] {
        summary[medium] = json!({ "contactCenter": none, "enterprise": none });
    }
    summary
}

/// A user's address.
pub(crate) fn address(user: &User) -> String {
    format!("/api/v2/users/{}", user.id)
}

/// `{"id", "selfUri"}` of a user.
pub(crate) fn reference(id: &str) -> Value {
    json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") })
}

/// A user within another entity, where the document has a whole user: it needs a version.
pub(crate) fn versioned(user: &User) -> Value {
    json!({ "id": user.id, "name": user.name, "version": user.version, "selfUri": address(user) })
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
