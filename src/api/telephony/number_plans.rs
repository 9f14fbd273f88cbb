//! The number plans of a site.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::at;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::record::find;
use crate::api::route::Route;
use crate::view::telephony::site::{number_plans, plan};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::telephony::site::{Site, number_plans_of};

/// The fields of a plan that clients set.
const FIELDS: [&str; 9] = [
    "name",
    "description",
    "match",
    "normalizedFormat",
    "priority",
    "numbers",
    "digitLength",
    "classification",
    "matchType",
];
/// The most plans of a site (assumed).
const MAX_PLANS: usize = 200;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/sites/{siteId}/numberplans"), list),
        Route::put(&at("/sites/{siteId}/numberplans"), replace),
        Route::get(&at("/sites/{siteId}/numberplans/classifications"), list_classifications),
        Route::get(&at("/sites/{siteId}/numberplans/{numberPlanId}"), get),
    ]
}

/// The plans of the site in the call's path.
fn plans_of(call: &Call<'_>, organization: &Organization) -> Result<Vec<Map<String, Value>>, ApiError> {
    Ok(number_plans(organization, find::<Site>(organization, &call.param("siteId")?)?))
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&plans_of(call, &call.tenant().read())?)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let plans = plans_of(call, &call.tenant().read())?;
    let id = call.param("numberPlanId")?;
    let plan = plans.iter().find(|plan| text(plan, "id") == id);
    Reply::ok(plan.ok_or_else(|| ApiError::no_such("number plan", &id))?)
}

/// The classifications of the plans of a site, each once.
pub(super) fn classifications(plans: &[Map<String, Value>]) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for name in plans.iter().map(|plan| text(plan, "classification")).filter(|name| !name.is_empty()) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

fn list_classifications(call: &Call<'_>) -> Result<Reply, ApiError> {
    let plans = plans_of(call, &call.tenant().read())?;
    let wanted = call.query_text("classification").map(|name| name.to_lowercase());
    let mut names = classifications(&plans);
    names.retain(|name| wanted.as_ref().is_none_or(|wanted| name.to_lowercase().contains(wanted.as_str())));
    Reply::ok(&names)
}

/// Replaces all plans of a site. A plan keeps its id if the body has it, or its name.
fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    check_names(&bodies)?;
    call.change(|organization| {
        let site = find::<Site>(organization, &call.param("siteId")?)?.id();
        let before = plans_of(call, organization)?;
        let plans: Vec<_> = bodies.iter().map(|body| to_plan(site, &before, body)).collect();
        // Without a plan the site has those of the start again.
        if !plans.is_empty() {
            check_used(organization, site, &before, &plans)?;
        }
        let collection = number_plans_of(site);
        organization.collections.remove_all(&collection);
        for plan in plans {
            let id = text(&plan, "id").to_owned();
            organization.collections.insert(&collection, &id, plan);
        }
        Reply::ok(&plans_of(call, organization)?)
    })
}

fn check_names(bodies: &[Map<String, Value>]) -> Result<(), ApiError> {
    const WHY: &str = "Number plan names must be unique.";
    let mut seen = HashSet::new();
    if bodies.len() > MAX_PLANS {
        return Err(ApiError::bad_request(format!("A site has at most {MAX_PLANS} number plans.")));
    }
    if bodies.iter().all(|body| seen.insert(text(body, "name").to_lowercase())) {
        return Ok(());
    }
    Err(ApiError::new(StatusCode::BAD_REQUEST, "duplicate.number.plan.name", WHY))
}

fn to_plan(site: Id<Site>, before: &[Map<String, Value>], body: &Map<String, Value>) -> Map<String, Value> {
    let is_known = |name: &str| {
        let wanted = text(body, name);
        before.iter().find(|plan| !wanted.is_empty() && text(plan, name) == wanted)
    };
    let known = is_known("id").or_else(|| is_known("name"));
    let id = known.and_then(|plan| Uuid::try_parse(text(plan, "id")).ok()).unwrap_or_else(Uuid::new_v4);
    let mut written = plan(site, id);
    if let Some(version) = known.and_then(|plan| plan.get("version")?.as_u64()) {
        written.insert("version".to_owned(), json!(version + 1));
    }
    for field in FIELDS {
        if let Some(value) = body.get(field).filter(|value| !value.is_null()) {
            written.insert(field.to_owned(), value.clone());
        }
    }
    written
}

/// Refuses plans without a classification that an outbound route of the site uses.
fn check_used(
    organization: &Organization,
    site: Id<Site>,
    before: &[Map<String, Value>],
    after: &[Map<String, Value>],
) -> Result<(), ApiError> {
    let after = classifications(after);
    let removed: Vec<_> = classifications(before).into_iter().filter(|name| !after.contains(name)).collect();
    let telephony = organization.telephony();
    let routes = telephony.routes_of_site.members(site).iter();
    let routes = routes.filter_map(|(route, ())| telephony.routes.get(*route));
    let mut types = routes.filter_map(|route| route.extra.get("classificationTypes")?.as_array()).flatten();
    let used = types.any(|name| name.as_str().is_some_and(|name| removed.contains(&name)));
    if used {
        const WHY: &str = "The number plan is in use by one or more outbound routes.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "number.plan.in.use", WHY));
    }
    Ok(())
}
