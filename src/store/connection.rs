//! The connection to one store, or to the nodes of a cluster.

use std::sync::Arc;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value};

use super::cluster::Cluster;

/// A handle of the connection. Clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(Arc<Cluster>),
}

impl Connection {
    pub(super) const fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// The homes that are to be written into the index.
    pub(super) fn new_homes(&self, homes: &[Arc<str>]) -> Vec<Arc<str>> {
        match self {
            Self::One(_) => Vec::new(),
            Self::Cluster(cluster) => cluster.new_homes(homes),
        }
    }

    /// These homes are in the index.
    pub(super) fn know_homes(&self, homes: Vec<Arc<str>>) {
        if let Self::Cluster(cluster) = self {
            cluster.know_homes(homes);
        }
    }

    /// The store may have lost the index.
    pub(super) fn forget_homes(&self) {
        if let Self::Cluster(cluster) = self {
            cluster.forget_homes();
        }
    }

    /// Hears the messages of a channel. A cluster passes a message to all of its nodes.
    pub(super) async fn subscribe(&mut self, channel: &str) -> RedisResult<()> {
        match self {
            Self::One(one) => one.subscribe(channel).await,
            Self::Cluster(cluster) => cluster.main_node().await?.subscribe(channel).await,
        }
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(one) => one.req_packed_command(command),
            Self::Cluster(cluster) => Box::pin(cluster.call(command)),
        }
    }

    /// A cluster gets only messages and questions about the keys of all in this way: the node that has these takes them.
    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(one) => one.req_packed_commands(pipeline, offset, count),
            Self::Cluster(cluster) => Box::pin(async move {
                cluster.main_node().await?.req_packed_commands(pipeline, offset, count).await
            }),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(one) => one.get_db(),
            Self::Cluster(_) => 0,
        }
    }
}
