//! Counts of conversations by group and interval.

use std::collections::BTreeMap;

use jiff::{Span, SpanRelativeTo};
use serde_json::{Map, Value, json};

use super::{Filter, dimension, read_interval};
use crate::api::call::Call;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::conversation::Direction;

/// The number of conversations of one group and interval.
#[derive(Default)]
struct Counts {
    inbound: u64,
    outbound: u64,
}

impl Counts {
    /// The metric `name`; `None` if gcmock does not have it.
    fn metric(&self, name: &str) -> Option<u64> {
        match name {
            "nOffered" => Some(self.inbound),
            "nOutbound" => Some(self.outbound),
            "nConversations" | "nConnected" => Some(self.inbound + self.outbound),
            _ => None,
        }
    }
}

type Group = Vec<(&'static str, String)>;
type Table = BTreeMap<Group, BTreeMap<u64, Counts>>;

/// The dimensions that gcmock groups by.
const DIMENSIONS: [&str; 6] =
    ["mediaType", "messageType", "direction", "originatingDirection", "queueId", "userId"];

/// `POST …/aggregates/query`. Intervals without conversations are left out, as the vendor does.
pub(super) fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (start, end) = read_interval(&body)?;
    let metrics = read_names(&body, "metrics")?;
    if metrics.is_empty() {
        return Err(ApiError::bad_request(
            "The property metrics is required and must be an array of at least one string.",
        ));
    }
    let groups = read_names(&body, "groupBy")?;
    let by: Vec<_> = DIMENSIONS.into_iter().filter(|name| groups.contains(name)).collect();
    let step = read_granularity(&body)?.unwrap_or_else(|| end.saturating_sub(start)).max(1);
    let table = count_groups(call, &body, (start, end, step), &by)?;
    let results: Vec<_> = table
        .into_iter()
        .map(|(group, intervals)| {
            let group: BTreeMap<_, _> = group.into_iter().collect();
            let data = intervals.into_iter().map(|(number, counts)| {
                let from = start + number * step;
                json!({
                    "interval": format!("{}/{}", rfc3339(from), rfc3339(end.min(from.saturating_add(step)))),
                    "metrics": metrics_to_json(&counts, &metrics),
                })
            });
            json!({ "group": group, "data": data.collect::<Vec<_>>() })
        })
        .collect();
    Reply::ok(&json!({ "results": results }))
}

fn count_groups(
    call: &Call<'_>,
    body: &Map<String, Value>,
    (start, end, step): (Nanos, Nanos, Nanos),
    by: &[&'static str],
) -> Result<Table, ApiError> {
    let organization = call.tenant().read();
    let filter = Filter::read(body, &["filter"], organization.people())?;
    let user = |user| organization.people().at(user).map(|user| user.id);
    let mut table = Table::new();
    let all = organization.conversations().iter();
    for glance in all.filter(|glance| (start..end).contains(&glance.opened()) && filter.matches(glance)) {
        let group = by.iter().filter_map(|name| Some((*name, dimension(&glance, name, user)?)));
        let intervals = table.entry(group.collect()).or_default();
        let counts = intervals.entry((glance.opened() - start) / step).or_default();
        match glance.direction() {
            Direction::Inbound => counts.inbound += 1,
            Direction::Outbound => counts.outbound += 1,
        }
    }
    Ok(table)
}

fn metrics_to_json(counts: &Counts, metrics: &[&str]) -> Vec<Value> {
    let known = metrics.iter().filter_map(|name| Some((name, counts.metric(name)?)));
    known
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| json!({ "metric": name, "stats": { "count": count } }))
        .collect()
}

/// Reads an optional array of strings.
fn read_names<'b>(body: &'b Map<String, Value>, key: &str) -> Result<Vec<&'b str>, ApiError> {
    let wrong = || ApiError::bad_request(format!("The property {key} must be an array of strings."));
    match body.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(|item| item.as_str().ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
    }
}

/// Reads the length of an interval, such as `PT30M`. A day has 24 hours.
fn read_granularity(body: &Map<String, Value>) -> Result<Option<Nanos>, ApiError> {
    let Some(text) = body.get("granularity").and_then(Value::as_str) else { return Ok(None) };
    let span: Option<Span> = text.parse().ok();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let nanos = length.and_then(|length| u64::try_from(length.as_nanos()).ok()).filter(|nanos| *nanos > 0);
    nanos.map(Some).ok_or_else(|| {
        ApiError::invalid_value("granularity", text, "ISO-8601 durations such as PT30M or P1D")
    })
}
