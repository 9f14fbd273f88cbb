//! Numbers that are drawn at each look: `__Random`, `Math.random()`.

use super::template::{self, Call, Part};
use super::{Names, is_known};

/// The function that draws a whole number.
const RANDOM: &str = "__Random";
/// The function of scripts that draws a number from 0 up to 1.
pub(super) const FRACTION: &str = "Math.random";
/// The parts in which a number from 0 up to 1 is drawn.
pub(super) const FRACTIONS: i32 = 1 << 30;

impl Names {
    /// The range of the only number that a text draws, and the name with which it can be tried. `None` if it draws none, or more
    /// than one.
    pub(in crate::read) fn draw(&self, text: &str) -> Option<((i64, i64), &'static str)> {
        let mut calls = Vec::new();
        collect(text, &mut calls);
        match (calls.as_slice(), text.matches(&format!("{FRACTION}()")).count()) {
            ([call], 0) => Some((self.range(call)?, RANDOM)),
            ([], 1) => Some(((0, i64::from(FRACTIONS) - 1), FRACTION)),
            _ => None,
        }
    }

    /// The least and the greatest number. A third argument names a variable.
    fn range(&self, call: &Call) -> Option<(i64, i64)> {
        let number = |at: usize| {
            let text = self.text(call.arguments.get(at)?);
            text.trim().parse::<i64>().ok().filter(|_| is_known(&text))
        };
        let (least, most) = (number(0)?, number(1)?);
        (least <= most).then_some((least, most))
    }
}

/// The calls that draw, also those in arguments of others.
fn collect(text: &str, calls: &mut Vec<Call>) {
    for part in template::parts(text) {
        let Part::Call(call) = part else { continue };
        call.arguments.iter().for_each(|argument| collect(argument, calls));
        if call.name == RANDOM {
            calls.push(call);
        }
    }
}
