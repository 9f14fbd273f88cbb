//! Hands the news of other nodes to the node, on a thread of its own, so that no decision waits for it. A reset reads files, and
//! a clock that is set runs what is due.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use super::{News, Node};
use crate::panics;

/// The most news that wait for the node, and the most bytes of them. More are dropped, and the node then reads everything again.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 64 << 20;

/// News, or the wish to know that all before it are followed.
enum Item {
    News(News),
    NotifyDone(oneshot::Sender<()>),
}

/// The way of news to the node.
pub(super) struct Follower {
    items: mpsc::Sender<Item>,
    /// Bytes of the news that wait, and of those that are followed now.
    bytes: Arc<AtomicUsize>,
    has_overflowed: bool,
}

impl Follower {
    pub(super) fn start(node: Arc<dyn Node>) -> Self {
        let (items, inbox) = mpsc::channel(MOST);
        let bytes = Arc::<AtomicUsize>::default();
        let of_inbox = Arc::clone(&bytes);
        // It ends with the sender.
        spawn_blocking(move || follow_all(&*node, inbox, &of_inbox));
        Self { items, bytes, has_overflowed: false }
    }

    pub(super) fn enqueue(&mut self, news: News) {
        let bytes = news.bytes();
        let before = self.bytes.fetch_add(bytes, Relaxed);
        // What is larger than the bound goes alone.
        let fits = before == 0 || before.saturating_add(bytes) <= MOST_BYTES;
        if !fits || self.items.try_send(Item::News(news)).is_err() {
            self.bytes.fetch_sub(bytes, Relaxed);
            self.has_overflowed = true;
        }
    }

    /// Whether news were dropped since the last call. It says so only when at least half of the queue is free.
    pub(super) fn take_overflow(&mut self) -> bool {
        let has_room = self.items.capacity() >= MOST / 2 && self.bytes.load(Relaxed) <= MOST_BYTES / 2;
        self.has_overflowed && has_room && std::mem::take(&mut self.has_overflowed)
    }

    /// Waits until all news are followed.
    pub(super) async fn done(&self) {
        let (tell, told) = oneshot::channel();
        if self.items.send(Item::NotifyDone(tell)).await.is_ok() {
            let _ = told.await;
        }
    }
}

fn follow_all(node: &dyn Node, mut inbox: mpsc::Receiver<Item>, waiting: &AtomicUsize) {
    while let Some(item) = inbox.blocking_recv() {
        match item {
            Item::News(news) => {
                let bytes = news.bytes();
                panics::caught(|| node.follow(news))
                    .unwrap_or_else(|bug| tracing::error!("what another node did was not followed: {bug}"));
                waiting.fetch_sub(bytes, Relaxed);
            }
            Item::NotifyDone(tell) => _ = tell.send(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use parking_lot::Mutex;

    use super::super::{Lease, Proposal};
    use super::*;

    /// A node that follows nothing until it may, and then keeps the lengths of the messages.
    #[derive(Default)]
    struct Slow {
        may_follow: Mutex<()>,
        followed: Mutex<Vec<usize>>,
    }

    impl Node for Slow {
        fn proposals(&self) -> Vec<Proposal> {
            Vec::new()
        }

        fn report(&self) -> Vec<u8> {
            Vec::new()
        }

        fn read_time(&self, _: &Lease, _: Duration) {}

        fn follow(&self, news: News) {
            drop(self.may_follow.lock());
            self.followed.lock().push(news.bytes());
        }
    }

    const LARGE: usize = MOST_BYTES / 4;

    fn message(length: usize) -> News {
        News::Message(vec![0; length])
    }

    #[tokio::test]
    async fn what_waits_is_bounded_in_bytes() {
        let node = Arc::new(Slow::default());
        let mut follower = Follower::start(Arc::<Slow>::clone(&node));
        let held = node.may_follow.lock();
        for _ in 0..10 {
            follower.enqueue(message(LARGE));
        }
        assert_eq!(follower.bytes.load(Relaxed), MOST_BYTES);
        assert!(!follower.take_overflow(), "there is no room yet to read everything again");
        drop(held);
        follower.done().await;
        assert_eq!(*node.followed.lock(), [LARGE; 4]);
        assert!(follower.take_overflow());
        assert!(!follower.take_overflow());
    }

    #[tokio::test]
    async fn what_is_larger_than_the_bound_goes_alone() {
        let node = Arc::new(Slow::default());
        let mut follower = Follower::start(Arc::<Slow>::clone(&node));
        follower.enqueue(message(MOST_BYTES + 1));
        follower.done().await;
        assert_eq!(*node.followed.lock(), [MOST_BYTES + 1]);
        assert!(!follower.take_overflow());
    }
}
