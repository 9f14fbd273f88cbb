//! The statuses of a work type.

use http::StatusCode;
use serde_json::{Value, json};

use super::items::ITEMS;
use super::types::TYPES;
use super::{is_used, refer, rules};
use crate::api::call::Call;
use crate::api::entity::{text, texts};
use crate::api::json_entity::{self, Body, JsonEntity};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;

const STATUSES: &str = "/api/v2/taskmanagement/worktypes/{worktypeId}/statuses";

pub(super) fn routes() -> Vec<Route> {
    json_entity::routes::<Status>()
}

/// The collection of the statuses of a work type.
pub(super) fn statuses_of(worktype: &str) -> String {
    format!("{TYPES}/{worktype}/statuses")
}

/// A status of a work type.
pub(super) enum Status {}

impl Status {
    /// Makes a status that of new work items, where the type has none yet.
    pub(super) fn become_default(organization: &mut Organization, worktype: &str, id: &str) {
        let id = json!(id);
        organization.collections.update(TYPES, worktype, |worktype| {
            worktype.entry("defaultStatusId").or_insert(id);
            Ok::<(), ()>(())
        });
    }
}

impl JsonEntity for Status {
    const NAME: &'static str = "status";
    const PATH: &'static str = STATUSES;
    const PARAM: &'static str = "statusId";
    const UNIQUE: bool = true;
    const DUPLICATE: (StatusCode, &'static str) =
        (StatusCode::BAD_REQUEST, "invalid.input.duplicate.status.name");

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        let path = statuses_of(&call.param("worktypeId")?);
        let mut named: Vec<_> =
            texts(body, "destinationStatusIds").into_iter().map(|id| ("destinationStatusIds", id)).collect();
        let next = body.get("defaultDestinationStatusId").and_then(Value::as_str);
        named.extend(next.map(|id| ("defaultDestinationStatusId", id)));
        match named.into_iter().find(|(_, id)| organization.collections.get(&path, id).is_none()) {
            Some((field, id)) => Err(ApiError::no_reference(field, Self::NAME, id)),
            None => rules::check_status(before, body),
        }
    }

    fn relate(call: &Call<'_>, organization: &mut Organization, entity: &Body) {
        if let Ok(worktype) = call.param("worktypeId") {
            Self::become_default(organization, &worktype, text(entity, "id"));
        }
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let worktype = call.param("worktypeId").unwrap_or_default();
        let path = statuses_of(&worktype);
        let next = texts(entity, "destinationStatusIds");
        let next: Value = next.into_iter().map(|id| refer(organization, &path, id)).collect();
        entity.insert("destinationStatuses".to_owned(), next);
        if let Some(id) = entity.get("defaultDestinationStatusId").and_then(Value::as_str) {
            let status = refer(organization, &path, id);
            entity.insert("defaultDestinationStatus".to_owned(), status);
        }
        entity.insert("worktype".to_owned(), refer(organization, TYPES, &worktype));
    }

    fn may_delete(call: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        let (id, worktype) = (text(entity, "id"), call.param("worktypeId")?);
        let owner = organization.collections.get(TYPES, &worktype);
        if owner.is_some_and(|owner| text(owner, "defaultStatusId") == id) {
            let why = "The status is that of new workitems.";
            return Err(rules::conflict("pre.check.status.is.default.status", why));
        }
        let path = statuses_of(&worktype);
        rules::check_no_destination(organization.collections.list(&path).map(|other| &**other), id)?;
        if is_used(organization, ITEMS, "statusId", id) {
            return Err(ApiError::conflict("The status is in use."));
        }
        Ok(())
    }
}
