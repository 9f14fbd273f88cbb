//! What DID pools and extension pools have in common: their ranges.

use serde_json::{Map, Value, json};

use super::require;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::record::{self, Resource};
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::telephony::number::{MAX_ALL_NUMBERS, Pool, Range};

/// Creates a pool. One without a name is named by its first number (assumed): the document requires a name, and public
/// programs send none.
pub(super) fn create<P: Pool + Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = named::<P>(call.json_object()?);
    check_free::<P>(&call.tenant().read(), &body, None)?;
    Reply::ok(&record::add::<P>(call, &body)?)
}

/// Replaces a pool by what a body says.
pub(super) fn replace<P: Pool + Resource>(
    call: &Call<'_>,
    body: Map<String, Value>,
) -> Result<Reply, ApiError> {
    let body = named::<P>(body);
    {
        let organization = call.tenant().read();
        let own = record::find::<P>(&organization, &call.param(P::PARAM)?)?.id();
        check_free::<P>(&organization, &body, Some(own))?;
    }
    Reply::ok(&record::replace_by::<P>(call, &call.param(P::PARAM)?, &body)?)
}

fn named<P: Pool>(mut body: Map<String, Value>) -> Map<String, Value> {
    if body.get("name").is_none_or(|name| name.is_null() || *name == "") {
        let first = body.get(P::BOUNDS[0]).cloned().filter(Value::is_string);
        body.insert("name".to_owned(), first.unwrap_or_else(|| json!(P::NAME)));
    }
    body
}

/// The range that a body describes.
pub(super) fn read_range<P: Pool>(body: &Map<String, Value>) -> Result<Range, ApiError> {
    require(body, &P::BOUNDS)?;
    let [first, last] = P::BOUNDS.map(|name| text(body, name));
    Range::parse::<P>(first, last).map_err(|wrong| {
        let field = wrong.field::<P>();
        ApiError::constraint(
            field,
            format!("The value [{}] of [{field}] {wrong}.", quoted(text(body, field))),
        )
    })
}

/// Refuses a range that has numbers of another pool, and one with which all pools have too many: 409.
fn check_free<P: Pool + Resource>(
    organization: &Organization,
    body: &Map<String, Value>,
    own: Option<Id<P>>,
) -> Result<(), ApiError> {
    let range = read_range::<P>(body)?;
    let mut count = range.count();
    for pool in P::table(organization).iter().filter(|pool| Some(pool.id()) != own) {
        let Some(other) = P::range(pool) else { continue };
        if other.overlaps(range) {
            let why = format!("The {} {} has some of these numbers already.", P::NAME, pool.name);
            return Err(ApiError::conflict(why));
        }
        count += other.count();
    }
    if count > MAX_ALL_NUMBERS { Err(record::full()) } else { Ok(()) }
}
