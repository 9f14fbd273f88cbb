//! The delay of a sample: the sum of all timers in its scope, each asked once.

use std::collections::{BTreeMap, HashMap};

use fastrand::Rng;

use super::gate::{Gates, Waiting};
use super::random::{generator, normal, poisson, whole_milliseconds};
use super::shaping::{Queue, Shaping};
use super::starts;
use super::thread::Thread;
use super::tree::Tree;
use super::{MILLI, SECOND};
use crate::Nanos;
use crate::model::{Plan, Spread, ThroughputMode, Timer, TimerId};

/// What timers share between threads.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The last turn of throughput timers of mode 3.
    all: Option<Nanos>,
    /// The last turn of throughput timers of mode 4, by group.
    groups: HashMap<usize, Nanos>,
    /// The instants of precise throughput timers, by timer and group.
    precise: HashMap<(u32, usize), Instants>,
    /// Throughput shaping timers, and the threads that wait in each.
    shaping: BTreeMap<u32, (Shaping, Queue)>,
    /// Threads that wait at a synchronizing timer.
    pub(super) waiting: HashMap<u32, Vec<Waiting>>,
    seed: u64,
}

/// How many threads meet at each timer of a plan. 0 threads of a synchronizing timer are those of the first group that
/// has it in scope: `SyncTimer` makes its barrier with its first thread.
pub(super) fn parties(plan: &Plan, tree: &Tree<'_>) -> Vec<u32> {
    let own = |timer: &Timer| if let Timer::Synchronize { threads, .. } = timer { *threads } else { 0 };
    let mut parties: Vec<u32> = plan.timers.iter().map(own).collect();
    let mut groups: Vec<_> = (0..).zip(&plan.groups).collect();
    groups.sort_by_key(|(_, group)| group.phase);
    for (index, group) in groups {
        let planned = u32::try_from(starts::threads(&group.start)).unwrap_or(u32::MAX);
        let below = tree.roots.get(index).map(|(root, _)| tree.samplers_below(*root)).unwrap_or_default();
        for timer in
            below.iter().filter_map(|branch| tree.sampler(*branch)).flat_map(|sampler| &sampler.timers)
        {
            if let Some(party @ 0) = parties.get_mut(timer.0 as usize) {
                *party = planned;
            }
        }
    }
    parties
}

/// A list of random instants.
#[derive(Debug)]
struct Instants {
    sorted: Vec<Nanos>,
    used: usize,
    /// The end of the list's time: where the next begins.
    end: Nanos,
    random: Rng,
}

/// The threads that are active now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Active {
    pub(super) all: u32,
    pub(super) group: u32,
    /// The threads that the group has in all.
    pub(super) planned: u64,
}

/// The answer of all timers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Delay {
    pub(super) wait: Nanos,
    /// Whether the thread waits for its end with its connection open, rather than end at once.
    pub(super) stays: bool,
    /// Whether the remaining timers are asked after the wait.
    pub(super) asks_again: bool,
    /// The timers that hold it, before it waits.
    pub(super) gates: Gates,
}

