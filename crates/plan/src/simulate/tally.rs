//! What a run counts.

use std::sync::Arc;

use gcmock_limit::Rule;

use super::SECOND;
use super::bound::{Circles, Cut, STEPS_OF_A_REQUEST};
use crate::Nanos;
use crate::model::NodeId;

/// The results of one run, with the requests of setUp and tearDown groups: they charge the limits like all others.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Requests, handshakes and messages.
    pub samples: u64,
    /// How many of them were refused.
    pub refused: u64,
    /// When the first was refused, counted from the start of the first sample.
    pub first_refusal: Option<Nanos>,
    /// How many the adherence check refused. No limit did.
    pub not_adherent: u64,
    /// The start of the first sample, counted from the start of the main groups. 0 if a setUp group sent it.
    pub first_sample: Option<Nanos>,
    /// The decision of the last request, counted from the start of the first sample.
    pub length: Nanos,
    /// Threads of main groups that sent a request.
    pub users: u64,
    /// How many of them were refused once or more.
    pub users_hit: u64,
    /// Each limit that covers a request, in the order in which samplers meet them.
    pub limits: Vec<LimitCount>,
    /// Each sampler that sends, in the order of the plan.
    pub samplers: Vec<SamplerCount>,
    /// The counts of each second.
    pub series: Series,
    /// Requests that were played one by one, those of setUp and tearDown groups among them.
    pub played: u64,
    /// Model time that was jumped over, because the run repeated itself.
    pub skipped: Nanos,
    /// Events, and questions to controllers.
    pub work: u64,
    /// Why the run was cut before its end. `None`: it was not.
    pub cut: Option<Cut>,
    /// The time that it reached, counted from the start of the main groups.
    pub reached: Nanos,
    /// Threads that went round a loop without a request and without time.
    pub circles: Circles,
    /// Threads that wait at a Synchronizing Timer when nothing else is left to happen.
    pub waiting: u64,
    /// Threads that wait in a Throughput Shaping Timer then.
    pub held: u64,
}

/// The counts of one limit.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitCount {
    /// The limit.
    pub rule: Arc<Rule>,
    /// Requests that it refused, each counted for the limit that refuses longest.
    pub refused: u64,
    /// When it first refused, counted from the start of the first sample.
    pub first_refusal: Option<Nanos>,
    /// The least that was left after a request that it governed, in thousandths of its capacity. `None`: it never was
    /// the limit nearest to refusing.
    pub least: Option<u16>,
}

/// The counts of one sampler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplerCount {
    /// The sampler.
    pub node: NodeId,
    /// Its requests.
    pub samples: u64,
    /// How many of them were refused.
    pub refused: u64,
}

/// The counts of each second since the start of the first sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// The seconds.
    pub seconds: Vec<Second>,
    /// For each of [`Run::limits`] and each second: the least that was left in thousandths, or [`Series::UNKNOWN`].
    pub levels: Vec<Vec<u16>>,
}

impl Series {
    /// No request of that second was governed by the limit.
    pub const UNKNOWN: u16 = u16::MAX;
}

/// One second of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Admitted requests.
    pub admitted: u32,
    /// Refused requests.
    pub refused: u32,
}

/// The most seconds of a series. What comes later is counted in the last.
const MAX_SECONDS: usize = 8 * 24 * 3600;

/// One decided request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decided {
    /// When it was decided.
    pub(super) at: Nanos,
    /// When its sample started.
    pub(super) start: Nanos,
    pub(super) branch: u32,
    pub(super) refused: bool,
    /// The limit that governs, by its place among all, and what is left of it in thousandths.
    pub(super) governing: Option<(u16, u16)>,
}

/// Counts decided requests.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) run: Run,
    /// The sampler of each branch, by its place in [`Run::samplers`].
    places: Vec<Option<u32>>,
    /// Requests since the last mark, kept while a repetition is looked for.
    pub(super) log: Option<Vec<Decided>>,
    /// How much later everything is than the events say, after a jump.
    pub(super) later: Nanos,
}

