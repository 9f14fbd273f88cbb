//! What one variable decides: a counter, or the row of data sets. A condition is tried with the values of the variable.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::ReadError;
use super::build::{Builder, How};
use super::columns::{Columns, Row, unset};
use super::condition::{LAST_SAMPLE, with_last};
use super::counter::Counters;
use super::csv;
use super::element::{Element, Property};
use super::expression::{Given, Names, THREAD};
use super::kind::Kind;
use super::table::{Table, Tables};
use crate::model::{ByValue, IndexOf, Node, NodeId, NodeKind, Place, Value};

/// The most trials of all conditions of a plan.
pub(super) const MOST_TRIALS: usize = 400_000;

/// The variables of a plan that can decide something.
#[derive(Default)]
pub(super) struct Variables {
    pub(super) counters: Counters,
    pub(super) columns: Columns,
    /// Variables that something else sets as well, or an element whose turns are not followed.
    others: HashSet<String>,
    /// The indices of the controllers around an element that is looked at.
    open: Vec<String>,
    /// The words of all conditions.
    asked: HashSet<String>,
    /// The words of all texts with expressions or scripts.
    pub(super) used: HashSet<String>,
    /// The numbers of the variables.
    ids: HashMap<String, u32>,
    trials: usize,
    /// Trials of the rows of requests.
    pub(super) row_trials: usize,
}

/// A text, and how it is evaluated.
pub(super) struct Trial<'text, T> {
    pub(super) text: &'text str,
    pub(super) evaluate: &'text dyn Fn(&Names, &str) -> Option<T>,
    /// What it is if it cannot be evaluated because the variable has no value yet.
    pub(super) failing: T,
    /// Whether it is a script, which reads leading zeros in its own way.
    pub(super) is_script: bool,
}

/// What one variable decides, or one draw.
pub(super) struct Decided<T> {
    pub(super) value: Value,
    /// After a sample that succeeded.
    pub(super) ok: ByValue<T>,
    /// After a sample that failed.
    pub(super) failed: ByValue<T>,
    pub(super) how: How,
}

impl Variables {
    pub(super) fn of(elements: &[Element], names: &Names, tables: &Tables<'_>) -> Self {
        let mut variables = Self::default();
        variables.collect(elements, (names, tables), (true, false));
        if variables.is_asked(THREAD) {
            variables.counters.add_index(THREAD, 1);
        }
        variables
    }

