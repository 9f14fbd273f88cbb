//! Counters, and what one counter decides. A condition is tried with the numbers of the counter.

use std::collections::HashMap;

use super::build::{Builder, How};
use super::element::Element;
use super::expression::{Given, Names, is_known};
use super::variable::{Decided, Trial};
use crate::model::{ByValue, Counter, Value};

/// The numbers of a counter that are tried, if its condition is made of comparisons with numbers.
const FEW: usize = 64;
/// The same of other conditions, such as one on the rest of a division.
const MANY: usize = 4096;
/// Parts of a condition whose truth changes at other numbers than those that it has.
const UNEVEN: [&str; 12] =
    ["%", "*", "/", "+", " - ", "contains", "With", "length", "size", "matches", "=~", "substring"];

/// The counters of a plan.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// The numbers of the counters of each variable.
    numbers: HashMap<String, Vec<Numbers>>,
    /// The numbers of the counters that stand for an element.
    ids: HashMap<*const Element, u32>,
    next: u32,
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
    /// Adds a counter of a variable. Returns whether its numbers are known.
    pub(super) fn add(&mut self, name: &str, element: &Element, names: &Names) -> bool {
        let numbers = numbers(element, names);
        self.numbers.entry(name.to_owned()).or_default().extend(numbers);
        numbers.is_some()
    }

    /// Adds the numbers from one on, as an index has them.
    pub(super) fn add_index(&mut self, name: &str, start: i64) {
        let numbers = Numbers { start, end: i64::MAX, increment: 1, digits: 0 };
        self.numbers.entry(name.to_owned()).or_default().push(numbers);
    }

    /// Whether a variable has a counter.
    pub(super) fn has(&self, name: &str) -> bool {
        self.numbers.contains_key(name)
    }

    /// The least number of digits of a variable, if all of its counters have the same.
    pub(super) fn digits(&self, name: &str) -> Option<usize> {
        let all = self.numbers.get(name)?;
        let digits = all.first()?.digits;
        all.iter().all(|one| one.digits == digits).then_some(digits)
    }

    /// The number of a counter. A module has counters of its own in each of its places.
    fn id(&mut self, element: &Element, is_module: bool) -> u32 {
        let next = self.next;
        let id = if is_module { next } else { *self.ids.entry(std::ptr::from_ref(element)).or_insert(next) };
        self.next += u32::from(id == next);
        id
    }
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
    /// A counter that something has.
    pub(super) fn counter(&mut self, element: &Element) -> Option<Counter> {
        let name = self.text(element, "CounterConfig.name");
        if !self.variables.is_used(&name) || !self.variables.is_counter(&name) {
            return None;
        }
        let Numbers { start, end, increment, .. } = numbers(element, &self.names)?;
        let is_module = !self.open_modules.is_empty();
        Some(Counter {
            id: self.variables.counters.id(element, is_module),
            variable: self.variables.id(&name),
            start,
            end,
            increment,
            per_thread: element.text("CounterConfig.per_user") == "true",
            resets: element.text("CounterConfig.reset_on_tg_iteration") == "true",
        })
    }

    /// What the counters of a variable decide.
    pub(super) fn by_counter<T: Clone + PartialEq>(
        &mut self,
        name: &str,
        trial: &Trial<'_, T>,
    ) -> Option<Decided<T>> {
        let counters = self.variables.counters.numbers.get(name)?.clone();
        let digits = counters.first()?.digits;
        let is_read_otherwise = digits > 0 && trial.is_script && is_bare(trial.text, name);
        if counters.iter().any(|one| one.digits != digits) || is_read_otherwise {
            return None;
        }
        self.by_numbers(name, &counters, trial)
    }

    /// What a number decides that is drawn. `None` if it has none of the values.
    pub(super) fn by_draw<T: Clone + PartialEq>(
        &mut self,
        (least, most): (i64, i64),
        name: &str,
        trial: &Trial<'_, T>,
    ) -> Option<Decided<T>> {
        let numbers = Numbers { start: least, end: most, increment: 1, digits: 0 };
        let decided = self.by_numbers(name, &[numbers], trial)?;
        Some(Decided { value: Value::Drawn { least, most }, ..decided })
    }

    fn by_numbers<T: Clone + PartialEq>(
        &mut self,
        name: &str,
        counters: &[Numbers],
        trial: &Trial<'_, T>,
    ) -> Option<Decided<T>> {
        let mut values = numbers_in(trial.text);
        let is_uneven = UNEVEN.iter().any(|part| trial.text.contains(part));
        let most = if is_uneven { MANY } else { FEW };
        let mut are_all = true;
        for numbers in counters {
            are_all &= numbers.tried(most, &mut values);
            values.extend(Some(numbers.end).filter(|end| *end < i64::MAX));
        }
        values.sort_unstable();
        values.dedup();
        let tried = Numbered { name, digits: counters.first()?.digits, values };
        let (ok, failed) = self.both(trial, |builder, text| builder.of_numbers(&tried, text, trial))?;
        let how = if is_uneven && !are_all {
            How::assumed(format!(
                "takes its condition of greater numbers than the first {MANY} of '{name}' as that of the last of them"
            ))
        } else {
            How::Exact
        };
        Some(Decided { value: Value::Of(self.variables.id(name)), ok, failed, how })
    }

    /// At which numbers a text changes. `None` if it depends on more than the number.
    fn of_numbers<T: Clone + PartialEq>(
        &mut self,
        tried: &Numbered<'_>,
        text: &str,
        trial: &Trial<'_, T>,
    ) -> Option<ByValue<T>> {
        self.spend(2 * tried.values.len())?;
        let at = |value| self.tried(&tried.given(value), text, trial);
        let unset = at(None).unwrap_or_else(|| trial.failing.clone());
        let first = *tried.values.first()?;
        let mut all = ByValue { unset, ..ByValue::always(at(Some(first))?) };
        let mut before = first;
        for value in &tried.values {
            let here = at(Some(*value))?;
            if all.steps.last().map_or(&all.first, |(_, last)| last) != &here {
                let step = step(before, *value, |value| Some(at(Some(value))? == here))?;
                all.steps.push((step, here));
            }
            before = *value;
        }
        Some(all)
    }
}

/// The numbers that a variable is tried with.
struct Numbered<'name> {
    name: &'name str,
    digits: usize,
    values: Vec<i64>,
}

impl Numbered<'_> {
    fn given(&self, value: Option<i64>) -> [Given; 1] {
        let digits = self.digits;
        [(self.name.to_owned(), value.map(|value| format!("{value:0digits$}")))]
    }
}

/// The number from which on something is true that is not at one number, and is at a greater one.
fn step(mut not: i64, mut is: i64, holds: impl Fn(i64) -> Option<bool>) -> Option<i64> {
    while is.checked_sub(not).is_none_or(|width| width > 1) {
        let middle = not.midpoint(is);
        if holds(middle)? {
            is = middle;
        } else {
            not = middle;
        }
    }
    Some(is)
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
