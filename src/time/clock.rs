//! The only reader of time.
//!
//! Model time drives limits, tokens, schedules and message states; it can be frozen and advanced.
//! Real time (latency, timeouts, heartbeats) is tokio's and never jumps, so that a change of model time
//! delays no client. A request reads model time once; everything else has that `now` as an argument.
#![expect(clippy::disallowed_methods, reason = "this module is the one place that reads a clock")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::Nanos;

/// The last instant the model may be advanced to: 1 January 2500, well below the end of `u64`.
pub(crate) const LATEST: Nanos = 16_725_225_600 * 1_000_000_000;

/// A cheap handle to the model's time.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Arc<State>);

#[derive(Debug)]
struct State {
    /// The process's monotonic origin; a step of the system's clock never moves the model.
    origin: Instant,
    /// Model time at `origin`, as far as the running mode is concerned.
    base: AtomicU64,
    /// Model time while frozen; 0 while running.
    frozen: AtomicU64,
    /// Serializes the writers; readers do not lock it.
    writing: Mutex<()>,
}

/// The mode of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// The clock moves with the system's clock, possibly ahead of it.
    System,
    /// The clock moves only when it is advanced.
    Manual,
}

impl Mode {
    /// The name the admin API shows.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Manual => "manual",
        }
    }
}

/// The error of an advance.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the clock cannot be advanced past the year 2500")]
pub(crate) struct TooFar;

impl Clock {
    /// A clock that runs with the system's.
    pub(crate) fn system() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Arc::new(State {
            origin: Instant::now(),
            base: AtomicU64::new(nanos(now)),
            frozen: AtomicU64::new(0),
            writing: Mutex::new(()),
        }))
    }

    /// A clock that is frozen at `start`, or at the system's time, until it is advanced.
    pub(crate) fn manual(start: Option<Nanos>) -> Self {
        let clock = Self::system();
        let start = start.unwrap_or_else(|| clock.now());
        clock.0.frozen.store(start.clamp(1, LATEST), Ordering::Release);
        clock
    }

    /// Model time now.
    pub(crate) fn now(&self) -> Nanos {
        self.read().0
    }

    /// Model time, and a stopwatch that starts with it: one reading for both.
    pub(crate) fn read(&self) -> (Nanos, Stopwatch) {
        let started = Stopwatch::start();
        let now = match self.0.frozen.load(Ordering::Acquire) {
            0 => {
                let running = started.0.saturating_duration_since(self.0.origin);
                self.0.base.load(Ordering::Acquire).saturating_add(nanos(running))
            }
            frozen => frozen,
        };
        (now, started)
    }

    /// The current mode.
    pub(crate) fn mode(&self) -> Mode {
        if self.0.frozen.load(Ordering::Acquire) == 0 { Mode::System } else { Mode::Manual }
    }

    /// Stops the clock where it is.
    pub(crate) fn freeze(&self) {
        let _writing = self.0.writing.lock();
        self.0.frozen.store(self.now(), Ordering::Release);
    }

    /// Resumes the clock from its current instant.
    pub(crate) fn resume(&self) {
        let _writing = self.0.writing.lock();
        let base = self.now().saturating_sub(nanos(self.0.origin.elapsed()));
        self.0.base.store(base, Ordering::Release);
        self.0.frozen.store(0, Ordering::Release);
    }

    /// Sets the mode and the time, which may be earlier than the present one. A clock that runs goes on from there.
    pub(crate) fn restore(&self, mode: Mode, now: Nanos) {
        let _writing = self.0.writing.lock();
        let now = now.clamp(1, LATEST);
        self.0.base.store(now.saturating_sub(nanos(self.0.origin.elapsed())), Ordering::Release);
        let frozen = if mode == Mode::Manual { now } else { 0 };
        self.0.frozen.store(frozen, Ordering::Release);
    }

    /// Moves the clock forward, running or not, and returns the new time.
    pub(crate) fn advance(&self, by: Duration) -> Result<Nanos, TooFar> {
        let _writing = self.0.writing.lock();
        let by = u64::try_from(by.as_nanos()).map_err(|_| TooFar)?;
        let target = self.now().checked_add(by).filter(|now| *now <= LATEST).ok_or(TooFar)?;
        match self.0.frozen.load(Ordering::Acquire) {
            0 => drop(self.0.base.fetch_add(by, Ordering::AcqRel)),
            _ => self.0.frozen.store(target, Ordering::Release),
        }
        Ok(target)
    }
}

