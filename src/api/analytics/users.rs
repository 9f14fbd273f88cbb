//! The presences and routing statuses of users: details, and times by interval.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::bounds::{check_cells, read_names, read_query};
use super::details::read_page;
use super::time::{Interval, read_interval, read_step};
use super::user_records::{RecordFilters, RecordKind, UserRecord};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::UserIndex;
use crate::world::people::{People, Presence, User};
use crate::world::workforce::seed::PRESENCE_DEFINITIONS;
use crate::world::workforce::{AgentStatus, Routing};

type Body = Map<String, Value>;

/// A time with one value.
#[derive(Clone)]
struct Period<T> {
    from: Nanos,
    /// `None` while it lasts.
    to: Option<Nanos>,
    value: T,
}

/// The periods that the changes at `edges` make of an interval, until now.
fn periods<T>(
    edges: impl Iterator<Item = Nanos>,
    interval: Interval,
    now: Nanos,
    value_at: impl Fn(Nanos) -> T,
) -> Vec<Period<T>> {
    let end = interval.end.min(now.saturating_add(1));
    if end <= interval.start {
        return Vec::new();
    }
    let mut starts: Vec<_> = std::iter::once(interval.start).chain(edges).collect();
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|at| Some(*at)).chain([None]);
    let all = starts.iter().zip(ends).map(|(from, to)| Period { from: *from, to, value: value_at(*from) });
    all.filter(|period| period.from < end).collect()
}

/// The presences of a user that began before the end of the interval and lasted into it.
fn presences(user: &User, interval: Interval, now: Nanos) -> Vec<Period<Presence>> {
    let statuses = user.history.between(interval.start, now).map(|(at, _)| at);
    let definitions = user.past_definitions.between(interval.start, now).map(|(at, _)| at);
    periods(statuses.chain(definitions), interval, now, |at| user.presence_at(at))
}

/// The routing statuses of a user that began before the end of the interval and lasted into it.
fn routings(user: &User, interval: Interval, now: Nanos) -> Vec<Period<Routing>> {
    let changes = user.past_routings.between(interval.start, now).map(|(at, _)| at);
    periods(changes, interval, now, |at| user.past_routings.at(at))
}

/// The users that predicates of `userId` name; `None` where there are no such predicates.
pub(super) fn wanted_users(body: &Body, keys: &[&str], people: &People) -> Option<HashSet<UserIndex>> {
    let named = super::values_of(body, keys, "userId");
    (!named.is_empty()).then(|| named.into_iter().filter_map(|name| people.find(name)).collect())
}

/// The users that a query is about.
fn find<'p>(people: &'p People, wanted: Option<&HashSet<UserIndex>>) -> Vec<&'p User> {
    let all = people.indexed().filter(|(_, user)| user.exists());
    let all = all.filter(|(index, _)| wanted.is_none_or(|wanted| wanted.contains(index)));
    all.map(|(_, user)| user).collect()
}

/// `POST …/users/details/query`.
pub(super) fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = read_query(call)?;
    let page = read_page(&body)?;
    let interval = read_interval(&body)?;
    let filters = RecordFilters::read(&body)?;
    let organization = call.tenant().read();
    let found = find_users(call, &organization, (&body, &filters), interval);
    let aggregations = aggregate(&found, (&body, &filters), interval, call.now)?;
    let page = found.iter().skip(page.offset()).take(page.most());
    let shown: Vec<_> = page.map(|user| details_to_json(user, interval, call.now)).collect();
    let mut answer = json!({ "userDetails": shown, "totalHits": found.len() });
    if !aggregations.is_empty() {
        answer["aggregations"] = json!(aggregations);
    }
    Reply::ok(&answer)
}

/// The details of the users of a page, and how many users there are.
pub(super) fn details(
    call: &Call<'_>,
    body: &Body,
    (from, size): (usize, usize),
) -> Result<(Vec<Value>, usize), ApiError> {
    let interval = read_interval(body)?;
    let filters = RecordFilters::read(body)?;
    let organization = call.tenant().read();
    let found = find_users(call, &organization, (body, &filters), interval);
    let page = found.iter().skip(from).take(size);
    Ok((page.map(|user| details_to_json(user, interval, call.now)).collect(), found.len()))
}

