//! Compiles files to a [`Config`]: checks a whole file, then layers several.
//!
//! Each file must be valid by itself. Then a later limit or fault with an earlier one's name, or a later latency with an
//! earlier one's `match`, replaces the earlier one. `[response]` merges key by key. A fault may name a limit of another
//! file.

use std::collections::HashMap;

use gcmock_limit::{Rule, RuleId};

use super::excerpt::excerpt;
use super::fault;
use super::fault::read::FaultEntry;
use super::file::{self, LatencyEntry, LimitEntry, LimitsFile, ResponseEntry};
use super::index::{Index, Indexed};
use super::problem::{Location, Problem, Problems};
use super::reader::Located;
use super::tree::Node;
use super::{Config, Fault, Latency, Limit, Pattern, Response, RuleIds, advice};

/// The shown name and the text of a limits file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// Its name in problems.
    pub(crate) name: String,
    /// TOML.
    pub(crate) text: String,
}

/// The amount of content of a source. A file that loses content may be half-written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// Nothing but comments and blank lines.
    Nothing,
    /// Something, and no `[[limit]]`.
    NoLimit,
    /// At least one `[[limit]]`.
    Limits,
}

impl Extent {
    /// The extent of a source that has been loaded without a problem.
    pub(super) fn of(source: &Source) -> Self {
        let file = Node::from_toml(&source.name, &source.text).map(|root| file::read(&root, &mut Vec::new()));
        match file {
            Ok(file) if !file.limits.is_empty() => Self::Limits,
            _ if is_blank(&source.text) => Self::Nothing,
            _ => Self::NoLimit,
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}

/// Loads files that layer in this order. `known` is whether a pattern can match an operation.
pub(crate) fn load(
    sources: &[Source],
    known: &dyn Fn(&Pattern) -> bool,
    ids: &RuleIds,
) -> Result<Config, Problems> {
    load_part(sources, known, ids).and_then(linked)
}

/// The configuration, if each limit that its faults name is in force.
fn linked(config: Config) -> Result<Config, Problems> {
    fault::check::limits(&config).or(config)
}

/// Loads files over which others may layer, or which may layer over others: their faults may name limits of those.
pub(crate) fn load_part(
    sources: &[Source],
    known: &dyn Fn(&Pattern) -> bool,
    ids: &RuleIds,
) -> Result<Config, Problems> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    for source in sources {
        match Node::from_toml(&source.name, &source.text) {
            Ok(root) => files.push(check(&root, known, &mut problems)),
            Err(problem) => problems.push(problem),
        }
    }
    Problems(problems).or(()).map(|()| layer(files, ids))
}

/// Loads limits from JSON: `{"response":{},"limit":[],"latency":[],"fault":[]}`.
pub(crate) fn load_json(
    name: &str,
    json: &serde_json::Value,
    known: &dyn Fn(&Pattern) -> bool,
    ids: &RuleIds,
) -> Result<Config, Problems> {
    let mut problems = Vec::new();
    let file = check(&Node::from_json(name, json), known, &mut problems);
    Problems(problems).or(()).map(|()| layer(vec![file], ids)).and_then(linked)
}

/// The fault of a JSON object with the keys of a `[[fault]]`.
pub(super) fn load_fault(
    name: &str,
    json: &serde_json::Value,
    known: &dyn Fn(&Pattern) -> bool,
) -> Result<Vec<Fault>, Problems> {
    let mut problems = Vec::new();
    let entry = fault::read::read(&Node::from_json(name, json), &mut problems);
    let file = LimitsFile { faults: entry.into_iter().collect(), ..LimitsFile::default() };
    check_entries(&file, known, &mut problems);
    Problems(problems).or(file.faults.into_iter().filter_map(fault::read::assemble).collect())
}

/// Checks one file, with its problems in the order of its lines.
fn check(root: &Node, known: &dyn Fn(&Pattern) -> bool, problems: &mut Vec<Problem>) -> LimitsFile {
    let mut own = Vec::new();
    let file = file::read(root, &mut own);
    check_entries(&file, known, &mut own);
    own.sort_by_key(|problem| (problem.location.line, problem.location.column));
    problems.append(&mut own);
    file
}

fn check_entries(file: &LimitsFile, known: &dyn Fn(&Pattern) -> bool, problems: &mut Vec<Problem>) {
    unknown_patterns(file, known, problems);
    fault::check::entries(&file.faults, problems);
    duplicates(file.limits.iter().filter_map(|limit| named(limit.name.as_ref())), "limit", problems);
    duplicates(file.latencies.iter().filter_map(matched), "latency for", problems);
    duplicates(file.faults.iter().filter_map(|fault| named(fault.name.as_ref())), "fault", problems);
}

/// The most patterns without an operation that are reported. A file for another API has thousands.
const MOST_UNKNOWN: usize = 20;

fn unknown_patterns(file: &LimitsFile, known: &dyn Fn(&Pattern) -> bool, problems: &mut Vec<Problem>) {
    let of_limits = file.limits.iter().flat_map(|limit| &limit.patterns);
    let of_latencies = file.latencies.iter().flat_map(|latency| &latency.patterns);
    let of_faults = file.faults.iter().flat_map(|fault: &FaultEntry| &fault.patterns);
    let unknown = of_limits.chain(of_latencies).chain(of_faults).filter(|pattern| !known(&pattern.value));
    let unknown: Vec<_> = unknown.collect();
    let mut add = |pattern: &Located<Pattern>, message: String| {
        let expected = "the method and path of an emulated operation";
        problems.push(Problem::new(&pattern.location, message, expected));
    };
    for pattern in unknown.iter().take(MOST_UNKNOWN) {
        add(pattern, format!("\"{}\" matches no operation", excerpt(&pattern.value.to_string())));
    }
    if let Some(next) = unknown.get(MOST_UNKNOWN) {
        add(next, format!("{} more patterns match no operation", unknown.len() - MOST_UNKNOWN));
    }
}

fn named(name: Option<&Located<String>>) -> Option<(String, &Location)> {
    name.map(|name| (format!("{:?}", name.value), &name.location))
}

/// Two latencies without a readable `match` are two latencies.
fn matched(latency: &LatencyEntry) -> Option<(String, &Location)> {
    (!latency.patterns.is_empty()).then(|| (format!("{:?}", texts(&latency.patterns)), &latency.location))
}

fn duplicates<'a>(
    entries: impl Iterator<Item = (String, &'a Location)>,
    what: &str,
    problems: &mut Vec<Problem>,
) {
    let mut seen: HashMap<String, &Location> = HashMap::new();
    for (name, location) in entries {
        if let Some(first) = seen.get(&name) {
            let message = format!("a second {what} {}, after {first}", excerpt(&name));
            problems.push(Problem::new(location, message, "one per file"));
        } else {
            seen.insert(name, location);
        }
    }
}

fn layer(files: Vec<LimitsFile>, ids: &RuleIds) -> Config {
    let mut config = Config::default();
    for file in files {
        merge(&mut config.response, file.response);
        for limit in file.limits.into_iter().filter_map(assemble) {
            put(&mut config.limits, limit, |a, b| a.rule.name == b.rule.name);
        }
        for latency in file.latencies.into_iter().filter_map(assemble_latency) {
            put(&mut config.latencies, latency, |a, b| a.matches == b.matches);
        }
        for fault in file.faults.into_iter().filter_map(fault::read::assemble) {
            put(&mut config.faults, fault, |a, b| a.name == b.name);
        }
    }
    for Limit { rule, .. } in &mut config.limits {
        rule.id = ids.allot(&rule.name, &rule.algorithm, rule.scope);
    }
    config.warnings = config.limits.iter().flat_map(advice::of_limit).collect();
    config.index = Index::without_operations(&Indexed::of(&config));
    config
}

fn merge(response: &mut Response, entry: ResponseEntry) {
    response.headers = entry.headers.unwrap_or(response.headers);
    response.explain = entry.explain.unwrap_or(response.explain);
    response.reason_phrase = entry.reason_phrase.unwrap_or(response.reason_phrase);
}

pub(super) fn put<T>(entries: &mut Vec<T>, entry: T, same: impl Fn(&T, &T) -> bool) {
    match entries.iter_mut().find(|old| same(old, &entry)) {
        Some(old) => *old = entry,
        None => entries.push(entry),
    }
}

/// Whole entries only; in a file without problems every one is whole.
fn assemble(entry: LimitEntry) -> Option<Limit> {
    let algorithm = entry.algorithm?;
    let rule = Rule {
        id: RuleId(0),
        name: entry.name?.value.into(),
        namespace: entry.namespace?.into(),
        key: entry.key?.into(),
        scope: entry.scope?,
        algorithm,
        retry_after: entry.retry_after,
        lockout: entry.lockout,
        count_refused: entry.count_refused,
        cost: entry.cost,
        value: entry.value.unwrap_or(u64::from(algorithm.capacity())),
        mode: entry.mode,
        source: entry.source,
    };
    let matches = texts(&entry.patterns);
    Some(Limit {
        rule,
        patterns: values(entry.patterns),
        grants: entry.grants,
        place: entry.place,
        on_store_failure: entry.on_store_failure,
        matches,
        location: entry.location,
    })
}

fn assemble_latency(entry: LatencyEntry) -> Option<Latency> {
    let matches = texts(&entry.patterns);
    Some(Latency {
        base: entry.base?,
        patterns: values(entry.patterns),
        throttled: entry.throttled,
        rises_from: entry.rises_from,
        matches,
        location: entry.location,
    })
}

pub(super) fn texts(patterns: &[Located<Pattern>]) -> Vec<String> {
    patterns.iter().map(|pattern| pattern.value.to_string()).collect()
}

pub(super) fn values(patterns: Vec<Located<Pattern>>) -> Vec<Pattern> {
    patterns.into_iter().map(|pattern| pattern.value).collect()
}
