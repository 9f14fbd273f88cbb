//! How long a request is on the way to a server that is far away, and its answer back.
//!
//! A limit of requests at once frees a slot at the server, and the next request takes it there. By the clock of the client that is earlier than
//! the answer's end, by the time of both ways. A refusal is made at once, so that it takes hardly longer than the ways.

use super::rows::Rows;
use super::scope::{By, Scope};
use super::score::WRONG;
use super::search::Search;
use super::shape::Shape;
use super::solve::NOISES;
use crate::Nanos;

/// Ways that take less are within the noise.
const LEAST: Nanos = 8;
/// The quantiles of the refusals' times that are tried, in twentieths.
const QUANTILES: [usize; 3] = [1, 5, 10];
/// A way leaves at most this part of what requests at once leave without it, and explains all but this part of the refusals.
const BETTER: (u64, u64) = (4, 5);
const PART: u64 = 4;

/// The time of both ways, with which requests at once explain the run much better; or 0.
pub(super) fn time(rows: &Rows, scopes: &[Scope]) -> Nanos {
    let ways = candidates(rows);
    let Some(most) = (!ways.is_empty()).then(|| cost(rows, scopes)).flatten() else { return 0 };
    let costs = ways.into_iter().filter_map(|way| Some((cost(&rows.with_way(way), scopes)?, way)));
    let best =
        costs.min().filter(|(cost, _)| cost * BETTER.1 <= most * BETTER.0 && cost * PART <= rows.refused);
    best.map_or(0, |(_, way)| way)
}

/// Times of refusals that are longer than noise, and shorter than what is admitted takes.
fn candidates(rows: &Rows) -> Vec<Nanos> {
    let sorted = |refused: bool| {
        let here = rows.rows.iter().filter(|row| row.refused == refused);
        let mut times: Vec<Nanos> = here.map(|row| row.end - row.at).collect();
        times.sort_unstable();
        times
    };
    let (admitted, refused) = (sorted(false), sorted(true));
    let most = admitted.get(admitted.len() / 2).copied().unwrap_or_default();
    let times = QUANTILES.iter().filter_map(|part| refused.get(refused.len() * part / 20).copied());
    let mut ways: Vec<Nanos> = times.filter(|way| *way >= LEAST * rows.resolution && *way < most).collect();
    ways.dedup();
    ways
}

fn is_tried(scope: &Scope) -> bool {
    scope.labels.is_empty() && scope.by != By::Thread
}

/// What requests at once cost in their best scope, under the least noise and a greater one.
fn cost(rows: &Rows, scopes: &[Scope]) -> Option<u64> {
    let costs = NOISES[..2].iter().flat_map(|step| {
        let mut search = Search::new(rows, scopes, 2 * step * rows.resolution, WRONG);
        let tried = (0..scopes.len()).filter(|scope| is_tried(&scopes[*scope]));
        tried.map(move |scope| {
            let view = search.view(scope, &[]);
            let fit = search.fit(&view, scope, Shape::Requests);
            search.cost(&fit)
        })
    });
    costs.min()
}
