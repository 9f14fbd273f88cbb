//! CSV Data Sets and User Parameters. One row is a set of constants. Of more rows only the tokens in them matter to limits.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder};

use super::build::{Builder, How};
use super::element::{Element, Property};
use super::expression::{Names, is_known};
use super::kind::Kind;
use super::{Files, ReadError};
use crate::model::{Credentials, Group, Node, NodeId, NodeKind, Share, Start};

/// The most tokens that are kept. More are counted.
const MOST_TOKENS: usize = 10_000;

/// A data set whose file is there.
pub(super) struct Table {
    /// The names of its columns.
    names: Vec<String>,
    /// Its rows, without one that has the names or that JMeter skips.
    rows: Vec<ByteRecord>,
}

/// The kinds of elements that have rows of values.
pub(super) const KINDS: [&str; 2] = ["CSVDataSet", "UserParameters"];

/// The rows of User Parameters: one for each user, and thread i is user i modulo their number.
fn user_parameters(names: &Names, set: &Element) -> Table {
    let texts = |list: &[Property]| list.iter().map(|entry| names.text(&entry.text)).collect::<Vec<_>>();
    let users = set.list("UserParameters.thread_values").iter();
    Table {
        names: texts(set.list("UserParameters.names")),
        rows: users.map(|user| ByteRecord::from(texts(&user.items))).collect(),
    }
}

/// The files of data sets. Each is read once, however many data sets and thread groups have it.
pub(super) struct Tables<'files> {
    files: &'files dyn Files,
    read: RefCell<HashMap<Source, Option<Rc<Table>>>>,
}

/// Where rows come from and how they are read.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Source {
    path: String,
    delimiter: u8,
    is_quoted: bool,
    names: String,
    ignores_first: bool,
}

impl<'files> Tables<'files> {
    pub(super) fn new(files: &'files dyn Files) -> Self {
        Self { files, read: RefCell::default() }
    }

    /// The rows of a data set. `None` if its file is not there.
    fn of(&self, names: &Names, set: &Element) -> Option<Rc<Table>> {
        if &*set.kind == "UserParameters" {
            return Some(Rc::new(user_parameters(names, set)));
        }
        let source = Source {
            path: names.text(set.text("filename")).trim().to_owned(),
            delimiter: delimiter(&names.text(set.text("delimiter"))),
            is_quoted: names.text(set.text("quotedData")) == "true",
            names: names.text(set.text("variableNames")),
            ignores_first: set.text("ignoreFirstLine") == "true",
        };
        if !is_known(&source.path) {
            return None;
        }
        if let Some(table) = self.read.borrow().get(&source) {
            return table.clone();
        }
        let table = self.files.read(&source.path).map(|bytes| Rc::new(table(&bytes, &source)));
        self.read.borrow_mut().insert(source, table.clone());
        table
    }
}

fn table(bytes: &[u8], source: &Source) -> Table {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(source.delimiter)
        .quoting(source.is_quoted)
        .from_reader(bytes);
    let mut rows: Vec<ByteRecord> = reader.byte_records().map_while(Result::ok).collect();
    let written = &source.names;
    // Blanks are a name for JMeter.
    let is_headed = written.is_empty();
    let mut columns: Vec<String> = written.split(',').map(|name| name.trim().to_owned()).collect();
    if (is_headed || source.ignores_first) && !rows.is_empty() {
        let first = rows.remove(0);
        if is_headed {
            columns = first.iter().map(text).collect();
        }
    }
    Table { names: columns, rows }
}

fn text(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).trim().to_owned()
}

