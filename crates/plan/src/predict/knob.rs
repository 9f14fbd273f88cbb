//! The knobs of a plan, and plans with another value.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::Nanos;
use crate::model::{
    NodeId, NodeKind, Phase, Plan, ShapingRow, Start, ThroughputMode, Timer, TimerId, UltimateRow,
};
use crate::simulate::{MILLI, Run, SECOND};

/// Something that one sets in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knob {
    /// The number of threads of a group.
    Threads,
    /// The ramp-up in seconds.
    RampUp,
    /// The samples a minute of a Constant Throughput Timer.
    Throughput,
    /// The milliseconds from one start of a user to its next.
    Pace,
    /// The greatest rate of an open model, in arrivals a second.
    Rate,
    /// The samples of a Precise Throughput Timer in its period.
    Samples,
    /// The greatest rate of a Throughput Shaping Timer, in samples a second.
    Shape,
    /// The load of all thread groups, in percent of what the plan has.
    Load,
}

impl Knob {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::RampUp => "rampUp",
            Self::Throughput => "throughput",
            Self::Pace => "pace",
            Self::Rate => "rate",
            Self::Samples => "preciseThroughput",
            Self::Shape => "shapingRate",
            Self::Load => "load",
        }
    }

    /// The unit of its values. That of a Precise Throughput Timer is a part of its period.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Threads => "users",
            Self::RampUp => "s",
            Self::Throughput => "/min",
            Self::Pace => "ms",
            Self::Rate | Self::Shape => "/s",
            Self::Samples => "/period",
            Self::Load => "%",
        }
    }
}

/// A knob of one group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) knob: Knob,
    pub(super) group: usize,
    /// The timer that has the knob.
    pub(super) timer: Option<TimerId>,
}

/// The nodes of a group.
fn nodes_of(plan: &Plan, group: usize) -> HashSet<NodeId> {
    let mut seen = HashSet::new();
    let mut open: Vec<NodeId> = plan.groups[group].children.clone();
    while let Some(id) = open.pop() {
        let Some(node) = plan.nodes.get(id.0 as usize).filter(|_| seen.insert(id)) else { continue };
        open.extend(&node.children);
    }
    seen
}

/// The timers of a group's samplers.
pub(super) fn timers_of(plan: &Plan, group: usize) -> Vec<TimerId> {
    let kinds = nodes_of(plan, group)
        .into_iter()
        .filter_map(|id| plan.nodes.get(id.0 as usize))
        .map(|node| &node.kind);
    let of_samplers = kinds.filter_map(|kind| match kind {
        NodeKind::Sampler(sampler) => Some(sampler.timers.iter().copied()),
        _ => None,
    });
    let known = of_samplers.flatten().filter(|timer| (timer.0 as usize) < plan.timers.len());
    let found: BTreeSet<_> = known.collect();
    found.into_iter().collect()
}

