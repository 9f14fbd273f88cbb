//! The state of a job, which follows from its age.

use serde_json::{Value, json};

use super::Body;
use crate::api::call::Call;
use crate::time::Nanos;

/// The field of a stored job with the instant of its start, in nanoseconds. No answer has it.
const STARTED: &str = "\u{0}started";
/// The age in model time from which a job runs. Assumed.
pub(crate) const RUNS_AFTER: Nanos = 1_000_000_000;
/// The age in model time from which a job is done. Assumed.
pub(crate) const DONE_AFTER: Nanos = 2_000_000_000;

/// Notes the start of a job.
pub(crate) fn start(call: &Call<'_>, job: &mut Body) {
    job.insert(STARTED.to_owned(), json!(call.now));
}

/// The state of a job: the words of one that waits, runs and is done.
pub(crate) fn state<'s>(call: &Call<'_>, job: &Body, [waits, runs, done]: [&'s str; 3]) -> &'s str {
    match age(call, job) {
        age if age < RUNS_AFTER => waits,
        age if age < DONE_AFTER => runs,
        _ => done,
    }
}

/// Whether a job is done.
pub(crate) fn is_done(call: &Call<'_>, job: &Body) -> bool {
    age(call, job) >= DONE_AFTER
}

fn age(call: &Call<'_>, job: &Body) -> Nanos {
    let started = job.get(STARTED).and_then(Value::as_u64).unwrap_or_default();
    call.now.saturating_sub(started)
}
