//! Queries of the audit log: asynchronous with a cursor, and of the last days at once.

use http::StatusCode;
use serde_json::{Value, json};

use super::entry::{Wanted, to_json};
use super::kinds::KINDS;
use crate::api::call::Call;
use crate::api::entity::{self, text};
use crate::api::json_entity::{Body, answer, job};
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::paging::PageRequest;
use crate::wire::reply::Reply;
use crate::world::audit::Action;

const QUERIES: &str = "/api/v2/audits/query";
/// The default and the greatest number of results of a page. Documented.
const PAGE: (usize, usize) = (25, 500);

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{QUERIES}/{{transactionId}}");
    vec![
        Route::post(QUERIES, create),
        Route::get(&one, get),
        Route::get(&format!("{one}/results"), get_results),
        Route::get(&format!("{QUERIES}/servicemapping"), get_services),
        Route::post(&format!("{QUERIES}/realtime"), query_now),
        Route::post(&format!("{QUERIES}/realtime/related"), query_related),
        Route::get(&format!("{QUERIES}/realtime/servicemapping"), get_services),
    ]
}

/// The services, the types of their entities, and what can be done to them.
fn get_services(call: &Call<'_>) -> Result<Reply, ApiError> {
    let actions: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
    let mut services: Vec<(&str, Vec<Value>)> = Vec::new();
    for (_, kind) in KINDS {
        let entity = json!({ "name": kind.entity_type, "actions": actions });
        match services.iter_mut().find(|(service, _)| *service == kind.service) {
            // Some kinds are listed at several paths.
            Some((_, entities)) if entities.contains(&entity) => {}
            Some((_, entities)) => entities.push(entity),
            None => services.push((kind.service, vec![entity])),
        }
    }
    let services: Vec<_> =
        services.into_iter().map(|(name, entities)| json!({ "name": name, "entities": entities })).collect();
    answer::reply(call, json!({ "services": services }))
}

/// `POST …/audits/query`: starts a query.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    Wanted::read(&body)?;
    job::start(call, &mut body);
    body.insert("startDate".to_owned(), json!(rfc3339(call.now)));
    let query = entity::create(call, QUERIES, body);
    Reply::accepted(&status(call, &query))
}

fn status(call: &Call<'_>, query: &Body) -> Body {
    let mut shown: Body = ["id", "startDate", "interval", "serviceName", "filters", "sort"]
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), query.get(*key)?.clone())))
        .collect();
    let state = job::state(call, query, ["Queued", "Running", "Succeeded"]);
    shown.insert("state".to_owned(), json!(state));
    shown
}

fn find(call: &Call<'_>) -> Result<Body, ApiError> {
    let query = entity::get(call, QUERIES, "audit query", &call.param("transactionId")?)?;
    Ok(Body::clone(&query))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&status(call, &find(call)?))
}

/// `GET …/results`: a page of the results, and the cursor of the next.
fn get_results(call: &Call<'_>) -> Result<Reply, ApiError> {
    let query = find(call)?;
    if !job::is_done(call, &query) {
        let why = "The query has not succeeded yet. Ask for its state first.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad.request", why));
    }
    let from: usize = match call.query_text("cursor") {
        None => 0,
        Some(cursor) => {
            cursor.parse().map_err(|_| ApiError::bad_request("The cursor is not one of this server."))?
        }
    };
    let size = call.page()?.most().min(PAGE.1);
    let size = if call.query_text("pageSize").is_none() { PAGE.0 } else { size };
    let organization = call.tenant().read();
    let all = Wanted::read(&query)?.select(&organization);
    let page = all.iter().skip(from).take(size).map(|entry| to_json(call, &organization, entry));
    let mut shown =
        json!({ "id": text(&query, "id"), "pageSize": size, "entities": page.collect::<Vec<_>>() });
    if from.saturating_add(size) < all.len() {
        shown["cursor"] = json!((from + size).to_string());
    }
    drop(organization);
    Reply::ok(&shown)
}

/// `POST …/realtime`: the results at once; the body says which page.
fn query_now(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let wanted = Wanted::read(&body)?;
    let page = PageRequest::of_body(&body)?;
    let organization = call.tenant().read();
    let all = wanted.select(&organization);
    let shown = all.iter().skip(page.offset()).take(page.most());
    let shown: Vec<Body> = shown.map(|entry| to_json(call, &organization, entry)).collect();
    let total = all.len() as u64;
    drop(organization);
    Reply::ok(&json!({
        "entities": shown,
        "pageSize": page.size,
        "pageNumber": page.number,
        "total": total,
        "pageCount": total.div_ceil(page.size),
    }))
}

/// `POST …/realtime/related`: the other changes of the entity of a change.
fn query_related(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = text(&body, "auditId");
    let organization = call.tenant().read();
    let entry = organization.audit.iter().find(|entry| entry.id.to_string() == id);
    let entry = entry.ok_or_else(|| ApiError::no_such("audit", id))?;
    let related =
        organization.audit.iter().filter(|other| other.entity == entry.entity && other.id != entry.id);
    let shown: Vec<Body> = related.map(|entry| to_json(call, &organization, entry)).collect();
    drop(organization);
    Reply::ok(&json!({ "entities": shown }))
}
