//! All buckets of a limit, or of all limits, part by part.

use std::sync::Arc;

use gcmock_limit::{Key, Nanos, Rule};

use super::Doing;
use super::calls::{Caller, Calls};
use super::link::StoreError;

/// Where the next part of all buckets begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    home: usize,
    cursor: u64,
}

impl Place {
    /// The place behind a part that ended at `cursor`.
    const fn after(self, cursor: u64) -> Self {
        let home = if cursor == 0 { self.home + 1 } else { self.home };
        Self { home, cursor }
    }
}

/// All buckets of a limit, part by part.
pub(super) struct Round {
    pub(super) homes: Vec<Arc<str>>,
    pub(super) rule: Box<Rule>,
    /// The only bucket that it is about; `None` for all of them.
    pub(super) only: Option<Key>,
    pub(super) now: Nanos,
    /// The limit with the numbers that hold from now on, where its buckets are settled; `None` where they are refilled.
    pub(super) settles_for: Option<Box<Rule>>,
    pub(super) progress: Progress,
}

/// How far a round is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Its number among the changes of this node.
    pub(super) number: u64,
    /// The next part; `None` before the first.
    pub(super) place: Option<Place>,
}

impl Round {
    /// Does the next part. Whether that was the last.
    pub(super) async fn go_on(&mut self, calls: &mut Calls, node: u32) -> Result<bool, StoreError> {
        let Progress { number, place } = self.progress;
        let Some(place) = place else {
            // Where another node was first, the buckets are settled already, and count under the new numbers.
            let caller = Caller { node, sequence: number };
            let is_first = match &self.settles_for {
                Some(rule) => calls.renumber(rule, caller).await?,
                None => true,
            };
            self.progress.place = Some(Place::default());
            return Ok(!is_first);
        };
        let Some(home) = self.homes.get(place.home) else { return Ok(true) };
        let task = if self.settles_for.is_some() { Doing::Settle } else { Doing::Refill };
        let next = or_foreign(
            calls.keep_up(home, (&self.rule, self.only), (task, self.now), place.cursor).await,
            0,
        )?;
        let place = place.after(next);
        self.progress.place = Some(place);
        Ok(place.home >= self.homes.len())
    }
}

impl Place {
    /// Sweeps the next part.
    pub(super) async fn go_on(
        &mut self,
        calls: &mut Calls,
        homes: &[Arc<str>],
        rules: &[Rule],
        now: Nanos,
    ) -> Result<(), StoreError> {
        let next = match homes.get(self.home) {
            Some(home) => or_foreign(calls.sweep(home, rules, self.cursor, now).await, 0)?,
            None => 0,
        };
        let place = self.after(next);
        *self = if place.home < homes.len() { place } else { Self::default() };
        Ok(())
    }
}

/// What was done, or `instead` where a home has something else than buckets: there is nothing to be done there.
pub(super) fn or_foreign<T>(done: Result<T, StoreError>, instead: T) -> Result<T, StoreError> {
    match done {
        Err(StoreError::Foreign) => Ok(instead),
        done => done,
    }
}
