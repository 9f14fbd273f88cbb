//! The aggregations of a details query: how many of the conversations found have each value of a dimension, or a sum of
//! a metric within a range. They are counted over all that was found, not over a page of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::filter::sum_of;
use super::value_to_json;
use crate::api::call::Call;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::conversation::{Dimension, DimensionValue, Facet, Key, Metric};

/// The most aggregations of a query (assumed).
const MAX: usize = 10;
/// The most values, or ranges, of an aggregation (assumed).
const MAX_SIZE: usize = 100;
/// The values of an aggregation that names no `size` (assumed).
const SIZE: u64 = 10;

/// The aggregations that a query asks for, over the conversations that it found. Empty where it asks for none.
pub(super) fn aggregate(
    call: &Call<'_>,
    organization: &Organization,
    body: &Map<String, Value>,
    found: &[Key],
) -> Result<Vec<Value>, ApiError> {
    let wanted = body.get("aggregations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    check_number("aggregations", wanted)?;
    let each = wanted.iter().map(|wanted| {
        let name = |key: &str| wanted[key].as_str();
        match (name("dimension"), name("metric"), name("type")) {
            (Some(dimension), _, None | Some("termFrequency")) => {
                Ok(terms(call, organization, (wanted, dimension), found))
            }
            (_, Some(metric), None | Some("numericRange")) => ranges(call, organization, (wanted, metric), found),
            _ => Err(ApiError::constraint(
                "aggregations",
                "An aggregation of type termFrequency has a dimension, one of type numericRange has a metric.",
            )),
        }
    });
    each.collect()
}

/// Refuses more aggregations than a query may have.
pub(super) fn check_number(field: &'static str, wanted: &[Value]) -> Result<(), ApiError> {
    if wanted.len() > MAX {
        return Err(ApiError::constraint(field, format!("A query has at most {MAX} aggregations.")));
    }
    Ok(())
}

/// Counts the conversations of each value of a dimension, the most frequent first. A conversation with several
/// values counts for each.
fn terms(
    call: &Call<'_>,
    organization: &Organization,
    (wanted, name): (&Value, &str),
    found: &[Key],
) -> Value {
    let mut counts: BTreeMap<DimensionValue, usize> = BTreeMap::new();
    let mut with_value = 0;
    for key in found {
        let values = values_of(call, organization, *key, Dimension::from_name(name));
        with_value += usize::from(!values.is_empty());
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
    }
    frequent(wanted, name, (counts, with_value), |value| value_to_json(organization, value))
}

/// The answer to an aggregation of a dimension: the values by their counts, the most frequent first, and the number of
/// those that have a value.
pub(super) fn frequent<V>(
    wanted: &Value,
    dimension: &str,
    (counts, with_value): (BTreeMap<V, usize>, usize),
    to_json: impl Fn(&V) -> Value,
) -> Value {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let size = usize::try_from(wanted["size"].as_u64().unwrap_or(SIZE)).unwrap_or(MAX_SIZE).min(MAX_SIZE);
    let results = counts.iter().take(size);
    let results: Vec<_> =
        results.map(|(value, count)| json!({ "count": count, "value": to_json(value) })).collect();
    json!({ "type": "termFrequency", "dimension": dimension, "count": with_value, "results": results })
}

fn values_of(
    call: &Call<'_>,
    organization: &Organization,
    key: Key,
    dimension: Option<Dimension>,
) -> BTreeSet<DimensionValue> {
    let Some((glance, dimension)) = organization.conversations().glance(key).zip(dimension) else {
        return BTreeSet::new();
    };
    let parties = glance.parties(call.now);
    Facet::all(organization, &glance, &parties).filter_map(|facet| facet.value(dimension)).collect()
}

/// Counts the conversations whose sum of a metric is within each range.
fn ranges(
    call: &Call<'_>,
    organization: &Organization,
    (wanted, name): (&Value, &str),
    found: &[Key],
) -> Result<Value, ApiError> {
    let metric = Metric::from_name(name);
    let sums: Vec<f64> = found.iter().filter_map(|key| sum_over(call, organization, *key, metric?)).collect();
    within(wanted, name, &sums)
}

/// The answer to an aggregation of a metric: how many of `values` are within each range.
pub(super) fn within(wanted: &Value, metric: &str, values: &[f64]) -> Result<Value, ApiError> {
    let ranges = wanted["ranges"].as_array().map_or(&[][..], Vec::as_slice);
    if ranges.len() > MAX_SIZE {
        return Err(ApiError::constraint("ranges", format!("An aggregation has at most {MAX_SIZE} ranges.")));
    }
    let results = ranges.iter().map(|range| {
        let from = range["gte"].as_f64().unwrap_or(f64::NEG_INFINITY);
        let below = range["lt"].as_f64().unwrap_or(f64::INFINITY);
        let mut result = range.clone();
        result["count"] = json!(values.iter().filter(|value| (from..below).contains(*value)).count());
        result
    });
    let results: Vec<_> = results.collect();
    Ok(json!({ "type": "numericRange", "metric": metric, "count": values.len(), "results": results }))
}

/// The sum of a metric over the sessions of a conversation. `None` where none of them has a value.
fn sum_over(call: &Call<'_>, organization: &Organization, key: Key, metric: Metric) -> Option<f64> {
    let glance = organization.conversations().glance(key)?;
    let parties = glance.parties(call.now);
    Facet::all(organization, &glance, &parties)
        .filter_map(|facet| sum_of(&facet, metric))
        .reduce(|sum, more| sum + more)
}
