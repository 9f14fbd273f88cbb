//! IVRs, and the schedules and groups that they refer to.
//!
//! All of it is the table below; `resource` has the handlers.

use http::StatusCode;

use super::resource::{Resource, Type, create, list, read, remove, views, write};
use crate::api::route::{Route, delete, get, post, put};
use crate::world::architect::{IVRS, SCHEDULES};

/// What is kept here.
pub(super) static RESOURCES: [Resource; 4] = [
    telephony(
        IVRS,
        "IVR",
        &["name"],
        &[
            ("dnis", Type::Texts),
            ("openHoursFlow", Type::Object),
            ("closedHoursFlow", Type::Object),
            ("holidayHoursFlow", Type::Object),
            ("scheduleGroup", Type::Object),
        ],
    ),
    telephony(
        SCHEDULES,
        "schedule",
        &["name", "start", "end"],
        &[("start", Type::LocalTime), ("end", Type::LocalTime), ("rrule", Type::Text)],
    ),
    telephony(
        "/api/v2/architect/schedulegroups",
        "schedule group",
        &["name"],
        &[
            ("timeZone", Type::Text),
            ("openSchedules", Type::Objects),
            ("closedSchedules", Type::Objects),
            ("holidaySchedules", Type::Objects),
        ],
    ),
    telephony(
        "/api/v2/architect/emergencygroups",
        "emergency group",
        &["name"],
        &[("enabled", Type::Flag), ("emergencyCallFlows", Type::Objects)],
    ),
];

const fn telephony(
    path: &'static str,
    kind: &'static str,
    required: &'static [&'static str],
    fields: &'static [(&'static str, Type)],
) -> Resource {
    let removed = StatusCode::OK;
    Resource { path, kind, required, fields, own: &[], stamped: true, divided: true, removed }
}

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/architect/ivrs", list),
        post("/api/v2/architect/ivrs", create),
        get("/api/v2/architect/ivrs/divisionviews", views),
        get("/api/v2/architect/ivrs/{ivrId}", read),
        put("/api/v2/architect/ivrs/{ivrId}", write),
        delete("/api/v2/architect/ivrs/{ivrId}", remove),
        get("/api/v2/architect/schedules", list),
        post("/api/v2/architect/schedules", create),
        get("/api/v2/architect/schedules/divisionviews", views),
        get("/api/v2/architect/schedules/{scheduleId}", read),
        put("/api/v2/architect/schedules/{scheduleId}", write),
        delete("/api/v2/architect/schedules/{scheduleId}", remove),
        get("/api/v2/architect/schedulegroups", list),
        post("/api/v2/architect/schedulegroups", create),
        get("/api/v2/architect/schedulegroups/divisionviews", views),
        get("/api/v2/architect/schedulegroups/{scheduleGroupId}", read),
        put("/api/v2/architect/schedulegroups/{scheduleGroupId}", write),
        delete("/api/v2/architect/schedulegroups/{scheduleGroupId}", remove),
        get("/api/v2/architect/emergencygroups", list),
        post("/api/v2/architect/emergencygroups", create),
        get("/api/v2/architect/emergencygroups/divisionviews", views),
        get("/api/v2/architect/emergencygroups/{emergencyGroupId}", read),
        put("/api/v2/architect/emergencygroups/{emergencyGroupId}", write),
        delete("/api/v2/architect/emergencygroups/{emergencyGroupId}", remove),
    ]
}
