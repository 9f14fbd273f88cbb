//! Drafts of actions. A draft has the id of its action, and replaces the action when it is published.

use serde_json::{Map, Value, json};

use super::actions::{check, get, get_schema, get_template, list, matches};
use crate::api::call::Call;
use crate::api::record::{self, Resource, check_version, find};
use crate::api::route::Route;
use crate::view;
use crate::view::integration::Detail;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::integration::{Action, ActionDraft};
use crate::world::table::{Record, Stored};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/integrations/actions/drafts", list::<ActionDraft>),
        Route::post("/api/v2/integrations/actions/drafts", record::create::<ActionDraft>),
        Route::get("/api/v2/integrations/actions/{actionId}/draft", get::<ActionDraft>),
        Route::post("/api/v2/integrations/actions/{actionId}/draft", create),
        Route::patch("/api/v2/integrations/actions/{actionId}/draft", record::update::<ActionDraft>),
        Route::delete("/api/v2/integrations/actions/{actionId}/draft", record::delete::<ActionDraft>),
        Route::post("/api/v2/integrations/actions/{actionId}/draft/publish", publish),
        Route::get("/api/v2/integrations/actions/{actionId}/draft/validation", validate),
        Route::get(
            "/api/v2/integrations/actions/{actionId}/draft/schemas/{fileName}",
            get_schema::<ActionDraft>,
        ),
        Route::get(
            "/api/v2/integrations/actions/{actionId}/draft/templates/{fileName}",
            get_template::<ActionDraft>,
        ),
    ]
}

impl Resource for ActionDraft {
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

/// Makes a draft of a published action. That an action has at most one draft is assumed.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("actionId")?;
    call.change(|organization| {
        let action = find::<Action>(organization, &id)?;
        if ActionDraft::table(organization).find(&id).is_some() {
            return Err(ApiError::conflict("The action has a draft already."));
        }
        let mut draft: Record<ActionDraft> = Record::new(Id::new(action.uuid), action.name.clone(), call.now);
        (draft.version, draft.extra) = (action.version, action.extra.clone());
        let shown = view::integration::action(organization, &draft, Detail::ALL);
        ActionDraft::table_mut(organization).add(draft).map_err(record::refused::<ActionDraft>)?;
        Reply::ok(&shown)
    })
}

/// Replaces the action by its draft, whose current version the body has to name.
fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, body) = (call.param("actionId")?, call.json_object()?);
    call.change(|organization| {
        let draft = find::<ActionDraft>(organization, &id)?;
        check_version(draft.version, &body)?;
        let (draft_id, before) = (draft.id(), Action::table(organization).find(&id));
        let mut action: Record<Action> = Record::new(Id::new(draft.uuid), draft.name.clone(), call.now);
        action.extra.clone_from(&draft.extra);
        if let Some(before) = before {
            (action.version, action.created) = (before.version.saturating_add(1), before.created);
        }
        let (shown, is_new) =
            (view::integration::action(organization, &action, Detail::ALL), before.is_none());
        let table = Action::table_mut(organization);
        let done = if is_new { table.add(action) } else { table.replace(action).map(drop) };
        done.map_err(record::refused::<Action>)?;
        organization.remove(draft_id);
        Reply::ok(&shown)
    })
}

/// A stored draft was checked when it was stored.
fn validate(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    find::<ActionDraft>(&organization, &call.param("actionId")?)?;
    Reply::ok(&json!({ "valid": true, "errors": [] }))
}
