//! Numbers in time that are worth a try: rates, periods and lockouts, from round values and from the run.

use std::collections::BTreeMap;

use super::number::{float, nanos, seconds};
use super::view::View;
use crate::Nanos;

/// Periods that people configure, in milliseconds, the most usual first.
const USUAL: [u64; 12] =
    [1_000, 60_000, 10_000, 3_600_000, 5_000, 30_000, 300_000, 100, 500, 2_000, 15_000, 20_000];
/// Periods that are tried, in milliseconds.
const ROUND: [u64; 23] = [
    100, 200, 250, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 10_000, 12_000, 15_000, 20_000, 30_000,
    45_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
];
const MILLISECOND: Nanos = 1_000_000;
/// Pairs of quantiles of the refusals, in twelfths.
const PAIRS: [(usize, usize); 7] = [(0, 12), (0, 6), (6, 12), (3, 9), (0, 3), (9, 12), (1, 11)];
/// Short stretches whose slopes are tried, for runs in which the bucket refills now and then.
const STRETCHES: usize = 8;
/// Tokens that come back in a run at least.
const TOKENS: f64 = 3.0;
/// Numbers of tokens of a refill that are tried, of those that the run shows.
const JUMPS: usize = 4;
/// A pause of the load is this many times as long as the median time between two refusals.
const PAUSE: Nanos = 5;
/// A period below this multiple of the noise cannot be distinguished from others.
const NOISES: Nanos = 12;

/// The refusals of the group that has the most, each with the admissions before it; and when it admits again after them.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Time since the first row, and admissions so far.
    refusals: Vec<(Nanos, u64)>,
    /// Each run of refusals: its first, its last, and the admission that ends it.
    runs: Vec<(Nanos, Nanos, Nanos)>,
    /// The first admission.
    opened: Option<Nanos>,
}

impl Trace {
    pub(super) fn of(view: &View) -> Self {
        let mut counts = vec![0u32; view.groups];
        for item in view.items.iter().filter(|item| item.refused && !item.excused) {
            counts[item.group as usize] += 1;
        }
        let busiest = counts.iter().enumerate().max_by_key(|(index, count)| (**count, usize::MAX - index));
        let Some((busiest, _)) = busiest else { return Self::default() };
        let origin = view.items.first().map_or(0, |item| item.at);
        let mut trace = Self::default();
        let (mut admitted, mut run): (u64, Option<(Nanos, Nanos)>) = (0, None);
        for item in view.items.iter().filter(|item| item.group as usize == busiest && !item.excused) {
            let at = item.at - origin;
            if item.refused {
                trace.refusals.push((at, admitted));
                run = Some((run.map_or(at, |(first, _)| first), at));
            } else {
                admitted += 1;
                trace.opened.get_or_insert(at);
                trace.runs.extend(run.take().map(|(first, last)| (first, last, at)));
            }
        }
        trace
    }

    /// Rates at which tokens may come back: slopes of the admissions at refusals, where they are the capacity and what came back.
    pub(super) fn rates(&self) -> Vec<f64> {
        let mut rates: Vec<f64> = Vec::new();
        let last = self.refusals.len().saturating_sub(1);
        // A rate that returns fewer than three tokens in the whole run cannot be measured.
        let least = self.refusals.last().map_or(0.0, |(at, _)| TOKENS / seconds(*at).max(1e-3));
        let mut add = |rate: Option<f64>| {
            let new = |rate: f64| rates.iter().all(|known| (known / rate - 1.0).abs() > 5e-4);
            rates.extend(rate.filter(|rate| rate.is_finite() && *rate > least && new(*rate)));
        };
        add(regression([self.refusals.as_slice()]));
        let busy = self.busy();
        add(regression(busy.iter().copied()));
        for (from, to) in PAIRS {
            add(self.slope(last * from / 12, last * to / 12));
        }
        for stretch in 0..STRETCHES {
            add(self.slope(last * stretch / STRETCHES, last * (stretch + 1) / STRETCHES));
        }
        rates
    }

    fn slope(&self, from: usize, to: usize) -> Option<f64> {
        let (&(start, before), &(end, after)) = (self.refusals.get(from)?, self.refusals.get(to)?);
        (end > start && after > before).then(|| float(after - before) / seconds(end - start))
    }

