//! The token bucket: what is in use falls at a rate, and never below zero.

use super::Use;
use crate::Nanos;
use crate::learn::number::{seconds, whole};
use crate::learn::view::View;

pub(super) fn uses(view: &View, rate: f64, uses: &mut Vec<Use>) {
    let mut levels: Vec<(f64, Nanos)> = vec![(0.0, 0); view.groups];
    let drift = rate * seconds(view.noise);
    for item in &view.items {
        let (used, at) = &mut levels[item.group as usize];
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
        uses.push(Use { low: whole(low), exact: whole(use_now), high: whole(high) });
    }
}
