//! Extension pools, and the extensions that something has.

use http::StatusCode;
use serde_json::{Map, Value};

use super::{at, in_use, page_of, pool};
use crate::api::call::Call;
use crate::api::entity::is_descending;
use crate::api::record::{self, Resource, select};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::view;
use crate::view::telephony::number::extension;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::{Record, Stored};
use crate::world::telephony::number::{ExtensionPool, NumberOf, Pool, find_number};
use crate::world::telephony::owner::Owners;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/extensionpools"), record::list::<ExtensionPool>),
        Route::post(&at("/extensionpools"), pool::create::<ExtensionPool>).checks(Checks::Inside),
        Route::get(&at("/extensionpools/divisionviews"), list_views),
        Route::get(&at("/extensionpools/{extensionPoolId}"), record::get::<ExtensionPool>),
        Route::put(&at("/extensionpools/{extensionPoolId}"), replace).checks(Checks::Inside),
        Route::delete(&at("/extensionpools/{extensionPoolId}"), record::delete::<ExtensionPool>),
        Route::get(&at("/extensions"), list),
        Route::get(&at("/extensions/{extensionId}"), get),
    ]
}

impl Resource for ExtensionPool {
    const PARAM: &'static str = "extensionPoolId";
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::telephony::number::pool(organization, record)
    }

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        pool::read_range::<Self>(body).map(drop)
    }

    fn matches(call: &Call<'_>, _: &Organization, record: &Record<Self>) -> bool {
        let number = call.query_text("number");
        number.is_none_or(|number| Self::range(record).is_some_and(|range| range.contains(&number)))
    }

    /// A pool one of whose extensions has an owner stays (assumed).
    fn may_delete(_: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        let range = Self::table(organization).get(id).and_then(Self::range);
        let owners = Owners::of(organization).extensions;
        if range.is_some_and(|range| owners.keys().any(|digits| range.contains(digits))) {
            return Err(in_use("An extension of the pool is assigned."));
        }
        Ok(())
    }
}

/// Replaces a pool. Without a range in the body it keeps its own: the document requires none.
fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    {
        let organization = call.tenant().read();
        let known = record::find::<ExtensionPool>(&organization, &call.param(ExtensionPool::PARAM)?)?;
        for bound in ExtensionPool::BOUNDS {
            let own = known.extra.get(bound).cloned().unwrap_or_default();
            body.entry(bound).or_insert(own);
        }
    }
    pool::replace::<ExtensionPool>(call, body)
}

fn list_views(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let pools = select::<ExtensionPool>(call, &organization);
    page_of(call, &pools, |pool| view::telephony::number::pool_of_division(&organization, pool))
}

/// The extension of these digits. `None` where no pool has it.
fn number_of<'o>(organization: &'o Organization, digits: &str) -> Option<NumberOf<'o, ExtensionPool>> {
    let pool = organization.telephony().pool_of_extension(digits)?;
    let range = ExtensionPool::range(pool)?;
    Some(NumberOf { pool, range, number: digits.parse().ok()? })
}

/// Lists the extensions of users, groups and phones that are in a pool, by number. An extension that nothing has is not
/// listed (assumed: public programs take the listed ones for those in use).
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let owners = Owners::of(&organization).extensions;
    let wanted = call.query_text("number");
    let mut all: Vec<_> = owners
        .iter()
        .filter(|(digits, _)| wanted.as_ref().is_none_or(|wanted| wanted == *digits))
        .filter_map(|(digits, owner)| Some((number_of(&organization, digits)?, owner)))
        .collect();
    all.sort_by_key(|(number, _)| number.text());
    if is_descending(call) {
        all.reverse();
    }
    page_of(call, &all, |(number, owner)| extension(&organization, number, owner))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("extensionId")?;
    let organization = call.tenant().read();
    let owners = Owners::of(&organization).extensions;
    let number = find_number(organization.telephony().extension_pools.iter(), &id);
    let found = number.and_then(|number| {
        let owner = owners.get(&number.text())?;
        Some(extension(&organization, &number, owner))
    });
    Reply::ok(&found.ok_or_else(|| ApiError::no_such("extension", &id))?)
}
