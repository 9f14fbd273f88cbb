//! Clean values in words, and why there are none.

use std::fmt::Write;

use super::Prediction;
use super::advice::Advice;
use super::knob::{Knob, Setting, places};
use crate::model::Plan;
use crate::report::{duration, grouped};
use crate::simulate::SECOND;

impl Prediction {
    /// One value of each knob: the one that is always clean, else the one that is clean for this run.
    pub(super) fn clean_values(&self) -> Option<String> {
        let mut values: Vec<String> = Vec::new();
        let mut known = Vec::new();
        for advice in &self.advice {
            let knob = (advice.knob, advice.group());
            if !known.contains(&knob) {
                known.push(knob);
                values.push(advice.in_words());
            }
        }
        (!values.is_empty()).then(|| format!("Clean: {}.", values.join(", or ")))
    }

    /// Threads that a Throughput Shaping Timer holds in a second of rate 0, where the plugin makes them wait for weeks.
    pub(super) fn held(&self) -> Option<String> {
        let count = Some(self.run.held).filter(|held| *held > 0 && self.run.cut.is_none())?;
        let threads = if count == 1 { "thread waits" } else { "threads wait" };
        Some(format!(
            "{} {threads} for ever in a Throughput Shaping Timer: they came in a second of rate 0, and no other thread \
             wakes them. A schedule that begins at 1/s goes on.",
            grouped(count)
        ))
    }
}

impl Advice {
    /// The thread group that it is about. `None`: all of them.
    pub(super) fn group(&self) -> Option<&str> {
        let one = self.settings.first().filter(|_| self.knob != Knob::Load);
        one.map(|setting| &*setting.group)
    }

    /// `up to 100 users`, `ramp-up 32 s`, `a Constant Throughput Timer of 6,000/min`; with the group where a plan has several,
    /// and with the time if it is not always clean.
    fn in_words(&self) -> String {
        let most = if self.at_least { "at least" } else { "up to" };
        let mut text = match self.settings.as_slice() {
            [one] if self.knob != Knob::Load => format!("{}{}", one.in_words(most), self.of_group()),
            all => format!("all thread groups at {} % ({})", self.value, list(all)),
        };
        if let Some(seconds) = self.clean_for {
            let _ = write!(text, " for {}", duration(seconds.saturating_mul(SECOND)));
        }
        if self.is_at_the_edge() {
            text.push_str(" (at the edge)");
        }
        text
    }

    /// The name of its group, where a plan has several.
    pub(crate) fn of_group(&self) -> String {
        let group = self.group().filter(|_| self.several);
        group.map_or_else(String::new, |group| format!(" in '{group}'"))
    }

    /// What has to be set in each group.
    pub(crate) fn parts(&self) -> String {
        list(&self.settings)
    }
}

impl Setting {
    /// `100 users`, `ramp-up 32 s`. `most` stands before what is a greatest value.
    fn in_words(&self, most: &str) -> String {
        let value = grouped(self.value);
        let space = if most.is_empty() { "" } else { " " };
        match self.knob {
            Knob::Threads => format!("{most}{space}{}", self.users()),
            Knob::RampUp => format!("ramp-up {value} s"),
            Knob::Throughput => format!("a Constant Throughput Timer of {value}/min"),
            Knob::Pace => format!("a pace of {value} ms"),
            Knob::Rate | Knob::Load => format!("{most}{space}{value}/s"),
            Knob::Samples => format!("a Precise Throughput Timer of {value} in {}", duration(self.period)),
            Knob::Shape => format!("a Throughput Shaping Timer of at most {value}/s"),
        }
    }

    /// `12 users`, or `12 users (4 and 8 in its rows)`.
    pub(crate) fn users(&self) -> String {
        let users = format!("{} {}", grouped(self.value), if self.value == 1 { "user" } else { "users" });
        if self.rows.len() < 2 {
            return users;
        }
        let rows: Vec<_> = self.rows.iter().map(u32::to_string).collect();
        format!("{users} ({} in its rows)", rows.join(", "))
    }

    /// The unit of its value.
    pub(crate) fn unit(&self) -> String {
        match self.knob {
            Knob::Samples => format!("per {}", duration(self.period)),
            knob => knob.unit().to_owned(),
        }
    }
}

/// What is set in each group: `2 users in 'A', 8 users in 'B'`.
fn list(settings: &[Setting]) -> String {
    let words: Vec<_> =
        settings.iter().map(|one| format!("{} in '{}'", one.in_words(""), one.group)).collect();
    words.join(", ")
}

/// Why a plan has no clean value although requests are refused.
pub(super) fn none(plan: &Plan, groups: &[usize], others: bool) -> String {
    let knobs = groups.first().map(|group| places(plan, *group)).unwrap_or_default();
    let mut names: Vec<&str> = knobs.iter().map(|place| named(place.knob)).collect();
    names.dedup();
    if names.is_empty() {
        return "No clean value: no thread group of the test itself has a load to set.".to_owned();
    }
    if others {
        return "No clean value: requests are refused with the least load of any thread group alone, and with 1 % of \
                the load of all."
            .to_owned();
    }
    format!(
        "No clean value: requests are refused with the least load that the plan's {} can have.",
        names.join(" or ")
    )
}

const fn named(knob: Knob) -> &'static str {
    match knob {
        Knob::Threads => "number of users",
        Knob::RampUp => "ramp-up",
        Knob::Throughput | Knob::Samples | Knob::Shape => "timer",
        Knob::Pace => "pace",
        Knob::Rate => "rate",
        Knob::Load => "load",
    }
}
