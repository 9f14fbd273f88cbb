//! The base settings of trunks.

use http::StatusCode;
use serde_json::{Map, Value};

use super::{DUPLICATE, at, is_managed_as_asked, read_reference, require};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::record::{self, Resource};
use crate::api::route::Route;
use crate::view::telephony::trunk::{METABASES, available, is_recorded, template, trunk_base};
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::Record;
use crate::world::telephony::site::Site;
use crate::world::telephony::trunk::TrunkBase;

/// The metabases of trunks that public programs name: id, type of the trunk, type of the metabase.
const TRUNK_METABASES: [(&str, &str, &str); 4] = [
    ("external_sip.json", "EXTERNAL", "EXTERNAL"),
    ("external_sip_pcv_byoc_carrier.json", "EXTERNAL", "EXTERNAL_BYOC_CARRIER"),
    ("external_sip_pcv_byoc_pbx.json", "EXTERNAL", "EXTERNAL_BYOC_PBX"),
    ("phone_connections_webrtc.json", "PHONE", "STATION_CDM_WEBRTC"),
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/trunkbasesettings"), record::list::<TrunkBase>),
        Route::post(&at("/trunkbasesettings"), record::create::<TrunkBase>),
        Route::get(&at("/trunkbasesettings/availablemetabases"), list_metabases),
        Route::get(&at("/trunkbasesettings/template"), get_template),
        Route::get(&at("/trunkbasesettings/{trunkBaseSettingsId}"), record::get::<TrunkBase>),
        Route::put(&at("/trunkbasesettings/{trunkBaseSettingsId}"), record::replace::<TrunkBase>),
        Route::delete(&at("/trunkbasesettings/{trunkBaseSettingsId}"), record::delete::<TrunkBase>),
    ]
}

impl Resource for TrunkBase {
    const PARAM: &'static str = "trunkBaseSettingsId";
    const DUPLICATE: (StatusCode, &'static str) = DUPLICATE;
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        trunk_base(organization, record)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        require(body, &["trunkMetabase", "trunkType"])?;
        let metabase = body.get("trunkMetabase").and_then(Value::as_object);
        if metabase.is_none_or(|metabase| text(metabase, "id").is_empty()) {
            const WHY: &str = "A metabase is required: [trunkMetabase.id].";
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "trunk.metabase.required", WHY));
        }
        read_reference::<Site>(organization, body, "site")?;
        read_reference::<Site>(organization, body, "inboundSite").map(drop)
    }

    fn matches(call: &Call<'_>, _: &Organization, record: &Record<Self>) -> bool {
        let recorded = call.query_text("recordingEnabled").map(|_| call.query_flag("recordingEnabled"));
        is_managed_as_asked(call, record) && recorded.is_none_or(|wanted| wanted == is_recorded(record))
    }

    fn note(organization: &mut Organization, id: Id<Self>, _: Option<&Record<Self>>) {
        organization.note_entity(id);
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        if organization.telephony().is_trunk_used(id) {
            const WHY: &str = "The trunk is being referenced by an outbound route or an edge group.";
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "delete.referenced.entity", WHY));
        }
        Ok(())
    }
}

fn list_metabases(call: &Call<'_>) -> Result<Reply, ApiError> {
    let kind = call.query_text("type");
    let all = TRUNK_METABASES.into_iter().filter(|(_, of, _)| kind.as_ref().is_none_or(|kind| kind == of));
    let all = all.map(|(id, _, kind)| available(id, kind, METABASES));
    Reply::ok(&Page::of(all, call.page()?, call.path, call.query))
}

/// Settings to fill in. Any metabase is taken: the platform has more of them than are listed here.
fn get_template(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.query("trunkMetabaseId").unwrap_or_default();
    let known = TRUNK_METABASES.into_iter().find(|(known, ..)| *known == id);
    Reply::ok(&template(&id, known.map_or("EXTERNAL", |(_, kind, _)| kind)))
}
