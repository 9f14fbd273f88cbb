//! What a conversation asks for in its queue.

use serde_json::{Map, Value};

use super::{find_conversation, skills_in};
use crate::api::call::Call;
use crate::api::json_entity::answer;
use crate::api::record::check_references_of;
use crate::api::route::Route;
use crate::api::setting;
use crate::view::conversation::{KEPT, LABEL, label_path, requested};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Key, Participant, Parties, Purpose, requested_path};
use crate::world::reference::Reference;
use crate::world::routing::{Language, Skill, UtilizationLabel};

type Body = Map<String, Value>;

/// The greatest priority, and the least with a minus (documented).
const MOST_PRIORITY: i64 = 25_000_000;

const REFERENCES: &[Reference] = &[
    Reference::to::<Skill>("skillIds"),
    Reference::to::<Language>("languageId"),
    Reference::to::<UtilizationLabel>("labelId"),
    Reference::new("requestScoredAgents.id", "/api/v2/users", "user"),
];

pub(super) fn routes() -> Vec<Route> {
    vec![Route::patch("/api/v2/routing/conversations/{conversationId}", update)]
}

/// `PATCH …/routing/conversations/{conversationId}`: changes what the body has. Something empty is taken away.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    check_priority(&body)?;
    let shown = call.change(|organization| {
        let key = find_conversation(call, organization)?;
        let named = body.iter().filter(|(_, value)| !is_empty(value));
        let named = named.map(|(key, value)| (key.clone(), value.clone())).collect();
        check_references_of(organization, REFERENCES, &named)?;
        keep(organization, key, &body);
        label(organization, key, body.get("labelId"));
        let skills = body.get("skillIds").filter(|ids| ids.is_array()).map(|ids| skills_in(Some(ids)));
        let skills = organization.change_parties(key, call.now, |parties| {
            let asked = queued(parties);
            if let (Some(asked), Some(skills)) = (asked, &skills) {
                asked.skills.clone_from(skills);
            }
            queued(parties).map(|asked| asked.skills.clone()).unwrap_or_default()
        });
        let id = organization.conversations().id(key);
        Ok(requested(organization, id, &skills.unwrap_or_default()))
    })?;
    answer::reply(call, shown)
}

fn check_priority(body: &Body) -> Result<(), ApiError> {
    match body.get("priority").and_then(Value::as_i64) {
        Some(priority) if priority.unsigned_abs() > MOST_PRIORITY.unsigned_abs() => {
            let why = format!("The property priority must be from -{MOST_PRIORITY} to {MOST_PRIORITY}.");
            Err(ApiError::constraint("priority", why))
        }
        _ => Ok(()),
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value == "" || value == 0 || value.as_array().is_some_and(Vec::is_empty)
}

/// Keeps the fields that are no part of a conversation's own row.
pub(super) fn keep(organization: &mut Organization, key: Key, body: &Body) {
    let id = organization.conversations().id(key);
    let mut kept = organization.requested(id).map(|kept| Body::clone(kept)).unwrap_or_default();
    let named = KEPT.iter().filter_map(|field| Some(((*field).to_owned(), body.get(*field)?.clone())));
    kept.extend(named);
    kept.retain(|_, value| !is_empty(value));
    if !kept.is_empty() {
        setting::set(organization, &requested_path(id), kept);
    } else if organization.requested(id).is_some() {
        organization.collections.remove(&requested_path(id), "");
    }
}

fn label(organization: &mut Organization, key: Key, label: Option<&Value>) {
    let path = label_path(organization.conversations().id(key));
    match label.and_then(Value::as_str) {
        Some("") => drop(organization.collections.remove(&path, "")),
        Some(id) => {
            setting::set(organization, &path, Map::from_iter([(LABEL.to_owned(), id.into())]));
        }
        None => {}
    }
}

/// The queue of a conversation, the last one first.
fn queued(parties: &mut Parties) -> Option<&mut Participant> {
    parties.participants.iter_mut().rev().find(|one| one.purpose == Purpose::Acd)
}
