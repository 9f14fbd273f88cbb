//! Aggregates of what happens once each: evaluations, surveys and runs of flows. In the other families nothing happens
//! here, and a sound query has no results.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::bounds::{check_cells, read_names, read_query};
use super::facts;
use super::filter::{Condition, Filter, read_filters};
use super::time::{Interval, read_interval, read_step};
use super::view::{View, read_views};
use crate::api::call::Call;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::parse_rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

type Body = Map<String, Value>;

/// The families that have jobs as well.
pub(super) const FAMILIES_WITH_JOBS: [&str; 13] = [
    "actions",
    "bots",
    "casemanagement",
    "evaluations",
    "flowexecutions",
    "flows",
    "journeys",
    "knowledge",
    "resolutions",
    "summaries",
    "surveys",
    "taskmanagement",
    "transcripts",
];

pub(super) fn routes() -> Vec<Route> {
    let all = FAMILIES_WITH_JOBS.into_iter().chain(["agentcopilots"]);
    all.map(|family| Route::post(&format!("/api/v2/analytics/{family}/aggregates/query"), query)).collect()
}

/// Something that happened once: its dimensions and its metrics.
pub(super) struct Sample {
    pub(super) facts: Body,
    pub(super) metrics: Vec<(&'static str, f64)>,
}

/// The samples of the family of a path, and the dimension by which they are dated.
fn samples(organization: &Organization, path: &str, now: Nanos) -> (Vec<Sample>, &'static str) {
    let family = path.strip_prefix("/api/v2/analytics/").and_then(|below| below.split('/').next());
    match family {
        Some("evaluations") => (facts::evaluations(organization, now), "evaluationCreatedDate"),
        Some("surveys") => (facts::surveys(organization, now), "surveyCreatedDate"),
        Some("flows") => {
            let mut all = facts::runs(organization, now);
            all.extend(facts::flows_of_conversations(organization, now));
            (all, "eventTime")
        }
        Some("flowexecutions") => (facts::runs(organization, now), "eventTime"),
        _ => (Vec::new(), "eventTime"),
    }
}

/// A query as it was asked.
struct Query<'b> {
    interval: Interval,
    step: Nanos,
    metrics: Vec<&'b str>,
    groups: Vec<&'b str>,
    views: Vec<View<'b>>,
    filters: Vec<Filter<Predicate>>,
    time: Option<&'b str>,
}

/// A predicate on a dimension.
struct Predicate {
    dimension: String,
    /// The value that is asked for. `None` asks for any.
    wanted: Option<String>,
    /// Whether the dimension must be missing.
    missing: bool,
}

impl Predicate {
    /// Reads a predicate; `None` if it asks nothing.
    fn read(value: &Value) -> Result<Option<Self>, ApiError> {
        let Some(dimension) = value.get("dimension").and_then(Value::as_str) else { return Ok(None) };
        let condition = Condition::read(value)?;
        let missing = matches!(condition, Condition::Missing);
        let wanted = if let Condition::Is(wanted) = condition { Some(wanted.to_owned()) } else { None };
        Ok(Some(Self { dimension: dimension.to_owned(), wanted, missing }))
    }

    fn is_met(&self, facts: &Body) -> bool {
        match (dimension(facts, &self.dimension), &self.wanted) {
            (None, _) => self.missing,
            (Some(_), None) => !self.missing,
            (Some(value), Some(wanted)) => value.eq_ignore_ascii_case(wanted),
        }
    }
}

/// The value of a dimension as text.
fn dimension(facts: &Body, name: &str) -> Option<String> {
    match facts.get(name)? {
        Value::Null => None,
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        other => Some(other.to_string()),
    }
}

impl<'b> Query<'b> {
    fn read(body: &'b Body) -> Result<Self, ApiError> {
        let interval = read_interval(body)?;
        let metrics = read_names(body, "metrics")?;
        if metrics.is_empty() {
            return Err(ApiError::bad_request(
                "The property metrics is required and must be an array of at least one string.",
            ));
        }
        Ok(Self {
            interval,
            step: read_step(body, interval)?,
            metrics,
            groups: read_names(body, "groupBy")?,
            views: read_views(body)?,
            filters: read_filters(body, &["filter"], &Predicate::read)?,
            time: body.get("alternateTimeDimension").and_then(Value::as_str),
        })
    }

