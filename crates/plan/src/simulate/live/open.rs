//! The open transactions of a thread, and their rows as `TransactionController` and `TransactionSampler` write them.

use super::Transaction;
use crate::Nanos;
use crate::model::NodeId;
use crate::results::{Outcome, Sample};

/// An open transaction.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) branch: u32,
    row: Transaction,
    /// Whether it is a sample of its own, which has the samples in it.
    parent: bool,
    with_timers: bool,
    last_end: Nanos,
}

impl Open {
    pub(super) fn new((branch, node, parent, with_timers): (u32, NodeId, bool, bool), now: Nanos) -> Self {
        let sample =
            Sample { start: now, label: node.0, success: true, transaction: true, ..Sample::default() };
        let row = Transaction { node, sample, samples: 0, failed: 0 };
        Self { branch, row, parent, with_timers, last_end: now }
    }

    /// Adds a sample to the innermost transactions, up to the first that is a sample of its own.
    pub(super) fn add(all: &mut [Self], sample: &Sample, elapsed: Nanos, end: Nanos) {
        for open in all.iter_mut().rev() {
            open.count(sample, elapsed, end);
            if open.parent {
                break;
            }
        }
    }

    /// Closes all transactions but the first `kept`. Returns their rows, the innermost last. One without a sample has none.
    pub(super) fn close(all: &mut Vec<Self>, kept: usize) -> Vec<Transaction> {
        let mut rows = Vec::new();
        while all.len() > kept {
            let Some(closed) = all.pop() else { break };
            let end = closed.last_end;
            let is_sample = closed.parent;
            let Some(row) = closed.row() else { continue };
            if is_sample {
                Self::add(all, &row.sample, row.sample.elapsed, end);
            }
            rows.push(row);
        }
        rows.reverse();
        rows
    }

    fn count(&mut self, sample: &Sample, elapsed: Nanos, end: Nanos) {
        let row = &mut self.row;
        if self.parent && row.failed == 0 {
            row.sample.outcome = sample.outcome.clone();
        }
        row.samples += 1;
        row.failed += u32::from(!sample.success);
        let sums = &mut row.sample;
        sums.success &= sample.success;
        sums.elapsed += elapsed;
        sums.latency += if self.parent { 0 } else { sample.latency };
        sums.connect += sample.connect;
        sums.received += sample.received;
        sums.sent += sample.sent;
        self.last_end = end;
    }

    /// Its row. One that succeeded has no code of its samples.
    fn row(self) -> Option<Transaction> {
        let mut row = self.row;
        let sample = &mut row.sample;
        if self.with_timers {
            sample.elapsed = self.last_end.saturating_sub(sample.start);
        }
        if sample.success {
            sample.outcome = Outcome::Silent;
        }
        (row.samples > 0).then_some(row)
    }
}
