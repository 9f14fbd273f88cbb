//! Analytics over what happened.
//!
//! | file | owns |
//! |---|---|
//! | `time`, `filter`, `view` | intervals, the vendor's filters, and views of a metric |
//! | `bounds` | how much a query may ask for |
//! | `quality` | filters by evaluations, surveys and resolutions |
//! | `details` | details of conversations |
//! | `aggregates` | metrics of conversations by group and interval |
//! | `facets` | aggregations of details |
//! | `users`, `user_records` | presences and routing statuses of users; their filters and aggregations |
//! | `observations`, `activity` | the state of this moment |
//! | `samples` | aggregates of evaluations, surveys and runs of flows, and of families in which nothing happens here |
//! | `facts` | the dimensions and metrics of evaluations, surveys and runs of flows |
//! | `jobs` | the same queries, asynchronously |
//! | `exports`, `report` | reports as files: their jobs, their columns and filters |
//!
//! The sessions, dimensions and metrics of a conversation are in `world::conversation`.

mod activity;
mod aggregates;
mod bounds;
pub(super) mod details;
mod exports;
mod facets;
mod facts;
mod filter;
mod jobs;
mod observations;
mod quality;
mod report;
mod samples;
mod time;
mod user_records;
mod users;
mod view;

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::conversation::DimensionValue;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let own = vec![
        Route::post("/api/v2/analytics/conversations/details/query", details::query),
        Route::get("/api/v2/analytics/conversations/details", details::list),
        Route::get("/api/v2/analytics/conversations/{conversationId}/details", details::get),
        Route::post("/api/v2/analytics/conversations/aggregates/query", aggregates::query),
        Route::post("/api/v2/analytics/conversations/activity/query", activity::query_conversations),
        Route::post("/api/v2/analytics/routing/activity/query", activity::query_routing),
        Route::post("/api/v2/analytics/users/activity/query", activity::query_users),
        Route::post("/api/v2/analytics/flows/activity/query", activity::query_nothing),
        Route::post("/api/v2/analytics/teams/activity/query", activity::query_nothing),
        Route::get("/api/v2/analytics/agents/{userId}/status", activity::get_agent),
        Route::post("/api/v2/analytics/agents/status/query", activity::query_agents),
        Route::post("/api/v2/analytics/users/details/query", users::query),
        Route::post("/api/v2/analytics/users/aggregates/query", users::query_aggregates),
        Route::post("/api/v2/analytics/queues/observations/query", observations::query_queues),
        Route::post("/api/v2/analytics/users/observations/query", observations::query_users),
        Route::post("/api/v2/analytics/flows/observations/query", observations::query_flows),
    ];
    [own, samples::routes(), jobs::routes(), exports::routes()].concat()
}

/// The most levels of clauses that are searched for values.
const DEEPEST: usize = 4;

/// The values of the predicates of a dimension, in filters of any form, each once.
fn values_of<'b>(body: &'b Map<String, Value>, keys: &[&str], dimension: &str) -> Vec<&'b str> {
    let mut found = Vec::new();
    for value in keys.iter().filter_map(|key| body.get(*key)) {
        collect_values(value, dimension, &mut found, 0);
    }
    let mut known = HashSet::new();
    found.retain(|value| known.insert(*value));
    found
}

fn collect_values<'b>(value: &'b Value, dimension: &str, found: &mut Vec<&'b str>, depth: usize) {
    if let Some(several) = value.as_array() {
        for one in several {
            collect_values(one, dimension, found, depth);
        }
    }
    let list = |key: &str| value.get(key).and_then(Value::as_array).into_iter().flatten();
    for predicate in list("predicates").filter(|predicate| predicate["dimension"] == dimension) {
        found.extend(predicate.get("value").and_then(Value::as_str));
    }
    for clause in list("clauses").filter(|_| depth < DEEPEST) {
        collect_values(clause, dimension, found, depth + 1);
    }
}

/// Checks the type of an optional filter.
fn check_filter(body: &Map<String, Value>, key: &str) -> Result<(), ApiError> {
    match body.get(key).filter(|filter| !filter.is_null()) {
        None => Ok(()),
        Some(filter) => match filter.get("type").and_then(Value::as_str) {
            Some("and" | "or") => Ok(()),
            other => Err(ApiError::invalid_value("type", other.unwrap_or_default(), "and, or")),
        },
    }
}

/// The value of a dimension in a group.
fn value_to_json(organization: &Organization, value: &DimensionValue) -> Value {
    match value {
        DimensionValue::Id(id) => json!(id),
        DimensionValue::User(user) => json!(organization.people().at(*user).map(|user| user.id)),
        DimensionValue::Word(word) => json!(word),
        DimensionValue::Text(text) => json!(text),
    }
}
