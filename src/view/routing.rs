//! Queues, their members and wrap-up codes as the vendor writes them.

use serde_json::{Map, Value, json};

use super::record::Properties;
use super::user;
use crate::world::Organization;
use crate::world::id::UserIndex;
use crate::world::routing::{Membership, Queue, WrapUpCode};
use crate::world::table::{Kind, Record};

/// A queue.
pub(crate) fn queue(organization: &Organization, queue: &Record<Queue>) -> Map<String, Value> {
    let members = organization.acd().members.members(queue.id).len();
    Properties::of(organization, queue)
        .division()
        .dates()
        .authors()
        .put("memberCount", json!(members))
        .put("userMemberCount", json!(members))
        .put("joinedMemberCount", json!(organization.acd().joined(queue.id)))
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
    let settings = |seconds: u32, percentage: f64, milliseconds: u32| {
        json!({
            "alertingTimeoutSeconds": seconds,
            "serviceLevel": { "percentage": percentage, "durationMs": milliseconds },
        })
    };
    json!({
        "call": settings(8, 0.8, 20_000),
        "callback": settings(30, 0.8, 20_000),
        "chat": settings(30, 0.8, 20_000),
        "email": settings(300, 0.8, 86_400_000),
        "message": settings(30, 0.8, 20_000),
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

/// A member of a queue. `None` if the user does not exist.
pub(crate) fn member(
    organization: &Organization,
    queue: &Record<Queue>,
    (index, membership): (UserIndex, Membership),
    expand: &[String],
) -> Option<Value> {
    let user = organization.people().at(index)?;
    Some(json!({
        "id": user.id,
        "name": user.name,
        "user": user::in_organization(organization, user, expand),
        "ringNumber": membership.ring,
        "joined": membership.joined,
        "memberBy": "user",
        "routingStatus": user::routing_status(user),
        "selfUri": format!("{}/{}/members/{}", Queue::PATH, queue.id, user.id),
    }))
}

/// A wrap-up code.
pub(crate) fn wrap_up_code(organization: &Organization, code: &Record<WrapUpCode>) -> Map<String, Value> {
    Properties::of(organization, code).division().extra().dates().authors().end()
}
