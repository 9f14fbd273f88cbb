//! What a report on a running server is made of: the journal, the totals and levels of the limits, and the audit.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, LazyLock};

use foldhash::quality::RandomState;
use gcmock_limit::{Mode, Rule};
use gcmock_plan::report::{Conduct, Herd, KeyRun, LimitMoment, LimitRun, Material, Moment};
use gcmock_plan::results::{Outcome, Results, Sample};

use crate::admin::{buckets, names};
use crate::catalog::OperationId;
use crate::observe::audit::Audit;
use crate::observe::filter::ADHERENCE;
use crate::observe::journal::Exchange;
use crate::observe::verify::callers;
use crate::platform::Platform;
use crate::rules::Scenario;

/// Keys of a limit that are looked at, and those of them that are listed.
const KEYS: usize = 10_000;
const WORST: usize = 5;

/// Everything that a report on `platform` is made of. `source` says where it is from.
pub(crate) fn of(platform: &Platform, source: &str) -> Material {
    platform.note_history();
    let requests = platform.journal.requests();
    let dropped = platform.journal.forgotten();
    let scenarios = Scenario::served_by(&platform.config.current()).join(", ");
    let model_time = (platform.clock.mode() != crate::time::clock::Mode::System).then(|| {
        "The clock was moved by hand: times are model time, response times are real time.".to_owned()
    });
    Material {
        title: if scenarios.is_empty() { "Rehearsal".to_owned() } else { scenarios },
        source: source.to_owned(),
        results: results(platform, &requests),
        dropped,
        history: history(platform),
        limits: limits(platform),
        conduct: Some(conduct(platform, &requests)),
        prediction: None,
        notes: platform.note_of_one_server().into_iter().chain(model_time).collect(),
    }
}

/// The requests of the journal as samples: an operation is a label, a connection is a thread.
fn results(platform: &Platform, requests: &[Exchange]) -> Results {
    let (mut results, mut labels, mut threads) = (Results::default(), Index::default(), HashMap::new());
    for exchange in requests {
        let label = match platform.catalog.by_id(exchange.operation) {
            Some(_) => labels.number(exchange.operation, || operation(platform, exchange.operation)),
            None => labels.number(OperationId::UNKNOWN, || "unknown paths".to_owned()),
        };
        let next = u32::try_from(threads.len()).unwrap_or(u32::MAX);
        let thread = *threads.entry(exchange.connection).or_insert(next);
        results.samples.push(sample(platform, exchange, (label, thread)));
    }
    let mut named: Vec<_> = threads.into_iter().map(|(connection, number)| (number, connection)).collect();
    named.sort_unstable();
    results.threads = named.iter().map(|(_, connection)| format!("connection {connection}").into()).collect();
    results.labels = labels.names;
    results
}

fn sample(platform: &Platform, exchange: &Exchange, (label, thread): (u32, u32)) -> Sample {
    let elapsed = u64::from(exchange.took_micros) * 1000;
    let outcome = Outcome::of_journal(exchange.status);
    Sample {
        start: exchange.time,
        elapsed,
        latency: elapsed,
        label,
        thread,
        success: outcome.is_success() && !exchange.refused,
        outcome,
        retry_after: exchange.retry_after,
        limit: exchange.refused.then(|| refusing(platform, exchange)),
        ..Sample::default()
    }
}

fn refusing(platform: &Platform, exchange: &Exchange) -> Arc<str> {
    let name = exchange.refused_by().map(|rule| platform.config.ids().name(rule));
    name.map_or_else(|| ADHERENCE.into(), |name| name.unwrap_or_else(|| "a removed limit".into()))
}

fn operation(platform: &Platform, id: OperationId) -> String {
    names::operation(platform, id).unwrap_or_else(|| "unknown paths".to_owned())
}

/// Numbers of names, in the order in which they come.
#[derive(Default)]
struct Index {
    numbers: HashMap<OperationId, u32>,
    names: Vec<Arc<str>>,
}

