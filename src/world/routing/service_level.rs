//! Service levels: the share of conversations that a queue answers within a time.

use serde_json::Value;

use super::Acd;
use crate::world::conversation::Medium;
use crate::world::id::{Id, Queue};

/// The share of conversations that is to be answered within a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ServiceLevel {
    /// From 0 to 1.
    pub(crate) share: f64,
    /// The time, in milliseconds.
    pub(crate) milliseconds: u64,
}

impl ServiceLevel {
    /// The service level of a queue for which a client set none. The numbers are assumed.
    pub(crate) const fn of(medium: Medium) -> Self {
        let milliseconds = match medium {
            Medium::Email => 86_400_000,
            Medium::Call | Medium::Callback | Medium::Chat | Medium::Message => 20_000,
        };
        Self { share: 0.8, milliseconds }
    }
}

impl Acd {
    /// The service level that a queue shows in its `mediaSettings`.
    pub(crate) fn service_level(&self, queue: Option<Id<Queue>>, medium: Medium) -> ServiceLevel {
        let default = ServiceLevel::of(medium);
        let queue = queue.and_then(|queue| self.queues.get(queue));
        let of_medium = queue.and_then(|queue| queue.extra.get("mediaSettings")?.get(medium.setting()));
        let Some(set) = of_medium.and_then(|settings| settings.get("serviceLevel")) else { return default };
        ServiceLevel {
            share: set.get("percentage").and_then(Value::as_f64).unwrap_or(default.share),
            milliseconds: set.get("durationMs").and_then(Value::as_u64).unwrap_or(default.milliseconds),
        }
    }
}
