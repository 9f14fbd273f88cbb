//! The connection: opened, checked, and called.

use std::collections::HashMap;
use std::sync::Arc;

use gcmock_limit::{Level, Nanos, Rule};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, AsyncConnectionConfig, Client, ErrorKind, PushInfo, Script};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::question::{Packed, Question, answers, level};
use super::{Answer, Asked, BucketName, Doing, Options};

/// The start of every key.
const PREFIX: &str = "gcmock:";
/// The format of what is kept, beside [`PREFIX`].
const FORMAT: &str = "1";
/// The lease of a node, in milliseconds.
pub(super) const LEASE_MILLIS: u32 = 4000;
/// Entries that a scan looks at in one call.
const LOOKS: usize = 1000;
/// Levels that are read of one limit.
const MOST_LEVELS: usize = 100_000;
/// Buckets of one question.
const PART: usize = 200;
/// The bytes of a bucket without slots.
const BUCKET_BYTES: usize = 24;
/// A call that takes longer has failed.
const CALL: std::time::Duration = std::time::Duration::from_secs(10);
/// The time to connect.
const CONNECT: std::time::Duration = std::time::Duration::from_secs(2);

/// Why the store can not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// It is not there, or does not answer.
    #[error("the store does not answer: {0}")]
    Unreachable(String),
    /// It is there, and gcmock can not use it.
    #[error("{0}")]
    Unfit(String),
}

impl From<redis::RedisError> for StoreError {
    fn from(error: redis::RedisError) -> Self {
        let gone = error.is_io_error() || error.is_timeout() || error.is_connection_dropped();
        match error.kind() {
            _ if error.to_string().contains("certificate") => Self::Unfit(format!(
                "the store's TLS: {error}; SSL_CERT_FILE names the certificates to trust"
            )),
            ErrorKind::Parse => Self::Unfit("what answers is neither Valkey nor Redis".to_owned()),
            _ if gone => Self::Unreachable(error.to_string()),
            ErrorKind::AuthenticationFailed => {
                Self::Unfit(format!("the store refuses the user or the password: {error}"))
            }
            _ => Self::Unfit(said(&error)),
        }
    }
}

/// What the store said, in words that tell what to do.
fn said(error: &redis::RedisError) -> String {
    match error.code() {
        Some("READONLY") => "the store is read-only: name its primary".to_owned(),
        Some("OOM") => "the store is full: raise its maxmemory".to_owned(),
        Some("WRONGTYPE") => format!("the store has keys of another program that begin with \"{PREFIX}\""),
        Some("NOPERM") => format!("the user of the store may not do this: {error}"),
        Some("LOADING" | "MASTERDOWN" | "BUSY") => format!("the store is not ready: {error}"),
        _ => format!("the store answers: {error}"),
    }
}

/// The scripts.
struct Scripts {
    decide: Script,
    holdings: Script,
    give_back: Script,
    join: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            decide: Script::new(include_str!("decide.lua")),
            holdings: Script::new(include_str!("holdings.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
            join: Script::new(include_str!("join.lua")),
        }
    }
}

/// A store that is not connected yet.
pub(crate) struct Link {
    client: Client,
    scripts: Arc<Scripts>,
}

/// An open connection.
pub(crate) struct Connected {
    connection: MultiplexedConnection,
    scripts: Arc<Scripts>,
    /// The messages of all nodes, this one's too.
    pub(super) pushed: UnboundedReceiver<PushInfo>,
}

/// A node's place among the others.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) node: u32,
    /// Whether the lease was still running.
    pub(crate) ran: bool,
    /// The store's time, in microseconds since 1970.
    pub(crate) store_micros: u64,
    /// The reports of the other nodes whose leases run, by number.
    pub(crate) others: Vec<(u32, Vec<u8>)>,
}

/// A field and its bucket.
type Bucket = (Vec<u8>, Vec<u8>);
/// What `join.lua` returns.
type Joined = (u32, u8, u64, u64, Vec<(u32, Vec<u8>)>);

