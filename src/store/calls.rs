//! The calls of an open connection. `decisions` has those about the buckets of homes, `levels` lists levels.

mod decisions;
mod levels;

use std::collections::HashSet;
use std::sync::Arc;

use gcmock_limit::{Key, Nanos, Rule};
use redis::{AsyncCommands, Script};

use super::connection::Connection;
use super::keys::{
    buckets_of, home_of, index, kept, last_calls, limits, messages, nodes, numbers, reports, world,
};
use super::link::StoreError;
use super::question::{Question, limit_of, numbers_of};
use super::round::{Settles, Step};
use super::{BucketAction, BucketCharge, BucketName};

/// The lease of a node, in milliseconds.
const LEASE_MILLIS: u32 = 4000;
/// Entries that a scan looks at in one call.
const LOOKS: usize = 1000;
/// Entries of a part whose buckets are all changed. Decisions wait for a part, those of other nodes too.
const CHANGED_AT_ONCE: usize = 250;
/// Buckets of one question.
const PART: usize = 200;
/// Messages that are kept for nodes that join later.
pub(crate) const MOST_KEPT: usize = 20_000;

/// The scripts.
pub(super) struct Scripts {
    pub(super) change: Script,
    decide: Script,
    pub(super) followed: Script,
    holdings: Script,
    give_back: Script,
    join: Script,
    keep: Script,
    lease: Script,
    limits: Script,
    living: Script,
    renumber: Script,
    reset: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            change: Script::new(include_str!("change.lua")),
            decide: Script::new(include_str!("decide.lua")),
            followed: Script::new(include_str!("followed.lua")),
            holdings: Script::new(include_str!("holdings.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
            join: Script::new(include_str!("join.lua")),
            keep: Script::new(include_str!("keep.lua")),
            lease: Script::new(include_str!("lease.lua")),
            limits: Script::new(include_str!("limits.lua")),
            living: Script::new(include_str!("living.lua")),
            renumber: Script::new(include_str!("renumber.lua")),
            reset: Script::new(include_str!("reset.lua")),
        }
    }
}

/// A handle of the connection. Clones share it.
#[derive(Clone)]
pub(super) struct Calls {
    pub(super) connection: Connection,
    pub(super) scripts: Arc<Scripts>,
}

/// A node's place among the others.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    /// Whether the lease was still running.
    pub(crate) ran: bool,
    /// Whether the store has what all nodes share. It is written when the first node joins.
    pub(super) has_world: bool,
    /// The store's time, in microseconds since 1970.
    pub(crate) store_micros: u64,
    /// The reports of the other nodes whose leases run, by number.
    pub(crate) others: Vec<(u32, Vec<u8>)>,
    /// Of a node that has just connected: the sequence and the answer of its last call.
    pub(super) last: Option<(u64, Vec<u8>)>,
}

/// The sender of a call: the number of the node, and the sequence of its calls. The default is no node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Caller {
    pub(super) node: u32,
    pub(super) sequence: u64,
}

/// What `join.lua` returns.
type Joined = (u8, u64, u64, Vec<(u32, Vec<u8>)>, Vec<u8>, u8);

/// A part of the buckets of a home.
struct Part {
    /// Fields and their buckets.
    found: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where the next part begins; 0 at the end.
    next: u64,
}

impl Part {
    /// The keys and buckets of `rule`.
    fn of(&self, rule: &Rule) -> impl Iterator<Item = (Key, &[u8])> {
        let wanted = limit_of(rule);
        self.found.iter().filter_map(move |(field, value)| {
            let (limit, key) = BucketName::read(field)?;
            (limit == wanted).then_some((key, value.as_slice()))
        })
    }

    /// The limits that have buckets in it, each once.
    fn limits(&self) -> HashSet<&[u8]> {
        self.found.iter().filter_map(|(field, _)| Some(BucketName::read(field)?.0)).collect()
    }

    /// The fields of these limits.
    fn of_limits(&self, limits: &[Vec<u8>]) -> Vec<&[u8]> {
        let is_of = |field: &[u8]| {
            BucketName::read(field).is_some_and(|(limit, _)| limits.iter().any(|one| one == limit))
        };
        self.found.iter().map(|(field, _)| field.as_slice()).filter(|field| is_of(field)).collect()
    }

