//! Thread groups.

use super::ReadError;
use super::build::{Builder, How, Scope};
use super::element::Element;
use super::expression::is_known;
use crate::Nanos;
use crate::model::{Group, NodeKind, OnError, Phase, Start};

/// Nanoseconds of a millisecond.
pub(super) const MILLI: f64 = 1e6;
/// Nanoseconds of a second.
pub(super) const SECOND: f64 = 1e9;

/// The greatest whole number that JMeter keeps in 32 bits. It reads a greater one as 0.
const MOST_INTEGER: i64 = 0x7fff_ffff;

/// Whether a kind is a thread group.
pub(super) fn is_group(kind: &str) -> bool {
    kind.ends_with("ThreadGroup")
}

/// The length of `value` units, without a fraction of a nanosecond. Negative times are 0.
pub(super) fn time(value: f64, unit: f64) -> Nanos {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and that is meant"
    )]
    let nanos = (value * unit).round() as Nanos;
    nanos
}

/// A count. Negative counts are 0.
pub(super) fn count(value: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and that is meant"
    )]
    let count = value as u32;
    count
}

/// The start of a group and the iterations of its threads.
pub(super) struct Schedule {
    /// When the threads start and end.
    pub(super) start: Start,
    /// Iterations of each.
    pub(super) loops: Option<u32>,
    /// What was assumed, if not all of it is known.
    pub(super) assumed: Option<String>,
}

impl<'plan> Builder<'plan> {
    /// Reads a thread group with all that it runs.
    ///
    /// # Errors
    /// Those of its elements. `above` are the elements beside it, whose data sets have rows for it.
    pub(super) fn group(
        &mut self,
        element: &'plan Element,
        above: &'plan [Element],
        outer: &Scope<'plan>,
    ) -> Result<(), ReadError> {
        // JMeter reads these numbers before any thread runs.
        self.names.evaluate_at_start(true);
        let schedule = self.schedule(element);
        self.names.evaluate_at_start(false);
        let Some(schedule) = schedule? else {
            self.note(element, How::lost("is left out: this kind of thread group is not known"));
            return Ok(());
        };
        let on_error = on_error(element.text("ThreadGroup.on_sample_error"));
        if on_error != OnError::Continue {
            self.note_assertions(&element.children);
        }
        let scope = self.enter(outer, &element.children);
        let children = self.children(&element.children, &scope)?;
        let children = self.with_rows(&element.children, &NodeKind::Sequence, children)?;
        let children = self.with_rows(above, &NodeKind::Sequence, children)?;
        let children = self.with_index(element, children)?;
        self.note(element, schedule.assumed.map_or(How::Exact, How::assumed));
        self.plan.groups.push(Group {
            name: self.name(element),
            phase: phase(&element.kind),
            start: schedule.start,
            loops: schedule.loops,
            on_error,
            same_user: element.text("ThreadGroup.same_user_on_next_iteration") != "false",
            children,
        });
        Ok(())
    }

    /// Notes the assertions of a group whose course depends on them.
    fn note_assertions(&mut self, elements: &'plan [Element]) {
        for element in elements.iter().filter(|element| element.enabled) {
            if element.kind.ends_with("Assertion") {
                self.note(element, How::assumed("always holds: what it checks depends on answers"));
            }
            self.note_assertions(&element.children);
        }
    }

    fn schedule(&mut self, element: &Element) -> Result<Option<Schedule>, ReadError> {
        match &*element.kind {
            "ThreadGroup" | "SetupThreadGroup" | "PostThreadGroup" => self.plain(element).map(Some),
            _ => match self.plugin_schedule(element)? {
                None if element.find("ThreadGroup.num_threads").is_some() => {
                    let plain = self.plain(element)?;
                    let told = "runs as a plain thread group: this kind is not known";
                    let assumed =
                        plain.assumed.map_or_else(|| told.to_owned(), |more| format!("{told}; {more}"));
                    Ok(Some(Schedule { assumed: Some(assumed), ..plain }))
                }
                schedule => Ok(schedule),
            },
        }
    }

    fn plain(&mut self, element: &Element) -> Result<Schedule, ReadError> {
        let mut unknown = Vec::new();
        let scheduled = self.text(element, "ThreadGroup.scheduler").eq_ignore_ascii_case("true");
        let duration = self.long(element, "ThreadGroup.duration", 0.0, &mut unknown);
        let is_known = is_known(&self.text(element, "ThreadGroup.duration"));
        let delay = self.long(element, "ThreadGroup.delay", 0.0, &mut unknown);
        if scheduled && duration <= 0.0 && is_known {
            let message = format!(
                "the thread group '{}' has a scheduler and a duration of 0: JMeter ends the test",
                self.name(element)
            );
            return Err(ReadError::line(element.line, message));
        }
        let start = Start::Threads {
            threads: count(self.integer(element, "ThreadGroup.num_threads", 1.0, &mut unknown)),
            ramp: time(self.ramp(element, &mut unknown), SECOND),
            delay: if scheduled { time(delay, SECOND) } else { 0 },
            duration: (scheduled && duration > 0.0).then(|| time(duration, SECOND)),
            delayed: element.text("ThreadGroup.delayedStart") == "true",
        };
        let loops = self.group_loops(element, &mut unknown);
        Ok(Schedule { start, loops, assumed: assumed(&unknown) })
    }

