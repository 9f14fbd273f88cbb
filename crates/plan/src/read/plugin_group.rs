//! Thread groups of plugins, and the Open Model Thread Group.

use super::ReadError;
use super::build::Builder;
use super::element::{Element, Property};
use super::group::{SECOND, Schedule, assumed, count, time};
use super::open_model;
use crate::model::{OpenStep, Start, UltimateRow};

impl Builder<'_> {
    /// The schedule of a group that is not JMeter's plain one. `None` if its kind is not known.
    pub(super) fn plugin_schedule(&mut self, element: &Element) -> Result<Option<Schedule>, ReadError> {
        let mut unknown = Vec::new();
        let (start, loops) = match &*element.kind {
            "UltimateThreadGroup" => {
                (self.ultimate(element, &mut unknown), self.plugin_loops(element, &mut unknown))
            }
            "SteppingThreadGroup" => {
                (self.stepping(element, &mut unknown), self.plugin_loops(element, &mut unknown))
            }
            "ConcurrencyThreadGroup" => (self.concurrency(element, &mut unknown), self.iterations(element)),
            "ArrivalsThreadGroup" => (self.arrivals(element, &mut unknown), Some(1)),
            "FreeFormArrivalsThreadGroup" => (self.free_form(element, &mut unknown), Some(1)),
            "OpenModelThreadGroup" => (self.open_model(element)?, Some(1)),
            _ => return Ok(None),
        };
        Ok(Some(Schedule { start, loops, assumed: assumed(&unknown) }))
    }

    /// The iterations of a group whose schedule ends its threads: those of its main controller, if it has one.
    fn plugin_loops(&self, element: &Element, unknown: &mut Vec<String>) -> Option<u32> {
        element.find("ThreadGroup.main_controller").and_then(|_| self.group_loops(element, unknown))
    }

    fn ultimate(&self, element: &Element, unknown: &mut Vec<String>) -> Start {
        let rows = element.list("ultimatethreadgroupdata").iter().map(|row| {
            let [threads, delay, ramp, hold, down] = self.row(row, unknown);
            UltimateRow {
                threads: count(threads),
                delay: time(delay, SECOND),
                ramp: time(ramp, SECOND),
                hold: time(hold, SECOND),
                down: time(down, SECOND),
            }
        });
        Start::Ultimate(rows.collect())
    }

    /// The numbers of a row. Missing ones are 0.
    pub(super) fn row<const N: usize>(&self, row: &Property, unknown: &mut Vec<String>) -> [f64; N] {
        let mut numbers = [0.0; N];
        for (number, entry) in numbers.iter_mut().zip(&row.items) {
            *number = self.value(&entry.text, 1.0, unknown);
        }
        numbers
    }

    fn stepping(&self, element: &Element, unknown: &mut Vec<String>) -> Start {
        let threads = count(self.number(element, "ThreadGroup.num_threads", 1.0, unknown));
        let mut seconds = |property| time(self.number(element, property, 0.0, unknown), SECOND);
        let (delay, every) = (seconds("Threads initial delay"), seconds("Start users period"));
        let (ramp, hold, stop_every) =
            (seconds("rampUp"), seconds("flighttime"), seconds("Stop users period"));
        Start::Stepping {
            threads,
            delay,
            first: count(self.number(element, "Start users count burst", 0.0, unknown)),
            step: count(self.number(element, "Start users count", 1.0, unknown)),
            every,
            ramp,
            hold,
            stop: count(self.number(element, "Stop users count", 1.0, unknown)),
            stop_every,
        }
    }

    /// Seconds of the unit that the groups of the concurrency plugin count in.
    fn unit(&self, element: &Element) -> f64 {
        if self.text(element, "Unit").starts_with('M') { 60.0 } else { 1.0 }
    }

    fn concurrency(&self, element: &Element, unknown: &mut Vec<String>) -> Start {
        let unit = self.unit(element) * SECOND;
        Start::Concurrency {
            target: count(self.number(element, "TargetLevel", 1.0, unknown)),
            ramp: time(self.number(element, "RampUp", 0.0, unknown), unit),
            steps: count(self.number(element, "Steps", 0.0, unknown)),
            hold: time(self.number(element, "Hold", 0.0, unknown), unit),
        }
    }

    fn iterations(&self, element: &Element) -> Option<u32> {
        Some(count(self.number(element, "Iterations", 0.0, &mut Vec::new()))).filter(|count| *count > 0)
    }

    fn arrivals(&self, element: &Element, unknown: &mut Vec<String>) -> Start {
        let unit = self.unit(element);
        let limit = self.number(element, "ConcurrencyLimit", 0.0, unknown);
        Start::Arrivals {
            rate: self.number(element, "TargetLevel", 1.0, unknown).max(0.0) / unit,
            ramp: time(self.number(element, "RampUp", 0.0, unknown), unit * SECOND),
            steps: count(self.number(element, "Steps", 0.0, unknown)),
            hold: time(self.number(element, "Hold", 0.0, unknown), unit * SECOND),
            concurrency: (limit >= 1.0).then(|| count(limit)),
        }
    }

    fn free_form(&self, element: &Element, unknown: &mut Vec<String>) -> Start {
        let unit = self.unit(element);
        let steps = element.list("Schedule").iter().map(|row| {
            let [from, to, length] = self.row(row, unknown);
            let rate = |value: f64| value.max(0.0) / unit;
            OpenStep { from: rate(from), to: rate(to), length: time(length, unit * SECOND), random: false }
        });
        Start::OpenModel { steps: steps.collect(), seed: 0 }
    }

    fn open_model(&self, element: &Element) -> Result<Start, ReadError> {
        let text = self.text(element, "OpenModelThreadGroup.schedule");
        let steps = open_model::steps(&text).map_err(|wrong| {
            let message = format!("the schedule of '{}' cannot be read at '{wrong}'", self.name(element));
            ReadError::line(element.line, message)
        })?;
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and a seed is any number")]
        let seed = self.number(element, "OpenModelThreadGroup.random_seed", 0.0, &mut Vec::new()) as i64;
        Ok(Start::OpenModel { steps, seed })
    }
}
