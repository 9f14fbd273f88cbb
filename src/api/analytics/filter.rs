//! The vendor's filters: `and` and `or` of predicates and clauses. A filter is read once and matched with each session.
//!
//! A conversation matches a filter if one of its sessions does. `notExists` asks that no session has the dimension. A
//! dimension or metric that gcmock does not have, and any property, counts as missing in every session. `quality` has the
//! filters by evaluations and the like.

use serde_json::{Map, Value};
use smallvec::SmallVec;
use uuid::Uuid;

use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::conversation::{Dimension, DimensionValue, Facet, Glance, Metric, milliseconds};
use crate::world::id::UserIndex;
use crate::world::people::People;

/// The most levels of nested clauses. The vendor has one.
const DEEPEST: usize = 4;

/// Predicates `P` together.
pub(super) enum Filter<P> {
    All(Vec<Self>),
    Any(Vec<Self>),
    One(P),
}

/// A predicate on a session.
pub(super) enum Predicate {
    Has(Dimension),
    HasNot(Dimension),
    Is(Dimension, Wanted),
    /// Whether one of the values is in the range.
    Within(Measure, Range),
    Without(Measure),
    /// Whether a segment is of that type.
    Segment(String),
    /// Whether a segment has ended.
    SegmentEnded(bool),
    /// Whether the conversation has ended.
    Ended(bool),
    /// A dimension or a metric that no session has: the predicate is met by all sessions, or by none.
    Absent(bool),
}

/// What a range is compared with.
#[derive(Clone, Copy)]
pub(super) enum Measure {
    /// The sum of a metric over a session.
    Sum(Metric),
    /// How long the conversation lasted, once it has ended.
    Conversation,
    /// How long each segment lasted, once it has ended.
    Segment,
}

impl Measure {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "tConversationDuration" => Some(Self::Conversation),
            "tSegmentDuration" => Some(Self::Segment),
            name => Metric::from_name(name).map(Self::Sum),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "ranges are given as floating point numbers")]
    fn values(self, facet: &Facet<'_>) -> SmallVec<[f64; 4]> {
        match self {
            Self::Sum(metric) => sum_of(facet, metric).into_iter().collect(),
            Self::Conversation => {
                let ended = facet.glance.ended();
                ended.map(|at| milliseconds(facet.glance.opened(), at) as f64).into_iter().collect()
            }
            Self::Segment => {
                let segments = facet.session.communication.segments.iter();
                segments.filter_map(|segment| Some(segment.milliseconds()? as f64)).collect()
            }
        }
    }
}

/// What a predicate asks of the value of its dimension.
pub(super) enum Condition<'v> {
    Exists,
    Missing,
    Is(&'v str),
}

/// Values of a metric, in milliseconds for times: from `from` on, and below `below`.
#[derive(Clone, Copy)]
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
pub(super) struct Filters<'o> {
    organization: &'o Organization,
    all: Vec<Filter<Predicate>>,
}

impl<'o> Filters<'o> {
    /// Reads the filters under `keys`.
    pub(super) fn read(
        body: &Map<String, Value>,
        keys: &[&str],
        organization: &'o Organization,
    ) -> Result<Self, ApiError> {
        let all = read_filters(body, keys, &|value| Predicate::read(value, organization.people()))?;
        Ok(Self { organization, all })
    }

    /// Whether a conversation matches.
    pub(super) fn match_conversation(&self, glance: &Glance<'_>, now: Nanos) -> bool {
        // Without a filter the participants of a hundred thousand conversations need not be looked at.
        if self.all.is_empty() {
            return true;
        }
        let parties = glance.parties(now);
        let sessions = || Facet::all(self.organization, glance, &parties);
        self.all.iter().all(|filter| sessions().any(|facet| filter.matches(&facet)))
    }

    /// Whether a session matches all filters.
    pub(super) fn match_session(&self, facet: &Facet<'_>) -> bool {
        self.all.iter().all(|filter| filter.matches(facet))
    }
}

impl<P> Filter<P> {
    /// Whether it matches, where `is_met` says so of a predicate.
    pub(super) fn holds(&self, is_met: &impl Fn(&P) -> bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(is_met)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(is_met)),
            Self::One(predicate) => is_met(predicate),
        }
    }
}

impl Filter<Predicate> {
    fn matches(&self, facet: &Facet<'_>) -> bool {
        self.holds(&|predicate| predicate.is_met(facet))
    }
}

impl Predicate {
    fn is_met(&self, facet: &Facet<'_>) -> bool {
        let segments = || facet.session.communication.segments.iter();
        match self {
            Self::Has(dimension) => facet.value(*dimension).is_some(),
            Self::HasNot(dimension) => facet.beside().all(|one| one.value(*dimension).is_none()),
            Self::Is(dimension, wanted) => facet.value(*dimension).is_some_and(|value| wanted.is(&value)),
            Self::Within(measure, range) => measure.values(facet).into_iter().any(|value| range.has(value)),
            Self::Without(measure) => facet.beside().all(|one| measure.values(&one).is_empty()),
            Self::Segment(kind) => segments().any(|one| one.kind.name().eq_ignore_ascii_case(kind)),
            Self::SegmentEnded(wanted) => segments().any(|one| (one.to > 0) == *wanted),
            Self::Ended(wanted) => facet.glance.ended().is_some() == *wanted,
            Self::Absent(is_met) => *is_met,
        }
    }

