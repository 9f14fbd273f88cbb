//! What a node does when it hears of a change on another one.

use std::sync::Arc;

use super::Nodes;
use super::message::{Message, SharedChannel, SharedSeat};
use crate::identity::Token;
use crate::platform::Platform;
use crate::push::roster::{Group, Seats};
use crate::push::topic::Topic;
use crate::world::id::Id;

impl Nodes {
    /// Does on this node what another one did.
    pub(super) fn follow_message(&self, message: Message) {
        let Some(platform) = self.platform() else { return };
        match message {
            Message::Revoked(hash) => platform.identity.tokens.revoke_hash(hash),
            Message::Channel(channel) => follow_channel(&platform, *channel),
            Message::Event(tenant, topic, frame) => {
                if let Some(tenant) = platform.tenants.find(Some(&tenant.to_string())) {
                    platform.notifications.hub.deliver(tenant.index, &topic, &frame);
                }
            }
            Message::Seat(seat, taken) => {
                if let Some(group) = group_of(&platform, &seat) {
                    platform.roster.follow(seat.node, group, seat.agent, taken);
                }
            }
            Message::Seats(node, all) => {
                let mut seats = Seats::new();
                for seat in &all {
                    if let Some(group) = group_of(&platform, seat) {
                        seats.entry(group).or_default().insert(seat.agent);
                    }
                }
                platform.roster.follow_all(node, seats);
            }
            Message::AskSeats => self.tell_seats(&platform),
        }
    }
}

/// Resets this node where another one was, unless it has followed already. Returns whether it did.
pub(super) fn follow_reset(platform: &Platform, epoch: u64) -> bool {
    let is_new = platform.identity.tokens.epoch() < epoch;
    if is_new {
        platform.reset_this_node();
        platform.identity.tokens.set_epoch(epoch);
    }
    is_new
}

/// The group of a connected agent on this node.
fn group_of(platform: &Platform, seat: &SharedSeat) -> Option<Group> {
    let tenant = platform.tenants.find(Some(&seat.tenant.to_string()))?;
    Some((tenant.index, Id::new(seat.group)))
}

/// Has the channel of another node here too. Topics of entities that this node does not have are left out.
fn follow_channel(platform: &Platform, shared: SharedChannel) {
    let SharedChannel { tenant: id, client, user, grant, hash, token_expires, .. } = shared;
    let pasted = platform.identity.pasted();
    let known = if client == pasted.id {
        Some((Arc::clone(platform.tenants.default_tenant()), Arc::clone(pasted)))
    } else {
        platform.tenants.client(&client)
    };
    let Some((tenant, client)) = known.filter(|(tenant, _)| tenant.id == id) else { return };
    let topics = {
        let organization = tenant.read();
        shared.topics.iter().filter_map(|text| Topic::read(text, &organization).ok()).collect()
    };
    let token = Arc::new(Token { tenant, client, user, grant, hash, expires: token_expires });
    let (hub, channels) = (&platform.notifications.hub, &platform.notifications.channels);
    let channel = channels.follow(hub, &shared.id, &token, shared.expires);
    // Equal ones are not replaced: no event is missed meanwhile.
    if channel.subscriptions.list() != shared.topics {
        // The other node has checked their number.
        let _ = channel.subscriptions.replace(hub, topics);
    }
}
