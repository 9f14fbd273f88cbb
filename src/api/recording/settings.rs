//! The settings of recordings, and the schedule by which encryption keys change.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::route::Route;
use crate::api::setting::{self, Setting};
use crate::world::Organization;
use crate::world::json::object;

const SETTINGS: &str = "/api/v2/recording/settings";
const ROTATION: &str = "/api/v2/recording/recordingkeys/rotationschedule";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(SETTINGS, setting::get::<Settings>),
        Route::put(SETTINGS, setting::put::<Settings>),
        Route::get(ROTATION, setting::get::<Rotation>),
        Route::put(ROTATION, setting::put::<Rotation>),
    ]
}

/// The settings of recordings. The values of the start are assumed.
enum Settings {}

impl Setting for Settings {
    const FIELDS: &'static [&'static str] = &[
        "maxSimultaneousStreams",
        "maxConfigurableScreenRecordingStreams",
        "regionalRecordingStorageEnabled",
        "recordingPlaybackUrlTtl",
        "recordingBatchDownloadUrlTtl",
        "stopRecordingWhenOnlyExternalParticipants",
    ];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({
            "maxSimultaneousStreams": 1,
            "maxConfigurableScreenRecordingStreams": 4,
            "regionalRecordingStorageEnabled": false,
            "recordingPlaybackUrlTtl": 60,
            "recordingBatchDownloadUrlTtl": 60,
            "stopRecordingWhenOnlyExternalParticipants": false,
        }))
    }
}

/// The schedule of key changes.
enum Rotation {}

impl Setting for Rotation {
    const FIELDS: &'static [&'static str] = &["name", "period"];

    fn default(call: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "id": call.tenant().id, "period": "DISABLED", "selfUri": ROTATION }))
    }
}
