//! The recordings of calls: one for each outside party whose connected call has ended.

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::read;
use crate::api::call::Call;
use crate::api::request::Request;
use crate::api::route::{Handler, Route};
use crate::platform::Platform;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::view::conversation::recording::{self, Recording};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::wire::uri::base_uri;
use crate::world::Organization;

type Body = Map<String, Value>;

/// Where the audio of a recording is fetched, without a token, as from the vendor's store.
const AUDIO: &str = "/recordings/{recordingId}/audio.wav";
/// The time after the end of a call at which its recording is there.
const READY_AFTER: Nanos = 1_000_000_000;

pub(super) fn routes() -> Vec<Route> {
    const ALL: &str = "/api/v2/conversations/{conversationId}/recordings";
    const METADATA: &str = "/api/v2/conversations/{conversationId}/recordingmetadata";
    vec![
        Route::get(ALL, list),
        Route::get(&format!("{ALL}/{{recordingId}}"), get),
        Route::put(&format!("{ALL}/{{recordingId}}"), update),
        Route::get(METADATA, list_metadata),
        Route::get(&format!("{METADATA}/{{recordingId}}"), get_metadata),
        Route::new(Method::GET, AUDIO, Handler::Public(get_audio)).unpublished(),
    ]
}

/// The recordings of the conversation in the call's path.
fn find_all(call: &Call<'_>) -> Result<Vec<Recording>, ApiError> {
    let ready = call.now.saturating_sub(READY_AFTER);
    let view = read::view_in_path(call)?;
    let mut all = view.recordings(&call.tenant().read(), call.now);
    all.retain(|recording| recording.ended <= ready);
    Ok(all)
}

fn find(call: &Call<'_>) -> Result<Recording, ApiError> {
    let id = call.param("recordingId")?;
    let wanted = Uuid::try_parse(&id).ok();
    let found = find_all(call)?.into_iter().find(|recording| Some(recording.id) == wanted);
    found.ok_or_else(|| ApiError::no_such("recording", &id))
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&find_all(call)?.iter().map(|one| to_json(call, one)).collect::<Vec<_>>())
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&to_json(call, &find(call)?))
}

/// `PUT …/recordings/{recordingId}`: sets the dates that the body has.
///
/// If a date deletes the recording, the answer still shows it; later reads do not find it.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let found = find(call)?;
    let given = read_dates(&body)?;
    let dates = call.change(|organization| {
        Ok(change_dates(organization, &found, |dates| {
            for (key, date) in given {
                match date {
                    Some(date) => drop(dates.insert(key.to_owned(), json!(date))),
                    None => drop(dates.shift_remove(key)),
                }
            }
        }))
    })?;
    Reply::ok(&to_json(call, &found.with_dates(dates)))
}

/// The dates that a body has; `None` takes a date away.
fn read_dates(body: &Body) -> Result<Vec<(&'static str, Option<String>)>, ApiError> {
    let given = recording::DATES.into_iter().filter_map(|key| Some((key, body.get(key)?)));
    let read = given.map(|(key, date)| {
        let Some(text) = date.as_str() else { return Ok((key, None)) };
        let at = parse_rfc3339(text).ok_or_else(|| ApiError::invalid_date_in(key, text))?;
        Ok((key, Some(rfc3339(at))))
    });
    read.collect()
}

/// Changes the dates of a recording and returns them. It starts from the stored dates, not from those of `one`, which
/// another request may have changed since they were read.
pub(in crate::api) fn change_dates(
    organization: &mut Organization,
    one: &Recording,
    change: impl FnOnce(&mut Body),
) -> Body {
    let (path, id) = one.kept_at();
    let mut dates =
        organization.collections.get(&path, &id).map(|dates| Body::clone(dates)).unwrap_or_default();
    change(&mut dates);
    organization.collections.insert(&path, &id, dates.clone());
    dates
}

fn to_json(call: &Call<'_>, one: &Recording) -> Value {
    recording::to_json(one, &audio_uri(call, one.id))
}

/// Where the audio of a recording is fetched.
pub(in crate::api) fn audio_uri(call: &Call<'_>, id: Uuid) -> String {
    format!("{}{}", base_uri(call.secure, call.host), AUDIO.replace("{recordingId}", &id.to_string()))
}

fn list_metadata(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&find_all(call)?.iter().map(recording::metadata).collect::<Vec<_>>())
}

fn get_metadata(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&recording::metadata(&find(call)?))
}

/// The audio of any recording: a second of silence.
fn get_audio(_: &Platform, request: &Request<'_>) -> Result<Reply, ApiError> {
    let id = request.param("recordingId")?;
    Uuid::try_parse(&id).map_err(|_| ApiError::no_such("recording", &id))?;
    let wave = HeaderValue::from_static("audio/wav");
    Ok(Reply { body: silence().into(), ..Reply::empty(StatusCode::OK) }.with(CONTENT_TYPE, wave))
}

/// A WAV file of one second: 8,000 samples of 8 bits.
fn silence() -> Vec<u8> {
    const SAMPLES: u32 = 8000;
    let mut file = Vec::from(*b"RIFF");
    file.extend((SAMPLES + 36).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(SAMPLES.to_le_bytes());
    file.extend(SAMPLES.to_le_bytes());
    file.extend(b"\x01\0\x08\0data");
    file.extend(SAMPLES.to_le_bytes());
    file.extend(std::iter::repeat_n(0x80, 8000));
    file
}
