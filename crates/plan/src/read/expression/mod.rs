//! JMeter's expressions: `${variable}`, `${__function(…)}`, and the small scripts in conditions.
//!
//! | file | has |
//! |---|---|
//! | `mod` | texts with expressions in them |
//! | `template` | where an expression begins and ends (JMeter's `FunctionParser`) |
//! | `function` | the functions that have a value before the run |
//! | `draw` | numbers that are drawn |
//! | `script` | conditions: JEXL, Groovy and JavaScript as far as they agree |
//! | `value` | the values of scripts |
//!
//! What is known only during a run stays in the text as JMeter writes it. So a text is known if it has no `${`.

mod draw;
mod function;
mod script;
mod template;
#[cfg(test)]
mod tests;
mod value;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};

pub(super) use self::script::evaluate as script;
use self::template::Part;
pub(super) use self::value::Value;

/// The deepest expression in an expression.
const DEEPEST: u32 = 40;

/// The most bytes that all expressions of a plan make. Variables that double each other would fill the memory.
const MOST_BYTES: usize = 128 << 20;

/// The most bytes by which expressions make one text longer.
const MOST_GROWTH: usize = 4 << 20;

/// The number of the thread, from 1.
pub(super) const THREAD: &str = "__threadNum";

/// What stands for a variable without a value: a sign that no script has.
const UNSET: char = '\u{FFFC}';

/// Names and their values: what expressions are evaluated with.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// JMeter properties.
    pub(super) properties: BTreeMap<String, String>,
    /// All definitions of each variable, the last one wins. An earlier one is what a definition means by its own name.
    definitions: HashMap<String, Vec<String>>,
    /// Names of variables and properties that get their value during the run.
    run_time: HashSet<String>,
    /// Names that counters set.
    set_by_counters: HashSet<String>,
    /// Names that are columns of data sets.
    set_by_rows: HashSet<String>,
    /// Names that something else sets during the run.
    set_by_others: HashSet<String>,
    /// The values that variables are tried with. `None` in it: the variable has none.
    given: RefCell<Vec<Given>>,
    /// Values of variables that have been evaluated.
    known: RefCell<HashMap<String, String>>,
    /// Variables being evaluated, with the definition that is used.
    open: RefCell<Vec<(String, usize)>>,
    /// Bytes made so far.
    made: Cell<usize>,
    /// Whether variables have the values that the plan defines, whatever sets them during the run.
    is_at_start: Cell<bool>,
}

/// A variable and the value that it is tried with.
pub(super) type Given = (String, Option<String>);

/// Whether a text is known before the run.
pub(super) fn is_known(text: &str) -> bool {
    !text.contains("${")
}

impl Names {
    /// Properties, and no variable yet.
    pub(super) fn new(properties: BTreeMap<String, String>) -> Self {
        Self { properties, ..Self::default() }
    }

    /// Adds a definition of a variable.
    pub(super) fn define(&mut self, name: &str, text: &str) {
        self.definitions.entry(name.to_owned()).or_default().push(text.to_owned());
        self.known.borrow_mut().clear();
    }

    /// Marks a variable or a property as one that gets its value during the run.
    pub(super) fn set_at_run_time(&mut self, name: &str) {
        self.run_time.insert(name.to_owned());
        self.set_by_others.insert(name.to_owned());
    }

    /// Marks a variable that a counter sets.
    pub(super) fn set_by_counter(&mut self, name: &str) {
        self.run_time.insert(name.to_owned());
        self.set_by_counters.insert(name.to_owned());
    }

    /// Marks a variable that the rows of a data set give, one after the other.
    pub(super) fn set_by_rows(&mut self, name: &str) {
        self.run_time.insert(name.to_owned());
        self.set_by_end(name);
    }

    /// Marks a variable that has the value of its definition until the end of a file.
    pub(super) fn set_by_end(&mut self, name: &str) {
        self.set_by_rows.insert(name.to_owned());
    }

    /// Gives a variable a value for the whole run, whatever sets it.
    pub(super) fn give(&mut self, name: &str, text: &str) {
        self.run_time.remove(name);
        self.set_by_counters.remove(name);
        self.set_by_rows.remove(name);
        self.set_by_others.insert(name.to_owned());
        self.define(name, text);
    }

    /// Whether counters set a variable, and nothing else does.
    pub(super) fn is_counted(&self, name: &str) -> bool {
        let is_other = self.set_by_others.contains(name) || self.set_by_rows.contains(name);
        self.set_by_counters.contains(name) && !is_other
    }

