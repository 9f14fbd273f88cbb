//! Queues, their members and wrap-up codes as the vendor writes them.

use serde_json::{Map, Value, json};

use super::record::Properties;
use super::user;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::conversation::Medium;
use crate::world::id::{Id, UserIndex};
use crate::world::people::User;
use crate::world::routing::skill::{Proficiency, Proficient};
use crate::world::routing::{Member, Membership, Queue, ServiceLevel, SkillGroup, WrapUpCode};
use crate::world::table::{Kind, Record, Stored};

/// A queue.
pub(crate) fn queue(organization: &Organization, queue: &Record<Queue>) -> Map<String, Value> {
    let members = organization.acd().members.members(queue.id()).len();
    let by_group = organization.members_by_group(queue).len();
    Properties::of(organization, queue)
        .division()
        .dates()
        .authors()
        .put("memberCount", json!(members + by_group))
        .put("userMemberCount", json!(members))
        .put("joinedMemberCount", json!(organization.acd().joined(queue.id()) + by_group))
        .extra()
        .or("mediaSettings", media_settings)
        .or("acwSettings", || json!({ "wrapupPrompt": "OPTIONAL" }))
        .or("skillEvaluationMethod", || json!("BEST"))
        .or("scoringMethod", || json!("TimestampAndPriority"))
        .or("autoAnswerOnly", || json!(true))
        .or("enableTranscription", || json!(false))
        .or("enableAudioMonitoring", || json!(false))
        .or("enableManualAssignment", || json!(false))
        .or("suppressInQueueCallRecording", || json!(true))
        .or("defaultScripts", || json!({}))
        .end()
}

/// The settings of a queue for which a client set none. The numbers are assumed.
fn media_settings() -> Value {
    let settings = |seconds: u32, medium: Medium| {
        let ServiceLevel { share, milliseconds } = ServiceLevel::of(medium);
        json!({
            "alertingTimeoutSeconds": seconds,
            "serviceLevel": { "percentage": share, "durationMs": milliseconds },
        })
    };
    json!({
        "call": settings(8, Medium::Call),
        "callback": settings(30, Medium::Callback),
        "chat": settings(30, Medium::Chat),
        "email": settings(300, Medium::Email),
        "message": settings(30, Medium::Message),
    })
}

/// A queue of a user: it lacks `autoAnswerOnly`.
pub(crate) fn user_queue(
    organization: &Organization,
    record: &Record<Queue>,
    membership: Membership,
) -> Map<String, Value> {
    let mut written = queue(organization, record);
    written.shift_remove("autoAnswerOnly");
    let uri = written.shift_remove("selfUri").unwrap_or_default();
    written.insert("joined".to_owned(), json!(membership.joined));
    written.insert("selfUri".to_owned(), uri);
    written
}

/// Members of a queue. Those whose user does not exist are left out.
pub(crate) fn members(
    organization: &Organization,
    queue: &Record<Queue>,
    members: &[Member],
    expand: &[String],
) -> Vec<Value> {
    let user_of = |member: &Member| Some((*member, organization.people().at(member.user)?));
    let members: Vec<_> = members.iter().filter_map(user_of).collect();
    let users = user::page(organization, members.iter().map(|(_, user)| *user), expand);
    let written = members.iter().zip(users);
    written.map(|((member, user), shown)| member_to_json(queue, *member, user, &shown)).collect()
}

fn member_to_json(queue: &Record<Queue>, member: Member, user: &User, shown: &Map<String, Value>) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "user": shown,
        "ringNumber": member.membership.ring,
        "joined": member.membership.joined,
        "memberBy": if member.by_group { "group" } else { "user" },
        "routingStatus": user::routing_status(user),
        "selfUri": format!("{}/{}/members/{}", Queue::PATH, queue.id(), user.id),
    })
}

/// A wrap-up code.
pub(crate) fn wrap_up_code(organization: &Organization, code: &Record<WrapUpCode>) -> Map<String, Value> {
    Properties::of(organization, code).division().extra().dates().authors().end()
}

/// A skill or a language.
pub(crate) fn skill<K: Stored>(organization: &Organization, record: &Record<K>) -> Map<String, Value> {
    Properties::of(organization, record)
        .put("dateModified", json!(rfc3339(record.modified)))
        .put("state", json!("active"))
        .put("version", json!(record.version.to_string()))
        .end()
}

/// A skill or a language of a user. `None` if it does not exist. `kind` is `skill` or `language`.
pub(crate) fn skill_of_user<K: Proficient>(
    organization: &Organization,
    user: &User,
    (id, proficiency): (Id<K>, Proficiency),
    kind: &str,
) -> Option<Value> {
    let record = K::table(organization).get(id)?;
    Some(json!({
        "id": id,
        "name": record.name,
        "proficiency": proficiency.0,
        "state": "active",
        (format!("{kind}Uri")): record.uri(),
        "selfUri": format!("{}/routing{kind}s/{id}", user::address(user)),
    }))
}

/// Every skill of a user, or every language.
pub(crate) fn skills_of_user<K: Proficient>(
    organization: &Organization,
    user: &User,
    kind: &str,
) -> Vec<Value> {
    let Some(index) = organization.people().index_of(user.id) else { return Vec::new() };
    let all = K::proficiencies(organization).members(index).iter();
    let all = all.map(|(skill, proficiency)| (*skill, *proficiency));
    all.filter_map(|pair| skill_of_user::<K>(organization, user, pair, kind)).collect()
}

/// A skill group in a listing.
pub(crate) fn skill_group_definition(
    organization: &Organization,
    group: &Record<SkillGroup>,
) -> Map<String, Value> {
    let members = organization.members_of_skill_group(group).len();
    Properties::of(organization, group)
        .division()
        .put_some("description", group.extra.get("description").cloned())
        .put("memberCount", json!(members))
        .dates()
        .end()
}

/// A skill group.
pub(crate) fn skill_group(organization: &Organization, group: &Record<SkillGroup>) -> Map<String, Value> {
    let mut written = skill_group_definition(organization, group);
    let uri = written.shift_remove("selfUri").unwrap_or_default();
    written.insert("status".to_owned(), json!("Complete"));
    let conditions = group.extra.get("skillConditions").cloned().unwrap_or_else(|| json!([]));
    written.insert("skillConditions".to_owned(), conditions);
    written.insert("selfUri".to_owned(), uri);
    written
}

/// `{"id", "name", "selfUri"}` of a user. `None` if the user does not exist.
pub(crate) fn user_reference(organization: &Organization, index: UserIndex) -> Option<Value> {
    let user = organization.people().at(index)?;
    Some(json!({ "id": user.id, "name": user.name, "selfUri": user::address(user) }))
}
