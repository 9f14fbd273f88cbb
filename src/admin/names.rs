//! Names for the numbers in the journal and in buckets.

use uuid::Uuid;

use crate::catalog::OperationId;
use crate::observe::filter::HIDDEN;
use crate::platform::Platform;
use crate::world::Tenant;
use crate::world::id::UserIndex;

/// The shown form of a token or another secret: 12 hexadecimal digits of its hash. Each process draws the key of the
/// hash.
pub(super) fn short_hash(hash: u64) -> String {
    format!("{:012x}", hash >> HIDDEN)
}

/// `METHOD template` of an operation.
pub(super) fn operation(platform: &Platform, id: OperationId) -> Option<String> {
    let operation = platform.catalog.by_id(id)?;
    Some(format!("{} {}", operation.verb(), operation.template))
}

/// Id and name of a user.
pub(super) fn user(tenant: &Tenant, index: UserIndex) -> Option<(Uuid, String)> {
    tenant.read().people().at(index).map(|user| (user.id.uuid(), user.name.clone()))
}
