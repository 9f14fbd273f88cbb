//! `gcmock drive`: runs a plan in real time against a server.
//!
//! | file | has |
//! |---|---|
//! | `mod` | the command from its options to its exit code |
//! | `open` | the plan of an open loop without a file |
//! | `target`, `wire` | where requests go, and the connection |
//! | `approval` | what a target outside this machine needs |
//! | `run`, `user` | the groups and threads of a plan |
//! | `request`, `template`, `tokens` | what is sent, and who asks |
//! | `sending`, `redirect` | the HTTP requests of a user, and where their answers lead to |
//! | `exchange`, `message` | one connection, one request and its answer |
//! | `socket`, `failure` | one WebSocket, why there is no answer |
//! | `governor` | the bounds of a run |
//! | `tally`, `histogram`, `jtl` | counts, percentiles, the result file |
//! | `expect` | expectations |
//! | `progress` | the progress line and the summary |
//!
//! The order of samplers and the times of threads and timers are those of `gcmock_plan::simulate::live`.

mod approval;
mod exchange;
mod expect;
mod failure;
mod governor;
mod histogram;
mod jtl;
mod message;
mod open;
mod progress;
mod redirect;
mod request;
mod run;
mod sending;
mod socket;
mod tally;
mod target;
mod template;
mod tokens;
mod user;
mod wire;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::{Context, anyhow};
use gcmock_plan::model::Plan;
use gcmock_plan::predict;
use gcmock_plan::read::Reading;
use gcmock_plan::simulate::live::{Map, Together};
use parking_lot::Mutex;

use self::expect::Judge;
use self::governor::Governor;
use self::jtl::{Label, Labels, ResultFile};
use self::request::Prepared;
use self::run::{Gate, Run, play};
use self::tally::{Counting, Outlet, Tally};
use self::target::Target;
use self::template::Template;
use self::tokens::Bearers;
use super::args::{Drive, Safety, Tokens};
use super::ending::Endings;
use super::run::{UNMET, report};
use super::{Failure, plan_file, print_err, print_out};
use crate::time::Nanos;
use crate::time::clock::Clock;

/// The longest wait for an answer of `predict --verify`, as the option has it.
const PATIENCE: Nanos = 60 * 1_000_000_000;
/// Elements without their requests that are told one by one.
const MOST_TOLD: usize = 5;

/// Runs the plan. The exit code is 99 if an expectation failed.
pub(super) async fn run(options: &Drive) -> Result<u8, Failure> {
    let plan = plan(options)?;
    raise_open_files();
    let judge = options.expect.as_deref().map(Judge::read).transpose()?;
    let target = Target::resolve(&options.target, &options.safety).await.map_err(Failure::Usage)?;
    if !target.is_here {
        approval::ask(&target.url, plan, options)?;
    }
    let file = options.log.as_deref().map(|file| ResultFile::create(file, &inputs(options))).transpose()?;
    let run = prepare(&Settings::of(options), plan, target).await?;
    tell_unknown(run, &options.tokens);
    let listener = judge.as_ref().map(|judge| judge.listener(plan));
    let counting = Counting::start(&run.outlet, labels(plan, &run.target), file, listener);
    let counting = counting.map_err(anyhow::Error::from)?;
    follow(run, &counting, options.reading.duration).await?;
    let tally = counting.finish()?;
    print_out(&progress::summary(plan, &tally))?;
    tell_elsewhere(run);
    judged(run, &tally, judge.as_ref())
}

/// The files that the options name.
fn inputs(options: &Drive) -> Vec<&Path> {
    let (tokens, safety) = (&options.tokens, &options.safety);
    [&options.plan, &options.expect, &tokens.token_file, &safety.ca]
        .into_iter()
        .flatten()
        .chain(&options.expected.limits)
        .map(PathBuf::as_path)
        .collect()
}

/// What a plan has met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observed {
    /// Samples sent.
    pub(super) sent: u64,
    /// Of them refused.
    pub(super) refused: u64,
    /// The time from the first sample to the first refused one.
    pub(super) first_refusal: Option<Nanos>,
    /// How late samples were sent: 99 % of them by no more.
    pub(super) late: Nanos,
}

