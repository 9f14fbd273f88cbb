//! Whether a server refuses requests at random: whatever came before, and whenever a request comes.

use super::number::{float, seconds};
use super::rows::{Row, Rows};
use crate::Nanos;

/// Fewer refusals or admissions show no chance.
const ENOUGH: usize = 20;
/// How many deviations a measure may be off.
const DEVIATIONS: f64 = 3.5;
/// Parts of the run whose shares are compared.
const PARTS: usize = 8;
/// The times before a request in which what came matters to a limit.
const BACK: [Nanos; 4] = [100_000_000, 1_000_000_000, 10_000_000_000, 60_000_000_000];

/// The part of the requests that is refused, if nothing tells which ones.
pub(super) fn part(rows: &Rows) -> Option<f64> {
    let rows: Vec<&Row> = rows.rows.iter().filter(|row| rows.binds(row)).collect();
    let refused = rows.iter().filter(|row| row.refused).count();
    if refused < ENOUGH || rows.len() - refused < ENOUGH {
        return None;
    }
    let part = count(refused) / count(rows.len());
    let by_chance = is_even(&rows, part)
        && has_random_runs(&rows, refused)
        && BACK.iter().all(|back| ignores(&rows, *back));
    by_chance.then_some(part)
}

fn count(rows: usize) -> f64 {
    float(rows as u64)
}

/// Whether each part of the run has the same share.
fn is_even(rows: &[&Row], part: f64) -> bool {
    rows.chunks(rows.len().div_ceil(PARTS)).all(|chunk| {
        let refused = count(chunk.iter().filter(|row| row.refused).count());
        let expected = part * count(chunk.len());
        (refused - expected).abs() <= DEVIATIONS * (expected * (1.0 - part)).sqrt()
    })
}

/// Whether refusals follow each other as often as chance says (Wald and Wolfowitz).
fn has_random_runs(rows: &[&Row], refused: usize) -> bool {
    let (all, refused) = (count(rows.len()), count(refused));
    let both = 2.0 * refused * (all - refused);
    let runs = 1.0 + count(rows.windows(2).filter(|pair| pair[0].refused != pair[1].refused).count());
    let (mean, variance) = (both / all + 1.0, both * (both - all) / (all * all * (all - 1.0)));
    (runs - mean).abs() <= DEVIATIONS * variance.max(0.0).sqrt()
}

/// Whether as many admissions came before refused requests as before admitted ones.
fn ignores(rows: &[&Row], back: Nanos) -> bool {
    let (mut first, mut admitted) = (0, 0u64);
    let mut sums = [[0.0; 3]; 2];
    for row in rows {
        while rows[first].at.saturating_add(back) <= row.at {
            admitted -= u64::from(!rows[first].refused);
            first += 1;
        }
        let before = float(admitted);
        let sums = &mut sums[usize::from(row.refused)];
        *sums = [sums[0] + 1.0, sums[1] + before, sums[2] + before * before];
        admitted += u64::from(!row.refused);
    }
    let [(mean, error), (other, other_error)] = sums.map(|[number, sum, squares]| {
        let mean = sum / number;
        (mean, (squares / number - mean * mean).max(0.0) / number)
    });
    // The counts before neighbours are nearly the same, so that the error is that of fewer rows than there are.
    let dependent = 1.0 + seconds(back).min(1.0);
    (mean - other).abs() <= DEVIATIONS * ((error + other_error) * dependent).sqrt() + 1e-9
}
