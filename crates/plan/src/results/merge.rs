//! Joins the results of several files, such as those of two engines.

use std::sync::Arc;

use super::skew::{self, Skew};
use super::{RefusedStatuses, Results, Sample, path};
use crate::Nanos;

/// The column that says which file a row is from, counted from 1.
const FILE: &str = "file";

/// The rows of all parts, sorted by their start. Threads of two files are different threads, even if they have one name. With more
/// than one part, the column `file` says which part a row is from.
///
/// A clock that differs from that of the first part is corrected where the refusals of both show the difference: the answers with a
/// status in `refused`. A warning says what was found for each part.
pub fn merge(parts: Vec<Results>, refused: &[u16]) -> Results {
    let statuses = RefusedStatuses(refused.to_vec());
    if parts.len() == 1 {
        return Results { refused: statuses, ..parts.into_iter().next().unwrap_or_default() };
    }
    let mut joined = Results { columns: vec![FILE.into()], refused: statuses, ..Results::default() };
    let clocks = clocks(&parts, refused);
    for ((index, part), clock) in parts.into_iter().enumerate().zip(clocks) {
        joined.warnings.extend(clock.sentence(index + 1));
        add(&mut joined, part, (index + 1, clock.ahead()));
    }
    let (width, empty): (usize, Arc<str>) = (joined.columns.len(), "".into());
    for sample in &mut joined.samples {
        let mut extra = std::mem::take(&mut sample.extra).into_vec();
        extra.resize(width, Arc::clone(&empty));
        sample.extra = extra.into();
    }
    joined.samples.sort_by_key(|sample| sample.start);
    joined
}

/// What is known of the clock of a part.
#[derive(Clone, Copy, Debug)]
enum Clock {
    /// Others are compared with it.
    First,
    Compared(Skew),
}

/// The clocks of all parts, each compared with that of the first.
fn clocks(parts: &[Results], refused: &[u16]) -> Vec<Clock> {
    let first = parts.first().map(|part| part.samples.as_slice()).unwrap_or_default();
    let compare = |part: &Results| Clock::Compared(skew::estimate(first, &part.samples, refused));
    let compared = parts.iter().skip(1).map(compare);
    std::iter::once(Clock::First).chain(compared).collect()
}

impl Clock {
    /// How far it is ahead of the first, in nanoseconds. A difference that is not known, or too small to be sure of, is none.
    fn ahead(self) -> i64 {
        match self {
            Self::Compared(Skew::Ahead(ahead)) if ahead.unsigned_abs() > SMALL => ahead,
            _ => 0,
        }
    }

    fn sentence(self, number: usize) -> Option<String> {
        let Self::Compared(skew) = self else { return None };
        let seconds = |ahead: i64| {
            let millis = ahead.unsigned_abs() / 1_000_000;
            format!("{}.{:03} s {}", millis / 1000, millis % 1000, if ahead > 0 { "ahead" } else { "behind" })
        };
        Some(match (skew, self.ahead()) {
            (Skew::Unknown, _) => format!(
                "file {number}: its refusals do not tell whether its clock is that of file 1; the times of both are taken as they are"
            ),
            (_, 0) => format!("file {number}: its clock agrees with that of file 1, by the refusals of both"),
            (_, ahead) => format!(
                "file {number}: its clock is taken to be {} of that of file 1, where the refusals of both agree best; its times are corrected by that",
                seconds(ahead)
            ),
        })
    }
}

/// A smaller difference of two clocks, in nanoseconds, is not corrected: the distance of requests is of that size.
const SMALL: Nanos = 50_000_000;

fn add(joined: &mut Results, part: Results, (number, ahead): (usize, i64)) {
    let file: Arc<str> = number.to_string().into();
    let labels: Vec<u32> = part.labels.iter().map(|label| place(&mut joined.labels, label)).collect();
    joined.paths.resize_with(joined.labels.len(), || "".into());
    for (label, path) in labels.iter().zip(&part.paths) {
        let known = &mut joined.paths[*label as usize];
        *known = if known.is_empty() || path.is_empty() {
            Arc::clone(path)
        } else {
            path::joined(known, path).into()
        };
    }
    let columns: Vec<u32> = part.columns.iter().map(|column| place(&mut joined.columns, column)).collect();
    let first_thread = u32::try_from(joined.threads.len()).unwrap_or(u32::MAX);
    joined.threads.extend(part.threads.iter().map(|thread| Arc::from(format!("{number}: {thread}"))));
    joined.warnings.extend(part.warnings.into_iter().map(|warning| format!("file {number}, {warning}")));
    let (width, empty): (usize, Arc<str>) = (joined.columns.len(), "".into());
    joined.samples.extend(part.samples.into_iter().map(|sample| {
        let mut extra = vec![Arc::clone(&empty); width];
        extra[0] = Arc::clone(&file);
        for (value, column) in sample.extra.iter().zip(&columns) {
            extra[*column as usize] = Arc::clone(value);
        }
        Sample {
            start: sample.start.saturating_add_signed(ahead.saturating_neg()),
            label: labels.get(sample.label as usize).copied().unwrap_or_default(),
            thread: first_thread.saturating_add(sample.thread),
            extra: extra.into(),
            ..sample
        }
    }));
}

fn place(list: &mut Vec<Arc<str>>, name: &Arc<str>) -> u32 {
    let found = list.iter().position(|known| known == name).unwrap_or_else(|| {
        list.push(Arc::clone(name));
        list.len() - 1
    });
    u32::try_from(found).unwrap_or(u32::MAX)
}
