//! Filters of conversations by what was said of their quality: evaluations, surveys and resolutions.
//!
//! A conversation matches a filter if one of its entities does. A conversation without such entities matches
//! only `notExists`. There are no resolutions.

use std::collections::HashMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::filter::{Condition, Filter, Range, read_filters};
use crate::api::entity::text;
use crate::api::quality::{EVALUATION_FORMS, EVALUATIONS, SURVEY_FORMS, SURVEYS};
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::conversation::Glance;

type Body = Map<String, Value>;

/// A kind of entity about conversations.
struct Kind {
    /// The property of a query with the filters.
    filters: &'static str,
    collection: &'static str,
    /// The property that names the form of an entity, and the collection of forms.
    form: (&'static str, &'static str),
    /// Where an entity has each dimension and metric.
    fields: &'static [(&'static str, &'static str)],
    /// Where its form has them.
    of_form: &'static [(&'static str, &'static str)],
}

const KINDS: [Kind; 3] = [
    Kind {
        filters: "evaluationFilters",
        collection: EVALUATIONS,
        form: ("evaluationForm", EVALUATION_FORMS),
        fields: &[
            ("assigneeId", "/assignee/id"),
            ("calibrationId", "/calibration/id"),
            ("evaluationId", "/id"),
            ("evaluationStatus", "/status"),
            ("evaluatorId", "/evaluator/id"),
            ("eventTime", "/dateModified"),
            ("formId", "/evaluationForm/id"),
            ("queueId", "/queue/id"),
            ("rescored", "/rescore"),
            ("userId", "/agent/id"),
            ("oTotalScore", "/answers/totalScore"),
            ("oTotalCriticalScore", "/answers/totalCriticalScore"),
        ],
        of_form: &[("contextId", "/contextId"), ("formName", "/name")],
    },
    Kind {
        filters: "surveyFilters",
        collection: SURVEYS,
        form: ("surveyForm", SURVEY_FORMS),
        fields: &[
            ("eventTime", "/dateModified"),
            ("queueId", "/queue/id"),
            ("surveyCompletedDate", "/completedDate"),
            ("surveyFormContextId", "/surveyFormContextId"),
            ("surveyFormId", "/surveyForm/id"),
            ("surveyId", "/id"),
            ("surveyPromoterScore", "/answers/promoterScore"),
            ("surveyStatus", "/status"),
            ("surveyType", "/surveyType"),
            ("userId", "/agent/id"),
            ("oSurveyTotalScore", "/answers/totalScore"),
        ],
        of_form: &[("surveyFormContextId", "/contextId")],
    },
    Kind { filters: "resolutionFilters", collection: "", form: ("", ""), fields: &[], of_form: &[] },
];

/// A predicate on a dimension or a metric of an entity.
struct Predicate {
    name: String,
    asks: Asks,
}

enum Asks {
    Any,
    None,
    Text(String),
    Within(Range),
}

impl Predicate {
    /// Reads a predicate; `None` if it asks nothing.
    fn read(value: &Value) -> Result<Option<Self>, ApiError> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let Some(name) = text("metric").or(text("dimension")).or(text("property")) else { return Ok(None) };
        let asks = match (text("metric"), text("operator")) {
            (_, Some("notExists")) => Asks::None,
            (Some(_), _) => Asks::Within(Range::read(value)),
            (None, _) => match Condition::read(value)? {
                Condition::Exists => Asks::Any,
                Condition::Missing => Asks::None,
                Condition::Is(wanted) => Asks::Text(wanted.to_owned()),
            },
        };
        Ok(Some(Self { name: name.to_owned(), asks }))
    }

    fn is_met(&self, kind: &Kind, entity: Entity<'_>) -> bool {
        let found = kind.value(&self.name, entity).filter(|value| !value.is_null());
        match &self.asks {
            Asks::Any => found.is_some(),
            Asks::None => found.is_none(),
            Asks::Text(wanted) => found.is_some_and(|value| {
                let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                shown.eq_ignore_ascii_case(wanted)
            }),
            Asks::Within(range) => found.and_then(Value::as_f64).is_some_and(|value| range.has(value)),
        }
    }
}

/// An entity and its form; `None` stands for a conversation without entities.
type Entity<'o> = Option<(&'o Body, Option<&'o Body>)>;

impl Kind {
    fn value<'o>(&self, name: &str, entity: Entity<'o>) -> Option<&'o Value> {
        let (own, form) = entity?;
        let within = |body: &'o Body, fields: &[(&str, &str)]| {
            let (_, path) = fields.iter().find(|(field, _)| *field == name)?;
            let (first, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
            let value = body.get(first)?;
            if rest.is_empty() { Some(value) } else { value.get(rest) }
        };
        within(own, self.fields).or_else(|| within(form?, self.of_form))
    }

    /// The entities by their conversation.
    fn entities<'o>(&self, organization: &'o Organization) -> HashMap<Uuid, Vec<Entity<'o>>> {
        let mut all: HashMap<_, Vec<_>> = HashMap::new();
        let id_in = |body: &'o Body, key: &str| body.get(key)?.get("id")?.as_str();
        for one in organization.collections.list(self.collection) {
            let form = id_in(one, self.form.0).and_then(|id| organization.collections.get(self.form.1, id));
            let conversation = id_in(one, "conversation").unwrap_or_else(|| text(one, "conversationId"));
            let Ok(conversation) = Uuid::try_parse(conversation) else { continue };
            all.entry(conversation).or_default().push(Some((&**one, form.map(|form| &**form))));
        }
        all
    }
}

/// The filters of one kind, with the entities that they look at.
struct OfKind<'o> {
    kind: &'static Kind,
    filters: Vec<Filter<Predicate>>,
    entities: HashMap<Uuid, Vec<Entity<'o>>>,
}

/// The filters of a query, by kind.
pub(super) struct QualityFilters<'o>(Vec<OfKind<'o>>);

impl<'o> QualityFilters<'o> {
    /// Reads the filters of a query.
    pub(super) fn read(body: &Body, organization: &'o Organization) -> Result<Self, ApiError> {
        let mut all = Vec::new();
        for kind in &KINDS {
            let filters = read_filters(body, &[kind.filters], &Predicate::read)?;
            if !filters.is_empty() {
                all.push(OfKind { kind, filters, entities: kind.entities(organization) });
            }
        }
        Ok(Self(all))
    }

    /// Whether a conversation matches.
    pub(super) fn match_conversation(&self, glance: &Glance<'_>) -> bool {
        self.0.iter().all(|of_kind| {
            let own = of_kind.entities.get(&glance.id()).map_or(&[None][..], Vec::as_slice);
            let is_met = |filter: &Filter<Predicate>, one: &Entity<'_>| {
                filter.holds(&|predicate| predicate.is_met(of_kind.kind, *one))
            };
            of_kind.filters.iter().all(|filter| own.iter().any(|one| is_met(filter, one)))
        })
    }
}
