//! Usage reports and rate-limit aggregates, computed from the journal.
//!
//! Usage counts answers by client, endpoint and method. The rate-limit aggregates count requests at 90 % of a limit or
//! above. Both cover the entries that the journal still has. The execution id of a usage query is the encoded query, so
//! nothing is stored.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gcmock_limit::{Algorithm, Rule, RuleId};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::interval::interval;
use crate::api::route::Route;
use crate::catalog::OperationId;
use crate::observe::journal::{Exchange, NOT_ANSWERED};
use crate::observe::metrics::Class;
use crate::time::Nanos;
use crate::time::clock::{rfc3339, timestamp};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::id::{ClientIndex, UserIndex};

/// The rate-limit aggregates count an exchange from this share of its limit on.
const NEAR_PERCENT: u8 = 90;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/usage/query", create),
        Route::get("/api/v2/usage/query/{executionId}/results", get_results),
        Route::post("/api/v2/oauth/clients/{clientId}/usage/query", create_for_client),
        Route::get(
            "/api/v2/oauth/clients/{clientId}/usage/query/results/{executionId}",
            get_results_for_client,
        ),
        Route::post("/api/v2/analytics/ratelimits/aggregates/query", query_rate_limits),
    ]
}

/// A usage query, small enough to be its own execution id.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct UsageQuery {
    interval: String,
    #[serde(default)]
    granularity: Option<String>,
    #[serde(default)]
    group_by: Vec<String>,
    #[serde(default)]
    metrics: Vec<String>,
    #[serde(default)]
    client: Option<String>,
}

const GRANULARITIES: [&str; 3] = ["Day", "Week", "Month"];
const GROUPS: [&str; 5] = ["OAuthClientId", "OrganizationId", "UserId", "TemplateUri", "HttpMethod"];
const METRICS: [&str; 6] = ["Status200", "Status300", "Status400", "Status500", "Status429", "Requests"];

impl UsageQuery {
    /// Checks the query and removes repeated words, so that its id stays short.
    fn validate(self) -> Result<Self, ApiError> {
        let (start, end) = interval("interval", &self.interval)?;
        if let Some(other) = self.granularity.as_deref().filter(|word| !GRANULARITIES.contains(word)) {
            return Err(ApiError::invalid_value("granularity", other, &GRANULARITIES.join(", ")));
        }
        Ok(Self {
            interval: format!("{}/{}", rfc3339(start), rfc3339(end)),
            group_by: normalize_words("groupBy", &self.group_by, &GROUPS)?,
            metrics: normalize_words("metrics", &self.metrics, &METRICS)?,
            ..self
        })
    }

    fn groups_by(&self, group: &str) -> bool {
        self.group_by.is_empty() || self.group_by.iter().any(|word| word == group)
    }

    fn shows(&self, metric: &str) -> bool {
        self.metrics.is_empty() || self.metrics.iter().any(|word| word.eq_ignore_ascii_case(metric))
    }
}

/// The words of `given`, each once and in the order of `allowed`; refuses other words.
fn normalize_words(field: &'static str, given: &[String], allowed: &[&str]) -> Result<Vec<String>, ApiError> {
    if let Some(other) = given.iter().find(|word| !allowed.contains(&word.as_str())) {
        return Err(ApiError::invalid_value(field, other, &allowed.join(", ")));
    }
    let named = allowed.iter().filter(|word| given.iter().any(|given| given == *word));
    Ok(named.map(|word| (*word).to_owned()).collect())
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    create_query(call, None)
}

fn create_for_client(call: &Call<'_>) -> Result<Reply, ApiError> {
    create_query(call, Some(find_client(call)?))
}

fn find_client(call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.param("clientId")?;
    let known = call.platform.identity.pasted().id == id
        || call.tenant().oauth_clients().iter().any(|client| client.id == id);
    known.then(|| id.clone().into_owned()).ok_or_else(|| ApiError::no_such("OAuth client", &id))
}

fn create_query(call: &Call<'_>, client: Option<String>) -> Result<Reply, ApiError> {
    let query = UsageQuery { client, ..call.json()? }.validate()?;
    let id = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&query).map_err(|_| ApiError::internal())?);
    let uri = match &query.client {
        Some(client) => format!("/api/v2/oauth/clients/{client}/usage/query/results/{id}"),
        None => format!("/api/v2/usage/query/{id}/results"),
    };
    Reply::json(StatusCode::ACCEPTED, &json!({ "executionId": id, "resultsUri": uri }))
}

fn get_results(call: &Call<'_>) -> Result<Reply, ApiError> {
    report(call, None)
}

fn get_results_for_client(call: &Call<'_>) -> Result<Reply, ApiError> {
    report(call, Some(&find_client(call)?))
}

