//! Requests whose address or token depends on the rows of data sets, and the variables that a driver knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use super::build::{Builder, Scope};
use super::columns::unset;
use super::element::Element;
use super::expression::{Given, is_known};
use super::reading::Open;
use super::variable::{MOST_TRIALS, words};
use crate::model::{Action, Address, ByRow, ByValue, Credentials, Known, NodeId, NodeKind, Texts};

/// What something is with each row: which of the values, and the values, each once.
type Placed<T> = (u32, ByValue<u32>, Vec<T>);

impl<'plan> Builder<'plan> {
    /// The addresses of a request by the row of a data set. `None`: it has one.
    pub(super) fn by_row(
        &mut self,
        element: &Element,
        scope: &Scope<'plan>,
        address: &Address,
    ) -> Option<Box<ByRow>> {
        let Address { method, target, path, query } = address;
        let texts = [&**method, &target.host, path, query].join(" ");
        let (variable, place, addresses) =
            self.with_each_row(&texts, |builder| builder.address_of(element, scope))?;
        Some(Box::new(ByRow { variable, place, addresses }))
    }

    /// The tokens of the value of a header by the row of a data set. `None`: they are not followed.
    pub(super) fn tokens_by_row(&mut self, value: &str) -> Option<Credentials> {
        let text = |builder: &Self| Arc::<str>::from(builder.names.text(value));
        let (variable, place, tokens) = self.with_each_row(value, text)?;
        Some(Credentials::Rows { tokens: tokens.into(), variable, place: Arc::new(place) })
    }

    /// Notes a request that has a part in its address that only a run has.
    pub(super) fn note_open(&mut self, element: &Element, node: NodeId) {
        let request = match self.plan.nodes.get(node.0 as usize).map(|node| &node.kind) {
            Some(NodeKind::Sampler(sampler)) => match &sampler.action {
                Action::Http(request) | Action::SocketOpen(request) => request,
                _ => return,
            },
            _ => return,
        };
        let part = if is_known(&request.method) { &request.path } else { &request.method };
        if is_known(part) {
            return;
        }
        let is_whole = !is_known(&request.method) || part.trim_start_matches('/').starts_with("${");
        let option = first_variable(part).map(|name| format!("--value '{name}'=TEXT"));
        let what = if is_whole { "has no operation that can be told, and counts" } else { "counts" };
        let assumed = format!("{what} without the limits of its operation: only a run knows {part}");
        let item = self.item(element, assumed, option);
        self.reading.open.push(Open { node, item, is_whole });
    }

    /// What texts are with each row of the data sets whose columns they have. The texts are looked at for words first, and
    /// `evaluate` then gives what they are with the values of one row. `None` if they have no column, or those of several
    /// lists, or if there are too many rows.
    fn with_each_row<T: Clone + Eq + Hash>(
        &mut self,
        texts: &str,
        evaluate: impl Fn(&Self) -> T,
    ) -> Option<Placed<T>> {
        let columns: BTreeSet<&str> =
            words(texts).filter(|word| self.variables.is_column(&self.names, word)).collect();
        let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
        let list = self.variables.columns.list(columns.first()?)?.to_owned();
        if columns.iter().any(|column| self.variables.columns.list(column) != Some(&list)) {
            return None;
        }
        let rows = self.variables.columns.rows(&list, &columns)?;
        let at = |given: Vec<Given>| self.names.with_values(given, |_| evaluate(self));
        let mut values = Values::default();
        let before = values.place(at(unset(&self.names, &columns).into_iter().map(written).collect()));
        let mut known: HashMap<&[String], u32> = HashMap::new();
        for (_, cells) in &rows {
            if !known.contains_key(cells.as_slice()) {
                let given = columns.iter().cloned().zip(cells.iter().cloned().map(Some)).collect();
                known.insert(cells, values.place(at(given)));
            }
        }
        let place = ByValue::of(before, rows.iter().map(|(value, cells)| (*value, known[cells.as_slice()])));
        self.variables.row_trials += known.len();
        let variable = self.variables.id(&list);
        (self.variables.row_trials <= MOST_TRIALS).then_some((variable, place, values.all))
    }

    /// The variables of texts whose values a driver knows.
    pub(super) fn known(&mut self) -> BTreeMap<Arc<str>, Known> {
        let mut used: Vec<String> = self.variables.used.iter().cloned().collect();
        used.sort_unstable();
        used.into_iter().filter_map(|name| Some((name.as_str().into(), self.known_one(&name)?))).collect()
    }

    fn known_one(&mut self, name: &str) -> Option<Known> {
        if self.variables.is_counter(name) {
            let digits = self.variables.counters.digits(name)?;
            return Some(Known { variable: self.variables.id(name), texts: Texts::Number { digits } });
        }
        if !self.variables.is_column(&self.names, name) {
            return None;
        }
        let list = self.variables.columns.list(name)?.to_owned();
        let rows = self.variables.columns.rows(&list, &[name.to_owned()])?;
        let cells =
            rows.into_iter().filter_map(|(value, cells)| Some((value, Arc::from(cells.into_iter().next()?))));
        Some(Known { variable: self.variables.id(&list), texts: Texts::Cells(Arc::new(cells.collect())) })
    }
}

/// The first variable of a text that has no value.
fn first_variable(text: &str) -> Option<&str> {
    let mut names = text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    names.find(|name| !name.starts_with("__") && !name.contains(['(', '{', '\'']))
}

/// A variable as JMeter writes it before it has a value.
fn written((name, value): Given) -> Given {
    let value = value.unwrap_or_else(|| format!("${{{name}}}"));
    (name, Some(value))
}

/// Values, each once.
struct Values<T> {
    all: Vec<T>,
    places: HashMap<T, u32>,
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self { all: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Values<T> {
    fn place(&mut self, value: T) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let place = *self.places.entry(value.clone()).or_insert(next);
        if place == next {
            self.all.push(value);
        }
        place
    }
}
