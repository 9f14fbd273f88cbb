//! Whether a server answers admitted requests at a steady pace: it holds them back in a queue, and refuses where the queue is full.

use super::number::seconds;
use super::rows::Rows;
use super::scope::{By, Scope};
use super::score::WRONG;
use super::search::Fit;
use super::shape::Shape;
use super::solve;
use super::tell::{number, time};
use crate::Nanos;

/// Fewer answers show no pace.
const ENOUGH: usize = 20;

/// A rate is that of the pace if they differ by at most this part.
const SAME: f64 = 0.02;

/// The bucket in the place of requests at once, if its rate is the pace of the answers: a queue of such a length holds as many requests.
pub(super) fn bucket(rows: &Rows, scopes: &[Scope], singles: &[Fit]) -> Option<usize> {
    let first = singles.first().filter(|fit| fit.shape == Shape::Requests)?;
    let pace = seconds(pace_of(rows, &scopes[first.scope])?);
    singles.iter().position(|fit| match fit.shape {
        Shape::TokenBucket { rate } => {
            let explains = solve::part(fit.score.cost(WRONG), rows.refused) <= solve::MOST;
            fit.scope == first.scope && (rate * pace - 1.0).abs() <= SAME && explains
        }
        _ => false,
    })
}

fn pace_of(rows: &Rows, scope: &Scope) -> Option<Nanos> {
    pace(rows, scope).filter(|_| scope.by == By::All)
}

/// What a limit of requests at once may be instead, in a sentence.
pub(super) fn note(rows: &Rows, scope: &Scope) -> Option<String> {
    let pace = pace_of(rows, scope)?;
    Some(format!(
        "while requests wait, an answer comes every {}. So the server holds requests back at {} a second, as nginx's limit_req does without nodelay, and refuses when the queue is full",
        time(pace),
        number(1.0 / seconds(pace))
    ))
}

/// The time between two answers while requests wait, where it is always the same.
fn pace(rows: &Rows, scope: &Scope) -> Option<Nanos> {
    let admitted =
        rows.by_end.iter().map(|index| &rows.rows[*index as usize]).filter(|row| scope.covers(row.label));
    let times: Vec<(Nanos, Nanos)> = admitted.map(|row| (row.at, row.end)).collect();
    let waited = |pair: &&[(Nanos, Nanos)]| pair[1].0 + 2 * rows.resolution < pair[0].1;
    let mut gaps: Vec<Nanos> = times.windows(2).filter(waited).map(|pair| pair[1].1 - pair[0].1).collect();
    gaps.sort_unstable();
    let quantile = |tenths: usize| gaps[(gaps.len() - 1) * tenths / 10];
    let steady = gaps.len() >= ENOUGH
        && (quantile(9) - quantile(1)) * 5 <= quantile(5)
        && quantile(5) > 4 * rows.resolution;
    steady.then(|| quantile(5))
}