    /// Reads a predicate; `None` if it asks nothing.
    fn read(value: &Value, people: &People) -> Result<Option<Self>, ApiError> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        if let Some(metric) = text("metric") {
            return Ok(Some(Self::of_metric(metric, value)));
        }
        let condition = Condition::read(value)?;
        let missing = matches!(condition, Condition::Missing);
        Ok(Some(match text("dimension").unwrap_or_default() {
            "" if text("property").is_some() => Self::Absent(missing),
            "" => return Ok(None),
            "segmentType" => match condition {
                Condition::Is(kind) => Self::Segment(kind.to_owned()),
                _ => Self::Absent(!missing),
            },
            "segmentEnd" => match condition {
                Condition::Is(_) => Self::Absent(false),
                _ => Self::SegmentEnded(!missing),
            },
            "conversationStart" => Self::Absent(matches!(condition, Condition::Exists)),
            "conversationEnd" => match condition {
                Condition::Exists => Self::Ended(true),
                Condition::Missing => Self::Ended(false),
                Condition::Is(_) => Self::Absent(false),
            },
            name => match (Dimension::from_name(name), condition) {
                (Some(dimension), Condition::Exists) => Self::Has(dimension),
                (Some(dimension), Condition::Missing) => Self::HasNot(dimension),
                (Some(dimension), Condition::Is(wanted)) => Self::Is(dimension, Wanted::of(wanted, people)),
                (None, _) => Self::Absent(missing),
            },
        }))
    }

    fn of_metric(metric: &str, value: &Value) -> Self {
        let missing = value.get("operator").and_then(Value::as_str) == Some("notExists");
        match Measure::from_name(metric) {
            None => Self::Absent(missing),
            Some(measure) if missing => Self::Without(measure),
            Some(measure) => Self::Within(measure, Range::read(value)),
        }
    }
}

impl Range {
    /// The range of a predicate.
    pub(super) fn read(value: &Value) -> Self {
        let bound = |key: &str| value.get("range")?.get(key)?.as_f64();
        let above = bound("gt").map(f64::next_up);
        let to = bound("lte").map(f64::next_up);
        Self {
            from: bound("gte").or(above).unwrap_or(f64::NEG_INFINITY),
            below: bound("lt").or(to).unwrap_or(f64::INFINITY),
        }
    }

    /// Whether it has that sum.
    pub(super) fn has(&self, sum: f64) -> bool {
        (self.from..self.below).contains(&sum)
    }
}

impl<'v> Condition<'v> {
    /// Reads the operator and the value of a predicate.
    pub(super) fn read(value: &'v Value) -> Result<Self, ApiError> {
        match value.get("operator").and_then(Value::as_str) {
            Some("exists") => Ok(Self::Exists),
            Some("notExists") => Ok(Self::Missing),
            None | Some("matches") => match value.get("value") {
                Some(Value::String(wanted)) => Ok(Self::Is(wanted)),
                None | Some(Value::Null) => Ok(Self::Missing),
                Some(_) => Err(ApiError::bad_request("The property value of a predicate must be a string.")),
            },
            Some(other) => Err(ApiError::invalid_value("operator", other, "matches, exists, notExists")),
        }
    }
}

/// The sum of a metric over a session, in milliseconds for times. `None` where the session has no value.
#[expect(clippy::cast_precision_loss, reason = "ranges are given as floating point numbers")]
pub(super) fn sum_of(facet: &Facet<'_>, metric: Metric) -> Option<f64> {
    let mut sum = None;
    facet.emit(&mut |emission| {
        if emission.metric == metric {
            *sum.get_or_insert(0.0) += emission.value as f64;
        }
    });
    sum
}

/// Reads the filters under `keys`, each one filter or a list of them. `read` reads a predicate; it gives `None` for one
/// that is left out.
pub(super) fn read_filters<P>(
    body: &Map<String, Value>,
    keys: &[&str],
    read: &impl Fn(&Value) -> Result<Option<P>, ApiError>,
) -> Result<Vec<Filter<P>>, ApiError> {
    let mut all = Vec::new();
    for filter in keys.iter().filter_map(|key| body.get(*key)).filter(|value| !value.is_null()) {
        let several = filter.as_array().map_or(std::slice::from_ref(filter), Vec::as_slice);
        for one in several {
            all.extend(group(one, read, DEEPEST)?);
        }
    }
    Ok(all)
}

/// Reads a filter or clause; `None` if all of its predicates are left out.
fn group<P>(
    value: &Value,
    read: &impl Fn(&Value) -> Result<Option<P>, ApiError>,
    depth: usize,
) -> Result<Option<Filter<P>>, ApiError> {
    let list = |key: &str| value.get(key).and_then(Value::as_array).into_iter().flatten();
    let mut parts = Vec::new();
    for predicate in list("predicates") {
        parts.extend(read(predicate)?.map(Filter::One));
    }
    for clause in list("clauses").filter(|_| depth > 0) {
        parts.extend(group(clause, read, depth - 1)?);
    }
    let all = match value.get("type").and_then(Value::as_str) {
        Some("and") => true,
        Some("or") => false,
        other => return Err(ApiError::invalid_value("type", other.unwrap_or_default(), "and, or")),
    };
    Ok((!parts.is_empty()).then_some(if all { Filter::All(parts) } else { Filter::Any(parts) }))
}

impl Wanted {
    fn of(text: &str, people: &People) -> Self {
        Self { text: text.to_owned(), id: Uuid::try_parse(text).ok(), user: people.find(text) }
    }
}
