//! What speech and text analytics tell of a conversation. No text is analysed here: sentiments are neutral, no topic and
//! no category is found. Conversations and communications that do not exist are a 404.

use http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::conversations::{find_communication, find_conversation};
use crate::api::json_entity::answer;
use crate::api::request::Request;
use crate::api::route::{Handler, Route};
use crate::platform::Platform;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::wire::uri::base_uri;

const CONVERSATION: &str = "/api/v2/speechandtextanalytics/conversations/{conversationId}";
/// Where a transcript is fetched, without a token, as from the vendor's store.
const TRANSCRIPT: &str = "/transcripts/{communicationId}/transcript.json";

pub(super) fn routes() -> Vec<Route> {
    let communication = format!("{CONVERSATION}/communications/{{communicationId}}");
    vec![
        Route::get(CONVERSATION, get),
        Route::get(&format!("{CONVERSATION}/categories"), list_nothing),
        Route::get(&format!("{CONVERSATION}/summaries"), list_nothing),
        Route::get(&format!("{CONVERSATION}/sentiments"), get_sentiments),
        Route::get(&format!("{communication}/transcripturl"), get_url),
        Route::get(&format!("{communication}/transcripturls"), get_urls),
        Route::new(Method::GET, TRANSCRIPT, Handler::Public(get_transcript)).unpublished(),
    ]
}

fn check(call: &Call<'_>) -> Result<(), ApiError> {
    find_conversation(call, &call.tenant().read()).map(drop)
}

/// The reference to the conversation in the call's path.
fn reference(call: &Call<'_>) -> Result<serde_json::Value, ApiError> {
    let id = call.param("conversationId")?;
    Ok(json!({ "id": id, "selfUri": format!("/api/v2/conversations/{id}") }))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    check(call)?;
    answer::reply(
        call,
        json!({
            "conversation": reference(call)?,
            "sentimentScore": 0,
            "sentimentTrend": 0,
            "sentimentTrendClass": "NoChange",
            "empathyScores": [],
            "participantMetrics": {
                "agentDurationPercentage": 0,
                "customerDurationPercentage": 0,
                "silenceDurationPercentage": 0,
                "ivrDurationPercentage": 0,
                "acdDurationPercentage": 0,
                "otherDurationPercentage": 0,
                "overtalkDurationPercentage": 0,
                "overtalkCount": 0,
            },
        }),
    )
}

fn list_nothing(call: &Call<'_>) -> Result<Reply, ApiError> {
    check(call)?;
    answer::list(call, Vec::new())
}

fn get_sentiments(call: &Call<'_>) -> Result<Reply, ApiError> {
    check(call)?;
    answer::reply(call, json!({}))
}

/// The address of the transcript of the communication in the call's path.
fn address(call: &Call<'_>) -> Result<String, ApiError> {
    find_communication(call, &call.tenant().read())?;
    let path = TRANSCRIPT.replace("{communicationId}", &call.param("communicationId")?);
    Ok(format!("{}{path}", base_uri(call.secure, call.host)))
}

fn get_url(call: &Call<'_>) -> Result<Reply, ApiError> {
    answer::reply(call, json!({ "url": address(call)? }))
}

fn get_urls(call: &Call<'_>) -> Result<Reply, ApiError> {
    let url = address(call)?;
    answer::reply(
        call,
        json!({
            "conversation": reference(call)?,
            "communicationId": call.param("communicationId")?,
            "urls": [{ "url": url }],
        }),
    )
}

/// A transcript without phrases: nothing is transcribed here.
fn get_transcript(_: &Platform, request: &Request<'_>) -> Result<Reply, ApiError> {
    let id = request.param("communicationId")?;
    if Uuid::try_parse(&id).is_err() {
        return Err(ApiError::no_such("transcript", &id));
    }
    let transcript = json!({ "communicationId": id, "transcripts": [{ "phrases": [] }] });
    Reply::ok(&transcript)
}