/// The main groups whose load may be too much, the one with the most refusals first: those that have one, or else the
/// group with the most requests, or the first.
pub(super) fn groups(plan: &Plan, run: &Run) -> Vec<usize> {
    let main = (0..plan.groups.len()).filter(|group| plan.groups[*group].phase == Phase::Main);
    let counts = |group: &usize| {
        let nodes = nodes_of(plan, *group);
        let its = run.samplers.iter().filter(|sampler| nodes.contains(&sampler.node));
        its.fold((0, 0), |(refused, samples), one| (refused + one.refused, samples + one.samples))
    };
    let mut groups: Vec<_> = main.map(|group| (counts(&group), group)).collect();
    groups.sort_by_key(|(counts, _)| std::cmp::Reverse(*counts));
    let refused = groups.iter().filter(|((refused, _), _)| *refused > 0).count();
    groups.truncate(refused.max(1));
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The knobs of a group.
pub(super) fn places(plan: &Plan, group: usize) -> Vec<Place> {
    let place = |knob, timer| Place { knob, group, timer };
    let mut places = match plan.groups[group].start {
        Start::Threads { .. } => vec![place(Knob::Threads, None), place(Knob::RampUp, None)],
        Start::Concurrency { .. } | Start::Stepping { .. } | Start::Ultimate(_) => {
            vec![place(Knob::Threads, None)]
        }
        Start::OpenModel { .. } | Start::Arrivals { .. } => vec![place(Knob::Rate, None)],
    };
    let timers = timers_of(plan, group);
    // Only loops without an end are paced by a script for long.
    let is_paced = plan.groups[group].loops != Some(1);
    let mut found: Vec<_> = timers.iter().filter_map(|id| Some((knob_of(plan, *id)?, *id))).collect();
    found.retain(|(knob, _)| *knob != Knob::Pace || is_paced);
    found.sort_by_key(|(knob, _)| (*knob == Knob::Pace, knob.name()));
    found.dedup_by_key(|(knob, _)| *knob);
    places.extend(found.into_iter().map(|(knob, timer)| place(knob, Some(timer))));
    places
}

fn knob_of(plan: &Plan, timer: TimerId) -> Option<Knob> {
    match plan.timers.get(timer.0 as usize)? {
        Timer::Throughput { .. } => Some(Knob::Throughput),
        Timer::Precise { .. } => Some(Knob::Samples),
        Timer::Shaping(_) => Some(Knob::Shape),
        Timer::Pace { pace: Some(_), .. } => Some(Knob::Pace),
        _ => None,
    }
}

/// The knobs that scale the load of the plan, one for each group: its timer that all threads share, or else its users.
pub(super) fn all_loads(plan: &Plan) -> Vec<Place> {
    let main = (0..plan.groups.len()).filter(|group| plan.groups[*group].phase == Phase::Main);
    let mut loads: Vec<Place> = Vec::new();
    for group in main {
        let places = places(plan, group);
        let shared = places.iter().find(|place| place.is_shared(plan));
        let Some(load) = shared.or(places.first()) else { continue };
        // Groups may share a timer.
        if load.timer.is_none() || loads.iter().all(|other| other.timer != load.timer) {
            loads.push(*load);
        }
    }
    loads
}

impl Place {
    /// The value that the plan has. A throughput timer that is faster than one sample a millisecond counts as off.
    pub(super) fn value(&self, plan: &Plan) -> u64 {
        if self.knob == Knob::Load {
            return 100;
        }
        let group = &plan.groups[self.group];
        let timer = self.timer.and_then(|id| plan.timers.get(id.0 as usize));
        match (self.knob, &group.start, timer) {
            (Knob::Threads, Start::Threads { threads, .. } | Start::Stepping { threads, .. }, _) => {
                u64::from(*threads)
            }
            (Knob::Threads, Start::Concurrency { target, .. }, _) => u64::from(*target),
            (Knob::Threads, Start::Ultimate(rows), _) => rows.iter().map(|row| u64::from(row.threads)).sum(),
            (Knob::RampUp, Start::Threads { ramp, .. }, _) => {
                scripted_ramp(plan, self.group).unwrap_or(*ramp) / SECOND
            }
            (Knob::Throughput, _, Some(Timer::Throughput { per_minute, .. })) => rounded(*per_minute),
            (Knob::Pace, _, Some(Timer::Pace { pace: Some(pace), .. })) => pace / MILLI,
            (Knob::Rate, start, _) => rounded(peak(start)),
            (Knob::Samples, _, Some(Timer::Precise { throughput, .. })) => rounded(*throughput),
            (Knob::Shape, _, Some(Timer::Shaping(rows))) => rounded(peak_of_rows(rows)),
            _ => 0,
        }
    }

    /// Whether a throughput timer holds whole milliseconds alone.
    pub(super) fn holds_milliseconds(&self, plan: &Plan) -> bool {
        let timer = self.timer.and_then(|id| plan.timers.get(id.0 as usize));
        matches!(
            timer,
            Some(Timer::Throughput {
                mode: ThroughputMode::Thread | ThroughputMode::AllShared | ThroughputMode::GroupShared,
                ..
            })
        )
    }

    /// The plan with another value.
    pub(super) fn with(&self, plan: &Plan, value: u64) -> Plan {
        let mut other = plan.clone();
        match self.knob {
            Knob::Threads => set_threads(&mut other.groups[self.group].start, value),
            Knob::RampUp => set_ramp(&mut other, self.group, value.saturating_mul(SECOND)),
            Knob::Throughput => self.set_throughput(&mut other, value),
            Knob::Pace => {
                let timer = self.timer.and_then(|id| other.timers.get_mut(id.0 as usize));
                if let Some(Timer::Pace { pace, .. }) = timer {
                    *pace = Some(value.saturating_mul(MILLI));
                }
            }
            Knob::Rate => set_rate(&mut other.groups[self.group].start, value),
            Knob::Samples | Knob::Shape => {
                if let Some(timer) = self.timer.and_then(|id| other.timers.get_mut(id.0 as usize)) {
                    set_timer(timer, value);
                }
            }
            Knob::Load => {
                for load in all_loads(plan) {
                    other = load.with(&other, load.part(plan, value));
                }
            }
        }
        other
    }

    /// The knob of all groups.
    pub(super) const fn of_all() -> Self {
        Self { knob: Knob::Load, group: 0, timer: None }
    }

    /// A part of its value in percent, and at least 1.
    fn part(&self, plan: &Plan, percent: u64) -> u64 {
        let value = self.value(plan);
        (value.saturating_mul(percent) / 100).max(value.min(1))
    }

    /// Whether it is a timer that bounds the samples of all threads of a group together.
    fn is_shared(&self, plan: &Plan) -> bool {
        match self.timer.and_then(|id| plan.timers.get(id.0 as usize)) {
            Some(Timer::Precise { .. } | Timer::Shaping(_)) => true,
            Some(Timer::Throughput { per_minute, mode }) => {
                *per_minute < OFF && *mode != ThroughputMode::Thread
            }
            _ => false,
        }
    }

    /// What has to be set for a value of it: itself, or the knob of each group.
    pub(super) fn settings(&self, plan: &Plan, value: u64) -> Vec<Setting> {
        if self.knob == Knob::Load {
            return all_loads(plan).iter().map(|load| load.setting(plan, load.part(plan, value))).collect();
        }
        vec![self.setting(plan, value)]
    }

    fn setting(&self, plan: &Plan, value: u64) -> Setting {
        let other = self.with(plan, value);
        let rows = match &other.groups[self.group].start {
            Start::Ultimate(rows) if self.knob == Knob::Threads => {
                rows.iter().map(|row| row.threads).collect()
            }
            _ => Vec::new(),
        };
        let timer = self.timer.and_then(|id| plan.timers.get(id.0 as usize));
        let period = if let Some(Timer::Precise { period, .. }) = timer { *period } else { 0 };
        let group = Arc::clone(&plan.groups[self.group].name);
        Setting { knob: self.knob, value, group, rows, period }
    }

    /// The shipped plans are paced by their throughput timer, if it is on, in place of their script.
    fn set_throughput(&self, plan: &mut Plan, value: u64) {
        let Some(Timer::Throughput { per_minute, .. }) =
            self.timer.and_then(|id| plan.timers.get_mut(id.0 as usize))
        else {
            return;
        };
        let was_off = *per_minute >= OFF;
        *per_minute = crate::report::float(value);
        for id in timers_of(plan, self.group).into_iter().filter(|_| was_off) {
            if let Some(Timer::Pace { pace, .. }) = plan.timers.get_mut(id.0 as usize) {
                *pace = None;
            }
        }
    }
}

/// What is set in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The knob.
    pub knob: Knob,
    /// Its value, in the knob's unit.
    pub value: u64,
    /// The thread group.
    pub group: Arc<str>,
    /// The users of each row of an Ultimate Thread Group.
    pub rows: Vec<u32>,
    /// The period of a Precise Throughput Timer. 0 for other knobs.
    pub period: Nanos,
}

