//! References between entities: a property of one kind that names entities of another by their ids.
//!
//! A kind lists its references in [`Kind::REFERENCES`], a collection of JSON entities in [`COLLECTIONS`]. So a body that
//! names an entity which does not exist is refused, and an entity to which another refers is not deleted.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::architect::{EMERGENCY_GROUPS, FLOWS, IVRS, SCHEDULE_GROUPS, SCHEDULES};
use super::collection::Entity;
use super::integration::Integration;
use super::messaging::RECIPIENTS;
use super::people::directory::Team;
use super::routing::{Language, Queue, Skill, WrapUpCode};
use super::table::Kind;
use super::{Organization, Trace};

/// A collection of JSON entities that refer to others.
pub(crate) struct Referring {
    /// The path of its listing. `{name}` is any segment.
    pub(crate) path: &'static str,
    /// Its kind, in error messages.
    pub(crate) kind: &'static str,
    pub(crate) references: &'static [Reference],
}

/// The template of the collections of the routes of inbound e-mail.
pub(crate) const EMAIL_ROUTES: &str = "/api/v2/routing/email/domains/{domainName}/routes";

/// The collections of media retention policies, of one platform and of several.
pub(crate) const POLICIES: &str = "/api/v2/recording/mediaretentionpolicies";
pub(crate) const CROSS_POLICIES: &str = "/api/v2/recording/crossplatform/mediaretentionpolicies";
const USERS: &str = "/api/v2/users";
const EVALUATION_FORMS: &str = "/api/v2/quality/forms/evaluations";

/// The references of a policy below a path.
macro_rules! of_policy {
    ($path:literal) => {
        [
            Reference::new(concat!($path, "conditions.forUsers"), USERS, "user"),
            Reference::to::<Queue>(concat!($path, "conditions.forQueues")),
            Reference::to::<WrapUpCode>(concat!($path, "conditions.wrapupCodes")),
            Reference::to::<Language>(concat!($path, "conditions.languages")),
            Reference::to::<Team>(concat!($path, "conditions.teams")),
            Reference::new(concat!($path, "actions.assignEvaluations.user"), USERS, "user"),
            Reference::new(concat!($path, "actions.assignMeteredEvaluations.evaluators"), USERS, "user"),
            Reference::new(
                concat!($path, "actions.assignMeteredAssignmentByAgent.evaluators"),
                USERS,
                "user",
            ),
            Reference::new(concat!($path, "actions.assignCalibrations.calibrator"), USERS, "user"),
            Reference::new(concat!($path, "actions.assignCalibrations.expertEvaluator"), USERS, "user"),
            Reference::new(concat!($path, "actions.assignCalibrations.evaluators"), USERS, "user"),
            Reference::new(concat!($path, "actions.assignSurveys.flow"), FLOWS, "flow"),
            Reference::to::<Integration>(concat!($path, "actions.integrationExport.integration")),
        ]
    };
}

/// What a policy, and a policy for one medium in it, refers to.
pub(crate) static POLICY: [Reference; 13] = of_policy!("");
static OF_MEDIUM: [Reference; 13] = of_policy!("mediaPolicies.*.");
/// The forms that a policy assigns. Those for single media may be unpublished, so that only their deletion is refused.
static FORMS: [Reference; 4] = [
    Reference::new("actions.assignEvaluations.evaluationForm", EVALUATION_FORMS, "evaluation form"),
    Reference::new("actions.assignMeteredEvaluations.evaluationForm", EVALUATION_FORMS, "evaluation form"),
    Reference::new("actions.assignCalibrations.evaluationForm", EVALUATION_FORMS, "evaluation form"),
    Reference::new("actions.assignSurveys.surveyForm", "/api/v2/quality/forms/surveys", "survey form"),
];

const fn policies(path: &'static str, references: &'static [Reference]) -> Referring {
    Referring { path, kind: "media retention policy", references }
}

/// The collections of JSON entities that refer to others.
pub(crate) static COLLECTIONS: [Referring; 11] = [
    policies(POLICIES, &POLICY),
    policies(POLICIES, &OF_MEDIUM),
    policies(POLICIES, &FORMS),
    policies(CROSS_POLICIES, &POLICY),
    policies(CROSS_POLICIES, &OF_MEDIUM),
    policies(CROSS_POLICIES, &FORMS),
    Referring {
        path: IVRS,
        kind: "IVR",
        references: &[
            Reference::new("openHoursFlow", FLOWS, "flow"),
            Reference::new("closedHoursFlow", FLOWS, "flow"),
            Reference::new("holidayHoursFlow", FLOWS, "flow"),
            Reference::new("scheduleGroup", SCHEDULE_GROUPS, "schedule group"),
        ],
    },
    Referring {
        path: SCHEDULE_GROUPS,
        kind: "schedule group",
        references: &[
            Reference::new("openSchedules", SCHEDULES, "schedule"),
            Reference::new("closedSchedules", SCHEDULES, "schedule"),
            Reference::new("holidaySchedules", SCHEDULES, "schedule"),
        ],
    },
    Referring {
        path: EMERGENCY_GROUPS,
        kind: "emergency group",
        references: &[
            Reference::new("emergencyCallFlows.emergencyFlow", FLOWS, "flow"),
            Reference::new("emergencyCallFlows.ivrs", IVRS, "IVR"),
        ],
    },
    Referring { path: RECIPIENTS, kind: "recipient", references: &[Reference::new("flow", FLOWS, "flow")] },
    Referring {
        path: EMAIL_ROUTES,
        kind: "email route",
        references: &[
            Reference::to::<Queue>("queue"),
            Reference::to::<Language>("language"),
            Reference::to::<Skill>("skills"),
            Reference::new("flow", FLOWS, "flow"),
            Reference::new("spamFlow", FLOWS, "flow"),
        ],
    },
];