    /// The fields in which a cluster keeps something of nodes, of those that are not among `leases`.
    fn of_other_nodes<'p>(&'p self, leases: &'p HashSet<Vec<u8>>) -> impl Iterator<Item = &'p [u8]> {
        let node_of =
            |field: &'p [u8]| field.starts_with(b"\0").then(|| field.rsplit(|byte| *byte == b' ').next());
        let is_known = move |node: &[u8]| leases.contains(&[b"\0lease ", node].concat());
        let fields = self.found.iter().map(|(field, _)| field.as_slice());
        fields.filter(move |field| node_of(field).flatten().is_some_and(|node| !is_known(node)))
    }
}

/// What all nodes share beside limits.
impl Calls {
    /// Renews the lease of a node. With a sequence, the node has just connected, and that is of its next call.
    pub(super) async fn join(
        &mut self,
        Caller { node, sequence }: Caller,
        report: &[u8],
    ) -> Result<Lease, StoreError> {
        let mut call = self.scripts.join.prepare_invoke();
        call.key(nodes()).key(reports()).key(last_calls()).key(world());
        call.arg(node).arg(LEASE_MILLIS).arg(report).arg(sequence);
        let (ran, seconds, micros, others, last, has_world): Joined =
            call.invoke_async(&mut self.connection).await?;
        let store_micros = seconds * 1_000_000 + micros;
        let last = read_last(&last);
        Ok(Lease { ran: ran == 1, has_world: has_world == 1, store_micros, others, last })
    }

    /// Sends messages to all nodes.
    pub(super) async fn publish(&mut self, sent: impl Iterator<Item = &[u8]>) -> Result<(), StoreError> {
        let mut pipe = redis::pipe();
        for message in sent {
            pipe.publish(messages(), message).ignore();
        }
        Ok(pipe.query_async(&mut self.connection).await?)
    }

    /// Keeps a message for nodes that join later, in place of an earlier one of that key.
    pub(super) async fn keep(&mut self, key: &str, message: &[u8]) -> Result<(), StoreError> {
        let mut call = self.scripts.keep.prepare_invoke();
        call.key(kept()).arg(key).arg(message).arg(MOST_KEPT);
        Ok(call.invoke_async(&mut self.connection).await?)
    }

    /// The messages that are kept, in no order.
    pub(super) async fn kept(&mut self) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(self.connection.hvals(kept()).await?)
    }
}

/// Many buckets, part by part.
impl Calls {
    /// Deletes the buckets of all homes, the kept messages and the limits' numbers.
    pub(super) async fn reset(&mut self) -> Result<(), StoreError> {
        if self.connection.is_cluster() {
            return self.reset_each().await;
        }
        let mut call = self.scripts.reset.prepare_invoke();
        call.key(index()).key(kept()).key(numbers());
        Ok(call.invoke_async(&mut self.connection).await?)
    }

    /// In a cluster, each home for itself. The index keeps them: nodes write a home there once.
    async fn reset_each(&mut self) -> Result<(), StoreError> {
        let keys: Vec<String> = self.connection.smembers(index()).await?;
        for key in keys {
            let () = self.connection.unlink(key).await?;
        }
        Ok(self.connection.unlink(&[kept(), numbers()]).await?)
    }

    /// The homes that have buckets, of all nodes.
    pub(super) async fn homes(&mut self) -> Result<Vec<Arc<str>>, StoreError> {
        let keys: Vec<String> = self.connection.smembers(index()).await?;
        Ok(keys.iter().filter_map(|key| home_of(key)).map(Arc::from).collect())
    }

    async fn part(&mut self, home: &str, cursor: u64, looks: usize) -> Result<Part, StoreError> {
        let mut scan = redis::cmd("HSCAN");
        scan.arg(buckets_of(home)).arg(cursor).arg("COUNT").arg(looks);
        let (next, found) = scan.query_async(&mut self.connection).await?;
        Ok(Part { found, next })
    }

