//! Queues.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::record::{self, Resource, is_exactly, referred};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::people::directory::{DirectoryGroup, Team};
use crate::world::routing::{Queue, SkillGroup};
use crate::world::table::{Kind, Record};
use crate::world::workforce::Routing;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/routing/queues", record::list::<Queue>),
        Route::post("/api/v2/routing/queues", create),
        Route::get("/api/v2/routing/queues/divisionviews", record::list::<Queue>),
        Route::get("/api/v2/routing/queues/divisionviews/all", record::list::<Queue>),
        Route::get("/api/v2/routing/queues/{queueId}", record::get::<Queue>),
        Route::put("/api/v2/routing/queues/{queueId}", record::replace::<Queue>),
        Route::delete("/api/v2/routing/queues/{queueId}", record::delete::<Queue>),
        Route::get("/api/v2/routing/queues/{queueId}/estimatedwaittime", estimate_wait),
        Route::get(
            "/api/v2/routing/queues/{queueId}/mediatypes/{mediaType}/estimatedwaittime",
            estimate_wait_of_media,
        ),
    ]
}

impl Resource for Queue {
    const PARAM: &'static str = "queueId";
    const DELETED: StatusCode = StatusCode::OK;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::routing::queue(organization, record)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        check_groups(organization, "memberGroups", body.get("memberGroups"))?;
        let rules = body.get("conditionalGroupRouting").and_then(|routing| routing.get("rules")?.as_array());
        let mut groups = rules.into_iter().flatten().map(|rule| rule.get("groups"));
        groups
            .try_for_each(|groups| check_groups(organization, "conditionalGroupRouting.rules.groups", groups))
    }

    /// Refuses to delete a queue with open conversations, unless the caller insists, and one that another entity uses.
    fn may_delete(call: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        if !call.query_flag("forceDelete") && organization.has_open_conversations(id, call.now) {
            const WHY: &str = "Queue contains active conversations.";
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "active.queue", WHY));
        }
        match organization.referrer(Self::PATH, id.uuid()) {
            Some(user) => Err(ApiError::conflict(format!("The queue is in use by a {user}."))),
            None => Ok(()),
        }
    }

    fn is_named(wanted: &str, name: &str) -> bool {
        is_exactly(wanted, name)
    }

    fn matches(call: &Call<'_>, _: &Organization, record: &Record<Self>) -> bool {
        let peers = call.query_list("peerId");
        let peer = record.extra.get("peerId").and_then(Value::as_str);
        let library = call.query_text("cannedResponseLibraryId");
        let libraries =
            || record.extra.get("cannedResponseLibraries").map(Value::to_string).unwrap_or_default();
        (peers.is_empty() || peers.iter().any(|wanted| Some(wanted.as_str()) == peer))
            && call.query_text("hasPeer").is_none_or(|_| peer.is_some() == call.query_flag("hasPeer"))
            && library.is_none_or(|id| libraries().contains(id.as_ref()))
    }
}

/// Refuses groups that do not exist: 400 with the field.
fn check_groups(
    organization: &Organization,
    field: &'static str,
    groups: Option<&Value>,
) -> Result<(), ApiError> {
    let groups = groups.and_then(Value::as_array).into_iter().flatten();
    let groups = groups.filter_map(|group| Some((group.get("id")?.as_str()?, group.get("type"))));
    let mut groups = groups.map(|(id, kind)| match kind.and_then(Value::as_str) {
        Some("TEAM") => referred::<Team>(organization, field, id).map(drop),
        Some("SKILLGROUP") => referred::<SkillGroup>(organization, field, id).map(drop),
        _ => referred::<DirectoryGroup>(organization, field, id).map(drop),
    });
    groups.try_for_each(|known| known)
}

/// Creates a queue. Fields that the body lacks are copied from the queue that `sourceQueueId` names.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    if let Some(source) = body.get("sourceQueueId").and_then(Value::as_str) {
        let organization = call.tenant().read();
        let source = record::referred::<Queue>(&organization, "sourceQueueId", source)?;
        let source = organization.acd().queues.get(source);
        for (key, value) in source.into_iter().flat_map(|source| &source.extra) {
            body.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    Reply::ok(&record::add::<Queue>(call, &body)?)
}

fn estimate_wait(call: &Call<'_>) -> Result<Reply, ApiError> {
    estimate(call, "ALL")
}

fn estimate_wait_of_media(call: &Call<'_>) -> Result<Reply, ApiError> {
    const INTENTS: [&str; 7] =
        ["CALL", "CALLBACK", "CHAT", "EMAIL", "SOCIALEXPRESSION", "VIDEOCOMM", "MESSAGE"];
    let media = call.param("mediaType")?;
    let intent = INTENTS.into_iter().find(|intent| intent.eq_ignore_ascii_case(&media));
    let unknown = || ApiError::invalid_value("mediaType", &media, &INTENTS.join(", "));
    estimate(call, intent.ok_or_else(unknown)?)
}

/// The estimate of a queue: no wait while a member that has joined is idle, else half a minute (assumed).
fn estimate(call: &Call<'_>, intent: &str) -> Result<Reply, ApiError> {
    const BUSY_SECONDS: u32 = 30;
    let organization = call.tenant().read();
    let queue = record::find::<Queue>(&organization, &call.param("queueId")?)?.id();
    let people = organization.people();
    let mut members = organization.joined_members(queue).filter_map(|user| people.at(user));
    let seconds = if members.any(|user| user.routing == Routing::Idle) { 0 } else { BUSY_SECONDS };
    Reply::ok(&json!({
        "results": [{ "intent": intent, "formula": "BEST", "estimatedWaitTimeSeconds": seconds }]
    }))
}
