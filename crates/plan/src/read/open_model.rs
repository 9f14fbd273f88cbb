//! The schedule of an Open Model Thread Group: `rate(5/min) random_arrivals(10 min) pause(1 min)`.

use super::group::{SECOND, time};
use crate::model::OpenStep;

/// A statement.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Statement {
    /// Arrivals a second from here on.
    Rate(f64),
    /// Arrivals for this number of seconds.
    Arrivals { seconds: f64, random: bool },
    /// No arrival for this number of seconds.
    Pause(f64),
}

/// The steps of a schedule.
///
/// # Errors
/// The text that is not understood.
pub(super) fn steps(text: &str) -> Result<Vec<OpenStep>, String> {
    let text = without_comments(text);
    // A bare number is the short form of that number of arrivals in the first second, and of nothing for an hour.
    if let Ok(count) = text.trim().parse::<u32>() {
        let burst = OpenStep {
            from: f64::from(count),
            to: f64::from(count),
            length: time(1.0, SECOND),
            random: true,
        };
        return Ok(vec![burst, OpenStep { from: 0.0, to: 0.0, length: time(3600.0, SECOND), random: false }]);
    }
    let statements = statements(&text)?;
    let (mut steps, mut rate) = (Vec::new(), 0.0);
    for (index, statement) in statements.iter().enumerate() {
        match *statement {
            Statement::Rate(value) => rate = value,
            Statement::Pause(seconds) => {
                steps.push(OpenStep { from: 0.0, to: 0.0, length: time(seconds, SECOND), random: false });
            }
            Statement::Arrivals { seconds, random } => {
                let to =
                    if let Some(Statement::Rate(next)) = statements.get(index + 1) { *next } else { rate };
                steps.push(OpenStep { from: rate, to, length: time(seconds, SECOND), random });
                rate = to;
            }
        }
    }
    Ok(steps)
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let mut text = lines.collect::<Vec<_>>().join(" ");
    while let Some(start) = text.find("/*") {
        let end = text[start..].find("*/").map_or(text.len(), |end| start + end + 2);
        text.replace_range(start..end, " ");
    }
    text
}

fn statements(text: &str) -> Result<Vec<Statement>, String> {
    let (mut statements, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        let wrong = || rest.chars().take(40).collect::<String>();
        let (name, after) = rest.split_once('(').ok_or_else(wrong)?;
        let (argument, after) = after.split_once(')').ok_or_else(wrong)?;
        let seconds = || duration(argument).ok_or_else(wrong);
        statements.push(match name.trim() {
            "rate" => Statement::Rate(rate(argument).ok_or_else(wrong)?),
            "random_arrivals" => Statement::Arrivals { seconds: seconds()?, random: true },
            "even_arrivals" => Statement::Arrivals { seconds: seconds()?, random: false },
            "pause" => Statement::Pause(seconds()?),
            _ => return Err(wrong()),
        });
        rest = after.trim_start();
    }
    Ok(statements)
}

/// Arrivals a second: `5/min`, `100 / 2 sec`. A rate of 0 needs no unit.
fn rate(text: &str) -> Option<f64> {
    let Some((value, unit)) = text.split_once('/') else {
        return text.trim().parse().ok().filter(|rate: &f64| *rate == 0.0);
    };
    let unit = unit.trim();
    let seconds = if unit.starts_with(|char: char| char.is_ascii_digit()) {
        duration(unit)?
    } else {
        seconds_of(unit)?
    };
    let rate: f64 = value.trim().parse().ok()?;
    Some(rate / seconds).filter(|rate| rate.is_finite() && *rate >= 0.0)
}

/// Seconds of a time such as `1 min 30 sec`. A number without a unit counts seconds.
fn duration(text: &str) -> Option<f64> {
    let (mut seconds, mut rest) = (0.0, text.trim());
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(rest.len());
        let value: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|char: char| !char.is_alphabetic()).unwrap_or(rest.len());
        seconds += value * seconds_of(&rest[..letters])?;
        rest = rest[letters..].trim_start();
    }
    Some(seconds)
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 0.001,
        "" | "s" | "sec" | "second" | "seconds" => 1.0,
        "m" | "min" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_go_from_the_rate_before_to_the_rate_behind() {
        let read = steps("rate(0/s) even_arrivals(8 s) rate(220/sec) random_arrivals(17s)").unwrap();
        let at = |index: usize| (read[index].from, read[index].to, read[index].length, read[index].random);
        assert_eq!(at(0), (0.0, 220.0, 8_000_000_000, false));
        assert_eq!(at(1), (220.0, 220.0, 17_000_000_000, true));
    }

    #[test]
    fn a_schedule_that_is_not_understood_is_told_by_its_text() {
        assert_eq!(steps("rate(1/s) walk(3)"), Err("walk(3)".to_owned()));
    }
}
