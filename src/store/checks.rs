//! What is checked of a store when a node connects.

use redis::AsyncCommands;

use super::connection::Connection;
use super::keys::PREFIX;
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
