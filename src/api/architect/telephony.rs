//! IVRs, and the schedules and groups that they refer to.
//!
//! This file only has the table of resources; `resource` has the handlers.

use http::StatusCode;

use super::resource::{Resource, Type, create, delete, get, list, list_views, update};
use crate::api::route::Route;
use crate::world::architect::{EMERGENCY_GROUPS, IVRS, SCHEDULE_GROUPS, SCHEDULES};

/// The resources of this file.
pub(super) static RESOURCES: [Resource; 4] = [
    resource(
        IVRS,
        "IVR",
        &["name"],
        &[
            ("dnis", Type::Strings),
            ("openHoursFlow", Type::Object),
            ("closedHoursFlow", Type::Object),
            ("holidayHoursFlow", Type::Object),
            ("scheduleGroup", Type::Object),
        ],
    ),
    resource(
        SCHEDULES,
        "schedule",
        &["name", "start", "end"],
        &[("start", Type::LocalTime), ("end", Type::LocalTime), ("rrule", Type::Text)],
    ),
    resource(
        SCHEDULE_GROUPS,
        "schedule group",
        &["name"],
        &[
            ("timeZone", Type::Text),
            ("openSchedules", Type::Objects),
            ("closedSchedules", Type::Objects),
            ("holidaySchedules", Type::Objects),
        ],
    ),
    resource(
        EMERGENCY_GROUPS,
        "emergency group",
        &["name"],
        &[("enabled", Type::Flag), ("emergencyCallFlows", Type::Objects)],
    ),
];

const fn resource(
    path: &'static str,
    kind: &'static str,
    required: &'static [&'static str],
    fields: &'static [(&'static str, Type)],
) -> Resource {
    let removed = StatusCode::OK;
    Resource {
        path,
        kind,
        required,
        fields,
        own: &[],
        stamped: true,
        divided: true,
        removed,
        // Assumed: the document names no code of its own.
        duplicate: "general.conflict",
    }
}

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/architect/ivrs", list),
        Route::post("/api/v2/architect/ivrs", create),
        Route::get("/api/v2/architect/ivrs/divisionviews", list_views),
        Route::get("/api/v2/architect/ivrs/{ivrId}", get),
        Route::put("/api/v2/architect/ivrs/{ivrId}", update),
        Route::delete("/api/v2/architect/ivrs/{ivrId}", delete),
        Route::get("/api/v2/architect/schedules", list),
        Route::post("/api/v2/architect/schedules", create),
        Route::get("/api/v2/architect/schedules/divisionviews", list_views),
        Route::get("/api/v2/architect/schedules/{scheduleId}", get),
        Route::put("/api/v2/architect/schedules/{scheduleId}", update),
        Route::delete("/api/v2/architect/schedules/{scheduleId}", delete),
        Route::get("/api/v2/architect/schedulegroups", list),
        Route::post("/api/v2/architect/schedulegroups", create),
        Route::get("/api/v2/architect/schedulegroups/divisionviews", list_views),
        Route::get("/api/v2/architect/schedulegroups/{scheduleGroupId}", get),
        Route::put("/api/v2/architect/schedulegroups/{scheduleGroupId}", update),
        Route::delete("/api/v2/architect/schedulegroups/{scheduleGroupId}", delete),
        Route::get("/api/v2/architect/emergencygroups", list),
        Route::post("/api/v2/architect/emergencygroups", create),
        Route::get("/api/v2/architect/emergencygroups/divisionviews", list_views),
        Route::get("/api/v2/architect/emergencygroups/{emergencyGroupId}", get),
        Route::put("/api/v2/architect/emergencygroups/{emergencyGroupId}", update),
        Route::delete("/api/v2/architect/emergencygroups/{emergencyGroupId}", delete),
    ]
}
