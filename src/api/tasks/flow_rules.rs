//! The rules of a work type that start a flow. They are stored; nothing runs.

use serde_json::json;

use super::refer;
use super::types::TYPES;
use crate::api::call::Call;
use crate::api::json_entity::{self, Body, JsonEntity};
use crate::api::route::Route;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    [
        json_entity::routes::<OnCreate>(),
        json_entity::routes::<OnAttributeChange>(),
        json_entity::routes::<DateBased>(),
    ]
    .concat()
}

macro_rules! rule {
    ($(#[$doc:meta])* $name:ident, $path:literal, $type:literal) => {
        $(#[$doc])*
        enum $name {}

        impl JsonEntity for $name {
            const NAME: &'static str = "rule";
            const PATH: &'static str =
                concat!("/api/v2/taskmanagement/worktypes/{worktypeId}/flows/", $path, "/rules");
            const PARAM: &'static str = "ruleId";

            fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
                show(call, organization, entity, $type);
            }
        }
    };
}

rule!(
    /// A rule for new work items.
    OnCreate, "oncreate", "OnCreate"
);
rule!(
    /// A rule for a property that changes.
    OnAttributeChange, "onattributechange", "OnAttributeChange"
);
rule!(
    /// A rule for the time before or after a date of a work item.
    DateBased, "datebased", "Date"
);

fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body, kind: &str) {
    let worktype = call.param("worktypeId").unwrap_or_default();
    entity.insert("type".to_owned(), json!(kind));
    entity.insert("worktype".to_owned(), refer(organization, TYPES, &worktype));
}
