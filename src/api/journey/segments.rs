//! Segments: sessions and customers with something in common.

use serde_json::json;

use super::actions::ActionMap;
use super::{check_display_name, is_selected};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, Version};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;

/// The collection of the segments.
pub(super) const SEGMENTS: &str = "/api/v2/journey/segments";

pub(super) fn routes() -> Vec<Route> {
    json_entity::routes::<Segment>()
}

/// A segment.
enum Segment {}

impl JsonEntity for Segment {
    const NAME: &'static str = "segment";
    const PATH: &'static str = SEGMENTS;
    const PARAM: &'static str = "segmentId";
    const VERSION: Version = Version::Field;

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_display_name(organization, SEGMENTS, before, body)
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        let scope = if entity.contains_key("externalSegment") { "Customer" } else { "Session" };
        entity.insert("scope".to_owned(), json!(scope));
        for (key, value) in [
            ("isActive", json!(true)),
            ("shouldDisplayToAgent", json!(false)),
            ("color", json!("#008000")),
            ("context", json!({ "patterns": [] })),
            ("journey", json!({ "patterns": [] })),
        ] {
            entity.entry(key).or_insert(value);
        }
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let active = call.query_text("isActive");
        is_selected(call, entity, "segmentIds")
            && active.is_none_or(|active| entity.get("isActive") == Some(&json!(active == "true")))
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        let id = text(entity, "id");
        let mut maps = organization.collections.list(ActionMap::PATH);
        let uses = |map: &Body| {
            let segments = map.get("triggerWithSegments").and_then(serde_json::Value::as_array);
            segments.is_some_and(|segments| segments.iter().any(|segment| segment == id))
        };
        if maps.any(|map| uses(map)) {
            return Err(ApiError::conflict("The segment is used by an action map."));
        }
        Ok(())
    }
}
