//! What a run cannot tell, and the probe that would.

use std::collections::BTreeSet;

use super::answer::ENOUGH;
use super::learned::{Learned, Limit};
use super::number::{SECOND, float, seconds};
use super::rows::Rows;
use super::scope::By;
use super::shape::Shape;
use super::tell::number;
use crate::Nanos;

/// Something that the run leaves open.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is open, as a question.
    pub question: String,
    /// Why the run does not tell.
    pub because: String,
    /// What would tell.
    pub probe: Probe,
}

/// A short run that answers a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// What to do, in words.
    pub words: String,
    /// The load, step by step. Empty where it is not a matter of load.
    pub steps: Vec<Step>,
}

/// A part of a probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Requests a second, evenly. 0 is a pause.
    pub rate: f64,
    /// For how many seconds.
    pub seconds: f64,
}

impl Probe {
    /// How long it takes, in seconds.
    pub fn seconds(&self) -> f64 {
        self.steps.iter().map(|step| step.seconds).sum()
    }

    fn new(words: impl Into<String>, steps: &[(f64, f64)]) -> Self {
        let steps = steps.iter().map(|(rate, seconds)| Step { rate: *rate, seconds: *seconds }).collect();
        Self { words: words.into(), steps }
    }
}

/// The question of a run that shows no limit.
pub(super) fn without_limits(learned: &mut Learned) {
    let Learned { rows: sent, refused, span, .. } = *learned;
    let pace = float(sent) / seconds(span).max(1.0);
    let (because, rate, words) = if sent > 0 && refused == sent {
        (
            "nothing was admitted".to_owned(),
            pace / 10.0,
            "Wait until a request is admitted, then send a tenth as much",
        )
    } else if refused >= ENOUGH && span == 0 {
        (
            "all requests have one time".to_owned(),
            pace / 60.0,
            "Send the same in a minute, with a time for each request",
        )
    } else {
        let most = learned.bounds.first().map_or(1, |bound| bound.admitted.max(1));
        (format!("{refused} of {sent} requests were refused"), float(most) * 2.0, "Send twice as much")
    };
    let words = format!("{words}, {} a second, until about 30 requests are refused.", number(rate));
    let question = "Which limit is there?".to_owned();
    learned.questions.push(Question { question, because, probe: Probe::new(words, &[(rate, 60.0)]) });
}

/// The questions that the learned limits leave open, the cheapest probe first.
pub(super) fn of_limits(learned: &mut Learned, rows: &Rows) {
    let mut questions: Vec<Question> = Vec::new();
    let limits = if learned.random.is_some() { &[] } else { learned.limits.as_slice() };
    for (index, limit) in limits.iter().enumerate() {
        let alone = limits.len() == 1;
        let ties = learned.ties.iter().filter(|tie| alone || tie.scope.labels == limit.scope.labels);
        questions.extend(ties.clone().filter_map(|tie| between(limit, tie.shape)));
        let others = learned.pairs.iter().map(|pair| &pair[index.min(1)]);
        questions.extend(others.filter_map(|other| between(limit, other.shape)));
        questions.extend(length(limit));
        questions.extend(capacity(limit, rows).filter(|_| learned.fits && index == 0));
        if ties.clone().any(|tie| tie.scope != limit.scope) || limit.scope.by == By::All {
            let which = if alone { String::new() } else { format!(" (the limit of {})", limit.capacity) };
            questions.extend(scope(limit, rows, &which));
        }
    }
    let mut asked = BTreeSet::new();
    questions.retain(|question| asked.insert(question.question.clone()));
    questions.sort_by(|a, b| a.probe.seconds().total_cmp(&b.probe.seconds()));
    // A probe without a load of its own needs other callers, which costs more than any load.
    questions.sort_by_key(|question| question.probe.steps.is_empty());
    learned.questions = questions;
}

/// The rate at which a limit passes, and the time after which it is as new.
fn pace(limit: &Limit) -> (f64, f64) {
    let turn = limit.turnaround().map_or(10.0, seconds).max(0.1);
    (float(limit.capacity) / turn, turn)
}

/// What would tell the kind of a limit from another one.
fn between(limit: &Limit, other: Shape) -> Option<Question> {
    let (rate, turn) = pace(limit);
    let above = rate * 2.0;
    let kinds = [limit.shape, other];
    // When a ban ends is a question of its own.
    if kinds.contains(&Shape::Ban) {
        return None;
    }
    let any = |test: fn(&Shape) -> bool| kinds.iter().any(test);
    let windows = |shape: &Shape| shape.period().is_some();
    let (because, probe) = if any(|shape| matches!(shape, Shape::Requests | Shape::Connections)) {
        at_once(kinds)
    } else if any(|shape| matches!(shape, Shape::FixedWindow { lockout: Some(_), .. })) {
        let words = "Burst at the begin of a window, wait until it is over, then burst late in the next one.";
        (
            "the lockout is as long as the rest of the window",
            Probe::new(
                words,
                &[(above * 4.0, turn / 2.0), (0.0, turn), (rate / 2.0, turn * 0.8), (above * 4.0, turn)],
            ),
        )
    } else if any(|shape| matches!(shape, Shape::AlignedWindow { .. })) && kinds.iter().all(windows) {
        let words = "Fill a window, pause for half a window, and fill the next one, three times.";
        (
            "the demand never pauses at the end of a window",
            Probe::new(words, &[(above, turn), (0.0, turn / 2.0)].repeat(3)),
        )
    } else if any(|shape| matches!(shape, Shape::SlidingWindow { counts_refused: true, .. })) {
        let words = "Go on for three periods although refused, then come back only after Retry-After.";
        (
            "requests are rarely refused twice in a row",
            Probe::new(words, &[(above, turn * 3.0), (0.0, turn), (rate / 2.0, turn)]),
        )
    } else {
        let words = "Stay refused for three periods, idle for half a period, then burst.";
        (
            "there are too few windows, or one run of refusals",
            Probe::new(words, &[(above, turn * 3.0), (0.0, turn / 2.0), (above, turn / 2.0)]),
        )
    };
    (limit.shape.name() != other.name()).then(|| Question {
        question: format!("Is it a {} or a {}?", limit.shape.name(), other.name())
            .replace("a requests", "requests")
            .replace("a connections", "connections"),
        because: because.to_owned(),
        probe,
    })
}

