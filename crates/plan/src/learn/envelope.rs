//! Rates of token buckets that another limit hides most of the time.
//!
//! While a bucket is never full, the admissions up to a time are at most its capacity and what came back until then. They
//! reach this line where the bucket refuses. So the line is an edge of the upper hull of the admissions over time.

use super::number::{float, seconds};
use super::view::View;
use crate::Nanos;

/// How often the run is halved: a bucket that fills up in between shows in a part of the run only.
const HALVES: u32 = 4;
/// Edges of each hull that are tried.
const EDGES: usize = 3;
/// Rates that are tried: those of the longest edges.
const RATES: usize = 24;
/// Groups of a scope that are looked at.
const GROUPS: usize = 2;

type Point = (Nanos, u64);

/// Slopes of the longest edges of the hulls.
pub(super) fn rates(view: &View) -> Vec<f64> {
    let mut found: Vec<(Nanos, f64)> = Vec::new();
    for group in busiest(view) {
        let points = points(view, group);
        let (Some(first), Some(last)) = (points.first(), points.last()) else { continue };
        let (begin, span) = (first.0, last.0 - first.0 + 1);
        for parts in (0..=HALVES).map(|halves| 1u64 << halves) {
            for part in 0..parts {
                let at = |part: u64| begin + span / parts * part;
                let from = points.partition_point(|point| point.0 < at(part));
                let to = points.partition_point(|point| point.0 < at(part + 1));
                found.extend(edges(&points[from..to]));
            }
        }
    }
    found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    let mut rates: Vec<f64> = Vec::new();
    for (_, rate) in found {
        if rates.len() < RATES && rates.iter().all(|known| (known / rate - 1.0).abs() > 1e-3) {
            rates.push(rate);
        }
    }
    rates
}

/// The groups with the most refusals.
fn busiest(view: &View) -> Vec<u32> {
    let mut counts: Vec<(u32, u32)> = (0u32..).take(view.groups).map(|group| (0, group)).collect();
    for item in view.items.iter().filter(|item| item.refused && !item.excused) {
        counts[item.group as usize].0 += 1;
    }
    counts.sort_by_key(|(count, group)| (std::cmp::Reverse(*count), *group));
    counts.into_iter().take(GROUPS).filter(|(count, _)| *count > 1).map(|(_, group)| group).collect()
}

/// The refusals of a group, each with the admissions before it.
fn points(view: &View, group: u32) -> Vec<Point> {
    let mut admitted = 0;
    let mut points = Vec::new();
    for item in view.items.iter().filter(|item| item.group == group) {
        if !item.refused {
            admitted += 1;
        } else if !item.excused {
            points.push((item.at, admitted));
        }
    }
    points
}

/// The longest edges of the upper hull, each with its slope a second.
fn edges(points: &[Point]) -> Vec<(Nanos, f64)> {
    let mut hull: Vec<Point> = Vec::new();
    for point in points {
        while let [.., before, last] = hull.as_slice()
            && !is_right_turn(*before, *last, *point)
        {
            hull.pop();
        }
        hull.push(*point);
    }
    let mut edges: Vec<(Nanos, f64)> = hull
        .windows(2)
        .filter(|edge| edge[1].0 > edge[0].0 && edge[1].1 > edge[0].1 + 1)
        .map(|edge| (edge[1].0 - edge[0].0, float(edge[1].1 - edge[0].1) / seconds(edge[1].0 - edge[0].0)))
        .collect();
    edges.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    edges.truncate(EDGES);
    edges
}

/// Whether the way over three points turns to the right, as an upper hull does.
fn is_right_turn(from: Point, over: Point, to: Point) -> bool {
    let run = |a: Point, b: Point| u128::from(b.0 - a.0);
    let rise = |a: Point, b: Point| u128::from(b.1 - a.1);
    rise(from, over) * run(over, to) > rise(over, to) * run(from, over)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_edge_of_the_upper_hull_is_the_line_that_the_points_reach() {
        // A line of 2 a second from 10 on, with points below it.
        let line = |second: u64| 10 + 2 * second;
        let level = |second: u64| if second % 3 == 1 { line(second - 1) } else { line(second) };
        let points: Vec<Point> = (0..20).map(|second| (second * 1_000_000_000, level(second))).collect();
        assert_eq!(edges(&points), [(18_000_000_000, 2.0)]);
    }
}
