//! The base settings of phones.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::phones::read_part;
use super::{at, in_use, require};
use crate::api::call::Call;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::view::telephony::metabase;
use crate::view::telephony::phone::{METABASES, phone_base, phone_base_template};
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::Record;
use crate::world::telephony::change::Part;
use crate::world::telephony::phone::{LineBase, PhoneBase, WEB_RTC};

/// The metabases of phones that public programs name. The platform has one for each model.
const PHONE_METABASES: [&str; 3] = [WEB_RTC, "inin_remote.json", "generic_sip.json"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/phonebasesettings"), record::list::<PhoneBase>),
        Route::post(&at("/phonebasesettings"), record::create::<PhoneBase>),
        Route::get(&at("/phonebasesettings/availablemetabases"), list_metabases),
        Route::get(&at("/phonebasesettings/template"), get_template),
        Route::get(&at("/phonebasesettings/{phoneBaseId}"), record::get::<PhoneBase>),
        Route::put(&at("/phonebasesettings/{phoneBaseId}"), record::replace::<PhoneBase>),
        Route::delete(&at("/phonebasesettings/{phoneBaseId}"), record::delete::<PhoneBase>),
    ]
}

impl Resource for PhoneBase {
    const PARAM: &'static str = "phoneBaseId";
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        phone_base(organization, record)
    }

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        require(body, &["phoneMetaBase", "lines"])
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        let is_unused = organization.telephony().phones_of_base.members(id).is_empty();
        if is_unused { Ok(()) } else { Err(in_use("The phone base settings are referenced by phones.")) }
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let now = find::<Self>(organization, &id.to_string())?.modified;
        organization.set_line_bases(id, read_lines(body), now).map_err(|_| record::full())
    }
}

/// The line settings of a body. Without a metabase they have that of the phone.
fn read_lines(body: &Map<String, Value>) -> Vec<Part<LineBase>> {
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    let lines = body.get("lines").and_then(Value::as_array).into_iter().flatten();
    let lines = lines.filter_map(Value::as_object).map(|line| {
        let mut line = line.clone();
        let own = body.get("phoneMetaBase").cloned().unwrap_or_else(|| json!({}));
        line.entry("lineMetaBase").or_insert(own);
        read_part(&line, None, name, &["description", "properties", "lineMetaBase"])
    });
    lines.collect()
}

fn list_metabases(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = PHONE_METABASES.into_iter().map(|id| metabase(id, METABASES));
    Reply::ok(&Page::of(all, call.page()?, call.path, call.query))
}

/// Settings to fill in. Any metabase is taken: the platform has more of them than are listed here.
fn get_template(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&phone_base_template(&call.query("phoneMetabaseId").unwrap_or_default()))
}
