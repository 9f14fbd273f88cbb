//! External metrics: their definitions, and the values that clients write for users.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::profile_metrics::METRICS;
use crate::api::announce::{TopicEvent, topic_of};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer};
use crate::api::refusal;
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

pub(super) const DEFINITIONS: &str = "/api/v2/employeeperformance/externalmetrics/definitions";
/// The most items of one request. Documented.
const MOST: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    let routes = json_entity::routes::<Definition>().into_iter();
    let mut routes: Vec<_> = routes.map(|route| route.publishes(events)).collect();
    // A value of null is required to be there: it deletes what was written.
    let data = Route::post("/api/v2/employeeperformance/externalmetrics/data", write);
    routes.push(data.checks(Checks::Types));
    routes
}

/// A definition that was made or changed, as the API answers it (assumed).
fn events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let is_change = matches!(*call.method, Method::POST | Method::PATCH);
    let event = || TopicEvent::now(topic_of(DEFINITIONS), answered.clone());
    is_change.then(event).into_iter().collect()
}

/// The definition of an external metric.
pub(super) enum Definition {}

impl JsonEntity for Definition {
    const NAME: &'static str = "external metric definition";
    const PATH: &'static str = DEFINITIONS;
    const PARAM: &'static str = "metricId";
    const UNIQUE: bool = true;

    fn check(_: &Call<'_>, _: &Organization, _: Option<&Body>, body: &Body) -> Result<(), ApiError> {
        check_precision(body)
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        // Assumed.
        entity.insert("retentionMonths".to_owned(), json!(12));
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let is_used = is_used(organization, text(entity, "id"));
        entity.insert("inUse".to_owned(), json!(is_used));
    }

    fn order(_: &Call<'_>) -> crate::api::entity::Order {
        crate::api::entity::Order { key: Some("name".to_owned()), descending: false }
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        if !is_used(organization, text(entity, "id")) {
            return Ok(());
        }
        let code = "employee.performance.external.metric.definition.state.conflict.error";
        Err(ApiError::new(StatusCode::CONFLICT, code, "A performance profile uses the metric definition."))
    }
}

/// The precision of a metric has its documented bounds.
pub(super) fn check_precision(body: &Body) -> Result<(), ApiError> {
    match body.get("precision").and_then(Value::as_i64) {
        Some(precision) if !(0..=5).contains(&precision) => {
            Err(ApiError::constraint("precision", "The precision of a metric is from 0 to 5."))
        }
        _ => Ok(()),
    }
}

fn is_used(organization: &Organization, id: &str) -> bool {
    let mut metrics = organization.collections.list_like(METRICS);
    metrics.any(|metric| text(metric, "externalMetricDefinitionId") == id)
}

/// `POST …/data`: keeps the values of users on days. An item that refers to what does not exist is not processed.
fn write(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object_or_none()?.unwrap_or_default();
    let items = body.get("items").and_then(Value::as_array).ok_or_else(|| refusal::of_missing("items"))?;
    if items.len() > MOST {
        return Err(ApiError::constraint("items", format!("At most {MOST} items are expected.")));
    }
    check_items(items)?;
    let (mut processed, mut refused) = (Vec::new(), Vec::new());
    call.change(|organization| {
        for item in items.iter().filter_map(Value::as_object) {
            match write_one(call, organization, item) {
                Ok(written) => processed.push(written),
                Err(error) => refused.push(with_error(item, &error)),
            }
        }
        Ok(())
    })?;
    answer::reply(call, json!({ "processedEntities": processed, "unprocessedEntities": refused }))
}

fn check_items(items: &[Value]) -> Result<(), ApiError> {
    for (at, item) in items.iter().enumerate() {
        if let Some(key) = ["metricId", "dateOccurred", "value"].iter().find(|key| item.get(**key).is_none())
        {
            return Err(refusal::of_missing(&format!("items[{at}].{key}")));
        }
    }
    Ok(())
}

fn with_error(item: &Body, error: &ApiError) -> Body {
    let mut shown = item.clone();
    shown.insert("code".to_owned(), json!(error.code));
    shown.insert("message".to_owned(), json!(error.message));
    shown
}

/// Keeps one value, and gives it with the total of its day.
fn write_one(call: &Call<'_>, organization: &mut Organization, item: &Body) -> Result<Body, ApiError> {
    let user = user_of(organization, item)?;
    let metric = text(item, "metricId");
    json_entity::find_by_id::<Definition>(call, organization, metric)?;
    let (path, key) =
        (format!("{DEFINITIONS}/{metric}/data"), format!("{user}/{}", text(item, "dateOccurred")));
    let mut written = item.clone();
    let before = organization.collections.get(&path, &key).map(|kept| Body::clone(kept));
    let Some(value) = item.get("value").and_then(Value::as_f64) else {
        organization.collections.remove(&path, &key);
        return Ok(written);
    };
    let before = before.filter(|_| text(item, "type") == "Cumulative");
    let of = |key: &str| before.as_ref().and_then(|before| before.get(key)).cloned().unwrap_or_default();
    let count = item.get("count").and_then(Value::as_i64).unwrap_or(i64::from(before.is_none()));
    written.insert("totalValue".to_owned(), json!(of("totalValue").as_f64().unwrap_or_default() + value));
    written.insert(
        "totalCount".to_owned(),
        json!(of("totalCount").as_i64().unwrap_or_default().saturating_add(count)),
    );
    organization.collections.insert_chosen(&path, &key, written.clone());
    let refreshed = json!(rfc3339(call.now));
    organization.collections.update(DEFINITIONS, metric, |definition| {
        definition.insert("dateLastRefreshed".to_owned(), refreshed);
        Ok::<(), ApiError>(())
    });
    Ok(written)
}

/// The id of the user that an item names by its id or its address.
fn user_of(organization: &Organization, item: &Body) -> Result<String, ApiError> {
    let (id, email) = (text(item, "userId"), text(item, "userEmail"));
    if id.is_empty() == email.is_empty() {
        return Err(ApiError::bad_request("An item has either a userId or a userEmail."));
    }
    let wanted = if id.is_empty() { email } else { id };
    let found = organization.people().get(wanted).filter(|user| user.exists());
    found.map(|user| user.id.to_string()).ok_or_else(|| ApiError::no_such("user", wanted))
}
