//! Notes the changes of entities, where the answer of a change passes.

use http::Method;
use serde::Deserialize;
use uuid::Uuid;

use super::kinds;
use crate::api::call::Call;
use crate::api::record;
use crate::wire::reply::Reply;
use crate::world::audit::{Action, AuditEntry, Author};

/// What is read of the answer of a creation.
#[derive(Deserialize)]
struct Created {
    id: Option<String>,
    name: Option<String>,
    /// The name of a user or a group in the format of SCIM.
    #[serde(rename = "displayName")]
    display_name: Option<String>,
}

/// Notes what a call has changed. Reading calls and calls of kinds that are not audited cost a comparison of their
/// method and template.
pub(crate) fn note(call: &Call<'_>, reply: &Reply) {
    if call.method == Method::GET || !reply.status.is_success() {
        return;
    }
    let Some((entry_of, kind)) = change_of(call) else { return };
    let Some((entity, name)) = entry_of(call, reply) else { return };
    let author = match record::author(call) {
        Some(id) if call.caller.token.user.is_some() => Author::User(id),
        Some(id) => Author::Client(id),
        None => return,
    };
    let entry = AuditEntry {
        id: Uuid::new_v4(),
        at: call.now,
        author,
        service: kind.0.service.into(),
        entity_type: kind.0.entity_type.into(),
        action: kind.1,
        entity: entity.into(),
        name: name.map(Into::into),
    };
    publish(call, &entry);
    call.platform.change(call.tenant(), call.now, |organization| organization.audit.add(entry));
}

/// `v2.audits.entitytype.{entityType}.entityid.{entityId}`, with the change as a query of the audit has it (assumed).
fn publish(call: &Call<'_>, entry: &AuditEntry) {
    let hub = &call.platform.notifications.hub;
    if hub.is_silent() {
        return;
    }
    let topic = format!("v2.audits.entitytype.{}.entityid.{}", entry.entity_type, entry.entity);
    if hub.listens(call.tenant().index, &topic) {
        let body = super::entry::to_json(call, &call.tenant().read(), entry);
        hub.publish(call.tenant().index, &topic, &body);
    }
}

type EntityOf = fn(&Call<'_>, &Reply) -> Option<(String, Option<String>)>;

/// What the call changes: how to find its entity, and its kind and action.
fn change_of(call: &Call<'_>) -> Option<(EntityOf, (crate::world::audit::AuditedKind, Action))> {
    let (kind, is_entity) = kinds::find(&call.operation?.template)?;
    let action = match (call.method.as_str(), is_entity) {
        ("POST", false) => return Some((created, (kind, Action::Create))),
        ("PUT" | "PATCH", true) => Action::Update,
        ("DELETE", true) => Action::Delete,
        _ => return None,
    };
    Some((in_path, (kind, action)))
}

fn created(_: &Call<'_>, reply: &Reply) -> Option<(String, Option<String>)> {
    let created: Created = serde_json::from_slice(&reply.body).ok()?;
    Some((created.id?, created.name.or(created.display_name)))
}

fn in_path(call: &Call<'_>, reply: &Reply) -> Option<(String, Option<String>)> {
    let id = call.path.rsplit('/').next()?.to_owned();
    let shown: Option<Created> = serde_json::from_slice(&reply.body).ok();
    Some((id, shown.and_then(|shown| shown.name.or(shown.display_name))))
}
