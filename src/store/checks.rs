//! What is checked of a store when a node connects.

use redis::AsyncCommands;

use super::connection::Connection;
use super::keys::{PREFIX, index, kept, last_calls, limits, nodes, numbers, reports, world};
use super::link::StoreError;

/// The format of what is kept, beside [`PREFIX`].
const FORMAT: &str = "4";

/// The store must have `HRANDFIELD`, and scripts that may write after `TIME`.
pub(super) async fn check_version(connection: &mut Connection) -> Result<(), StoreError> {
    let info: String = redis::cmd("INFO").arg("server").query_async(connection).await?;
    let version =
        info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("unknown").trim();
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    // Valkey says server_mode, Redis redis_mode.
    if !connection.is_cluster() && info.contains("_mode:cluster") {
        return Err(StoreError::Unfit(
            "the store is a cluster: valkey+cluster://HOST:PORT,HOST:PORT".to_owned(),
        ));
    }
    if found < (6, 2) {
        return Err(StoreError::Unfit(too_old(&format!("version {version}"))));
    }
    Ok(())
}

pub(super) fn too_old(version: &str) -> String {
    format!("the store is of {version}: Valkey, or Redis from 6.2 on, is needed")
}

/// Marks the store as one of this format.
pub(super) async fn check_format(connection: &mut Connection) -> Result<(), StoreError> {
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

/// The policy by which the store removes keys when it is full. `None` if it removes none. A bucket ends after some time, so
/// that a policy of volatile keys removes it too.
pub(super) async fn eviction(connection: &mut Connection) -> Result<Option<String>, StoreError> {
    let info: String = redis::cmd("INFO").arg("memory").query_async(connection).await?;
    let value = |key: &str| info.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let is_bounded = value("maxmemory:").is_some_and(|most| most != "0");
    let policy = value("maxmemory_policy:").filter(|policy| is_bounded && *policy != "noeviction");
    Ok(policy.map(str::to_owned))
}

/// Checks that no key that all homes share is one of another program. It would be found when it is used, or deleted.
pub(super) async fn check_keys(connection: &mut Connection) -> Result<(), StoreError> {
    let hashes = [world(), nodes(), reports(), last_calls(), kept(), limits(), numbers()];
    let mut asking = redis::pipe();
    for key in hashes.into_iter().chain([index()]) {
        asking.cmd("TYPE").arg(key);
    }
    let kinds: Vec<String> = asking.query_async(connection).await?;
    let expected = std::iter::repeat_n("hash", hashes.len()).chain(["set"]);
    let is_foreign = kinds.iter().zip(expected).any(|(kind, wanted)| kind != "none" && kind != wanted);
    if is_foreign { Err(StoreError::Foreign) } else { Ok(()) }
}