/// Wall time, for stamps that another program reads. It may jump.
#[cfg(feature = "otlp")]
pub(crate) fn wall() -> SystemTime {
    SystemTime::now()
}

/// Wire time since some fixed point: for measuring how long an answer took, never for deciding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A length of time in nanoseconds.
pub(crate) fn nanos(duration: Duration) -> Nanos {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// `now` the way the vendor writes dates: `2026-03-08T00:00:00.000Z`.
pub(crate) fn rfc3339(now: Nanos) -> String {
    use jiff::fmt::temporal::DateTimePrinter;
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    let mut text = String::with_capacity(24);
    match PRINTER.print_timestamp(&timestamp(now), &mut text) {
        Ok(()) => text,
        Err(_) => String::from("1970-01-01T00:00:00.000Z"),
    }
}

/// `now` as a calendar instant.
pub(crate) fn timestamp(now: Nanos) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(i128::from(now)).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

/// The instant that `text` (RFC 3339) names.
pub(crate) fn parse_rfc3339(text: &str) -> Option<Nanos> {
    let instant: jiff::Timestamp = text.trim().parse().ok()?;
    u64::try_from(instant.as_nanosecond()).ok()
}

/// Whole seconds, rounded up.
pub(crate) const fn seconds_up(wait: Nanos) -> u64 {
    wait.div_ceil(1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_until_it_is_advanced() {
        let clock = Clock::manual(parse_rfc3339("2026-03-08T00:00:00Z"));
        let start = clock.now();
        assert_eq!(rfc3339(start), "2026-03-08T00:00:00.000Z");
        assert_eq!(clock.advance(Duration::from_millis(1500)), Ok(start + 1_500_000_000));
        assert_eq!(clock.now(), start + 1_500_000_000);
    }

    #[test]
    fn a_resumed_clock_goes_on_from_where_it_stood() {
        let clock = Clock::manual(Some(1_000_000_000));
        clock.resume();
        assert_eq!(clock.mode(), Mode::System);
        let now = clock.now();
        assert!((1_000_000_000..2_000_000_000_000).contains(&now), "{now}");
    }

    #[test]
    fn a_running_clock_can_jump_and_freeze() {
        let clock = Clock::system();
        let before = clock.now();
        clock.advance(Duration::from_secs(3600)).expect("an hour is not too far");
        clock.freeze();
        let frozen = clock.now();
        assert!(frozen >= before + 3_600_000_000_000);
        assert_eq!(clock.now(), frozen);
    }

    #[test]
    fn a_restored_clock_stands_or_goes_on_from_the_given_time() {
        let clock = Clock::manual(Some(9_000_000_000_000));
        clock.restore(Mode::Manual, 5_000_000_000_000);
        assert_eq!((clock.mode(), clock.now()), (Mode::Manual, 5_000_000_000_000));
        clock.restore(Mode::System, 7_000_000_000_000);
        let now = clock.now();
        assert_eq!(clock.mode(), Mode::System);
        assert!((7_000_000_000_000..8_000_000_000_000).contains(&now), "{now}");
        clock.restore(Mode::Manual, Nanos::MAX);
        assert_eq!(clock.now(), LATEST);
    }

    #[test]
    fn an_advance_past_the_end_of_time_changes_nothing() {
        let clock = Clock::manual(Some(5));
        assert_eq!(clock.advance(Duration::MAX), Err(TooFar));
        assert_eq!(clock.now(), 5);
    }
}
