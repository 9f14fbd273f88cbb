//! The settings of routing.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::record::find;
use crate::api::route::Route;
use crate::api::setting::{self, Setting};
use crate::api::users::find_user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::json::object;
use crate::world::routing::Queue;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/routing/settings", setting::get::<Routing>),
        Route::put("/api/v2/routing/settings", setting::put::<Routing>),
        Route::delete("/api/v2/routing/settings", setting::delete::<Routing>),
        Route::get("/api/v2/routing/settings/contactcenter", setting::get::<ContactCenter>),
        Route::patch("/api/v2/routing/settings/contactcenter", setting::patch_202::<ContactCenter>),
        Route::get("/api/v2/routing/settings/transcription", setting::get::<Transcription>),
        Route::put("/api/v2/routing/settings/transcription", setting::put::<Transcription>),
        Route::patch("/api/v2/routing/settings/transcription", setting::patch::<Transcription>),
        Route::get("/api/v2/routing/availablemediatypes", list_media_types),
        Route::get("/api/v2/routing/queues/{queueId}/identityresolution", setting::get::<OfQueue>),
        Route::put("/api/v2/routing/queues/{queueId}/identityresolution", setting::put::<OfQueue>),
        Route::get("/api/v2/routing/queues/{queueId}/comparisonperiods", list_periods),
        Route::get("/api/v2/routing/directroutingbackup/settings/me", setting::get::<Backup>),
        Route::put("/api/v2/routing/directroutingbackup/settings/me", setting::put::<Backup>),
        Route::delete("/api/v2/routing/directroutingbackup/settings/me", setting::delete::<Backup>),
        Route::get("/api/v2/routing/users/{userId}/directroutingbackup/settings", setting::get::<Backup>),
        Route::put("/api/v2/routing/users/{userId}/directroutingbackup/settings", setting::put::<Backup>),
        Route::delete(
            "/api/v2/routing/users/{userId}/directroutingbackup/settings",
            setting::delete::<Backup>,
        ),
    ]
}

struct Routing;

impl Setting for Routing {
    const FIELDS: &'static [&'static str] = &["resetAgentScoreOnPresenceChange"];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "resetAgentScoreOnPresenceChange": false }))
    }
}

struct ContactCenter;

impl Setting for ContactCenter {
    const FIELDS: &'static [&'static str] = &["removeSkillsFromBlindTransfer"];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "removeSkillsFromBlindTransfer": false }))
    }
}

struct Transcription;

impl Setting for Transcription {
    const FIELDS: &'static [&'static str] = &[
        "transcription",
        "transcriptionConfidenceThreshold",
        "lowLatencyTranscriptionEnabled",
        "contentSearchEnabled",
        "pciDssRedactionEnabled",
        "piiRedactionEnabled",
    ];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "transcription": "Disabled", "transcriptionConfidenceThreshold": 0,
            "lowLatencyTranscriptionEnabled": false, "contentSearchEnabled": false,
            "pciDssRedactionEnabled": false, "piiRedactionEnabled": false }))
    }
}

/// How a queue finds the contact behind its outbound calls.
struct OfQueue;

impl Setting for OfQueue {
    const FIELDS: &'static [&'static str] = &["callOnBehalfOfQueue"];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        Map::new()
    }

    fn check(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        find::<Queue>(organization, &call.param("queueId")?).map(drop)
    }
}

/// Who takes interactions that were routed to an agent directly and that the agent does not take.
struct Backup;

impl Setting for Backup {
    const FIELDS: &'static [&'static str] = &["queueId", "userId", "waitForAgent", "agentWaitSeconds"];

    /// The setting of the caller's user is kept under the path of that user.
    fn path(call: &Call<'_>, organization: &Organization) -> String {
        let people = organization.people();
        let named = call.param("userId").ok().filter(|name| !name.is_empty());
        let user = match named {
            Some(name) => people.get(&name),
            None => call.caller.token.user.and_then(|user| people.at(user)),
        };
        let id = user.map(|user| user.id.to_string()).unwrap_or_default();
        format!("/api/v2/routing/users/{id}/directroutingbackup/settings")
    }

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "waitForAgent": false }))
    }

    fn check(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        let id = call.param("userId")?;
        if id.is_empty() { Ok(()) } else { find_user(organization.people(), &id).map(drop) }
    }
}

fn list_media_types(_: &Call<'_>) -> Result<Reply, ApiError> {
    let types = ["call", "callback", "chat", "email", "message"].map(|name| json!({ "mediaType": name }));
    Reply::ok(&json!({ "entities": types }))
}

/// The comparison periods of a queue: none, because no predictor runs here.
fn list_periods(call: &Call<'_>) -> Result<Reply, ApiError> {
    find::<Queue>(&call.tenant().read(), &call.param("queueId")?)?;
    Reply::ok(&json!({ "total": 0, "entities": [], "selfUri": call.path }))
}