/// Runs a plan against a server on this machine.
pub(super) async fn observe(plan: Plan, url: &str) -> Result<Observed, Failure> {
    let options = Settings { answer_timeout: PATIENCE, ..Settings::default() };
    let plan: &'static Plan = Box::leak(Box::new(plan));
    let target = Target::resolve(url, &options.safety).await.map_err(Failure::Usage)?;
    let run = prepare(&options, plan, target).await?;
    let counting = Counting::start(&run.outlet, labels(plan, &run.target), None, None);
    let counting = counting.map_err(anyhow::Error::from)?;
    follow(run, &counting, None).await?;
    let tally = counting.finish()?;
    judged(run, &tally, None)?;
    let (begin, _) = tally.span.unwrap_or_default();
    Ok(Observed {
        sent: tally.all.sent,
        refused: tally.all.refused,
        first_refusal: tally.first_refusal.map(|at| at.saturating_sub(begin)),
        late: tally.lateness.percentile(99),
    })
}

/// Lets this process open as many connections as the system allows it. The usual bound of 1,024 is for programs that
/// wait with `select`.
#[cfg(unix)]
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

#[cfg(not(unix))]
const fn raise_open_files() {}

/// How a plan is sent.
#[derive(Clone, Debug, Default)]
struct Settings {
    tokens: Tokens,
    safety: Safety,
    /// Whether a refused request is sent again.
    retry: bool,
    /// The longest wait for an answer.
    answer_timeout: Nanos,
    /// Whether arrivals share connections.
    shares_connections: bool,
}

impl Settings {
    fn of(options: &Drive) -> Self {
        Self {
            tokens: options.tokens.clone(),
            safety: options.safety.clone(),
            retry: options.retry,
            answer_timeout: options.answer_timeout,
            shares_connections: options.plan.is_none(),
        }
    }
}

/// The plan of the file or of the options. It lives as long as the process: users refer to it.
fn plan(options: &Drive) -> Result<&'static Plan, Failure> {
    let plan = match &options.plan {
        Some(file) => {
            let (plan, reading) = plan_file::read(file, &options.reading)?;
            tell_left_out(file, &reading);
            plan
        }
        None => open::plan(&options.open)
            .map_err(Failure::Usage)?
            .ok_or_else(|| Failure::Usage(anyhow!("expected a plan")))?,
    };
    Ok(Box::leak(Box::new(plan)))
}

/// Says which requests of the plan are not sent.
fn tell_left_out(file: &Path, reading: &Reading) {
    let all = reading.approximated.iter().chain(&reading.cannot);
    let lost: Vec<_> = all.filter(|item| item.loses_requests).collect();
    for item in lost.iter().take(MOST_TOLD) {
        let (file, line) = (file.display(), item.line);
        print_err(format_args!("gcmock: {file}: line {line}: '{}' {}", item.name, item.assumed));
    }
    if lost.len() > MOST_TOLD {
        print_err(format_args!(
            "gcmock: requests of {} further elements are not sent",
            lost.len() - MOST_TOLD
        ));
    }
}

/// Says which values are not known, and what is sent in their place.
fn tell_unknown(run: &Run, tokens: &Tokens) {
    for host in predict::other_hosts(run.map.plan()).iter().take(MOST_TOLD) {
        print_err(format_args!("gcmock: requests for {host} go to the target too"));
    }
    let requests = || run.requests.iter().flatten();
    let texts =
        run.messages.iter().chain(&run.names).flatten().flat_map(Template::unknown).map(str::to_owned);
    let names: BTreeSet<String> = requests().flat_map(Prepared::unknown).chain(texts).collect();
    if !names.is_empty() {
        let told: Vec<String> = names.iter().take(MOST_TOLD).map(|name| format!("'{name}'")).collect();
        let more = names.len() - told.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        print_err(format_args!(
            "gcmock: not known here, so that the name is sent in place of the value: {}{more}; --value NAME=TEXT gives one",
            told.join(", ")
        ));
    }
    let is_given = tokens.token.is_some() || tokens.token_file.is_some() || tokens.client_id.is_some();
    if !is_given && requests().any(Prepared::has_open_token) {
        print_err(
            "gcmock: the plan's token is not known here: the Authorization is sent as the plan writes it",
        );
    }
}

/// Says how many redirects were not followed.
fn tell_elsewhere(run: &Run) {
    let count = run.outlet.led_elsewhere.load(Relaxed);
    if count > 0 {
        print_err(format_args!("gcmock: {count} redirects to other hosts were not followed"));
    }
}

