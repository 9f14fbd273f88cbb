//! Where the store is: at one address, where its sentinels say, or a cluster.

use std::sync::Arc;
use std::time::Duration;

use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, ErrorKind, IntoConnectionInfo, TlsMode};

use super::cluster::Cluster;
use super::connection::Connection;
use super::link::StoreError;

/// The time in which one of the sentinels has to answer.
const ASKING: Duration = Duration::from_secs(5);
const SENTINEL_PORT: u16 = 26379;
const EXAMPLES: &str = "valkey://127.0.0.1:6379, redis://user:password@host:6379/0, \
                        valkey+sentinel://host-1,host-2,host-3/name or \
                        valkey+cluster://host-1:6379,host-2:6379";

/// Where the store is.
pub(super) enum Source {
    Address(Box<Client>),
    Sentinels(Box<SentinelClient>),
    /// Some nodes of a cluster, which tell of all.
    Cluster(Vec<ConnectionInfo>),
}

/// Whether an address is that of a cluster.
pub(super) fn is_cluster(address: &str) -> bool {
    address.trim().split_once("://").is_some_and(|(scheme, _)| scheme.ends_with("+cluster"))
}

/// Whether an address asks for TLS.
pub(super) fn is_over_tls(address: &str) -> bool {
    let scheme = address.trim().split([':', '+']).next();
    matches!(scheme, Some("valkeys" | "rediss"))
}

impl Source {
    /// Reads an address: `valkey://…`, or `valkey+sentinel://HOST,HOST/NAME`.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] for one that can not be read.
    pub(super) fn read(address: &str) -> Result<Self, StoreError> {
        let unfit = || StoreError::Unfit(format!("expected an address such as {EXAMPLES}"));
        let (scheme, rest) = address.trim().split_once("://").ok_or_else(unfit)?;
        match scheme {
            "valkey" | "valkeys" | "redis" | "rediss" | "valkey+unix" | "redis+unix" => {
                let open = Client::open(with_protocol(&format!("{scheme}://{rest}")))
                    .map_err(|error| wrong(&error))?;
                Ok(Self::Address(Box::new(open)))
            }
            "valkey+sentinel" | "redis+sentinel" => read_sentinels(rest, "redis").ok_or_else(unfit)?,
            "valkeys+sentinel" | "rediss+sentinel" => read_sentinels(rest, "rediss").ok_or_else(unfit)?,
            "valkey+cluster" | "redis+cluster" => read_cluster(rest, "redis").ok_or_else(unfit)?,
            "valkeys+cluster" | "rediss+cluster" => read_cluster(rest, "rediss").ok_or_else(unfit)?,
            _ => Err(unfit()),
        }
    }

    /// Connects to the store.
    ///
    /// # Errors
    /// When it is not there.
    pub(super) async fn connect(
        &mut self,
        asking: &AsyncConnectionConfig,
        config: &AsyncConnectionConfig,
    ) -> Result<Connection, StoreError> {
        let client = match self {
            Self::Address(client) => Client::clone(client),
            Self::Sentinels(sentinels) => primary(sentinels).await?,
            Self::Cluster(seeds) => {
                return Ok(Connection::Cluster(Arc::new(Cluster::open(seeds, asking, config).await?)));
            }
        };
        Ok(Connection::One(client.get_multiplexed_async_connection_with_config(config).await?))
    }
}

/// The client of the primary that the sentinels name now.
async fn primary(sentinels: &mut SentinelClient) -> Result<Client, StoreError> {
    let found = tokio::time::timeout(ASKING, sentinels.async_get_client()).await;
    let found = found.map_err(|_| StoreError::Unreachable("no sentinel answers".to_owned()))?;
    found.map_err(|error| match error.kind() {
        ErrorKind::MasterNameNotFoundBySentinel => {
            StoreError::Unfit("the sentinels know no store of this name".to_owned())
        }
        _ => StoreError::Unreachable(format!("the sentinels: {error}")),
    })
}

