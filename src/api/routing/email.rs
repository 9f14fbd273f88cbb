//! E-mail: inbound domains and their routes, outbound domains, settings. A domain is verified at once.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::{self, required_text, text};
use crate::api::record::check_references_of;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::reference::{EMAIL_ROUTES, Referring};

const DOMAINS: &str = "/api/v2/routing/email/domains";
const OUTBOUND: &str = "/api/v2/routing/email/outbound/domains";
const DOMAIN: &str = "domain";
/// The fields of a domain that clients set.
const DOMAIN_FIELDS: [&str; 5] =
    ["subDomain", "mailFromSettings", "customSMTPServer", "imapSettings", "graphApiSettings"];
/// The fields of a route that clients set.
const ROUTE_FIELDS: [&str; 16] = [
    "name",
    "pattern",
    "queue",
    "priority",
    "skills",
    "language",
    "fromName",
    "fromEmail",
    "flow",
    "replyEmailAddress",
    "autoBcc",
    "spamFlow",
    "signature",
    "historyInclusion",
    "allowMultipleActions",
    "mailboxFolders",
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(DOMAINS, list),
        Route::post(DOMAINS, create),
        Route::get("/api/v2/routing/email/domains/{domainId}", get),
        Route::patch("/api/v2/routing/email/domains/{domainId}", update),
        Route::delete("/api/v2/routing/email/domains/{domainId}", delete),
        Route::patch("/api/v2/routing/email/domains/{domainId}/validate", validate),
        Route::get(EMAIL_ROUTES, list_routes),
        Route::post(EMAIL_ROUTES, create_route),
        Route::get("/api/v2/routing/email/domains/{domainName}/routes/{routeId}", get_route),
        Route::put("/api/v2/routing/email/domains/{domainName}/routes/{routeId}", replace_route),
        Route::delete("/api/v2/routing/email/domains/{domainName}/routes/{routeId}", delete_route),
        Route::get(OUTBOUND, list_outbound),
        Route::post(OUTBOUND, create_outbound),
        Route::get("/api/v2/routing/email/outbound/domains/{domainId}", get_outbound),
        Route::delete("/api/v2/routing/email/outbound/domains/{domainId}", delete_outbound),
        Route::get("/api/v2/routing/email/setup", get_setup),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_domains(call, DOMAINS)
}

/// The domains whose name has the text of `filter`; asterisks around it mean nothing.
fn list_domains(call: &Call<'_>, collection: &str) -> Result<Reply, ApiError> {
    let wanted = call.query_text("filter").unwrap_or_default().to_lowercase();
    let wanted = wanted.trim_matches('*');
    let is_wanted = |domain: &Map<String, Value>| entity::text(domain, "id").to_lowercase().contains(wanted);
    Reply::ok(&entity::list_where(call, collection, is_wanted)?)
}

/// Creates a domain. Its id is its name, as clients choose it; below the organization's domain if `subDomain`.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    let id = required_text(&body, "id")?.to_owned();
    body.retain(|key, _| DOMAIN_FIELDS.contains(&key.as_str()));
    let below = body.get("subDomain") == Some(&json!(true));
    let id = if below { format!("{id}.{}", call.tenant().seed.domain) } else { id };
    let mut domain = Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("name".to_owned(), json!(id)),
        ("mxRecordStatus".to_owned(), json!("VALID")),
        ("subDomain".to_owned(), json!(below)),
    ]);
    domain.extend(body);
    add(call, DOMAINS, &id, domain)
}

/// Stores a domain under an id that the client chose.
fn add(call: &Call<'_>, path: &str, id: &str, mut domain: Map<String, Value>) -> Result<Reply, ApiError> {
    domain.insert("selfUri".to_owned(), json!(format!("{path}/{id}")));
    call.change(|organization| {
        if organization.collections.get(path, id).is_some() {
            let why = format!("The domain {id} exists already.", id = quoted(id));
            return Err(ApiError { code: "postino.domain.exists".into(), ..ApiError::bad_request(why) });
        }
        Reply::ok(&organization.collections.insert_chosen(path, id, domain))
    })
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::get(call, DOMAINS, DOMAIN, &call.param("domainId")?)?)
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    body.retain(|key, _| DOMAIN_FIELDS.contains(&key.as_str()) && key != "subDomain");
    Reply::ok(&entity::merge(call, DOMAINS, DOMAIN, &call.param("domainId")?, body)?)
}

