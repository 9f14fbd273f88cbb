//! Closed loops of users against the limit engine, as a result file shows them: stamps of whole milliseconds, and jitter on the
//! way in and out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use gcmock_limit::{Buckets, HeldSlots, Permit, Rule, Subject};
use gcmock_plan::results::{Outcome, Results, Sample};

pub(crate) const MILLISECOND: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000_000_000;
/// The begin of a run, since 1970.
pub(crate) const BEGIN: u64 = 1_795_817_680 * SECOND + 123_456_789;

/// A run.
pub(crate) struct Run {
    pub rules: Vec<Rule>,
    pub users: u32,
    /// The least and greatest pause of a user between two requests.
    pub think: (u64, u64),
    /// The least and greatest time that the server takes for an admitted request.
    pub service: (u64, u64),
    pub seconds: u64,
    pub jitter: u64,
    /// How long each way takes at least.
    pub way: u64,
    /// The labels, each with the rules that cover it; users send them in turn. None are one label that all rules cover.
    pub labels: Vec<(&'static str, Vec<usize>)>,
    /// Users that share a token; 0 is one token for all.
    pub users_of_a_token: u32,
    /// The time in which the users start, one after the other.
    pub ramp: u64,
    /// Seconds of load and seconds of pause, in turn.
    pub waves: Option<(u64, u64)>,
    /// Tokens of the first rule that are in use when the run begins.
    pub used_before: u32,
    /// Requests that the server refuses by chance, of a hundred.
    pub shed: u64,
    /// A counter as Redis users write it: a capacity, and a period whose last count is weighed by what is left of it.
    pub counter: Option<(u64, u64)>,
    /// A window of the clock: a capacity and a period.
    pub clock: Option<(u64, u64)>,
    /// A bucket that each period of the clock refills: its capacity, the tokens of a refill, and the period.
    pub stepped: Option<(u64, u64, u64)>,
    pub seed: u64,
}

impl Run {
    pub(crate) fn of(rules: Vec<Rule>, users: u32, think: (u64, u64), seconds: u64) -> Self {
        let think = (think.0 * MILLISECOND, think.1 * MILLISECOND);
        let service = (20 * MILLISECOND, 60 * MILLISECOND);
        Self {
            rules,
            users,
            think,
            service,
            seconds,
            jitter: 0,
            way: 0,
            labels: Vec::new(),
            users_of_a_token: 0,
            ramp: 0,
            waves: None,
            used_before: 0,
            shed: 0,
            counter: None,
            clock: None,
            stepped: None,
            seed: 1,
        }
    }

    /// The run with users that start one after the other, in this many seconds.
    pub(crate) fn ramp(self, seconds: u64) -> Self {
        Self { ramp: seconds * SECOND, ..self }
    }

    pub(crate) fn jitter(self, milliseconds: u64) -> Self {
        Self { jitter: milliseconds * MILLISECOND, ..self }
    }

    pub(crate) fn results(&self) -> Results {
        let mut state = State {
            random: Random::of(self.seed),
            server: Buckets::default(),
            slots: (0..self.users).map(|_| HeldSlots::default()).collect(),
            events: BinaryHeap::new(),
            pending: Vec::new(),
            samples: Vec::new(),
            counts: [0; 3],
            sequence: 0,
        };
        self.use_before(&mut state);
        for user in 0..self.users {
            let begin = self.ramp / u64::from(self.users) * u64::from(user);
            let start = begin + state.random.between((0, self.think.1.max(MILLISECOND)));
            state.push(start, Event::Send(user, user));
        }
        while let Some(Reverse((time, _, event))) = state.events.pop() {
            self.step(&mut state, time, event);
        }
        let labels = match self.labels.as_slice() {
            [] => vec!["request".into()],
            labels => labels.iter().map(|(label, _)| (*label).into()).collect(),
        };
        let mut samples = state.samples;
        samples.sort_by_key(|sample| sample.start);
        Results {
            labels,
            threads: (0..self.users).map(|user| format!("user {user}").into()).collect(),
            columns: if self.users_of_a_token > 0 { vec!["token".into()] } else { Vec::new() },
            samples,
            ..Results::default()
        }
    }

    /// Other callers, shortly before the run.
    fn use_before(&self, state: &mut State) {
        for _ in 0..self.used_before {
            let mut charges: Vec<_> =
                self.rules[0].charge(&Subject::default(), |_| None).into_iter().collect();
            state.slots[0].decide(&state.server, None, &mut charges, BEGIN - SECOND);
        }
    }

    fn pauses(&self, time: u64) -> bool {
        self.waves.is_some_and(|(load, pause)| time % ((load + pause) * SECOND) >= load * SECOND)
    }