    /// The refusals by time of load: a load in waves has pauses, in which a bucket fills up.
    fn busy(&self) -> Vec<&[(Nanos, u64)]> {
        let mut gaps: Vec<Nanos> = self.refusals.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        gaps.sort_unstable();
        let pause = gaps.get(gaps.len() / 2).map_or(0, |gap| gap.saturating_mul(PAUSE));
        self.refusals.chunk_by(|one, next| next.0 - one.0 <= pause).collect()
    }

    /// Periods of windows: round ones, and distances of the admissions that end runs of refusals.
    pub(super) fn periods(&self, view: &View) -> Vec<Nanos> {
        let mut periods = round_periods(view);
        for period in self.gaps(view) {
            if periods.iter().all(|known| known.abs_diff(period) * 500 > period) {
                periods.push(period);
            }
        }
        periods
    }

    /// Distances of the admissions that end runs of refusals, as they are and rounded.
    pub(super) fn gaps(&self, view: &View) -> Vec<Nanos> {
        let ends: Vec<Nanos> = self.opened.into_iter().chain(self.runs.iter().map(|run| run.2)).collect();
        let mut gaps: Vec<Nanos> = ends.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_unstable();
        let quantile = |twelfths: usize| gaps.get(gaps.len().saturating_sub(1) * twelfths / 12).copied();
        let long = [3, 6, 9].into_iter().filter_map(quantile).filter(|gap| *gap > view.noise * NOISES);
        long.flat_map(|gap| [gap, round_to(gap, 2)]).collect()
    }

    /// Lengths of a lockout that fit most runs of refusals, the best first.
    pub(super) fn lockouts(&self, view: &View) -> Vec<Nanos> {
        let fits = |lockout: Nanos| {
            let fits = |(first, last, next): &&(Nanos, Nanos, Nanos)| {
                last - first <= lockout + view.noise && lockout <= next - first + view.noise
            };
            self.runs.iter().filter(fits).count()
        };
        let mut lockouts: Vec<(usize, Nanos)> = round_periods(view)
            .into_iter()
            .chain(self.lockout_between(view.noise))
            .map(|lockout| (fits(lockout), lockout))
            .filter(|(fits, lockout)| fits * 2 >= self.runs.len().max(2) && *lockout > view.noise * 2)
            .collect();
        lockouts.sort_by_key(|(fits, lockout)| (usize::MAX - fits, *lockout));
        lockouts.dedup();
        lockouts.into_iter().map(|(_, lockout)| lockout).take(5).collect()
    }

    /// The roundest lockout that is over when the requests after a run of refusals come, and not before its last refusal. A tenth of the runs
    /// may be cut short or joined.
    fn lockout_between(&self, noise: Nanos) -> Option<Nanos> {
        let sorted = |length: fn(&(Nanos, Nanos, Nanos)) -> Nanos| {
            let mut lengths: Vec<Nanos> = self.runs.iter().map(length).collect();
            lengths.sort_unstable();
            lengths
        };
        let (refused, over) =
            (sorted(|(first, last, _)| last - first), sorted(|(first, _, next)| next - first));
        let tenth = refused.len() / 10;
        let (low, high) = (*refused.iter().rev().nth(tenth)?, *over.get(tenth)?);
        let (low, high) = (low.saturating_sub(noise), high + noise);
        (low <= high).then(|| roundest_period(low, high, low.midpoint(high)))
    }

    /// Admissions between two runs of refusals, the most frequent first: what a refill brings.
    pub(super) fn jumps(&self) -> Vec<u64> {
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for pair in self.refusals.windows(2).filter(|pair| pair[1].1 > pair[0].1) {
            *counts.entry(pair[1].1 - pair[0].1).or_default() += 1;
        }
        let mut jumps: Vec<(usize, u64)> = counts.into_iter().map(|(jump, count)| (count, jump)).collect();
        jumps.sort_by_key(|(count, jump)| (usize::MAX - count, *jump));
        jumps.into_iter().map(|(_, jump)| jump).take(JUMPS).collect()
    }

    /// When windows of the clock may begin: at multiples of the period, or where runs of refusals end.
    pub(super) fn phases(&self, view: &View, period: Nanos) -> Vec<Nanos> {
        std::iter::once(0).chain(self.opening(view, period)).collect()
    }

    /// When windows begin: between the last refusals of the windows before and the first admissions, which a busy run narrows down.
    pub(super) fn edge(&self, view: &View, period: Nanos) -> Option<Nanos> {
        let origin = view.items.first().map_or(0, |item| item.at);
        let after = self.opening(view, period)?;
        let told = self.runs.iter().filter(|(_, last, next)| next - last < period);
        let before = told.map(|(_, last, _)| (after + period - (origin + last) % period) % period).min()?;
        Some((after + period - before / 2) % period)
    }

