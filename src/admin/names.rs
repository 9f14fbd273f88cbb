//! Whom and what the small numbers of journal and buckets stand for.

use uuid::Uuid;

use crate::catalog::OperationId;
use crate::platform::Platform;
use crate::world::Tenant;

/// What a token or another secret shows as: 12 hexadecimal digits of its hash, which is keyed anew by
/// every process.
pub(super) fn short_hash(hash: u64) -> String {
    format!("{:012x}", hash >> 16)
}

/// `METHOD template` of an operation.
pub(super) fn operation(platform: &Platform, id: OperationId) -> Option<String> {
    let operation = platform.catalog.by_id(id)?;
    Some(format!("{} {}", operation.verb(), operation.template))
}

/// Id and name of a user.
pub(super) fn user(tenant: &Tenant, place: u32) -> Option<(Uuid, String)> {
    tenant.read().people().at(place).map(|user| (user.id, user.name.clone()))
}
