//! What is learned from runs over known limits: of a simulator over the engine, of nginx, of Python's `limits`, and of JMeter.

mod chance;
mod counting;
mod doubts;
mod foreign;
mod inputs;
mod layers;
mod recorded;
mod simulator;
mod speed;

use gcmock_limit::{Algorithm, Hold, Rule, RuleId, Scope, Scopes};
use gcmock_plan::learn::{By, Learned, Limit, Options, Shape, learn, to_json, to_limits, to_text};
use gcmock_plan::results::read;

use simulator::{MILLISECOND, Run, SECOND};

fn rule(algorithm: Algorithm, scopes: &[Scope]) -> Rule {
    let scope = scopes.iter().fold(Scopes::default(), |scope, part| scope.with(*part));
    Rule::new(RuleId(0), "first", scope, algorithm)
}

fn bucket(capacity: u32, refill: u32, seconds: u64) -> Rule {
    rule(Algorithm::TokenBucket { capacity, refill, period: seconds * SECOND }, &[])
}

fn window(capacity: u32, seconds: u64) -> Rule {
    rule(Algorithm::FixedWindow { capacity, period: seconds * SECOND }, &[])
}

fn second(rule: Rule) -> Rule {
    Rule { id: RuleId(1), ..rule }
}

/// What a learned limit should be.
#[derive(Debug)]
struct Truth {
    kind: &'static str,
    capacity: u64,
    /// A rate a second or a period in seconds, or 0.
    number: f64,
    by: By,
    lockout: Option<u64>,
}

fn truth(kind: &'static str, capacity: u64, number: f64) -> Truth {
    Truth { kind, capacity, number, by: By::All, lockout: None }
}

impl Truth {
    fn by(self, by: By) -> Self {
        Self { by, ..self }
    }

    fn matches(&self, limit: &Limit) -> bool {
        let number = match limit.shape {
            Shape::TokenBucket { rate } => rate,
            Shape::FixedWindow { period, .. }
            | Shape::SlidingWindow { period, .. }
            | Shape::SlidingCounter { period, .. }
            | Shape::Stepped { period, .. }
            | Shape::AlignedWindow { period, .. } => seconds(period),
            _ => 0.0,
        };
        let lockout = if let Shape::FixedWindow { lockout, .. } = limit.shape { lockout } else { None };
        limit.shape.name() == self.kind
            && limit.capacity.abs_diff(self.capacity) <= 1
            && (number - self.number).abs() <= self.number * 0.01
            && limit.scope.by == self.by
            && lockout == self.lockout.map(|seconds| seconds * SECOND)
    }
}

fn seconds(time: u64) -> f64 {
    std::time::Duration::from_nanos(time).as_secs_f64()
}

fn learned(run: &Run) -> Learned {
    let learned = learn(&run.results(), &Options::default());
    let is_pair = learned.limits.len() == 2;
    assert!(learned.pairs.is_empty() || is_pair, "pairs beside {:?}", learned.limits);
    learned
}

