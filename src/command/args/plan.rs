//! Options that several commands about plans share.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::time::Nanos;
use crate::time::duration::{DURATION_EXPECTED, parse_duration};

const SECOND: f64 = 1e9;
/// The highest rate, a request every 100 ns.
const MOST_PER_SECOND: f64 = 1e7;

/// How a plan is read.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PlanOptions {
    /// Property of the plan, as `JMeter` takes it: `-Jthreads=50`. Repeatable.
    #[arg(short = 'J', value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) property: Vec<(String, String)>,
    /// Value of a variable that only a run has: that of an extractor, a script, or a file that is not there. Repeatable.
    #[arg(long = "value", value_name = "NAME=TEXT", value_parser = pair)]
    pub(crate) value: Vec<(String, String)>,
    /// Whether an If Controller runs whose condition cannot be read: `--if 'Open?=true'`. Repeatable.
    #[arg(long = "if", value_name = "NAME=BOOL", value_parser = pair)]
    pub(crate) condition: Vec<(String, String)>,
    /// Turns of a While or `ForEach` Controller: `--turns 'Poll job=5'`. Repeatable.
    #[arg(long, value_name = "NAME=N", value_parser = pair)]
    pub(crate) turns: Vec<(String, String)>,
    /// Number of distinct tokens, where their file is not there, or where a script sets them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) tokens: Option<u32>,
    /// Time of a sampler that sends nothing to the platform: `--answer-time 'Legacy JDBC=40ms'`. Repeatable.
    #[arg(long, value_name = "NAME=TIME", value_parser = pair)]
    pub(crate) answer_time: Vec<(String, String)>,
    /// Length of the run, for plans that loop without end and have no duration, and the longest for others.
    #[arg(long, value_name = "TIME", value_parser = length)]
    pub(crate) duration: Option<Nanos>,
    /// Folder of included plans and CSV files. Default: that of the plan.
    #[arg(long, value_name = "DIR")]
    pub(crate) plan_folder: Option<PathBuf>,
}

/// Requests a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate(f64);

impl Rate {
    /// Requests a second.
    pub(crate) const fn per_second(self) -> f64 {
        self.0
    }

    /// The distance of two requests.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive rate below the highest"
    )]
    pub(crate) fn gap(self) -> Nanos {
        (SECOND / self.0) as Nanos
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected a rate such as 100/s, 6000/min or 50000/h".to_owned();
        let (count, unit) = text.split_once('/').ok_or_else(expected)?;
        let seconds = match unit.trim() {
            "s" | "sec" | "second" => 1.0,
            "m" | "min" | "minute" => 60.0,
            "h" | "hour" => 3600.0,
            _ => return Err(expected()),
        };
        let rate = count.trim().parse::<f64>().map_err(|_| expected())? / seconds;
        if rate > 0.0 && rate <= MOST_PER_SECOND { Ok(Self(rate)) } else { Err(expected()) }
    }
}

/// A duration such as `30s`.
pub(crate) fn duration(text: &str) -> Result<Nanos, String> {
    parse_duration(text).ok_or_else(|| format!("expected {DURATION_EXPECTED}"))
}

/// The length of a run.
pub(crate) fn length(text: &str) -> Result<Nanos, String> {
    duration(text).and_then(|time| if time > 0 { Ok(time) } else { Err("a run takes time".to_owned()) })
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.rsplit_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_a_unit() {
        for (text, per_second) in [("100/s", 100.0), ("6000/min", 100.0), ("0.5/sec", 0.5), ("3600/h", 1.0)] {
            assert_eq!(text.parse::<Rate>().map(Rate::per_second), Ok(per_second), "{text}");
        }
        for wrong in ["100", "0/s", "-1/s", "1/day", "x/s", "NaN/s", "1e99/s", ""] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
        assert_eq!("100/s".parse::<Rate>().map(Rate::gap), Ok(10_000_000));
    }
}
