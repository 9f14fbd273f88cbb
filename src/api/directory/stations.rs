//! Stations, and the stations of users.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::record::{self, Resource, find};
use crate::api::refusal;
use crate::api::route::Route;
use crate::api::users::find_index;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::UserIndex;
use crate::world::people::directory::Station;
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/stations", record::list::<Station>),
        Route::get("/api/v2/stations/{stationId}", record::get::<Station>),
        Route::delete("/api/v2/stations/{stationId}/associateduser", free),
        Route::get("/api/v2/users/stations/me", get),
        Route::put("/api/v2/users/stations/me/associatedstation/{stationId}", associate_own),
        Route::delete("/api/v2/users/stations/me/associatedstation", leave_own),
        Route::get("/api/v2/users/{userId}/station", get),
        Route::put("/api/v2/users/{userId}/station/associatedstation/{stationId}", associate),
        Route::delete("/api/v2/users/{userId}/station/associatedstation", leave),
        Route::put("/api/v2/users/{userId}/station/defaultstation/{stationId}", set_default),
        Route::delete("/api/v2/users/{userId}/station/defaultstation", remove_default),
    ]
}

impl Resource for Station {
    const PARAM: &'static str = "stationId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::directory::station(organization, record)
    }

    fn matches(call: &Call<'_>, organization: &Organization, record: &Record<Self>) -> bool {
        let user = || organization.people().at(organization.web_rtc_user(record)?);
        let of_line = organization.telephony().phone_at(record.id()).map(|_| record.id().to_string());
        let wanted = call.query_text("webRtcUserId");
        wanted.is_none_or(|wanted| user().is_some_and(|user| user.id.to_string() == wanted))
            && call.query_text("lineAppearanceId").is_none_or(|id| of_line.as_deref() == Some(&*id))
            && call
                .query_bool("userSelectable")
                .is_none_or(|wanted| wanted == is_selectable(call, organization, record))
    }
}

/// Whether the caller can select a station: no other user is at it, and it is not another user's station in a browser.
fn is_selectable(call: &Call<'_>, organization: &Organization, station: &Record<Station>) -> bool {
    let users = [organization.directory().user_at(station.id()), organization.web_rtc_user(station)];
    users.into_iter().flatten().all(|user| call.caller.token.user == Some(user))
}

/// The user in the call's path, or the caller's.
fn user_in_path(call: &Call<'_>, organization: &Organization) -> Result<UserIndex, ApiError> {
    let id = call.param("userId")?;
    if !id.is_empty() {
        return find_index(organization.people(), &id);
    }
    call.caller.token.user.ok_or_else(refusal::without_user)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let user = user_in_path(call, &organization)?;
    Reply::ok(&view::directory::stations_of_user(&organization, user))
}

fn associate(call: &Call<'_>) -> Result<Reply, ApiError> {
    log_on(call, StatusCode::ACCEPTED)
}

fn associate_own(call: &Call<'_>) -> Result<Reply, ApiError> {
    log_on(call, StatusCode::NO_CONTENT)
}

fn log_on(call: &Call<'_>, status: StatusCode) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let user = user_in_path(call, organization)?;
        let station = find::<Station>(organization, &call.param("stationId")?)?.id();
        let done = organization.associate_station(user, station, call.now);
        let in_use = |_| {
            const WHY: &str = "Station is already associated";
            ApiError::new(StatusCode::CONFLICT, "userservice.stationalreadyassociated", WHY)
        };
        done.map(|()| Reply::empty(status)).map_err(in_use)
    })
}

fn leave(call: &Call<'_>) -> Result<Reply, ApiError> {
    log_off(call, StatusCode::ACCEPTED)
}

fn leave_own(call: &Call<'_>) -> Result<Reply, ApiError> {
    log_off(call, StatusCode::NO_CONTENT)
}

fn log_off(call: &Call<'_>, status: StatusCode) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let user = user_in_path(call, organization)?;
        organization.leave_station(user);
        Ok(Reply::empty(status))
    })
}

fn free(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let station = find::<Station>(organization, &call.param("stationId")?)?.id();
        organization.free_station(station);
        Ok(Reply::empty(StatusCode::OK))
    })
}

fn set_default(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let user = user_in_path(call, organization)?;
        let station = find::<Station>(organization, &call.param("stationId")?)?.id();
        organization.set_default_station(user, Some(station));
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}

fn remove_default(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let user = user_in_path(call, organization)?;
        organization.set_default_station(user, None);
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}
