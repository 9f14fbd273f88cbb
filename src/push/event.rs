//! The bodies of events. Each function returns early if the topic has no subscriber.

use std::collections::HashMap;

use gcmock_limit::LimitStatus;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Hub;
use crate::identity::Token;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view;
use crate::view::conversation::ConversationView;
use crate::view::directory::stations_of_user;
use crate::world::conversation::Medium;
use crate::world::id::{Id, Queue, TenantIndex, UserIndex};
use crate::world::outbound::{MessagingCampaign, ResponseSet};
use crate::world::people::User;
use crate::world::people::directory::Team;
use crate::world::table::{Kind, Stored};
use crate::world::telephony::trunk::{TrunkBase, trunk_id};
use crate::world::workforce::Standing;
use crate::world::workforce::unit::ManagementUnit;
use crate::world::{Organization, Tenant};

/// The topic of warnings about limits.
pub(crate) const RATE_LIMIT_WARNING: &str = "v2.system.rate_limit_warning";

/// `v2.users.{id}.presence`.
pub(crate) fn presence(hub: &Hub, tenant: &Tenant, user: &User) {
    let topic = format!("v2.users.{}.presence", user.id);
    if !hub.listens(tenant.index, &topic) {
        return;
    }
    let id = view::user::definition_id(user);
    let body = json!({
        "source": "PURECLOUD",
        "primary": true,
        "presenceDefinition": { "id": id, "systemPresence": user.status.system_presence().to_uppercase() },
        "message": user.presence_message,
        "modifiedDate": rfc3339(user.status_since),
    });
    hub.publish(tenant.index, &topic, &body);
}

/// `v2.users.{id}.routingStatus`.
pub(crate) fn routing_status(hub: &Hub, tenant: &Tenant, user: &User) {
    let topic = format!("v2.users.{}.routingStatus", user.id);
    if !hub.listens(tenant.index, &topic) {
        return;
    }
    let status = json!({ "status": user.routing.name(), "startTime": rfc3339(user.routing_since) });
    hub.publish(tenant.index, &topic, &json!({ "id": user.id, "routingStatus": status }));
}

/// `v2.users.{id}.station`, with the body of `GET /users/{id}/station` (assumed).
pub(crate) fn stations(hub: &Hub, tenant: &Tenant, user: UserIndex) {
    if hub.is_silent() {
        return;
    }
    let (topic, body) = {
        let organization = tenant.read();
        let Some(user_at) = organization.people().at(user) else { return };
        let topic = format!("v2.users.{}.station", user_at.id);
        if !hub.listens(tenant.index, &topic) {
            return;
        }
        (topic, stations_of_user(&organization, user))
    };
    hub.publish(tenant.index, &topic, &body);
}

/// `v2.users.{id}`: a user whose profile changed, as the API answers it (assumed).
pub(crate) fn profile(hub: &Hub, tenant: &Tenant, user: UserIndex) {
    if hub.is_silent() {
        return;
    }
    let user = tenant.read().people().at(user).cloned();
    let Some(user) = user else { return };
    let topic = format!("v2.users.{}", user.id);
    if hub.listens(tenant.index, &topic) {
        hub.publish(tenant.index, &topic, &view::user::to_json(tenant, &user, &[]));
    }
}

/// `v2.detail.events.conversation.{id}.attributes`: the attributes of a participant after a change at `now`.
pub(crate) fn attributes(hub: &Hub, tenant: &Tenant, (conversation, participant): (Uuid, usize), now: Nanos) {
    let topic = format!("v2.detail.events.conversation.{conversation}.attributes");
    if !hub.listens(tenant.index, &topic) {
        return;
    }
    let view = {
        let organization = tenant.read();
        let key = organization.conversations().find(conversation);
        key.and_then(|key| ConversationView::of(&organization, key, 0, now))
    };
    if let Some(body) = view.and_then(|view| view.attributes_event(participant, now)) {
        hub.publish(tenant.index, &topic, &body);
    }
}

