//! Dependency tracking: which objects refer to which others. It is computed from the references that entities have when it
//! is asked for, so it is never out of date.
//!
//! The content of a flow is not kept, so a flow consumes nothing here. To track another kind, add its line to [`TRACKED`].

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::{matches_name, text};
use crate::api::fixed::body;
use crate::api::json_entity::{Body, answer};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::{
    DATA_TABLES, EMERGENCY_GROUPS, Flow, FlowRef, IVRS, PROMPTS, SCHEDULE_GROUPS, SCHEDULES, SCRIPTS,
};
use crate::world::outbound::ContactList;
use crate::world::reference::{EMAIL_ROUTES, Reference, Referring};
use crate::world::routing::{Language, Queue, Skill, WrapUpCode};
use crate::world::table::{Kind, Stored};

const TRACKING: &str = "/api/v2/architect/dependencytracking";
/// The type of a flow follows its own, such as `INBOUNDCALL`.
const FLOW: &str = "FLOW";
/// The types of flows.
const FLOW_TYPES: [&str; 19] = [
    "BOTFLOW",
    "COMMONMODULEFLOW",
    "DIGITALBOTFLOW",
    "EMAILSENDFLOW",
    "INBOUNDCALLFLOW",
    "INBOUNDCHATFLOW",
    "INBOUNDEMAILFLOW",
    "INBOUNDSHORTMESSAGEFLOW",
    "INQUEUECALLFLOW",
    "INQUEUEEMAILFLOW",
    "INQUEUESHORTMESSAGEFLOW",
    "OUTBOUNDCALLFLOW",
    "SECURECALLFLOW",
    "SURVEYINVITEFLOW",
    "VOICEFLOW",
    "VOICEMAILFLOW",
    "VOICESURVEYFLOW",
    "WORKFLOW",
    "WORKITEMFLOW",
];

/// A type of objects, and how they are found.
struct Tracked {
    kind: &'static str,
    path: &'static str,
    objects: for<'o> fn(&'o Organization, &Self) -> Vec<Object<'o>>,
}

static TRACKED: [Tracked; 16] = [
    Tracked { kind: FLOW, path: Flow::PATH, objects: flows },
    stored("IVRCONFIGURATION", IVRS),
    stored("SCHEDULEGROUP", SCHEDULE_GROUPS),
    stored("SCHEDULE", SCHEDULES),
    stored("EMERGENCYGROUP", EMERGENCY_GROUPS),
    stored("EMAILROUTE", EMAIL_ROUTES),
    stored("USERPROMPT", PROMPTS),
    stored("DATATABLE", DATA_TABLES),
    stored("COMPOSERSCRIPT", SCRIPTS),
    stored("FLOWOUTCOME", "/api/v2/flows/outcomes"),
    stored("FLOWMILESTONE", "/api/v2/flows/milestones"),
    kept::<Queue>("QUEUE"),
    kept::<Skill>("ACDSKILL"),
    kept::<Language>("ACDLANGUAGE"),
    kept::<WrapUpCode>("ACDWRAPUPCODE"),
    kept::<ContactList>("CONTACTLIST"),
];

/// A type whose objects are JSON entities.
const fn stored(kind: &'static str, path: &'static str) -> Tracked {
    Tracked { kind, path, objects: of_collection }
}

/// A type whose objects are in a table.
const fn kept<K: Stored>(kind: &'static str) -> Tracked {
    Tracked { kind, path: K::PATH, objects: of_table::<K> }
}

/// An object that may refer to others.
struct Object<'o> {
    kind: String,
    path: &'static str,
    id: String,
    name: &'o str,
    version: Option<String>,
    uri: String,
    fields: &'o Map<String, Value>,
    references: &'static [Reference],
}

fn of_collection<'o>(organization: &'o Organization, tracked: &Tracked) -> Vec<Object<'o>> {
    let all = organization.collections.list_like(tracked.path);
    let objects = all.map(|entity| Object {
        kind: tracked.kind.to_owned(),
        path: tracked.path,
        id: text(entity, "id").to_lowercase(),
        name: [text(entity, "name"), text(entity, "pattern")]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default(),
        version: None,
        uri: text(entity, "selfUri").to_owned(),
        fields: entity,
        references: Referring::at(tracked.path),
    });
    objects.collect()
}

fn of_table<'o, K: Stored>(organization: &'o Organization, tracked: &Tracked) -> Vec<Object<'o>> {
    let objects = K::table(organization).iter().map(|record| Object {
        kind: tracked.kind.to_owned(),
        path: tracked.path,
        id: record.id().to_string(),
        name: &record.name,
        version: None,
        uri: record.uri(),
        fields: &record.extra,
        references: K::REFERENCES,
    });
    objects.collect()
}

fn flows<'o>(organization: &'o Organization, tracked: &Tracked) -> Vec<Object<'o>> {
    let objects = organization.flows.iter().map(|FlowRef { record, state }| Object {
        kind: kind_of_flow(&state.kind),
        path: tracked.path,
        id: record.id().to_string(),
        name: &record.name,
        version: state.published.as_ref().map(|version| version.number.to_string()),
        uri: record.uri(),
        fields: &record.extra,
        references: Flow::REFERENCES,
    });
    objects.collect()
}

fn kind_of_flow(own: &str) -> String {
    if own.ends_with(FLOW) { own.to_owned() } else { format!("{own}{FLOW}") }
}

/// Every object, and what refers to what: places in the list of objects.
struct Graph<'o> {
    objects: Vec<Object<'o>>,
    consumed: Vec<Vec<usize>>,
    consuming: Vec<Vec<usize>>,
}

