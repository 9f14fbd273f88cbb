//! What a node does when it hears of a change on another one.

use std::sync::Arc;

use serde_json::Value;

use super::Nodes;
use super::message::{KeptLimits, Message, SharedChannel, SharedSeat};
use crate::identity::Token;
use crate::platform::Platform;
use crate::push::roster::{Group, Seats};
use crate::push::topic::Topic;
use crate::world::id::Id;

impl Nodes {
    /// Does on this node what another one did.
    pub(super) fn follow(&self, message: Message) {
        let Some(platform) = self.platform() else { return };
        let followed = match message {
            Message::Clock(clock) => {
                self.follow_clock(clock);
                Ok(())
            }
            Message::Reset(epoch) => {
                follow_reset(&platform, epoch);
                Ok(())
            }
            Message::Revoked(hash) => {
                platform.identity.tokens.revoke_hash(hash);
                Ok(())
            }
            Message::Channel(channel) => {
                follow_channel(&platform, *channel);
                Ok(())
            }
            Message::Event(tenant, topic, frame) => {
                if let Some(tenant) = platform.tenants.find(Some(&tenant.to_string())) {
                    platform.notifications.hub.deliver(tenant.index, &topic, &frame);
                }
                Ok(())
            }
            Message::Seat(seat, taken) => {
                if let Some(group) = group_of(&platform, &seat) {
                    platform.roster.follow(seat.node, group, seat.agent, taken);
                }
                Ok(())
            }
            Message::Seats(node, all) => {
                let mut seats = Seats::new();
                for seat in &all {
                    if let Some(group) = group_of(&platform, seat) {
                        seats.entry(group).or_default().insert(seat.agent);
                    }
                }
                platform.roster.follow_all(node, seats);
                Ok(())
            }
            Message::AskSeats => {
                self.tell_seats(&platform);
                Ok(())
            }
            Message::Limits(limits) => limits.put_in_force(&platform.config, "another node").map(drop),
            Message::Limit(name, Value::Object(keys)) => platform.config.change_limit(&name, keys).map(drop),
            Message::Limit(..) => Ok(()),
        };
        if let Err(problems) = followed {
            tracing::warn!("another node changed its limits, and this one can not follow: {problems}");
        }
    }
}

/// Resets this node where another one was, unless it has followed already.
pub(super) fn follow_reset(platform: &Platform, epoch: u64) {
    if platform.identity.tokens.epoch() < epoch {
        platform.reset_this_node();
        platform.identity.tokens.set_epoch(epoch);
    }
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

/// Puts limits in force that were changed at another node. Those of other files are of another configuration: they stay away.
pub(super) fn follow_limits(platform: &Platform, kept: &KeptLimits) {
    if kept.files != platform.config.file_rules().digest() {
        return;
    }
    if let Err(problems) = platform.config.put_limits(&kept.limits) {
        tracing::warn!("another node changed its limits, and this one can not follow: {problems}");
    }
}
