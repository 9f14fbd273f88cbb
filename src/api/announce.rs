//! Publishes what follows from an answer: changed entities, and the ends of jobs.
//!
//! These entities have no event in `world`: the answer of a change has them already. To add a topic whose body is the entity
//! as the API answers it, add the path of its entities to [`PATHS`]; the topic is that path with `.` for `/`. For any other
//! body, give the route of the change a function with `Route::publishes`. Only published topics have subscribers.

use http::Method;
use serde_json::{Map, Value};

use super::call::Call;
use super::route::Routes;
use crate::time::Nanos;
use crate::wire::reply::Reply;

/// What a route publishes, beside what follows from a change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Publishing {
    /// Makes the events of an answer.
    pub(super) events: TopicEvents,
    /// Whether some are due later. A client may subscribe until then, so they are made where no client listens yet.
    pub(super) later: bool,
}

/// Makes the events of an answer.
pub(super) type TopicEvents = fn(&Call<'_>, &Value) -> Vec<TopicEvent>;

/// An event of a topic.
pub(crate) struct TopicEvent {
    /// The model time from the answer to the event.
    after: Nanos,
    topic: String,
    body: Value,
    /// Whether it takes the place of those of its topic that are due later. Where there are none, it is not published.
    replaces_later: bool,
}

impl TopicEvent {
    /// An event at once.
    pub(crate) fn now(topic: String, body: Value) -> Self {
        Self::later(0, topic, body)
    }

    /// An event `after` the answer, for a job that the clock ends.
    pub(crate) fn later(after: Nanos, topic: String, body: Value) -> Self {
        Self { after, topic, body, replaces_later: false }
    }

    /// An event at once, in place of those of the topic that are due later.
    pub(crate) fn instead(topic: String, body: Value) -> Self {
        Self { replaces_later: true, ..Self::now(topic, body) }
    }
}

/// The topic of a path.
pub(super) fn topic_of(path: &str) -> String {
    path.trim_start_matches("/api/").replace('/', ".")
}

/// The topic of the caller's own user; `None` for a client without one.
pub(super) fn own_topic(call: &Call<'_>, rest: &str) -> Option<String> {
    let organization = call.tenant().read();
    let user = organization.people().at(call.caller.token.user?)?;
    Some(format!("v2.users.{}.{rest}", user.id))
}

/// The fields of an entity that the body of an event has.
pub(super) fn pick(entity: &Value, fields: &[&str]) -> Value {
    let has = |field: &&&str| entity.get(**field).is_some_and(|value| !value.is_null());
    fields.iter().filter(has).map(|field| ((*field).to_owned(), entity[*field].clone())).collect()
}

/// The id that an entity refers to under `field`, or null.
pub(super) fn id_under(entity: &Value, field: &str) -> Value {
    entity[field]["id"].clone()
}

/// The paths of the entities and settings. The bodies are those of the API (assumed).
const PATHS: [&str; 16] = [
    "/api/v2/architect/prompts/{}",
    "/api/v2/architect/prompts/{}/resources/{}",
    "/api/v2/architect/systemprompts/{}/resources/{}",
    "/api/v2/externalcontacts/contacts/{}/notes/{}",
    "/api/v2/externalcontacts/organizations/{}/notes/{}",
    "/api/v2/flows/outcomes/{}",
    "/api/v2/flows/{}",
    "/api/v2/outbound/schedules/campaigns/{}",
    "/api/v2/outbound/schedules/emailcampaigns/{}",
    "/api/v2/outbound/schedules/messagingcampaigns/{}",
    "/api/v2/outbound/schedules/sequences/{}",
    "/api/v2/outbound/schedules/whatsappcampaigns/{}",
    "/api/v2/outbound/settings",
    "/api/v2/users/{}/callforwarding",
    "/api/v2/users/{}/outofoffice",
    "/api/v2/workforcemanagement/managementunits/{}",
];

/// Publishes what a call created, changed or started.
pub(crate) fn announce(call: &Call<'_>, reply: &Reply, routes: &Routes) {
    publish_events(call, reply, routes);
    publish_entity(call, reply);
}

/// Publishes the events that the route of the call makes of its answer.
fn publish_events(call: &Call<'_>, reply: &Reply, routes: &Routes) {
    let Some(publishing) = call.operation.and_then(|operation| routes.publishing(operation.id)) else {
        return;
    };
    let hub = &call.platform.notifications.hub;
    if !reply.status.is_success() || hub.is_silent() && !publishing.later {
        return;
    }
    let answered: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    for event in (publishing.events)(call, &answered) {
        publish(call, event);
    }
}

fn publish(call: &Call<'_>, TopicEvent { after, topic, body, replaces_later }: TopicEvent) {
    let (tenant, agenda) = (call.tenant().index, &call.platform.agenda);
    if after > 0 {
        agenda.publish_event(tenant, (call.now.saturating_add(after), topic), &body);
    } else if !replaces_later || agenda.withdraw(tenant, &topic) {
        call.platform.notifications.hub.publish(tenant, &topic, &body);
    }
}

/// Publishes an entity whose topic has it as the API answers it.
fn publish_entity(call: &Call<'_>, reply: &Reply) {
    let hub = &call.platform.notifications.hub;
    let is_change = matches!(*call.method, Method::POST | Method::PUT | Method::PATCH);
    if hub.is_silent() || !is_change || !reply.status.is_success() {
        return;
    }
    let Some(path) = path_of(call) else { return };
    let entity: Map<String, Value> = serde_json::from_slice(&reply.body).unwrap_or_default();
    let id = entity.get("id").and_then(Value::as_str);
    let path = match (*call.method == Method::POST, id) {
        (true, Some(id)) => format!("{path}/{id}"),
        (true, None) => return,
        (false, _) => path.to_owned(),
    };
    let topic = topic_of(&path);
    if hub.listens(call.tenant().index, &topic) {
        hub.publish(call.tenant().index, &topic, &entity);
    }
}

/// The path of a call that changes such an entity or creates one in its listing.
fn path_of<'c>(call: &Call<'c>) -> Option<&'c str> {
    let template = &*call.operation?.template;
    let is_its = |path: &str| match path.strip_suffix("/{}").filter(|_| *call.method == Method::POST) {
        Some(listing) => is_of(template, listing),
        None => is_of(template, path),
    };
    PATHS.iter().any(|path| is_its(path)).then_some(call.path)
}

/// Whether a template is that path, whose parameters have no names.
fn is_of(template: &str, path: &str) -> bool {
    let mut segments = template.split('/');
    let is_equal = path.split('/').all(|wanted| {
        segments.next().is_some_and(|segment| segment == wanted || wanted == "{}" && segment.starts_with('{'))
    });
    is_equal && segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::{PATHS, is_of};
    use crate::push::topic::templates;

    #[test]
    fn a_template_is_compared_without_the_names_of_its_parameters() {
        assert!(is_of("/api/v2/flows/{flowId}", "/api/v2/flows/{}"));
        assert!(!is_of("/api/v2/flows/{flowId}/versions", "/api/v2/flows/{}"));
        assert!(!is_of("/api/v2/flows/{flowId}", "/api/v2/flows"));
        assert!(!is_of("/api/v2/flows/outcomes", "/api/v2/flows/{}"));
    }

    #[test]
    fn every_path_has_a_published_topic() {
        for path in PATHS {
            let topic = path.trim_start_matches("/api/").replace('/', ".").replace("{}", "{id}");
            assert!(templates().iter().any(|known| known.text == topic && known.fires), "{topic}");
        }
    }
}
