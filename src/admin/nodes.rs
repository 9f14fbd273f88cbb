//! The nodes that share limits by one store, and the sums over all. Without a store there is one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::route::{Resource, get};
use crate::platform::Platform;
use crate::platform::nodes::Report;

pub(super) fn resource() -> Resource {
    let does = "the nodes that share limits by --store, and the sums over all of them";
    Resource::new().with(get("/__admin/nodes", does, list).answers::<Nodes>())
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Nodes {
    /// The number of this node; 0 without a store, and before it has joined.
    this: u32,
    /// Whether requests are decided without the store at the moment.
    store_fails: bool,
    /// The last failure of the store, while it lasts.
    #[schema(required)]
    failure: Option<String>,
    #[serde(rename = "nodes")]
    all: Vec<View>,
    total: Sum,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Node)]
struct View {
    node: u32,
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
    fn of(node: u32, report: Report) -> Self {
        let Report { version, limits, requests, refused, sockets } = report;
        Self { node, version, limits, counts: Sum { requests, refused, sockets } }
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
    let membership = store.map(|store| store.membership()).unwrap_or_default();
    let view = |(node, report): &(u32, Vec<u8>)| Some(View::of(*node, serde_json::from_slice(report).ok()?));
    let own = View::of(membership.node, Report::of(&platform));
    let mut all: Vec<View> = std::iter::once(own).chain(membership.others.iter().filter_map(view)).collect();
    all.sort_by_key(|view| view.node);
    Json(Nodes {
        this: membership.node,
        store_fails: store.is_some_and(|store| store.is_failing()),
        failure: membership.failure,
        total: all.iter().map(|view| view.counts).sum(),
        all,
    })
}
