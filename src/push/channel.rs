//! The vendor's notification channels. A client subscribes through a channel, before and between its sockets.
//!
//! A user has at most 20 channels with one client. The next one replaces the channel whose last use is the longest
//! ago, channels without a socket first. A channel lives for a day of model time after its last use for
//! subscribing. Its address is its credential, so its id is drawn from 130 random bits.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use uuid::Uuid;

use super::outbox::Outbox;
use super::{Hub, Subscriptions};
use crate::identity::Token;
use crate::observe::close_reason::CloseReason;
use crate::time::Nanos;
use crate::world::id::{ClientIndex, TenantIndex, UserIndex};

/// Channels of one user and client.
pub(crate) const MAX_OF_OWNER: usize = 20;
/// Channels of the whole server; the ones that were used longest ago go first.
const MAX_CHANNELS: usize = 50_000;
/// The lifetime of a channel: a day.
const LIFE: Nanos = 24 * 3600 * 1_000_000_000;

/// The owner of a channel: organization, client, and user if there is one.
pub(crate) type Owner = (TenantIndex, ClientIndex, Option<UserIndex>);

/// The owner of channels that this token creates.
fn owner(token: &Token) -> Owner {
    (token.tenant.index, token.client.index, token.user)
}

/// One channel.
#[derive(Debug)]
pub(crate) struct Channel {
    /// `streaming-`, the name of this server, `-`, and 26 letters and digits.
    pub(crate) id: String,
    /// The token that made it.
    pub(crate) token: Arc<Token>,
    pub(crate) subscriptions: Arc<Subscriptions>,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    expires: Nanos,
    /// The order of use, over all channels.
    used: u64,
}

impl Channel {
    /// The end of its lifetime, unless it is used.
    pub(crate) fn expires(&self) -> Nanos {
        self.state.lock().expires
    }

    fn is_connected(&self) -> bool {
        self.subscriptions.mailbox.outbox().is_some()
    }

    fn close(&self, reason: &'static str) {
        if let Some(outbox) = self.subscriptions.mailbox.outbox() {
            outbox.close(CloseReason::platform(1001, reason));
        }
    }
}

#[derive(Debug, Default)]
struct All {
    by_id: HashMap<String, Arc<Channel>>,
    by_owner: HashMap<Owner, Vec<Arc<Channel>>>,
    uses: u64,
}

impl All {
    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }

    fn remove(&mut self, channel: &Channel) {
        self.by_id.remove(&channel.id);
        let owner = owner(&channel.token);
        if let Some(of_owner) = self.by_owner.get_mut(&owner) {
            of_owner.retain(|known| known.id != channel.id);
            if of_owner.is_empty() {
                self.by_owner.remove(&owner);
            }
        }
    }

    /// The channel that has to make room for another one of `owner`.
    fn displaced(&self, owner: &Owner) -> Option<Arc<Channel>> {
        let of_owner = self.by_owner.get(owner).filter(|all| all.len() >= MAX_OF_OWNER);
        if let Some(of_owner) = of_owner {
            return longest_unused(of_owner.iter());
        }
        (self.by_id.len() >= MAX_CHANNELS).then(|| longest_unused(self.by_id.values())).flatten()
    }
}

/// The channel with the oldest last use, channels without a socket first.
fn longest_unused<'c>(channels: impl Iterator<Item = &'c Arc<Channel>>) -> Option<Arc<Channel>> {
    channels.min_by_key(|channel| (channel.is_connected(), channel.state.lock().used)).cloned()
}

/// Every channel.
#[derive(Debug, Default)]
pub(crate) struct Channels(Mutex<All>);

impl Channels {
    /// Creates a channel. If another one has to make room, it is removed and its socket closed.
    pub(crate) fn create(&self, hub: &Hub, node: &str, token: &Arc<Token>, now: Nanos) -> Arc<Channel> {
        self.expire(hub, now);
        self.insert(hub, new_id(node), token, now.saturating_add(LIFE))
    }

    /// The channel of another server, made here if it is not known yet. It ends at `expires`.
    pub(crate) fn follow(&self, hub: &Hub, id: &str, token: &Arc<Token>, expires: Nanos) -> Arc<Channel> {
        let mut all = self.0.lock();
        if let Some(known) = all.by_id.get(id).cloned() {
            let used = all.next_use();
            *known.state.lock() = State { expires, used };
            return known;
        }
        drop(all);
        self.insert(hub, id.to_owned(), token, expires)
    }

