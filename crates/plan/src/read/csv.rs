//! CSV Data Sets and User Parameters. One row is a set of constants.

use std::rc::Rc;
use std::sync::Arc;

use super::ReadError;
use super::build::{Builder, How};
use super::element::Element;
use super::expression::Names;
use super::kind::Kind;
use super::table::{Table, Tables, text};
use crate::model::{Credentials, Node, NodeId, NodeKind, Rows, Share};

/// The most tokens that are kept.
const MOST_TOKENS: usize = 100_000;

/// The kinds of elements that have rows of values.
pub(super) const KINDS: [&str; 2] = ["CSVDataSet", "UserParameters"];

/// Defines the variables of a data set with one row. Others are marked as known only in a run.
pub(super) fn define(names: &mut Names, set: &Element, tables: &Tables<'_>) {
    let Some(table) = tables.of(names, set) else {
        set.text("variableNames").split(',').for_each(|name| names.set_at_run_time(name.trim()));
        return;
    };
    for (name, cell) in table.names.iter().zip(table.single().into_iter().flatten()) {
        names.define(name, &text(cell));
    }
    let is_constant = is_constant(names, set, &table);
    for name in table.names.iter().filter(|_| !is_constant) {
        match (&*set.kind, table.single()) {
            ("CSVDataSet", Some(_)) => names.set_by_end(name),
            ("CSVDataSet", None) => names.set_by_rows(name),
            _ => names.set_at_run_time(name),
        }
    }
}

/// Whether a data set has one row, and its variables have no other values.
pub(super) fn is_constant(names: &Names, set: &Element, table: &Table) -> bool {
    table.single().is_some() && (&*set.kind != "CSVDataSet" || !has_end(names, set))
}

/// Whether threads go on after the last row, without another one.
pub(super) fn has_end(names: &Names, set: &Element) -> bool {
    !recycles(names, set) && !stops(names, set)
}

fn recycles(names: &Names, set: &Element) -> bool {
    names.text(set.text("recycle")) != "false"
}

fn stops(names: &Names, set: &Element) -> bool {
    names.text(set.text("stopThread")) == "true"
}

impl<'plan> Builder<'plan> {
    /// The children of a controller, after its counters and the rows that its data sets take at each of its turns. JMeter tells
    /// these of the turns of the controller that they are below, also if they are below one of its samplers.
    pub(super) fn with_rows(
        &mut self,
        elements: &'plan [Element],
        kind: &NodeKind,
        children: Vec<NodeId>,
    ) -> Result<Vec<NodeId>, ReadError> {
        let mut all = Vec::new();
        for set in data_sets(elements) {
            if &*set.kind == "CounterConfig" {
                if let Some(counter) = self.counter(set).filter(|_| kind.runs_all()) {
                    let kind = NodeKind::Counter(Box::new(counter));
                    all.push(self.add(Node { name: self.name(set), kind, children: Vec::new() })?);
                }
                continue;
            }
            let rows = self.rows(set);
            self.data_sets.push((set, self.how_of_set(set, rows.is_some(), kind)));
            if let Some(kind) = rows.filter(|_| kind.runs_all()) {
                all.push(self.add(Node { name: self.name(set), kind, children: Vec::new() })?);
            }
        }
        all.extend(children);
        Ok(all)
    }

    /// The rows of a data set that ends the threads that find none, or whose columns are followed.
    fn rows(&mut self, set: &Element) -> Option<NodeKind> {
        let table = self.tables.of(&self.names, set)?;
        let place = self.place(&table);
        if !self.ends_threads(set, &table) && place.is_none() {
            return None;
        }
        let mode = self.text(set, "shareMode");
        let (share, key) = match mode.as_str() {
            "shareMode.group" => (Share::Group, ""),
            "shareMode.thread" => (Share::Thread, ""),
            "" | "shareMode.all" => (Share::All, ""),
            key => (Share::All, key),
        };
        let key = format!("{}@{key}", self.text(set, "filename").trim());
        let next = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        Some(NodeKind::Rows(Box::new(Rows {
            set: *self.sets.entry(key).or_insert(next),
            count: table.rows.len() as u64,
            empty: empty(&table),
            share,
            recycles: recycles(&self.names, set),
            stops: stops(&self.names, set),
            variable: place,
        })))
    }

