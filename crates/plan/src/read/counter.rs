//! Counters, and conditions that one counter decides. Such a condition is tried with the numbers of the counter.

use std::collections::{HashMap, HashSet};

use super::build::{Builder, How};
use super::condition::{LAST_SAMPLE, with_last};
use super::element::Element;
use super::expression::{Names, is_known};
use super::kind::Kind;
use crate::model::{Condition, Counter, Truth};

/// The numbers of a counter that are tried, if its condition is made of comparisons with numbers.
const FEW: usize = 64;
/// The same of other conditions, such as one on the rest of a division.
const MANY: usize = 4096;
/// The most trials of all conditions of a plan.
const MOST_TRIALS: usize = 400_000;
/// Parts of a condition whose truth changes at other numbers than those that it has.
const UNEVEN: [&str; 12] =
    ["%", "*", "/", "+", " - ", "contains", "With", "length", "size", "matches", "=~", "substring"];

/// The counters of a plan.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// The numbers of the counters of each variable.
    numbers: HashMap<String, Vec<Numbers>>,
    /// Variables that something else sets as well, or a counter whose turns are not followed.
    others: HashSet<String>,
    /// The words of all conditions.
    asked: HashSet<String>,
    /// The numbers of the counters that stand for an element.
    ids: HashMap<*const Element, u32>,
    /// The numbers of the variables.
    variables: HashMap<String, u32>,
    next: u32,
    trials: usize,
}

/// The numbers of one counter.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    start: i64,
    end: i64,
    increment: i64,
    /// The least number of digits.
    digits: usize,
}

impl Counters {
    pub(super) fn of(elements: &[Element], names: &Names) -> Self {
        let mut counters = Self::default();
        counters.collect(elements, names, (true, false));
        counters
    }

    /// `runs`: whether the controller around the elements runs all of its children. `together`: whether a parallel controller
    /// is above.
    fn collect(&mut self, elements: &[Element], names: &Names, (runs, together): (bool, bool)) {
        for element in elements.iter().filter(|element| element.enabled) {
            match &*element.kind {
                "CounterConfig" => self.add(element, names, runs && !together),
                "WhileController" => self.ask(element.text("WhileController.condition")),
                "IfController" => self.ask(element.text("IfController.condition")),
                _ => {}
            }
            let texts = element.properties.iter().map(|property| &*property.text);
            for text in texts.filter(|text| text.contains("${__")) {
                // The last argument of some functions names a variable for the result.
                let results = text.split(')').filter_map(|call| call.rsplit_once(','));
                self.others.extend(results.map(|(_, name)| name.trim().to_owned()));
            }
            let runs =
                if matches!(Kind::of(element), Kind::Sampler) { runs } else { runs_all(&element.kind) };
            self.collect(&element.children, names, (runs, together || &*element.kind == "ParallelSampler"));
        }
    }

    fn add(&mut self, element: &Element, names: &Names, is_followed: bool) {
        let name = names.text(element.text("CounterConfig.name"));
        match numbers(element, names).filter(|_| is_followed && names.is_counted(&name)) {
            Some(numbers) => self.numbers.entry(name).or_default().push(numbers),
            None => {
                self.others.insert(name);
            }
        }
    }

    fn ask(&mut self, condition: &str) {
        self.asked.extend(words(condition).map(str::to_owned));
    }

    fn is_known(&self, name: &str) -> bool {
        self.numbers.contains_key(name) && !self.others.contains(name)
    }

    fn variable(&mut self, name: &str) -> u32 {
        let next = u32::try_from(self.variables.len()).unwrap_or(u32::MAX);
        *self.variables.entry(name.to_owned()).or_insert(next)
    }

    /// The number of a counter. A module has counters of its own in each of its places.
    fn id(&mut self, element: &Element, is_module: bool) -> u32 {
        let next = self.next;
        let id = if is_module { next } else { *self.ids.entry(std::ptr::from_ref(element)).or_insert(next) };
        self.next += u32::from(id == next);
        id
    }
}

/// Whether a kind of controller runs all of its children at each turn.
fn runs_all(kind: &str) -> bool {
    !matches!(
        kind,
        "InterleaveControl"
            | "RandomController"
            | "RandomOrderController"
            | "SwitchController"
            | "WeightedSwitchController"
    )
}

/// The words of a condition that can name a variable.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(['{', '}', '\'', '"', '(', ')']).map(str::trim).filter(|word| !word.is_empty())
}

/// The numbers of a counter. `None` if they depend on the run, or are written in another form than with leading zeros.
fn numbers(element: &Element, names: &Names) -> Option<Numbers> {
    let text = |name: &str| {
        let text = names.text(element.text(&format!("CounterConfig.{name}")));
        is_known(&text).then_some(text)
    };
    let long = |name| text(name).map(|text| text.parse::<i64>().unwrap_or(0));
    let end = if text("end")?.is_empty() { i64::MAX } else { long("end")? };
    let format = text("format")?;
    let is_plain = format.bytes().all(|byte| byte == b'0');
    let (start, increment) = (long("start")?, long("incr")?);
    is_plain.then_some(Numbers { start, end, increment, digits: format.len() })
}