/// The users that a query finds.
fn find_users<'o>(
    call: &Call<'_>,
    organization: &'o Organization,
    (body, filters): (&Body, &RecordFilters),
    interval: Interval,
) -> Vec<&'o User> {
    let wanted = wanted_users(body, &["userFilters"], organization.people());
    let mut found = find(organization.people(), wanted.as_ref());
    found.retain(|user| {
        !presences(user, interval, call.now).is_empty()
            && filters.find(|kind| records(kind, user, interval, call.now))
    });
    found
}

/// The aggregations of a query over the records of the users that it found.
fn aggregate(
    found: &[&User],
    (body, filters): (&Body, &RecordFilters),
    interval: Interval,
    now: Nanos,
) -> Result<Vec<Value>, ApiError> {
    let mut all = Vec::new();
    for kind in RecordKind::ALL.into_iter().filter(|kind| kind.is_counted(body)) {
        let records: Vec<_> = found.iter().flat_map(|user| records(kind, user, interval, now)).collect();
        all.extend(kind.aggregate(body, filters, &records)?);
    }
    Ok(all)
}

/// The records of a user.
fn records(kind: RecordKind, user: &User, interval: Interval, now: Nanos) -> Vec<UserRecord> {
    let end = interval.end.min(now);
    if kind == RecordKind::RoutingStatus {
        let routing = routings(user, interval, now);
        let record = |period: &Period<Routing>| {
            period.record(vec![("routingStatus", period.value.name().to_owned())], end)
        };
        return routing.iter().map(record).collect();
    }
    let record = |period: &Period<Presence>| {
        let dimensions = vec![
            ("systemPresence", period.value.status.analytics_presence().to_owned()),
            ("organizationPresenceId", period.value.definition.to_string()),
        ];
        period.record(dimensions, end)
    };
    presences(user, interval, now).iter().map(record).collect()
}

impl<T> Period<T> {
    /// The record of its part before `end`.
    fn record(&self, dimensions: Vec<(&'static str, String)>, end: Nanos) -> UserRecord {
        UserRecord { dimensions, length: self.to.unwrap_or(end).min(end).saturating_sub(self.from) }
    }
}

fn details_to_json(user: &User, interval: Interval, now: Nanos) -> Value {
    let presences = presences(user, interval, now);
    let primary = presences.iter().map(|period| {
        let mut shown = period_to_json(period);
        shown["systemPresence"] = json!(period.value.status.analytics_presence());
        shown["organizationPresenceId"] = json!(period.value.definition);
        shown
    });
    let routing = routings(user, interval, now);
    let routing = routing.iter().map(|period| {
        let mut shown = period_to_json(period);
        shown["routingStatus"] = json!(period.value.name());
        shown
    });
    json!({
        "userId": user.id,
        "primaryPresence": primary.collect::<Vec<_>>(),
        "routingStatus": routing.collect::<Vec<_>>(),
    })
}

fn period_to_json<T>(period: &Period<T>) -> Value {
    let mut shown = json!({ "startTime": rfc3339(period.from) });
    if let Some(to) = period.to {
        shown["endTime"] = json!(rfc3339(to));
    }
    shown
}

/// `POST …/users/aggregates/query`.
pub(super) fn query_aggregates(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&aggregates(call, &read_query(call)?)?)
}

/// Checks the interval, the granularity and the metrics of a query.
pub(super) fn check_aggregates(body: &Body) -> Result<(), ApiError> {
    super::samples::check(body)
}