impl<'o> Graph<'o> {
    fn of(organization: &'o Organization) -> Self {
        let objects: Vec<_> =
            TRACKED.iter().flat_map(|tracked| (tracked.objects)(organization, tracked)).collect();
        let places: HashMap<(&str, &str), usize> =
            objects.iter().enumerate().map(|(at, object)| ((object.path, &*object.id), at)).collect();
        let consumed: Vec<Vec<usize>> = objects.iter().map(|object| object.refers_to(&places)).collect();
        let mut consuming = vec![Vec::new(); objects.len()];
        for (at, others) in consumed.iter().enumerate() {
            for other in others {
                consuming[*other].push(at);
            }
        }
        Self { objects, consumed, consuming }
    }

    /// The object that the query names.
    fn find_by_query(&self, call: &Call<'_>) -> Result<usize, ApiError> {
        let id = call.query_text("id").unwrap_or_default();
        let kind = call.query_text("objectType");
        let is_wanted = |object: &Object<'_>| {
            object.id.eq_ignore_ascii_case(&id) && kind.as_deref().is_none_or(|kind| kind == object.kind)
        };
        self.objects.iter().position(is_wanted).ok_or_else(|| ApiError::no_such("object", &id))
    }

    /// The objects at these places whose type a parameter of the query names.
    fn dependencies(&self, call: &Call<'_>, places: &[usize], parameter: &str) -> Vec<Body> {
        let kinds = call.query_list(parameter);
        let objects = places.iter().map(|at| &self.objects[*at]);
        let wanted = objects.filter(|object| kinds.is_empty() || kinds.contains(&object.kind));
        wanted.map(Object::to_json).collect()
    }

    /// An object, with what it consumes and what consumes it where the query asks for them.
    fn object(&self, call: &Call<'_>, at: usize) -> Body {
        let mut shown = self.objects[at].to_json();
        let related = [
            ("consumedResources", &self.consumed[at], "consumedResourceType"),
            ("consumingResources", &self.consuming[at], "consumingResourceType"),
        ];
        for (field, places, parameter) in related {
            if call.query_flag(field) {
                shown.insert(field.to_owned(), json!(self.dependencies(call, places, parameter)));
            }
        }
        shown
    }
}

impl Object<'_> {
    /// The places of what it refers to, each once.
    fn refers_to(&self, places: &HashMap<(&str, &str), usize>) -> Vec<usize> {
        let mut found = Vec::new();
        for reference in self.references {
            for id in reference.ids(self.fields) {
                let id = id.to_lowercase();
                let place = places.get(&(reference.collection, &*id));
                found.extend(place.filter(|at| !found.contains(*at)).copied());
            }
        }
        found
    }

    fn to_json(&self) -> Body {
        let mut shown = body([
            ("id", json!(self.id)),
            ("name", json!(self.name)),
            ("type", json!(self.kind)),
            ("deleted", json!(false)),
            ("updated", json!(false)),
            ("stateUnknown", json!(false)),
            ("selfUri", json!(self.uri)),
        ]);
        shown.extend(self.version.as_ref().map(|version| ("version".to_owned(), json!(version))));
        shown
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(TRACKING, search),
        Route::get(&format!("{TRACKING}/consumedresources"), list_consumed),
        Route::get(&format!("{TRACKING}/consumingresources"), list_consuming),
        Route::get(&format!("{TRACKING}/object"), get),
        Route::get(&format!("{TRACKING}/types"), list_types),
        Route::get(&format!("{TRACKING}/types/{{typeId}}"), get_type),
    ]
}

fn search(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (name, kinds) =
        (call.query_text("name").unwrap_or_default().to_lowercase(), call.query_list("objectType"));
    let found = {
        let organization = call.tenant().read();
        let graph = Graph::of(&organization);
        let is_wanted = |object: &Object<'_>| {
            (kinds.is_empty() || kinds.contains(&object.kind))
                && matches_name(&name, &object.name.to_lowercase())
        };
        let places = graph.objects.iter().enumerate().filter(|(_, object)| is_wanted(object));
        places.map(|(at, _)| graph.object(call, at)).collect()
    };
    answer::list(call, found)
}

fn list_consumed(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_related(call, |graph, at| &graph.consumed[at])
}

fn list_consuming(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_related(call, |graph, at| &graph.consuming[at])
}

fn list_related(
    call: &Call<'_>,
    related: for<'g> fn(&'g Graph<'_>, usize) -> &'g [usize],
) -> Result<Reply, ApiError> {
    let found = {
        let organization = call.tenant().read();
        let graph = Graph::of(&organization);
        let at = graph.find_by_query(call)?;
        graph.dependencies(call, related(&graph, at), "resourceType")
    };
    answer::list(call, found)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let found = {
        let organization = call.tenant().read();
        let graph = Graph::of(&organization);
        graph.object(call, graph.find_by_query(call)?)
    };
    answer::reply(call, found)
}

/// The types of objects that are tracked.
fn types() -> impl Iterator<Item = &'static str> {
    TRACKED.iter().map(|tracked| tracked.kind).filter(|kind| *kind != FLOW).chain(FLOW_TYPES)
}

/// A type. Those of flows are versioned (assumed).
fn type_to_json(kind: &str) -> Body {
    let uri = format!("{TRACKING}/types/{kind}");
    body([
        ("id", json!(kind)),
        ("name", json!(kind)),
        ("versioned", json!(FLOW_TYPES.contains(&kind))),
        ("selfUri", json!(uri)),
    ])
}

fn list_types(call: &Call<'_>) -> Result<Reply, ApiError> {
    answer::list(call, types().map(type_to_json).collect())
}

fn get_type(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("typeId")?;
    let found = types().find(|kind| *kind == id).ok_or_else(|| ApiError::no_such("type", &id))?;
    answer::reply(call, type_to_json(found))
}
