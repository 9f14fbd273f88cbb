//! Holds the program to the vendor's API document, operation by operation.
//!
//! The document is not part of this repository. Where it is absent, the test prints a line and passes. With
//! `GCMOCK_TEST_REPORT=FILE` the faults are written to that file, with what was sent and answered.
//!
//! An operation that is written by hand has no fault but those of `known_faults.txt`. That list only shrinks: a listed
//! fault that is gone fails the test too. Generic answers have floors, see [`Floors`].

mod address;
mod answered;
mod bounds;
mod client;
mod fault;
mod formats;
mod generate;
mod inside;
mod insight;
mod kind;
mod life;
mod makers;
mod places;
mod refusals;
mod spec;
mod state;
mod sweep;
mod template;
mod twice;
mod validate;
mod written;

use std::collections::BTreeSet;

use gcmock::MockServer;

use crate::spec::Document;
use crate::sweep::Sweep;

/// Sunday, 8 March 2026, 12:00 in London.
const START: u64 = 1_772_971_200_000_000_000;

const KNOWN: &str = include_str!("known_faults.txt");

/// The least counts of a run. Raise them when more is reached.
struct Floors {
    by_hand: usize,
    /// Operations by hand, and generic ones whose answers have the right kind and status.
    fitting: usize,
    /// Operations whose own state is right.
    state: usize,
    /// Of the others, those that are a 404 below an entity that does not exist.
    owner: usize,
}

/// The most generic answers that are not valid where the server has the document.
const MOST_INVALID: usize = 5;

const FLOORS: Floors = Floors { by_hand: 1720, fitting: 3105, state: 1909, owner: 366 };

/// The least counts of state where the server has the document: together 2,315.
const FLOORS_WITH_SPEC: (usize, usize) = (1946, 369);

/// The least number of operations with a documented answer whose answer is valid where the server has the document.
const LEAST_VALID: usize = 2700;

#[tokio::test(flavor = "multi_thread")]
async fn the_program_keeps_to_the_published_document() {
    let Some(document) = Document::load() else {
        return say("the API document is not on this machine: nothing was compared");
    };
    let builder = MockServer::builder().limits_toml("").manual_clock_at(START).no_latency();
    let mock = builder.start().await.expect("a free port");
    let sweep = Sweep::run(document, &mock).await;
    say(&sweep.summary());
    if let Some(file) = std::env::var_os("GCMOCK_TEST_REPORT") {
        std::fs::write(file, sweep.report()).expect("the report can be written");
    }
    compare_with_known(&sweep);
    assert!(sweep.by_hand >= FLOORS.by_hand, "fewer operations are written by hand: {}", sweep.by_hand);
    let fitting = sweep.by_hand + sweep.generic_kind;
    assert!(fitting >= FLOORS.fitting, "fewer answers fit: {fitting}");
    check_state(&sweep, (FLOORS.state, FLOORS.owner));
}

/// With the document given to the server, nearly every generic answer is valid, and no operation that is written by
/// hand has a fault that it lacks without.
#[tokio::test(flavor = "multi_thread")]
async fn with_the_document_itself_generic_answers_are_valid() {
    let Some(document) = Document::load() else {
        return say("the API document is not on this machine: nothing was compared");
    };
    let builder =
        MockServer::builder().spec(spec::file()).limits_toml("").manual_clock_at(START).no_latency();
    let mock = builder.start().await.expect("a free port");
    let sweep = Sweep::run(document, &mock).await;
    say(&sweep.summary());
    if let Some(file) = std::env::var_os("GCMOCK_TEST_REPORT_SPEC") {
        std::fs::write(file, sweep.report()).expect("the report can be written");
    }
    let invalid = sweep.generic - sweep.generic_valid;
    assert!(invalid <= MOST_INVALID, "{invalid} generic answers are not valid");
    assert!(sweep.schema_valid >= LEAST_VALID, "fewer answers are valid: {}", sweep.schema_valid);
    check_state(&sweep, FLOORS_WITH_SPEC);
    let known: BTreeSet<&str> = KNOWN.lines().collect();
    let new: Vec<_> =
        sweep.faults.iter().map(fault::Fault::line).filter(|line| !known.contains(&**line)).collect();
    assert!(new.is_empty(), "{} new faults:\n{new:#?}", new.len());
}

/// As many operations as before remember, and know the entity that they are below.
fn check_state(sweep: &Sweep, (state, owner): (usize, usize)) {
    assert!(sweep.state_right() >= state, "fewer operations remember: {}", sweep.state_right());
    assert!(sweep.owner_right() >= owner, "fewer operations know their owner: {}", sweep.owner_right());
}

/// The faults are exactly the known ones.
fn compare_with_known(sweep: &Sweep) {
    let found: BTreeSet<String> = sweep.faults.iter().map(fault::Fault::line).collect();
    let known: BTreeSet<String> =
        KNOWN.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect();
    let new: Vec<_> = found.difference(&known).collect();
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(new.is_empty(), "{} new faults:\n{new:#?}", new.len());
    assert!(gone.is_empty(), "{} known faults are gone, remove their lines:\n{gone:#?}", gone.len());
}

#[expect(clippy::print_stderr, reason = "the summary is for whoever runs the test")]
fn say(line: &str) {
    eprintln!("{line}");
}
