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
//! | `exchange`, `socket`, `failure` | one request and its answer, one WebSocket, why there is no answer |
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
mod open;
mod progress;
mod request;
mod run;
mod socket;
mod tally;
mod target;
mod template;
mod tokens;
mod user;
mod wire;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::{Context, anyhow};
use gcmock_plan::model::Plan;
use gcmock_plan::simulate::live::{Map, Together};
use parking_lot::Mutex;

use self::expect::Judge;
use self::governor::Governor;
use self::jtl::{Labels, ResultFile};
use self::request::Prepared;
use self::run::{Gate, Run, play};
use self::tally::{Counting, Outlet, Tally};
use self::target::Target;
use self::tokens::Bearers;
use super::args::{Drive, Safety, Tokens};
use super::ending::Endings;
use super::run::{UNMET, report};
use super::{Failure, plan_file, print_err, print_out};
use crate::time::Nanos;
use crate::time::clock::Clock;

/// The longest wait for an answer of `predict --verify`, as the option has it.
const PATIENCE: Nanos = 60 * 1_000_000_000;

/// Runs the plan. The exit code is 99 if an expectation failed.
pub(super) async fn run(options: &Drive) -> Result<u8, Failure> {
    let plan = plan(options)?;
    let judge = options.expect.as_deref().map(Judge::read).transpose()?;
    let target = Target::resolve(&options.target, &options.safety).await.map_err(Failure::Usage)?;
    if !target.is_here {
        approval::ask(&target.url, plan, &options.safety)?;
    }
    let file = options.log.as_deref().map(ResultFile::create).transpose().map_err(Failure::Usage)?;
    let run = prepare(&Settings::of(options), plan, target).await?;
    let listener = judge.as_ref().map(|judge| judge.listener(plan));
    let counting = Counting::start(&run.outlet, labels(plan, &run.target), file, listener);
    let counting = counting.map_err(anyhow::Error::from)?;
    follow(&run, &counting, options.reading.duration).await?;
    let tally = counting.finish()?;
    print_out(&progress::summary(plan, &tally))?;
    judged(&run, &tally, judge.as_ref())
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
    follow(&run, &counting, None).await?;
    let tally = counting.finish()?;
    judged(&run, &tally, None)?;
    let (begin, _) = tally.span.unwrap_or_default();
    Ok(Observed {
        sent: tally.all.sent,
        refused: tally.all.refused,
        first_refusal: tally.first_refusal.map(|at| at.saturating_sub(begin)),
        late: tally.lateness.percentile(99),
    })
}

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
        Some(file) => plan_file::read(file, &options.reading)?.0,
        None => open::plan(&options.open)
            .map_err(Failure::Usage)?
            .ok_or_else(|| Failure::Usage(anyhow!("expected a plan")))?,
    };
    Ok(Box::leak(Box::new(plan)))
}

/// Everything that users share, once the target has been reached.
async fn prepare(options: &Settings, plan: &'static Plan, target: Target) -> Result<Arc<Run>, Failure> {
    let map = Map::of(plan).map_err(|error| Failure::Usage(anyhow!("{error}")))?;
    if !(0..plan.groups.len()).any(|group| map.sends(group)) {
        return Err(Failure::Usage(anyhow!("the plan has no sampler that sends a request")));
    }
    let requests = Prepared::all(plan, &target).map_err(Failure::Usage)?;
    let reached = target.connect().await.with_context(|| format!("cannot reach {}", target.url));
    drop(reached.map_err(Failure::Usage)?);
    let clock = Clock::system();
    let bearers = Bearers::of_options(&options.tokens, &target, &clock).await.map_err(Failure::Usage)?;
    let started = clock.now();
    Ok(Arc::new(Run {
        together: Mutex::new(Together::new(&map, started)),
        map,
        requests,
        bearers,
        governor: Governor::new(&options.safety, target.is_here),
        outlet: Arc::new(Outlet::default()),
        started,
        clock,
        retries: options.retry,
        patience: Duration::from_nanos(options.answer_timeout),
        idle: options.shares_connections.then(Mutex::default),
        user_ended: tokio::sync::Notify::new(),
        gates: plan.timers.iter().map(|_| Gate::default()).collect(),
        target,
    }))
}

/// The names of samplers, with their URLs, and of groups.
fn labels(plan: &Plan, target: &Target) -> Labels {
    let scheme = |method: &str| match (method, target.secure) {
        ("WS", false) => target.url.replacen("http", "ws", 1),
        ("WS", true) => target.url.replacen("https", "wss", 1),
        _ => target.url.clone(),
    };
    let url = |node| request::operation(node).map(|(method, path)| scheme(method) + path);
    let samplers = plan.nodes.iter().map(|node| (Arc::clone(&node.name), url(node).unwrap_or_default()));
    Labels {
        samplers: samplers.collect(),
        groups: plan.groups.iter().map(|group| Arc::clone(&group.name)).collect(),
    }
}

/// Lets the run play to its end, to the end of its time, or to a signal. A second signal cuts samples off.
async fn follow(run: &Arc<Run>, counting: &Counting, longest: Option<Nanos>) -> anyhow::Result<()> {
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
