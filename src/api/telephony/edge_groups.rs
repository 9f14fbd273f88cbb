//! Edge groups.

use http::StatusCode;
use serde_json::{Map, Value};

use super::{DUPLICATE, at, in_use, is_managed_as_asked, read_reference, read_references, require};
use crate::api::call::Call;
use crate::api::record::{self, Resource};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::view;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::Record;
use crate::world::telephony::edge::EdgeGroup;
use crate::world::telephony::trunk::TrunkBase;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/edgegroups"), record::list::<EdgeGroup>),
        // Trunks in the body have all properties in the document, and clients send their ids.
        Route::post(&at("/edgegroups"), record::create::<EdgeGroup>).checks(Checks::Inside),
        Route::get(&at("/edgegroups/{edgeGroupId}"), record::get::<EdgeGroup>),
        Route::put(&at("/edgegroups/{edgeGroupId}"), record::replace::<EdgeGroup>).checks(Checks::Inside),
        Route::delete(&at("/edgegroups/{edgeGroupId}"), record::delete::<EdgeGroup>),
    ]
}

impl Resource for EdgeGroup {
    const PARAM: &'static str = "edgeGroupId";
    const DUPLICATE: (StatusCode, &'static str) = DUPLICATE;
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::telephony::edge::edge_group(organization, record)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        require(body, &["phoneTrunkBases"])?;
        read_trunks(organization, body).map(drop)
    }

    fn matches(call: &Call<'_>, _: &Organization, record: &Record<Self>) -> bool {
        is_managed_as_asked(call, record)
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        let is_empty = organization.telephony().edges_of_group.members(id).is_empty();
        if is_empty { Ok(()) } else { Err(in_use("The edge group is referenced by edges.")) }
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let (edge, phone) = read_trunks(organization, body)?;
        organization.set_trunks_of_group(id, edge, &phone).map_err(|_| record::full())
    }
}

type TrunkBases = (Option<Id<TrunkBase>>, Vec<Id<TrunkBase>>);

/// The trunk between the edges of a group, and those of its phones.
fn read_trunks(organization: &Organization, body: &Map<String, Value>) -> Result<TrunkBases, ApiError> {
    let assignment = body.get("edgeTrunkBaseAssignment").and_then(Value::as_object);
    let edge =
        assignment.map(|assignment| read_reference(organization, assignment, "trunkBase")).transpose()?;
    Ok((edge.flatten(), read_references(organization, body, "phoneTrunkBases")?))
}