impl Index {
    fn number(&mut self, id: OperationId, name: impl FnOnce() -> String) -> u32 {
        *self.numbers.entry(id).or_insert_with(|| {
            self.names.push(name().into());
            u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

fn history(platform: &Platform) -> Vec<Moment> {
    let entries = platform.history.entries().into_iter();
    let moment = |entry: crate::observe::history::Entry| Moment {
        from: entry.from,
        to: entry.to,
        requests: entry.requests,
        refused: entry.refused,
    };
    entries.map(moment).collect()
}

/// Every limit in force that was met, and the adherence check where it refused.
fn limits(platform: &Platform) -> Vec<LimitRun> {
    let config = platform.config.current();
    let met = config.rules().map(|rule| limit(platform, rule)).filter(|limit| limit.hits > 0);
    let adherence = platform.refusals.by_limit().into_iter().find(|(first, _)| first.refused_by().is_none());
    let adherence = adherence.map(|(first, refused)| LimitRun {
        name: ADHERENCE.into(),
        scope: "user".to_owned(),
        hits: refused,
        refused,
        first_refusal: Some(first.time),
        ..LimitRun::default()
    });
    met.chain(adherence).collect()
}

fn limit(platform: &Platform, rule: &Rule) -> LimitRun {
    let (totals, history) = (platform.limiter.totals(rule.id), platform.limiter.history(rule.id));
    let (keys, worst) = if totals.hits > 0 { keys(platform, rule) } else { (0, Vec::new()) };
    LimitRun {
        name: Arc::clone(&rule.name),
        scope: rule.scope.to_string(),
        algorithm: Some(rule.algorithm),
        lockout: rule.lockout.is_some(),
        shadow: rule.mode == Mode::Shadow,
        keys,
        hits: totals.hits,
        admitted: totals.admitted,
        near: totals.near,
        refused: totals.refused,
        would_have_refused: totals.shadow_refused,
        highest: Some(history.highest),
        first_refusal: history.first_refused,
        worst,
        moments: moments(platform, rule),
    }
}

fn moments(platform: &Platform, rule: &Rule) -> Vec<LimitMoment> {
    let entries = platform.history.of_limit(rule.id).into_iter();
    let moment =
        |(span, entry): (crate::observe::history::Entry, crate::observe::history::LimitEntry)| LimitMoment {
            from: span.from,
            to: span.to,
            hits: entry.hits.into(),
            near: entry.near.into(),
            refused: entry.refused.into(),
            used: entry.used,
        };
    entries.map(moment).collect()
}

/// The number of keys, and those with the most refusals.
fn keys(platform: &Platform, rule: &Rule) -> (u64, Vec<KeyRun>) {
    let mut views = buckets::nearest(platform, rule, KEYS);
    let count = views.len() as u64;
    views.retain(|(_, view)| view.refused > 0);
    views.sort_by_key(|(_, view)| std::cmp::Reverse((view.refused, view.highest)));
    views.truncate(WORST);
    let key = |(tenant, view): &buckets::View| KeyRun {
        key: format!(
            "{} {}",
            rule.scope,
            hashed(&buckets::key_text(platform, tenant.as_deref(), rule, view))
        ),
        refused: view.refused.into(),
        highest: view.highest,
    };
    (count, views.iter().map(key).collect())
}

/// A hash of a key: reports are passed on, and a key names users and clients. Each process has another one.
fn hashed(key: &str) -> String {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    names::short_hash(HASHER.hash_one(key))
}

fn conduct(platform: &Platform, requests: &[Exchange]) -> Conduct {
    let audit = Audit::of(requests, &callers(&platform.catalog, platform.clock.mode(), requests));
    let refused = || audit.callers.values().filter(|conduct| conduct.refusals > 0);
    let sum = |of: fn(&crate::observe::audit::Conduct) -> u32| {
        refused().map(|conduct| u64::from(of(conduct))).sum()
    };
    let herd = |herd: &crate::observe::audit::Herd| Herd {
        operation: operation(platform, herd.operation),
        at: herd.at,
        retries: herd.retries as u64,
    };
    Conduct {
        callers: refused().count() as u64,
        unretried: audit.unretried().into(),
        growing: sum(|conduct| conduct.growing),
        shrinking: sum(|conduct| conduct.shrinking),
        herds: audit.herds.iter().map(herd).collect(),
        delays: audit.delays,
    }
}
