//! Edges: the entity, and what is done to it.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{at, is_managed_as_asked, read_reference};
use crate::api::call::Call;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::time::clock::rfc3339;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::{Record, Stored};
use crate::world::telephony::edge::TelephonyEdge;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at(""), record::list::<TelephonyEdge>),
        // A site or a group in the body has all properties in the document, and clients send its id.
        Route::post(&at(""), record::create::<TelephonyEdge>).checks(Checks::Inside),
        Route::get(&at("/expired"), list_expired),
        Route::get(&at("/edgeversionreport"), report_versions),
        Route::get(&at("/{edgeId}"), record::get::<TelephonyEdge>),
        Route::put(&at("/{edgeId}"), record::replace::<TelephonyEdge>).checks(Checks::Inside),
        Route::delete(&at("/{edgeId}"), record::delete::<TelephonyEdge>),
        Route::post(&at("/{edgeId}/reboot"), reboot),
        Route::post(&at("/{edgeId}/statuscode"), set_status_code),
        Route::post(&at("/{edgeId}/unpair"), unpair),
    ]
}

impl Resource for TelephonyEdge {
    const PARAM: &'static str = "edgeId";
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::BAD_REQUEST, "duplicate.edge.name");
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::telephony::edge::edge(organization, record)
    }

    fn note(organization: &mut Organization, id: Id<Self>, _: Option<&Record<Self>>) {
        organization.note_entity(id);
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        read_site(organization, body)?;
        read_group(organization, body).map(drop)
    }

    fn matches(call: &Call<'_>, organization: &Organization, record: &Record<Self>) -> bool {
        let telephony = organization.telephony();
        let site = telephony.edges_of_site.holders(record.id()).first().map(Id::to_string);
        let group = telephony.edges_of_group.holders(record.id()).first().map(Id::to_string);
        let is = |name: &str, id: Option<&String>| {
            call.query_text(name).is_none_or(|wanted| id.is_some_and(|id| *id == wanted))
        };
        is("site.id", site.as_ref())
            && is("edgeGroup.id", group.as_ref())
            && is_managed_as_asked(call, record)
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let (site, group) = (read_site(organization, body)?, read_group(organization, body)?);
        organization.set_place_of_edge(id, site, group).map_err(|_| record::full())
    }
}

type SiteId = Id<crate::world::telephony::site::Site>;
type GroupId = Id<crate::world::telephony::edge::EdgeGroup>;

fn read_site(organization: &Organization, body: &Map<String, Value>) -> Result<Option<SiteId>, ApiError> {
    read_reference(organization, body, "site")
}

fn read_group(organization: &Organization, body: &Map<String, Value>) -> Result<Option<GroupId>, ApiError> {
    read_reference(organization, body, "edgeGroup")
}

/// The edges whose certificate has expired: none.
fn list_expired(_: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&json!({ "entities": [] }))
}

/// The software of the oldest and of the newest edge. Edges have one version here, unless a client sets another.
fn report_versions(call: &Call<'_>) -> Result<Reply, ApiError> {
    const VERSION: &str = "1.0.0.0";
    let organization = call.tenant().read();
    let edges = organization.telephony().edges.iter();
    let version = |edge: &Record<TelephonyEdge>| {
        edge.extra.get("softwareVersion").and_then(Value::as_str).unwrap_or(VERSION).to_owned()
    };
    let versions: Vec<_> = edges.map(version).collect();
    let of = |version: Option<&String>| json!({ "softwareVersion": version.map_or(VERSION, String::as_str) });
    Reply::ok(
        &json!({ "oldestVersion": of(versions.iter().min()), "newestVersion": of(versions.iter().max()) }),
    )
}

/// Notes the restart of an edge. It is instant.
fn reboot(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = find::<TelephonyEdge>(&call.tenant().read(), &call.param("edgeId")?)?.id();
    Reply::ok(&format!("The edge {id} is rebooted."))
}

/// Takes an edge into service or out of it.
fn set_status_code(call: &Call<'_>) -> Result<Reply, ApiError> {
    let in_service =
        call.json_object_or_none()?.and_then(|body| body.get("inService")?.as_bool()).unwrap_or(true);
    let code = if in_service { "ACTIVE" } else { "INACTIVE" };
    change(call, |edge| {
        edge.extra.insert("statusCode".to_owned(), json!(code));
        Ok(format!("The edge is {code} since {}.", rfc3339(call.now)))
    })
}

/// Ends the pairing of an edge that is out of service.
fn unpair(call: &Call<'_>) -> Result<Reply, ApiError> {
    change(call, |edge| {
        if edge.extra.get("statusCode").and_then(Value::as_str) == Some("ACTIVE") {
            const WHY: &str = "The edge must have an inactive state to complete this operation.";
            return Err(ApiError::new(StatusCode::CONFLICT, "conflict", WHY));
        }
        edge.extra.insert("statusCode".to_owned(), json!("UNPAIRED"));
        edge.extra.shift_remove("pairingId");
        Ok("The edge is unpaired.".to_owned())
    })
}

/// Changes the edge in the call's path, and answers with a sentence.
fn change(
    call: &Call<'_>,
    change: impl FnOnce(&mut Record<TelephonyEdge>) -> Result<String, ApiError>,
) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let mut edge = find::<TelephonyEdge>(organization, &call.param("edgeId")?)?.clone();
        let done = change(&mut edge)?;
        (edge.modified, edge.version) = (call.now, edge.version + 1);
        TelephonyEdge::table_mut(organization).replace(edge).map_err(|_| record::full())?;
        Reply::ok(&done)
    })
}
