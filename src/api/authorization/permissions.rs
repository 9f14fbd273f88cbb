//! Permissions, the divisions in which the caller has one, and products.

use std::collections::HashSet;
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::record::author;
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::User;

/// Permissions, one domain and entity a line, and the actions of each: those that the API document has for its operations.
const TEXT: &str = include_str!("permissions.txt");

/// A domain, one of its entities, and the actions of it.
type Row = (&'static str, &'static str, &'static str);

/// The permissions by domain, in the order of the text.
static PERMISSIONS: LazyLock<IndexMap<&str, Vec<Row>>> = LazyLock::new(|| {
    let mut domains: IndexMap<&str, Vec<Row>> = IndexMap::new();
    for row in TEXT.lines().filter_map(read_row) {
        domains.entry(row.0).or_default().push(row);
    }
    domains
});

/// The names of the domains in lower case.
static DOMAINS: LazyLock<HashSet<String>> =
    LazyLock::new(|| PERMISSIONS.keys().map(|domain| domain.to_ascii_lowercase()).collect());

fn read_row(line: &'static str) -> Option<Row> {
    let (domain, rest) = line.split_once(' ')?;
    let (entity, actions) = rest.split_once(' ')?;
    Some((domain, entity, actions))
}

/// Refuses a policy of a role whose domain has no permissions.
pub(super) fn check_policies(body: &Map<String, Value>) -> Result<(), ApiError> {
    const FIELD: &str = "permissionPolicies";
    let policies = body.get(FIELD).and_then(Value::as_array).into_iter().flatten();
    let mut domains = policies.filter_map(|policy| policy.get("domain")?.as_str());
    let is_known = |domain: &str| domain == "*" || DOMAINS.contains(&domain.to_ascii_lowercase());
    match domains.find(|domain| !is_known(domain)) {
        None => Ok(()),
        Some(domain) => {
            let why = format!("The domain [{}] of [{FIELD}] has no permissions.", quoted(domain));
            Err(ApiError::constraint(FIELD, why))
        }
    }
}

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
fn domain(name: &str, rows: &[Row]) -> Value {
    let entities = rows.iter().map(|(_, entity, actions)| {
        let actions = actions.split(' ').map(|action| {
            json!({ "domain": name, "entityType": entity, "action": action,
                "label": format!("{name}:{entity}:{action}"), "allowsConditions": false, "divisionAware": true })
        });
        ((*entity).to_owned(), actions.collect::<Value>())
    });
    json!({ "id": name, "name": name, "domain": name, "permissionMap": entities.collect::<Map<_, _>>(),
        "selfUri": format!("/api/v2/authorization/permissions/{name}") })
}

/// Lists the domains of permissions. `query` is a list of parts of domains or of permissions; `queryType` says of which.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted: Vec<_> = call.query_list("query").iter().map(|query| query.to_lowercase()).collect();
    let by_domain = call.query_text("queryType").as_deref() == Some("domain");
    let is_wanted = |(domain, entity, actions): &Row| {
        let mut texts = actions.split(' ').map(|action| {
            if by_domain {
                domain.to_lowercase()
            } else {
                format!("{domain}:{entity}:{action}").to_lowercase()
            }
        });
        texts.any(|text| wanted.iter().any(|wanted| text.contains(wanted)))
    };
    let found = PERMISSIONS.iter().filter(|(_, rows)| wanted.is_empty() || rows.iter().any(is_wanted));
    let found: Vec<_> = found.collect();
    let shown = found.into_iter().map(|(name, rows)| domain(name, rows));
    Reply::ok(&Page::of(shown, call.page()?, call.path, call.query))
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
