//! Groups, teams, locations and stations as the vendor writes them.

use serde_json::{Map, Value, json};

use super::record::Properties;
use super::{telephony, user};
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::id::UserIndex;
use crate::world::people::directory::{DirectoryGroup, Location, Station, Team, is_web_rtc};
use crate::world::table::{Kind, Record};

/// Users, each in full.
pub(crate) fn users(
    organization: &Organization,
    users: impl Iterator<Item = UserIndex>,
    expand: &[String],
) -> Vec<Map<String, Value>> {
    let users = users.filter_map(|index| organization.people().at(index));
    user::page(organization, users, expand)
}

/// Whether a field is stored beside an entity for SCIM, so that the platform's own form of the entity lacks it.
pub(crate) fn is_of_scim(key: &str) -> bool {
    key.starts_with("scim")
}

/// What an identity provider calls a group. Only SCIM shows it.
pub(crate) const SCIM_EXTERNAL_ID: &str = "scimExternalId";

/// A group.
pub(crate) fn group(organization: &Organization, group: &Record<DirectoryGroup>) -> Map<String, Value> {
    let directory = organization.directory();
    let owners = directory.owners.members(group.id()).iter().map(|(user, ())| *user);
    let mut written = Properties::of(organization, group)
        .put("dateModified", json!(rfc3339(group.modified)))
        .put("memberCount", json!(directory.members.members(group.id()).len()))
        .put("version", json!(group.version))
        .extra()
        .or("state", || json!("active"))
        .or("type", || json!("official"))
        .or("images", || json!([]))
        .or("addresses", || json!([]))
        .or("rulesVisible", || json!(true))
        .or("visibility", || json!("public"))
        .or("rolesEnabled", || json!(false))
        .put("owners", json!(users(organization, owners, &[])))
        .end();
    written.retain(|key, _| !is_of_scim(key));
    written
}

/// The profile of a group.
pub(crate) fn group_profile(group: &Record<DirectoryGroup>) -> Value {
    json!({
        "id": group.id(), "name": group.name, "state": "active",
        "dateModified": rfc3339(group.modified), "version": group.version,
        "selfUri": format!("{}/{}/profile", DirectoryGroup::PATH, group.id()),
    })
}

/// A team.
pub(crate) fn team(organization: &Organization, team: &Record<Team>) -> Map<String, Value> {
    let members = organization.directory().team_members.members(team.id()).len();
    Properties::of(organization, team).division().extra().dates().put("memberCount", json!(members)).end()
}

/// A location.
pub(crate) fn location(organization: &Organization, location: &Record<Location>) -> Map<String, Value> {
    let contact = location.extra.get("contactUser").and_then(Value::as_str);
    let contact = contact.and_then(|id| organization.people().get(id)).filter(|user| user.exists());
    let mut written = Properties::of(organization, location)
        .extra()
        .or("state", || json!("active"))
        .or("path", || json!([]))
        .put("version", json!(location.version))
        .end();
    written.shift_remove("contactUser");
    if let Some(contact) = contact {
        written.insert("contactUser".to_owned(), user::reference(&contact.id.to_string()));
    }
    written
}

/// A station. One in a browser belongs to the user of its phone, or to the user whose default it is if it has no phone.
pub(crate) fn station(organization: &Organization, station: &Record<Station>) -> Map<String, Value> {
    let user = organization.directory().user_at(station.id());
    let user = user.and_then(|user| organization.people().at(user));
    let is_web = is_web_rtc(station);
    let web_user = organization.web_rtc_user(station).and_then(|user| organization.people().at(user));
    let telephony = organization.telephony();
    let phone = telephony.phone_at(station.id());
    let edge = phone.and_then(|phone| telephony.edge_of(telephony.site_of(phone.id())?.id()));
    Properties::of(organization, station)
        .put("status", json!(if user.is_some() { "ASSOCIATED" } else { "AVAILABLE" }))
        .put_some("userId", user.map(|user| json!(user.id)))
        .put_some("webRtcUserId", web_user.map(|user| json!(user.id)))
        .put_some("primaryEdge", edge.map(telephony::to_reference))
        .put_some("lineAppearanceId", phone.map(|_| json!(station.id())))
        .put_some("webRtcPersistentEnabled", is_web.then(|| json!(false)))
        .put_some("webRtcForceTurn", is_web.then(|| json!(false)))
        .put_some("webRtcCallAppearances", is_web.then(|| json!(CALL_APPEARANCES)))
        .extra()
        .end()
}

/// The calls that a station in a browser can have at a time (assumed).
const CALL_APPEARANCES: u32 = 10;

/// A station of a user, and since when the user is logged on to it.
fn station_of_user(station: &Record<Station>, since: Option<crate::time::Nanos>) -> Value {
    let mut written = json!({
        "id": station.id(), "name": station.name,
        "type": station.extra.get("type").cloned().unwrap_or_default(),
    });
    if let Some(since) = since {
        written["associatedDate"] = json!(rfc3339(since));
    }
    written
}

/// The stations of a user: the one that it is logged on to, its default, and which of them is in effect.
pub(crate) fn stations_of_user(organization: &Organization, user: UserIndex) -> Value {
    let directory = organization.directory();
    let associated = directory.station_of(user).map(|(station, since)| station_of_user(station, Some(since)));
    let default = directory.default_station_of(user).map(|station| station_of_user(station, None));
    let mut written = json!({});
    if let Some(station) = &associated {
        written["associatedStation"] = station.clone();
    }
    if let Some(station) = associated.as_ref().or(default.as_ref()) {
        written["effectiveStation"] = station.clone();
    }
    if let Some(station) = default {
        written["defaultStation"] = station;
    }
    if let Some(station) = associated {
        written["lastAssociatedStation"] = station;
    }
    written
}
