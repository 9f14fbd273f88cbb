//! The messages that the store keeps for nodes that join later, where it has lost them.

use std::collections::HashSet;

use super::Nodes;
use super::message::{Envelope, Message, SharedChannel};
use crate::platform::Platform;
use crate::store::MOST_KEPT;

/// Keeps again what this node knows and the store, which has `kept`, does not: it was emptied, or started without its data.
pub(super) fn keep_again(nodes: &Nodes, platform: &Platform, kept: &[Vec<u8>]) {
    let known: HashSet<String> = kept.iter().filter_map(|message| key_of(message)).collect();
    let room = MOST_KEPT.saturating_sub(known.len());
    for (key, message) in of_this_node(platform).filter(|(key, _)| !known.contains(key)).take(room) {
        nodes.store.keep(key, nodes.envelope(message));
    }
}

fn key_of(message: &[u8]) -> Option<String> {
    serde_json::from_slice::<Envelope>(message).ok()?.message.kept_as()
}

/// What is kept of this node's revoked tokens and channels, with the keys.
fn of_this_node(platform: &Platform) -> impl Iterator<Item = (String, Message)> {
    let revoked = platform.identity.tokens.revoked().into_iter().map(Message::Revoked);
    let channels = platform.notifications.channels.all(platform.clock.now()).into_iter();
    let channels = channels.map(|channel| Message::Channel(Box::new(SharedChannel::of(&channel))));
    revoked.chain(channels).filter_map(|message| Some((message.kept_as()?, message)))
}
