//! How long a plan runs, and plans that run longer.

use crate::Nanos;
use crate::model::{Phase, Plan, ShapingRow, Start, Timer};
use crate::simulate::shaping_length;

use super::knob::timers_of;

/// The time after which all threads of the main groups have ended, where the plan says it. `None`: its loops end it.
pub fn planned(plan: &Plan) -> Option<Nanos> {
    let mut longest = None;
    for (index, _) in plan.groups.iter().enumerate().filter(|(_, group)| group.phase == Phase::Main) {
        let end = end_of_group(plan, index)?;
        longest = Some(longest.map_or(end, |longest: Nanos| longest.max(end)));
    }
    longest
}

/// How long a run of a plan is whose last request came after `run`: as long as the groups whose end the plan says.
pub(super) fn lasts(plan: &Plan, run: Nanos) -> Nanos {
    let main = (0..plan.groups.len()).filter(|index| plan.groups[*index].phase == Phase::Main);
    let known = main.filter_map(|index| end_of_group(plan, index)).max().unwrap_or(0);
    planned(plan).unwrap_or_else(|| known.max(run))
}

/// When the threads of a group have ended: after the schedule of a throughput shaping timer, if it is over before.
pub(super) fn end_of_group(plan: &Plan, index: usize) -> Option<Nanos> {
    let group = &plan.groups[index];
    let delay = if let Start::Threads { delay, .. } = group.start { delay } else { 0 };
    let schedule = schedules(plan, index).map(|rows| delay.saturating_add(shaping_length(rows))).min();
    let end = end_of(&group.start);
    end.map(|end| schedule.map_or(end, |schedule| end.min(schedule)))
        .or_else(|| schedule.filter(|_| group.loops.is_none()))
}

/// The schedules of a group's throughput shaping timers.
fn schedules(plan: &Plan, group: usize) -> impl Iterator<Item = &[ShapingRow]> {
    timers_of(plan, group).into_iter().filter_map(|id| match plan.timers.get(id.0 as usize)? {
        Timer::Shaping(rows) => Some(rows.as_slice()),
        _ => None,
    })
}

fn end_of(start: &Start) -> Option<Nanos> {
    match start {
        Start::Threads { delay, duration, .. } => duration.map(|duration| delay.saturating_add(duration)),
        Start::Ultimate(rows) => rows
            .iter()
            .map(|row| [row.ramp, row.hold, row.down].into_iter().fold(row.delay, Nanos::saturating_add))
            .max(),
        Start::Stepping { threads, delay, step, every, ramp, hold, stop, stop_every, .. } => {
            let steps = u64::from(threads / (*step).max(1)).saturating_add(1);
            let stops = u64::from(threads / (*stop).max(1)).saturating_add(1);
            let up = steps.saturating_mul(every.saturating_add(*ramp));
            let down = stops.saturating_mul(*stop_every);
            Some([up, *hold, down].into_iter().fold(*delay, Nanos::saturating_add))
        }
        Start::Concurrency { ramp, hold, .. } | Start::Arrivals { ramp, hold, .. } => {
            Some(ramp.saturating_add(*hold))
        }
        Start::OpenModel { steps, .. } => {
            Some(steps.iter().fold(0, |sum, step| sum.saturating_add(step.length)))
        }
    }
}

/// The plan whose main groups run for this long. Those that their loops or their schedule end stay as they are.
#[must_use]
pub fn for_seconds(plan: &Plan, length: Nanos) -> Plan {
    let mut longer = plan.clone();
    for index in (0..plan.groups.len()).filter(|index| goes_on(plan, *index)) {
        lengthen(&mut longer.groups[index].start, length);
        for id in timers_of(plan, index) {
            if let Some(Timer::Shaping(rows)) = longer.timers.get_mut(id.0 as usize) {
                lengthen_rows(rows, length);
            }
        }
    }
    longer
}

fn lengthen(start: &mut Start, length: Nanos) {
    match start {
        Start::Threads { duration, .. } => *duration = Some(length),
        Start::Ultimate(rows) => rows.iter_mut().for_each(|row| row.hold = length),
        Start::Stepping { hold, .. } | Start::Concurrency { hold, .. } | Start::Arrivals { hold, .. } => {
            *hold = length;
        }
        Start::OpenModel { steps, .. } => {
            let before =
                steps.iter().rev().skip(1).fold(0, |sum: Nanos, step| sum.saturating_add(step.length));
            if let Some(last) = steps.last_mut() {
                last.length = length.saturating_sub(before).max(last.length);
            }
        }
    }
}

fn lengthen_rows(rows: &mut [ShapingRow], length: Nanos) {
    let before = rows.iter().rev().skip(1).fold(0, |sum: Nanos, row| sum.saturating_add(row.length));
    if let Some(last) = rows.last_mut() {
        last.length = length.saturating_sub(before).max(last.length);
    }
}

/// The plan whose main groups end after this time at the latest.
#[must_use]
pub fn cut(plan: &Plan, longest: Nanos) -> Plan {
    let mut shorter = plan.clone();
    for group in shorter.groups.iter_mut().filter(|group| group.phase == Phase::Main) {
        match &mut group.start {
            Start::Threads { delay, duration, .. } => {
                let most = longest.saturating_sub(*delay).max(1);
                *duration = Some(duration.map_or(most, |own| own.min(most)));
            }
            Start::Ultimate(rows) => {
                rows.retain(|row| row.delay < longest);
                for row in rows {
                    let left = longest.saturating_sub(row.delay.saturating_add(row.ramp));
                    (row.hold, row.down) = (row.hold.min(left), row.down.min(left.saturating_sub(row.hold)));
                }
            }
            Start::Stepping { hold, .. } => *hold = (*hold).min(longest),
            Start::Concurrency { ramp, hold, .. } | Start::Arrivals { ramp, hold, .. } => {
                *hold = (*hold).min(longest.saturating_sub(*ramp));
            }
            Start::OpenModel { steps, .. } => {
                let mut left = longest;
                for step in steps {
                    step.length = step.length.min(left);
                    left -= step.length;
                }
            }
        }
    }
    shorter
}

/// Whether a main group can run for longer than it does: its time ends it, and not only its loops or a schedule that comes
/// down to nothing.
pub(super) fn goes_on(plan: &Plan, index: usize) -> bool {
    let group = &plan.groups[index];
    let timers: Vec<&Timer> =
        timers_of(plan, index).iter().filter_map(|id| plan.timers.get(id.0 as usize)).collect();
    let is_held = timers.iter().any(|timer| matches!(timer, Timer::Until(_)));
    let comes_down = timers.iter().any(|timer| match timer {
        Timer::Shaping(rows) => rows.last().is_none_or(|row| row.from <= 0.0 || row.to <= 0.0),
        _ => false,
    });
    let is_timed = match &group.start {
        Start::OpenModel { steps, .. } => steps.last().is_some_and(|step| step.to > 0.0 && step.from > 0.0),
        Start::Threads { duration: None, .. } => group.loops.is_none(),
        _ => true,
    };
    group.phase == Phase::Main && is_timed && !is_held && !comes_down
}