    /// How a data set of a controller was read: only one that ends threads has to be there.
    fn how_of_set(&self, set: &Element, has_rows: bool, kind: &NodeKind) -> How {
        let table = self.tables.of(&self.names, set);
        let ends_threads = match &table {
            Some(table) => self.ends_threads(set, table),
            None => stops(&self.names, set) && !recycles(&self.names, set),
        };
        if !ends_threads {
            How::Exact
        } else if !has_rows {
            How::assumed(format!("ends no thread: the file '{}' cannot be read", self.text(set, "filename")))
        } else if kind.runs_all() {
            How::Exact
        } else {
            How::assumed("does not end its threads at the end of the file")
        }
    }

    fn ends_threads(&self, set: &Element, table: &Table) -> bool {
        let has_an_end = !recycles(&self.names, set) || table.rows.iter().any(csv::ByteRecord::is_empty);
        stops(&self.names, set) && has_an_end
    }

    /// The tokens of a file, if the value of a header has a column of one. `None` if it has none.
    pub(super) fn tokens_of_file(&mut self, value: &str) -> Option<Credentials> {
        if let Some(tokens) = self.tokens_by_row(value) {
            return Some(tokens);
        }
        let (set, found) = self.data_set(self.root, value)?;
        let Some((table, index, expression)) = found else {
            let path = self.text(set, "filename");
            let assumed = format!("has one token for all threads: the file '{path}' cannot be read");
            self.note(set, How::asked(assumed, "--tokens N".to_owned()));
            return Some(Credentials::Shared(value.into()));
        };
        let cells = table.rows.iter().filter_map(|row| row.get(index).map(text));
        let whole = |cell: String| Arc::from(value.replace(&expression, &cell));
        let tokens: Arc<[Arc<str>]> = cells.take(MOST_TOKENS).map(whole).collect();
        // Thread i is user i of User Parameters.
        if &*set.kind == "CSVDataSet" {
            let assumed = "gives each thread one token, where each takes the next at its turns";
            self.note(set, How::asked(assumed, "--tokens N".to_owned()));
        } else {
            self.note(set, How::Exact);
        }
        let count = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
        (count > 0).then_some(Credentials::Spread { tokens, count })
    }

    /// The data set that has one of the variables of a text: with its rows, the column and the variable's expression if
    /// its file is there.
    fn data_set(&self, elements: &'plan [Element], value: &str) -> Option<(&'plan Element, Option<Column>)> {
        elements.iter().filter(|element| element.enabled).find_map(|element| {
            if !KINDS.contains(&&*element.kind) {
                return self.data_set(&element.children, value);
            }
            let expression = |name: &str| {
                Some(format!("${{{}}}", name.trim())).filter(|name| value.contains(name.as_str()))
            };
            let Some(table) = self.tables.of(&self.names, element) else {
                let mut names = element.text("variableNames").split(',');
                return names.find_map(expression).map(|_| (element, None));
            };
            let mut names = table.names.iter().enumerate();
            let (index, expression) = names.find_map(|(index, name)| Some((index, expression(name)?)))?;
            Some((element, Some((Rc::clone(&table), index, expression))))
        })
    }
}

/// The rows that are like the end of the file.
fn empty(table: &Table) -> Vec<u64> {
    (0..).zip(&table.rows).filter(|(_, row)| row.is_empty()).map(|(place, _)| place).collect()
}

/// The data sets and counters of a controller: those among its elements, and below its samplers.
fn data_sets(elements: &[Element]) -> Vec<&Element> {
    let mut found = Vec::new();
    for element in elements.iter().filter(|element| element.enabled) {
        match Kind::of(element) {
            _ if matches!(&*element.kind, "CSVDataSet" | "CounterConfig") => found.push(element),
            Kind::Sampler => found.extend(data_sets(&element.children)),
            Kind::Controller | Kind::Ignored | Kind::Unknown => {}
        }
    }
    found
}

/// A table, the index of a column, and the expression that stands for it.
type Column = (Rc<Table>, usize, String);