fn adherence_of_user(user: Id<User>) -> String {
    format!("v2.users.{user}.workforcemanagement.adherence")
}

fn adherence_of_unit(unit: Id<ManagementUnit>) -> String {
    format!("v2.workforcemanagement.managementunits.{unit}.adherence")
}

fn adherence_of_team(team: Id<Team>) -> String {
    format!("v2.workforcemanagement.teams.{team}.adherence")
}

fn team_of(organization: &Organization, user: Id<User>) -> Option<Id<Team>> {
    let index = organization.people().index_of(user)?;
    Some(organization.directory().team_of(index)?.id())
}

/// The agents whose adherence has a subscriber: to their own topic, to their management unit's or to their team's.
pub(crate) fn heard_agents(hub: &Hub, tenant: &Tenant) -> Vec<Id<User>> {
    let agents: Vec<_> = {
        let organization = tenant.read();
        let agents = organization.people().agents();
        agents.map(|user| (user.id, user.management_unit, team_of(&organization, user.id))).collect()
    };
    let is_heard = |topic: String| hub.listens(tenant.index, &topic);
    let (mut units, mut teams) = (HashMap::new(), HashMap::new());
    let heard = agents.into_iter().filter(|(user, unit, team)| {
        let of_unit = |unit: &_| *units.entry(*unit).or_insert_with(|| is_heard(adherence_of_unit(*unit)));
        let of_team = |team: &_| *teams.entry(*team).or_insert_with(|| is_heard(adherence_of_team(*team)));
        unit.as_ref().is_some_and(of_unit)
            || team.as_ref().is_some_and(of_team)
            || is_heard(adherence_of_user(*user))
    });
    heard.map(|(user, ..)| user).collect()
}

/// Publishes `v2.users.{id}.workforcemanagement.adherence` and its siblings: the adherence of the agent since `since`.
pub(crate) fn adherence(hub: &Hub, tenant: &Tenant, user: &User, standing: Standing, since: Nanos) {
    let team = team_of(&tenant.read(), user.id).map(adherence_of_team);
    let unit = user.management_unit.map(adherence_of_unit);
    let topics = [Some(adherence_of_user(user.id)), unit, team].into_iter().flatten();
    let topics: Vec<_> = topics.filter(|topic| hub.listens(tenant.index, topic)).collect();
    if topics.is_empty() {
        return;
    }
    let unit = tenant.unit_of(user);
    let body = json!({
        "user": { "id": user.id, "name": user.name },
        "managementUnitId": user.management_unit,
        "businessUnitId": unit.map(|unit| unit.business_unit),
        "scheduledActivityCategory": standing.scheduled_name(),
        "systemPresence": user.status.system_presence(),
        "routingStatus": user.routing.name(),
        "actualActivityCategory": standing.actual.name(),
        "isOutOfOffice": false,
        "adherenceState": standing.state(),
        "impact": standing.impact(),
        "adherenceChangeTime": rfc3339(since),
        "presenceUpdateTime": rfc3339(user.status_since),
        "activeQueues": [],
        "activeQueuesModifiedTime": rfc3339(user.routing_since),
        "removedFromManagementUnit": false,
    });
    for topic in topics {
        hub.publish(tenant.index, &topic, &body);
    }
}

/// `v2.routing.queues.{id}.users` and `v2.users.{id}.routing.queues`: whether a user takes interactions of the queue, after
/// a change of its membership. The body of the topic of a user is that of the queue (assumed).
pub(crate) fn membership(hub: &Hub, tenant: TenantIndex, queue: Id<Queue>, id: Id<User>, joined: bool) {
    if hub.is_silent() {
        return;
    }
    let topics = [format!("v2.routing.queues.{queue}.users"), format!("v2.users.{id}.routing.queues")];
    for topic in topics.iter().filter(|topic| hub.listens(tenant, topic)) {
        let body = json!({ "id": id, "user": { "id": id }, "queueId": queue, "joined": joined });
        hub.publish(tenant, topic, &body);
    }
}

