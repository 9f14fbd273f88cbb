//! The file of `--events-file`: one event a line, appended.
//!
//! Events wait in memory until a task writes them, so that no request waits for the disk. A batch is written whole or not
//! at all. The file is opened for each batch, so it can be moved away while the server runs.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The most bytes that wait to be written; further events are lost and counted.
const MAX_BYTES: usize = 16 << 20;

/// A file of events.
#[derive(Debug)]
pub(super) struct EventFile {
    path: PathBuf,
    pending: Mutex<Vec<u8>>,
    arrived: Notify,
    /// Events that were not written.
    lost: AtomicU64,
}

impl EventFile {
    pub(super) fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Self { path, pending: Mutex::default(), arrived: Notify::new(), lost: AtomicU64::new(0) })
    }

    /// Events that were not written, because the disk was too slow or failed.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// Has an event written. It does not wait.
    pub(super) fn push(&self, event: &Value) {
        let line = event.to_string();
        let mut pending = self.pending.lock();
        if pending.len() + line.len() >= MAX_BYTES {
            drop(pending);
            self.lost.fetch_add(1, Relaxed);
            return;
        }
        pending.extend_from_slice(line.as_bytes());
        pending.push(b'\n');
        drop(pending);
        self.arrived.notify_one();
    }

    /// Writes what arrives until the server stops, and then the rest.
    pub(super) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut has_ended = false;
        while !has_ended {
            has_ended = tokio::select! {
                () = stop.cancelled() => true,
                () = self.arrived.notified() => false,
            };
            self.write().await;
        }
    }

    async fn write(self: &Arc<Self>) {
        let batch = std::mem::take(&mut *self.pending.lock());
        if batch.is_empty() {
            return;
        }
        let file = Arc::clone(self);
        let written = tokio::task::spawn_blocking(move || {
            let events = batch.split(|byte| *byte == b'\n').count() - 1;
            append(&file.path, &batch).map_err(|error| (error, events))
        });
        if let Ok(Err((error, events))) = written.await {
            tracing::warn!("--events-file {}: {events} events are lost: {error}", self.path.display());
            self.lost.fetch_add(events as u64, Relaxed);
        }
    }
}

/// Appends to a file; where that fails, the file is as it was.
fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().create(true).append(true).open(path)?;
    let before = file.metadata()?;
    file.write_all(bytes).inspect_err(|_| {
        if before.is_file() {
            drop(file.set_len(before.len()));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn a_file_gets_a_line_for_each_event_and_keeps_what_it_had() {
        let path = std::env::temp_dir().join(format!("gcmock-events-{}", uuid::Uuid::new_v4()));
        std::fs::write(&path, "before\n").expect("a file");
        let file = EventFile::new(path.clone());
        for n in 0..3 {
            file.push(&json!({ "n": n }));
        }
        let stop = CancellationToken::new();
        stop.cancel();
        Arc::clone(&file).run(stop).await;
        let text = std::fs::read_to_string(&path).expect("the file");
        assert_eq!(text, "before\n{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
        std::fs::remove_file(&path).expect("it was there");
        assert_eq!(file.lost(), 0);
    }

    #[tokio::test]
    async fn events_that_cannot_be_written_are_counted() {
        let file = EventFile::new(std::env::temp_dir());
        file.push(&json!(1));
        file.push(&json!(2));
        file.write().await;
        assert_eq!(file.lost(), 2);
        file.push(&json!("x".repeat(MAX_BYTES)));
        assert_eq!(file.lost(), 3, "there is no room for it");
    }
}
