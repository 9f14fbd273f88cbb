//! Where the store is: at one address, or where its sentinels say.

use std::time::Duration;

use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{Client, ConnectionInfo, ErrorKind, IntoConnectionInfo, TlsMode};

use super::link::StoreError;

/// The time in which one of the sentinels has to answer.
const ASKING: Duration = Duration::from_secs(5);
const SENTINEL_PORT: u16 = 26379;
const EXAMPLES: &str = "valkey://127.0.0.1:6379, redis://user:password@host:6379/0 or \
                        valkey+sentinel://host-1,host-2,host-3/name";

/// Where the store is.
pub(super) enum Source {
    Address(Box<Client>),
    Sentinels(Box<SentinelClient>),
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
            _ => Err(unfit()),
        }
    }

    /// The client of the store, of the primary that the sentinels name now.
    ///
    /// # Errors
    /// When no sentinel names one.
    pub(super) async fn client(&mut self) -> Result<Client, StoreError> {
        let sentinels = match self {
            Self::Address(client) => return Ok(Client::clone(client)),
            Self::Sentinels(sentinels) => sentinels,
        };
        let found = tokio::time::timeout(ASKING, sentinels.async_get_client()).await;
        let found = found.map_err(|_| StoreError::Unreachable("no sentinel answers".to_owned()))?;
        found.map_err(|error| match error.kind() {
            ErrorKind::MasterNameNotFoundBySentinel => {
                StoreError::Unfit("the sentinels know no store of this name".to_owned())
            }
            _ => StoreError::Unreachable(format!("the sentinels: {error}")),
        })
    }
}

/// Reads `[USER:PASSWORD@]HOST[:PORT],…/NAME[/DATABASE]`. User, password and database are those of the store.
fn read_sentinels(rest: &str, scheme: &str) -> Option<Result<Source, StoreError>> {
    let (authority, path) = rest.split_once('/')?;
    let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
    let (name, database) = path.split_once('/').unwrap_or((path, ""));
    if name.is_empty() || hosts.split(',').any(str::is_empty) {
        return None;
    }
    let at = if user.is_empty() { "" } else { "@" };
    let store = with_protocol(&format!("{scheme}://{user}{at}store/{database}"));
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
        ] {
            assert!(matches!(Source::read(address), Err(StoreError::Unfit(_))), "{address}");
        }
    }
}