/// `v2.users.{id}.activity`: the presence and the routing status of a user, and the queues that it has joined.
pub(crate) fn activity(hub: &Hub, tenant: &Tenant, index: UserIndex, user: &User) {
    let topic = format!("v2.users.{}.activity", user.id);
    if !hub.listens(tenant.index, &topic) {
        return;
    }
    let queues: Vec<_> = {
        let organization = tenant.read();
        let joined = organization.queues_of(index).filter(|(_, membership)| membership.joined);
        joined.map(|(queue, _)| queue).collect()
    };
    let definition = view::user::definition_id(user);
    let body = json!({
        "id": user.id,
        "routingStatus": { "status": user.routing.name(), "startTime": rfc3339(user.routing_since) },
        "presence": {
            "presenceDefinition":
                { "id": definition, "systemPresence": user.status.system_presence().to_uppercase() },
            "presenceMessage": user.presence_message,
            "modifiedDate": rfc3339(user.status_since),
        },
        "outOfOffice": { "active": false },
        "activeQueueIds": queues,
        "dateActiveQueuesChanged": rfc3339(user.routing_since),
    });
    hub.publish(tenant.index, &topic, &body);
}

/// The last words of the topics of a conversation's details.
const DETAILS: [&str; 8] =
    ["customer.start", "customer.end", "acd.start", "acd.end", "user.start", "user.end", "acw", "wrapup"];

/// `v2.detail.events.conversation.{id}.user.start` and its siblings, and `v2.detail.events.agent.{id}.state`: what happened
/// to the participants at `now`.
pub(crate) fn details(hub: &Hub, tenant: TenantIndex, view: &ConversationView, now: Nanos) {
    let agent_topic = |user: Id<User>| format!("v2.detail.events.agent.{user}.state");
    if view.users().any(|user| hub.listens(tenant, &agent_topic(user))) {
        for (user, body) in view.agent_states(now) {
            hub.publish(tenant, &agent_topic(user), &body);
        }
    }
    let topic = |word: &str| format!("v2.detail.events.conversation.{}.{word}", view.conversation.id);
    if !DETAILS.iter().any(|word| hub.listens(tenant, &topic(word))) {
        return;
    }
    for (word, body) in view.detail_events(now) {
        hub.publish(tenant, &topic(&word), &body);
    }
}

/// Publishes a conversation to the topics of its users and queues. Returns whether there was a subscriber. A topic of a
/// medium gets the shape of the medium. The topics of all media get the shape of all, but for messages, whose
/// subscribers always got theirs.
pub(crate) fn conversation(hub: &Hub, tenant: TenantIndex, view: &ConversationView, now: Nanos) -> bool {
    let users = view.users().map(|id| format!("v2.users.{id}.conversations"));
    let queues = view.conversation.parties.queues();
    let queues = queues.iter().map(|id| format!("v2.routing.queues.{id}.conversations"));
    let mut heard = false;
    for topic in users.chain(queues) {
        for medium in view.media() {
            let of_medium = format!("{topic}.{}", medium.name());
            if hub.listens(tenant, &of_medium) {
                heard = true;
                hub.publish(tenant, &of_medium, &view.of_medium(medium, now));
            }
        }
        if hub.listens(tenant, &topic) {
            heard = true;
            let body = match view.conversation.medium {
                Medium::Message => view.of_medium(Medium::Message, now),
                _ => view.conversation(now),
            };
            hub.publish(tenant, &topic, &body);
        }
    }
    heard
}