    /// The first admission of all windows.
    fn opening(&self, view: &View, period: Nanos) -> Option<Nanos> {
        let origin = view.items.first().map_or(0, |item| item.at);
        let mut ends: Vec<Nanos> = self.runs.iter().map(|(_, _, next)| (origin + next) % period).collect();
        ends.sort_unstable();
        // The first admission of a window comes shortly after its begin: behind the widest gap of the circle.
        let gap = |index: usize| match index {
            0 => ends[0] + period - ends[ends.len() - 1],
            _ => ends[index] - ends[index - 1],
        };
        (0..ends.len()).max_by_key(|index| gap(*index)).map(|index| ends[index])
    }
}

/// The slope of the admissions over time, the same for all stretches, each of which begins at a level of its own.
fn regression<'a>(stretches: impl IntoIterator<Item = &'a [(Nanos, u64)]>) -> Option<f64> {
    let (above, below) = stretches
        .into_iter()
        .map(products)
        .fold((0.0, 0.0), |sums, (above, below)| (sums.0 + above, sums.1 + below));
    (below > 0.0).then_some(above / below)
}

/// The sums of products of a stretch: of time and level, and of time with itself, each from its mean.
fn products(stretch: &[(Nanos, u64)]) -> (f64, f64) {
    let count = float(stretch.len() as u64);
    let points = || stretch.iter().map(|(at, admitted)| (seconds(*at), float(*admitted)));
    let (time, level) = points().fold((0.0, 0.0), |sums, (x, y)| (sums.0 + x, sums.1 + y));
    let (time, level) = (time / count, level / count);
    points().fold((0.0, 0.0), |sums, (x, y)| {
        (sums.0 + (x - time) * (y - level), sums.1 + (x - time) * (x - time))
    })
}

/// Round periods between the noise and the span of the run, and one beyond it.
fn round_periods(view: &View) -> Vec<Nanos> {
    let round = ROUND.iter().map(|millis| millis * MILLISECOND);
    let beyond = round.clone().find(|period| *period >= view.span()).unwrap_or(Nanos::MAX);
    round.filter(|period| *period > view.noise * NOISES && *period <= beyond).collect()
}

/// A time with this number of significant digits.
fn round_to(time: Nanos, digits: u32) -> Nanos {
    let unit = 10u64.pow(time.checked_ilog10().unwrap_or(0).saturating_sub(digits - 1));
    (time + unit / 2) / unit * unit
}

/// The roundest number in a range: that with the fewest digits, as a rate a second or a minute.
pub(super) fn roundest_rate(low: f64, high: f64, middle: f64) -> f64 {
    for digits in 1..=4 {
        let round = |unit: f64| {
            let scaled = middle * unit;
            let step = 10f64.powf(scaled.log10().floor() - f64::from(digits) + 1.0);
            (scaled / step).round() * step / unit
        };
        let fits = |rate: &f64| (low..=high).contains(rate);
        if let Some(rate) = [round(1.0), round(60.0), round(0.1)].into_iter().find(fits) {
            return rate;
        }
    }
    middle
}

/// The roundest count in a range.
pub(super) fn roundest_count(low: u64, high: u64, middle: u64) -> u64 {
    let rounded = (1..=4).map(|digits| round_to(middle, digits));
    rounded.into_iter().find(|count| (low..=high).contains(count)).unwrap_or(middle)
}

/// The roundest period in a range.
pub(super) fn roundest_period(low: Nanos, high: Nanos, middle: Nanos) -> Nanos {
    let rounded =
        || (1..=3).map(|digits| round_to(middle, digits)).find(|period| (low..=high).contains(period));
    usual_period(low, high).or_else(rounded).unwrap_or(middle)
}

/// The most usual period in a range, of those that people configure.
pub(super) fn usual_period(low: Nanos, high: Nanos) -> Option<Nanos> {
    USUAL.iter().map(|millis| millis * MILLISECOND).find(|period| (low..=high).contains(period))
}

/// A period from a rate's distance of tokens; for tests of periods of one's own.
pub(super) fn refill_time(capacity: u64, rate: f64) -> Nanos {
    nanos(float(capacity) / rate)
}
