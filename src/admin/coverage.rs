//! The operations that this server answers, and how.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Answer;
use super::input::Params;
use super::route::{Query, Resource, get};
use crate::catalog::{self, Answered};
use crate::platform::Platform;

/// The family whose operations are listed.
const FAMILY: Query = Query::of::<String>("family", "the first segment below /api/v2, such as routing");

pub(super) fn resource() -> Resource {
    let does = "every operation: answered by hand or generically, validated or not (?family=)";
    let coverage = get("/__admin/coverage", does, coverage).query(&[FAMILY]);
    Resource::new().with(coverage.answers::<Coverage>())
}

/// The operations and their counts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Coverage {
    /// The number of listed operations.
    total: usize,
    /// Those that have a handler of their own.
    by_hand: usize,
    /// Those that get a generic answer.
    generic: usize,
    /// Those whose requests are checked by the API document.
    validated: usize,
    operations: Vec<Operation>,
}

/// An operation, and how it is answered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CoveredOperation)]
struct Operation {
    /// The HTTP method; `WS` for a WebSocket handshake.
    method: String,
    path: String,
    /// Whether it has a handler of its own, with state and rules.
    by_hand: bool,
    /// Whether the types of its body and its query are checked before it is answered.
    validated: bool,
    /// Whether the published API has it.
    published: bool,
}

impl From<&catalog::Coverage<'_>> for Operation {
    fn from(one: &catalog::Coverage<'_>) -> Self {
        Self {
            method: one.method.to_owned(),
            path: one.path.to_owned(),
            by_hand: one.answered == Answered::ByHand,
            validated: one.validated,
            published: one.published,
        }
    }
}

async fn coverage(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Coverage>> {
    let params = params.only(&[FAMILY])?;
    let family = params.get("family");
    let all = platform.catalog.coverage();
    let listed = all.iter().filter(|one| {
        family.is_none_or(|family| one.family() == family) && one.answered != Answered::Removed
    });
    let operations: Vec<_> = listed.map(Operation::from).collect();
    let count = |what: fn(&Operation) -> bool| operations.iter().filter(|one| what(one)).count();
    Ok(Json(Coverage {
        total: operations.len(),
        by_hand: count(|one| one.by_hand),
        generic: count(|one| !one.by_hand),
        validated: count(|one| one.validated),
        operations,
    }))
}