/// Everything that users share, once the target has been reached. It lives as long as the process: users refer to it.
async fn prepare(options: &Settings, plan: &'static Plan, target: Target) -> Result<&'static Run, Failure> {
    let map = Map::of(plan).map_err(|error| Failure::Usage(anyhow!("{error}")))?;
    if !(0..plan.groups.len()).any(|group| map.sends(group)) {
        return Err(Failure::Usage(anyhow!("the plan has no sampler that sends a request")));
    }
    let requests = Prepared::all(plan, &target).map_err(Failure::Usage)?;
    let patience = Duration::from_nanos(options.answer_timeout);
    reach(&target, patience).await.map_err(Failure::Usage)?;
    let clock = Clock::system();
    let bearers = Bearers::of_options(&options.tokens, &target, &clock, patience).await;
    let bearers = bearers.map_err(Failure::Usage)?;
    let started = clock.now();
    Ok(Box::leak(Box::new(Run {
        together: Mutex::new(Together::new(&map, started)),
        map,
        requests,
        messages: request::messages(plan),
        names: request::names(plan),
        bearers,
        governor: Governor::new(&options.safety, target.is_here),
        outlet: Arc::new(Outlet::default()),
        started,
        clock,
        retries: options.retry,
        patience,
        idle: options.shares_connections.then(Mutex::default),
        user_ended: tokio::sync::Notify::new(),
        gates: plan.timers.iter().map(|_| Gate::default()).collect(),
        target,
    })))
}

/// Connects once, so that a target that is not there is told before anything is sent.
async fn reach(target: &Target, patience: Duration) -> anyhow::Result<()> {
    let unreached = || format!("cannot reach {}", target.url);
    let connected = tokio::time::timeout(patience, target.connect()).await;
    connected.context("no answer in time").with_context(unreached)?.with_context(unreached).map(drop)
}

/// The names of samplers, with their URLs, and of groups.
fn labels(plan: &Plan, target: &Target) -> Labels {
    let scheme = |method: &str| match (method, target.secure) {
        ("WS", false) => target.url.replacen("http", "ws", 1),
        ("WS", true) => target.url.replacen("https", "wss", 1),
        _ => target.url.clone(),
    };
    let samplers = plan.nodes.iter().map(|node| {
        let operation = request::operation(node);
        let base = operation.map(|(method, _)| scheme(method)).unwrap_or_default();
        let path = operation.map_or("", |(_, path)| path);
        Label { name: Arc::clone(&node.name), url: format!("{base}{path}"), base }
    });
    Labels {
        samplers: samplers.collect(),
        groups: plan.groups.iter().map(|group| Arc::clone(&group.name)).collect(),
    }
}

/// Lets the run play to its end, to the end of its time, or to a signal. A second signal cuts samples off.
async fn follow(run: &'static Run, counting: &Counting, longest: Option<Nanos>) -> anyhow::Result<()> {
    let mut endings = Endings::listen()?;
    let time = Duration::from_nanos(longest.unwrap_or(Nanos::MAX / 4));
    let (mut interrupted, mut played) = (false, std::pin::pin!(play(run)));
    let mut over = std::pin::pin!(tokio::time::sleep(time));
    let mut timed_out = false;
    // Pinned: the pause of 100 ms below would else begin its second again and again.
    let mut told = std::pin::pin!(progress::follow(run, &counting.tally));
    loop {
        tokio::select! {
            () = &mut played => break,
            never = &mut told => match never {},
            () = &mut over, if !timed_out => {
                timed_out = true;
                run.governor.stop(false);
            }
            _ = endings.next() => {
                run.governor.stop(interrupted);
                interrupted = true;
            }
            () = tokio::time::sleep(Duration::from_millis(100)) => if counting.broken.load(Relaxed) {
                run.governor.stop(true);
            }
        }
    }
    progress::end();
    Ok(())
}

/// The exit code, or why the run has failed.
fn judged(run: &Run, tally: &Tally, judge: Option<&Judge>) -> Result<u8, Failure> {
    if let Some(why) = run.governor.failure() {
        return Err(Failure::Running(anyhow!("{why}")));
    }
    if let Some((count, why)) = tally.unanswered.as_ref().filter(|(count, _)| *count == tally.all.sent) {
        return Err(Failure::Running(anyhow!("{} answers none of {count} requests: {why}", run.target.url)));
    }
    let verdicts = judge.map(Judge::verdicts).unwrap_or_default();
    report(&verdicts);
    let unmet = verdicts.iter().any(|verdict| !verdict.passed);
    if tally.all.sent == 0 {
        print_err("gcmock: no request was sent");
    }
    Ok(if unmet { UNMET } else { 0 })
}