fn report(call: &Call<'_>, client: Option<&str>) -> Result<Reply, ApiError> {
    let id = call.param("executionId")?;
    let query = URL_SAFE_NO_PAD.decode(id.as_bytes()).ok();
    let query: Option<UsageQuery> = query.and_then(|text| serde_json::from_slice(&text).ok());
    let query =
        query.and_then(|query| query.validate().ok()).filter(|query| query.client.as_deref() == client);
    let query = query.ok_or_else(|| ApiError::no_such("usage query", &id))?;
    let (start, end) = interval("interval", &query.interval)?;
    let tenant = Some(call.tenant().index);
    // Copied, so that the journal is not locked while the report counts.
    let exchanges = call.platform.journal.find(usize::MAX, |exchange| {
        exchange.is_request() && exchange.tenant == tenant && (start..end).contains(&exchange.time)
    });
    let mut rows: BTreeMap<Row, Counts> = BTreeMap::new();
    for exchange in &exchanges {
        rows.entry(Row::of(exchange, &query)).or_default().add(exchange);
    }
    let shown = rows.iter().filter_map(|(row, counts)| row.to_json(call, &query, counts));
    Reply::ok(&json!({ "results": shown.collect::<Vec<_>>(), "queryStatus": "Complete" }))
}

/// The group of a row of the report; a dimension that it is not grouped by is `None`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    date: Option<Nanos>,
    client: Option<ClientIndex>,
    user: Option<UserIndex>,
    operation: Option<(OperationId, Option<Box<str>>)>,
    method: Option<String>,
}

impl Row {
    fn of(exchange: &Exchange, query: &UsageQuery) -> Self {
        let by_client = query.groups_by("OAuthClientId") || query.client.is_some();
        let template = || (exchange.operation, exchange.path().map(Box::from));
        Self {
            date: query.granularity.as_deref().map(|granularity| start_of_period(exchange.time, granularity)),
            client: exchange.client.filter(|_| by_client),
            user: exchange.user.filter(|_| query.groups_by("UserId")),
            operation: query.groups_by("TemplateUri").then(template),
            method: query.groups_by("HttpMethod").then(|| exchange.method().to_owned()),
        }
    }

    /// The row as the vendor writes it; `None` for the clients of other queries.
    fn to_json(&self, call: &Call<'_>, query: &UsageQuery, counts: &Counts) -> Option<Value> {
        let client = self.client.map(|index| call.platform.client_name(call.tenant(), index));
        if query.client.is_some() && query.client.as_ref() != client.as_ref().map(|(id, _)| id) {
            return None;
        }
        let organization = query.groups_by("OrganizationId").then(|| json!(call.tenant().id));
        let named = [
            ("clientId", client.as_ref().map(|(id, _)| json!(id))),
            ("clientName", client.as_ref().map(|(_, name)| json!(name))),
            ("organizationId", organization),
            ("userId", self.user.and_then(|user| user_id(call, user)).map(Value::from)),
            ("templateUri", self.template(call)),
            ("httpMethod", self.method.as_ref().map(|method| json!(method))),
            ("date", self.date.map(|date| json!(rfc3339(date)))),
        ];
        let named = named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Some(Value::Object(named.chain(counts.to_json(query)).collect()))
    }

    fn template(&self, call: &Call<'_>) -> Option<Value> {
        let (id, path) = self.operation.as_ref()?;
        let path = path.as_deref().unwrap_or_default();
        Some(json!(call.platform.catalog.by_id(*id).map_or(path, |found| &*found.template)))
    }
}

fn user_id(call: &Call<'_>, user: UserIndex) -> Option<String> {
    call.tenant().read().people().at(user).map(|user| user.id.to_string())
}

/// When the day, week (from Monday) or month of `time` began, in UTC.
fn start_of_period(time: Nanos, granularity: &str) -> Nanos {
    const DAY: Nanos = 86_400_000_000_000;
    let days = time / DAY;
    let date = jiff::tz::TimeZone::UTC.to_datetime(timestamp(time)).date();
    let into = match granularity {
        "Week" => i64::from(date.weekday().to_monday_zero_offset()),
        "Month" => i64::from(date.day()) - 1,
        _ => 0,
    };
    days.saturating_sub(into.unsigned_abs()) * DAY
}

#[derive(Debug, Default)]
struct Counts {
    by_class: [u64; Class::ALL.len()],
}

impl Counts {
    fn add(&mut self, exchange: &Exchange) {
        if exchange.status != NOT_ANSWERED {
            self.by_class[Class::of(exchange.status) as usize] += 1;
        }
    }

    fn to_json(&self, query: &UsageQuery) -> impl Iterator<Item = (String, Value)> {
        let of = |class: Class| self.by_class[class as usize];
        let counts = [
            ("status200", of(Class::Success)),
            ("status300", of(Class::Redirect)),
            ("status400", of(Class::ClientError) + of(Class::Throttled)),
            ("status500", of(Class::ServerError)),
            ("status429", of(Class::Throttled)),
            ("requests", self.by_class.iter().sum()),
        ];
        let shown = counts.into_iter().filter(|(key, _)| query.shows(key));
        shown.map(|(key, count)| (key.to_owned(), json!(count)))
    }
}

/// A rate-limit query.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RateLimitQuery {
    interval: String,
    #[serde(default)]
    group_by: Vec<String>,
    #[serde(default)]
    filter: Option<Filter>,
}

#[derive(Debug, Deserialize)]
struct Filter {
    #[serde(flatten)]
    own: Clause,
    #[serde(default)]
    clauses: Vec<Clause>,
}

