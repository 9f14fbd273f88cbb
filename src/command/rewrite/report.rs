//! The report of `gcmock rewrite`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use super::change::Change;
use super::plan::{Leaf, Plan};
use super::text::hosts;
use super::value::{Edit, edited};
use crate::server::tls::names::Hosts;

/// The characters of a long line that are shown on each side of a change.
const AROUND: usize = 60;

/// The most edits that are shown together: an address has three parts.
const MAX_PARTS: usize = 3;

/// The data of the report.
pub(super) struct Report<'a> {
    pub(crate) document: &'a str,
    pub(crate) plan: &'a Plan,
    pub(crate) changes: &'a [Change],
    pub(crate) served: &'a Hosts,
}

impl Report<'_> {
    pub(super) fn write(&self, out: &Path) -> String {
        let lines = Lines::of(self.document);
        let mut report = format!("{}: {}\n", out.display(), self.headline(&lines));
        for change in self.changes {
            self.write_change(change, &lines, &mut report);
        }
        self.write_rest(&lines, &mut report);
        self.write_edges(&mut report);
        report
    }

    fn headline(&self, lines: &Lines) -> String {
        let mut different = BTreeSet::new();
        let mut added = 0;
        for change in self.changes {
            let leaf = self.leaf(change);
            let is_added = |range: &Range<usize>| range.start == leaf.span.end && range.is_empty();
            let in_place =
                change.edits.iter().filter(|edit| !is_added(&edit.range) || change.before_added.is_empty());
            different.extend(in_place.map(|edit| lines.of_byte(edit.range.start)));
            added += if change.before_added.is_empty() { 0 } else { change.added.len() };
        }
        match different.len() + added {
            0 => "no line is different, because no value of the plan names a served host \
                  (--also-serve HOST adds one)"
                .to_owned(),
            1 => "1 line is different".to_owned(),
            lines => format!("{lines} lines are different"),
        }
    }

    fn leaf(&self, change: &Change) -> &Leaf {
        &self.plan.leaves[change.leaf]
    }

    fn write_change(&self, change: &Change, lines: &Lines, report: &mut String) {
        let leaf = self.leaf(change);
        let changed = &change.edits[..change.edits.len() - usize::from(!change.added.is_empty())];
        let whole = &self.document[leaf.span.clone()];
        let is_short = whole.len() <= 4 * AROUND && !whole.contains(['\n', '\r']);
        let is_near = |edit: &Edit, next: &Edit| {
            let between = &self.document[edit.range.end..next.range.start];
            is_short || between.len() < AROUND && !between.contains(['\n', '\r'])
        };
        for edits in changed.chunk_by(is_near).flat_map(|near| near.chunks(MAX_PARTS)) {
            let range = edits.first().map_or(0, |edit| edit.range.start)
                ..edits.last().map_or(0, |edit| edit.range.end);
            let line = lines.of_byte(range.start);
            let window = if is_short { leaf.span.clone() } else { self.around(&range) };
            let (before, after) = (&self.document[window.clone()], edited(self.document, window, edits));
            // Writing to a string can not fail.
            let _ = writeln!(report, "{line:>6} - {}\n       + {}", printable(before), printable(&after));
        }
        for element in &change.added {
            let _ = writeln!(report, "{:>6} + {element}", lines.of_byte(leaf.span.start));
        }
    }

    /// The part of a line around a change.
    fn around(&self, edit: &Range<usize>) -> Range<usize> {
        let before = &self.document[..edit.start];
        let start = before.char_indices().rev().take(AROUND).last().map_or(edit.start, |(at, _)| at);
        let line = before[start..].rfind(['\n', '\r']).map_or(start, |at| start + at + 1);
        let after = &self.document[edit.end..];
        let end = after.char_indices().nth(AROUND).map_or(after.len(), |(at, _)| at);
        let end = after[..end].find(['\n', '\r']).unwrap_or(end);
        line..edit.end + end
    }

    /// Values that still name the platform.
    fn write_rest(&self, lines: &Lines, report: &mut String) {
        let mut changed = self.changes.iter().peekable();
        for (index, leaf) in self.plan.leaves.iter().enumerate() {
            let change = changed.next_if(|change| change.leaf == index);
            let value = change.map_or(&leaf.value.text, |change| &change.value);
            let (first, last) = (lines.of_byte(leaf.span.start), lines.of_byte(leaf.span.end - 1));
            let numbered = value.lines().zip(first..).filter(|(line, _)| self.served.mentions(line));
            for (line, number) in numbered {
                // A reference to a line feed begins no line of the document.
                let number = number.min(last);
                let _ =
                    writeln!(report, "{number:>6} ! still names the platform: {}", printable(shorten(line)));
            }
        }
    }

    /// Edges that the copy names no more: a host that is an address names none.
    fn write_edges(&self, report: &mut String) {
        let changed = self.changes.iter().map(|change| &*self.leaf(change).value.text);
        let edges: BTreeSet<_> = changed
            .flat_map(|value| hosts(value, self.served).map(|host| value[host].to_ascii_lowercase()))
            .filter_map(|host| self.served.edge(&host).map(str::to_owned))
            .collect();
        for edge in edges {
            let _ = writeln!(
                report,
                "       ! the copy does not name the edge {edge}: its requests reach the default edge; in proxy mode they reach {edge}"
            );
        }
    }
}

/// The beginning of a long line.
fn shorten(line: &str) -> &str {
    let line = line.trim();
    line.char_indices().nth(4 * AROUND).map_or(line, |(at, _)| &line[..at])
}

/// A text of the plan without control characters, because a terminal would act on them.
fn printable(text: &str) -> String {
    text.trim().chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}

/// The positions of the lines of a text.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends =
            |at: &usize| bytes[*at] == b'\n' || bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        Self((0..bytes.len()).filter(ends).map(|at| at + 1).collect())
    }

    /// The line of a byte, from 1.
    fn of_byte(&self, at: usize) -> usize {
        self.0.partition_point(|start| *start <= at) + 1
    }
}
