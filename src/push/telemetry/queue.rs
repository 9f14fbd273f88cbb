//! The spans that wait to be sent.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The spans of one export.
const BATCH: usize = 512;

/// A bounded queue. A span that finds no room is lost, and counted.
#[derive(Debug)]
pub(super) struct Queue {
    most: usize,
    waiting: Mutex<VecDeque<SpanData>>,
    /// A whole batch waits.
    full: Notify,
    lost: AtomicU64,
}

impl Queue {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, waiting: Mutex::default(), full: Notify::new(), lost: AtomicU64::new(0) })
    }

    fn push(&self, span: SpanData) {
        let mut waiting = self.waiting.lock();
        if waiting.len() >= self.most {
            drop(waiting);
            self.lose(1);
            return;
        }
        waiting.push_back(span);
        let is_full = waiting.len() >= BATCH.min(self.most);
        drop(waiting);
        if is_full {
            self.full.notify_one();
        }
    }

    /// Copies of the oldest spans, a batch at most. They stay until [`Self::remove`].
    pub(super) fn oldest(&self) -> Vec<SpanData> {
        self.waiting.lock().iter().take(BATCH).cloned().collect()
    }

    /// Removes the oldest spans.
    pub(super) fn remove(&self, count: usize) {
        let mut waiting = self.waiting.lock();
        let count = count.min(waiting.len());
        let gone: Vec<_> = waiting.drain(..count).collect();
        drop(waiting);
        drop(gone);
    }

    /// Returns when a whole batch waits.
    pub(super) async fn is_full_batch(&self) {
        self.full.notified().await;
    }

    pub(super) fn lose(&self, count: u64) {
        self.lost.fetch_add(count, Relaxed);
    }

    /// Counts what still waits as lost.
    pub(super) fn lose_the_rest(&self) {
        let rest = std::mem::take(&mut *self.waiting.lock());
        self.lose(rest.len() as u64);
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

/// Puts each span that ends into the queue.
#[derive(Debug)]
pub(super) struct Processor(pub(super) Arc<Queue>);

impl SpanProcessor for Processor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
