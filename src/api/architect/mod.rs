//! Architect: scripts, flows and their runs, IVRs and what they refer to, data tables.
//!
//! | file | owns |
//! |---|---|
//! | `resource` | the checks of a body and the five usual handlers, for most of the others |
//! | `telephony` | IVRs, schedules, schedule and emergency groups |
//! | `outcomes` | milestones and outcomes |
//! | `prompts` | prompts and their resources |
//! | `scripts` | scripts and their pages, also by paths that no published document has |
//! | `flows`, `versions` | flows, their actions, and their versions |
//! | `runs` | executions and jobs, which move with the clock |
//! | `tables`, `rows`, `schema` | data tables, their rows and the schemas of these |
//!
//! Names need not be unique, because load tests create one name many times. The vendor refuses a second flow, prompt or
//! data table of one name. What an entity refers to has to exist, and is not deleted while it is referred to.

mod author;
mod flows;
mod outcomes;
mod prompts;
mod resource;
mod rows;
mod runs;
mod schema;
mod scripts;
mod tables;
mod telephony;
mod versions;

use crate::api::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [
        scripts::routes(),
        telephony::routes(),
        prompts::routes(),
        flows::routes(),
        versions::routes(),
        runs::routes(),
        outcomes::routes(),
        tables::routes(),
        rows::routes(),
    ]
    .concat()
}
