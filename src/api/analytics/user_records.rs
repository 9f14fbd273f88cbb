//! The presences and routing statuses of users as records: filters select them, and aggregations count them.
//!
//! A user is found if one of its records matches each filter. An aggregation counts the records of all users found that
//! match every filter.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::facets::{check_number, frequent, within};
use crate::time::Nanos;
use crate::wire::error::ApiError;

/// The most levels of nested clauses. The vendor has two.
const DEEPEST: usize = 4;
const MILLI: Nanos = 1_000_000;

/// A time with one presence or one routing status.
pub(super) struct UserRecord {
    /// Its value of each dimension of its kind.
    pub(super) dimensions: Vec<(&'static str, String)>,
    /// How long it lasted, or has lasted.
    pub(super) length: Nanos,
}

/// A kind of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordKind {
    Presence,
    RoutingStatus,
}

/// The elements of a list of the body.
fn list<'b>(body: &'b Map<String, Value>, key: &str) -> &'b [Value] {
    body.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl RecordKind {
    pub(super) const ALL: [Self; 2] = [Self::Presence, Self::RoutingStatus];

    /// The property of a query with the filters, and the one with the aggregations.
    const fn properties(self) -> (&'static str, &'static str) {
        match self {
            Self::Presence => ("presenceFilters", "presenceAggregations"),
            Self::RoutingStatus => ("routingStatusFilters", "routingStatusAggregations"),
        }
    }

    const fn dimensions(self) -> &'static [&'static str] {
        match self {
            Self::Presence => &["systemPresence", "organizationPresenceId"],
            Self::RoutingStatus => &["routingStatus"],
        }
    }

    /// The metrics whose value is the length of a record (assumed).
    const fn metrics(self) -> &'static [&'static str] {
        match self {
            Self::Presence => &["tSystemPresence", "tOrganizationPresence"],
            Self::RoutingStatus => &["tAgentRoutingStatus"],
        }
    }

    /// Whether a query filters or counts records of this kind.
    pub(super) fn is_wanted(self, body: &Map<String, Value>) -> bool {
        let (filters, aggregations) = self.properties();
        !list(body, filters).is_empty() || !list(body, aggregations).is_empty()
    }

    /// Whether a user with these records is found.
    pub(super) fn finds(self, body: &Map<String, Value>, records: &[UserRecord]) -> bool {
        let has = |filter| records.iter().any(|record| matches(filter, record, DEEPEST));
        list(body, self.properties().0).iter().all(has)
    }

    /// The results of the aggregations of a query over the records of the users found.
    pub(super) fn aggregate(
        self,
        body: &Map<String, Value>,
        records: &[UserRecord],
    ) -> Result<Vec<Value>, ApiError> {
        let (filters, aggregations) = self.properties();
        let (filters, wanted) = (list(body, filters), list(body, aggregations));
        check_number(aggregations, wanted)?;
        let is_counted = |record: &&UserRecord| filters.iter().all(|filter| matches(filter, record, DEEPEST));
        let counted: Vec<_> = records.iter().filter(is_counted).collect();
        wanted.iter().map(|wanted| self.result(wanted, &counted)).collect()
    }

    fn result(self, wanted: &Value, records: &[&UserRecord]) -> Result<Value, ApiError> {
        let name = |key: &str| wanted[key].as_str();
        match (name("dimension"), name("metric"), name("type")) {
            (Some(dimension), _, None | Some("termFrequency")) if self.dimensions().contains(&dimension) => {
                let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
                let values = records.iter().filter_map(|record| record.value(dimension));
                values.for_each(|value| *counts.entry(value).or_default() += 1);
                Ok(frequent(wanted, dimension, (counts, records.len()), |value| json!(value)))
            }
            (_, Some(metric), None | Some("numericRange")) if self.metrics().contains(&metric) => within(
                wanted,
                metric,
                &records.iter().map(|record| record.milliseconds()).collect::<Vec<_>>(),
            ),
            _ => Err(ApiError::constraint(
                self.properties().1,
                format!(
                    "An aggregation has a dimension ({}) for termFrequency, or a metric ({}) for numericRange.",
                    self.dimensions().join(", "),
                    self.metrics().join(", ")
                ),
            )),
        }
    }
}

impl UserRecord {
    fn value(&self, dimension: &str) -> Option<&str> {
        self.dimensions.iter().find(|(name, _)| *name == dimension).map(|(_, value)| &**value)
    }

    #[expect(clippy::cast_precision_loss, reason = "ranges are given as floating point numbers")]
    fn milliseconds(&self) -> f64 {
        (self.length / MILLI) as f64
    }
}

/// Whether a record matches a filter or a clause.
fn matches(filter: &Value, record: &UserRecord, depth: usize) -> bool {
    let part = |key: &str| filter[key].as_array().map_or(&[][..], Vec::as_slice).iter();
    let predicates = part("predicates").map(|predicate| is_met(predicate, record));
    let clauses = part("clauses").filter(|_| depth > 0).map(|clause| matches(clause, record, depth - 1));
    let mut met = predicates.chain(clauses).peekable();
    match (met.peek(), filter["type"].as_str()) {
        (Some(_), Some("or")) => met.any(|met| met),
        _ => met.all(|met| met),
    }
}

fn is_met(predicate: &Value, record: &UserRecord) -> bool {
    let value = predicate["dimension"].as_str().and_then(|dimension| record.value(dimension));
    match predicate["operator"].as_str() {
        Some("exists") => value.is_some(),
        Some("notExists") => value.is_none(),
        _ => match predicate["value"].as_str() {
            Some(wanted) => value.is_some_and(|value| value.eq_ignore_ascii_case(wanted)),
            None => value.is_none(),
        },
    }
}