impl Link {
    /// The store of that address.
    ///
    /// # Errors
    /// When the address can not be read.
    pub(crate) fn new(options: &Options) -> Result<Self, StoreError> {
        let address = options.address.trim();
        let known = ["valkey://", "valkeys://", "redis://", "rediss://", "valkey+unix://", "redis+unix://"];
        if !known.iter().any(|scheme| address.starts_with(scheme)) {
            return Err(StoreError::Unfit(
                "expected an address such as valkey://127.0.0.1:6379 or redis://user:password@host:6379/0"
                    .to_owned(),
            ));
        }
        // RESP3, so that messages and answers come on one connection.
        let separator = if address.contains('?') { '&' } else { '?' };
        let client = Client::open(format!("{address}{separator}protocol=resp3"))
            .map_err(|error| StoreError::Unfit(format!("the address of the store: {error}")))?;
        Ok(Self { client, scripts: Arc::default() })
    }

    /// Connects, and checks that the store can be used.
    ///
    /// # Errors
    /// When it can not.
    pub(crate) async fn connect(&self) -> Result<Connected, StoreError> {
        let (pushes, pushed) = unbounded_channel();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(CALL))
            .set_push_sender(pushes);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        check_version(&mut connection).await?;
        check_format(&mut connection).await?;
        let mut connected = Connected { connection, scripts: Arc::clone(&self.scripts), pushed };
        connected.decide_nothing().await?;
        connected.connection.subscribe(format!("{PREFIX}messages")).await?;
        Ok(connected)
    }
}

/// The store must have `HRANDFIELD`, and scripts that may write after `TIME`.
async fn check_version(connection: &mut MultiplexedConnection) -> Result<(), StoreError> {
    let info: String = redis::cmd("INFO").arg("server").query_async(connection).await?;
    let version =
        info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("unknown").trim();
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < (6, 2) {
        return Err(StoreError::Unfit(format!(
            "the store is of version {version}: Valkey, or Redis from 6.2 on, is needed"
        )));
    }
    Ok(())
}

/// Marks the store as one of this format.
async fn check_format(connection: &mut MultiplexedConnection) -> Result<(), StoreError> {
    let key = format!("{PREFIX}format");
    let () = redis::cmd("SET").arg(&key).arg(FORMAT).arg("NX").query_async(connection).await?;
    let found: String = connection.get(&key).await?;
    if found != FORMAT {
        return Err(StoreError::Unfit(format!(
            "the store has the levels of another version of gcmock (format {found}, this one has {FORMAT}): \
             use another database, or delete its keys"
        )));
    }
    Ok(())
}

impl Connected {
    /// Shows that scripts run.
    async fn decide_nothing(&mut self) -> Result<(), StoreError> {
        self.decide(0, &[]).await.map(|_| ())
    }

    /// Decides over `questions` in one call.
    pub(super) async fn decide(
        &mut self,
        node: u32,
        questions: &[&Question],
    ) -> Result<Vec<Answer>, StoreError> {
        let packed = Packed::new(questions.iter().copied());
        let mut call = self.scripts.decide.prepare_invoke();
        call.key(format!("{PREFIX}nodes"));
        for home in &packed.homes {
            call.key(buckets_of(home));
        }
        call.arg(node).arg(&packed.rules[..]).arg(&packed.requests[..]).arg(&packed.home_of[..]);
        for field in &packed.fields {
            call.arg(&field[..]);
        }
        let bytes: Vec<u8> = call.invoke_async(&mut self.connection).await?;
        answers(questions.iter().copied(), &bytes).ok_or_else(|| {
            StoreError::Unfit("the store answers something else than gcmock's script".to_owned())
        })
    }

    /// Writes how many slots this node holds.
    pub(super) async fn hold(&mut self, node: u32, held: &[(BucketName, u32)]) -> Result<(), StoreError> {
        for (bucket, slots) in held {
            let mut call = self.scripts.holdings.prepare_invoke();
            call.key(buckets_of(&bucket.home)).arg(node).arg(&bucket.field[..]).arg(*slots);
            let () = call.invoke_async(&mut self.connection).await?;
        }
        Ok(())
    }

    /// Takes charges back.
    pub(super) async fn give_back(&mut self, question: &Question) -> Result<(), StoreError> {
        let charged = question.charges.iter().filter(|asked| !asked.held && !asked.takes_slots());
        for asked in charged {
            let mut call = self.scripts.give_back.prepare_invoke();
            let kind = if asked.is_of_window() { "window" } else { "" };
            call.key(buckets_of(&asked.bucket.home)).arg(&asked.bucket.field[..]).arg(asked.units);
            call.arg(&question.now.to_le_bytes()[..]).arg(kind);
            let () = call.invoke_async(&mut self.connection).await?;
        }
        Ok(())
    }

