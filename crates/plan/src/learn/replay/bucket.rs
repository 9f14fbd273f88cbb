//! The token bucket: what is in use falls at a rate, and never below zero.

use super::{Replay, Use};
use crate::Nanos;
use crate::learn::number::{seconds, whole};
use crate::learn::view::{Item, View};

/// The buckets of a scope.
#[derive(Debug)]
pub(super) struct Buckets {
    /// What is in use in each, and when.
    levels: Vec<(f64, Nanos)>,
    rate: f64,
    /// What comes back in the time noise.
    drift: f64,
}

impl Buckets {
    pub(super) fn new(view: &View, rate: f64) -> Self {
        let begin = view.items.first().map_or(0, |item| item.at);
        Self { levels: vec![(view.in_use, begin); view.groups], rate, drift: rate * seconds(view.noise) }
    }
}

impl Replay for Buckets {
    fn pass(&mut self, items: &[Item], uses: &mut Vec<Use>) {
        let (rate, drift) = (self.rate, self.drift);
        uses.extend(items.iter().map(|item| {
            let (used, at) = &mut self.levels[item.group as usize];
            *used = (*used - rate * seconds(item.at - *at)).max(0.0);
            *at = item.at;
            let use_now = *used + 1.0;
            if !item.refused {
                *used = use_now;
            }
            let low = use_now - f64::from(item.early) - drift;
            let high = use_now + f64::from(item.late) + drift;
            // A bucket that is full refuses nothing, so the noise of the rate must not explain a refusal of it.
            let high = if use_now <= 1.0 && item.late == 0 { use_now } else { high };
            Use { low: whole(low), exact: whole(use_now), high: whole(high) }
        }));
    }
}