/// Publishes an entity to the topic of its kind, such as `v2.outbound.campaigns.{id}`, and how far a campaign is to its
/// `progress`. The body is the entity as the API answers it (assumed), but for edges, trunks and phones, whose
/// topics have their state alone. Base settings of trunks have the topic of their trunk.
pub(crate) fn entity(hub: &Hub, tenant: &Tenant, collection: &'static str, id: Uuid, now: Nanos) {
    let topic = match collection {
        ResponseSet::PATH => format!("v2.outbound.responsesets.{id}"),
        TrunkBase::PATH => format!("v2.telephony.providers.edges.trunks.{}", trunk_id(Id::new(id))),
        _ => format!("{}.{id}", collection.trim_start_matches("/api/").replace('/', ".")),
    };
    let is_campaign = collection == MessagingCampaign::PATH;
    let of_medium = is_campaign.then(|| campaign_topic(&tenant.read(), id)).flatten();
    for topic in [Some(topic), of_medium].into_iter().flatten() {
        publish_entity(hub, tenant, (&topic, collection), id, now);
    }
}

/// The topic of a campaign of emails or of `WhatsApp` messages, which it has beside that of all messaging campaigns.
fn campaign_topic(organization: &Organization, id: Uuid) -> Option<String> {
    let medium = view::outbound::medium(MessagingCampaign::table(organization).get(Id::new(id))?);
    (medium != "sms").then(|| format!("v2.outbound.{medium}campaigns.{id}"))
}

/// Writes what is counted of an entity.
type Figures = fn(&Organization, Uuid, Nanos) -> Option<Value>;

fn publish_entity(hub: &Hub, tenant: &Tenant, (topic, collection): (&str, &str), id: Uuid, now: Nanos) {
    let progress = format!("{topic}.progress");
    if hub.listens(tenant.index, topic) {
        let organization = tenant.read();
        let dialed = view::outbound::of_collection(&organization, collection, id);
        let body = dialed
            .or_else(|| view::contact::of_collection(&organization, collection, id))
            .or_else(|| view::telephony::state_of(&organization, collection, id));
        drop(organization);
        if let Some(body) = body {
            hub.publish(tenant.index, topic, &body);
        }
    }
    let stats = format!("{topic}.stats");
    let figures: [(&str, Figures); 2] =
        [(&progress, view::outbound::progress_of), (&stats, view::outbound::stats_of)];
    for (topic, write) in figures {
        if !hub.listens(tenant.index, topic) {
            continue;
        }
        let body = write(&tenant.read(), id, now);
        if let Some(body) = body {
            hub.publish(tenant.index, topic, &body);
        }
    }
}

/// Publishes to a user that one of its tokens has ended.
pub(crate) fn revoked(hub: &Hub, token: &Token) {
    let organization = token.tenant.read();
    let user = token.user.and_then(|user| organization.people().at(user)).map(|user| user.id);
    drop(organization);
    let Some(user) = user else { return };
    let topic = format!("v2.users.{user}.tokens");
    if hub.listens(token.tenant.index, &topic) {
        let body = json!({
            "user": { "id": user },
            "clientId": token.client.id,
            "tokenExpirationDate": rfc3339(token.expires),
        });
        hub.publish(token.tenant.index, &topic, &body);
    }
}

/// Publishes that a limit reached 90 %.
pub(crate) fn rate_limit_warning(hub: &Hub, tenant: TenantIndex, status: &LimitStatus<'_>, now: Nanos) {
    let rule = status.rule;
    let body = json!({
        "name": &*rule.name,
        "namespace": &*rule.namespace,
        "key": &*rule.key,
        "scope": rule.scope.to_string(),
        "value": rule.value,
        "capacity": status.capacity,
        "used": status.used,
        "remaining": status.remaining,
        "resetsInSeconds": status.resets_in.div_ceil(1_000_000_000),
        "time": rfc3339(now),
    });
    hub.publish(tenant, RATE_LIMIT_WARNING, &body);
}

/// The sign that every such socket gets before it is closed for maintenance.
pub(crate) fn socket_closing(message: &str) -> String {
    json!({ "topicName": "v2.system.socket_closing", "eventBody": { "message": message } }).to_string()
}
