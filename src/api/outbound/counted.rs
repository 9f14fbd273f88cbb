//! What contact lists and lists of blocked addresses share: their size and the state of their import.

use serde_json::{Map, Value, json};

use super::dialed::Dialed;
use crate::api::call::Call;
use crate::api::record::{self, find};
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::outbound::LIST_IMPORTS;

/// A list whose entries are counted.
pub(super) trait Counted: Dialed {
    /// The properties of a view for callers that may only see a list. The counts come in addition.
    const VIEW: &'static [&'static str];

    /// The number of its entries.
    fn size(organization: &Organization, list: Id<Self>) -> usize;
}

/// Adds size and import of a list, where the query asks for them.
fn add_counts<K: Counted>(call: &Call<'_>, organization: &Organization, list: &mut Map<String, Value>) {
    let id = list.get("id").and_then(Value::as_str).and_then(Id::parse);
    let size = id.map_or(0, |id| K::size(organization, id));
    if call.query_flag("includeSize") {
        list.insert("size".to_owned(), json!(size));
    }
    if call.query_flag("includeImportStatus") {
        let status = id.map(|id| import_status::<K>(organization, id));
        list.insert("importStatus".to_owned(), status.unwrap_or_default());
    }
}

/// Leaves the properties of a view.
fn reduce<K: Counted>(list: &mut Map<String, Value>) {
    list.retain(|key, _| K::VIEW.contains(&key.as_str()));
}

pub(super) fn list<K: Counted>(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_with::<K>(call, |_| {})
}

pub(super) fn list_views<K: Counted>(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_with::<K>(call, reduce::<K>)
}

fn list_with<K: Counted>(call: &Call<'_>, change: fn(&mut Map<String, Value>)) -> Result<Reply, ApiError> {
    let mut page = record::page::<K>(call)?;
    let organization = call.tenant().read();
    for list in &mut page.entities {
        change(list);
        add_counts::<K>(call, &organization, list);
    }
    Reply::ok(&page)
}

pub(super) fn get<K: Counted>(call: &Call<'_>) -> Result<Reply, ApiError> {
    get_with::<K>(call, |_| {})
}

pub(super) fn get_view<K: Counted>(call: &Call<'_>) -> Result<Reply, ApiError> {
    get_with::<K>(call, reduce::<K>)
}

fn get_with<K: Counted>(call: &Call<'_>, change: fn(&mut Map<String, Value>)) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let list = find::<K>(&organization, &call.param(<K as Dialed>::PARAM)?)?;
    let mut list = K::write(&organization, list);
    change(&mut list);
    add_counts::<K>(call, &organization, &mut list);
    Reply::ok(&list)
}

pub(super) fn get_import_status<K: Counted>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let list = find::<K>(&organization, &call.param(<K as Dialed>::PARAM)?)?.id();
    Reply::ok(&import_status::<K>(&organization, list))
}

/// How far the last import of a list is. A list into which nothing was imported is complete as it is.
fn import_status<K: Counted>(organization: &Organization, list: Id<K>) -> Value {
    match organization.collections.get(LIST_IMPORTS, &list.to_string()) {
        Some(status) => Value::Object(Map::clone(status)),
        None => view::outbound::import_status(K::size(organization, list)),
    }
}
