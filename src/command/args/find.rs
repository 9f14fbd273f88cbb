//! The options of `gcmock find`.

use std::ffi::OsString;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::World;

/// Options of `gcmock find`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Find {
    /// The values that are tried, such as 10..500. Each `{}` of the command is replaced by one.
    #[arg(long, value_name = "LEAST..MOST")]
    pub(crate) value: Values,
    /// Find the smallest value without a refusal, as for a ramp-up, in place of the largest.
    #[arg(long)]
    pub(crate) smallest: bool,
    /// How the result is printed.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    /// Show what the command prints.
    #[arg(long)]
    pub(crate) show_output: bool,
    /// The options of the server.
    #[command(flatten)]
    pub(crate) world: World,
    /// The command and its arguments, after `--`.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A sentence.
    Text,
    /// JSON.
    Json,
}

/// Values from the least to the most, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Values {
    /// The least.
    pub(crate) least: u64,
    /// The most.
    pub(crate) most: u64,
}

impl FromStr for Values {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = text.split_once("..").and_then(|(least, most)| {
            let most = most.trim_start_matches('=');
            Some(Self { least: least.trim().parse().ok()?, most: most.trim().parse().ok()? })
        });
        read.filter(|values| values.least <= values.most)
            .ok_or_else(|| "expected two integers such as 10..500, the smaller one first".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_two_integers_in_order() {
        assert_eq!("10..500".parse(), Ok(Values { least: 10, most: 500 }));
        assert_eq!("7..=7".parse(), Ok(Values { least: 7, most: 7 }));
        for wrong in ["", "10", "10..", "..5", "5..1", "-1..5", "1.5..2", "a..b"] {
            assert!(wrong.parse::<Values>().is_err(), "{wrong}");
        }
    }
}
