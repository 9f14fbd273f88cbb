//! A prediction in words.

use std::fmt::Write;

use super::Prediction;
use super::advice::Advice;
use super::draws::Spread;
use crate::Nanos;
use crate::report::{duration, float, grouped, quota, share, short};
use crate::simulate::{Cut, LimitCount};

impl Prediction {
    /// The prediction in words, each item on its own: what is refused, when first and by what; which values are clean.
    pub fn sentences(&self) -> Vec<String> {
        let result = if self.samples.high == 0 {
            "The plan sends nothing.".to_owned()
        } else if self.run.limits.is_empty() {
            let count = grouped(self.samples.median);
            let covers = "No limit covers a request of this plan.";
            let covers =
                if self.untold > 0 { "No limit is known to cover a request of this plan." } else { covers };
            format!("Refused: none of {count}{}. {covers}", self.in_doubt())
        } else if self.refused.high == 0 {
            self.clean()
        } else {
            self.refused()
        };
        let rest = [
            self.untold(),
            self.elsewhere(),
            self.unknown_caller(),
            self.scaled(),
            self.cut(),
            self.go_round(),
            self.waits(),
            self.held(),
            self.fewer_seeds(),
            self.clean_values(),
            self.no_advice.clone(),
            self.ended(),
        ];
        std::iter::once(result).chain(rest.into_iter().flatten()).collect()
    }

    /// The prediction in one line.
    pub fn sentence(&self) -> String {
        self.sentences().join(" ")
    }

    fn refused(&self) -> String {
        let (refused, samples) = (self.refused.median, self.samples.median);
        let mut text = format!(
            "Refused: about {} of {} ({})",
            grouped(refused),
            grouped(samples),
            share(refused, samples)
        );
        if !self.refused.is_exact() {
            let _ = write!(text, ", {} with {} seeds", range(self.refused, grouped), self.seeds);
        }
        if let Some(first) = self.first_refusal {
            let _ = write!(text, ", first at {}", duration(first.median));
        }
        let mut by: Vec<_> = self.run.limits.iter().filter(|limit| limit.refused > 0).collect();
        by.sort_by_key(|limit| std::cmp::Reverse(limit.refused));
        let _ = match by.as_slice() {
            [] if self.run.not_adherent > 0 => write!(text, ", by the adherence check"),
            [] => Ok(()),
            [one] => write!(text, ", by {}", named(one)),
            [one, other] => write!(text, ", by {} and {}", named(one), named(other)),
            [one, others @ ..] => write!(text, ", by {} and {} other limits", named(one), others.len()),
        };
        let _ = write!(text, "{}.", self.in_doubt());
        text
    }

    /// What the first sentence says of the plan's elements, in a bracket.
    fn in_doubt(&self) -> String {
        self.doubts.as_ref().map_or_else(String::new, |doubts| format!(" ({doubts})"))
    }

    fn untold(&self) -> Option<String> {
        let count = grouped(Some(self.untold).filter(|count| *count > 0)?);
        Some(format!(
            "The operation of {count} of them cannot be told, as only a run knows their address: the limits of their \
             operations are not counted. --value NAME=TEXT gives a variable its value."
        ))
    }

    fn clean(&self) -> String {
        let count = grouped(self.samples.median);
        let mut text = format!("Refused: none of {count}{}.", self.in_doubt());
        let nearest =
            self.run.limits.iter().filter(|limit| limit.least.is_some()).min_by_key(|limit| limit.least);
        if let Some((limit, least)) = nearest.and_then(|limit| Some((limit, limit.least?))) {
            let edge = if least < Advice::EDGE { ", which is at the edge" } else { "" };
            let _ = write!(text, " {} keeps {}{edge}.", named(limit), percent(least));
        }
        text
    }

    fn scaled(&self) -> Option<String> {
        let from = duration(self.scaled_from?);
        Some(format!("The counts are scaled up from the first {from}."))
    }

    fn fewer_seeds(&self) -> Option<String> {
        let (asked, run) = (self.seeds_asked?, &self.run);
        let why = if run.played >= run.cost() {
            format!("{} requests", grouped(run.played))
        } else {
            format!("{} steps", grouped(run.work))
        };
        Some(format!("It was run with {} of {asked} seeds, as a run has {why}.", self.seeds))
    }

    fn cut(&self) -> Option<String> {
        let (at, run) = (duration(self.cut_at?), &self.run);
        let (bound, option) = match run.cut {
            Some(Cut::Requests) => (format!(", to {} requests", grouped(run.played)), true),
            Some(Cut::Work) => (format!(", to {} steps between requests", grouped(run.work)), true),
            Some(Cut::Horizon | Cut::Refusal) | None => (String::new(), false),
        };
        let option = if option { "; --duration bounds the run" } else { "" };
        Some(format!("The run was followed for {at}{bound}. What comes later is not counted{option}."))
    }

    fn go_round(&self) -> Option<String> {
        let circles = &self.run.circles;
        let count = Some(circles.threads).filter(|threads| *threads > 0)?;
        let (threads, go) = if count == 1 { ("thread", "goes") } else { ("threads", "go") };
        Some(format!(
            "{} {threads} {go} round in '{}' without a request and without time, and send nothing more; --answer-time or \
             --turns says what its samplers take or how often it turns.",
            grouped(count),
            circles.name
        ))
    }

    /// Threads that wait at a Synchronizing Timer when nothing else is left to happen.
    pub(super) fn wait_for_ever(&self) -> u64 {
        if self.run.cut.is_none() { self.run.waiting } else { 0 }
    }

    fn waits(&self) -> Option<String> {
        let count = Some(self.wait_for_ever()).filter(|threads| *threads > 0)?;
        let threads = if count == 1 { "thread waits" } else { "threads wait" };
        Some(format!(
            "{} {threads} at a Synchronizing Timer that never opens: fewer threads come than it waits for.",
            grouped(count)
        ))
    }

    fn elsewhere(&self) -> Option<String> {
        let hosts = match self.other_hosts.as_slice() {
            [] => return None,
            [one] => one.clone(),
            [one, others @ ..] => format!("{one} and {} other hosts", others.len()),
        };
        Some(format!("Requests for {hosts} count as if they were for the platform."))
    }

    fn unknown_caller(&self) -> Option<String> {
        let count = grouped(Some(self.without_caller).filter(|count| *count > 0)?);
        Some(format!(
            "{count} of them have no Authorization that can be read: no limit counts them, and they would get a 401. \
             --tokens N gives them N tokens."
        ))
    }

    fn ended(&self) -> Option<String> {
        let text = "The search for clean values took too long, and ended before all were tried.";
        self.search_ended.then(|| text.to_owned())
    }
}

impl LimitCount {
    /// Whether a request of the run has met it.
    pub(super) const fn is_met(&self) -> bool {
        self.least.is_some() || self.refused > 0
    }
}

/// `messaging-send (tenant, 1500 + 100/s)`.
pub(super) fn named(limit: &LimitCount) -> String {
    format!("{} ({}, {})", limit.rule.name, limit.rule.scope, quota(&limit.rule.algorithm))
}

/// Thousandths as percent.
pub(super) fn percent(thousandths: u16) -> String {
    format!("{} %", short(float(thousandths.into()) / 10.0))
}

/// The least and greatest of several runs.
pub(super) fn range(spread: Spread, shown: fn(u64) -> String) -> String {
    format!("{} to {}", shown(spread.low), shown(spread.high))
}

/// A time after the first request.
pub(super) fn at(time: Option<Nanos>) -> String {
    time.map_or_else(|| "–".to_owned(), duration)
}
