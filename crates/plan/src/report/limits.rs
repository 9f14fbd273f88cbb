//! What each limit did: its counts, its level over time, and whether it admitted or refused.

use serde::Serialize;

use super::advice::quota;
use super::material::{LimitMoment, LimitRun};
use super::number::{percent, rounded, seconds};
use super::timeline::{Series, Timeline};
use crate::Nanos;

/// A row of the table of limits.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitRow {
    /// Its name.
    pub name: String,
    /// The scopes that it is counted by.
    pub scope: String,
    /// Its numbers: `1500 + 100/s`.
    pub quota: String,
    /// Keys that were counted.
    pub keys: u64,
    /// Requests that it covered.
    pub hits: u64,
    /// Requests that were admitted.
    pub admitted: u64,
    /// Admitted requests that left more than 80 % of it used.
    pub near: u64,
    /// Requests that it refused.
    pub refused: u64,
    /// Requests that a limit which only counts would have refused.
    pub would_have_refused: u64,
    /// The least that one key had left, in percent of the capacity.
    pub lowest_level_percent: Option<f64>,
    /// The first refusal, in seconds since the first request.
    pub first_refusal_seconds: Option<f64>,
    /// The longest time for which it refused in every second.
    pub longest_refusal_seconds: f64,
    /// The least that one key had left over time, in percent of the capacity.
    pub level: Series,
    /// Its state at each point of the axis, one letter each: see [`State::letter`].
    pub states: String,
    /// The keys with the most refusals.
    pub worst_keys: Vec<Key>,
}

/// A key of a limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// The key, hashed.
    pub key: String,
    /// Its refusals.
    pub refused: u64,
    /// The least that it had left, in percent of the capacity.
    pub lowest_level_percent: Option<f64>,
}

/// What a limit did within a point of the axis. A later one is worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It covered no request.
    #[default]
    Idle,
    /// It admitted.
    Admitting,
    /// It admitted, and more than 80 % of it was used.
    Near,
    /// It refused.
    Refusing,
    /// It refused, and its refusals lock a key.
    LockedOut,
}

impl State {
    /// The letter in [`LimitRow::states`]: `.` idle, `a` admitting, `n` near, `r` refusing, `l` locked out.
    pub const fn letter(self) -> char {
        match self {
            Self::Idle => '.',
            Self::Admitting => 'a',
            Self::Near => 'n',
            Self::Refusing => 'r',
            Self::LockedOut => 'l',
        }
    }

    /// The state of a letter; idle of an unknown one.
    pub const fn of_letter(letter: char) -> Self {
        match letter {
            'a' => Self::Admitting,
            'n' => Self::Near,
            'r' => Self::Refusing,
            'l' => Self::LockedOut,
            _ => Self::Idle,
        }
    }
}

/// A row for each limit, the governing one first: by refusals, then by what it would have refused, then by its level.
pub(super) fn rows(limits: &[LimitRun], timeline: &Timeline) -> Vec<LimitRow> {
    let mut rows: Vec<_> = limits.iter().map(|limit| row(limit, timeline)).collect();
    let level = |row: &LimitRow| row.lowest_level_percent.unwrap_or(100.0);
    rows.sort_by(|one, other| {
        let refusals = |row: &LimitRow| (row.refused, row.would_have_refused);
        refusals(other).cmp(&refusals(one)).then(level(one).total_cmp(&level(other)))
    });
    rows
}

fn row(limit: &LimitRun, timeline: &Timeline) -> LimitRow {
    let left = |used: u32| left_percent(limit, used);
    LimitRow {
        name: limit.name.to_string(),
        scope: limit.scope.clone(),
        quota: limit.algorithm.as_ref().map_or_else(String::new, quota),
        keys: limit.keys,
        hits: limit.hits,
        admitted: limit.admitted,
        near: limit.near,
        refused: limit.refused,
        would_have_refused: limit.would_have_refused,
        lowest_level_percent: limit.highest.and_then(left),
        first_refusal_seconds: (limit.first_refusal)
            .map(|at| rounded(seconds(at.saturating_sub(timeline.start)))),
        longest_refusal_seconds: rounded(seconds(longest_refusal(&limit.moments))),
        level: level(limit, timeline),
        states: states(limit, timeline),
        worst_keys: worst(limit),
    }
}

fn worst(limit: &LimitRun) -> Vec<Key> {
    let key = |key: &super::material::KeyRun| Key {
        key: key.key.clone(),
        refused: key.refused,
        lowest_level_percent: left_percent(limit, key.highest),
    };
    limit.worst.iter().map(key).collect()
}

/// What is left with `used` units in use, in percent of the capacity. `None` where the capacity is not known.
fn left_percent(limit: &LimitRun, used: u32) -> Option<f64> {
    let capacity = limit.algorithm?.capacity();
    Some(rounded(percent(capacity.saturating_sub(used).into(), capacity.into())))
}

/// The level over time: in each bin the least that one key had left.
fn level(limit: &LimitRun, timeline: &Timeline) -> Series {
    let mut fine: Vec<Option<f64>> = vec![None; timeline.bins];
    for moment in limit.moments.iter().filter(|moment| moment.hits > 0) {
        let Some(left) = left_percent(limit, moment.used) else { continue };
        for bin in bins(moment, timeline) {
            fine[bin] = Some(fine[bin].map_or(left, |least| least.min(left)));
        }
    }
    Series::reduce("level", &fine, timeline.group())
}

fn states(limit: &LimitRun, timeline: &Timeline) -> String {
    let mut points = vec![State::Idle; timeline.axis().points];
    for moment in &limit.moments {
        for bin in bins(moment, timeline) {
            if let Some(point) = points.get_mut(bin / timeline.group()) {
                *point = (*point).max(state(limit, moment));
            }
        }
    }
    points.into_iter().map(State::letter).collect()
}

fn state(limit: &LimitRun, moment: &LimitMoment) -> State {
    match moment {
        LimitMoment { refused: 1.., .. } if limit.lockout => State::LockedOut,
        LimitMoment { refused: 1.., .. } => State::Refusing,
        LimitMoment { near: 1.., .. } => State::Near,
        LimitMoment { hits: 1.., .. } => State::Admitting,
        _ => State::Idle,
    }
}

/// The bins of a moment. A moment that only touches a bin's first tenth is not of that bin: moments are taken once a second, and
/// not to the millisecond.
fn bins(moment: &LimitMoment, timeline: &Timeline) -> std::ops::RangeInclusive<usize> {
    let slack = timeline.width / 10;
    let first = timeline.bin(moment.from.saturating_add(slack));
    let last = timeline.bin(moment.to.saturating_sub(slack.max(1)));
    first.min(last)..=last
}

fn longest_refusal(moments: &[LimitMoment]) -> Nanos {
    let (mut longest, mut since) = (0, None::<(Nanos, Nanos)>);
    for moment in moments {
        since = match (moment.refused > 0, since) {
            (false, _) => None,
            // A gap without a moment is a time without requests.
            (true, Some((from, to))) if moment.from <= to => Some((from, moment.to)),
            (true, _) => Some((moment.from, moment.to)),
        };
        longest = longest.max(since.map_or(0, |(from, to)| to.saturating_sub(from)));
    }
    longest
}
