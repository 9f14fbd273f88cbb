//! Flows and their versions as the vendor writes them.

use serde_json::{Map, Value, json};

use super::record::Properties;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::architect::{Flow, FlowAuthor, FlowRef, FlowVersion, Stage};
use crate::world::id::Id;
use crate::world::json::object;
use crate::world::people::User;
use crate::world::table::Kind;

/// A flow.
pub(crate) fn flow(organization: &Organization, flow: FlowRef<'_>) -> Map<String, Value> {
    let FlowRef { record, state } = flow;
    let version =
        |of: Option<&FlowVersion>| of.map(|version| json!(flow_version(organization, record.id(), version)));
    let holder = |is_user| {
        let holder = state.holder.as_ref().filter(|holder| holder.user().is_some() == is_user);
        holder.map(|holder| author(organization, holder))
    };
    Properties::of(organization, record)
        .division()
        .extra()
        .put("type", json!(state.kind))
        .put("active", json!(state.active))
        .put("system", json!(false))
        .put("deleted", json!(state.deleted))
        .put_some("publishedVersion", version(state.published.as_ref()))
        .put_some("checkedInVersion", version(state.checked_in.as_ref()))
        .put_some("savedVersion", version(state.saved.as_ref()))
        .put_some("publishedBy", state.published_by.map(|id| user(organization, id)))
        .put_some("lockedUser", holder(true))
        .put_some("lockedClient", holder(false))
        .end()
}

/// A flow as other entities refer to it.
pub(crate) fn flow_reference(flow: FlowRef<'_>) -> Value {
    json!({ "id": flow.record.id(), "name": flow.record.name, "selfUri": flow.record.uri() })
}

/// A version of a flow.
pub(crate) fn flow_version(
    organization: &Organization,
    flow: Id<Flow>,
    version: &FlowVersion,
) -> Map<String, Value> {
    let number = version.number.to_string();
    let uri = format!("{}/{flow}/versions/{number}", Flow::PATH);
    let mut shown = object(json!({
        "id": number, "name": number, "commitVersion": number, "configurationVersion": number,
        "type": word(version.stage), "secure": false, "debug": false,
        "configurationUri": format!("{uri}/configuration"), "dateCreated": millis(version.created),
    }));
    let (key, date) = date(version);
    shown.insert(key.to_owned(), date);
    shown.insert("selfUri".to_owned(), json!(uri));
    if let Some(by) = &version.author {
        let key = if by.user().is_some() { "createdBy" } else { "createdByClient" };
        shown.insert(key.to_owned(), author(organization, by));
    }
    shown
}

/// A user or a client as entities refer to it.
fn author(organization: &Organization, author: &FlowAuthor) -> Value {
    match author {
        FlowAuthor::User(id) => user(organization, *id),
        FlowAuthor::Client { id, name } => {
            json!({ "id": id, "name": name, "selfUri": format!("/api/v2/oauth/clients/{id}") })
        }
    }
}

fn user(organization: &Organization, id: Id<User>) -> Value {
    let people = organization.people();
    let user = people.index_of(id).and_then(|index| people.at(index));
    let uri = format!("/api/v2/users/{id}");
    json!({
        "id": id, "name": user.map(|user| &user.name), "version": user.map(|user| user.version),
        "selfUri": uri,
    })
}

/// The vendor's word for what made a version.
const fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Saved => "SAVE",
        Stage::CheckedIn => "CHECKIN",
        Stage::Published => "PUBLISH",
    }
}

/// The date that tells when a version was made, and its key.
fn date(version: &FlowVersion) -> (&'static str, Value) {
    match version.stage {
        Stage::Published => ("datePublished", json!(rfc3339(version.created))),
        Stage::CheckedIn => ("dateCheckedIn", json!(millis(version.created))),
        Stage::Saved => ("dateSaved", json!(millis(version.created))),
    }
}

const fn millis(instant: Nanos) -> Nanos {
    instant / 1_000_000
}
