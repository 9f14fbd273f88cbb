//! DID pools: ranges of telephone numbers.

use http::StatusCode;
use serde_json::{Map, Value};

use super::{at, in_use, pool};
use crate::api::call::Call;
use crate::api::record::{self, Resource};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::{Record, Stored};
use crate::world::telephony::number::{DidPool, numbers};
use crate::world::telephony::owner::Owners;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/didpools"), record::list::<DidPool>),
        Route::post(&at("/didpools"), pool::create::<DidPool>).checks(Checks::Inside),
        Route::get(&at("/didpools/{didPoolId}"), record::get::<DidPool>),
        Route::put(&at("/didpools/{didPoolId}"), replace).checks(Checks::Inside),
        Route::delete(&at("/didpools/{didPoolId}"), record::delete::<DidPool>),
    ]
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    pool::replace::<DidPool>(call, call.json_object()?)
}

impl Resource for DidPool {
    const PARAM: &'static str = "didPoolId";
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::telephony::number::pool(organization, record)
    }

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        pool::read_range::<Self>(body).map(drop)
    }

    /// A pool one of whose numbers has an owner stays (assumed).
    fn may_delete(_: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        let owners = Owners::of(organization);
        let mut all = numbers(Self::table(organization).get(id).into_iter());
        if all.any(|number| view::telephony::number::is_assigned(&owners, &number)) {
            return Err(in_use("A number of the pool is assigned."));
        }
        Ok(())
    }
}