/// A throughput timer of this rate, in samples a minute, does not wait.
pub(super) const OFF: f64 = 1_000_000.0;

fn rounded(value: f64) -> u64 {
    crate::report::whole(value.round())
}

fn scripted_ramp(plan: &Plan, group: usize) -> Option<u64> {
    timers_of(plan, group).into_iter().find_map(|id| match plan.timers.get(id.0 as usize)? {
        Timer::Pace { ramp, .. } | Timer::UserStart { ramp, .. } => Some(*ramp),
        _ => None,
    })
}

fn set_threads(start: &mut Start, value: u64) {
    let value = u32::try_from(value).unwrap_or(u32::MAX);
    match start {
        Start::Threads { threads, .. } | Start::Stepping { threads, .. } => *threads = value,
        Start::Concurrency { target, .. } => *target = value,
        Start::Ultimate(rows) => set_rows(rows, value),
        _ => {}
    }
}

/// Spreads users over the rows as they were, whole ones.
fn set_rows(rows: &mut [UltimateRow], value: u32) {
    let all: u64 = rows.iter().map(|row| u64::from(row.threads)).sum();
    let (mut before, mut given) = (0, 0);
    for row in rows {
        before += u64::from(row.threads);
        let until = before.saturating_mul(value.into()) / all.max(1);
        row.threads = u32::try_from(until - given).unwrap_or(u32::MAX);
        given = until;
    }
}