/// Fails unless the run gives these limits, in any order.
fn expect(name: &str, learned: &Learned, truths: &[Truth]) -> Result<(), String> {
    let all = truths.len() == learned.limits.len()
        && truths.iter().all(|truth| learned.limits.iter().any(|limit| truth.matches(limit)));
    if learned.fits && all {
        return Ok(());
    }
    let told = &learned.limits;
    Err(format!(
        "{name}: expected {truths:?}, learned {told:?}, {:.4} contradictions, noise {} ms, of {} rows {} refused\n",
        learned.contradictions,
        learned.noise / MILLISECOND,
        learned.rows,
        learned.refused
    ))
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn table() -> Vec<(&'static str, Run, Vec<Truth>)> {
    let thread = || By::Thread;
    let by_connection = Rule {
        ..rule(Algorithm::TokenBucket { capacity: 10, refill: 1, period: SECOND }, &[Scope::Connection])
    };
    let hold = |hold| rule(Algorithm::Concurrency { capacity: 10, hold }, &[]);
    let locked = |rule: Rule, seconds: u64| Rule { lockout: Some(seconds * SECOND), ..rule };
    let lockout = |kind: Truth, seconds| Truth { lockout: Some(seconds), ..kind };
    let slow = |run: Run| Run { service: (200 * MILLISECOND, 200 * MILLISECOND), ..run };
    vec![
        (
            "bucket 50 at 6/s",
            Run::of(vec![bucket(50, 6, 1)], 10, (200, 1500), 60),
            vec![truth("token bucket", 50, 6.0)],
        ),
        (
            "bucket 10 at 2/s",
            Run::of(vec![bucket(10, 2, 1)], 5, (100, 1500), 60),
            vec![truth("token bucket", 10, 2.0)],
        ),
        (
            "bucket 300 at 300/min",
            Run::of(vec![bucket(300, 300, 60)], 20, (200, 2000), 120),
            vec![truth("token bucket", 300, 5.0)],
        ),
        (
            "bucket 1500 at 100/s",
            Run::of(vec![bucket(1500, 100, 1)], 200, (500, 1500), 30),
            vec![truth("token bucket", 1500, 100.0)],
        ),
        (
            "bucket by connection",
            Run::of(vec![by_connection], 10, (100, 900), 60),
            vec![truth("token bucket", 10, 1.0).by(thread())],
        ),
        (
            "window 300/60 s",
            Run::of(vec![window(300, 60)], 20, (500, 2500), 200),
            vec![truth("fixed window", 300, 60.0)],
        ),
        (
            "window 100/10 s",
            Run::of(vec![window(100, 10)], 20, (200, 2000), 60),
            vec![truth("fixed window", 100, 10.0)],
        ),
        (
            "window 20/1 s",
            Run::of(vec![window(20, 1)], 20, (100, 1000), 20),
            vec![truth("fixed window", 20, 1.0)],
        ),
        (
            "window 120/1 s, lockout 1 s",
            Run::of(vec![locked(window(120, 1), 1)], 80, (200, 1000), 40),
            vec![lockout(truth("fixed window with a lockout", 120, 1.0), 1)],
        ),
        (
            "window 60/5 s, lockout 10 s",
            Run::of(vec![locked(window(60, 5), 10)], 20, (600, 2600), 240),
            vec![lockout(truth("fixed window with a lockout", 60, 5.0), 10)],
        ),
        (
            "10 requests at once",
            slow(Run::of(vec![hold(Hold::Request)], 20, (50, 500), 30)),
            vec![truth("requests at once", 10, 0.0)],
        ),
        (
            "10 connections at once",
            Run::of(vec![hold(Hold::Connection)], 20, (200, 2000), 40),
            vec![truth("connections at once", 10, 0.0)],
        ),
        (
            "bucket 100 at 40/s, window 1200/60 s",
            Run::of(vec![bucket(100, 40, 1), second(window(1200, 60))], 60, (300, 1300), 200),
            vec![truth("token bucket", 100, 40.0), truth("fixed window", 1200, 60.0)],
        ),
        (
            "window 15/1 s, window 300/60 s",
            Run::of(vec![window(15, 1), second(window(300, 60))], 20, (300, 2000), 200),
            vec![truth("fixed window", 15, 1.0), truth("fixed window", 300, 60.0)],
        ),
    ]
}

fn check(jitter: u64, seeds: std::ops::RangeInclusive<u64>) {
    let mut failures = Vec::new();
    for (name, run, truths) in table() {
        for seed in seeds.clone() {
            let run =
                Run { seed, labels: run.labels.clone(), rules: run.rules.clone(), ..run }.jitter(jitter);
            failures.extend(expect(&format!("{name}, seed {seed}"), &learned(&run), &truths).err());
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.concat());
}

#[test]
fn limits_of_the_engine_are_learned_from_exact_times() {
    check(0, 1..=1);
}

#[test]
fn limits_of_the_engine_are_learned_in_spite_of_15_ms_of_jitter() {
    check(15, 1..=1);
}

#[test]
#[ignore = "takes a minute in a release build"]
fn limits_of_the_engine_are_learned_from_other_runs() {
    check(0, 2..=4);
    check(15, 2..=4);
}

#[test]
fn the_two_layers_of_the_default_limits_are_told_apart() {
    // 300 calls a token, and 180 of those for users, which are three of four operations.
    let by_token = |capacity| rule(Algorithm::FixedWindow { capacity, period: 60 * SECOND }, &[Scope::Token]);
    let labels = vec![
        ("GET /api/v2/users", vec![0, 1]),
        ("GET /api/v2/users/{id}", vec![0, 1]),
        ("GET /api/v2/users/{id}/queues", vec![0, 1]),
        ("GET /api/v2/routing/queues", vec![0]),
    ];
    let mut failures = Vec::new();
    for (jitter, seed) in [(0, 1), (15, 2)] {
        let rules = vec![by_token(300), second(by_token(180))];
        let run = Run { labels: labels.clone(), seed, ..Run::of(rules, 20, (500, 3000), 300) }.jitter(jitter);
        let truths = [truth("fixed window", 300, 60.0), truth("fixed window", 180, 60.0)];
        let learned = learned(&run);
        failures.extend(expect(&format!("jitter {jitter}, seed {seed}"), &learned, &truths).err());
        let of_users = learned.limits.iter().find(|limit| limit.capacity.abs_diff(180) <= 1);
        if of_users.is_some_and(|limit| limit.scope.labels != [0, 1, 2]) {
            failures.push(format!("{:?}\n", of_users.map(|limit| &limit.scope)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.concat());
}

#[test]
fn a_column_that_names_the_token_is_the_scope() {
    let by_token = rule(Algorithm::FixedWindow { capacity: 50, period: 10 * SECOND }, &[Scope::Token]);
    let run = Run { users_of_a_token: 5, ..Run::of(vec![by_token], 15, (100, 1000), 60) };
    let truths = [truth("fixed window", 50, 10.0).by(By::Column("token".into()))];
    expect("by token", &learned(&run), &truths).expect("a limit by token");
}

macro_rules! recorded {
    ($name:literal) => {
        learn(
            &read(&include_bytes!(concat!("../results/", $name))[..]).expect("results"),
            &Options::default(),
        )
    };
}

#[test]
fn limits_of_nginx_are_learned() {
    expect("10r/s burst 20", &recorded!("nginx-second.jtl.gz"), &[truth("token bucket", 21, 10.0)])
        .expect("a bucket");
    expect("120r/m burst 10", &recorded!("nginx-minute.jtl.gz"), &[truth("token bucket", 11, 2.0)])
        .expect("a bucket");
    let by_path = truth("token bucket", 11, 5.0).by(By::Label);
    expect("5r/s burst 10 by path", &recorded!("nginx-path.jtl.gz"), &[by_path]).expect("a bucket");
    let open = recorded!("nginx-open.jtl.gz");
    expect("limit_conn 8", &open, &[truth("requests at once", 8, 0.0)]).expect("requests");
    let queue = recorded!("nginx-queue.jtl.gz");
    expect("10r/s burst 8, delayed", &queue, &[truth("token bucket", 9, 10.0)]).expect("a bucket");
    let tells = |learned: &Learned| learned.warnings.iter().any(|note| note.contains("back at 10 a second"));
    assert!(tells(&queue) && !tells(&open), "{:?} {:?}", queue.warnings, open.warnings);
}

#[test]
fn limits_of_python_are_learned() {
    expect("fixed", &recorded!("limits-fixed.jtl.gz"), &[truth("fixed window", 30, 10.0)]).expect("a window");
    expect("moving", &recorded!("limits-moving.jtl.gz"), &[truth("sliding window", 30, 10.0)])
        .expect("a window");
    let both = [truth("fixed window", 10, 1.0), truth("fixed window", 100, 60.0)];
    expect("two", &recorded!("limits-two.jtl.gz"), &both).expect("two windows");
    expect("counter", &recorded!("limits-counter.jtl.gz"), &[truth("sliding window counter", 30, 10.0)])
        .expect("a counter");
}

#[test]
fn a_kind_that_gcmock_does_not_have_is_named_and_is_no_limit_of_its_file() {
    let results = read(&include_bytes!("../results/limits-counter.jtl.gz")[..]).expect("results");
    let learned = learn(&results, &Options::default());
    let text = to_text(&learned, &results);
    assert!(
        text.starts_with("No kind of limit that gcmock has fits. It is a sliding window counter of 3"),
        "{text}"
    );
    let file = to_limits(&learned, &results, &|_| true);
    assert!(file.contains("# [[limit]]") && !file.contains("\n[[limit]]"), "{file}");
    assert_eq!(to_json(&learned, &results)["fits"], false);
}

#[test]
fn limits_are_learned_from_the_files_of_a_real_jmeter() {
    let scripts = recorded!("jmeter-architect.xml.jtl.gz");
    expect("scripts", &scripts, &[truth("token bucket", 60, 3.0)]).expect("a bucket");
    let sockets = recorded!("jmeter-byoc.csv.jtl.gz");
    expect("sockets", &sockets, &[truth("token bucket", 50, 6.0)]).expect("a bucket");
}
