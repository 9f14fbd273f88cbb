//! A prediction as a page.

use super::sentence::{at, named, percent};
use super::{Knob, Prediction};
use crate::read::{Item, Reading};
use crate::report::html::prediction::Page;
use crate::report::{float, grouped};
use crate::simulate::Series;

/// The most rows of a table, and the most charts of levels.
const ROWS: usize = 200;
const LEVELS: usize = 4;

impl Prediction {
    /// The prediction as one HTML page without other files.
    pub fn html(&self, read: Option<&Reading>) -> String {
        let seconds = &self.run.series.seconds;
        let counts = |count: fn(&crate::simulate::Second) -> u32| {
            seconds.iter().map(|second| Some(f64::from(count(second)))).collect()
        };
        let page = Page {
            title: &self.plan,
            sentences: &self.sentences(),
            refused: self.refused.high > 0,
            admitted: counts(|second| second.admitted),
            denied: counts(|second| second.refused),
            levels: self.lowest_levels(),
            first_refusal: self.first_refusal.map(|first| float(first.median / 1_000_000) / 1000.0),
            tables: vec![
                (
                    "Clean values",
                    vec!["knob", "value", "thread group", "clean for", "keeps"],
                    self.clean_rows(),
                ),
                ("Limits", vec!["limit", "refused", "first", "lowest level"], self.limit_rows()),
                ("Requests", vec!["sampler", "requests", "refused"], self.sampler_rows()),
                ("How the plan was read", vec!["element", "line", "how"], reading_rows(read)),
            ],
        };
        page.html()
    }

    fn lowest_levels(&self) -> Vec<(String, Vec<Option<f64>>)> {
        let mut limits: Vec<_> = self.run.limits.iter().zip(&self.run.series.levels).collect();
        limits.retain(|(limit, levels)| limit.least.is_some() && levels.len() > 1);
        limits.sort_by_key(|(limit, _)| (limit.least, std::cmp::Reverse(limit.refused)));
        let known = |level: &u16| (*level != Series::UNKNOWN).then(|| f64::from(*level) / 10.0);
        let level = |(limit, levels): &(&crate::simulate::LimitCount, &Vec<u16>)| {
            (limit.rule.name.to_string(), levels.iter().map(known).collect())
        };
        limits.iter().take(LEVELS).map(level).collect()
    }

    fn clean_rows(&self) -> Vec<Vec<String>> {
        let row = |advice: &super::Advice| {
            let more = if advice.at_least { " or more" } else { "" };
            let unit = advice.settings.first().map_or_else(String::new, super::Setting::unit);
            let unit = if advice.knob == Knob::Load { advice.knob.unit().to_owned() } else { unit };
            let rows = advice.settings.first().map_or(&[][..], |one| one.rows.as_slice());
            let rows: Vec<_> = rows.iter().map(u32::to_string).collect();
            let rows = if rows.len() > 1 { format!(" ({})", rows.join(", ")) } else { String::new() };
            let value = format!("{} {unit}{more}{rows}", grouped(advice.value));
            let group = advice.group().map_or_else(|| advice.parts(), str::to_owned);
            let lasts = advice.clean_for.map_or_else(|| "ever".to_owned(), |seconds| format!("{seconds} s"));
            let keeps = advice.headroom.map_or_else(String::new, percent);
            let edge = if advice.is_at_the_edge() { ", at the edge" } else { "" };
            vec![advice.knob.name().to_owned(), value, group, lasts, format!("{keeps}{edge}")]
        };
        self.advice.iter().map(row).collect()
    }

    fn limit_rows(&self) -> Vec<Vec<String>> {
        let row = |limit: &crate::simulate::LimitCount| {
            let left = limit.least.map_or_else(|| "–".to_owned(), percent);
            vec![named(limit), grouped(limit.refused), at(limit.first_refusal), left]
        };
        let met = self.run.limits.iter().filter(|limit| limit.is_met());
        met.take(ROWS).map(row).collect()
    }

    fn sampler_rows(&self) -> Vec<Vec<String>> {
        let rows = self.samplers.iter().filter(|row| row.samples > 0);
        let row = |counts: &super::SamplerRow| {
            vec![counts.name.clone(), grouped(counts.samples), grouped(counts.refused)]
        };
        rows.take(ROWS).map(row).collect()
    }
}

fn reading_rows(read: Option<&Reading>) -> Vec<Vec<String>> {
    let row = |how: &'static str| {
        move |item: &Item| {
            let option =
                item.option.as_ref().map_or_else(String::new, |option| format!("; {option} says otherwise"));
            let line = item.file.as_ref().map_or_else(String::new, |file| format!("{file} "));
            vec![
                format!("{} {}", item.kind, item.name),
                format!("{line}{}", item.line),
                format!("{how} {}{option}", item.assumed),
            ]
        }
    };
    let Some(read) = read else { return Vec::new() };
    let rows = read.approximated.iter().map(row("approximated:"));
    rows.chain(read.cannot.iter().map(row("left out:"))).take(ROWS).collect()
}