    /// Whether a sample matches the filters, and the number of its part of the interval.
    fn part_of(&self, sample: &Sample, dated_by: &str) -> Option<u64> {
        let at = sample.facts.get(self.time.unwrap_or(dated_by))?.as_str().and_then(parse_rfc3339)?;
        let is_met = |predicate: &Predicate| predicate.is_met(&sample.facts);
        let matches = self.filters.iter().all(|filter| filter.holds(&is_met));
        self.interval.number(at, self.step).filter(|_| matches)
    }
}

/// The values of one metric.
#[derive(Clone, Copy)]
struct Stats {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

impl Default for Stats {
    fn default() -> Self {
        Self { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Stats {
    fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// A metric that counts has its count alone.
    fn to_json(self, metric: &str) -> Value {
        if metric.starts_with('n') {
            return json!({ "count": self.count });
        }
        json!({ "max": self.max, "min": self.min, "count": self.count, "sum": self.sum })
    }
}

/// The metrics and views of one group and part of the interval.
#[derive(Default)]
struct Cell<'b> {
    metrics: BTreeMap<&'b str, Stats>,
    views: BTreeMap<usize, Stats>,
}

/// The values by group and part of the interval.
type Table<'b> = BTreeMap<Vec<Option<String>>, BTreeMap<u64, Cell<'b>>>;

impl<'b> Cell<'b> {
    fn len(&self) -> usize {
        self.metrics.len() + self.views.len()
    }

    fn add(&mut self, query: &Query<'b>, (metric, value): (&str, f64)) {
        if let Some(name) = query.metrics.iter().find(|name| **name == metric) {
            self.metrics.entry(name).or_default().add(value);
        }
        for (position, view) in query.views.iter().enumerate() {
            if view.target == metric && view.range.has(value) {
                self.views.entry(position).or_default().add(value);
            }
        }
    }

    /// `None` where nothing was counted.
    fn to_json(&self, query: &Query<'b>, number: u64) -> Option<Value> {
        let metrics = query.metrics.iter().filter_map(|name| Some((name, self.metrics.get(name)?)));
        let metrics: Vec<_> =
            metrics.map(|(name, stats)| json!({ "metric": name, "stats": stats.to_json(name) })).collect();
        let views = query.views.iter().enumerate();
        let views = views.filter_map(|(position, view)| Some((view, self.views.get(&position)?)));
        let views: Vec<_> = views
            .map(|(view, stats)| json!({ "name": view.name, "stats": stats.to_json(view.target) }))
            .collect();
        let interval = query.interval.part(number, query.step);
        let mut shown = json!({ "interval": interval, "metrics": metrics });
        if !views.is_empty() {
            shown["views"] = json!(views);
        }
        (!metrics.is_empty() || !views.is_empty()).then_some(shown)
    }
}

/// Checks the interval, the granularity and the metrics of a query.
pub(super) fn check(body: &Body) -> Result<(), ApiError> {
    Query::read(body).map(drop)
}

fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&json!({ "results": results(call, &read_query(call)?)? }))
}

/// The groups of a query, with their values by interval.
pub(super) fn results(call: &Call<'_>, body: &Body) -> Result<Vec<Value>, ApiError> {
    let query = Query::read(body)?;
    let (samples, dated_by) = samples(&call.tenant().read(), call.path, call.now);
    let table = count(&query, &samples, dated_by);
    check_cells(table.values().flat_map(BTreeMap::values).map(Cell::len).sum())?;
    Ok(table.iter().filter_map(|(group, cells)| group_to_json(&query, group, cells)).collect())
}

fn count<'b>(query: &Query<'b>, samples: &[Sample], dated_by: &str) -> Table<'b> {
    let mut table = Table::new();
    for sample in samples {
        let Some(number) = query.part_of(sample, dated_by) else { continue };
        let group = query.groups.iter().map(|group| dimension(&sample.facts, group)).collect();
        let cell = table.entry(group).or_default().entry(number).or_default();
        sample.metrics.iter().for_each(|metric| cell.add(query, *metric));
    }
    table
}

/// `None` where nothing was counted in the group.
fn group_to_json<'b>(
    query: &Query<'b>,
    group: &[Option<String>],
    cells: &BTreeMap<u64, Cell<'b>>,
) -> Option<Value> {
    let data: Vec<_> = cells.iter().filter_map(|(number, cell)| cell.to_json(query, *number)).collect();
    let group = query.groups.iter().zip(group);
    let group = group.filter_map(|(name, value)| Some(((*name).to_owned(), json!(value.as_ref()?))));
    (!data.is_empty()).then(|| json!({ "group": group.collect::<Body>(), "data": data }))
}
