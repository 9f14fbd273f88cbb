//! The values that the search for a clean one tries.

use super::knob::{Knob, Place};
use crate::model::Plan;

/// The values of a knob as steps from 1 on, each with more load than the one before.
pub(super) struct Scale {
    pub(super) start: u64,
    pub(super) most: u64,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// The value is the step.
    Rising,
    /// The value falls as the step rises: `total` - step.
    Falling(u64),
    /// Tens of what is left: 10 · (`total` - step).
    Tens(u64),
    /// Samples a minute whose distance is whole milliseconds: 60,000 / (`total` - step).
    Milliseconds(u64),
}

impl Scale {
    pub(super) fn of(plan: &Plan, place: &Place) -> Self {
        let value = place.value(plan);
        match place.knob {
            Knob::Throughput if place.holds_milliseconds(plan) => {
                // A sample a minute is the slowest, one a millisecond the fastest.
                let total = 60_001;
                Self { start: total - 600, most: total - 1, kind: Kind::Milliseconds(total) }
            }
            Knob::Throughput => Self { start: value.min(6000), most: 1_000_000, kind: Kind::Rising },
            Knob::Threads | Knob::Rate | Knob::Shape => {
                Self { start: value, most: value.max(1).saturating_mul(64).min(50_000), kind: Kind::Rising }
            }
            Knob::Samples => Self {
                start: value,
                most: value.max(1).saturating_mul(64).min(1_000_000),
                kind: Kind::Rising,
            },
            // The plan itself is refused.
            Knob::Load => Self { start: 50, most: 99, kind: Kind::Rising },
            Knob::RampUp => {
                let total = value.saturating_mul(60).clamp(600, value.max(36_000)).saturating_add(1);
                Self { start: total - value.max(1), most: total, kind: Kind::Falling(total) }
            }
            Knob::Pace => {
                // In tens of milliseconds: a pace that is too fast by a hair is refused after hours.
                let tens = value.div_ceil(10);
                let total = value.saturating_mul(6).clamp(100, tens.max(360_000)) + 1;
                let start = total.saturating_sub(tens.max(1));
                Self { start, most: total - 1, kind: Kind::Tens(total) }
            }
        }
    }

    pub(super) fn value(&self, step: u64) -> u64 {
        match self.kind {
            Kind::Rising => step,
            Kind::Falling(total) => total.saturating_sub(step),
            Kind::Tens(total) => total.saturating_sub(step).saturating_mul(10),
            Kind::Milliseconds(total) => 60_000 / total.saturating_sub(step).max(1),
        }
    }
}