/// Checks a change without making it.
fn validate(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_object()?;
    get(call)
}

/// Deletes a domain and its routes.
fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("domainId")?;
    entity::delete(call, DOMAINS, DOMAIN, &id)?;
    call.change(|organization| {
        organization.collections.remove_all(&format!("{DOMAINS}/{id}/routes"));
        Ok(Reply::empty(StatusCode::OK))
    })
}

/// The collection of the routes of the domain in the call's path.
fn routes_path(call: &Call<'_>) -> Result<String, ApiError> {
    let name = call.param("domainName")?;
    entity::get(call, DOMAINS, DOMAIN, &name)?;
    Ok(format!("{DOMAINS}/{name}/routes"))
}

fn list_routes(call: &Call<'_>) -> Result<Reply, ApiError> {
    let pattern = call.query_text("pattern");
    let path = routes_path(call)?;
    let wanted = |route: &Map<String, Value>| {
        pattern.as_ref().is_none_or(|pattern| text(route, "pattern").contains(pattern.as_ref()))
    };
    Reply::ok(&entity::list_where(call, &path, wanted)?)
}

/// Reads a route and checks what it refers to.
fn read_route(call: &Call<'_>) -> Result<Map<String, Value>, ApiError> {
    let mut body = call.json_object()?;
    required_text(&body, "pattern")?;
    required_text(&body, "fromName")?;
    check_references_of(&call.tenant().read(), Referring::at(EMAIL_ROUTES), &body)?;
    body.retain(|key, value| ROUTE_FIELDS.contains(&key.as_str()) && !value.is_null());
    let name = body.get("pattern").cloned().unwrap_or_default();
    body.entry("name").or_insert(name);
    body.insert("status".to_owned(), json!("Active"));
    Ok(body)
}

fn create_route(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (path, route) = (routes_path(call)?, read_route(call)?);
    let pattern = text(&route, "pattern").to_lowercase();
    let taken = |route: &Map<String, Value>| text(route, "pattern").to_lowercase() == pattern;
    if call.tenant().read().collections.list(&path).any(|route| taken(route)) {
        return Err(ApiError::conflict(format!(
            "The domain has a route for {pattern} already.",
            pattern = quoted(&pattern)
        )));
    }
    Reply::ok(&entity::create(call, &path, route))
}

fn get_route(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::get(call, &routes_path(call)?, "route", &call.param("routeId")?)?)
}

fn replace_route(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (path, route) = (routes_path(call)?, read_route(call)?);
    let changed = entity::update(call, &path, "route", &call.param("routeId")?, |stored| {
        stored.retain(|key, _| key == "id" || key == "selfUri");
        entity::merge_fields(stored, route);
        Ok(())
    })?;
    Reply::ok(&changed)
}

fn delete_route(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, &routes_path(call)?, "route", &call.param("routeId")?)?;
    Ok(Reply::empty(StatusCode::OK))
}

fn list_outbound(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_domains(call, OUTBOUND)
}

fn create_outbound(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = required_text(&body, "id")?.to_owned();
    let sender = body.get("senderType").and_then(Value::as_str).unwrap_or("EmailDomain").to_owned();
    let verified = json!({ "status": "VERIFIED", "records": [] });
    let mut domain = Map::from_iter([("id".to_owned(), json!(id)), ("name".to_owned(), json!(id))]);
    domain.insert("cnameVerificationResult".to_owned(), verified.clone());
    domain.insert("dkimVerificationResult".to_owned(), verified);
    domain.insert("senderType".to_owned(), json!(sender));
    add(call, OUTBOUND, &id, domain)?;
    Reply::accepted(&json!({ "domainName": id, "senderStatus": "Provisioned", "senderType": sender }))
}

fn get_outbound(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::get(call, OUTBOUND, DOMAIN, &call.param("domainId")?)?)
}

fn delete_outbound(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, OUTBOUND, DOMAIN, &call.param("domainId")?)
}

fn get_setup(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&json!({ "rootDomain": call.tenant().seed.domain }))
}