    /// `runs`: whether the controller around the elements runs all of its children. `together`: whether a parallel controller
    /// is above.
    fn collect(
        &mut self,
        elements: &[Element],
        known: (&Names, &Tables<'_>),
        (runs, together): (bool, bool),
    ) {
        for element in elements.iter().filter(|element| element.enabled) {
            let is_followed = runs && !together;
            match &*element.kind {
                "CounterConfig" => self.add_counter(element, known.0, is_followed),
                "CSVDataSet" => self.add_columns(element, known, is_followed),
                "WhileController" => self.ask(element.text("WhileController.condition")),
                "IfController" => self.ask(element.text("IfController.condition")),
                "SwitchController" => self.ask(element.text("SwitchController.value")),
                _ => {}
            }
            let index = has_index(&element.kind).then(|| index_of(&known.0.text(&element.name)));
            if let Some(name) = &index {
                self.add_index(name, together);
            }
            self.look_at(&element.name);
            element.properties.iter().flat_map(Property::texts).for_each(|text| self.look_at(text));
            let runs =
                if matches!(Kind::of(element), Kind::Sampler) { runs } else { runs_all(&element.kind) };
            self.collect(&element.children, known, (runs, together || &*element.kind == "ParallelSampler"));
            self.open.truncate(self.open.len() - usize::from(index.is_some()));
        }
    }

    fn add_counter(&mut self, element: &Element, names: &Names, is_followed: bool) {
        let name = names.text(element.text("CounterConfig.name"));
        if !(is_followed && names.is_counted(&name) && self.counters.add(&name, element, names)) {
            self.others.insert(name);
        }
    }

    fn add_columns(&mut self, set: &Element, (names, tables): (&Names, &Tables<'_>), is_followed: bool) {
        let Some(table) = tables.of(names, set) else { return };
        if csv::is_constant(names, set, &table) {
            return;
        }
        if is_followed {
            self.others.extend(self.columns.add(table, csv::has_end(names, set)));
        } else {
            self.others.extend(table.names.iter().cloned());
        }
    }

    /// A controller below one of its name sets the same variable.
    fn add_index(&mut self, name: &str, together: bool) {
        if together || self.open.iter().any(|open| open == name) {
            self.others.insert(name.to_owned());
        }
        self.counters.add_index(name, 0);
        self.open.push(name.to_owned());
    }

    fn ask(&mut self, condition: &str) {
        self.asked.extend(words(condition).map(str::to_owned));
    }

    fn look_at(&mut self, text: &str) {
        if text.contains("${") || text.contains("vars") {
            self.used.extend(words(text).map(str::to_owned));
        }
        if text.contains("${__") {
            // The last argument of some functions names a variable for the result.
            let results = text.split(')').filter_map(|call| call.rsplit_once(','));
            self.others.extend(results.map(|(_, name)| name.trim().to_owned()));
        }
    }

    /// Whether something that is read or sent has a variable.
    pub(super) fn is_used(&self, name: &str) -> bool {
        self.asked.contains(name) || self.used.contains(name)
    }

    /// Whether a condition asks for a variable.
    pub(super) fn is_asked(&self, name: &str) -> bool {
        self.asked.contains(name)
    }

    pub(super) fn is_counter(&self, name: &str) -> bool {
        self.counters.has(name) && !self.others.contains(name)
    }

    pub(super) fn is_column(&self, names: &Names, name: &str) -> bool {
        self.columns.list(name).is_some() && names.is_column(name) && !self.others.contains(name)
    }

    /// The number of a variable.
    pub(super) fn id(&mut self, name: &str) -> u32 {
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        *self.ids.entry(name.to_owned()).or_insert(next)
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

/// Whether a kind of controller has a variable with the index of its turn.
fn has_index(kind: &str) -> bool {
    matches!(kind, "LoopController" | "WhileController") || super::group::is_group(kind)
}

fn index_of(name: &str) -> String {
    format!("__jm__{name}__idx")
}

/// The words of a condition that can name a variable.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let asks_thread = ["ctx.threadNum", "ctx.getThreadNum()"].iter().any(|call| text.contains(call));
    let words = text.split(['{', '}', '\'', '"', '(', ')']).map(str::trim).filter(|word| !word.is_empty());
    words.chain(asks_thread.then_some(THREAD))
}

impl Builder<'_> {
    /// What one variable decides: a counter, or the rows of data sets that are read alike; or one number that is drawn. `None` if
    /// it is more than one.
    pub(super) fn decided<T: Clone + PartialEq>(&mut self, trial: &Trial<'_, T>) -> Option<Decided<T>> {
        let counters: HashSet<&str> =
            words(trial.text).filter(|word| self.variables.is_counter(word)).collect();
        let columns: BTreeSet<&str> =
            words(trial.text).filter(|word| self.variables.is_column(&self.names, word)).collect();
        match (counters.len(), columns.len()) {
            (1, 0) => self.by_counter(counters.into_iter().next()?, trial),
            (0, 1..) => {
                let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
                self.by_rows(&columns, trial)
            }
            (0, 0) => {
                let (range, name) = self.names.draw(trial.text)?;
                self.by_draw(range, name, trial)
            }
            _ => None,
        }
    }

    fn by_rows<T: Clone + PartialEq>(
        &mut self,
        columns: &[String],
        trial: &Trial<'_, T>,
    ) -> Option<Decided<T>> {
        let list = self.variables.columns.list(columns.first()?)?.to_owned();
        if columns.iter().any(|column| self.variables.columns.list(column) != Some(&list)) {
            return None;
        }
        let rows = self.variables.columns.rows(&list, columns)?;
        let value = Value::Of(self.variables.id(&list));
        let (ok, failed) = self.both(trial, |builder, text| builder.of_rows(columns, &rows, text, trial))?;
        Some(Decided { value, ok, failed, how: How::Exact })
    }

    /// What a text is after a sample that succeeded, and after one that failed.
    pub(super) fn both<T: Clone>(
        &mut self,
        trial: &Trial<'_, T>,
        mut of: impl FnMut(&mut Self, &str) -> Option<ByValue<T>>,
    ) -> Option<(ByValue<T>, ByValue<T>)> {
        let ok = of(self, &with_last(trial.text, "true"))?;
        let failed = if trial.text.contains(LAST_SAMPLE) {
            of(self, &with_last(trial.text, "false"))?
        } else {
            ok.clone()
        };
        Some((ok, failed))
    }

    /// What a text is with each row. Rows of the same cells are tried once.
    fn of_rows<T: Clone + PartialEq>(
        &mut self,
        columns: &[String],
        rows: &[Row],
        text: &str,
        trial: &Trial<'_, T>,
    ) -> Option<ByValue<T>> {
        let before = unset(&self.names, columns);
        let unset = self.tried(&before, text, trial).unwrap_or_else(|| trial.failing.clone());
        let mut known: HashMap<&[String], T> = HashMap::new();
        for (_, cells) in rows {
            if !known.contains_key(cells.as_slice()) {
                self.spend(1)?;
                let given: Vec<Given> =
                    columns.iter().cloned().zip(cells.iter().cloned().map(Some)).collect();
                known.insert(cells, self.tried(&given, text, trial)?);
            }
        }
        Some(ByValue::of(unset, rows.iter().map(|(value, cells)| (*value, known[cells.as_slice()].clone()))))
    }

    /// What a text is with some values.
    pub(super) fn tried<T>(&self, given: &[Given], text: &str, trial: &Trial<'_, T>) -> Option<T> {
        self.names.with_values(given.to_vec(), |names| (trial.evaluate)(names, text))
    }

    /// Counts trials. `None`: there were too many.
    pub(super) fn spend(&mut self, trials: usize) -> Option<()> {
        self.variables.trials += trials;
        (self.variables.trials <= MOST_TRIALS).then_some(())
    }

    /// The variable that has the index of a controller's turn.
    pub(super) fn index_of(&self, element: &Element) -> String {
        index_of(&self.name(element))
    }

    /// The node that sets a variable of JMeter's own, if a condition asks for it.
    fn index(&mut self, name: &str, of: IndexOf) -> Result<Option<NodeId>, ReadError> {
        // A driver knows the number of its threads without a node.
        let is_asked = if matches!(of, IndexOf::Thread) { Variables::is_asked } else { Variables::is_used };
        if !is_asked(&self.variables, name) || !self.variables.is_counter(name) {
            return Ok(None);
        }
        let kind = NodeKind::Index { variable: self.variables.id(name), of };
        self.add(Node { name: name.into(), kind, children: Vec::new() }).map(Some)
    }

    /// The children of a controller, after the index of its turn. Those of a group are after the number of the thread as well.
    pub(super) fn with_index(
        &mut self,
        element: &Element,
        children: Vec<NodeId>,
    ) -> Result<Vec<NodeId>, ReadError> {
        let mut all = Vec::new();
        if super::group::is_group(&element.kind) {
            all.extend(self.index(THREAD, IndexOf::Thread)?);
        }
        if has_index(&element.kind) {
            all.extend(self.index(&self.index_of(element), IndexOf::Turn)?);
        }
        all.extend(children);
        Ok(all)
    }

    /// Where the rows of a data set stand among the values of its variable, if they are followed.
    pub(super) fn place(&mut self, table: &Rc<Table>) -> Option<Place> {
        let is_followed = |name: &String| self.variables.is_column(&self.names, name);
        if !table.names.iter().any(is_followed) {
            return None;
        }
        let first = self.variables.columns.first(table)?;
        Some(Place { variable: self.variables.id(&table.names.join(",")), first })
    }
}
