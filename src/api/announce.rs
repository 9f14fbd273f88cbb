//! Publishes changed entities whose topic has the entity as the API answers it.
//!
//! These entities have no event in `world`: the answer of a change has them already. To add a topic, add the path of its
//! entities to [`PATHS`]; the topic is that path with `.` for `/`. Only published topics have subscribers.

use http::Method;
use serde_json::{Map, Value};

use super::call::Call;
use crate::wire::reply::Reply;

/// The paths of the entities and settings. The bodies are those of the API (assumed).
const PATHS: [&str; 17] = [
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
    "/api/v2/taskmanagement/workitems/{}",
    "/api/v2/users/{}/callforwarding",
    "/api/v2/users/{}/outofoffice",
    "/api/v2/webdeployments/deployments/{}",
];

/// Publishes what a call created or changed.
pub(crate) fn announce(call: &Call<'_>, reply: &Reply) {
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
    let topic = path.trim_start_matches("/api/").replace('/', ".");
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
