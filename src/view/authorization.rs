//! Divisions as the vendor writes them.

use serde_json::{Map, Value, json};

use super::record::Properties;
use crate::world::Organization;
use crate::world::authorization::{Division, home};
use crate::world::table::Record;

/// A division, with the number of its objects by type where `counted`.
pub(crate) fn division(
    organization: &Organization,
    division: &Record<Division>,
    counted: bool,
) -> Map<String, Value> {
    let counts = || {
        let counts = organization.objects_of(division.id).into_iter();
        counts.map(|(name, count)| (name.to_owned(), json!(count))).collect::<Map<_, _>>()
    };
    Properties::of(organization, division)
        .put("description", json!(""))
        .extra()
        .put("homeDivision", json!(division.id == home(organization.id)))
        .put_some("objectCounts", counted.then(|| Value::Object(counts())))
        .end()
}