    /// Renews the lease of `node`, or joins where it is 0.
    pub(super) async fn join(&mut self, node: u32, report: &[u8]) -> Result<Lease, StoreError> {
        let mut call = self.scripts.join.prepare_invoke();
        for key in ["nodes", "node", "reports"] {
            call.key(format!("{PREFIX}{key}"));
        }
        call.arg(node).arg(LEASE_MILLIS).arg(report);
        let (node, ran, seconds, micros, others): Joined = call.invoke_async(&mut self.connection).await?;
        Ok(Lease { node, ran: ran == 1, store_micros: seconds * 1_000_000 + micros, others })
    }

    pub(super) async fn publish(&mut self, message: &[u8]) -> Result<(), StoreError> {
        let () = self.connection.publish(format!("{PREFIX}messages"), message).await?;
        Ok(())
    }

    /// Keeps a value.
    pub(super) async fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let () = self.connection.hset(format!("{PREFIX}world"), key, value).await?;
        Ok(())
    }

    /// The values that are kept.
    pub(super) async fn world(&mut self) -> Result<HashMap<String, Vec<u8>>, StoreError> {
        Ok(self.connection.hgetall(format!("{PREFIX}world")).await?)
    }

    /// Keeps a value, unless there is one.
    pub(super) async fn propose(&mut self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let _: bool = self.connection.hset_nx(format!("{PREFIX}world"), key, value).await?;
        Ok(())
    }

    /// Deletes the buckets of all homes.
    pub(super) async fn forget_buckets(&mut self) -> Result<(), StoreError> {
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

    /// A part of the buckets of `rule`, and where the next part begins; 0 at the end.
    async fn part(&mut self, home: &str, rule: &Rule, cursor: u64) -> Result<(u64, Vec<Bucket>), StoreError> {
        let start = BucketName::start(&rule.name);
        let mut scan = redis::cmd("HSCAN");
        scan.arg(buckets_of(home)).arg(cursor).arg("COUNT").arg(LOOKS);
        let (next, found): (u64, Vec<Bucket>) = scan.query_async(&mut self.connection).await?;
        Ok((next, found.into_iter().filter(|(field, _)| field.starts_with(&start)).collect()))
    }

    /// The levels of `rule`, at most [`MOST_LEVELS`]. None of slots, because those are of nodes.
    pub(super) async fn levels(&mut self, home: &str, rule: &Rule) -> Result<Vec<Level>, StoreError> {
        let start = BucketName::start(&rule.name);
        let (mut cursor, mut levels) = (0, Vec::new());
        loop {
            let (next, found) = self.part(home, rule, cursor).await?;
            let of_time = found.iter().filter(|(_, value)| value.len() == BUCKET_BYTES);
            levels.extend(
                of_time.filter_map(|(field, value)| Some(level(value, BucketName::key(&start, field)?))),
            );
            if next == 0 || levels.len() >= MOST_LEVELS {
                return Ok(levels);
            }
            cursor = next;
        }
    }

    /// Deletes the buckets of `rule`, except held slots.
    pub(super) async fn refill(&mut self, home: &str, rule: &Rule) -> Result<(), StoreError> {
        let mut cursor = 0;
        loop {
            let (next, found) = self.part(home, rule, cursor).await?;
            let of_time = found.into_iter().filter(|(_, value)| value.len() == BUCKET_BYTES);
            let fields: Vec<_> = of_time.map(|(field, _)| field).collect();
            if !fields.is_empty() {
                let () = self.connection.hdel(buckets_of(home), fields).await?;
            }
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }

    /// Settles or sweeps the buckets of `rule`, part by part.
    pub(super) async fn keep_up(
        &mut self,
        home: &Arc<str>,
        rule: &Rule,
        doing: Doing,
        now: Nanos,
    ) -> Result<(), StoreError> {
        let start = BucketName::start(&rule.name);
        let mut cursor = 0;
        loop {
            let (next, found) = self.part(home, rule, cursor).await?;
            let keys: Vec<_> = found.iter().filter_map(|(field, _)| BucketName::key(&start, field)).collect();
            for part in keys.chunks(PART) {
                let charges = part.iter().map(|key| Asked::bucket(home, rule, *key)).collect();
                let question = Question { now, refused: false, task: doing, charges };
                self.decide(0, &[&question]).await?;
            }
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }
}

/// The key of a home's buckets. The braces keep them in one slot of a cluster.
fn buckets_of(home: &str) -> String {
    format!("{PREFIX}{{{home}}}:buckets")
}
