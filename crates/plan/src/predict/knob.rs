//! The knobs of a plan, and plans with another value.

use crate::model::{NodeId, NodeKind, Phase, Plan, Start, ThroughputMode, Timer, TimerId};
use crate::simulate::{MILLI, SECOND};

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
        }
    }

    /// The unit of its values.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Threads => "users",
            Self::RampUp => "s",
            Self::Throughput => "/min",
            Self::Pace => "ms",
            Self::Rate => "/s",
        }
    }
}

/// A knob of one group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) knob: Knob,
    pub(super) group: usize,
    /// The timer of [`Knob::Throughput`] and [`Knob::Pace`].
    pub(super) timer: Option<TimerId>,
}

/// The timers of a group's samplers.
pub(super) fn timers_of(plan: &Plan, group: usize) -> Vec<TimerId> {
    let mut found = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut open: Vec<NodeId> = plan.groups[group].children.clone();
    while let Some(id) = open.pop() {
        let Some(node) = plan.nodes.get(id.0 as usize).filter(|_| seen.insert(id)) else { continue };
        if let NodeKind::Sampler(sampler) = &node.kind {
            found.extend(sampler.timers.iter().filter(|timer| (timer.0 as usize) < plan.timers.len()));
        }
        open.extend(&node.children);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a group contains this node.
fn contains(plan: &Plan, group: usize, wanted: NodeId) -> bool {
    let mut seen = std::collections::HashSet::new();
    let mut open: Vec<NodeId> = plan.groups[group].children.clone();
    while let Some(id) = open.pop() {
        if id == wanted {
            return true;
        }
        if let Some(node) = plan.nodes.get(id.0 as usize).filter(|_| seen.insert(id)) {
            open.extend(&node.children);
        }
    }
    false
}

/// The knobs of the group that sends `sampler`, or of the first main group.
pub(super) fn places(plan: &Plan, sampler: Option<NodeId>) -> Vec<Place> {
    let main = |group: &usize| plan.groups[*group].phase == Phase::Main;
    let sends = |group: &usize| sampler.is_some_and(|sampler| contains(plan, *group, sampler));
    let all = || (0..plan.groups.len()).filter(main);
    let Some(group) = all().find(sends).or_else(|| all().next()) else { return Vec::new() };
    let timers = timers_of(plan, group);
    let place = |knob, timer| Place { knob, group, timer };
    let mut places = match plan.groups[group].start {
        Start::Threads { .. } => vec![place(Knob::Threads, None), place(Knob::RampUp, None)],
        Start::Concurrency { .. } | Start::Stepping { .. } => vec![place(Knob::Threads, None)],
        Start::OpenModel { .. } | Start::Arrivals { .. } => vec![place(Knob::Rate, None)],
        Start::Ultimate(_) => vec![],
    };
    let first =
        |wanted: fn(&Timer) -> bool| timers.iter().find(|id| wanted(&plan.timers[id.0 as usize])).copied();
    let throughput = first(|timer| matches!(timer, Timer::Throughput { .. }));
    places.extend(throughput.map(|timer| place(Knob::Throughput, Some(timer))));
    // Only loops without an end are paced by it for long.
    let pace = first(|timer| matches!(timer, Timer::Pace { pace: Some(_), .. }));
    let paced = plan.groups[group].loops != Some(1);
    places.extend(pace.filter(|_| paced).map(|timer| place(Knob::Pace, Some(timer))));
    places
}

impl Place {
    /// The value that the plan has. A throughput timer that is faster than one sample a millisecond counts as off.
    pub(super) fn value(&self, plan: &Plan) -> u64 {
        let group = &plan.groups[self.group];
        let timer = self.timer.and_then(|id| plan.timers.get(id.0 as usize));
        match (self.knob, &group.start, timer) {
            (Knob::Threads, Start::Threads { threads, .. } | Start::Stepping { threads, .. }, _) => {
                u64::from(*threads)
            }
            (Knob::Threads, Start::Concurrency { target, .. }, _) => u64::from(*target),
            (Knob::RampUp, Start::Threads { ramp, .. }, _) => {
                scripted_ramp(plan, self.group).unwrap_or(*ramp) / SECOND
            }
            (Knob::Throughput, _, Some(Timer::Throughput { per_minute, .. })) => rounded(*per_minute),
            (Knob::Pace, _, Some(Timer::Pace { pace: Some(pace), .. })) => pace / MILLI,
            (Knob::Rate, start, _) => rounded(peak(start)),
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
        }
        other
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
        _ => {}
    }
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
