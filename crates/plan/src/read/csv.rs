//! CSV Data Sets: only the tokens in them matter to limits.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::build::{Builder, How};
use super::element::Element;
use super::expression::is_known;
use crate::model::Credentials;

/// The most tokens that are kept. More are counted.
const MOST_TOKENS: usize = 10_000;

impl Builder<'_> {
    /// The tokens of a file, if the value of a header has a column of one. `None` if it has none.
    pub(super) fn tokens_of_file(&mut self, value: &str) -> Option<Credentials> {
        let root = self.root;
        let (set, column) = data_set(root, value)?;
        let names = self.text(set, "variableNames");
        let path = self.text(set, "filename");
        let Some(bytes) = self.files.read(&path).filter(|_| is_known(&path)) else {
            let assumed = format!("has one token for all threads: the file '{path}' cannot be read");
            self.note(set, How::asked(assumed, "--tokens N".to_owned()));
            return Some(Credentials::Shared(value.into()));
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        if names.trim().is_empty() || set.text("ignoreFirstLine") == "true" {
            lines.next();
        }
        let delimiter = delimiter(&self.text(set, "delimiter"));
        let cell = |line: &str| {
            line.split(delimiter).nth(column.index).unwrap_or_default().trim_matches('"').to_owned()
        };
        let distinct: BTreeSet<String> = lines.map(cell).collect();
        let count = u32::try_from(distinct.len()).unwrap_or(u32::MAX);
        let whole =
            distinct.iter().take(MOST_TOKENS).map(|cell| Arc::from(value.replace(&column.expression, cell)));
        let tokens: Arc<[Arc<str>]> = whole.collect();
        self.note(set, How::Exact);
        (count > 0).then_some(Credentials::Spread { tokens, count })
    }
}

/// A column of a file, and the expression that stands for it.
struct Column {
    index: usize,
    expression: String,
}

/// The data set that has one of the variables of a text. A set without names has them in its first line, which only the
/// run reads: such a set is not found here.
fn data_set<'plan>(elements: &'plan [Element], value: &str) -> Option<(&'plan Element, Column)> {
    elements.iter().filter(|element| element.enabled).find_map(|element| {
        if &*element.kind != "CSVDataSet" {
            return data_set(&element.children, value);
        }
        let mut names = element.text("variableNames").split([',', ';']).enumerate();
        names.find_map(|(index, name)| {
            let expression = format!("${{{}}}", name.trim());
            let is_there = !name.trim().is_empty() && value.contains(&expression);
            is_there.then_some((element, Column { index, expression }))
        })
    })
}

fn delimiter(text: &str) -> char {
    match text {
        "\\t" | "\t" => '\t',
        _ => text.chars().next().unwrap_or(','),
    }
}
