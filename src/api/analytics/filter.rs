//! The vendor's filters: `and` and `or` of predicates and clauses. A filter is read once and matched with each
//! conversation.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::wire::error::ApiError;
use crate::world::conversation::{Direction, Glance, Messenger};
use crate::world::id::{Id, Queue, UserIndex};
use crate::world::people::People;

/// The most levels of nested clauses. The vendor has one.
const DEEPEST: usize = 4;

/// A condition on a conversation.
pub(super) enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Has(Dimension),
    HasNot(Dimension),
    Is(Criterion),
}

/// The dimension of a predicate.
#[derive(Clone, Copy)]
pub(super) enum Dimension {
    Queue,
    User,
    /// A dimension that every conversation has.
    Common,
}

/// The value of a predicate, in the types of the store.
pub(super) enum Criterion {
    Conversation(Uuid),
    Messenger(Messenger),
    Direction(Direction),
    Queue(Id<Queue>),
    User(UserIndex),
    From(String),
    To(String),
    /// The address of the customer, inbound or outbound.
    Remote(String),
    /// Matches all conversations: gcmock has one media type.
    Everything,
    Nothing,
}

impl Filter {
    /// Reads the filters under `keys`; a conversation must match all of them.
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
        Ok(Self::All(all))
    }

    /// Whether a conversation matches.
    pub(super) fn matches(&self, glance: &Glance<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(glance)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(glance)),
            Self::Has(dimension) => dimension.is_in(glance),
            Self::HasNot(dimension) => !dimension.is_in(glance),
            Self::Is(value) => value.matches(glance),
        }
    }
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
    let Some(name) = text("dimension") else { return Ok(None) };
    let dimension = match name {
        "queueId" => Dimension::Queue,
        "userId" => Dimension::User,
        "conversationId"
        | "mediaType"
        | "messageType"
        | "direction"
        | "originatingDirection"
        | "addressFrom"
        | "addressTo"
        | "remote" => Dimension::Common,
        _ => return Ok(None),
    };
    match text("operator") {
        Some("exists") => Ok(Some(Filter::Has(dimension))),
        Some("notExists") => Ok(Some(Filter::HasNot(dimension))),
        None | Some("matches") => match value.get("value") {
            Some(Value::String(wanted)) => Ok(Some(Filter::Is(Criterion::of(name, wanted, people)))),
            None | Some(Value::Null) => Ok(Some(Filter::HasNot(dimension))),
            Some(_) => Err(ApiError::bad_request("The property value of a predicate must be a string.")),
        },
        Some(other) => Err(ApiError::invalid_value("operator", other, "matches, exists, notExists")),
    }
}

impl Dimension {
    fn is_in(self, glance: &Glance<'_>) -> bool {
        match self {
            Self::Queue => glance.queue().is_some(),
            Self::User => glance.user().is_some(),
            Self::Common => true,
        }
    }
}

impl Criterion {
    fn of(dimension: &str, wanted: &str, people: &People) -> Self {
        let id = Uuid::try_parse(wanted).ok();
        let value = match dimension {
            "conversationId" => id.map(Self::Conversation),
            "queueId" => id.map(Id::new).map(Self::Queue),
            "userId" => people.find(wanted).map(Self::User),
            "messageType" => Messenger::from_name(wanted).map(Self::Messenger),
            "direction" | "originatingDirection" => Direction::from_name(wanted).map(Self::Direction),
            "mediaType" => wanted.eq_ignore_ascii_case("message").then_some(Self::Everything),
            "addressFrom" => Some(Self::From(wanted.to_owned())),
            "addressTo" => Some(Self::To(wanted.to_owned())),
            _ => Some(Self::Remote(wanted.to_owned())),
        };
        value.unwrap_or(Self::Nothing)
    }

    fn matches(&self, glance: &Glance<'_>) -> bool {
        let outbound = glance.direction() == Direction::Outbound;
        match self {
            Self::Conversation(id) => glance.id() == *id,
            Self::Messenger(messenger) => glance.messenger() == *messenger,
            Self::Direction(direction) => glance.direction() == *direction,
            Self::Queue(id) => glance.queue() == Some(*id),
            Self::User(user) => glance.user() == Some(*user),
            Self::From(address) if outbound => glance.is_from(address),
            Self::To(address) if !outbound => glance.is_from(address),
            Self::From(address) | Self::To(address) | Self::Remote(address) => glance.is_with(address),
            Self::Everything => true,
            Self::Nothing => false,
        }
    }
}
