//! Paths through entities that are not there.

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::is_kept;
use crate::api::call::Call;
use crate::wire::error::ApiError;
use crate::world::Trace;

/// Refuses a path through an entity that was deleted, that belongs to another organization, or that was never created:
/// 404.
pub(crate) fn refuse(call: &Call<'_>, template: &str) -> Result<(), ApiError> {
    for (name_at, segment_at) in slashes(template).zip(slashes(call.path)) {
        let name = &template[name_at..];
        let (collection, rest) = call.path.split_at(segment_at);
        if !name.starts_with("/{") {
            continue;
        }
        let segment = rest[1..].split('/').next().unwrap_or_default();
        let Ok(id) = percent_decode_str(segment).decode_utf8() else { continue };
        let is_last = rest.len() == segment.len() + 1;
        let end = name[1..].find('/').map_or(template.len(), |length| name_at + 1 + length);
        if is_missing(call, &Step { template: &template[..end], collection, id: &id, is_last }) {
            return Err(ApiError::no_such("entity", &id));
        }
    }
    Ok(())
}

/// The places of the slashes of a path.
fn slashes(path: &str) -> impl Iterator<Item = usize> {
    path.match_indices('/').map(|(at, _)| at)
}

/// One id of a path.
#[derive(Clone, Copy)]
struct Step<'s> {
    /// The template up to its end.
    template: &'s str,
    /// The path before it.
    collection: &'s str,
    id: &'s str,
    is_last: bool,
}

fn is_missing(call: &Call<'_>, step: &Step<'_>) -> bool {
    let Step { template, collection, id, is_last } = *step;
    let (trace, seeded) = {
        let organization = call.tenant().read();
        (organization.trace(collection, id), organization.collections.is_seeded(collection))
    };
    let is_uuid = Uuid::try_parse(id).is_ok();
    match trace {
        Trace::Here { .. } => false,
        Trace::Removed { .. } => true,
        Trace::Unknown if seeded && is_uuid => true,
        Trace::Unknown if !is_last && is_kept(&call.platform.catalog, template) => true,
        Trace::Unknown => call.platform.tenants.is_of_another(call.tenant(), collection, id),
    }
}