impl Tally {
    pub(super) fn new(rules: &[Arc<Rule>], branches: impl Iterator<Item = Option<NodeId>>) -> Self {
        let count = |rule: &Arc<Rule>| LimitCount {
            rule: Arc::clone(rule),
            refused: 0,
            first_refusal: None,
            least: None,
        };
        let mut samplers: Vec<SamplerCount> = Vec::new();
        let mut known = std::collections::HashMap::new();
        let place = |node: Option<NodeId>| {
            node.map(|node| {
                *known.entry(node).or_insert_with(|| {
                    samplers.push(SamplerCount { node, samples: 0, refused: 0 });
                    u32::try_from(samplers.len() - 1).unwrap_or(u32::MAX)
                })
            })
        };
        let places = branches.map(place).collect();
        let limits: Vec<LimitCount> = rules.iter().map(count).collect();
        let run = Run {
            samples: 0,
            refused: 0,
            first_refusal: None,
            not_adherent: 0,
            first_sample: None,
            length: 0,
            users: 0,
            users_hit: 0,
            series: Series { seconds: Vec::new(), levels: vec![Vec::new(); limits.len()] },
            limits,
            samplers,
            played: 0,
            skipped: 0,
            work: 0,
            cut: None,
            reached: 0,
            circles: Circles::default(),
            waiting: 0,
            held: 0,
        };
        Self { run, places, log: None, later: 0 }
    }

    /// Counts a request.
    pub(super) fn count(&mut self, decided: Decided) {
        if let Some(log) = &mut self.log {
            log.push(decided);
        }
        self.repeat(decided, self.later);
    }

    /// Counts a request that happens once more, `later`.
    pub(super) fn repeat(&mut self, mut decided: Decided, later: Nanos) {
        decided.at = decided.at.saturating_add(later);
        decided.start = decided.start.saturating_add(later);
        self.add(decided);
    }

    fn add(&mut self, decided: Decided) {
        let run = &mut self.run;
        let zero = *run.first_sample.get_or_insert(decided.start);
        let since = decided.start.saturating_sub(zero);
        run.samples += 1;
        run.length = run.length.max(decided.at.saturating_sub(zero));
        let sampler = self.places.get(decided.branch as usize).copied().flatten();
        if let Some(sampler) = sampler.and_then(|place| run.samplers.get_mut(place as usize)) {
            sampler.samples += 1;
            sampler.refused += u64::from(decided.refused);
        }
        let second = usize::try_from(since / SECOND).unwrap_or(usize::MAX).min(MAX_SECONDS - 1);
        if run.series.seconds.len() <= second {
            run.series.seconds.resize(second + 1, Second::default());
        }
        let counts = &mut run.series.seconds[second];
        counts.admitted += u32::from(!decided.refused);
        counts.refused += u32::from(decided.refused);
        if decided.refused {
            run.refused += 1;
            run.first_refusal.get_or_insert(since);
        }
        match decided.governing {
            Some((limit, level)) => run.govern((usize::from(limit), level), second, decided.refused, since),
            None => run.not_adherent += u64::from(decided.refused),
        }
    }
}

impl Run {
    fn govern(&mut self, (limit, level): (usize, u16), second: usize, refused: bool, since: Nanos) {
        let Some(count) = self.limits.get_mut(limit) else { return };
        if refused {
            count.refused += 1;
            count.first_refusal.get_or_insert(since);
        }
        let level = if refused { 0 } else { level };
        count.least = Some(count.least.map_or(level, |least| least.min(level)));
        let levels = &mut self.series.levels[limit];
        if levels.len() <= second {
            levels.resize(second + 1, Series::UNKNOWN);
        }
        levels[second] = levels[second].min(level);
    }

    /// What the run has cost, in requests.
    pub fn cost(&self) -> u64 {
        self.played.max(self.work / STEPS_OF_A_REQUEST)
    }

    /// The least headroom of all limits in thousandths: what was left of the nearest when it was lowest. `None`: no
    /// limit covers a request.
    pub fn headroom(&self) -> Option<u16> {
        self.limits.iter().filter_map(|limit| limit.least).min()
    }
}
