//! A prediction as text.

use std::fmt::Write;

use super::Prediction;
use super::advice::Advice;
use super::knob::Knob;
use super::sentence::{at, named, percent, range};
use crate::read::{Item, Reading};
use crate::report::{duration, grouped, share};
use crate::simulate::{SECOND, Series};

/// The most rows of a list.
const ROWS: usize = 20;
/// The characters of a level, from empty to full.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The width of a curve.
const WIDTH: usize = 60;

impl Prediction {
    /// The prediction as text: the sentence, how the plan was read, refusals, levels, advice.
    pub fn text(&self, read: Option<&Reading>) -> String {
        let mut text = format!("{}\n", self.sentence());
        // Writing to a string does not fail.
        let _ = self.write(&mut text, read);
        text
    }

    fn write(&self, text: &mut String, read: Option<&Reading>) -> std::fmt::Result {
        if let Some(read) = read {
            write_reading(text, read)?;
        }
        self.write_counts(text)?;
        self.write_limits(text)?;
        self.write_levels(text)?;
        self.write_advice(text)
    }

    fn write_counts(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "\nRequests")?;
        let mut rows: Vec<_> = self.samplers.iter().filter(|row| row.samples > 0).collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.refused, row.samples)));
        for counts in rows.iter().take(ROWS) {
            let name = &counts.name;
            let (samples, refused) = (grouped(counts.samples), grouped(counts.refused));
            writeln!(
                text,
                "  {samples:>11}  refused {refused:>9} ({:>4})  {name}",
                share(counts.refused, counts.samples)
            )?;
        }
        if rows.len() > ROWS {
            let rest = rows.iter().skip(ROWS);
            let (samples, refused) =
                rest.fold((0, 0), |(samples, refused), row| (samples + row.samples, refused + row.refused));
            writeln!(
                text,
                "  {:>11}  refused {:>9} ({:>4})  … {} other names",
                grouped(samples),
                grouped(refused),
                share(refused, samples),
                rows.len() - ROWS
            )?;
        }
        let (users, hit) = (self.run.users, self.run.users_hit);
        writeln!(text, "  {} of {} users meet a refusal", grouped(hit), grouped(users))?;
        if self.seeds > 1 && self.refused.high > 0 {
            let first = self
                .first_refusal
                .map_or_else(String::new, |first| format!("; first refusal {}", range(first, duration)));
            writeln!(text, "  {} seeds: {} refused{first}", self.seeds, range(self.refused, grouped))?;
        }
        Ok(())
    }

    fn write_limits(&self, text: &mut String) -> std::fmt::Result {
        let met: Vec<_> = self.run.limits.iter().filter(|limit| limit.is_met()).collect();
        if met.is_empty() {
            return Ok(());
        }
        writeln!(text, "\nLimits")?;
        for limit in met.into_iter().take(ROWS) {
            let left = limit.least.map_or_else(|| "–".to_owned(), percent);
            writeln!(
                text,
                "  refused {:>9}, first at {:>8}, lowest level {left:>6}  {}",
                grouped(limit.refused),
                at(limit.first_refusal),
                named(limit)
            )?;
        }
        if self.run.not_adherent > 0 {
            writeln!(text, "  refused {:>9} by the adherence check", grouped(self.run.not_adherent))?;
        }
        Ok(())
    }

    /// What is left of the limits that come lowest, over the time of the run.
    fn write_levels(&self, text: &mut String) -> std::fmt::Result {
        let mut limits: Vec<_> = self.run.limits.iter().zip(&self.run.series.levels).collect();
        limits.retain(|(limit, levels)| limit.least.is_some() && levels.len() > 1);
        limits.sort_by_key(|(limit, _)| (limit.least, std::cmp::Reverse(limit.refused)));
        for (limit, levels) in limits.iter().take(3) {
            let length = duration(u64::try_from(levels.len()).unwrap_or(0).saturating_mul(SECOND));
            writeln!(text, "\nLeft of {}, over {length}\n  {}", limit.rule.name, curve(levels))?;
        }
        Ok(())
    }

    fn write_advice(&self, text: &mut String) -> std::fmt::Result {
        if self.advice.is_empty() {
            return Ok(());
        }
        writeln!(text, "\nClean values")?;
        for advice in &self.advice {
            writeln!(text, "  {}", advice_line(advice))?;
        }
        Ok(())
    }
}