/// Defines the variables of a data set with one row, else marks them as known only in a run.
pub(super) fn define(names: &mut Names, set: &Element, tables: &Tables<'_>) {
    match tables.of(names, set) {
        Some(table) if table.rows.len() == 1 => {
            for (name, cell) in table.names.iter().zip(table.rows.iter().flatten()) {
                names.define(name, &text(cell));
            }
        }
        Some(table) => table.names.iter().for_each(|name| names.set_at_run_time(name)),
        None => {
            set.text("variableNames").split(',').for_each(|name| names.set_at_run_time(name.trim()));
        }
    }
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

    /// The rows of a data set that ends the threads that find none. `None` for all other data sets.
    fn rows(&mut self, set: &Element) -> Option<NodeKind> {
        let table = if self.ends_threads(set) { self.tables.of(&self.names, set)? } else { return None };
        let mode = self.text(set, "shareMode");
        let (share, key) = match mode.as_str() {
            "shareMode.group" => (Share::Group, ""),
            "shareMode.thread" => (Share::Thread, ""),
            "" | "shareMode.all" => (Share::All, ""),
            key => (Share::All, key),
        };
        let key = format!("{}@{key}", self.text(set, "filename").trim());
        let next = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        let set = *self.sets.entry(key).or_insert(next);
        Some(NodeKind::Rows { set, rows: table.rows.len() as u64, share })
    }

    /// How a data set of a controller was read: only one that ends threads has to be there.
    fn how_of_set(&self, set: &Element, has_rows: bool, kind: &NodeKind) -> How {
        if !self.ends_threads(set) {
            How::Exact
        } else if !has_rows {
            How::assumed(format!("ends no thread: the file '{}' cannot be read", self.text(set, "filename")))
        } else if kind.runs_all() {
            How::Exact
        } else {
            How::assumed("does not end its threads at the end of the file")
        }
    }

    /// How the data sets that have tokens were read. Threads that take row after row use all tokens equally often. The model gives
    /// each thread one, which comes to the same unless there are more tokens than threads.
    pub(super) fn note_token_sets(&mut self) {
        let threads = |group: &Group| match group.start {
            Start::Threads { threads, .. } => threads,
            _ => u32::MAX,
        };
        let most = self.plan.groups.iter().map(threads).max().unwrap_or(0);
        let once = self.plan.groups.iter().all(|group| group.loops == Some(1));
        for (set, count) in std::mem::take(&mut self.token_sets) {
            let assumed = format!(
                "has {most} tokens in use: each thread has one, where each iteration takes the next of {count}"
            );
            let rotates = &*set.kind == "CSVDataSet" && count > most && !once;
            self.note(set, if rotates { How::assumed(assumed) } else { How::Exact });
        }
    }

    fn ends_threads(&self, set: &Element) -> bool {
        self.text(set, "recycle") == "false" && self.text(set, "stopThread") == "true"
    }

    /// The tokens of a file, if the value of a header has a column of one. `None` if it has none.
    pub(super) fn tokens_of_file(&mut self, value: &str) -> Option<Credentials> {
        let (set, found) = self.data_set(self.root, value)?;
        let Some((table, index, expression)) = found else {
            let path = self.text(set, "filename");
            let assumed = format!("has one token for all threads: the file '{path}' cannot be read");
            self.note(set, How::asked(assumed, "--tokens N".to_owned()));
            return Some(Credentials::Shared(value.into()));
        };
        let distinct: BTreeSet<String> =
            table.rows.iter().map(|row| text(row.get(index).unwrap_or_default())).collect();
        let count = u32::try_from(distinct.len()).unwrap_or(u32::MAX);
        let whole = distinct.iter().take(MOST_TOKENS).map(|cell| Arc::from(value.replace(&expression, cell)));
        let tokens: Arc<[Arc<str>]> = whole.collect();
        let by_thread = count > 1 && set.text("shareMode") == "shareMode.thread";
        let assumed = "gives each thread one token, where each goes through all of them";
        if by_thread {
            self.note(set, How::assumed(assumed));
        } else {
            self.token_sets.push((set, count));
        }
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

fn delimiter(text: &str) -> u8 {
    match text {
        "\\t" | "\t" => b'\t',
        _ => text.bytes().next().unwrap_or(b','),
    }
}
