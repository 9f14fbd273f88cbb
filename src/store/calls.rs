//! The calls of an open connection.

use std::collections::HashMap;
use std::sync::Arc;

use gcmock_limit::{Key, Level, Nanos, Rule};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Script};

use super::link::{PREFIX, StoreError};
use super::question::{Answer, Packed, Question, answers, level};
use super::{Asked, BucketName, Doing};

/// The lease of a node, in milliseconds.
const LEASE_MILLIS: u32 = 4000;
/// Entries that a scan looks at in one call.
const LOOKS: usize = 1000;
/// Levels that are read of one limit.
const MOST_LEVELS: usize = 100_000;
/// Buckets of one question.
const PART: usize = 200;
/// Messages that are kept for nodes that join later.
const MOST_KEPT: usize = 20_000;
/// The bytes of a bucket without slots.
const BUCKET_BYTES: usize = 24;

/// The scripts.
pub(super) struct Scripts {
    decide: Script,
    holdings: Script,
    give_back: Script,
    join: Script,
    keep: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            decide: Script::new(include_str!("decide.lua")),
            holdings: Script::new(include_str!("holdings.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
            join: Script::new(include_str!("join.lua")),
            keep: Script::new(include_str!("keep.lua")),
        }
    }
}

/// A handle of the connection. Clones share it.
#[derive(Clone)]
pub(super) struct Calls {
    pub(super) connection: MultiplexedConnection,
    pub(super) scripts: Arc<Scripts>,
}

/// A node's place among the others.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    /// Whether the lease was still running.
    pub(crate) ran: bool,
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
type Joined = (u8, u64, u64, Vec<(u32, Vec<u8>)>, Vec<u8>);

/// A part of the buckets of a home.
struct Part {
    /// Fields and their buckets.
    found: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where the next part begins; 0 at the end.
    next: u64,
}

impl Part {
    /// The keys and buckets of `rule`.
    fn of<'p>(&'p self, rule: &'p Rule) -> impl Iterator<Item = (Key, &'p [u8])> {
        self.found.iter().filter_map(|(field, value)| {
            let (name, key) = BucketName::read(field)?;
            (name == rule.name.as_bytes()).then_some((key, value.as_slice()))
        })
    }

    /// The keys and buckets of `rule`, without those that have slots.
    fn without_slots<'p>(&'p self, rule: &'p Rule) -> impl Iterator<Item = (Key, &'p [u8])> {
        self.of(rule).filter(|(_, value)| value.len() == BUCKET_BYTES)
    }
}

/// Decisions and slots.
impl Calls {
    /// Decides over `questions` of a node in one call.
    pub(super) async fn decide(
        &mut self,
        questions: &[&Question],
        Caller { node, sequence }: Caller,
    ) -> Result<Vec<Answer>, StoreError> {
        let packed = Packed::new(questions.iter().copied());
        let mut call = self.scripts.decide.prepare_invoke();
        call.key(nodes()).key(last_calls());
        for home in &packed.homes {
            call.key(buckets_of(home));
        }
        call.arg(format!("{node} {sequence}"))
            .arg(&packed.rules[..])
            .arg(&packed.requests[..])
            .arg(&packed.home_of[..]);
        for field in &packed.fields {
            call.arg(&field[..]);
        }
        let bytes: Vec<u8> = call.invoke_async(&mut self.connection).await?;
        answers(questions.iter().copied(), &bytes).ok_or_else(|| {
            StoreError::Unfit("the store answers something else than gcmock's script".to_owned())
        })
    }

    /// Writes how many slots a node holds.
    pub(super) async fn hold(&mut self, node: u32, held: &[(BucketName, u32)]) -> Result<(), StoreError> {
        for (bucket, slots) in held {
            let mut call = self.scripts.holdings.prepare_invoke();
            call.key(buckets_of(&bucket.home)).arg(node).arg(&bucket.field[..]).arg(*slots);
            let () = call.invoke_async(&mut self.connection).await?;
        }
        Ok(())
    }

    /// Takes the charges of `made` back, but not its slots.
    pub(super) async fn give_back(&mut self, made: &Question) -> Result<(), StoreError> {
        for asked in made.charges.iter().filter(|asked| !asked.takes_slots()) {
            let mut call = self.scripts.give_back.prepare_invoke();
            let kind = if asked.is_of_window() { "window" } else { "" };
            call.key(buckets_of(&asked.bucket.home)).arg(&asked.bucket.field[..]).arg(asked.units);
            call.arg(&made.now.to_le_bytes()[..]).arg(kind);
            let () = call.invoke_async(&mut self.connection).await?;
        }
        Ok(())
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
        call.key(nodes()).key(format!("{PREFIX}reports")).key(last_calls());
        call.arg(node).arg(LEASE_MILLIS).arg(report).arg(sequence);
        let (ran, seconds, micros, others, last): Joined = call.invoke_async(&mut self.connection).await?;
        let store_micros = seconds * 1_000_000 + micros;
        Ok(Lease { ran: ran == 1, store_micros, others, last: read_last(&last) })
    }

