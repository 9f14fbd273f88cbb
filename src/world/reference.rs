//! References between entities: a property of one kind that names entities of another by their ids.
//!
//! A kind lists its references in [`Kind::REFERENCES`], a collection of JSON entities in [`COLLECTIONS`]. So a body that
//! names an entity which does not exist is refused, and an entity to which another refers is not deleted.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::architect::{EMERGENCY_GROUPS, Flow, IVRS, SCHEDULE_GROUPS, SCHEDULES};
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
/// The collection of evaluation forms, which has a second path.
pub(crate) const EVALUATION_FORMS: &str = "/api/v2/quality/forms/evaluations";
/// The collection of survey forms.
pub(crate) const SURVEY_FORMS: &str = "/api/v2/quality/forms/surveys";

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
            Reference::to::<Flow>(concat!($path, "actions.assignSurveys.flow")),
            Reference::to::<Integration>(concat!($path, "actions.integrationExport.integration")),
        ]
    };
}

/// The forms that a policy below a path assigns.
macro_rules! forms_of_policy {
    ($path:literal) => {
        [
            assigned_form(concat!($path, "actions.assignEvaluations.evaluationForm")),
            assigned_form(concat!($path, "actions.assignMeteredEvaluations.evaluationForm")),
            assigned_form(concat!($path, "actions.assignMeteredAssignmentByAgent.evaluationForm")),
            assigned_form(concat!($path, "actions.assignCalibrations.evaluationForm")),
            Reference::new(concat!($path, "actions.assignSurveys.surveyForm"), SURVEY_FORMS, "survey form"),
        ]
    };
}

const fn assigned_form(field: &'static str) -> Reference {
    Reference::new(field, EVALUATION_FORMS, "evaluation form")
}

/// What a policy, and a policy for one medium in it, refers to beside forms.
pub(crate) static POLICY: [Reference; 13] = of_policy!("");
/// The forms that a policy assigns. They have to be published; those of a policy for one medium need not be.
pub(crate) static ASSIGNED_FORMS: [Reference; 5] = forms_of_policy!("");
/// All that a policy refers to, also in its policies for single media. None of it can be deleted.
static OF_POLICY: [Reference; 36] = concat([
    &POLICY,
    &ASSIGNED_FORMS,
    &of_policy!("mediaPolicies.*."),
    &forms_of_policy!("mediaPolicies.*."),
]);

/// The references of several lists, which have `N` together.
const fn concat<const N: usize>(lists: [&[Reference]; 4]) -> [Reference; N] {
    let mut all = [lists[0][0]; N];
    let (mut list, mut at, mut next) = (0, 0, 0);
    while next < N {
        if at == lists[list].len() {
            (list, at) = (list + 1, 0);
        }
        all[next] = lists[list][at];
        (at, next) = (at + 1, next + 1);
    }
    assert!(list + 1 == lists.len() && at == lists[list].len(), "`N` leaves none out");
    all
}

const fn policies(path: &'static str) -> Referring {
    Referring { path, kind: "media retention policy", references: &OF_POLICY }
}

/// The collections of JSON entities that refer to others, one row for each path.
pub(crate) static COLLECTIONS: [Referring; 7] = [
    policies(POLICIES),
    policies(CROSS_POLICIES),
    Referring {
        path: IVRS,
        kind: "IVR",
        references: &[
            Reference::to::<Flow>("openHoursFlow"),
            Reference::to::<Flow>("closedHoursFlow"),
            Reference::to::<Flow>("holidayHoursFlow"),
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
            Reference::to::<Flow>("emergencyCallFlows.emergencyFlow"),
            Reference::new("emergencyCallFlows.ivrs", IVRS, "IVR"),
        ],
    },
    Referring { path: RECIPIENTS, kind: "recipient", references: &[Reference::to::<Flow>("flow")] },
    Referring {
        path: EMAIL_ROUTES,
        kind: "email route",
        references: &[
            Reference::to::<Queue>("queue"),
            Reference::to::<Language>("language"),
            Reference::to::<Skill>("skills"),
            Reference::to::<Flow>("flow"),
            Reference::to::<Flow>("spamFlow"),
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
        let named = self.values(entity).into_iter();
        named.filter_map(|value| value.get("id").unwrap_or(value).as_str()).collect()
    }

    /// The objects that an entity has in the property.
    pub(crate) fn objects<'v>(
        &self,
        entity: &'v Map<String, Value>,
    ) -> impl Iterator<Item = &'v Map<String, Value>> {
        self.values(entity).into_iter().filter_map(Value::as_object)
    }

    fn values<'v>(&self, entity: &'v Map<String, Value>) -> Vec<&'v Value> {
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

/// Adds the values at `path` below a value. A path leads through each item of an array.
fn follow<'v>(value: &'v Value, path: &str, found: &mut Vec<&'v Value>) {
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| follow(item, path, found));
    }
    let (word, rest) = path.split_once('.').unwrap_or((path, ""));
    if let (Value::Object(all), "*") = (value, word) {
        return all.values().for_each(|value| follow(value, rest, found));
    }
    match value.get(word) {
        _ if word.is_empty() => found.push(value),
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
    fn each_collection_has_one_row_and_names_each_property_once() {
        let paths: std::collections::HashSet<_> = COLLECTIONS.iter().map(|row| row.path).collect();
        assert_eq!(paths.len(), COLLECTIONS.len());
        for row in &COLLECTIONS {
            let fields: std::collections::HashSet<_> = row.references.iter().map(|one| one.field).collect();
            assert_eq!(fields.len(), row.references.len(), "{}", row.path);
        }
    }

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