impl Referring {
    /// The references of the entities that are listed at a path or at a template of one.
    pub(crate) fn at(path: &str) -> &'static [Reference] {
        COLLECTIONS.iter().find(|collection| collection.path == path).map_or(&[], |found| found.references)
    }
}

/// A property that names entities: an id, an object with an `id`, or an array of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    /// The property. A dot leads to a property of an object, and an asterisk to each of them.
    pub(crate) field: &'static str,
    /// The path of the listing of what it names.
    pub(crate) collection: &'static str,
    /// What it names, in error messages.
    pub(crate) kind: &'static str,
}

impl Reference {
    /// A reference to a kind that has a table.
    pub(crate) const fn to<K: Kind>(field: &'static str) -> Self {
        Self { field, collection: K::PATH, kind: K::NAME }
    }

    /// A reference to an entity of a collection.
    pub(crate) const fn new(field: &'static str, collection: &'static str, kind: &'static str) -> Self {
        Self { field, collection, kind }
    }

    /// The ids that an entity has in the property.
    pub(crate) fn ids<'v>(&self, entity: &'v Map<String, Value>) -> Vec<&'v str> {
        let (first, rest) = self.field.split_once('.').unwrap_or((self.field, ""));
        let mut found = Vec::new();
        if let Some(value) = entity.get(first) {
            follow(value, rest, &mut found);
        }
        found
    }

    /// Whether an entity names the id in the property.
    pub(crate) fn names(&self, entity: &Map<String, Value>, id: Uuid) -> bool {
        self.ids(entity).into_iter().any(|other| Uuid::try_parse(other) == Ok(id))
    }

    /// The value of the property, to change it.
    pub(crate) fn value_mut<'v>(&self, entity: &'v mut Map<String, Value>) -> Option<&'v mut Value> {
        let mut words = self.field.split('.');
        let first = entity.get_mut(words.next()?)?;
        words.try_fold(first, |value, word| value.get_mut(word))
    }
}

/// Adds the ids at `path` below a value. A path leads through each item of an array.
fn follow<'v>(value: &'v Value, path: &str, found: &mut Vec<&'v str>) {
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| follow(item, path, found));
    }
    let (word, rest) = path.split_once('.').unwrap_or((path, ""));
    if let (Value::Object(all), "*") = (value, word) {
        return all.values().for_each(|value| follow(value, rest, found));
    }
    match value.get(word) {
        _ if word.is_empty() => found.extend(value.get("id").unwrap_or(value).as_str()),
        Some(value) => follow(value, rest, found),
        None => {}
    }
}

impl Organization {
    /// Whether a collection, which is named by its path, has an entity of that id.
    pub(crate) fn has_entity(&self, collection: &str, id: &str) -> bool {
        matches!(self.trace(collection, id), Trace::Here { .. })
    }

    /// The name of an entity of a collection, which is named by its path.
    pub(crate) fn name_of(&self, collection: &str, id: &str) -> Option<&str> {
        let in_table = Uuid::try_parse(id).ok().and_then(|id| self.name_in_table(collection, id));
        in_table.or_else(|| self.collections.get(collection, id)?.get("name")?.as_str())
    }

    /// The kind of a JSON entity that refers to an entity of a collection, which is named by its path.
    pub(super) fn json_referrer(&self, collection: &str, id: Uuid) -> Option<&'static str> {
        let refers = |from: &&Referring| {
            let mut to = from.references.iter().filter(|reference| reference.collection == collection);
            let names = |entity: &Entity, to: &Reference| to.names(entity, id);
            to.any(|to| self.collections.list_like(from.path).any(|entity| names(entity, to)))
        };
        COLLECTIONS.iter().find(refers).map(|from| from.kind)
    }

    /// The first reference of a body to an entity that does not exist, and the id.
    pub(crate) fn dangling<'b>(
        &self,
        references: &'static [Reference],
        body: &'b Map<String, Value>,
    ) -> Option<(&'static Reference, &'b str)> {
        references.iter().find_map(|reference| {
            let mut ids = reference.ids(body).into_iter();
            let unknown = ids.find(|id| !self.has_entity(reference.collection, id));
            unknown.map(|id| (reference, id))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_found_in_objects_arrays_and_below() {
        let entity = json!({ "one": { "id": "a" }, "many": [{ "id": "b" }, { "name": "x" }], "plain": "c",
            "deep": { "er": [{ "id": "d" }] }, "each": [{ "of": { "id": "e" } }, { "of": [{ "id": "f" }] }] });
        let entity = entity.as_object().cloned().unwrap_or_default();
        let ids = |field| Reference::new(field, "/x", "x").ids(&entity);
        assert_eq!((ids("one"), ids("many"), ids("plain")), (vec!["a"], vec!["b"], vec!["c"]));
        assert_eq!((ids("deep.er"), ids("deep.no"), ids("none")), (vec!["d"], vec![], vec![]));
        assert_eq!(ids("each.of"), ["e", "f"]);
        assert_eq!(ids("deep.*"), ["d"]);
    }
}
