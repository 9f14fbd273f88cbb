//! Hands the news of other nodes to the node, on a thread of its own, so that no decision waits for it. A reset reads files, and
//! a clock that is set runs what is due.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use super::{News, Node};
use crate::panics;

/// The most news that wait for the node. More are dropped, and the node then reads everything again.
const MOST: usize = 10_000;

/// News, or the wish to know that all before it are followed.
enum Item {
    News(News),
    NotifyDone(oneshot::Sender<()>),
}

/// The way of news to the node.
pub(super) struct Follower {
    items: mpsc::Sender<Item>,
    has_overflowed: bool,
}

impl Follower {
    pub(super) fn start(node: Arc<dyn Node>) -> Self {
        let (items, inbox) = mpsc::channel(MOST);
        // It ends with the sender.
        spawn_blocking(move || follow_all(&*node, inbox));
        Self { items, has_overflowed: false }
    }

    pub(super) fn tell(&mut self, news: News) {
        self.has_overflowed |= self.items.try_send(Item::News(news)).is_err();
    }

    /// Whether news were dropped since the last call. It says so only when at least half of the queue is free.
    pub(super) fn take_overflow(&mut self) -> bool {
        self.has_overflowed && self.items.capacity() >= MOST / 2 && std::mem::take(&mut self.has_overflowed)
    }

    /// Waits until all news are followed.
    pub(super) async fn done(&self) {
        let (tell, told) = oneshot::channel();
        if self.items.send(Item::NotifyDone(tell)).await.is_ok() {
            let _ = told.await;
        }
    }
}

fn follow_all(node: &dyn Node, mut inbox: mpsc::Receiver<Item>) {
    while let Some(item) = inbox.blocking_recv() {
        match item {
            Item::News(news) => panics::caught(|| node.follow(news))
                .unwrap_or_else(|bug| tracing::error!("what another node did was not followed: {bug}")),
            Item::NotifyDone(tell) => _ = tell.send(()),
        }
    }
}
