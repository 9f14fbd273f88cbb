//! What a conversation asks for in its queue: skills, a priority, a language, and agents with scores.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{LABEL, label_path};
use crate::view::outbound::named;
use crate::view::user;
use crate::world::Organization;
use crate::world::conversation::Conversation;
use crate::world::routing::{Language, Skill, UtilizationLabel};
use crate::world::table::Kind;

type Body = Map<String, Value>;

/// The fields of what is kept for a conversation: those of the request.
pub(crate) const KEPT: [&str; 4] = ["priority", "languageId", "skillExpression", "requestScoredAgents"];

/// What a conversation with these skills asks for, as `PATCH /routing/conversations/{conversationId}` answers.
pub(crate) fn requested(organization: &Organization, conversation: Uuid, skills: &[Uuid]) -> Body {
    let kept = organization.requested(conversation);
    let field = |key: &str| kept.and_then(|kept| kept.get(key));
    let mut shown = Body::new();
    let mut put = |key: &str, value: Option<Value>| {
        shown.extend(value.map(|value| (key.to_owned(), value)));
    };
    put("priority", Some(field("priority").cloned().unwrap_or_else(|| json!(0))));
    let skills = skills.iter().map(|skill| named(organization, Skill::PATH, &skill.to_string()));
    put("skills", Some(skills.collect()));
    let language = field("languageId").and_then(Value::as_str);
    put("language", language.map(|id| named(organization, Language::PATH, id)));
    let label = organization.collections.get(&label_path(conversation), "");
    let label = label.and_then(|kept| kept.get(LABEL)?.as_str());
    put("label", label.map(|id| named(organization, UtilizationLabel::PATH, id)));
    put("scoredAgents", field("requestScoredAgents").map(scored));
    put("skillExpression", field("skillExpression").cloned());
    shown
}

fn scored(agents: &Value) -> Value {
    let agents = agents.as_array().into_iter().flatten();
    let agent = |agent: &Value| user::reference(agent["id"].as_str().unwrap_or_default());
    agents.map(|one| json!({ "agent": agent(one), "score": one["score"] })).collect()
}

/// The same in the form of a participant. `None` where a conversation asks for nothing.
pub(super) fn routing_data(organization: &Organization, conversation: &Conversation) -> Option<Value> {
    let participants = conversation.parties.participants.iter();
    let skills = participants.map(|one| &one.skills).find(|skills| !skills.is_empty());
    if skills.is_none() && organization.requested(conversation.id).is_none() {
        return None;
    }
    let skills = skills.map(|skills| &**skills).unwrap_or_default();
    let mut shown = requested(organization, conversation.id, skills);
    if let Some(label) = shown.shift_remove("label") {
        shown.insert("label".to_owned(), label["id"].clone());
    }
    shown.get_mut("language").into_iter().for_each(forget_name);
    shown.get_mut("skills").and_then(Value::as_array_mut).into_iter().flatten().for_each(forget_name);
    Some(shown.into())
}

/// Leaves the id and the address of a reference.
fn forget_name(reference: &mut Value) {
    if let Some(reference) = reference.as_object_mut() {
        reference.shift_remove("name");
    }
}
