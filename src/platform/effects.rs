//! The effects of a change: notifications of subscribers and guests, closed sockets, later work.
//!
//! [`Platform::change`] makes a change and applies its effects. No lock of an organization is held while the effects
//! run. To add an effect, add an arm of [`apply`].

use std::sync::Arc;

use uuid::Uuid;

use super::agenda::{Counted, DueMessage, agents, lag_of, settle};
use super::{Platform, routing};
use crate::push::registry::Socket;
use crate::push::{event, statistics};
use crate::time::Nanos;
use crate::view::conversation;
use crate::world::conversation::{ConversationEvent, DELIVERED_AFTER, Direction, MessageEvent, SENT_AFTER};
use crate::world::event::{Event, Events};
use crate::world::id::{EdgeIndex, Id, Queue, UserIndex};
use crate::world::people::User;
use crate::world::{Organization, Tenant};

impl Platform {
    /// Changes an organization under its lock, and applies the effects when the lock is free.
    pub(crate) fn change<T>(
        &self,
        tenant: &Tenant,
        now: Nanos,
        change: impl FnOnce(&mut Organization) -> T,
    ) -> T {
        let (done, events) = tenant.write(change);
        apply(self, tenant, events, now);
        done
    }
}

/// Applies the effects of a change; no lock is held.
pub(crate) fn apply(platform: &Platform, tenant: &Tenant, events: Events, now: Nanos) {
    let routes = platform.options.routes && !events.is_empty();
    publish(platform, tenant, events, now);
    if routes {
        routing::run(platform, tenant, now);
    }
}

/// Applies the effects of a change but for the routing.
pub(super) fn publish(platform: &Platform, tenant: &Tenant, events: Events, now: Nanos) {
    for event in events {
        match event {
            Event::Message(message) => publish_message(platform, tenant, &message),
            Event::Conversation(event) => publish_change(platform, tenant, &event),
            Event::Status { index, user } => publish_user(platform, tenant, index, &user, now),
            Event::Station(user) => event::stations(&platform.notifications.hub, tenant, user),
            Event::Membership { queue, user, joined } => {
                event::membership(&platform.notifications.hub, tenant.index, queue, user, joined);
                observe(platform, tenant, [queue], now);
            }
            Event::Profile(user) => event::profile(&platform.notifications.hub, tenant, user),
            Event::Leaving(user) => platform.revoke_user(tenant, user),
            Event::Attributes { conversation, participant } => {
                event::attributes(&platform.notifications.hub, tenant, (conversation, participant), now);
            }
            Event::Planning => reconsider(platform, tenant, now),
            Event::Draining(edge) => announce_draining(platform, tenant, edge),
            Event::Entity { collection, id } => publish_entity(platform, tenant, collection, id, now),
            Event::Topic(event) => {
                platform.notifications.hub.publish(tenant.index, &event.topic, &event.body);
            }
            Event::Receivers => platform.notifications.deliveries.read(tenant),
        }
    }
}

/// Publishes a user whose status or routing status has just been set.
fn publish_user(platform: &Platform, tenant: &Tenant, index: UserIndex, user: &User, now: Nanos) {
    publish_statuses(platform, tenant, index, user, now);
    for socket in platform.sockets.of_agent(tenant.index, index) {
        match lag_of(tenant, &socket) {
            0 => settle(tenant, &socket, index, now),
            lag => platform.agenda.note(now.saturating_add(lag)),
        }
    }
}

/// Publishes a user's presence, routing status and adherence as the change left them.
fn publish_statuses(platform: &Platform, tenant: &Tenant, index: UserIndex, user: &User, now: Nanos) {
    let hub = &platform.notifications.hub;
    if hub.is_silent() {
        return;
    }
    event::presence(hub, tenant, user);
    event::routing_status(hub, tenant, user);
    event::activity(hub, tenant, index, user);
    statistics::presence_times(hub, tenant, user, now);
    let queues: Vec<_> = tenant.read().queues_of(index).map(|(queue, _)| queue).collect();
    observe(platform, tenant, queues, now);
    if let Some((standing, _)) = user.is_agent().then(|| tenant.read().standing(index, now)).flatten() {
        event::adherence(hub, tenant, user, standing, now);
    }
}

/// Has the observations of queues published, of those whose topic has a subscriber.
fn observe(platform: &Platform, tenant: &Tenant, queues: impl IntoIterator<Item = Id<Queue>>, now: Nanos) {
    let hub = &platform.notifications.hub;
    if hub.is_silent() {
        return;
    }
    let topic = statistics::observations_topic;
    for queue in queues.into_iter().filter(|queue| hub.listens(tenant.index, &topic(*queue))) {
        platform.agenda.observe(tenant.index, Counted::Queue(queue), now);
    }
}

/// Checks every agent's socket of an organization again, because its edges or groups changed.
fn reconsider(platform: &Platform, tenant: &Tenant, now: Nanos) {
    for (socket, agent) in agents(platform).filter(|(socket, _)| socket.tenant_index() == Some(tenant.index))
    {
        settle(tenant, &socket, agent, now);
        let lag = lag_of(tenant, &socket);
        for at in changes_since(tenant, agent, now.saturating_sub(lag), now) {
            platform.agenda.note(at.saturating_add(lag));
        }
    }
}