    /// Sends a message to all nodes.
    pub(super) async fn publish(&mut self, message: &[u8]) -> Result<(), StoreError> {
        Ok(self.connection.publish(messages(), message).await?)
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

    /// Keeps a value.
    pub(super) async fn put(&mut self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        Ok(self.connection.hset(world(), key, value).await?)
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

/// Many buckets, part by part.
impl Calls {
    /// Deletes the buckets of all homes, and the kept messages.
    pub(super) async fn forget(&mut self) -> Result<(), StoreError> {
        let () = self.connection.del(kept()).await?;
        let pattern = format!("{PREFIX}{{*}}:buckets");
        let mut cursor = 0_u64;
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(LOOKS);
            let (next, keys): (u64, Vec<String>) = scan.query_async(&mut self.connection).await?;
            if !keys.is_empty() {
                let () = self.connection.del(keys).await?;
            }
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }

    async fn part(&mut self, home: &str, cursor: u64) -> Result<Part, StoreError> {
        let mut scan = redis::cmd("HSCAN");
        scan.arg(buckets_of(home)).arg(cursor).arg("COUNT").arg(LOOKS);
        let (next, found) = scan.query_async(&mut self.connection).await?;
        Ok(Part { found, next })
    }

    /// The levels of `rule`, at most [`MOST_LEVELS`]. None of slots, because those are of nodes.
    pub(super) async fn levels(&mut self, home: &str, rule: &Rule) -> Result<Vec<Level>, StoreError> {
        let (mut cursor, mut levels) = (0, Vec::new());
        loop {
            let part = self.part(home, cursor).await?;
            levels.extend(part.without_slots(rule).map(|(key, value)| level(value, key)));
            if part.next == 0 || levels.len() >= MOST_LEVELS {
                return Ok(levels);
            }
            cursor = part.next;
        }
    }

    /// Deletes the buckets of `rule`, except held slots.
    pub(super) async fn refill(&mut self, home: &Arc<str>, rule: &Rule) -> Result<(), StoreError> {
        let mut cursor = 0;
        loop {
            let part = self.part(home, cursor).await?;
            let buckets = part.without_slots(rule).map(|(key, _)| BucketName::new(home, rule, key));
            let fields: Vec<_> = buckets.map(|bucket| bucket.field.into_vec()).collect();
            if !fields.is_empty() {
                let () = self.connection.hdel(buckets_of(home), fields).await?;
            }
            if part.next == 0 {
                return Ok(());
            }
            cursor = part.next;
        }
    }

    /// Settles the buckets of `rule`.
    pub(super) async fn settle(
        &mut self,
        home: &Arc<str>,
        rule: &Rule,
        now: Nanos,
    ) -> Result<(), StoreError> {
        let mut cursor = 0;
        loop {
            let part = self.part(home, cursor).await?;
            let buckets = part.of(rule).map(|(key, _)| Asked::bucket(home, rule, key)).collect();
            self.keep_up(buckets, Doing::Settle, now).await?;
            if part.next == 0 {
                return Ok(());
            }
            cursor = part.next;
        }
    }

    /// Removes idle buckets of `rules` from the part that begins at `cursor`. Returns where the next part begins.
    pub(super) async fn sweep(
        &mut self,
        home: &Arc<str>,
        rules: &[Rule],
        cursor: u64,
        now: Nanos,
    ) -> Result<u64, StoreError> {
        let part = self.part(home, cursor).await?;
        let of = |rule| part.of(rule).map(move |(key, _)| Asked::bucket(home, rule, key));
        let buckets = rules.iter().flat_map(of).collect();
        self.keep_up(buckets, Doing::Sweep, now).await?;
        Ok(part.next)
    }

    async fn keep_up(&mut self, buckets: Vec<Asked>, task: Doing, now: Nanos) -> Result<(), StoreError> {
        for part in buckets.chunks(PART) {
            let question = Question { now, refused: false, task, charges: part.into() };
            self.decide(&[&question], Caller::default()).await?;
        }
        Ok(())
    }
}

/// The key of a home's buckets. The braces keep them in one slot of a cluster.
fn buckets_of(home: &str) -> String {
    format!("{PREFIX}{{{home}}}:buckets")
}

/// The key of the leases.
fn nodes() -> String {
    format!("{PREFIX}nodes")
}

/// The key of the messages for nodes that join later.
fn kept() -> String {
    format!("{PREFIX}kept")
}

/// The key of the nodes' last calls.
fn last_calls() -> String {
    format!("{PREFIX}calls")
}

/// The sequence and the answer of a call.
fn read_last(last: &[u8]) -> Option<(u64, Vec<u8>)> {
    let space = last.iter().position(|byte| *byte == b' ')?;
    let sequence = std::str::from_utf8(&last[..space]).ok()?.parse().ok()?;
    Some((sequence, last[space + 1..].to_vec()))
}

/// The key of what all nodes share.
fn world() -> String {
    format!("{PREFIX}world")
}

/// The channel of messages to all nodes.
pub(super) fn messages() -> String {
    format!("{PREFIX}messages")
}