#[derive(Debug, Deserialize)]
struct Clause {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    predicates: Vec<Predicate>,
}

#[derive(Debug, Deserialize)]
struct Predicate {
    dimension: String,
    #[serde(default)]
    operator: Option<String>,
    #[serde(default)]
    value: String,
}

const DIMENSIONS: [&str; 7] =
    ["correlationId", "entityId", "limitName", "max", "namespace", "timeUnit", "userId"];
const OPERATORS: [&str; 3] = ["matches", "exists", "notExists"];

fn query_rate_limits(call: &Call<'_>) -> Result<Reply, ApiError> {
    let query: RateLimitQuery = call.json()?;
    let (start, end) = interval("interval", &query.interval)?;
    let group_by = normalize_words("groupBy", &query.group_by, &DIMENSIONS)?;
    query.filter.as_ref().map_or(Ok(()), Filter::check)?;
    let config = call.platform.config.current();
    let rules: HashMap<RuleId, &Rule> =
        config.limits.iter().map(|limit| (limit.rule.id, &limit.rule)).collect();
    let near = call.platform.journal.find(usize::MAX, |exchange| {
        exchange.adherence().is_none()
            && exchange.tenant == Some(call.tenant().index)
            && (start..end).contains(&exchange.time)
            && (exchange.refused || exchange.used_percent >= NEAR_PERCENT)
    });
    let mut groups: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for exchange in &near {
        let Some(rule) = exchange.governing.and_then(|id| rules.get(&id)) else { continue };
        let value = |dimension: &str| dimension_of(dimension, exchange, rule, call);
        if query.filter.as_ref().is_none_or(|filter| filter.matches(&value)) {
            *groups.entry(group_by.iter().map(|dimension| value(dimension)).collect()).or_default() += 1;
        }
    }
    let shown = groups.into_iter().map(|(group, count)| {
        let group = group_by.iter().cloned().zip(group.into_iter().map(Value::from));
        json!({
            "group": group.collect::<Map<_, _>>(),
            "data": [{
                "interval": format!("{}/{}", rfc3339(start), rfc3339(end)),
                "metrics": [{ "metric": "oRateLimitRecorded", "stats": { "count": count } }],
            }],
        })
    });
    Reply::ok(&json!({ "results": shown.collect::<Vec<_>>() }))
}

impl Filter {
    /// Refuses unknown words and filters over the bound.
    fn check(&self) -> Result<(), ApiError> {
        const MOST: usize = 100;
        let predicates = || self.clauses.iter().chain([&self.own]).flat_map(|clause| &clause.predicates);
        if predicates().count() > MOST || self.clauses.len() > MOST {
            return Err(ApiError::bad_request(format!("A filter has at most {MOST} predicates.")));
        }
        for predicate in predicates() {
            normalize_words("dimension", std::slice::from_ref(&predicate.dimension), &DIMENSIONS)?;
            normalize_words("operator", predicate.operator.as_slice(), &OPERATORS)?;
        }
        Ok(())
    }

    fn matches(&self, value: &dyn Fn(&str) -> String) -> bool {
        let predicates = self.own.predicates.iter().map(|predicate| predicate.holds(value));
        let clauses = self.clauses.iter().map(|clause| {
            holds(&clause.kind, clause.predicates.iter().map(|predicate| predicate.holds(value)))
        });
        holds(&self.own.kind, predicates.chain(clauses))
    }
}

impl Predicate {
    fn holds(&self, value: &dyn Fn(&str) -> String) -> bool {
        let value = value(&self.dimension);
        match self.operator.as_deref() {
            Some("exists") => !value.is_empty(),
            Some("notExists") => value.is_empty(),
            _ => value == self.value,
        }
    }
}

/// Combines `parts` by `or` if `kind` says so, else by `and`. An empty list holds.
fn holds(kind: &str, parts: impl Iterator<Item = bool>) -> bool {
    let mut parts = parts.peekable();
    if kind == "or" && parts.peek().is_some() { parts.any(|part| part) } else { parts.all(|part| part) }
}

fn dimension_of(dimension: &str, exchange: &Exchange, rule: &Rule, call: &Call<'_>) -> String {
    match dimension {
        "correlationId" => exchange.correlation.to_string(),
        "entityId" => exchange
            .client
            .map_or_else(String::new, |index| call.platform.client_name(call.tenant(), index).0),
        "limitName" => rule.key.to_string(),
        "max" => rule.value.to_string(),
        "namespace" => rule.namespace.to_string(),
        "timeUnit" => time_unit(rule).to_owned(),
        _ => exchange.user.and_then(|user| user_id(call, user)).unwrap_or_default(),
    }
}

fn time_unit(rule: &Rule) -> &'static str {
    let period = match rule.algorithm {
        Algorithm::FixedWindow { period, .. } | Algorithm::TokenBucket { period, .. } => period,
        Algorithm::Concurrency { .. } => return "NONE",
    };
    match period {
        0..60_000_000_000 => "SECOND",
        60_000_000_000..3_600_000_000_000 => "MINUTE",
        _ => "HOUR",
    }
}
