//! Changes of what all nodes share. The store makes them one after the other and tells all nodes, this one too, which
//! then read what it has. So all nodes end with the same: for each field, the value that came last.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use redis::{AsyncCommands, ScriptInvocation};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::calls::Calls;
use super::keys::{last_calls, messages, nodes, world};
use super::link::StoreError;
use super::{Order, Store};

/// The message that something has changed.
pub(super) const CHANGED: &[u8] = b"changed";

/// The longest wait until the other nodes have followed a change, and the time between two questions whether they have. A
/// node that has died is waited for in vain until its lease ends.
const FOLLOWING: Duration = Duration::from_secs(1);
const ASKING: Duration = Duration::from_millis(5);

/// Fields of what all nodes share, and their values.
pub(crate) type Fields = BTreeMap<String, Vec<u8>>;

/// A change of some fields.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) fields: Fields,
    /// Of a change of limits: what becomes of those that are kept.
    pub(crate) limits: Option<Beneath>,
}

/// The limits files beneath a change of limits, and what happens to the changes that the store keeps.
#[derive(Debug)]
pub(crate) struct Beneath {
    pub(crate) drops: Drops,
    /// A digest of the limits files of this node.
    pub(crate) files: String,
    /// Written in their place, if they are dropped or there are none.
    pub(crate) instead: Fields,
}

/// Which changes of limits that are kept are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drops {
    /// All of them.
    All,
    /// Those of nodes with other limits files.
    Others,
    /// None: the change is made only where no other one is kept.
    None,
}

impl Drops {
    const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Others => "others",
            Self::None => "none",
        }
    }
}

impl Change {
    /// A change of one field that is not of limits.
    pub(crate) fn of(field: &str, value: Vec<u8>) -> Self {
        Self { fields: Fields::from([(field.to_owned(), value)]), limits: None }
    }

    /// Whether an earlier change need not be made any more.
    pub(super) fn replaces(&self, earlier: &Self) -> bool {
        let drops = |change: &Self| change.limits.as_ref().map(|beneath| beneath.drops);
        match (drops(self), drops(earlier)) {
            (Some(Drops::All), Some(_)) => true,
            (Some(_), Some(Drops::All)) => false,
            (now, before) => now == before && self.fields.keys().eq(earlier.fields.keys()),
        }
    }
}

impl Calls {
    /// Makes a change.
    pub(super) async fn change(&mut self, change: &Change) -> Result<(), StoreError> {
        let mut call = self.scripts.change.prepare_invoke();
        call.key(world()).arg(messages());
        match &change.limits {
            None => _ = call.arg("").arg("").arg(0),
            Some(Beneath { drops, files, instead }) => {
                call.arg(drops.name()).arg(files).arg(instead.len());
                add(&mut call, instead);
            }
        }
        add(&mut call, &change.fields);
        Ok(call.invoke_async(&mut self.connection).await?)
    }

    /// Keeps a value, unless there is one.
    pub(super) async fn propose(&mut self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        Ok(self.connection.hset_nx(world(), key, value).await?)
    }

    /// The values that are kept.
    pub(super) async fn world(&mut self) -> Result<HashMap<String, Vec<u8>>, StoreError> {
        Ok(self.connection.hgetall(world()).await?)
    }
}

/// Whether the other nodes have followed.
impl Calls {
    /// Notes that a node has followed so many changes.
    pub(super) async fn follow(&mut self, node: u32, version: u64) -> Result<(), StoreError> {
        Ok(self.connection.hset(last_calls(), format!("\0followed {node}"), version).await?)
    }

    /// The number of changes, those until now if none is given, and whether all nodes but this one have followed them.
    pub(super) async fn followed(
        &mut self,
        node: u32,
        version: Option<u64>,
    ) -> Result<(u64, bool), StoreError> {
        let mut call = self.scripts.followed.prepare_invoke();
        call.key(world()).key(nodes()).key(last_calls());
        call.arg(node).arg(version.map_or_else(String::new, |version| version.to_string()));
        Ok(call.invoke_async(&mut self.connection).await?)
    }
}

impl Store {
    /// This node has followed so many changes.
    pub(crate) fn has_followed(&self, version: u64) {
        self.order(Order::Follow { version });
    }

    /// Waits until everything is done that was ordered before, and the other nodes have followed all changes until then. It waits
    /// for a second at most, and not at all while the store fails.
    pub(crate) async fn followed(&self) {
        let all_follow = async {
            let mut version = None;
            while let Some((asked, false)) = self.ask_followed(version).await {
                version = Some(asked);
                sleep(ASKING).await;
            }
        };
        let _ = timeout(FOLLOWING, all_follow).await;
    }

    async fn ask_followed(&self, version: Option<u64>) -> Option<(u64, bool)> {
        if self.is_failing() {
            return None;
        }
        let (reply, answer) = oneshot::channel();
        self.order(Order::AskFollowed { version, reply });
        answer.await.ok()
    }
}

fn add(call: &mut ScriptInvocation<'_>, fields: &Fields) {
    for (field, value) in fields {
        call.arg(field).arg(&value[..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_limits(field: &str, drops: Drops) -> Change {
        let beneath = Beneath { drops, files: String::new(), instead: Fields::new() };
        Change { limits: Some(beneath), ..Change::of(field, Vec::new()) }
    }

    #[test]
    fn a_change_replaces_an_earlier_one_of_the_same_fields_and_a_reset_all_of_limits() {
        let (capacity, period) =
            (of_limits("limit capacity a", Drops::Others), of_limits("limit period a", Drops::Others));
        let (reset, clock) = (of_limits("limits", Drops::All), Change::of("clock", Vec::new()));
        assert!(capacity.replaces(&of_limits("limit capacity a", Drops::Others)));
        assert!(reset.replaces(&capacity) && reset.replaces(&of_limits("limits", Drops::All)));
        assert!(clock.replaces(&Change::of("clock", Vec::new())));
        assert!(!period.replaces(&capacity) && !capacity.replaces(&reset));
        assert!(!reset.replaces(&clock) && !clock.replaces(&reset));
    }
}
