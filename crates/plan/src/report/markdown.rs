//! A report for a pull request.

use std::fmt::Write;

use super::tables::{self, Table, back_off_sentence};
use super::{Report, Verdict};

/// Rows of a table that a pull request shows.
const ROWS: usize = 50;

impl Report {
    /// The report as Markdown: the sentence and the limits, and the other tables folded.
    pub fn markdown(&self) -> String {
        let icon = match self.totals.verdict() {
            Verdict::Empty => "⚪",
            Verdict::Clean => "✅",
            Verdict::Doubtful => "⚠️",
            Verdict::Bad => "❌",
        };
        let mut text = format!("### {icon} {}\n\n**{}**\n", escaped(&self.title), escaped(&self.sentence));
        if let Some(comparison) = &self.comparison {
            let _ = write!(text, "\nPredicted: {}\n", escaped(&comparison.sentence));
        }
        if let Some(started) = &self.started {
            let _ = write!(text, "\n{}, {started}, {:.1} s\n", escaped(&self.source), self.duration_seconds);
        }
        let open = [tables::comparison(self), tables::advice(self), tables::limits(self)];
        open.iter().flatten().for_each(|table| push(&mut text, table));
        let folded = [
            tables::statistics(self),
            tables::errors(self),
            tables::top_errors(self),
            tables::latency(self),
            tables::keys(self),
            tables::back_off(self),
            tables::herds(self),
            tables::apdex(self),
        ];
        for table in folded.iter().flatten() {
            let _ = write!(text, "\n<details><summary>{}</summary>\n", table.title);
            push_rows(&mut text, table);
            text.push_str("\n</details>\n");
        }
        for note in self.back_off.iter().filter(|back_off| back_off.callers > 0).map(back_off_sentence) {
            let _ = write!(text, "\n{note}\n");
        }
        for note in &self.notes {
            let _ = write!(text, "\n_{}_\n", escaped(note));
        }
        text
    }
}

fn push(text: &mut String, table: &Table) {
    let _ = write!(text, "\n#### {}\n", table.title);
    push_rows(text, table);
}

fn push_rows(text: &mut String, table: &Table) {
    let head: Vec<_> = table.columns.iter().map(|(name, _)| name.clone()).collect();
    let rule: Vec<_> = table.columns.iter().map(|(_, number)| if *number { "--:" } else { "---" }).collect();
    let _ = write!(text, "\n{}|{}|\n", line(&head), rule.join("|").as_str());
    for row in table.rows.iter().take(ROWS) {
        text.push_str(&line(row));
    }
    if let Some(more) = table.rows.len().checked_sub(ROWS).filter(|more| *more > 0) {
        let _ = write!(text, "\n{more} more rows are in the page.\n");
    }
}

fn line(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| escaped(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Text that is no markup, in one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(char);
            }
            char if char.is_control() => escaped.push(' '),
            char => escaped.push(char),
        }
    }
    escaped
}