/// The instants at which a user's status changed.
fn changes_since(tenant: &Tenant, user: UserIndex, since: Nanos, now: Nanos) -> Vec<Nanos> {
    let organization = tenant.read();
    let Some(user) = organization.people().at(user) else { return Vec::new() };
    user.history.between(since, now).map(|(at, _)| at).collect()
}

/// Announces to the sockets of an edge that the edge drains.
fn announce_draining(platform: &Platform, tenant: &Tenant, edge: EdgeIndex) {
    let here =
        |socket: &&Arc<Socket>| socket.tenant_index() == Some(tenant.index) && socket.edge() == Some(edge);
    for socket in platform.sockets.all().iter().filter(here) {
        socket.announce_closing("The edge is being taken out of service. Connect again within a minute.");
    }
}

/// Publishes an entity as the change left it.
fn publish_entity(platform: &Platform, tenant: &Tenant, collection: &'static str, id: Uuid, now: Nanos) {
    let hub = &platform.notifications.hub;
    if !hub.is_silent() {
        event::entity(hub, tenant, collection, id, now);
    }
}

/// Publishes a sent or inbound message to subscribers and guests.
fn publish_message(platform: &Platform, tenant: &Tenant, happened: &MessageEvent) {
    tracing::trace!(
        tenant = tenant.index.0,
        conversation = %happened.conversation,
        opened = happened.opened,
        direction = happened.direction.name(),
        "message"
    );
    if happened.direction == Direction::Outbound {
        send_message(platform, tenant, happened);
    }
    if !platform.notifications.hub.is_silent() {
        let heard = publish_conversation(platform, tenant, happened.conversation, happened.at);
        if heard && happened.message.is_some() && happened.direction == Direction::Outbound {
            let later = DueMessage { tenant: tenant.index, conversation: happened.conversation };
            platform
                .agenda
                .publish_later(&later, &[SENT_AFTER, DELIVERED_AFTER].map(|after| happened.at + after));
        }
    }
}

/// Sends an outbound message to its guest, or to the webhook of its open messaging integration.
fn send_message(platform: &Platform, tenant: &Tenant, happened: &MessageEvent) {
    let (guests, deliveries) = (&platform.guests, &platform.notifications.deliveries);
    if guests.is_unused() && deliveries.has_no_messenger() {
        return;
    }
    let message = happened.message.and_then(|id| tenant.read().conversations().message(id));
    let Some(message) = &message else { return };
    if !guests.is_unused() {
        guests.deliver(message);
    }
    deliveries.take_message(tenant.index, message);
}

/// Publishes a conversation whose participants changed, and notes when the clock changes it again.
fn publish_change(platform: &Platform, tenant: &Tenant, event: &ConversationEvent) {
    if !platform.notifications.hub.is_silent() {
        publish_conversation(platform, tenant, event.conversation, event.at);
    }
    if let Some(at) = event.next {
        let later = DueMessage { tenant: tenant.index, conversation: event.conversation };
        platform.agenda.publish_later(&later, &[at]);
    }
}

/// Publishes a conversation again, because the clock changed it or the status of one of its messages at `now`.
pub(crate) fn publish_later(platform: &Platform, later: &DueMessage, now: Nanos) {
    let tenant = platform.tenants.all().into_iter().find(|tenant| tenant.index == later.tenant);
    let Some(tenant) = tenant else { return };
    let ((), events) =
        tenant.write(|organization| organization.advance_conversation(later.conversation, now));
    if !platform.notifications.hub.is_silent() {
        publish_conversation(platform, &tenant, later.conversation, now);
    }
    publish(platform, &tenant, events, now);
    let next = {
        let organization = tenant.read();
        let store = organization.conversations();
        store.find(later.conversation).and_then(|key| store.glance(key)?.parties(now).next_step())
    };
    if let Some(at) = next.filter(|at| *at > now) {
        platform.agenda.publish_later(later, &[at]);
    }
    routing::run(platform, &tenant, now);
}

/// Publishes the conversation. Returns whether there was a subscriber.
fn publish_conversation(platform: &Platform, tenant: &Tenant, conversation: Uuid, now: Nanos) -> bool {
    let hub = &platform.notifications.hub;
    let seen = {
        let organization = tenant.read();
        organization.conversations().find(conversation).and_then(|key| {
            conversation::ConversationView::of(&organization, key, conversation::MESSAGES_LISTED, now)
        })
    };
    seen.is_some_and(|seen| {
        observe(platform, tenant, seen.conversation.parties.queues(), now);
        for user in seen.users() {
            if hub.listens(tenant.index, &statistics::summary_topic(user)) {
                platform.agenda.observe(tenant.index, Counted::User(user), now);
            }
        }
        event::details(hub, tenant.index, &seen, now);
        event::conversation(hub, tenant.index, &seen, now)
    })
}
