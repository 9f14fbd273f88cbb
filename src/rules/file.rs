//! A limits file as written. Every entry is read by itself, so that all mistakes are reported.
//!
//! A missing or wrong value is a problem and a `None`. `compile` uses the complete entries.

use std::time::Duration;

use gcmock_limit::{Algorithm, Cost, Hold, Mode, Scopes, Source};

use super::fault::read::{self as fault, FaultEntry};
use super::grant::Grants;
use super::kinds::{
    ALGORITHM, AlgorithmKind, BOOL, COUNT, DURATION, GRANT, HEADER_SET, HOLD, HeaderSet, MODE, NAME,
    ON_STORE_FAILURE, PLACE, POSITIVE_DURATION, SCOPE, SHARE, SOURCE, UNITS, text,
};
use super::problem::{Location, Problem};
use super::reader::{Kind, Located, Reader};
use super::tree::{Node, Value};
use super::{Delay, HeaderSets, OnStoreFailure, Pattern, Place};
use crate::time::Nanos;

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct LimitsFile {
    pub(super) response: ResponseEntry,
    pub(super) limits: Vec<LimitEntry>,
    pub(super) latencies: Vec<LatencyEntry>,
    pub(super) faults: Vec<FaultEntry>,
}

/// `[response]`. A key that is not written comes from an earlier file or the defaults.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ResponseEntry {
    pub(super) headers: Option<HeaderSets>,
    pub(super) explain: Option<bool>,
    pub(super) reason_phrase: Option<bool>,
}

/// One `[[limit]]`.
#[derive(Clone, Debug)]
pub(super) struct LimitEntry {
    pub(super) location: Location,
    pub(super) name: Option<Located<String>>,
    pub(super) namespace: Option<String>,
    pub(super) key: Option<String>,
    pub(super) scope: Option<Scopes>,
    pub(super) patterns: Vec<Located<Pattern>>,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) retry_after: Option<u32>,
    pub(super) lockout: Option<Nanos>,
    pub(super) count_refused: bool,
    pub(super) cost: Cost,
    pub(super) grants: Option<Grants>,
    pub(super) value: Option<u64>,
    pub(super) mode: Mode,
    pub(super) source: Source,
    pub(super) place: Option<Place>,
    pub(super) on_store_failure: OnStoreFailure,
}

/// One `[[latency]]`.
#[derive(Clone, Debug)]
pub(super) struct LatencyEntry {
    pub(super) location: Location,
    pub(super) patterns: Vec<Located<Pattern>>,
    pub(super) base: Option<Delay>,
    pub(super) throttled: Option<Duration>,
    pub(super) rises_from: Option<f64>,
}

const BASE_EXPECTED: &str = "a duration or { median = \"200ms\", p99 = \"450ms\" }";
const COST_EXPECTED: &str = "an integer from 1 to 4294967294 or { query = \"pageSize\", default = 25 }";

/// Reads a file's tree; its mistakes go to `problems`.
pub(super) fn read(root: &Node, problems: &mut Vec<Problem>) -> LimitsFile {
    let mut file = LimitsFile::default();
    let Some(mut top) = Reader::open(root, "the file", problems) else { return file };
    let response = top.get("response");
    let limits = entries(&mut top, "limit", "[[limit]] tables");
    let latencies = entries(&mut top, "latency", "[[latency]] tables");
    let faults = entries(&mut top, "fault", "[[fault]] tables");
    top.finish();
    if let Some(node) = response {
        file.response = read_response(node, problems);
    }
    file.limits = limits.iter().filter_map(|node| read_limit(node, problems)).collect();
    file.latencies = latencies.iter().filter_map(|node| read_latency(node, problems)).collect();
    file.faults = faults.iter().filter_map(|node| fault::read(node, problems)).collect();
    file
}

fn entries<'a>(top: &mut Reader<'a, '_>, key: &'static str, expected: &str) -> &'a [Node] {
    top.get(key).map_or(&[], |node| top.elements(key, node, expected))
}

