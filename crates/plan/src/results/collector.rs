//! Builds [`Results`] row by row, within bounds, and finds clocks that step.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{ReadError, Results, Sample, path};
use crate::Nanos;

/// The most rows of one file.
const ROWS: usize = 10_000_000;
/// The most bytes of all different labels, threads and values.
const TEXTS: usize = 256 << 20;
/// How far two rows in a file may be out of order without a remark.
const TOLERANCE: Nanos = 1_000_000_000;
/// More steps back than these mean rows without an order.
const STEPS: usize = 3;

/// Results that are being read.
#[derive(Debug, Default)]
pub(super) struct Collector {
    results: Results,
    labels: HashMap<Arc<str>, u32>,
    threads: HashMap<Arc<str>, u32>,
    values: HashSet<Arc<str>>,
    bytes: usize,
    /// Start and end of the row before.
    before: Option<(Nanos, Nanos)>,
    /// The first rows at which time goes back: line and distance.
    steps: Vec<(u64, Nanos)>,
}

impl Collector {
    pub(super) fn with_columns(columns: Vec<Arc<str>>) -> Self {
        Self { results: Results { columns, ..Results::default() }, ..Self::default() }
    }

    /// The index of an extra column, which is added if it is new. Rows before it have no value in it.
    pub(super) fn column(&mut self, name: &str) -> usize {
        let columns = &mut self.results.columns;
        columns.iter().position(|column| **column == *name).unwrap_or_else(|| {
            columns.push(name.into());
            columns.len() - 1
        })
    }

    /// The index of an extra column, which is added if it is new and there are fewer than `most`.
    pub(super) fn column_within(&mut self, name: &str, most: usize) -> Option<usize> {
        let known = self.results.columns.iter().any(|column| **column == *name);
        (known || self.results.columns.len() < most).then(|| self.column(name))
    }

    pub(super) fn label(&mut self, name: &str) -> u32 {
        index(&mut self.labels, &mut self.results.labels, &mut self.bytes, name)
    }

    pub(super) fn thread(&mut self, name: &str) -> u32 {
        index(&mut self.threads, &mut self.results.threads, &mut self.bytes, name)
    }

    /// Notes the URL of a request of a label.
    pub(super) fn note_url(&mut self, label: u32, url: &str) {
        let Some(new) = path::of_url(url) else { return };
        let paths = &mut self.results.paths;
        paths.resize_with(paths.len().max(self.results.labels.len()), || "".into());
        let Some(known) = paths.get_mut(label as usize) else { return };
        if known.is_empty() {
            *known = new.into();
        } else if **known != *new {
            *known = path::joined(known, new).into();
        }
    }

    /// One shared copy of a value that many rows have.
    pub(super) fn value(&mut self, text: &str) -> Arc<str> {
        if let Some(value) = self.values.get(text) {
            return Arc::clone(value);
        }
        let value: Arc<str> = text.into();
        self.bytes += text.len();
        self.values.insert(Arc::clone(&value));
        value
    }

    pub(super) fn len(&self) -> usize {
        self.results.samples.len()
    }

    pub(super) fn warn(&mut self, sentence: String) {
        self.results.warnings.push(sentence);
    }

    /// Adds a row of the file's line.
    pub(super) fn push(&mut self, line: u64, sample: Sample) -> Result<(), ReadError> {
        if self.results.samples.len() >= ROWS {
            return Err(ReadError::at(line, "the file has more than 10,000,000 rows; split it"));
        }
        if self.bytes > TEXTS {
            return Err(ReadError::at(
                line,
                "the file has more than 256 MiB of different labels, threads and values",
            ));
        }
        self.note_order(line, &sample);
        self.results.samples.push(sample);
        Ok(())
    }

    /// A tool writes rows in the order of their ends or of their starts. A row that is before its predecessor in both was
    /// written after the clock had been set back.
    fn note_order(&mut self, line: u64, sample: &Sample) {
        let (start, end) = (sample.start, sample.start.saturating_add(sample.elapsed));
        if let Some((last_start, last_end)) = self.before.replace((start, end)) {
            let back = last_start.saturating_sub(start).min(last_end.saturating_sub(end));
            if back > TOLERANCE && self.steps.len() <= STEPS {
                self.steps.push((line, back));
            }
        }
    }

    /// The results. `last` is the mistake in the last row: if the row is cut off, the tool was ended while it wrote, and the row is left out.
    pub(super) fn finish_but(mut self, last: Option<ReadError>, is_cut: bool) -> Result<Results, ReadError> {
        match last {
            Some(mistake) if !is_cut || self.len() == 0 => return Err(mistake),
            Some(mistake) => {
                self.warn(format!("line {}: the last row is cut off and left out", mistake.line));
            }
            None => {}
        }
        self.finish()
    }

    /// The results, sorted by their start.
    pub(super) fn finish(mut self) -> Result<Results, ReadError> {
        if self.results.samples.is_empty() {
            return Err(ReadError::whole("the file has no row of a request"));
        }
        let warnings = &mut self.results.warnings;
        if self.steps.len() > STEPS {
            warnings.push("the rows are in no order of time; they are sorted by their start".to_owned());
        } else {
            warnings.extend(self.steps.iter().map(|(line, back)| {
                let (seconds, millis) = (back / 1_000_000_000, back / 1_000_000 % 1000);
                format!("line {line}: the clock goes back by {seconds}.{millis:03} s; distances across it are wrong")
            }));
        }
        let width = self.results.columns.len();
        let empty: Arc<str> = "".into();
        for sample in &mut self.results.samples {
            if sample.extra.len() < width {
                let mut extra = std::mem::take(&mut sample.extra).into_vec();
                extra.resize(width, Arc::clone(&empty));
                sample.extra = extra.into();
            }
        }
        self.results.samples.sort_by_key(|sample| sample.start);
        let labels = self.results.labels.len();
        self.results.paths.resize_with(labels, || "".into());
        Ok(self.results)
    }
}

fn index(map: &mut HashMap<Arc<str>, u32>, list: &mut Vec<Arc<str>>, bytes: &mut usize, name: &str) -> u32 {
    if let Some(index) = map.get(name) {
        return *index;
    }
    let name: Arc<str> = name.into();
    let index = u32::try_from(list.len()).unwrap_or(u32::MAX);
    *bytes += name.len();
    list.push(Arc::clone(&name));
    map.insert(name, index);
    index
}
