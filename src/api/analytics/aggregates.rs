//! Metrics of conversations by group and interval.

use std::collections::{BTreeMap, HashMap};

use foldhash::quality::RandomState;
use serde_json::{Map, Value, json};
use smallvec::SmallVec;
use uuid::Uuid;

use super::bounds::{check_cells, read_names, read_query};
use super::filter::{Filters, Range};
use super::time::{Interval, read_interval, read_step};
use super::{value_to_json, view};
use crate::api::call::Call;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Dimension, DimensionValue, Emission, Facet, Glance, Medium, Metric};
use crate::world::id::Id;

/// The values of one metric.
#[derive(Clone, Copy, Debug)]
struct Stats {
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl Stats {
    fn add(&mut self, value: u64) {
        self.count += 1;
        self.sum = self.sum.saturating_add(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
}

impl Default for Stats {
    fn default() -> Self {
        Self { count: 0, sum: 0, min: u64::MAX, max: 0 }
    }
}

/// The metrics of one group and interval.
#[derive(Debug, Default)]
struct Cell {
    stats: BTreeMap<Metric, Stats>,
    /// The values of each view, by its position.
    views: BTreeMap<usize, Stats>,
    conversations: u64,
    /// The conversation that was counted last: each is counted once.
    last: Option<Uuid>,
}

impl Cell {
    fn count_conversation(&mut self, id: Uuid) {
        if self.last.replace(id) != Some(id) {
            self.conversations += 1;
        }
    }
}

type Group = SmallVec<[Option<DimensionValue>; 2]>;

/// The values by group and part of the interval.
#[derive(Debug, Default)]
struct Table {
    rows: HashMap<Group, BTreeMap<u64, Cell>, RandomState>,
    /// How many values there are.
    cells: usize,
}

/// The metric that counts conversations: of every session, so it belongs to none.
const CONVERSATIONS: &str = "nConversations";

/// A query as it was asked.
pub(super) struct Query {
    interval: Interval,
    step: Nanos,
    metrics: Vec<String>,
    /// The known metrics among them, one bit each.
    wanted: u64,
    groups: Vec<Dimension>,
    views: Vec<View>,
}

/// A metric of which only the values within a range count.
struct View {
    name: String,
    /// `None` for one that gcmock does not have.
    metric: Option<Metric>,
    range: Range,
}

impl View {
    fn of(view: &view::View<'_>) -> Self {
        let metric = Metric::from_name(view.target);
        Self { name: view.name.to_owned(), metric, range: view.range }
    }
}

/// The bit of a metric.
const fn bit(metric: Metric) -> u64 {
    1 << metric as u64
}

impl Query {
    /// The share of conversations that a group is to answer in time: that of its queue and medium, or of a call where it
    /// has none.
    fn target(&self, organization: &Organization, group: &Group) -> f64 {
        let value = |wanted: Dimension| {
            let at = self.groups.iter().position(|dimension| *dimension == wanted)?;
            group.get(at)?.clone()
        };
        let queue = value(Dimension::QueueId).and_then(|queue| match queue {
            DimensionValue::Id(id) => Some(Id::new(id)),
            _ => None,
        });
        let of_word = |word| Medium::ALL.iter().copied().find(|medium| medium.analytics() == word);
        let medium = value(Dimension::MediaType).and_then(|medium| match medium {
            DimensionValue::Word(word) => of_word(word),
            _ => None,
        });
        organization.acd().service_level(queue, medium.unwrap_or(Medium::Call)).share
    }

    /// Reads the interval, the granularity, the metrics and the groups. Dimensions that gcmock does not have are left
    /// out.
    pub(super) fn read(body: &Map<String, Value>) -> Result<Self, ApiError> {
        let interval = read_interval(body)?;
        let metrics = read_names(body, "metrics")?;
        if metrics.is_empty() {
            return Err(ApiError::bad_request(
                "The property metrics is required and must be an array of at least one string.",
            ));
        }
        let mut groups: Vec<_> =
            read_names(body, "groupBy")?.into_iter().filter_map(Dimension::from_name).collect();
        groups.sort_by_key(|group| group.name());
        groups.dedup();
        let step = read_step(body, interval)?;
        let wanted = metrics
            .iter()
            .filter_map(|name| Metric::from_name(name))
            .fold(0, |all, metric| all | bit(metric));
        let metrics = metrics.into_iter().map(str::to_owned).collect();
        let views = view::read_views(body)?.iter().map(View::of).collect();
        Ok(Self { interval, step, metrics, wanted, groups, views })
    }

    /// The positions of the views that count a value.
    #[expect(clippy::cast_precision_loss, reason = "ranges are given as floating point numbers")]
    fn views_of(&self, metric: Metric, value: u64) -> impl Iterator<Item = usize> {
        let all = self.views.iter().enumerate();
        let counting =
            all.filter(move |(_, view)| view.metric == Some(metric) && view.range.has(value as f64));
        counting.map(|(position, _)| position)
    }
}

/// `POST …/aggregates/query`. Intervals without values are left out, as the vendor does.
pub(super) fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&json!({ "results": results(call, &read_query(call)?)? }))
}

/// The groups of a query, with their values by interval.
pub(super) fn results(call: &Call<'_>, body: &Map<String, Value>) -> Result<Value, ApiError> {
    let query = Query::read(body)?;
    let organization = call.tenant().read();
    let filters = Filters::read(body, &["filter"], &organization)?;
    let mut table = Table::default();
    for glance in organization.past_and_present().filter(|glance| glance.opened() < query.interval.end) {
        count(&query, (&organization, &filters), &glance, call.now, &mut table);
        check_cells(table.cells)?;
    }
    Ok(to_json(&query, &organization, table))
}

fn count(
    query: &Query,
    (organization, filters): (&Organization, &Filters<'_>),
    glance: &Glance<'_>,
    now: Nanos,
    table: &mut Table,
) {
    let (parties, Table { rows, cells }) = (glance.parties(now), table);
    for facet in Facet::all(organization, glance, &parties).filter(|facet| filters.match_session(facet)) {
        let group: Group = query.groups.iter().map(|group| facet.value(*group)).collect();
        let row = rows.entry(group).or_default();
        if let Some(number) = query.interval.number(glance.opened(), query.step) {
            row.entry(number).or_default().count_conversation(glance.id());
        }
        facet.emit(&mut |Emission { metric, value, at }| {
            let Some(number) = query.interval.number(at, query.step) else { return };
            if query.wanted & bit(metric) != 0 {
                add(&mut row.entry(number).or_default().stats, metric, value, cells);
            }
            for view in query.views_of(metric, value) {
                add(&mut row.entry(number).or_default().views, view, value, cells);
            }
        });
    }
}

/// Adds a value under `key`, and counts a key that is new.
fn add<K: Ord>(all: &mut BTreeMap<K, Stats>, key: K, value: u64, cells: &mut usize) {
    let stats = all.entry(key).or_default();
    *cells += usize::from(stats.count == 0);
    stats.add(value);
}

fn to_json(query: &Query, organization: &Organization, table: Table) -> Value {
    let mut rows: Vec<_> = table
        .rows
        .into_iter()
        .filter_map(|(group, cells)| {
            let target = query.target(organization, &group);
            let data: Vec<_> = cells
                .iter()
                .filter_map(|(number, cell)| interval_to_json(query, target, *number, cell))
                .collect();
            let group = query.groups.iter().zip(&group).filter_map(|(dimension, value)| {
                Some((dimension.name().to_owned(), value_to_json(organization, value.as_ref()?)))
            });
            (!data.is_empty()).then(|| (group.collect::<Map<_, _>>(), data))
        })
        .collect();
    rows.sort_by_key(|(group, _)| group.values().map(Value::to_string).collect::<Vec<_>>());
    rows.into_iter().map(|(group, data)| json!({ "group": group, "data": data })).collect()
}

/// The metrics of one interval, in the order in which they were asked for. `None` where there are none.
fn interval_to_json(query: &Query, target: f64, number: u64, cell: &Cell) -> Option<Value> {
    let metrics: Vec<_> = query
        .metrics
        .iter()
        .filter_map(|name| {
            let stats = match Metric::from_name(name) {
                Some(metric) => stats_to_json(metric, target, cell.stats.get(&metric)?),
                None if name == CONVERSATIONS && cell.conversations > 0 => {
                    json!({ "count": cell.conversations })
                }
                None => return None,
            };
            Some(json!({ "metric": name, "stats": stats }))
        })
        .collect();
    let interval = query.interval.part(number, query.step);
    let views = query.views.iter().enumerate().filter_map(|(position, view)| {
        let stats = stats_to_json(view.metric?, target, cell.views.get(&position)?);
        Some(json!({ "name": view.name, "stats": stats }))
    });
    let views: Vec<_> = views.collect();
    if metrics.is_empty() && views.is_empty() {
        return None;
    }
    let mut shown = json!({ "interval": interval, "metrics": metrics });
    if !views.is_empty() {
        shown["views"] = json!(views);
    }
    Some(shown)
}

#[expect(clippy::cast_precision_loss, reason = "the vendor writes these as floating point numbers")]
fn stats_to_json(metric: Metric, target: f64, stats: &Stats) -> Value {
    let Stats { count, sum, min, max } = *stats;
    match metric {
        Metric::OServiceLevel => json!({
            "ratio": sum as f64 / count as f64,
            "numerator": sum as f64,
            "denominator": count as f64,
            "target": target,
        }),
        time if time.is_time() => json!({
            "max": max as f64,
            "min": min as f64,
            "count": count,
            "sum": sum as f64,
        }),
        _ => json!({ "count": sum }),
    }
}
