//! The vendor's filters: `and` and `or` of predicates and clauses. A filter is read once and matched with each session.
//!
//! A conversation matches a filter if one of its sessions does. `notExists` asks that no session has the dimension. A
//! predicate of a dimension or metric that gcmock does not have is left out.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::world::conversation::{Dimension, DimensionValue, Facet, Glance, Metric};
use crate::world::id::UserIndex;
use crate::world::people::People;

/// The most levels of nested clauses. The vendor has one.
const DEEPEST: usize = 4;
/// Nanoseconds of a millisecond, in which ranges of metrics are given.
const MILLI: f64 = 1e6;

/// A condition on a session.
pub(super) enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Has(Dimension),
    HasNot(Dimension),
    Is(Dimension, Wanted),
    Within(Metric, Range),
}

/// Values of a metric, in milliseconds for times: from `from` on, and below `below`.
pub(super) struct Range {
    from: f64,
    below: f64,
}

/// The value of a predicate.
pub(super) struct Wanted {
    text: String,
    id: Option<Uuid>,
    user: Option<UserIndex>,
}

impl Wanted {
    fn is(&self, value: &DimensionValue) -> bool {
        match value {
            DimensionValue::Id(id) => self.id == Some(*id),
            DimensionValue::User(user) => self.user == Some(*user),
            DimensionValue::Word(word) => word.eq_ignore_ascii_case(&self.text),
            DimensionValue::Text(text) => *text == self.text,
        }
    }
}

/// Filters that a conversation has to match, each by one of its sessions.
pub(super) struct Filters(Vec<Filter>);

impl Filters {
    /// Reads the filters under `keys`.
    pub(super) fn read(body: &Map<String, Value>, keys: &[&str], people: &People) -> Result<Self, ApiError> {
        let filters = keys.iter().filter_map(|key| body.get(*key)).filter(|value| !value.is_null());
        let mut all = Vec::new();
        for filter in filters {
            match filter {
                Value::Array(several) => {
                    for one in several {
                        all.extend(group(one, people, DEEPEST)?);
                    }
                }
                one => all.extend(group(one, people, DEEPEST)?),
            }
        }
        Ok(Self(all))
    }

    /// Whether a conversation matches.
    pub(super) fn match_conversation(&self, glance: &Glance<'_>, now: Nanos) -> bool {
        // Without a filter the participants of a hundred thousand conversations need not be looked at.
        if self.0.is_empty() {
            return true;
        }
        let parties = glance.parties(now);
        self.0.iter().all(|filter| Facet::all(glance, &parties).any(|facet| filter.matches(&facet)))
    }

    /// Whether a session matches all filters.
    pub(super) fn match_session(&self, facet: &Facet<'_>) -> bool {
        self.0.iter().all(|filter| filter.matches(facet))
    }
}

impl Filter {
    fn matches(&self, facet: &Facet<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(facet)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(facet)),
            Self::Has(dimension) => facet.value(*dimension).is_some(),
            Self::HasNot(dimension) => {
                Facet::all(facet.glance, facet.session.parties).all(|one| one.value(*dimension).is_none())
            }
            Self::Is(dimension, wanted) => facet.value(*dimension).is_some_and(|value| wanted.is(&value)),
            Self::Within(metric, range) => range.has(facet, *metric),
        }
    }
}

impl Range {
    fn has(&self, facet: &Facet<'_>, metric: Metric) -> bool {
        sum_of(facet, metric).is_some_and(|sum| (self.from..self.below).contains(&sum))
    }
}

/// The sum of a metric over a session, in milliseconds for times. `None` where the session has no value.
#[expect(clippy::cast_precision_loss, reason = "ranges are given as floating point numbers")]
pub(super) fn sum_of(facet: &Facet<'_>, metric: Metric) -> Option<f64> {
    let unit = if metric.is_time() { MILLI } else { 1.0 };
    let mut sum = None;
    facet.session.emit(&mut |emission| {
        if emission.metric == metric {
            *sum.get_or_insert(0.0) += emission.value as f64 / unit;
        }
    });
    sum
}

/// Reads a filter or clause; `None` if gcmock has none of its dimensions.
fn group(value: &Value, people: &People, depth: usize) -> Result<Option<Filter>, ApiError> {
    let list = |key: &str| value.get(key).and_then(Value::as_array).into_iter().flatten();
    let mut parts = Vec::new();
    for predicate_value in list("predicates") {
        parts.extend(predicate(predicate_value, people)?);
    }
    for clause in list("clauses").filter(|_| depth > 0) {
        parts.extend(group(clause, people, depth - 1)?);
    }
    let all = match value.get("type").and_then(Value::as_str) {
        Some("and") => true,
        Some("or") => false,
        other => return Err(ApiError::invalid_value("type", other.unwrap_or_default(), "and, or")),
    };
    Ok((!parts.is_empty()).then_some(if all { Filter::All(parts) } else { Filter::Any(parts) }))
}

fn predicate(value: &Value, people: &People) -> Result<Option<Filter>, ApiError> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if let Some(metric) = text("metric").and_then(Metric::from_name) {
        return Ok(Some(Filter::Within(metric, read_range(value))));
    }
    let Some(dimension) = text("dimension").and_then(Dimension::from_name) else { return Ok(None) };
    match text("operator") {
        Some("exists") => Ok(Some(Filter::Has(dimension))),
        Some("notExists") => Ok(Some(Filter::HasNot(dimension))),
        None | Some("matches") => match value.get("value") {
            Some(Value::String(wanted)) => Ok(Some(Filter::Is(dimension, Wanted::of(wanted, people)))),
            None | Some(Value::Null) => Ok(Some(Filter::HasNot(dimension))),
            Some(_) => Err(ApiError::bad_request("The property value of a predicate must be a string.")),
        },
        Some(other) => Err(ApiError::invalid_value("operator", other, "matches, exists, notExists")),
    }
}

fn read_range(value: &Value) -> Range {
    let bound = |key: &str| value.get("range")?.get(key)?.as_f64();
    let above = bound("gt").map(f64::next_up);
    let to = bound("lte").map(f64::next_up);
    Range {
        from: bound("gte").or(above).unwrap_or(f64::NEG_INFINITY),
        below: bound("lt").or(to).unwrap_or(f64::INFINITY),
    }
}

impl Wanted {
    fn of(text: &str, people: &People) -> Self {
        Self { text: text.to_owned(), id: Uuid::try_parse(text).ok(), user: people.find(text) }
    }
}
