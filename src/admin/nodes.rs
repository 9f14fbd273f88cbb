//! The nodes that share limits by one store, and the sums over all. Without a store there is one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::route::{Resource, get};
use crate::platform::Platform;
use crate::platform::limiter::shared_names;
use crate::platform::nodes::Report;

pub(super) fn resource() -> Resource {
    let does = "the nodes that share limits by --store, and the sums over all of them";
    Resource::new().with(get("/__admin/nodes", does, list).answers::<Nodes>())
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Nodes {
    /// The number of this node; null without a store.
    #[schema(required)]
    this: Option<u32>,
    /// Whether requests are decided without the store at the moment.
    store_fails: bool,
    /// The last failure of the store, while it lasts.
    #[schema(required)]
    failure: Option<String>,
    /// The names of the limits that count in the store.
    shared_limits: Vec<String>,
    #[serde(rename = "nodes")]
    all: Vec<View>,
    total: Sum,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Node)]
struct View {
    /// Its number, drawn at its start; null without a store.
    #[schema(required)]
    node: Option<u32>,
    /// Its name, of `--node`.
    name: String,
    version: String,
    /// A digest of its limits. Nodes with the same limits have the same.
    limits: String,
    counts: Sum,
}

#[derive(Clone, Copy, Default, Serialize, ToSchema)]
#[schema(as = NodeCounts)]
struct Sum {
    requests: u64,
    refused: u64,
    sockets: usize,
}

impl View {
    fn of(node: Option<u32>, report: Report) -> Self {
        let Report { name, version, limits, requests, refused, sockets, .. } = report;
        Self { node, name, version, limits, counts: Sum { requests, refused, sockets } }
    }
}

impl std::iter::Sum for Sum {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |one, other| Self {
            requests: one.requests + other.requests,
            refused: one.refused + other.refused,
            sockets: one.sockets + other.sockets,
        })
    }
}

async fn list(State(platform): State<Arc<Platform>>) -> Json<Nodes> {
    let store = platform.nodes.as_ref().map(|nodes| &nodes.store);
    let this = store.map(|store| store.node);
    let others = platform.nodes.as_ref().map(|nodes| nodes.others()).unwrap_or_default();
    let others = others.into_iter().map(|(node, report)| View::of(Some(node), report));
    let config = platform.config.current();
    let shared = store.map(|store| shared_names(&config, &store.options)).unwrap_or_default();
    let own = View::of(this, Report::of(&platform));
    let mut all: Vec<View> = std::iter::once(own).chain(others).collect();
    all.sort_by(|one, other| (&one.name, one.node).cmp(&(&other.name, other.node)));
    Json(Nodes {
        this,
        store_fails: store.is_some_and(|store| store.is_failing()),
        shared_limits: shared.into_iter().map(str::to_owned).collect(),
        failure: store.and_then(|store| store.failure()),
        total: all.iter().map(|view| view.counts).sum(),
        all,
    })
}
