//! The clock of all nodes. One that runs is the store's, so the clocks of the hosts may differ.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CLOCK, Nodes};
use crate::platform::{Platform, agenda};
use crate::store::{Change, Lease};
use crate::time::Nanos;
use crate::time::clock::{Clock, Mode, Stopwatch, TooFar, nanos, rfc3339};

/// A running clock that differs by less from the common one is left alone.
const TOLERANCE: Nanos = 5_000_000;

/// A reading of the store's time that took so much longer than the last one is not taken: the store stood still.
const EXACT: Duration = Duration::from_millis(5);
/// After this time another reading is taken in any case, since the clocks of two hosts differ in speed.
const OLD: Duration = Duration::from_secs(60);

/// The clock of all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CommonClock {
    pub(super) mode: Mode,
    /// Frozen: model time. Running: how far it is ahead of the store's time.
    pub(super) at: i128,
}

/// A reading of the store's time.
#[derive(Clone, Copy)]
pub(super) struct Anchor {
    since: Stopwatch,
    /// The store's time then: known to half of the time that the reading took.
    at: Nanos,
    took: Duration,
}

impl Anchor {
    /// Whether this reading is better than one of before: about as exact, or the other one is old.
    fn replaces(&self, before: &Self) -> bool {
        self.took < before.took + EXACT || before.since.elapsed() > OLD
    }
}

impl Platform {
    /// Changes the clock, on every node.
    ///
    /// # Errors
    /// The error of `change`. Other nodes do not hear of it.
    pub(crate) fn change_clock<T>(
        &self,
        change: impl FnOnce(&Clock) -> Result<T, TooFar>,
    ) -> Result<T, TooFar> {
        let _turn = self.nodes.as_ref().map(|nodes| nodes.turn());
        let changed = change(&self.clock)?;
        if let Some(nodes) = &self.nodes {
            nodes.clock_changed(self);
        }
        Ok(changed)
    }
}

/// A change on this node.
impl Nodes {
    /// The clock of this node was frozen, resumed or advanced.
    fn clock_changed(&self, platform: &Platform) {
        let Some(clock) = self.read_clock(platform) else { return };
        *self.clock.lock() = Some(clock);
        self.store.change(Change::of(CLOCK, serde_json::to_vec(&clock).unwrap_or_default()));
    }

    fn read_clock(&self, platform: &Platform) -> Option<CommonClock> {
        let (mode, now) = (platform.clock.mode(), platform.clock.now());
        let at = match mode {
            Mode::Manual => i128::from(now),
            Mode::System => i128::from(now) - i128::from(self.store_now()?),
        };
        Some(CommonClock { mode, at })
    }

    /// The store's time now.
    fn store_now(&self) -> Option<Nanos> {
        let anchor = (*self.anchor.lock())?;
        Some(anchor.at.saturating_add(nanos(anchor.since.elapsed())))
    }

    /// The store's time was read with the lease.
    pub(super) fn read_store(&self, lease: &Lease, took: Duration) {
        let at = lease.store_micros.saturating_mul(1000).saturating_add(nanos(took) / 2);
        let read = Anchor { since: Stopwatch::start(), at, took };
        let mut anchor = self.anchor.lock();
        *anchor = anchor.filter(|before| !read.replaces(before)).or(Some(read));
    }

    /// The clock for a store that has none: the one of all nodes until now, where a store has forgotten it. A clock that
    /// runs is the store's, whatever this host believes.
    pub(super) fn proposed_clock(&self, platform: &Platform) -> CommonClock {
        let own = || match platform.clock.mode() {
            Mode::Manual => CommonClock { mode: Mode::Manual, at: platform.clock.now().into() },
            Mode::System => CommonClock { mode: Mode::System, at: 0 },
        };
        self.clock.lock().unwrap_or_else(own)
    }

    /// Says at the first join that the clock of the store holds, and not that of `--clock`.
    pub(super) fn tell_other_clock(&self, platform: &Platform, kept: Option<CommonClock>) {
        let is_first = self.clock.lock().is_none();
        let Some(kept) = kept.filter(|kept| is_first && *kept != self.proposed_clock(platform)) else {
            return;
        };
        let state = match kept.mode {
            Mode::Manual => format!("stands at {}", rfc3339(Nanos::try_from(kept.at).unwrap_or_default())),
            Mode::System => "runs".to_owned(),
        };
        tracing::warn!("--clock is not followed: other servers have set the clock already, and it {state}");
    }

    /// Follows the common clock, or the one that it is now. Returns the model time if it has gone forward. The caller has
    /// the turn, and has asked whether changes of this node wait.
    pub(super) fn set_clock(&self, platform: &Platform, changed: Option<CommonClock>) -> Option<Nanos> {
        let clock = {
            let mut known = self.clock.lock();
            *known = changed.or(*known);
            (*known)?
        };
        let store_now = self.store_now()?;
        let now = platform.clock.now();
        let wanted = match clock.mode {
            Mode::Manual => clock.at,
            Mode::System => i128::from(store_now) + clock.at,
        };
        let wanted = Nanos::try_from(wanted.max(1)).unwrap_or(Nanos::MAX);
        let same_mode = platform.clock.mode() == clock.mode;
        let near = clock.mode == Mode::System && wanted.abs_diff(now) < TOLERANCE;
        if same_mode && (near || wanted == now) {
            return None;
        }
        platform.clock.restore(clock.mode, wanted);
        (wanted > now).then_some(wanted)
    }
}

/// Does what is due until the model time `moved`, if the clock has gone forward.
pub(super) fn run_agenda(platform: &Platform, moved: Option<Nanos>) {
    if let Some(now) = moved {
        agenda::run_until(platform, now);
    }
}