    fn insert(&self, hub: &Hub, id: String, token: &Arc<Token>, expires: Nanos) -> Arc<Channel> {
        let mut all = self.0.lock();
        let displaced = all.displaced(&owner(token));
        if let Some(old) = &displaced {
            all.remove(old);
        }
        let state = State { expires, used: all.next_use() };
        let channel = Arc::new(Channel {
            id,
            token: Arc::clone(token),
            subscriptions: Arc::new(Subscriptions::new(token.tenant.index)),
            state: Mutex::new(state),
        });
        all.by_id.insert(channel.id.clone(), Arc::clone(&channel));
        all.by_owner.entry(owner(token)).or_default().push(Arc::clone(&channel));
        drop(all);
        if let Some(old) = displaced {
            old.subscriptions.clear(hub);
            old.close("another channel replaced this one");
        }
        channel
    }

    /// The channel of that id, unless its time is over.
    pub(crate) fn find(&self, id: &str, now: Nanos) -> Option<Arc<Channel>> {
        self.0.lock().by_id.get(id).filter(|channel| now < channel.expires()).cloned()
    }

    /// The channel of that id and owner. Its lifetime starts again.
    pub(crate) fn touch(&self, id: &str, owner_of: Owner, now: Nanos) -> Option<Arc<Channel>> {
        let mut all = self.0.lock();
        let found =
            all.by_id.get(id).filter(|one| now < one.expires() && owner(&one.token) == owner_of).cloned()?;
        *found.state.lock() = State { expires: now.saturating_add(LIFE), used: all.next_use() };
        Some(found)
    }

    /// The channels of an owner, the oldest first.
    pub(crate) fn of(&self, owner: Owner, now: Nanos) -> Vec<Arc<Channel>> {
        let all = self.0.lock();
        let of_owner = all.by_owner.get(&owner).into_iter().flatten();
        of_owner.filter(|channel| now < channel.expires()).cloned().collect()
    }

    /// Every channel whose time is not over.
    pub(crate) fn all(&self, now: Nanos) -> Vec<Arc<Channel>> {
        let all = self.0.lock();
        all.by_id.values().filter(|channel| now < channel.expires()).cloned().collect()
    }

    /// Connects a socket to a channel; one that was connected before is closed.
    pub(crate) fn connect(&self, channel: &Channel, outbox: &Arc<Outbox>) {
        let used = self.0.lock().next_use();
        channel.state.lock().used = used;
        if let Some(before) = channel.subscriptions.mailbox.connect(Arc::clone(outbox)) {
            before.close(CloseReason::platform(1000, "another socket of this channel was opened"));
        }
    }

    /// Ends expired channels and their sockets.
    pub(crate) fn expire(&self, hub: &Hub, now: Nanos) {
        let mut all = self.0.lock();
        let over: Vec<_> = all.by_id.values().filter(|channel| channel.expires() <= now).cloned().collect();
        for channel in &over {
            all.remove(channel);
        }
        drop(all);
        for channel in over {
            channel.subscriptions.clear(hub);
            channel.close("idle timeout");
        }
    }

    /// Removes all channels, or those of one organization. It does not close their sockets.
    pub(crate) fn forget(&self, hub: &Hub, tenant: Option<TenantIndex>) {
        let mut all = self.0.lock();
        let is_its = |channel: &Channel| tenant.is_none_or(|tenant| channel.token.tenant.index == tenant);
        let gone: Vec<_> = all.by_id.values().filter(|channel| is_its(channel)).cloned().collect();
        for channel in &gone {
            all.remove(channel);
        }
        drop(all);
        for channel in &gone {
            channel.subscriptions.clear(hub);
        }
    }
}

/// `streaming-0-fmtdmf8cdis7jh14udg5p89t6z`: five bits a letter.
fn new_id(node: &str) -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let random = [Uuid::new_v4().as_u128(), Uuid::new_v4().as_u128()];
    let letter = |at: u32| {
        let bits = random[(at / 20) as usize] >> (at % 20 * 5);
        char::from(LETTERS[(bits & 31) as usize])
    };
    let letters: String = (0..26).map(letter).collect();
    format!("streaming-{node}-{letters}")
}
