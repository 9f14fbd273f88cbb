//! The presences and routing statuses of users as records: filters select them, and aggregations count them.
//!
//! A user is found if one of its records matches each filter. An aggregation counts the records of all users found that
//! match every filter.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::facets::{check_number, frequent, within};
use super::filter::{Condition, Filter, Range, read_filters};
use crate::time::Nanos;
use crate::wire::error::ApiError;

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

    /// Whether a query counts records of this kind.
    pub(super) fn is_counted(self, body: &Map<String, Value>) -> bool {
        !list(body, self.properties().1).is_empty()
    }

    /// The results of the aggregations of a query over the records of the users found that match its filters.
    pub(super) fn aggregate(
        self,
        body: &Map<String, Value>,
        filters: &RecordFilters,
        records: &[UserRecord],
    ) -> Result<Vec<Value>, ApiError> {
        let (_, aggregations) = self.properties();
        let wanted = list(body, aggregations);
        check_number(aggregations, wanted)?;
        let filters = filters.of(self);
        let is_counted = |record: &&UserRecord| filters.iter().all(|filter| record.matches(filter));
        let counted: Vec<_> = records.iter().filter(is_counted).collect();
        wanted.iter().map(|wanted| self.result(wanted, &counted)).collect()
    }

    /// Reads a predicate; `None` if records of this kind do not have its dimension or metric.
    fn predicate(self, value: &Value) -> Result<Option<RecordPredicate>, ApiError> {
        let named = |key: &str, known: &'static [&'static str]| {
            let name = value.get(key).and_then(Value::as_str)?;
            known.iter().find(|known| **known == name)
        };
        if named("metric", self.metrics()).is_some() {
            return Ok(Some(RecordPredicate::Lasted(Range::read(value))));
        }
        let Some(dimension) = named("dimension", self.dimensions()) else { return Ok(None) };
        Ok(Some(match Condition::read(value)? {
            Condition::Exists => RecordPredicate::Has(dimension),
            Condition::Missing => RecordPredicate::HasNot(dimension),
            Condition::Is(wanted) => RecordPredicate::Is(dimension, wanted.to_owned()),
        }))
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

/// A predicate on a record.
enum RecordPredicate {
    Has(&'static str),
    HasNot(&'static str),
    Is(&'static str, String),
    Lasted(Range),
}

/// The filters of a query on records, by kind.
pub(super) struct RecordFilters([Vec<Filter<RecordPredicate>>; 2]);

impl RecordFilters {
    /// Reads the filters of a query.
    pub(super) fn read(body: &Map<String, Value>) -> Result<Self, ApiError> {
        let [presences, routings] = RecordKind::ALL
            .map(|kind| read_filters(body, &[kind.properties().0], &|value| kind.predicate(value)));
        Ok(Self([presences?, routings?]))
    }

    fn of(&self, kind: RecordKind) -> &[Filter<RecordPredicate>] {
        &self.0[kind as usize]
    }

    /// Whether a user is found whose records `records` gives: for each filter there is a record that matches.
    pub(super) fn find(&self, records: impl Fn(RecordKind) -> Vec<UserRecord>) -> bool {
        RecordKind::ALL.into_iter().filter(|kind| !self.of(*kind).is_empty()).all(|kind| {
            let records = records(kind);
            self.of(kind).iter().all(|filter| records.iter().any(|record| record.matches(filter)))
        })
    }
}

impl UserRecord {
    fn matches(&self, filter: &Filter<RecordPredicate>) -> bool {
        filter.holds(&|predicate| match predicate {
            RecordPredicate::Has(dimension) => self.value(dimension).is_some(),
            RecordPredicate::HasNot(dimension) => self.value(dimension).is_none(),
            RecordPredicate::Is(dimension, wanted) => {
                self.value(dimension).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
            }
            RecordPredicate::Lasted(range) => range.has(self.milliseconds()),
        })
    }

    fn value(&self, dimension: &str) -> Option<&str> {
        self.dimensions.iter().find(|(name, _)| *name == dimension).map(|(_, value)| &**value)
    }

    #[expect(clippy::cast_precision_loss, reason = "ranges are given as floating point numbers")]
    fn milliseconds(&self) -> f64 {
        (self.length / MILLI) as f64
    }
}
