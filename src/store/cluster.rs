//! A cluster of stores: which of its nodes has a key. Each call goes to that node, and follows a slot that moves.
//!
//! A call is never sent again but where a node says that it has not served it. Where the connection to a node is lost, all
//! connections are made again, as with one store.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{
    Arg, AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, RedisError,
    RedisResult, ServerErrorKind, Value, from_redis_value,
};

use super::keys::messages;
use super::link::StoreError;

/// The slots of a cluster.
const SLOTS: u16 = 16384;
/// How often a call follows its slot, or waits for a part of it that moves.
const MOST_MOVES: u32 = 20;
const WAIT: Duration = Duration::from_millis(20);

/// The connections to the nodes of a cluster.
pub(super) struct Cluster {
    /// How nodes are connected to. The address is that of the node which told of the others.
    how: ConnectionInfo,
    config: AsyncConnectionConfig,
    nodes: Mutex<Nodes>,
    /// The homes that are in the index for sure.
    homes: Mutex<HashSet<Arc<str>>>,
}

/// The nodes, and the address of the one that has a slot.
#[derive(Default)]
struct Nodes {
    open: HashMap<Arc<str>, MultiplexedConnection>,
    slots: Vec<Arc<str>>,
}

impl Cluster {
    /// Connects to every node that has slots, as the first of `seeds` that answers tells. The connections are of `config`,
    /// the one that only asks for them of `asking`.
    ///
    /// # Errors
    /// When no seed answers, or a slot has no node that does.
    pub(super) async fn open(
        seeds: &[ConnectionInfo],
        asking: &AsyncConnectionConfig,
        config: &AsyncConnectionConfig,
    ) -> Result<Self, StoreError> {
        let mut failure = StoreError::Unreachable("the cluster has no node".to_owned());
        for seed in seeds {
            match Self::open_from(seed, asking, config).await {
                Err(error @ StoreError::Unreachable(_)) => failure = error,
                opened => return opened,
            }
        }
        Err(failure)
    }

    async fn open_from(
        seed: &ConnectionInfo,
        asking: &AsyncConnectionConfig,
        config: &AsyncConnectionConfig,
    ) -> Result<Self, StoreError> {
        let mut asked = connect(seed.clone(), asking).await?;
        let told = redis::cmd("CLUSTER").arg("SLOTS").query_async(&mut asked).await.map_err(without_slots)?;
        let slots = read_slots(told, seed.addr())
            .ok_or_else(|| StoreError::Unreachable("the cluster has slots without a node".to_owned()))?;
        let addresses: HashSet<Arc<str>> = slots.iter().cloned().collect();
        let nodes = Mutex::new(Nodes { open: HashMap::new(), slots });
        let cluster = Self { how: seed.clone(), config: config.clone(), nodes, homes: Mutex::default() };
        for address in addresses {
            cluster.connection_to(&address).await?;
        }
        Ok(cluster)
    }

    /// The connection to the node at an address, which may not be open yet.
    async fn connection_to(&self, address: &str) -> RedisResult<MultiplexedConnection> {
        if let Some(open) = self.nodes.lock().open.get(address) {
            return Ok(open.clone());
        }
        let named = node_at(address, self.how.addr());
        let named = named.ok_or((ErrorKind::Client, "the cluster names a node without a port"))?;
        let opened = connect(self.how.clone().set_addr(named), &self.config).await?;
        self.nodes.lock().open.insert(address.into(), opened.clone());
        Ok(opened)
    }

    /// The address of the node that has a key, as far as is known.
    fn address_of(&self, key: &[u8]) -> RedisResult<Arc<str>> {
        let found = self.nodes.lock().slots.get(usize::from(slot_of(key))).cloned();
        found.ok_or_else(|| (ErrorKind::Client, "a slot has no node").into())
    }

    /// The node that has what all nodes share.
    pub(super) async fn main_node(&self) -> RedisResult<MultiplexedConnection> {
        self.connection_to(&self.address_of(messages().as_bytes())?).await
    }

    /// Makes a call at the node that has its key, or at all nodes if it has none.
    pub(super) async fn call(&self, command: &Cmd) -> RedisResult<Value> {
        let Some(key) = key_of(command) else { return self.call_everywhere(command).await };
        let (mut address, mut asks) = (self.address_of(key)?, false);
        for _ in 0..MOST_MOVES {
            let error = match self.call_at(&address, command, asks).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match (error.kind(), error.redirect_node()) {
                (ErrorKind::Server(ServerErrorKind::Moved), Some((to, slot))) => {
                    (address, asks) = (full_address(to, &address), false);
                    self.moved(slot, &address);
                }
                (ErrorKind::Server(ServerErrorKind::Ask), Some((to, _))) => {
                    (address, asks) = (full_address(to, &address), true);
                }
                (ErrorKind::Server(ServerErrorKind::TryAgain), _) => tokio::time::sleep(WAIT).await,
                _ => return Err(error),
            }
        }
        Err((ErrorKind::Server(ServerErrorKind::TryAgain), "the slot of a key moves").into())
    }

    async fn call_at(&self, address: &str, command: &Cmd, asks: bool) -> RedisResult<Value> {
        let mut node = self.connection_to(address).await?;
        if !asks {
            return node.req_packed_command(command).await?.extract_error();
        }
        // Both at once: the first is about the next command of this connection.
        let mut both = redis::pipe();
        both.cmd("ASKING").add_command(command.clone());
        let answers = node.req_packed_commands(&both, 1, 1).await?;
        let answer = answers.into_iter().next();
        answer.ok_or_else(|| RedisError::from((ErrorKind::Parse, "no answer")))?.extract_error()
    }

