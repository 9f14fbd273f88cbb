//! Actions of integrations.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::is_descending;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::catalog::document::JsonSchema;
use crate::view;
use crate::view::integration::{Detail, INPUT, REQUEST, RESPONSE, SUCCESS};
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::integration::action::Contracted;
use crate::world::integration::{Action, ActionDraft, Integration};
use crate::world::table::{Record, Stored};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/integrations/actions", list::<Action>),
        Route::post("/api/v2/integrations/actions", record::create::<Action>),
        Route::get("/api/v2/integrations/actions/categories", list_categories),
        Route::get("/api/v2/integrations/actions/{actionId}", get::<Action>),
        Route::patch("/api/v2/integrations/actions/{actionId}", record::update::<Action>),
        Route::delete("/api/v2/integrations/actions/{actionId}", record::delete::<Action>),
        Route::get("/api/v2/integrations/actions/{actionId}/schemas/{fileName}", get_schema::<Action>),
        Route::get("/api/v2/integrations/actions/{actionId}/templates/{fileName}", get_template::<Action>),
    ]
}

impl Resource for Action {
    const PARAM: &'static str = "actionId";
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::integration::action(organization, record, Detail::ALL)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        check(organization, body)
    }

    fn matches(call: &Call<'_>, _organization: &Organization, record: &Record<Self>) -> bool {
        matches(call, record)
    }
}

/// Checks the integration and the contract that the body of an action names.
pub(super) fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
    if let Some(id) = body.get("integrationId").and_then(Value::as_str) {
        record::referred::<Integration>(organization, "integrationId", id)?;
    }
    let parts = [("input", "inputSchema"), ("output", "successSchema")];
    for (part, name) in parts {
        let schema = body.get("contract").and_then(|contract| contract.get(part)?.get(name));
        let Some(schema) = schema else { continue };
        JsonSchema::read(schema).map_err(|mistake| {
            let field = format!("contract.{part}.{name}");
            ApiError::constraint(
                &field,
                format!("The field [{field}] is not a JSON schema{}", quoted(&mistake.to_string())),
            )
        })?;
    }
    Ok(())
}

/// Whether an action passes the filters of the query.
pub(super) fn matches<K: Contracted>(call: &Call<'_>, record: &Record<K>) -> bool {
    let text = |key: &str| record.extra.get(key).and_then(Value::as_str).unwrap_or_default();
    let is_secure = record.extra.get("secure").and_then(Value::as_bool).unwrap_or_default();
    let ids = call.query_list("ids");
    call.query_text("category").is_none_or(|wanted| wanted.eq_ignore_ascii_case(text("category")))
        && call.query_text("secure").is_none_or(|wanted| (wanted == "true") == is_secure)
        && (ids.is_empty() || ids.contains(&record.id().to_string()))
}

/// The detail that the query asks for.
fn detail(call: &Call<'_>) -> Detail {
    let contract = call.query_list("expand").iter().any(|part| part == "contract");
    Detail { contract, config: call.query_flag("includeConfig") }
}

/// Lists actions or drafts. Actions that fetch tokens are not made here, so `includeAuthActions` adds none.
pub(super) fn list<K: Contracted + Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (page, detail) = (call.page()?, detail(call));
    let organization = call.tenant().read();
    let all = record::select::<K>(call, &organization).into_iter();
    let all = all.map(|record| view::integration::action(&organization, record, detail));
    Reply::ok(&Page::of(all, page, call.path, call.query))
}

pub(super) fn get<K: Contracted + Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let found = find::<K>(&organization, &call.param("actionId")?)?;
    Reply::ok(&view::integration::action(&organization, found, detail(call)))
}

/// The categories that actions and drafts have.
fn list_categories(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let (actions, drafts) = (Action::table(&organization).iter(), ActionDraft::table(&organization).iter());
    let of_actions = actions.filter(|action| matches(call, action)).map(|action| &action.extra);
    let of_drafts = drafts.filter(|draft| matches(call, draft)).map(|draft| &draft.extra);
    let names = of_actions.chain(of_drafts).filter_map(|extra| extra.get("category")?.as_str());
    let mut names: Vec<_> = names.collect::<BTreeSet<_>>().into_iter().collect();
    if is_descending(call) {
        names.reverse();
    }
    let all = names.into_iter().map(|name| json!({ "name": name }));
    let found = Page::of(all, page, call.path, call.query);
    Reply::ok(&found.without(&["firstUri", "nextUri", "previousUri", "lastUri", "selfUri"]))
}

pub(super) fn get_schema<K: Contracted + Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let (found, name) = (find::<K>(&organization, &call.param("actionId")?)?, call.param("fileName")?);
    let schema = match &*name {
        INPUT => found.input_schema(),
        SUCCESS => found.success_schema(),
        _ => None,
    };
    Reply::ok(schema.ok_or_else(|| ApiError::no_such("schema", &name))?)
}

pub(super) fn get_template<K: Contracted + Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let (found, name) = (find::<K>(&organization, &call.param("actionId")?)?, call.param("fileName")?);
    let part = |part: &str, key: &str| found.extra.get("config")?.get(part)?.get(key)?.as_str();
    // Those of an action without one hand on what comes, as the vendor's documentation of data actions says.
    let template = match &*name {
        REQUEST => part("request", "requestTemplate").unwrap_or("${input.rawRequest}"),
        RESPONSE => part("response", "successTemplate").unwrap_or("${rawResult}"),
        _ => return Err(ApiError::no_such("template", &name)),
    };
    Reply::ok(&template)
}
