//! The counts of a run, and the thread that makes them and writes the result file.
//!
//! Users push their rows into one list. The thread takes the list every 20 ms, so that no user waits for a disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use gcmock_plan::results::Outcome;
use parking_lot::Mutex;

use super::histogram::Histogram;
use super::jtl::{Labels, ResultFile, Row};
use crate::time::Nanos;

/// The pause between two looks at the list.
const LOOK: Duration = Duration::from_millis(20);
/// Rows that may wait for the disk. More end the run: memory is bounded.
const MOST_ROWS: usize = 2_000_000;
/// Rows whose memory is used again.
const MOST_KEPT: usize = 16_384;

/// Where users leave their rows.
#[derive(Default)]
pub(super) struct Outlet {
    rows: Mutex<Vec<Row>>,
    /// Active users of all groups.
    pub(super) users: AtomicU32,
    /// Redirects to other hosts, which are not followed.
    pub(super) led_elsewhere: AtomicU64,
    ended: AtomicBool,
}

impl Outlet {
    /// Adds a row. Returns false if too many wait for the disk.
    pub(super) fn push(&self, row: Row) -> bool {
        let mut rows = self.rows.lock();
        rows.push(row);
        rows.len() < MOST_ROWS
    }
}

/// The counts of one sampler.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// Samples sent.
    pub(super) sent: u64,
    /// Of them refused.
    pub(super) refused: u64,
    /// Of them failed otherwise.
    pub(super) failed: u64,
}

/// The counts of a run.
#[derive(Clone, Default)]
pub(super) struct Tally {
    /// All samples.
    pub(super) all: Counts,
    /// By sampler.
    pub(super) samplers: BTreeMap<u32, Counts>,
    /// Times of admitted samples.
    pub(super) admitted: Histogram,
    /// Times of refused samples.
    pub(super) refused: Histogram,
    /// Times of all samples since the last progress line.
    pub(super) recent: Histogram,
    /// Lateness of all samples.
    pub(super) lateness: Histogram,
    /// The start of the first sample, and the end of the last.
    pub(super) span: Option<(Nanos, Nanos)>,
    /// The start of the first refused sample.
    pub(super) first_refusal: Option<Nanos>,
    /// How often each status came of samples that failed and were not refused; 0: no status.
    pub(super) failures: BTreeMap<u16, u64>,
    /// Samples that got no answer, and why the first did.
    pub(super) unanswered: Option<(u64, Arc<str>)>,
}

impl Tally {
    fn add(&mut self, row: &Row) {
        let sample = &row.sample;
        if sample.transaction {
            return;
        }
        let is_refused = sample.outcome == Outcome::Status(429);
        self.all.add(is_refused, sample.success);
        self.samplers.entry(sample.label).or_default().add(is_refused, sample.success);
        self.lateness.add(row.late);
        let times = if is_refused { &mut self.refused } else { &mut self.admitted };
        times.add(sample.elapsed);
        self.recent.add(sample.elapsed);
        let end = sample.start + sample.elapsed;
        let (first, last) = self.span.unwrap_or((sample.start, end));
        self.span = Some((first.min(sample.start), last.max(end)));
        if is_refused {
            self.first_refusal = Some(self.first_refusal.unwrap_or(Nanos::MAX).min(sample.start));
        }
        if !sample.success && !is_refused {
            let status = if let Outcome::Status(status) = sample.outcome { status } else { 0 };
            *self.failures.entry(status).or_default() += 1;
        }
        if let Outcome::Failed(why) = &sample.outcome {
            self.unanswered.get_or_insert_with(|| (0, Arc::clone(why))).0 += 1;
        }
    }
}

impl Counts {
    fn add(&mut self, is_refused: bool, success: bool) {
        self.sent += 1;
        self.refused += u64::from(is_refused);
        self.failed += u64::from(!success && !is_refused);
    }
}

/// Where each row goes as well: the journal of the expectations.
pub(super) type Listener = Box<dyn FnMut(&Row) + Send>;

/// The thread that counts.
pub(super) struct Counting {
    outlet: Arc<Outlet>,
    /// The counts so far, for the progress line.
    pub(super) tally: Arc<Mutex<Tally>>,
    thread: JoinHandle<anyhow::Result<()>>,
    /// Whether the disk failed.
    pub(super) broken: Arc<AtomicBool>,
}

impl Counting {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn start(
        outlet: &Arc<Outlet>,
        labels: Labels,
        file: Option<ResultFile>,
        listener: Option<Listener>,
    ) -> std::io::Result<Self> {
        let (tally, broken) = (Arc::<Mutex<Tally>>::default(), Arc::<AtomicBool>::default());
        let mut counter =
            Counter { outlet: Arc::clone(outlet), tally: Arc::clone(&tally), labels, file, listener };
        let told = Arc::clone(&broken);
        let work = move || {
            let counted = counter.run();
            told.store(counted.is_err(), Relaxed);
            counted
        };
        let thread = std::thread::Builder::new().name("count".to_owned()).spawn(work)?;
        Ok(Self { outlet: Arc::clone(outlet), tally, thread, broken })
    }

    /// Counts what is left and gives the result file its name.
    ///
    /// # Errors
    /// When the result file could not be written.
    pub(super) fn finish(self) -> anyhow::Result<Tally> {
        self.outlet.ended.store(true, Relaxed);
        match self.thread.join() {
            Ok(counted) => counted?,
            Err(_) => anyhow::bail!("the thread that counts has failed"),
        }
        let tally = self.tally.lock().clone();
        Ok(tally)
    }
}

struct Counter {
    outlet: Arc<Outlet>,
    tally: Arc<Mutex<Tally>>,
    labels: Labels,
    file: Option<ResultFile>,
    listener: Option<Listener>,
}

impl Counter {
    fn run(&mut self) -> anyhow::Result<()> {
        let mut rows = Vec::new();
        loop {
            // Asked before the rows are taken: none comes after the end.
            let ended = self.outlet.ended.load(Relaxed);
            std::mem::swap(&mut rows, &mut *self.outlet.rows.lock());
            self.count(&rows).map_err(|error| anyhow::anyhow!("cannot write the result file: {error}"))?;
            rows.clear();
            // A list that grew while the disk was slow is not kept.
            rows.shrink_to(MOST_KEPT);
            if ended {
                break;
            }
            std::thread::sleep(LOOK);
        }
        match self.file.take() {
            Some(file) => {
                file.finish().map_err(|error| anyhow::anyhow!("cannot write the result file: {error}"))
            }
            None => Ok(()),
        }
    }

    fn count(&mut self, rows: &[Row]) -> std::io::Result<()> {
        let mut tally = self.tally.lock();
        for row in rows {
            tally.add(row);
        }
        drop(tally);
        for row in rows {
            if let Some(file) = &mut self.file {
                file.write(row, &self.labels)?;
            }
            if let Some(listener) = &mut self.listener {
                listener(row);
            }
        }
        self.file.as_mut().map_or(Ok(()), ResultFile::flush)
    }
}