fn advice_line(advice: &Advice) -> String {
    let more = if advice.at_least { " or more" } else { "" };
    let value = grouped(advice.value);
    let value = match advice.knob {
        Knob::Threads => format!("threads     {value:>9}{more}"),
        Knob::RampUp => format!("ramp-up     {value:>9} s or more"),
        Knob::Throughput => format!("throughput  {value:>9}/min{more}"),
        Knob::Pace => format!("pace        {value:>9} ms or more"),
        Knob::Rate => format!("rate        {value:>9}/s{more}"),
        Knob::Samples => {
            let unit = advice.settings.first().map_or_else(String::new, super::Setting::unit);
            format!("samples     {value:>9} {unit}{more}")
        }
        Knob::Shape => format!("rate        {value:>9}/s at most{more}"),
        Knob::Load => format!("load        {value:>9} % of each group"),
    };
    let lasts = match advice.clean_for {
        None => "always".to_owned(),
        Some(seconds) => format!("for {}", duration(seconds.saturating_mul(SECOND))),
    };
    let left = advice.headroom.map_or_else(String::new, |left| {
        let edge = if advice.is_at_the_edge() { ": at the edge" } else { "" };
        format!(", keeps {}{edge}", percent(left))
    });
    let group = if advice.knob == Knob::Load { format!(": {}", advice.parts()) } else { advice.of_group() };
    let group = if group.starts_with(" in") { format!(",{group}") } else { group };
    let rows = advice.settings.first().filter(|one| one.rows.len() > 1 && advice.knob == Knob::Threads);
    let rows = rows.map_or_else(String::new, |one| format!(", {}", one.users()));
    format!("{value:<34} {lasts}{left}{group}{rows}")
}

/// A curve of levels in characters, the lowest of each stretch.
pub(super) fn curve(levels: &[u16]) -> String {
    let stretch = levels.len().div_ceil(WIDTH).max(1);
    let lowest = |part: &[u16]| part.iter().copied().filter(|level| *level != Series::UNKNOWN).min();
    let bar = |level: Option<u16>| match level {
        None => ' ',
        Some(0) => '_',
        Some(level) => BARS[usize::from(level.min(999)) * BARS.len() / 1000],
    };
    levels.chunks(stretch).map(|part| bar(lowest(part))).collect()
}

fn write_reading(text: &mut String, read: &Reading) -> std::fmt::Result {
    let Reading { exact, approximated, cannot, .. } = read;
    writeln!(
        text,
        "\nThe plan: {} read exactly, {} approximated, {} left out",
        elements(exact.len()),
        approximated.len(),
        cannot.len()
    )?;
    for item in approximated.iter().take(ROWS) {
        write_item(text, "approximated", item)?;
    }
    for item in cannot.iter().take(ROWS) {
        write_item(text, "left out", item)?;
    }
    Ok(())
}

fn elements(count: usize) -> String {
    format!("{count} {}", if count == 1 { "element" } else { "elements" })
}

fn write_item(text: &mut String, how: &str, item: &Item) -> std::fmt::Result {
    let place = item.file.as_ref().map_or_else(String::new, |file| format!("{file}, "));
    write!(text, "  {how}: {} \"{}\" ({place}line {})", item.kind, item.name, item.line)?;
    if !item.assumed.is_empty() {
        write!(text, " {}", item.assumed)?;
    }
    if let Some(option) = &item.option {
        write!(text, "; {option} says otherwise")?;
    }
    writeln!(text)
}
