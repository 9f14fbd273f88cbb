//! The bounds of a run: the most requests a second, and the refusals after which it ends.

use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Relaxed, SeqCst},
};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::exchange::Answer;
use crate::command::args::{Rate, Safety};
use crate::time::Nanos;

/// Watches over a run.
pub(super) struct Governor {
    /// The distance of two requests, and the instant of the next.
    pace: Option<(Nanos, Mutex<Nanos>)>,
    /// Refusals after which the run ends. 0: never.
    most_refusals: u64,
    refusals: AtomicU64,
    /// Whether an answer has come.
    answered: AtomicBool,
    /// Whether the run ends. Each step asks this flag: the token below is behind a lock.
    ends: AtomicBool,
    /// Why the run has ended early.
    failure: OnceLock<String>,
    /// Ends the run; samples that are under way finish.
    pub(super) stop: CancellationToken,
    /// Cuts off samples that are under way.
    pub(super) stop_now: CancellationToken,
}

impl Governor {
    /// The bounds of the options. A target outside this machine ends the run at its first refusal unless the options
    /// say otherwise.
    pub(super) fn new(safety: &Safety, is_here: bool) -> Self {
        let gap = safety.max_rate.map(Rate::gap);
        let stop = CancellationToken::new();
        Self {
            pace: gap.map(|gap| (gap, Mutex::new(0))),
            most_refusals: safety.abort_on_429.unwrap_or(u64::from(!is_here)),
            refusals: AtomicU64::new(0),
            answered: AtomicBool::new(false),
            ends: AtomicBool::new(false),
            failure: OnceLock::new(),
            stop_now: CancellationToken::new(),
            stop,
        }
    }

    /// The instant at which a request may be sent that is due at `now`.
    pub(super) fn turn(&self, now: Nanos) -> Nanos {
        let Some((gap, next)) = &self.pace else { return now };
        let mut next = next.lock();
        let turn = now.max(*next);
        *next = turn + gap;
        turn
    }

    /// Looks at an answer: a page for people in place of the first answer, or one refusal too many, ends the run.
    pub(super) fn look_at(&self, answer: &Answer, url: &str) {
        let first = !self.answered.load(Relaxed) && !self.answered.swap(true, Relaxed);
        if first && answer.is_html {
            let status = answer.status;
            self.fail(format!("{url} answers HTML (status {status}): it is not the platform's API"));
        }
        if answer.status == 429 {
            let refusals = self.refusals.fetch_add(1, Relaxed) + 1;
            if refusals == self.most_refusals {
                self.fail(format!("stopped at refusal {refusals}: --abort-on-429 {refusals}"));
            }
        }
    }

    /// Ends the run early.
    pub(super) fn fail(&self, why: String) {
        let _ = self.failure.set(why);
        self.stop(false);
    }

    /// Ends the run: at once, or when the samples under way have finished.
    pub(super) fn stop(&self, at_once: bool) {
        // First the flag: a user that a token wakes looks at it.
        self.ends.store(true, SeqCst);
        if at_once {
            self.stop_now.cancel();
        }
        self.stop.cancel();
    }

    /// Whether the run ends.
    pub(super) fn ends(&self) -> bool {
        self.ends.load(Relaxed)
    }

    /// Why the run has ended early, if it has.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }
}
