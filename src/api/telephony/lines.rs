//! The lines of phones, and their base settings.

use serde_json::{Map, Value};

use super::at;
use crate::api::call::Call;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::table::Record;
use crate::world::telephony::phone::{Line, LineBase};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/lines"), record::list::<Line>),
        Route::get(&at("/lines/template"), get_template),
        Route::get(&at("/lines/{lineId}"), record::get::<Line>),
        Route::get(&at("/linebasesettings"), record::list::<LineBase>),
        Route::get(&at("/linebasesettings/{lineBaseId}"), record::get::<LineBase>),
    ]
}

impl Resource for Line {
    const PARAM: &'static str = "lineId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::telephony::phone::line(organization, record)
    }
}

impl Resource for LineBase {
    const PARAM: &'static str = "lineBaseId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::telephony::phone::line_base(organization, record)
    }
}

fn get_template(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.query("lineBaseSettingsId").unwrap_or_default();
    let organization = call.tenant().read();
    Reply::ok(&view::telephony::phone::line_template(find::<LineBase>(&organization, &id)?))
}