/// Times by metric and qualifier, of each part of an interval.
type Times = BTreeMap<u64, BTreeMap<(&'static str, Qualifier), Nanos>>;

/// What a time is qualified by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
enum Qualifier {
    /// A system presence or a routing status.
    Status(&'static str),
    /// The id of a presence definition.
    Definition(Box<str>),
}

/// The answer to a query of aggregates.
pub(super) fn aggregates(call: &Call<'_>, body: &Body) -> Result<Value, ApiError> {
    check_aggregates(body)?;
    let interval = read_interval(body)?;
    let step = read_step(body, interval)?;
    let metrics = read_names(body, "metrics")?;
    let by_user = read_names(body, "groupBy")?.contains(&"userId");
    let organization = call.tenant().read();
    let wanted = wanted_users(body, &["filter"], organization.people());
    let found = find(organization.people(), wanted.as_ref());
    // Nothing has happened yet after now.
    let end = interval.end.min(call.now.saturating_add(1));
    let parts = usize::try_from(end.saturating_sub(interval.start).div_ceil(step)).unwrap_or(usize::MAX);
    check_cells(parts.saturating_mul(found.len()).saturating_mul(metrics.len()))?;
    let mut together = Times::new();
    let mut results = Vec::new();
    for user in found {
        let mut own = Times::new();
        add_times(user, (interval, step), call.now, if by_user { &mut own } else { &mut together });
        results.extend(
            times_to_json(&own, &metrics, (interval, step))
                .map(|data| json!({ "group": { "userId": user.id }, "data": data })),
        );
    }
    results.extend(
        times_to_json(&together, &metrics, (interval, step)).map(|data| json!({ "group": {}, "data": data })),
    );
    Ok(json!({ "results": results, "systemToOrganizationMappings": mappings(&organization) }))
}

/// The presence definitions of each system presence, the organization's own among them.
pub(super) fn mappings(organization: &Organization) -> Value {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (status, ..) in AgentStatus::ALL {
        all.entry(status.analytics_presence()).or_default().push(status.definition().to_string());
    }
    for own in organization.collections.list(PRESENCE_DEFINITIONS) {
        let status = AgentStatus::from_name(text(own, "systemPresence")).unwrap_or_default();
        let ids = all.entry(status.analytics_presence()).or_default();
        let id = text(own, "id");
        if ids.iter().all(|known| known != id) {
            ids.push(id.to_owned());
        }
    }
    json!(all)
}

fn add_times(user: &User, parts: (Interval, Nanos), now: Nanos, times: &mut Times) {
    for period in &presences(user, parts.0, now) {
        let Presence { status, definition } = &period.value;
        let status = Qualifier::Status(status.analytics_presence());
        add_time(period, &("tSystemPresence", status), parts, now, times);
        add_time(
            period,
            &("tOrganizationPresence", Qualifier::Definition(definition.clone())),
            parts,
            now,
            times,
        );
    }
    for period in &routings(user, parts.0, now) {
        add_time(period, &("tAgentRoutingStatus", Qualifier::Status(period.value.name())), parts, now, times);
    }
}

/// Adds a period to each part of the interval that it touches.
fn add_time<T>(
    period: &Period<T>,
    key: &(&'static str, Qualifier),
    (interval, step): (Interval, Nanos),
    now: Nanos,
    times: &mut Times,
) {
    let end = period.to.unwrap_or(now).min(interval.end);
    let mut from = period.from.max(interval.start);
    while from < end {
        let Some(number) = interval.number(from, step) else { return };
        let next = end.min(interval.start + (number + 1) * step);
        *times.entry(number).or_default().entry(key.clone()).or_default() += next - from;
        from = next;
    }
}

fn times_to_json(times: &Times, metrics: &[&str], (interval, step): (Interval, Nanos)) -> Option<Vec<Value>> {
    let data = times.iter().filter_map(|(number, cells)| {
        let wanted = cells.iter().filter(|((metric, _), _)| metrics.contains(metric));
        let shown: Vec<_> = wanted
            .map(|((metric, qualifier), sum)| {
                json!({ "metric": metric, "qualifier": qualifier, "stats": { "sum": sum / 1_000_000 } })
            })
            .collect();
        (!shown.is_empty()).then(|| json!({ "interval": interval.part(*number, step), "metrics": shown }))
    });
    let data: Vec<_> = data.collect();
    (!data.is_empty()).then_some(data)
}
