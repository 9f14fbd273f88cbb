//! Which limits, latencies and faults can cover which operation, worked out once per configuration.

use super::{Config, Cover, Fault, Latency, Limit, Pattern, PatternMethod};
use crate::catalog::OperationId;

/// More than any index of operations has; greater ids are treated as unknown.
const MAX_OPERATIONS: usize = 1 << 16;

/// The candidates of every operation, and of requests without one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Index {
    operations: Vec<Option<Candidates>>,
    unknown: Candidates,
}

/// The entries that are indexed.
pub(super) struct Indexed<'c> {
    limits: &'c [Limit],
    latencies: &'c [Latency],
    faults: &'c [Fault],
}

impl<'c> Indexed<'c> {
    pub(super) fn of(config: &'c Config) -> Self {
        Self { limits: &config.limits, latencies: &config.latencies, faults: &config.faults }
    }
}

/// The entries that may cover a request, in file order. A fault of share 0 is not among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Candidates {
    pub(super) limits: Box<[Candidate]>,
    pub(super) latencies: Box<[Candidate]>,
    pub(super) faults: Box<[Candidate]>,
}

/// One entry that may cover a request, by its position in the configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) at: usize,
    always: bool,
}

impl Candidate {
    pub(super) fn holds(self, patterns: &[Pattern], method: PatternMethod<'_>, path: &str) -> bool {
        self.always || patterns.iter().any(|pattern| pattern.matches(method, path))
    }
}

impl Index {
    pub(super) fn build<'a>(
        indexed: &Indexed<'_>,
        operations: impl Iterator<Item = (OperationId, &'a str, &'a str)>,
    ) -> Self {
        let mut index = Self::without_operations(indexed);
        for (id, method, template) in operations {
            let Some(id) = usize::try_from(id.0).ok().filter(|id| *id < MAX_OPERATIONS) else { continue };
            if index.operations.len() <= id {
                index.operations.resize(id + 1, None);
            }
            let cover = |patterns: &[Pattern]| best_cover(patterns, method.into(), template);
            index.operations[id] = Some(Candidates::of(indexed, cover));
        }
        index
    }

    /// Every request tries every pattern.
    pub(super) fn without_operations(indexed: &Indexed<'_>) -> Self {
        let unknown = Candidates::of(indexed, |_| Cover::Maybe);
        Self { operations: Vec::new(), unknown }
    }

    pub(super) fn candidates(&self, operation: Option<OperationId>) -> &Candidates {
        let known = || self.operations.get(usize::try_from(operation?.0).ok()?)?.as_ref();
        known().unwrap_or(&self.unknown)
    }
}

impl Candidates {
    fn of(indexed: &Indexed<'_>, cover: impl Fn(&[Pattern]) -> Cover) -> Self {
        let of_fault =
            |fault: &Fault| if fault.trigger.share > 0.0 { cover(&fault.patterns) } else { Cover::Never };
        Self {
            limits: candidates(indexed.limits.iter().map(|limit| cover(&limit.patterns))),
            latencies: candidates(indexed.latencies.iter().map(|latency| cover(&latency.patterns))),
            faults: candidates(indexed.faults.iter().map(of_fault)),
        }
    }
}

fn candidates(covers: impl Iterator<Item = Cover>) -> Box<[Candidate]> {
    covers
        .enumerate()
        .filter(|(_, cover)| *cover != Cover::Never)
        .map(|(at, cover)| Candidate { at, always: cover == Cover::Always })
        .collect()
}

fn best_cover(patterns: &[Pattern], method: PatternMethod<'_>, template: &str) -> Cover {
    patterns.iter().map(|pattern| pattern.covers_template(method, template)).max().unwrap_or(Cover::Never)
}