/// Reads `[USER:PASSWORD@]HOST[:PORT],…`. User and password are those of all nodes.
fn read_cluster(rest: &str, scheme: &str) -> Option<Result<Source, StoreError>> {
    let (user, hosts) = user_and_hosts(rest.strip_suffix('/').unwrap_or(rest));
    if hosts.contains('/') || hosts.split(',').any(str::is_empty) {
        return None;
    }
    let host = |host| with_protocol(&format!("{scheme}://{user}{host}")).into_connection_info();
    let read: redis::RedisResult<_> = hosts.split(',').map(host).collect();
    Some(read.map(Source::Cluster).map_err(|error| wrong(&error)))
}

/// Divides at the last `@`, which stays with the user.
fn user_and_hosts(authority: &str) -> (&str, &str) {
    authority.split_at(authority.rfind('@').map_or(0, |at| at + 1))
}

/// Reads `[USER:PASSWORD@]HOST[:PORT],…/NAME[/DATABASE]`. User, password and database are those of the store.
fn read_sentinels(rest: &str, scheme: &str) -> Option<Result<Source, StoreError>> {
    let (authority, path) = rest.split_once('/')?;
    let (user, hosts) = user_and_hosts(authority);
    let (name, database) = path.split_once('/').unwrap_or((path, ""));
    if name.is_empty() || hosts.split(',').any(str::is_empty) {
        return None;
    }
    let store = with_protocol(&format!("{scheme}://{user}store/{database}"));
    let hosts = hosts.split(',').map(|host| format!("{scheme}://{}", with_port(host)));
    let read = store.into_connection_info().and_then(|store| {
        let hosts = hosts.map(|host| with_protocol(&host).into_connection_info());
        open(hosts.collect::<Result<_, _>>()?, name, &store, scheme == "rediss")
    });
    Some(read.map_err(|error| wrong(&error)))
}

fn open(
    hosts: Vec<ConnectionInfo>,
    name: &str,
    store: &ConnectionInfo,
    over_tls: bool,
) -> redis::RedisResult<Source> {
    let mut node =
        SentinelNodeConnectionInfo::default().set_redis_connection_info(store.redis_settings().clone());
    if over_tls {
        node = node.set_tls_mode(TlsMode::Secure);
    }
    let client = SentinelClient::build(hosts, name, Some(node), SentinelServerType::Master)?;
    Ok(Source::Sentinels(Box::new(client)))
}

fn with_port(host: &str) -> String {
    let has_port =
        host.rsplit_once(':').is_some_and(|(before, _)| !before.contains(':') || before.ends_with(']'));
    if has_port { host.to_owned() } else { format!("{host}:{SENTINEL_PORT}") }
}

/// RESP3, so that messages and answers come on one connection.
fn with_protocol(address: &str) -> String {
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}protocol=resp3")
}

fn wrong(error: &redis::RedisError) -> StoreError {
    StoreError::Unfit(format!("the address of the store: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for address in [
            "valkey://127.0.0.1:6379",
            "rediss://user:password@store/3",
            "redis+unix:///run/store.socket",
            "valkey+sentinel://one,two:26380,[::1],[::1]:26381/main",
            "redis+sentinel://:password@one/main/2",
            "rediss+sentinel://one/main",
            "valkey+cluster://one,two:6380,[::1]:6381",
            "rediss+cluster://user:p@ss@one/",
        ] {
            assert!(Source::read(address).is_ok(), "{address}");
        }
        for address in [
            "",
            "store:6379",
            "http://store",
            "valkey+sentinel://one,two",
            "valkey+sentinel://one,,two/main",
            "valkey+sentinel:///main",
            "valkey+sentinel://one/main/database",
            "valkey+sentinel://one:port/main",
            "valkey+cluster://",
            "valkey+cluster://one,,two",
            "valkey+cluster://one,two/1",
        ] {
            assert!(matches!(Source::read(address), Err(StoreError::Unfit(_))), "{address}");
        }
        assert!(
            is_over_tls("valkeys+cluster://one")
                && is_over_tls("rediss://one")
                && !is_over_tls("redis://one")
        );
    }
}