fn set_timer(timer: &mut Timer, value: u64) {
    let value = crate::report::float(value);
    match timer {
        Timer::Precise { throughput, .. } => *throughput = value,
        Timer::Shaping(rows) => {
            let was = peak_of_rows(rows);
            let share = if was > 0.0 { value / was } else { 0.0 };
            for row in rows {
                (row.from, row.to) = (row.from * share, row.to * share);
            }
        }
        _ => {}
    }
}

/// The greatest rate of a shaping timer.
fn peak_of_rows(rows: &[ShapingRow]) -> f64 {
    rows.iter().flat_map(|row| [row.from, row.to]).fold(0.0, f64::max)
}

/// The scripts of the shipped plans start their users themselves, and hold their sockets until after the last start.
fn set_ramp(plan: &mut Plan, group: usize, value: u64) {
    let scripted = scripted_ramp(plan, group);
    if let Start::Threads { ramp, .. } = &mut plan.groups[group].start
        && (scripted.is_none() || *ramp > 0)
    {
        *ramp = value;
    }
    for id in timers_of(plan, group) {
        match plan.timers.get_mut(id.0 as usize) {
            Some(Timer::Pace { ramp, .. } | Timer::UserStart { ramp, .. }) => *ramp = value,
            Some(Timer::Until(until)) => {
                *until = until.saturating_sub(scripted.unwrap_or(0)).saturating_add(value);
            }
            _ => {}
        }
    }
}

/// The greatest rate of an open model.
fn peak(start: &Start) -> f64 {
    match start {
        Start::OpenModel { steps, .. } => {
            steps.iter().flat_map(|step| [step.from, step.to]).fold(0.0, f64::max)
        }
        Start::Arrivals { rate, .. } => *rate,
        _ => 0.0,
    }
}

fn set_rate(start: &mut Start, value: u64) {
    let was = peak(start);
    let share = if was > 0.0 { crate::report::float(value) / was } else { 0.0 };
    match start {
        Start::OpenModel { steps, .. } => {
            for step in steps {
                (step.from, step.to) = (step.from * share, step.to * share);
            }
        }
        Start::Arrivals { rate, .. } => *rate *= share,
        _ => {}
    }
}
