//! What a decision costs, and what a million live keys cost.
//!
//! `cargo bench -p gcmock-benches`. The memory section reads `/proc/self/statm` and says nothing elsewhere.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use gcmock_limit::{
    Algorithm, Buckets, Charge, Hold, Home, Key, Nanos, Rule, RuleId, Scope, Scopes, Subject, decide,
};

const SECOND: Nanos = 1_000_000_000;
const START: Nanos = 1_700_000_000 * SECOND;
const LIVE: u64 = 1_000_000;

fn rule(id: u32, scope: Scope, algorithm: Algorithm) -> Rule {
    Rule::new(RuleId(id), "bench", Scopes::default().with(scope), algorithm)
}

/// By tenant, by client and by token; none refuses within a run.
fn three_limits() -> [Rule; 3] {
    let window = Algorithm::FixedWindow { capacity: u32::MAX - 1, period: 60 * SECOND };
    let bucket = Algorithm::TokenBucket { capacity: u32::MAX - 1, refill: 100, period: SECOND };
    [rule(0, Scope::Tenant, bucket), rule(1, Scope::Client, window), rule(2, Scope::Token, window)]
}

fn token(n: u64) -> Key {
    let hash = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17) | 1;
    let subject = Subject { has_tenant: true, token: Some(hash), ..Subject::default() };
    Scopes::default().with(Scope::Token).key(&subject).expect("it has a token")
}

fn charge(rule: &Rule, key: Key) -> Charge<'_> {
    Charge { rule, key, cost: 1, held: false, home: Home::Tenant }
}

/// One caller under all three limits; returns the wait so that nothing is optimized away.
fn ask(tenant: &Buckets, rules: &[Rule; 3], caller: Key, now: Nanos) -> Option<u32> {
    let server = tenant;
    let charges =
        [charge(&rules[0], Key::default()), charge(&rules[1], Key::default()), charge(&rules[2], caller)];
    decide(black_box(server), None, black_box(&charges), now).retry_after
}

/// Model time that moves by a microsecond a decision.
struct Ticks(Nanos);

impl Ticks {
    fn next(&mut self) -> Nanos {
        self.0 += 1000;
        self.0
    }
}

fn decisions(criterion: &mut Criterion) {
    let (rules, mut now) = (three_limits(), Ticks(START));
    let mut group = criterion.benchmark_group("three limits");
    let tenants: Vec<Buckets> = (0..64).map(|_| Buckets::default()).collect();
    let (caller, mut turn) = (token(0), 0);
    group.bench_function("one hot tenant", |bencher| {
        bencher.iter(|| ask(&tenants[0], &rules, caller, now.next()));
    });
    group.bench_function("64 tenants in turn", |bencher| {
        bencher.iter(|| {
            turn = (turn + 1) % tenants.len();
            ask(&tenants[turn], &rules, caller, now.next())
        });
    });
    let (live, mut callers) = (Buckets::default(), (0..LIVE).map(token).collect::<Vec<_>>());
    for caller in &callers {
        ask(&live, &rules, *caller, now.next());
    }
    fastrand::Rng::with_seed(1).shuffle(&mut callers);
    let mut callers = callers.iter().cycle();
    group.bench_function("random of 1,000,000 live tokens", |bencher| {
        bencher.iter(|| callers.next().map(|caller| ask(&live, &rules, *caller, now.next())));
    });
    group.finish();
}

fn refusals(criterion: &mut Criterion) {
    let [tenant, client, _] = three_limits();
    let full = Algorithm::FixedWindow { capacity: 1, period: 3600 * SECOND };
    let (rules, buckets) = ([tenant, client, rule(2, Scope::Token, full)], Buckets::default());
    let (caller, mut now) = (token(0), Ticks(START));
    criterion.bench_function("three limits/refused by one", |bencher| {
        bencher.iter(|| ask(&buckets, &rules, caller, now.next()));
    });
    let places = rule(3, Scope::Token, Algorithm::Concurrency { capacity: 10, hold: Hold::Request });
    criterion.bench_function("one place taken and freed", |bencher| {
        bencher.iter(|| decide(&buckets, None, &[charge(&places, caller)], now.next()).refused);
    });
}

fn memory(_: &mut Criterion) {
    let [_, _, rule] = three_limits();
    let (buckets, before) = (Buckets::default(), resident());
    let mut slow = Vec::with_capacity(20);
    for n in 0..LIVE {
        let charges = [charge(&rule, token(n))];
        let took = timed(|| decide(&buckets, None, &charges, START).refused);
        slow.push(took);
        if slow.len() == 20 {
            slow.sort_unstable_by(|a, b| b.cmp(a));
            slow.truncate(5);
        }
    }
    slow.sort_unstable_by(|a, b| b.cmp(a));
    report(&format!("slowest inserts while growing to {LIVE} keys: {:?}", &slow[..5]));
    if let (Some(before), Some(after)) = (before, resident()) {
        report(&format!("resident bytes a live key: {}", (after - before) / buckets.len()));
    }
    let sweep = (0..16).map(|_| timed(|| buckets.sweep(&|_| Some(&rule), START))).max();
    report(&format!("slowest sweep: {:?}", sweep.unwrap_or_default()));
}

#[expect(clippy::disallowed_methods, reason = "a bench measures wire time")]
fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

#[expect(clippy::print_stderr, reason = "a bench reports on stderr")]
fn report(line: &str) {
    eprintln!("{line}");
}

/// Resident bytes of this process.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<usize>().ok()? * 4096)
}

// Memory first, while the allocator has nothing to reuse.
criterion_group!(benches, memory, decisions, refusals);
criterion_main!(benches);