fn read_response(node: &Node, problems: &mut Vec<Problem>) -> ResponseEntry {
    let Some(mut table) = Reader::open(node, "`response`", problems) else { return ResponseEntry::default() };
    let sets = table.get("headers").map(|node| table.list("headers", node, &HEADER_SET));
    let entry = ResponseEntry {
        headers: sets.map(|sets| header_sets(&sets)),
        explain: table.optional("explain", &BOOL),
        reason_phrase: table.optional("reason_phrase", &BOOL),
    };
    table.finish();
    entry
}

fn header_sets(sets: &[HeaderSet]) -> HeaderSets {
    HeaderSets {
        x_ratelimit: sets.contains(&HeaderSet::XRatelimit),
        inin: sets.contains(&HeaderSet::Inin),
        ietf: sets.contains(&HeaderSet::Ietf),
    }
}

fn read_limit(node: &Node, problems: &mut Vec<Problem>) -> Option<LimitEntry> {
    let mut table = Reader::open(node, "`limit`", problems)?;
    let entry = LimitEntry {
        location: table.location().clone(),
        name: read_name(&mut table),
        namespace: table.required("namespace", &NAME),
        key: table.required("key", &NAME),
        scope: read_scope(&mut table),
        patterns: read_patterns(&mut table),
        algorithm: read_algorithm(&mut table),
        retry_after: table.optional("retry_after", &DURATION).map(whole_seconds),
        lockout: table.optional("lockout", &POSITIVE_DURATION),
        count_refused: table.optional("count_refused", &BOOL).unwrap_or(false),
        cost: read_cost(&mut table).unwrap_or(Cost::Fixed(1)),
        grants: read_grants(&mut table),
        value: table.optional("value", &COUNT),
        mode: table.optional("mode", &MODE).unwrap_or(Mode::Enforce),
        source: table.optional("source", &SOURCE).unwrap_or(Source::Assumed),
        place: table.optional("store", &PLACE),
        on_store_failure: table.optional("on_store_failure", &ON_STORE_FAILURE).unwrap_or_default(),
    };
    table.finish();
    Some(entry)
}

pub(super) fn read_name(table: &mut Reader<'_, '_>) -> Option<Located<String>> {
    let location = table.get("name").map(|node| node.location.clone());
    let value = table.required("name", &NAME)?;
    Some(Located { value, location: location? })
}

fn read_scope(table: &mut Reader<'_, '_>) -> Option<Scopes> {
    let node = table.need("scope", "an array of scopes such as [\"tenant\"], [] for the whole server")?;
    let scopes = table.list("scope", node, &SCOPE);
    Some(scopes.into_iter().fold(Scopes::default(), Scopes::with))
}

pub(super) fn read_grants(table: &mut Reader<'_, '_>) -> Option<Grants> {
    let node = table.get("grant")?;
    let grants = table.list("grant", node, &GRANT);
    refuse_empty(table, "grant", node, GRANT.expected);
    Some(grants.into_iter().fold(Grants::default(), Grants::with))
}

fn refuse_empty(table: &mut Reader<'_, '_>, key: &str, node: &Node, expected: &str) {
    if matches!(&node.value, Value::Array(nodes) if nodes.is_empty()) {
        table.problem(&node.location, format!("`{key}` is empty"), &format!("at least one of {expected}"));
    }
}

pub(super) fn read_patterns(table: &mut Reader<'_, '_>) -> Vec<Located<Pattern>> {
    const EXPECTED: &str = "\"METHOD path\", such as \"GET /api/v2/users/*\"";
    let expected_list = format!("an array of {EXPECTED}");
    let Some(node) = table.need("match", &expected_list) else { return Vec::new() };
    refuse_empty(table, "match", node, EXPECTED);
    let nodes = table.elements("match", node, EXPECTED);
    nodes.iter().filter_map(|node| read_pattern(table, node, EXPECTED)).collect()
}

fn read_pattern(table: &mut Reader<'_, '_>, node: &Node, expected: &str) -> Option<Located<Pattern>> {
    let parsed = text(node).ok_or_else(|| expected.to_owned()).and_then(Pattern::parse);
    match parsed {
        Ok(value) => Some(Located { value, location: node.location.clone() }),
        Err(expected) => {
            table.problem(&node.location, format!("`match` is {}", node.display()), &expected);
            None
        }
    }
}