    fn step(&self, state: &mut State, time: u64, event: Event) {
        match event {
            Event::Send(user, turn) if self.pauses(time) => {
                state.push(time + 100 * MILLISECOND, Event::Send(user, turn));
            }
            Event::Send(user, turn) => {
                if time < self.seconds * SECOND {
                    let way = self.way + state.random.between((0, self.jitter));
                    state.push(time + way + 300_000, Event::Arrive(user, turn, time));
                }
            }
            Event::Arrive(user, turn, sent) => self.arrive(state, time, (user, turn, sent)),
            Event::Leave(request) => {
                state.pending[request].1.clear();
                let (user, turn, sent, label, refused) = state.pending[request].0;
                let end = time + self.way + state.random.between((0, self.jitter)) + 300_000;
                state.samples.push(self.sample(user, sent, end, label, refused));
                let pause = state.random.between(self.think);
                state.push(end + pause, Event::Send(user, turn + 1));
            }
        }
    }

    fn arrive(&self, state: &mut State, time: u64, (user, turn, sent): (u32, u32, u64)) {
        let label = turn as usize % self.labels.len().max(1);
        let token = user.checked_div(self.users_of_a_token).unwrap_or(0);
        let subject =
            Subject { token: Some(token.into()), connection: Some(user.into()), ..Subject::default() };
        let covered = |index: &usize| self.labels.get(label).is_none_or(|(_, rules)| rules.contains(index));
        let mut charges: Vec<_> = (0..self.rules.len())
            .filter(covered)
            .filter_map(|index| self.rules[index].charge(&subject, |_| None))
            .collect();
        let decision = state.slots[user as usize].decide(&state.server, None, &mut charges, time + BEGIN);
        let shed = self.shed > 0 && state.random.between((0, 99)) < self.shed;
        let counted = self.is_counted(state, time + BEGIN) && self.has_token(state, time + BEGIN);
        let refused = decision.refused || shed || !counted;
        let service = if refused { MILLISECOND } else { state.random.between(self.service) };
        state.pending.push(((user, turn, sent, label, refused), decision.permits.into_iter().collect()));
        state.push(time + service, Event::Leave(state.pending.len() - 1));
    }

    /// Whether the sliding counter or the window of the clock admits.
    fn is_counted(&self, state: &mut State, now: u64) -> bool {
        let Some((capacity, period)) = self.counter.or(self.clock) else { return true };
        let [window, before, count] = &mut state.counts;
        if now / period != *window {
            *before = if now / period == *window + 1 { *count } else { 0 };
            (*window, *count) = (now / period, 0);
        }
        let left = if self.clock.is_some() { 0 } else { period - now % period };
        let admits = *before * left / period + *count < capacity;
        *count += u64::from(admits);
        admits
    }

    /// Whether the bucket that is refilled in steps has a token left.
    fn has_token(&self, state: &mut State, now: u64) -> bool {
        let Some((capacity, refill, period)) = self.stepped else { return true };
        let [step, _, used] = &mut state.counts;
        *used = used.saturating_sub((now / period - *step).saturating_mul(refill));
        *step = now / period;
        let admits = *used < capacity;
        *used += u64::from(admits);
        admits
    }

    fn sample(&self, user: u32, sent: u64, end: u64, label: usize, refused: bool) -> Sample {
        let start = (BEGIN + sent) / MILLISECOND * MILLISECOND;
        let elapsed = (BEGIN + end) / MILLISECOND * MILLISECOND - start;
        let token = user.checked_div(self.users_of_a_token).map(|token| format!("token {token}").into());
        Sample {
            start,
            elapsed,
            latency: elapsed,
            label: u32::try_from(label).expect("a label"),
            thread: user,
            outcome: Outcome::Status(if refused { 429 } else { 200 }),
            success: !refused,
            extra: token.into_iter().collect(),
            ..Sample::default()
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Send(u32, u32),
    Arrive(u32, u32, u64),
    Leave(usize),
}

type Pending = ((u32, u32, u64, usize, bool), Vec<Permit>);

struct State {
    random: Random,
    server: Buckets,
    slots: Vec<HeldSlots>,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    /// Requests at the server, with the slots that they hold.
    pending: Vec<Pending>,
    samples: Vec<Sample>,
    /// The sliding counter: the number of its window, what the one before counted, and what this one has counted.
    counts: [u64; 3],
    sequence: u64,
}

impl State {
    fn push(&mut self, time: u64, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((time, self.sequence, event)));
    }
}

/// A small generator of its own, so that a run is the same on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn between(&mut self, (low, high): (u64, u64)) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + (self.0 >> 11) % (high - low + 1)
    }
}
