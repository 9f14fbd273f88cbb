//! The numbers of DID pools, and who has them.

use std::collections::HashSet;

use serde_json::Value;

use super::at;
use crate::api::call::Call;
use crate::api::entity::is_descending;
use crate::api::route::Route;
use crate::view::telephony::number::{did, did_number, is_assigned, owner_id};
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::telephony::number::{DidPool, NumberOf, find_number, numbers};
use crate::world::telephony::owner::Owners;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/didpools/dids"), list_numbers),
        Route::get(&at("/dids"), list),
        Route::get(&at("/dids/{didId}"), get),
    ]
}

/// A number in a listing.
type Did<'o> = NumberOf<'o, DidPool>;

/// The page of numbers that pass `wanted`, each written by `write`. Only the page is kept: pools are large.
fn page(
    call: &Call<'_>,
    organization: &Organization,
    wanted: impl Fn(&Did<'_>) -> bool,
    write: impl Fn(&Did<'_>) -> Value,
) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let all = || numbers(organization.telephony().did_pools.iter()).filter(|number| wanted(number));
    let total = all().count();
    let end = page.offset().saturating_add(page.most()).min(total);
    let count = end.saturating_sub(page.offset());
    // In descending order, the page is as far from the end as it would be from the beginning.
    let skipped = if is_descending(call) { total - end } else { page.offset() };
    let mut on_page: Vec<_> = all().skip(skipped).take(count).map(|number| write(&number)).collect();
    if is_descending(call) {
        on_page.reverse();
    }
    Reply::ok(&Page::new(on_page, total, page, call.path, call.query))
}

/// Lists the numbers of all pools, with their owners.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let owners = Owners::of(&organization);
    let filter = DidFilter::of(call);
    page(
        call,
        &organization,
        |number| filter.matches(&owners, number),
        |number| did(&organization, &owners, number),
    )
}

/// The filters of the listing.
struct DidFilter {
    ids: HashSet<String>,
    number: Option<String>,
    owner: Option<String>,
    pool: Option<String>,
}

impl DidFilter {
    fn of(call: &Call<'_>) -> Self {
        let text = |name: &str| call.query_text(name).map(std::borrow::Cow::into_owned);
        Self {
            ids: call.query_list("id").into_iter().collect(),
            // A plus in a query is a space.
            number: text("phoneNumber").map(|number| number.trim().trim_start_matches('+').to_owned()),
            owner: text("owner.id"),
            pool: text("didPool.id"),
        }
    }

    fn matches(&self, owners: &Owners, number: &Did<'_>) -> bool {
        self.pool.as_ref().is_none_or(|id| number.pool.id().to_string() == *id)
            && self.number.as_ref().is_none_or(|wanted| number.text()[1..].starts_with(wanted))
            && self.owner.as_ref().is_none_or(|wanted| owner_id(owners, number) == Some(wanted))
            && (self.ids.is_empty() || self.ids.contains(&number.id().to_string()))
    }
}

/// Lists the numbers of the pools that `id` names, of all without it, or those that have no owner.
fn list_numbers(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let owners = Owners::of(&organization);
    let pools = call.query_list("id");
    let only_free = call.query("type").as_deref() == Some("UNASSIGNED");
    let part = call.query_text("numberMatch");
    let part = part.map(|part| part.trim().trim_start_matches('+').to_owned());
    let wanted = |number: &Did<'_>| {
        (pools.is_empty() || pools.contains(&number.pool.id().to_string()))
            && part.as_ref().is_none_or(|part| number.text().contains(part.as_str()))
            && !(only_free && is_assigned(&owners, number))
    };
    page(call, &organization, wanted, |number| did_number(&owners, number))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("didId")?;
    let organization = call.tenant().read();
    let number = find_number(organization.telephony().did_pools.iter(), &id);
    let number = number.ok_or_else(|| ApiError::no_such("DID", &id))?;
    Reply::ok(&did(&organization, &Owners::of(&organization), &number))
}