fn at_once(kinds: [Shape; 2]) -> (&'static str, Probe) {
    if kinds.contains(&Shape::Requests) && kinds.contains(&Shape::Connections) {
        let words = "Use users that keep their connection and think for at least a second.";
        return (
            "each request has a connection of its own, or there is no think time",
            Probe::new(words, &[]),
        );
    }
    (
        "the answers always take equally long, or the users come in one order",
        Probe::new("Mix slow and fast operations, and users with random think times.", &[]),
    )
}

/// A period or a lockout that was seen once, or whose end was not seen.
fn length(limit: &Limit) -> Option<Question> {
    let lengths = limit.lengths;
    let is_open = |range| lengths.is_open(range) || lengths.once && lengths.is_wide(range);
    let is_open = limit.shape == Shape::Ban
        || limit.shape.period().is_some() && (is_open(lengths.numbers) || is_open(lengths.lockouts));
    let (low, high) = if lengths.lockouts.0 > 0.0 { lengths.lockouts } else { lengths.numbers };
    let seconds = (if high.is_finite() { high } else { low * 2.0 }) / SECOND;
    let burst = (float(limit.capacity.clamp(1, 1_000)) * 2.0, 1.0);
    is_open.then(|| Question {
        question: "When is a request admitted again after the first refusal?".to_owned(),
        because: if lengths.once && high.is_finite() {
            "one run of refusals ended"
        } else {
            "the run does not show the end"
        }
        .to_owned(),
        probe: Probe::new(
            format!("Burst until refused, then send one request a second for {seconds:.0} s, three times."),
            &[burst, (1.0, seconds.ceil())].repeat(3),
        ),
    })
}

/// A bucket's level at the start is not known, so the capacity is a lower bound, unless a burst followed a pause in
/// which it was filled.
fn capacity(limit: &Limit, rows: &Rows) -> Option<Question> {
    let first = rows.rows.iter().find(|row| row.refused)?;
    let begin = rows.rows.first()?.at;
    let (rate, turn) = pace(limit);
    let whole = limit.turnaround()?;
    let once = first.at - begin < whole || matches!(limit.shape, Shape::TokenBucket { .. });
    let burst = (float(limit.capacity) * 1.5 + rate, 1.0);
    (once && !bursts_after_pause(rows, whole)).then(|| Question {
        question: format!("Is the capacity more than {}?", limit.capacity),
        because: "how much was in use before the run is not known".to_owned(),
        probe: Probe::new(
            format!("Burst, idle for {:.0} s, then burst again.", idle(turn)),
            &[burst, (0.0, idle(turn)), burst],
        ),
    })
}

/// Whole seconds in which a limit fills, and a tenth more: what was learned of it is not exact.
fn idle(turn: f64) -> f64 {
    (turn * 1.1).ceil()
}

/// Whether a pause of at least `whole` was followed by a refusal within the same time.
fn bursts_after_pause(rows: &Rows, whole: Nanos) -> bool {
    let mut after = None;
    rows.rows.windows(2).any(|pair| {
        if pair[1].at - pair[0].at >= whole {
            after = Some(pair[1].at);
        }
        pair[1].refused && after.is_some_and(|after| pair[1].at - after < whole)
    })
}

/// Which callers and operations share the limit.
fn scope(limit: &Limit, rows: &Rows, which: &str) -> Vec<Question> {
    let labels: BTreeSet<u32> = rows.rows.iter().map(|row| row.label).collect();
    let mut questions = Vec::new();
    if rows.columns.is_empty() && limit.scope.by == By::All {
        questions.push(Question {
            question: format!("Is it counted by tenant, client, token, user or address{which}?"),
            because: "no column of the file tells callers apart".to_owned(),
            probe: Probe::new("Alternate two tokens of one client, then two clients, then two tenants, with a column that names the token (JMeter: -Jsample_variables=token).", &[]),
        });
    }
    if labels.len() == 1 {
        questions.push(Question {
            question: format!("Does it cover one operation or a family of them{which}?"),
            because: "the run has one label".to_owned(),
            probe: Probe::new("Alternate two operations of the family.", &[]),
        });
    }
    questions
}
