//! Joins the results of several files, such as those of two engines.

use std::sync::Arc;

use super::{Results, Sample, path};

/// The column that says which file a row is from, counted from 1.
const FILE: &str = "file";

/// The rows of all parts, sorted by their start. Threads of two files are different threads, even if they have one name. With more
/// than one part, the column `file` says which part a row is from.
pub fn merge(parts: Vec<Results>) -> Results {
    if parts.len() == 1 {
        return parts.into_iter().next().unwrap_or_default();
    }
    let mut joined = Results { columns: vec![FILE.into()], ..Results::default() };
    for (index, part) in parts.into_iter().enumerate() {
        add(&mut joined, part, index + 1);
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

fn add(joined: &mut Results, part: Results, number: usize) {
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