    /// The ramp-up, which a fraction makes 0. Plans whose scripts start the threads have one, so that is not told.
    fn ramp(&self, element: &Element, unknown: &mut Vec<String>) -> f64 {
        const NAME: &str = "ThreadGroup.ramp_time";
        self.number(element, NAME, 0.0, unknown);
        self.integer(element, NAME, 0.0, &mut Vec::new())
    }

    /// The iterations of a group's main controller. One that continues forever does so whatever its number of loops.
    pub(super) fn group_loops(&self, element: &Element, unknown: &mut Vec<String>) -> Option<u32> {
        let main = element.find("ThreadGroup.main_controller");
        let of_main = |name| main.and_then(|main| main.get(name));
        let loops = self.whole(of_main("LoopController.loops").unwrap_or("1"), 1.0, unknown);
        let ends = loops >= 0.0 && of_main("LoopController.continue_forever") != Some("true");
        ends.then(|| count(loops))
    }

    /// A number that a property has. As in JMeter, a known text that is not a number is 0. A text that depends on the run is
    /// the default. Both are added to the list, except an empty text.
    pub(super) fn number(
        &self,
        element: &Element,
        property: &str,
        default: f64,
        unknown: &mut Vec<String>,
    ) -> f64 {
        element.get(property).map_or(default, |text| self.value(text, default, unknown))
    }

    /// A whole number that a property has, where JMeter takes no other: a text with a fraction or a space is 0.
    pub(super) fn integer(
        &self,
        element: &Element,
        property: &str,
        default: f64,
        unknown: &mut Vec<String>,
    ) -> f64 {
        element.get(property).map_or(default, |text| self.whole(text, default, unknown))
    }

    /// As [`Self::integer`], of a number that JMeter keeps in 64 bits, not in 32.
    pub(super) fn long(
        &self,
        element: &Element,
        property: &str,
        default: f64,
        unknown: &mut Vec<String>,
    ) -> f64 {
        element.get(property).map_or(default, |text| self.long_of(text, default, unknown))
    }

    /// A whole number that a text has, as [`Self::integer`] has it.
    pub(super) fn whole(&self, written: &str, default: f64, unknown: &mut Vec<String>) -> f64 {
        self.parsed(written, default, Some(MOST_INTEGER), unknown)
    }

    /// A whole number of 64 bits that a text has.
    pub(super) fn long_of(&self, written: &str, default: f64, unknown: &mut Vec<String>) -> f64 {
        self.parsed(written, default, Some(i64::MAX), unknown)
    }

    /// A number that a text has, as [`Self::number`] has it.
    pub(super) fn value(&self, written: &str, default: f64, unknown: &mut Vec<String>) -> f64 {
        self.parsed(written, default, None, unknown)
    }

    /// `most` bounds the whole numbers that are taken. `None`: fractions are taken too.
    fn parsed(&self, written: &str, default: f64, most: Option<i64>, unknown: &mut Vec<String>) -> f64 {
        let text = self.names.text(written);
        if !is_known(&text) {
            unknown.push(format!("{text} as {default}"));
            return default;
        }
        let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
        let fits = |most| text.parse().is_ok_and(|whole: i64| (-1 - most..=most).contains(&whole));
        let taken = number.filter(|_| most.is_none_or(fits));
        // What is 0 either way needs no word.
        if taken.is_none() && !text.trim().is_empty() && number != Some(0.0) {
            let what = match (number, most) {
                (Some(number), Some(most)) if number.fract() == 0.0 && is_digits(&text) => {
                    format!("a number from {} to {most}", -1 - most)
                }
                (Some(_), _) => "a whole number".to_owned(),
                (None, _) => "a number".to_owned(),
            };
            unknown.push(format!("'{text}' of {written}, which is not {what}, as 0"));
        }
        taken.unwrap_or(0.0)
    }
}

/// Whether a text is a sign and digits.
fn is_digits(text: &str) -> bool {
    text.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit())
}

/// The sentence about values that depend on the run.
pub(super) fn assumed(unknown: &[String]) -> Option<String> {
    (!unknown.is_empty()).then(|| format!("takes {}", unknown.join(" and ")))
}

fn phase(kind: &str) -> Phase {
    match kind {
        "SetupThreadGroup" => Phase::Setup,
        "PostThreadGroup" => Phase::Teardown,
        _ => Phase::Main,
    }
}

fn on_error(text: &str) -> OnError {
    match text {
        "startnextloop" => OnError::NextIteration,
        "stopthread" => OnError::StopThread,
        "stoptest" => OnError::StopTest,
        "stoptestnow" => OnError::StopTestNow,
        _ => OnError::Continue,
    }
}