    /// Does `task` to the buckets of `rule` in the part that begins at `cursor`. Returns where the next part begins, 0 at the
    /// end.
    pub(super) async fn keep_up(
        &mut self,
        home: &Arc<str>,
        rule: &Rule,
        (task, now): (BucketAction, Nanos),
        cursor: u64,
    ) -> Result<u64, StoreError> {
        let part = self.part(home, cursor, CHANGED_AT_ONCE).await?;
        let buckets = part.of(rule).map(|(key, _)| BucketCharge::bucket(home, rule, key)).collect();
        self.tend(buckets, task, now).await?;
        Ok(part.next)
    }

    /// Which node settles the buckets of a limit that has the numbers of `rule` since `now`. The sequence is that of the
    /// changes of the caller.
    pub(super) async fn renumber(
        &mut self,
        rule: &Rule,
        Caller { node, sequence }: Caller,
        (step, now): (Step, Nanos),
    ) -> Result<Settles, StoreError> {
        let mut call = self.scripts.renumber.prepare_invoke();
        call.key(numbers()).key(nodes()).arg(limit_of(rule)).arg(numbers_of(rule));
        call.arg(node).arg(sequence).arg(now).arg(step.name());
        let answer: String = call.invoke_async(&mut self.connection).await?;
        Ok(Settles::read(&answer))
    }

    /// Removes idle buckets of `rules`, and all of limits that no node has in force, from the part that begins at `cursor`.
    /// Returns where the next part begins.
    pub(super) async fn sweep(
        &mut self,
        home: &Arc<str>,
        rules: &[Rule],
        cursor: u64,
        now: Nanos,
    ) -> Result<u64, StoreError> {
        let part = self.part(home, cursor, LOOKS).await?;
        let gone = self.gone_limits(rules, &part).await?;
        let leases: HashSet<Vec<u8>> =
            if self.connection.is_cluster() { self.connection.hkeys(nodes()).await? } else { HashSet::new() };
        let mut of_gone = part.of_limits(&gone);
        if self.connection.is_cluster() {
            of_gone.extend(part.of_other_nodes(&leases));
        }
        if !of_gone.is_empty() {
            let () = self.connection.hdel(buckets_of(home), of_gone).await?;
        }
        let of = |rule| part.of(rule).map(move |(key, _)| BucketCharge::bucket(home, rule, key));
        self.tend(rules.iter().flat_map(of).collect(), BucketAction::Sweep, now).await?;
        Ok(part.next)
    }

    /// Marks `rules` as in force, and returns the limits that no node has had in force for a while.
    async fn gone_limits(&mut self, rules: &[Rule], part: &Part) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut call = self.scripts.limits.prepare_invoke();
        call.key(limits()).key(numbers());
        if !self.connection.is_cluster() {
            call.key(index());
        }
        call.arg(rules.len());
        for rule in rules {
            call.arg(limit_of(rule)).arg(numbers_of(rule));
        }
        part.limits().into_iter().for_each(|limit| _ = call.arg(limit));
        Ok(call.invoke_async(&mut self.connection).await?)
    }

    /// Does `task` to these buckets.
    pub(super) async fn tend(
        &mut self,
        buckets: Vec<BucketCharge>,
        task: BucketAction,
        now: Nanos,
    ) -> Result<(), StoreError> {
        let question = |part: &[BucketCharge]| Question { now, refused: false, task, charges: part.into() };
        let questions: Vec<_> = buckets.chunks(PART).map(question).collect();
        // A part of a large hash has as many buckets as were asked for; one of a small hash is all of it.
        for together in questions.chunks(LOOKS / PART) {
            self.decide(&together.iter().collect::<Vec<_>>(), Caller::default()).await?;
        }
        Ok(())
    }
}

/// The sequence and the answer of a call.
fn read_last(last: &[u8]) -> Option<(u64, Vec<u8>)> {
    let space = last.iter().position(|byte| *byte == b' ')?;
    let sequence = std::str::from_utf8(&last[..space]).ok()?.parse().ok()?;
    Some((sequence, last[space + 1..].to_vec()))
}