/// Which keys belong to a limit depends on its algorithm; without one, none is refused.
fn read_algorithm(table: &mut Reader<'_, '_>) -> Option<Algorithm> {
    let kind = table.required("algorithm", &ALGORITHM);
    let capacity = table.required("capacity", &UNITS);
    match kind {
        Some(AlgorithmKind::TokenBucket) => {
            table.forbid("hold", "a token-bucket", "capacity, refill and period");
            let refill = table.required("refill", &UNITS);
            let period = table.required("period", &POSITIVE_DURATION);
            Some(Algorithm::TokenBucket { capacity: capacity?, refill: refill?, period: period? })
        }
        Some(AlgorithmKind::FixedWindow) => {
            table.forbid("refill", "a fixed-window", "capacity and period");
            table.forbid("hold", "a fixed-window", "capacity and period");
            let period = table.required("period", &POSITIVE_DURATION);
            Some(Algorithm::FixedWindow { capacity: capacity?, period: period? })
        }
        Some(AlgorithmKind::Concurrency) => {
            table.forbid("refill", "a concurrency", "capacity and hold");
            table.forbid("period", "a concurrency", "capacity and hold");
            let hold = table.optional("hold", &HOLD).unwrap_or(Hold::Request);
            Some(Algorithm::Concurrency { capacity: capacity?, hold })
        }
        None => {
            table.optional("refill", &UNITS);
            table.optional("period", &POSITIVE_DURATION);
            table.optional("hold", &HOLD);
            None
        }
    }
}

/// A number, or a table that names the query parameter that holds it.
fn read_cost(table: &mut Reader<'_, '_>) -> Option<Cost> {
    let node = table.get("cost")?;
    if !matches!(node.value, Value::Table(_)) {
        let units = Kind { expected: COST_EXPECTED, read: UNITS.read };
        return table.optional("cost", &units).map(Cost::Fixed);
    }
    let mut inner = table.inside(node, "`cost`")?;
    let name = inner.required("query", &NAME);
    let default = inner.required("default", &UNITS);
    inner.finish();
    Some(Cost::Query { name: name?.into(), default: default? })
}

fn read_latency(node: &Node, problems: &mut Vec<Problem>) -> Option<LatencyEntry> {
    let mut table = Reader::open(node, "`latency`", problems)?;
    let patterns = read_patterns(&mut table);
    let base = read_base(&mut table);
    let throttled = table.optional("throttled", &DURATION).map(Duration::from_nanos);
    let rises_from = table.optional("rises_from", &SHARE);
    if let Some(node) = table.get("rises_from")
        && table.get("throttled").is_none()
    {
        table.problem(
            &node.location,
            "`rises_from` without `throttled`",
            "`throttled`, the delay it rises to",
        );
    }
    table.finish();
    Some(LatencyEntry { location: node.location.clone(), patterns, base, throttled, rises_from })
}

/// A duration, or a table with the median and the 99th percentile.
fn read_base(table: &mut Reader<'_, '_>) -> Option<Delay> {
    let node = table.need("base", BASE_EXPECTED)?;
    if !matches!(node.value, Value::Table(_)) {
        let fixed = Kind { expected: BASE_EXPECTED, read: DURATION.read };
        return table.optional("base", &fixed).map(|nanos| Delay::Fixed(Duration::from_nanos(nanos)));
    }
    let mut inner = table.inside(node, "`base`")?;
    let median = inner.required("median", &POSITIVE_DURATION).map(Duration::from_nanos);
    let p99 = inner.required("p99", &POSITIVE_DURATION).map(Duration::from_nanos);
    let location = inner.get("p99").map_or(&node.location, |node| &node.location);
    if p99 < median && p99.is_some() {
        inner.problem(location, "`p99` is less than `median`", "at least the median");
    }
    inner.finish();
    Some(Delay::LogNormal { median: median?, p99: p99? })
}

/// Rounded up, at least 1; no accepted duration has more seconds than fit.
pub(super) fn whole_seconds(nanos: Nanos) -> u32 {
    u32::try_from(nanos.div_ceil(1_000_000_000)).unwrap_or(u32::MAX).max(1)
}
