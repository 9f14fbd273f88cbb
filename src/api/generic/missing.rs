//! Paths through entities that are not there.

use http::Method;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::{is_kept, written};
use crate::api::call::Call;
use crate::api::route::Routes;
use crate::catalog::Catalog;
use crate::wire::error::ApiError;
use crate::world::Trace;

/// Refuses a path through an entity that was deleted, that belongs to another organization, or that was never created:
/// 404.
pub(crate) fn refuse(call: &Call<'_>, routes: &Routes, template: &str) -> Result<(), ApiError> {
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
        if is_missing(
            call,
            routes,
            &Step { template: &template[..end], collection, id: &id, length: segment.len(), is_last },
        ) {
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
    /// The length of the id as the path has it.
    length: usize,
    is_last: bool,
}

fn is_missing(call: &Call<'_>, routes: &Routes, step: &Step<'_>) -> bool {
    let Step { template, collection, id, is_last, .. } = *step;
    let (trace, seeded) = {
        let organization = call.tenant().read();
        (organization.trace(collection, id), organization.collections.is_seeded(collection))
    };
    let catalog = &call.platform.catalog;
    let is_uuid = Uuid::try_parse(id).is_ok();
    let is_of_another = || call.platform.tenants.is_of_another(call.tenant(), collection, id);
    match trace {
        Trace::Here { .. } => false,
        // A PUT, or a POST of the path itself, makes again what no POST of the collection makes.
        Trace::Removed { .. } if is_last && makes(call) && !is_made(catalog, template) => is_of_another(),
        Trace::Removed { .. } => true,
        Trace::Unknown if seeded && is_uuid => true,
        Trace::Unknown if !is_last && is_kept(catalog, template) => true,
        Trace::Unknown => is_of_another() || is_unknown_by_hand(call, routes, step),
    }
}

fn makes(call: &Call<'_>) -> bool {
    matches!(call.method.as_str(), "PUT" | "POST")
}

/// Whether a POST makes what the last parameter of `template` names.
fn is_made(catalog: &Catalog, template: &str) -> bool {
    let collection = template.rsplit_once('/').map_or(template, |(collection, _)| collection);
    catalog.find(&Method::POST, collection).is_some()
}

/// Whether the hand-written GET of the entity says that it does not exist. A parameter of another name is another kind of
/// id.
fn is_unknown_by_hand(call: &Call<'_>, routes: &Routes, step: &Step<'_>) -> bool {
    let is_own = step.is_last && call.operation.is_some_and(|operation| operation.by_hand);
    let path = &call.path[..step.collection.len() + 1 + step.length];
    let name = |template: &str| template.rsplit('/').next().map(str::to_owned);
    let found = call.platform.catalog.find(&Method::GET, path).map(|found| name(&found.operation.template));
    let is_same = found == Some(name(step.template));
    !is_own && is_same && written::is_missing(call, routes, path).unwrap_or_default()
}
