//! A report for a terminal.

use std::fmt::Write;

use super::tables::{self, Table, back_off_sentence};
use super::{Report, Series};
use crate::printable::printable;

/// The width of a row of bars.
const BARS: usize = 72;
/// The longest cell. A label may be a whole URL.
const CELL: usize = 60;
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Report {
    /// The report as plain text with aligned columns.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", printable(&self.sentence));
        if let Some(comparison) = &self.comparison {
            let _ = writeln!(text, "Predicted: {}", printable(&comparison.sentence));
        }
        if let Some(started) = &self.started {
            let source = printable(&self.source);
            let _ = writeln!(
                text,
                "{} · {source} · {started} · {:.1} s",
                printable(&self.title),
                self.duration_seconds
            );
        }
        text.push_str(&self.bars());
        for table in tables::all(self) {
            let _ = write!(text, "\n{}\n{}", table.title, aligned(&table));
        }
        for note in self.back_off.iter().filter(|back_off| back_off.callers > 0).map(back_off_sentence) {
            let _ = write!(text, "\n{note}\n");
        }
        for note in &self.notes {
            let _ = write!(text, "\n{}\n", printable(note));
        }
        text
    }

    /// Offered and refused per second, and the level of the governing limit, each as a row of bars.
    fn bars(&self) -> String {
        if self.totals.offered == 0 {
            return String::new();
        }
        let greatest = self.traffic.offered.greatest();
        let mut text = format!("\nper second, up to {}\n", super::number::short(greatest));
        let _ = writeln!(text, "  offered  {}", bars(&self.traffic.offered, greatest));
        let _ = writeln!(text, "  refused  {}", bars(&self.traffic.refused, greatest));
        if let Some(limit) = self.limits.first().filter(|limit| limit.level.mean.iter().any(Option::is_some))
        {
            let _ = writeln!(text, "  left     {}  of {}", bars(&limit.level, 100.0), printable(&limit.name));
        }
        text
    }
}

/// A series as bars. A bar shows the greatest of its points, as a short peak matters.
fn bars(series: &Series, greatest: f64) -> String {
    let values = if series.high.is_empty() { &series.mean } else { &series.high };
    let group = values.len().div_ceil(BARS).max(1);
    let bar = |points: &[Option<f64>]| {
        let most = points.iter().flatten().copied().fold(0.0, f64::max);
        let level = super::number::whole((most / greatest.max(f64::MIN_POSITIVE) * 8.0).ceil());
        LEVELS[super::number::index(level).min(8)]
    };
    values.chunks(group).map(bar).collect()
}

/// A table with aligned columns, indented by two.
fn aligned(table: &Table) -> String {
    let head: Vec<String> = table.columns.iter().map(|(name, _)| name.clone()).collect();
    let cut = |cell: &String| printable(cell).chars().take(CELL).collect::<String>();
    let rows: Vec<Vec<String>> =
        std::iter::once(&head).chain(&table.rows).map(|row| row.iter().map(cut).collect()).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..table.columns.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).zip(&table.columns);
        let line: String = cells
            .map(
                |((cell, width), (_, number))| {
                    if *number { format!("  {cell:>width$}") } else { format!("  {cell:<width$}") }
                },
            )
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
