//! All buckets of a limit, or of all limits, part by part.

use std::sync::Arc;

use gcmock_limit::{Nanos, Rule};

use super::BucketAction;
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
    pub(super) rule: Box<Rule>,
    pub(super) now: Nanos,
    /// The limit with the numbers that hold from now on, where its buckets are settled; `None` where they are refilled.
    pub(super) settles_for: Option<Box<Rule>>,
    pub(super) progress: Progress,
}

/// How far a round is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Its number among the changes of this node.
    pub(super) number: u64,
    /// The homes that the store has, those of other nodes' organizations too, and the next part. `None` before the first part.
    pub(super) place: Option<(Vec<Arc<str>>, Place)>,
    /// Whether another node has begun to settle the buckets.
    pub(super) is_watched: bool,
}

/// What a node says about the buckets of a limit that are settled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Other numbers hold.
    Begin,
    /// Another node has begun, and may have died since.
    Watch,
    /// This node has settled them.
    End,
}

impl Step {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Watch => "watch",
            Self::End => "end",
        }
    }
}

/// Which node settles the buckets of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settles {
    /// This node, at that instant.
    Here(Nanos),
    /// Another node, which lives.
    Elsewhere,
    /// They are settled.
    Done,
}

impl Settles {
    /// Reads the answer of `renumber.lua`.
    pub(super) fn read(answer: &str) -> Self {
        match answer {
            "elsewhere" => Self::Elsewhere,
            _ => answer.parse().map_or(Self::Done, Self::Here),
        }
    }
}

/// What becomes of a round after a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Continues,
    /// Another node does it. It is looked at again, in case that node dies.
    Elsewhere,
    Done,
}

impl Round {
    /// Does the next part.
    pub(super) async fn go_on(&mut self, calls: &mut Calls, node: u32) -> Result<After, StoreError> {
        let task = if self.settles_for.is_some() { BucketAction::Settle } else { BucketAction::Refill };
        let Some((homes, place)) = &mut self.progress.place else { return self.begin(calls, node).await };
        let Some(home) = homes.get(place.home) else { return self.end(calls, node).await };
        let part = calls.keep_up(home, &self.rule, (task, self.now), place.cursor).await;
        *place = place.after(or_foreign(part, 0)?);
        Ok(After::Continues)
    }

    /// Where another node was first, the buckets are settled already, and count under the new numbers.
    async fn begin(&mut self, calls: &mut Calls, node: u32) -> Result<After, StoreError> {
        let step = if self.progress.is_watched { Step::Watch } else { Step::Begin };
        match self.renumber(calls, node, step).await? {
            Settles::Here(now) => self.now = now,
            Settles::Done => return Ok(After::Done),
            Settles::Elsewhere => {
                self.progress.is_watched = true;
                return Ok(After::Elsewhere);
            }
        }
        self.progress.place = Some((calls.homes().await?, Place::default()));
        Ok(After::Continues)
    }

    async fn end(&self, calls: &mut Calls, node: u32) -> Result<After, StoreError> {
        self.renumber(calls, node, Step::End).await?;
        Ok(After::Done)
    }

    async fn renumber(&self, calls: &mut Calls, node: u32, step: Step) -> Result<Settles, StoreError> {
        let caller = Caller { node, sequence: self.progress.number };
        match &self.settles_for {
            Some(rule) => calls.renumber(rule, caller, (step, self.now)).await,
            None => Ok(Settles::Here(self.now)),
        }
    }

    /// Whether both settle the buckets of one limit.
    pub(super) fn settles_as(&self, other: &Self) -> bool {
        self.settles_for.is_some() && self.rule.id == other.rule.id
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