impl Numbers {
    /// The first numbers, and some of the greater ones. Returns whether these are all.
    fn tried(&self, most: usize, values: &mut Vec<i64>) -> bool {
        let mut next = Some(self.start);
        for _ in 0..most {
            let Some(value) = next.filter(|value| *value <= self.end || *value == self.start) else {
                return true;
            };
            values.push(value);
            next = value.checked_add(self.increment).filter(|next| *next != value);
        }
        let far = (0..40).filter_map(|power| self.increment.checked_mul(1 << power)?.checked_add(self.start));
        values.extend(far.filter(|value| *value <= self.end));
        next.is_none_or(|value| value > self.end)
    }
}

impl Builder<'_> {
    /// The counters among some elements that a condition asks for.
    pub(super) fn counter(&mut self, element: &Element) -> Option<Counter> {
        let name = self.text(element, "CounterConfig.name");
        if !self.counters.asked.contains(&name) || !self.counters.is_known(&name) {
            return None;
        }
        let Numbers { start, end, increment, .. } = numbers(element, &self.names)?;
        let is_module = !self.open_modules.is_empty();
        Some(Counter {
            id: self.counters.id(element, is_module),
            variable: self.counters.variable(&name),
            start,
            end,
            increment,
            per_thread: element.text("CounterConfig.per_user") == "true",
            resets: element.text("CounterConfig.reset_on_tg_iteration") == "true",
        })
    }

    /// A condition that one counter decides, and how it was read. `holds` evaluates it, `failing` is its truth if it cannot be
    /// evaluated because the counter has no value yet.
    pub(super) fn counted(
        &mut self,
        text: &str,
        holds: &dyn Fn(&Names, &str) -> Option<bool>,
        failing: bool,
    ) -> Option<(Condition, How)> {
        let known: HashSet<&str> = words(text).filter(|word| self.counters.is_known(word)).collect();
        let name = known.iter().next().filter(|_| known.len() == 1)?.to_string();
        let mut values = numbers_in(text);
        let is_uneven = UNEVEN.iter().any(|part| text.contains(part));
        let most = if is_uneven { MANY } else { FEW };
        let counters = self.counters.numbers.get(&name)?;
        let digits = counters.first()?.digits;
        if counters.iter().any(|one| one.digits != digits) || digits > 0 && is_bare(text, &name) {
            return None;
        }
        let mut are_all = true;
        for numbers in counters.clone() {
            are_all &= numbers.tried(most, &mut values);
        }
        values.sort_unstable();
        values.dedup();
        let mut trial = |ok: &str| {
            let text = with_last(text, ok);
            self.truth(&values, failing, |names, value| {
                let value = value.map(|value| format!("{value:0digits$}"));
                names.with_value(&name, value, |names| holds(names, &text))
            })
        };
        let ok = trial("true")?;
        let failed = if text.contains(LAST_SAMPLE) { trial("false")? } else { ok.clone() };
        let how = if is_uneven && !are_all {
            How::assumed(format!(
                "takes its condition of greater numbers than the first {MANY} of '{name}' as that of the last of them"
            ))
        } else {
            How::Exact
        };
        Some((Condition { variable: self.counters.variable(&name), ok, failed }, how))
    }

    /// At which numbers a condition changes. `None` if it depends on more than the number.
    fn truth(
        &mut self,
        values: &[i64],
        failing: bool,
        holds: impl Fn(&Names, Option<i64>) -> Option<bool>,
    ) -> Option<Truth> {
        self.counters.trials += 2 * values.len();
        if self.counters.trials > MOST_TRIALS {
            return None;
        }
        let unset = holds(&self.names, None).unwrap_or(failing);
        let mut last = (*values.first()?, holds(&self.names, values.first().copied())?);
        let mut truth = Truth { unset, first: last.1, steps: Vec::new() };
        for value in values {
            let is_true = holds(&self.names, Some(*value))?;
            if is_true != last.1 {
                truth.steps.push(
                    self.step(last.0, *value, |names, value| Some(holds(names, Some(value))? == is_true))?,
                );
            }
            last = (*value, is_true);
        }
        Some(truth)
    }

    /// The number from which on something is true that is not at one number, and is at a greater one.
    fn step(&self, mut not: i64, mut is: i64, holds: impl Fn(&Names, i64) -> Option<bool>) -> Option<i64> {
        while is.checked_sub(not).is_none_or(|width| width > 1) {
            let middle = not.midpoint(is);
            if holds(&self.names, middle)? {
                is = middle;
            } else {
                not = middle;
            }
        }
        Some(is)
    }
}

/// The numbers that a condition has, and those beside them.
fn numbers_in(text: &str) -> Vec<i64> {
    let digits =
        text.split(|sign: char| !sign.is_ascii_digit()).filter_map(|digits| digits.parse::<i64>().ok());
    let both = digits.flat_map(|number| [number, -number]);
    both.flat_map(|number| [number.saturating_sub(1), number, number.saturating_add(1)]).collect()
}

/// Whether a condition has a variable outside of quotation marks: a script reads leading zeros in its own way.
fn is_bare(text: &str, name: &str) -> bool {
    let written = format!("${{{name}}}");
    let quoted = ["'", "\""].iter().map(|mark| text.matches(&format!("{mark}{written}{mark}")).count());
    quoted.sum::<usize>() < text.matches(&written).count() || text.contains("vars")
}
