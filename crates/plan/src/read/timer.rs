//! Timers.

use super::build::{Builder, How};
use super::element::Element;
use super::expression;
use super::group::{MILLI, SECOND, assumed, count, time};
use crate::Nanos;
use crate::model::{ShapingRow, Spread, ThroughputMode, Timer, TimerId};

impl Builder<'_> {
    /// A timer, and how it was read. `None` if it never waits.
    pub(super) fn timer(&mut self, element: &Element) -> Option<TimerId> {
        let mut unknown = Vec::new();
        let timer = match &*element.kind {
            "ConstantTimer" => return Some(self.constant(element)),
            "UniformRandomTimer" => Some(self.random(element, Spread::Uniform, &mut unknown)),
            "GaussianRandomTimer" => Some(self.random(element, Spread::Gaussian, &mut unknown)),
            "PoissonRandomTimer" => Some(self.random(element, Spread::Poisson, &mut unknown)),
            "ConstantThroughputTimer" => self.throughput(element, &mut unknown),
            "PreciseThroughputTimer" => Some(self.precise(element, &mut unknown)),
            "VariableThroughputTimer" => Some(self.shaping(element, &mut unknown)),
            "SyncTimer" => self.synchronize(element, &mut unknown),
            _ => return self.script_timer(element),
        };
        self.note(element, assumed(&unknown).map_or(How::Exact, How::assumed));
        timer.map(|timer| self.add_timer(timer))
    }

    /// Adds a timer.
    pub(super) fn add_timer(&mut self, timer: Timer) -> TimerId {
        let id = u32::try_from(self.plan.timers.len()).unwrap_or(u32::MAX);
        self.plan.timers.push(timer);
        TimerId(id)
    }

    fn constant(&mut self, element: &Element) -> TimerId {
        let options = self.options;
        let (given, mut unknown) = (self.answer(element, &options.answer_times), Vec::new());
        let text = self.text(element, "ConstantTimer.delay");
        let timer = match (given, drawn(&text)) {
            (Some(given), _) => Timer::Constant(given),
            (None, Some((offset, range))) => Timer::Random { spread: Spread::Uniform, range, offset },
            (None, None) => Timer::Constant(time(self.long_of(&text, 0.0, &mut unknown), MILLI)),
        };
        let option = self.option("--answer-time", element, "TIME");
        self.note(element, assumed(&unknown).map_or(How::Exact, |assumed| How::asked(assumed, option)));
        self.add_timer(timer)
    }

    /// JMeter's property `timer.factor` multiplies these timers and no other.
    fn random(&self, element: &Element, spread: Spread, unknown: &mut Vec<String>) -> Timer {
        let factor =
            self.names.properties.get("timer.factor").and_then(|factor| factor.parse().ok()).unwrap_or(1.0);
        let offset = self.long(element, "ConstantTimer.delay", 0.0, unknown) * factor;
        let range = self.number(element, "RandomTimer.range", 0.0, unknown) * factor;
        Timer::Random { spread, range, offset }
    }

    fn throughput(&self, element: &Element, unknown: &mut Vec<String>) -> Option<Timer> {
        let per_minute = self.number(element, "throughput", 0.0, unknown);
        let mode = mode(&self.text(element, "calcMode"));
        // Such modes wait for whole milliseconds: beyond two in a millisecond they never do. A throughput of 0 is none.
        let whole =
            matches!(mode, ThroughputMode::Thread | ThroughputMode::AllShared | ThroughputMode::GroupShared);
        let never = per_minute <= 0.0 || (whole && per_minute > 120_000.0);
        (!never).then_some(Timer::Throughput { per_minute, mode })
    }

    fn precise(&self, element: &Element, unknown: &mut Vec<String>) -> Timer {
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and a seed is any number")]
        let seed = self.number(element, "randomSeed", 0.0, unknown) as i64;
        Timer::Precise {
            throughput: self.number(element, "throughput", 0.0, unknown).max(0.0),
            period: time(self.number(element, "throughputPeriod", 3600.0, unknown), SECOND),
            duration: time(self.number(element, "duration", 3600.0, unknown), SECOND),
            batch: count(self.number(element, "batchSize", 1.0, unknown)).max(1),
            seed,
        }
    }

    fn shaping(&self, element: &Element, unknown: &mut Vec<String>) -> Timer {
        let rows = element.list("load_profile").iter().map(|row| {
            let [from, to, length] = self.row(row, unknown);
            ShapingRow { from, to, length: time(length, SECOND) }
        });
        Timer::Shaping(rows.collect())
    }

    /// A gate. One of fewer threads than none does not wait.
    fn synchronize(&self, element: &Element, unknown: &mut Vec<String>) -> Option<Timer> {
        let timeout = self.number(element, "timeoutInMs", 0.0, unknown);
        let threads = self.number(element, "groupSize", 0.0, unknown);
        (threads >= 0.0 && timeout >= 0.0).then(|| Timer::Synchronize {
            threads: count(threads),
            timeout: (timeout > 0.0).then(|| time(timeout, MILLI)),
        })
    }

    /// A timer that is a script, or one of a kind that is not known. The shipped plans' scripts carry a marker.
    fn script_timer(&mut self, element: &Element) -> Option<TimerId> {
        if let Some(timer) = self.marked_timer(element) {
            self.note(element, How::Exact);
            return Some(self.add_timer(timer));
        }
        if let Some(delay) = self.returned(element) {
            self.note(element, How::Exact);
            return Some(self.add_timer(Timer::Constant(delay)));
        }
        // The loop of the attempts, which has the same marker, waits for Retry-After in the model.
        if element.marked("retry") {
            self.note(element, How::Exact);
            return None;
        }
        let options = self.options;
        if let Some(given) = self.answer(element, &options.answer_times) {
            self.note(element, How::assumed("waits for the time of its option"));
            return Some(self.add_timer(Timer::Constant(given)));
        }
        let option = self.option("--answer-time", element, "TIME");
        self.note(element, How::cannot("does not wait: only its script says how long", Some(option)));
        None
    }

    /// The delay of a script that returns a number and does nothing else.
    fn returned(&self, element: &Element) -> Option<Nanos> {
        let script = ["script", "BeanShellTimer.script"].into_iter().find_map(|name| element.get(name))?;
        let script = self.names.text(script);
        let script = script.trim();
        let value = expression::script(&self.names, script.strip_prefix("return ").unwrap_or(script))?;
        Some(time(value.number()?.trunc(), MILLI))
    }

    /// The timers of the shipped plans. Their variables have the names that those plans give them.
    fn marked_timer(&self, element: &Element) -> Option<Timer> {
        let millis = |name: &str| time(self.variable(name), MILLI);
        let (lead, ramp) = (millis("lead"), time(self.variable("rampUp"), SECOND));
        if element.marked("pace") {
            let pace = (self.variable("constantThroughput") <= 0.0).then(|| millis("pace"));
            return Some(Timer::Pace { lead, ramp, pace, think: millis("thinkTime") });
        }
        if element.marked("start") {
            return Some(Timer::UserStart { lead, ramp });
        }
        let end = lead.saturating_add(ramp).saturating_add(millis("hold"));
        element.marked("hold").then_some(Timer::Until(end))
    }
}

/// A delay of `${__Random(least,most)}` milliseconds: the least, and the width with both ends.
pub(super) fn drawn(text: &str) -> Option<(f64, f64)> {
    let inner = text.trim().strip_prefix("${__Random(")?.strip_suffix(")}")?;
    let mut numbers = inner.split(',').map(|number| number.trim().parse::<f64>());
    let (least, most) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (least >= 0.0 && most >= least && most.is_finite()).then_some((least, most - least + 1.0))
}

/// The mode of a Constant Throughput Timer: a number, or the text that old versions and other languages write.
fn mode(text: &str) -> ThroughputMode {
    match text.trim() {
        "1" | "calcMode.2" | "all active threads" => ThroughputMode::AllThreads,
        "2" | "calcMode.3" | "all active threads in current thread group" => ThroughputMode::GroupThreads,
        "3" | "calcMode.4" | "all active threads (shared)" => ThroughputMode::AllShared,
        "4" | "calcMode.5" | "all active threads in current thread group (shared)" => {
            ThroughputMode::GroupShared
        }
        _ => ThroughputMode::Thread,
    }
}