    /// A script is loaded into all nodes, because a slot may move to any.
    async fn call_everywhere(&self, command: &Cmd) -> RedisResult<Value> {
        let nodes: Vec<_> = self.nodes.lock().open.values().cloned().collect();
        let mut last = Value::Nil;
        for mut node in nodes {
            last = node.req_packed_command(command).await?.extract_error()?;
        }
        Ok(last)
    }

    fn moved(&self, slot: u16, to: &Arc<str>) {
        if let Some(address) = self.nodes.lock().slots.get_mut(usize::from(slot)) {
            address.clone_from(to);
        }
    }
}

/// The homes in the index.
impl Cluster {
    pub(super) fn new_homes(&self, homes: &[Arc<str>]) -> Vec<Arc<str>> {
        let known = self.homes.lock();
        homes.iter().filter(|home| !known.contains(*home)).cloned().collect()
    }

    pub(super) fn know_homes(&self, homes: Vec<Arc<str>>) {
        self.homes.lock().extend(homes);
    }

    pub(super) fn forget_homes(&self) {
        self.homes.lock().clear();
    }
}

async fn connect(to: ConnectionInfo, config: &AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
    Client::open(to)?.get_multiplexed_async_connection_with_config(config).await
}

fn without_slots(error: RedisError) -> StoreError {
    if error.to_string().contains("cluster support disabled") {
        return StoreError::Unfit(
            "the store is not a cluster: name it with valkey:// or redis://".to_owned(),
        );
    }
    error.into()
}

/// For each slot, the address of its node. `None` if a slot has none.
fn read_slots(told: Vec<Vec<Value>>, told_by: &ConnectionAddr) -> Option<Vec<Arc<str>>> {
    let mut slots: Vec<Option<Arc<str>>> = vec![None; usize::from(SLOTS)];
    for range in told {
        let mut parts = range.into_iter();
        let first: usize = from_redis_value(parts.next()?).ok()?;
        let last: usize = from_redis_value(parts.next()?).ok()?;
        let Value::Array(node) = parts.next()? else { return None };
        let mut node = node.into_iter();
        let host: Option<String> = from_redis_value(node.next()?).ok()?;
        let port: u16 = from_redis_value(node.next()?).ok()?;
        // A node may not know its own name.
        let host = host.filter(|host| !matches!(host.as_str(), "" | "?"));
        let host = host.or_else(|| Some(host_of(told_by)?.to_owned()))?;
        slots.get_mut(first..=last)?.fill(Some(format!("{host}:{port}").into()));
    }
    slots.into_iter().collect()
}

fn host_of(address: &ConnectionAddr) -> Option<&str> {
    match address {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => Some(host),
        _ => None,
    }
}

/// The address to which a slot moved. Without a host it is that of the node that says so.
fn full_address(to: &str, said_by: &str) -> Arc<str> {
    match (to.strip_prefix(':').or_else(|| to.strip_prefix("?:")), said_by.rsplit_once(':')) {
        (Some(port), Some((host, _))) => format!("{host}:{port}").into(),
        _ => to.into(),
    }
}

/// The node at `HOST:PORT`, with TLS if `like` has it.
fn node_at(address: &str, like: &ConnectionAddr) -> Option<ConnectionAddr> {
    let (host, port) = address.rsplit_once(':')?;
    let (host, port) = (host.to_owned(), port.parse().ok()?);
    Some(match like {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        _ => ConnectionAddr::Tcp(host, port),
    })
}

/// The first key of a command. `None` for one that is for all nodes.
fn key_of(command: &Cmd) -> Option<&[u8]> {
    let word = |at| match command.args_iter().nth(at) {
        Some(Arg::Simple(word)) => Some(word),
        _ => None,
    };
    match word(0)? {
        b"SCRIPT" => None,
        b"EVALSHA" => word(3),
        _ => word(1),
    }
}

/// The slot of a key: of what stands between the first braces, if anything does.
fn slot_of(key: &[u8]) -> u16 {
    let position = |bytes: &[u8], wanted| bytes.iter().position(|byte| *byte == wanted);
    let tag = position(key, b'{').and_then(|open| {
        let rest = key.get(open + 1..)?;
        rest.get(..position(rest, b'}')?).filter(|tag| !tag.is_empty())
    });
    crc16(tag.unwrap_or(key)) % SLOTS
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8)
            .fold(crc ^ u16::from(*byte) << 8, |crc, _| crc << 1 ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_slots_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(slot_of(b"foo"), 12182);
        assert_eq!(slot_of(b"gcmock:{foo}:buckets"), slot_of(b"foo"));
        assert_eq!(slot_of(b"{}foo"), crc16(b"{}foo") % SLOTS);
    }

    #[test]
    fn a_node_without_a_host_is_at_that_of_the_node_which_names_it() {
        let by = ConnectionAddr::Tcp("::1".to_owned(), 7000);
        let node =
            |host: Value| Value::Array(vec![host, Value::Int(7001), Value::SimpleString("id".to_owned())]);
        let range = |last, host| vec![Value::Int(0), Value::Int(last), node(host)];
        let slots = read_slots(vec![range(16383, Value::Nil)], &by).expect("all slots");
        assert_eq!(&*slots[16383], "::1:7001");
        assert_eq!(&*full_address(":7002", "::1:7001"), "::1:7002");
        assert_eq!(&*full_address("10.0.0.1:7002", "::1:7001"), "10.0.0.1:7002");
        assert_eq!(node_at("::1:7001", &by), Some(ConnectionAddr::Tcp("::1".to_owned(), 7001)));
        let some = vec![range(16382, Value::BulkString(b"10.0.0.1".to_vec()))];
        assert_eq!(read_slots(some, &by), None, "a slot has no node");
    }
}
