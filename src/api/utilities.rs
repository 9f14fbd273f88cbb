//! The server's date, time zones, and the networks of the platform.

use serde_json::{Value, json};

use super::call::Call;
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;

/// Time zones and their offsets from UTC in minutes, without summer time.
const TIME_ZONES: [(&str, i64); 24] = [
    ("Pacific/Honolulu", -600),
    ("America/Anchorage", -540),
    ("America/Los_Angeles", -480),
    ("America/Denver", -420),
    ("America/Chicago", -360),
    ("America/Mexico_City", -360),
    ("America/New_York", -300),
    ("America/Indiana/Indianapolis", -300),
    ("America/Halifax", -240),
    ("America/Sao_Paulo", -180),
    ("UTC", 0),
    ("Europe/London", 0),
    ("Europe/Dublin", 0),
    ("Europe/Berlin", 60),
    ("Europe/Madrid", 60),
    ("Europe/Paris", 60),
    ("Europe/Athens", 120),
    ("Africa/Johannesburg", 120),
    ("Asia/Dubai", 240),
    ("Asia/Kolkata", 330),
    ("Asia/Singapore", 480),
    ("Asia/Tokyo", 540),
    ("Australia/Sydney", 600),
    ("Pacific/Auckland", 720),
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/date", get_date),
        Route::get("/api/v2/timezones", list_time_zones),
        Route::get("/api/v2/ipranges", list_ranges),
    ]
}

fn get_date(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&json!({ "currentDate": rfc3339(call.now) }))
}

/// The time zones, in a listing at `path`.
pub(super) fn time_zones(path: &str) -> impl Iterator<Item = Value> {
    TIME_ZONES.into_iter().map(move |(name, minutes)| {
        json!({ "id": name, "name": name, "offset": minutes, "canonicalId": name,
            "selfUri": format!("{path}/{name}") })
    })
}

fn list_time_zones(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&Page::of(time_zones(call.path), call.page()?, call.path, call.query))
}

/// Networks that are reserved for documentation (RFC 5737): this server is in none of the platform's.
fn list_ranges(_: &Call<'_>) -> Result<Reply, ApiError> {
    let range = |cidr: &str, service: &str, direction: &str| -> Value {
        json!({ "cidr": cidr, "service": service, "region": "us-east-1", "direction": direction })
    };
    Reply::ok(&json!({ "entities": [
        range("192.0.2.0/24", "api", "inbound"),
        range("198.51.100.0/24", "data-actions", "outbound"),
        range("203.0.113.0/24", "smtp", "both"),
    ] }))
}
