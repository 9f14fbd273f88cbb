//! Permissions, the divisions in which the caller has one, and products.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::record::author;
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::User;

/// Permissions by domain and entity, and the actions of each: documented for the operations of these families.
const PERMISSIONS: [(&str, &str, &str); 37] = [
    ("admin", "loginSettings", "view edit"),
    ("alerting", "alert", "view delete"),
    ("analytics", "conversationAggregate", "view"),
    ("analytics", "conversationDetail", "view"),
    ("analytics", "queueObservation", "view"),
    ("analytics", "userAggregate", "view"),
    ("analytics", "userDetail", "view"),
    ("architect", "datatable", "add delete edit view"),
    ("architect", "flow", "add delete edit publish unlock view"),
    ("architect", "userPrompt", "add delete edit view"),
    ("audits", "audit", "view"),
    ("authorization", "division", "add delete edit view"),
    ("authorization", "grant", "add delete view"),
    ("authorization", "role", "add delete edit view"),
    ("conversation", "call", "add view"),
    ("conversation", "callback", "create edit view"),
    ("conversation", "communication", "disconnect view"),
    ("conversation", "message", "create view"),
    ("directory", "group", "add delete edit view"),
    ("directory", "location", "add delete edit view"),
    ("directory", "user", "add delete edit setPassword view"),
    ("externalContacts", "contact", "add delete edit view"),
    ("integrations", "action", "add delete edit execute view"),
    ("integrations", "integration", "add delete edit view"),
    ("oauth", "client", "add authorize delete edit view"),
    ("outbound", "campaign", "add delete edit view"),
    ("outbound", "contactList", "add delete edit view"),
    ("presence", "presenceDefinition", "add delete edit view"),
    ("quality", "evaluation", "add delete edit view"),
    ("recording", "recording", "delete edit view"),
    ("routing", "language", "assign manage"),
    ("routing", "queue", "add delete edit join view"),
    ("routing", "queueMember", "manage view"),
    ("routing", "skill", "assign manage view"),
    ("routing", "wrapupCode", "add delete edit view"),
    ("telephony", "plugin", "all"),
    ("wfm", "realtimeAdherence", "view"),
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/authorization/permissions", list),
        Route::get("/api/v2/authorization/products", list_products),
        Route::get("/api/v2/authorization/divisionspermitted/me", list_own),
        Route::get("/api/v2/authorization/divisionspermitted/paged/me", list_own_paged),
        Route::get("/api/v2/authorization/divisionspermitted/paged/{subjectId}", list_paged),
    ]
}

/// A domain and its permissions by entity.
fn domain(name: &str) -> Value {
    let entities = PERMISSIONS.iter().filter(|row| row.0 == name).map(|(_, entity, actions)| {
        let actions = actions.split(' ').map(|action| {
            json!({ "domain": name, "entityType": entity, "action": action,
                "label": format!("{name}:{entity}:{action}"), "allowsConditions": false, "divisionAware": true })
        });
        ((*entity).to_owned(), actions.collect::<Value>())
    });
    json!({ "id": name, "name": name, "domain": name, "permissionMap": entities.collect::<Map<_, _>>(),
        "selfUri": format!("/api/v2/authorization/permissions/{name}") })
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let query = call.query_text("query").map(|query| query.to_lowercase());
    let mut names: Vec<&str> = PERMISSIONS.iter().map(|row| row.0).collect();
    names.dedup();
    names.retain(|name| {
        let texts = PERMISSIONS.iter().filter(|row| row.0 == *name);
        let mut texts = texts.map(|(domain, entity, _)| format!("{domain}:{entity}").to_lowercase());
        query.as_ref().is_none_or(|query| texts.any(|text| text.contains(query)))
    });
    Reply::ok(&Page::of(names.into_iter().map(domain), call.page()?, call.path, call.query))
}

fn list_products(call: &Call<'_>) -> Result<Reply, ApiError> {
    let products = ["collaborateFree", "telephony", "genesysCloud3"].map(|id| json!({ "id": id }));
    let page = Page::of(products, call.page()?, call.path, call.query);
    Reply::ok(&page.without(&["firstUri", "nextUri", "previousUri", "lastUri", "selfUri"]))
}

/// The divisions in which a subject has the permission that the query names. This server grants its callers everything,
/// so these are all divisions.
fn permitted(call: &Call<'_>, organization: &Organization) -> Result<Vec<Map<String, Value>>, ApiError> {
    let missing = || ApiError::bad_request("The query parameter permission is required.");
    call.query_text("permission").ok_or_else(missing)?;
    let name = call.query_text("name").map(|name| name.to_lowercase());
    let divisions = organization.authorization().divisions.iter();
    let divisions = divisions.filter(|division| {
        name.as_ref().is_none_or(|name| division.name.to_lowercase().contains(name.trim_matches('*')))
    });
    Ok(divisions.map(|division| view::authorization::division(organization, division, false)).collect())
}

fn list_own(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&permitted(call, &call.tenant().read())?)
}

fn list_own_paged(call: &Call<'_>) -> Result<Reply, ApiError> {
    paged(call)
}

fn list_paged(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("subjectId")?;
    let is_own = author(call).is_some_and(|own| own.to_string() == id);
    let is_known = call.tenant().read().people().get(&id).is_some_and(User::exists);
    if is_own || is_known { paged(call) } else { Err(ApiError::no_such("subject", &id)) }
}

fn paged(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let all = permitted(call, &call.tenant().read())?;
    let mut page = Page::of(all, page, call.path, call.query).without(&[]);
    page.insert("allDivsPermitted".to_owned(), json!(true));
    Reply::ok(&page)
}