impl Shared {
    pub(super) fn of(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Asks the timers of a sampler. `resumed`: the wait of the pacing script is over, and the others are asked.
    pub(super) fn delay(
        &mut self,
        plan: &Plan,
        (timers, resumed): (&[TimerId], bool),
        thread: &mut Thread,
        active: Active,
        now: Nanos,
    ) -> Delay {
        let mut sum = Delay::default();
        let retry = thread.retry_at;
        for id in timers {
            let Some(timer) = plan.timers.get(id.0 as usize) else { continue };
            let due = match *timer {
                Timer::Pace { .. } | Timer::UserStart { .. } if resumed => continue,
                Timer::Pace { .. } | Timer::UserStart { .. } => {
                    let due = retry.unwrap_or_else(|| paced(timer, id.0, thread, active.planned, now));
                    sum.stays |= thread.end.is_some_and(|end| due.max(now) >= end);
                    if matches!(timer, Timer::Pace { pace: None, .. }) && due > now {
                        return Delay { wait: due - now, asks_again: true, ..sum };
                    }
                    due
                }
                Timer::Until(length) => thread.made.saturating_add(length),
                Timer::Throughput { per_minute, mode } => {
                    now + self.throughput((per_minute, mode), id.0, thread, active, now)
                }
                Timer::Shaping(_) | Timer::Synchronize { .. } => {
                    sum.gates.insert(0, id.0);
                    now
                }
                Timer::Constant(wait) => now.saturating_add(wait),
                Timer::Random { spread, range, offset } => {
                    now + whole_milliseconds(drawn(spread, range, &mut thread.random) + offset)
                }
                Timer::Precise { .. } => self.precise(timer, (id.0, thread.group), now),
            };
            sum.wait = sum.wait.saturating_add(due.saturating_sub(now));
        }
        sum
    }

    /// What the threads share of throughput timers, relative to the time.
    pub(super) fn state(&self, now: Nanos, state: &mut Vec<u64>) {
        state.push(self.all.map_or(0, |last| now.wrapping_sub(last)));
        let mut groups: Vec<_> = self.groups.iter().map(|(group, last)| (*group, *last)).collect();
        groups.sort_unstable();
        state.extend(groups.into_iter().map(|(_, last)| now.wrapping_sub(last)));
    }

    fn throughput(
        &mut self,
        (per_minute, mode): (f64, ThroughputMode),
        timer: u32,
        thread: &mut Thread,
        active: Active,
        now: Nanos,
    ) -> Nanos {
        let each = if per_minute > 0.0 { 60_000.0 / per_minute } else { f64::MAX };
        let shared = |last: &mut Nanos| {
            *last = now.max(last.saturating_add(whole_milliseconds(each.round())));
            *last - now
        };
        let distance = match mode {
            ThroughputMode::Thread => whole_milliseconds(each.round()),
            ThroughputMode::AllThreads => whole_milliseconds((f64::from(active.all) * each).round()),
            ThroughputMode::GroupThreads => whole_milliseconds((f64::from(active.group) * each).round()),
            ThroughputMode::AllShared => shared(self.all.get_or_insert(0)),
            ThroughputMode::GroupShared => shared(self.groups.entry(thread.group).or_default()),
        };
        let Some(due) = thread.due.get_mut(timer as usize) else { return 0 };
        // The first sample of a thread is never delayed, a thread that is late begins a new schedule.
        let target = due.map_or(now, |previous| previous.saturating_add(distance).max(now));
        *due = Some(target);
        target - now
    }

    /// The state of a throughput shaping timer. All of them see the same clock.
    pub(super) fn shaping(&mut self, timer: u32) -> &mut (Shaping, Queue) {
        let seed = self.seed;
        let phase = || generator(seed, CLOCK).u64(0..SECOND);
        self.shaping.entry(timer).or_insert_with(|| (Shaping::new(phase()), Queue::default()))
    }

    /// Takes all threads that wait in throughput shaping timers.
    pub(super) fn shaped(&mut self) -> Vec<Waiting> {
        let queues = self.shaping.values_mut();
        queues.flat_map(|(_, queue)| std::iter::from_fn(|| queue.first()).collect::<Vec<_>>()).collect()
    }

    /// How many threads wait in throughput shaping timers.
    pub(super) fn held(&self) -> u64 {
        self.shaping.values().map(|(_, queue)| queue.len()).sum()
    }

    fn precise(&mut self, timer: &Timer, key: (u32, usize), now: Nanos) -> Nanos {
        let Timer::Precise { throughput, period, duration, batch, seed } = *timer else { return now };
        let (own, purpose) = (self.seed, (u64::from(key.0) << 32) | key.1 as u64);
        let list = self.precise.entry(key).or_insert_with(|| Instants {
            sorted: Vec::new(),
            used: 0,
            end: 0,
            random: if seed == 0 { generator(own, !purpose) } else { Rng::with_seed(seed.unsigned_abs()) },
        });
        if list.used >= list.sorted.len() {
            list.renew((throughput, period, duration), batch);
        }
        let due = list.sorted.get(list.used).copied().unwrap_or(Nanos::MAX);
        list.used += 1;
        due.max(now)
    }
}

/// What the clock of throughput shaping timers is drawn for.
const CLOCK: u64 = 0x5ec0_4d00;

/// The most instants of one list.
const MAX_INSTANTS: f64 = 1_000_000.0;

impl Instants {
    /// Draws the next list: ceil(throughput / period · duration) uniform instants, sorted.
    ///
    /// The count is JMeter's: a quotient and a product of doubles, in seconds. In another unit both round elsewhere.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded by MAX_INSTANTS, and lists are shorter than 2^53 ns"
    )]
    fn renew(&mut self, (throughput, period, duration): (f64, Nanos, Nanos), batch: u32) {
        let (length, seconds) = (duration as f64, |time: Nanos| time as f64 / SECOND as f64);
        let count = (throughput / seconds(period.max(1)) * seconds(duration)).ceil().clamp(0.0, MAX_INSTANTS)
            as usize;
        let batch = batch.max(1) as usize;
        let (begin, random) = (self.end, &mut self.random);
        let mut drawn: Vec<Nanos> = (0..count.div_ceil(batch))
            .map(|_| begin.saturating_add((random.f64() * length) as Nanos))
            .collect();
        drawn.sort_unstable();
        self.sorted = drawn.into_iter().flat_map(|at| std::iter::repeat_n(at, batch)).take(count).collect();
        (self.used, self.end) = (0, self.end.saturating_add(duration));
    }
}

/// When a user of the shipped plans is due.
fn paced(timer: &Timer, id: u32, thread: &mut Thread, users: u64, now: Nanos) -> Nanos {
    let first = |lead: Nanos, ramp: Nanos| {
        let place = u128::from(ramp) * u128::from(thread.number) / u128::from(users.max(1));
        let place = u64::try_from(place).unwrap_or(Nanos::MAX) / MILLI * MILLI;
        thread.made.saturating_add(lead).saturating_add(place)
    };
    let (lead, ramp, pace, think) = match *timer {
        Timer::UserStart { lead, ramp } => return first(lead, ramp),
        Timer::Pace { lead, ramp, pace, think } => (lead, ramp, pace, think),
        _ => return now,
    };
    let last = thread.due.get(id as usize).copied().flatten();
    let due = match (last, pace) {
        (None, _) => first(lead, ramp),
        (Some(_), None) => now,
        (Some(last), Some(pace)) => {
            let next = last.saturating_add(pace);
            if next.saturating_add(pace) < now { now } else { next }
        }
    };
    if let Some(slot) = thread.due.get_mut(id as usize) {
        *slot = Some(due);
    }
    let thinks = think > 0 && last.is_some();
    if thinks { due.max(thread.answered.saturating_add(think)) } else { due }
}

fn drawn(spread: Spread, range: f64, random: &mut Rng) -> f64 {
    match spread {
        Spread::Uniform => random.f64() * range,
        Spread::Gaussian => normal(random) * range,
        Spread::Poisson => poisson(random, range.round()),
    }
}