    /// Whether the rows of data sets give a variable, and nothing else sets it.
    pub(super) fn is_column(&self, name: &str) -> bool {
        let is_other = self.set_by_others.contains(name) || self.set_by_counters.contains(name);
        self.set_by_rows.contains(name) && !is_other
    }

    /// Evaluates with variables that have these values, or none, whatever sets them during the run.
    pub(super) fn with_values<T>(&self, given: Vec<Given>, evaluate: impl FnOnce(&Self) -> T) -> T {
        let made = self.made.get();
        *self.given.borrow_mut() = given;
        let result = evaluate(self);
        self.given.borrow_mut().clear();
        if made <= MOST_BYTES {
            self.made.set(made);
        }
        result
    }

    /// The text of a variable that is tried. Without a value, it is like no other text, and as a part of a script an error.
    fn given(&self, name: &str) -> Option<String> {
        let given = self.given.borrow();
        let (_, value) = given.iter().find(|(tried, _)| tried == name)?;
        Some(value.clone().unwrap_or_else(|| format!("{UNSET}{name}{UNSET}")))
    }

    /// Whether a variable is tried without a value.
    fn is_unset(&self, name: &str) -> bool {
        self.given.borrow().iter().any(|(tried, value)| tried == name && value.is_none())
    }

    /// Whether the expressions made more text than is allowed. What came after is not evaluated.
    pub(super) fn overflowed(&self) -> bool {
        self.made.get() > MOST_BYTES
    }

    /// Evaluates what follows as JMeter does at the start of a test (`true`): no script has set a variable yet.
    pub(super) fn evaluate_at_start(&self, at_start: bool) {
        self.is_at_start.set(at_start);
    }

    /// The value that the plan defines for a variable. `None`: it has none.
    pub(super) fn at_start(&self, name: &str) -> Option<String> {
        if !self.definitions.contains_key(name) {
            return None;
        }
        self.evaluate_at_start(true);
        let value = self.text(&format!("${{{name}}}"));
        self.evaluate_at_start(false);
        Some(value)
    }

    /// The text with all of its expressions evaluated that have a value before the run.
    pub(super) fn text(&self, text: &str) -> String {
        self.evaluate(text, 0)
    }

    fn evaluate(&self, text: &str, depth: u32) -> String {
        if is_known(text) || depth > DEEPEST || self.overflowed() {
            return text.to_owned();
        }
        let (mut out, most) = (String::new(), text.len() + MOST_GROWTH);
        for part in template::parts(text) {
            if out.len() > most || self.overflowed() {
                self.made.set(usize::MAX);
                break;
            }
            match part {
                Part::Text(text) => out.push_str(&text),
                Part::Variable(name) => {
                    out.push_str(&self.variable(&self.evaluate(&name, depth + 1), depth + 1));
                }
                Part::Call(call) => out.push_str(&function::evaluate(self, &call, depth + 1)),
            }
        }
        self.made.set(self.made.get().saturating_add(out.len()));
        out
    }

    /// The value of a variable, or its expression if it has none yet. Functions without parameters look like variables.
    fn variable(&self, name: &str, depth: u32) -> String {
        let name = name.trim();
        if let Some(value) = self.given(name) {
            return value;
        }
        let at_start = self.is_at_start.get();
        if self.run_time.contains(name) && !at_start {
            return format!("${{{name}}}");
        }
        if let Some(value) = self.known.borrow().get(name) {
            return value.clone();
        }
        let Some(text) = self.definition(name) else { return format!("${{{name}}}") };
        let value = self.evaluate(&text, depth);
        let used = self.open.borrow_mut().pop();
        if !at_start
            && self.given.borrow().is_empty()
            && used.is_some_and(|(_, index)| index + 1 == self.definitions.get(name).map_or(0, Vec::len))
        {
            self.known.borrow_mut().insert(name.to_owned(), value.clone());
        }
        value
    }

    /// The definition to use for a variable: the last one, or the one before that which is being evaluated. It is open
    /// until the caller removes it.
    fn definition(&self, name: &str) -> Option<String> {
        let all = self.definitions.get(name)?;
        let mut open = self.open.borrow_mut();
        let used = open.iter().rev().find(|(other, _)| other == name).map(|(_, index)| *index);
        let index = used.unwrap_or(all.len()).checked_sub(1)?;
        open.push((name.to_owned(), index));
        Some(all[index].clone())
    }

    /// The value of a property, if it is known before the run.
    fn property(&self, name: &str) -> Option<&String> {
        self.properties.get(name)
    }
}
