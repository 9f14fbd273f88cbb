//! What a limit may cover, and what it may count by.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::rows::Rows;
use crate::results::Results;

/// The most sets of labels that are tried.
const COVERS: usize = 12;

/// What a limit keeps one count for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// One count for everything.
    All,
    /// One count for each label.
    Label,
    /// One count for each user of the load tool, or its connection.
    Thread,
    /// One count for each value of a column of the file.
    Column(Arc<str>),
}

/// The requests that a limit covers, and what it counts by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The labels that it covers, as indices of [`Results::labels`]. Empty if it covers all.
    pub labels: Vec<u32>,
    /// What it keeps one count for.
    pub by: By,
}

impl Scope {
    /// How coarse the scope is; of two that explain a run equally well, the answer is the smaller rank.
    pub(super) fn rank(&self) -> usize {
        let by = match self.by {
            By::All => 0,
            By::Column(_) => 1,
            By::Label => 2,
            By::Thread => 3,
        };
        by * 2 + usize::from(!self.labels.is_empty())
    }

    pub(super) fn covers(&self, label: u32) -> bool {
        self.labels.is_empty() || self.labels.binary_search(&label).is_ok()
    }
}

/// Every scope that the run can tell of, the coarse ones first.
pub(super) fn candidates(results: &Results, rows: &Rows) -> Vec<Scope> {
    let columns = rows.columns.iter().map(|column| By::Column(Arc::clone(&column.name)));
    let mut keys: Vec<By> = std::iter::once(By::All).chain(columns).collect();
    let covers = covers(results, rows);
    let many = |values: BTreeSet<u32>| values.len() > 1;
    if many(rows.rows.iter().map(|row| row.label).collect()) {
        keys.push(By::Label);
    }
    // Whole seconds are longer than what one user does in a window.
    if !rows.has_whole_seconds() && many(rows.rows.iter().map(|row| row.thread).collect()) {
        keys.push(By::Thread);
    }
    let mut scopes = Vec::new();
    for by in keys {
        // By label, a label that is never refused has a bucket of its own in any case.
        let covers = if by == By::Label { &covers[..1] } else { &covers[..] };
        scopes.extend(covers.iter().map(|labels| Scope { labels: labels.clone(), by: by.clone() }));
    }
    scopes
}

/// All labels, those that were ever refused, and every set of labels that share the first words of their paths and of which at
/// least one was refused.
fn covers(results: &Results, rows: &Rows) -> Vec<Vec<u32>> {
    let present: BTreeSet<u32> = rows.rows.iter().map(|row| row.label).collect();
    let refused: BTreeSet<u32> = rows.rows.iter().filter(|row| row.refused).map(|row| row.label).collect();
    let mut covers = vec![Vec::new()];
    let mut add = |labels: Vec<u32>| {
        if labels.len() < present.len()
            && !labels.is_empty()
            && !covers.contains(&labels)
            && covers.len() < COVERS
        {
            covers.push(labels);
        }
    };
    add(refused.iter().copied().collect());
    let words: Vec<(u32, Vec<String>)> =
        present.iter().map(|label| (*label, words(&results.labels[*label as usize]))).collect();
    let longest = words.iter().map(|(_, words)| words.len()).max().unwrap_or_default();
    for length in 1..=longest.min(8) {
        for (label, prefix) in
            words.iter().filter(|(label, words)| refused.contains(label) && words.len() >= length)
        {
            let shares = |words: &[String]| words.get(..length) == prefix.get(..length);
            let family = words.iter().filter(|(other, words)| other == label || shares(words));
            add(family.map(|(label, _)| *label).collect());
        }
    }
    covers
}

/// The words of a label without a method in front: `GET /api/v2/users` has api, v2, users.
fn words(label: &str) -> Vec<String> {
    const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "WS"];
    let words = label.split(|letter: char| !letter.is_alphanumeric() && letter != '{' && letter != '}');
    let words = words.filter(|word| !word.is_empty());
    words
        .enumerate()
        .filter(|(index, word)| *index > 0 || !METHODS.contains(word))
        .map(|(_, word)| word.to_owned())
        .collect()
}
