//! Limits of single labels, where no limit explains all labels together.

use std::collections::BTreeMap;

use super::answer::{self, ENOUGH};
use super::learned::Learned;
use super::number::float;
use super::rows::Rows;
use super::solve::MOST;
use crate::results::Results;

/// The most labels that are learned one by one.
const LABELS: usize = 24;

/// What was learned of each label.
#[derive(Debug)]
pub(super) struct Apart {
    labels: Vec<(u32, Learned)>,
    contradictions: f64,
}

/// The limits of each label, if they explain the run.
pub(super) fn apart(rows: &Rows, results: &Results) -> Option<Apart> {
    let mut refused: BTreeMap<u32, u64> = BTreeMap::new();
    for row in rows.rows.iter().filter(|row| row.refused && rows.binds(row)) {
        *refused.entry(row.label).or_default() += 1;
    }
    let (known, few): (Vec<_>, Vec<_>) = refused.into_iter().partition(|(_, count)| *count >= ENOUGH);
    if !(2..=LABELS).contains(&known.len()) {
        return None;
    }
    let labels: Option<Vec<(u32, Learned)>> =
        known.into_iter().map(|(label, _)| Some((label, of_label(rows, results, label)?))).collect();
    let labels = labels?;
    let wrong: f64 = labels.iter().map(|(_, label)| label.contradictions * float(label.refused)).sum();
    let left: u64 = few.iter().map(|(_, count)| count).sum();
    let contradictions = (wrong + float(left)) / float(rows.refused.max(1));
    (contradictions <= MOST).then_some(Apart { labels, contradictions })
}

fn of_label(rows: &Rows, results: &Results, label: u32) -> Option<Learned> {
    let rows = rows.of_label(label);
    let mut learned = Learned { rows: rows.rows.len() as u64, refused: rows.refused, ..Learned::default() };
    answer::explain(&mut learned, rows, results);
    learned.limits.iter_mut().for_each(|limit| limit.scope.labels = vec![label]);
    learned.fits.then_some(learned)
}

impl Apart {
    /// Puts the limits of the labels in the place of what was learned of all together.
    pub(super) fn replace(self, learned: &mut Learned) {
        (learned.fits, learned.contradictions) = (true, self.contradictions);
        (learned.ties, learned.pairs, learned.second_best) = Default::default();
        learned.limits.clear();
        learned.noise = 0;
        for (index, (label, part)) in self.labels.into_iter().enumerate() {
            learned.noise = learned.noise.max(part.noise);
            learned.limits.extend(part.limits);
            learned.warnings.extend(part.warnings);
            if index == 0 {
                learned.answers = part.answers;
            }
            learned.ties.extend(part.ties.into_iter().map(|mut tie| {
                tie.scope.labels = vec![label];
                tie
            }));
        }
    }
}
