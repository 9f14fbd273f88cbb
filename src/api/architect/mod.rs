//! Architect: scripts, flows and their runs, IVRs and what they refer to, data tables.
//!
//! | file | owns |
//! |---|---|
//! | `resource` | the checks of a body and the five usual handlers, for most of the others |
//! | `telephony` | IVRs, schedules, schedule and emergency groups |
//! | `outcomes` | milestones and outcomes |
//! | `prompts` | prompts and their resources |
//! | `system_prompts` | system prompts, the same everywhere |
//! | `scripts` | scripts and their pages, also by paths that no published document has |
//! | `flows`, `versions` | flows, their actions, and their versions |
//! | `runs` | executions and exports, which move with the clock |
//! | `deploy` | jobs that publish a flow from a file |
//! | `imports` | imports of rows of data tables |
//! | `dependencies` | dependency tracking: which objects refer to which others |
//! | `tables`, `rows`, `schema` | data tables, their rows, and the schemas that rows have to fit |
//!
//! A second entity of one name is refused. Scripts are an exception, because load tests create one name many times.
//! What an entity refers to has to exist, and is not deleted while it is referred to.

mod author;
mod dependencies;
mod deploy;
mod filters;
mod flows;
mod imports;
mod outcomes;
mod prompts;
mod resource;
mod rows;
mod runs;
mod schema;
mod scripts;
mod system_prompts;
mod tables;
mod telephony;
mod versions;

pub(super) use self::deploy::{read_flow, take_flow};
pub(super) use self::imports::take_rows;
pub(super) use self::runs::{EXECUTIONS, FLOW_ID, run_time};
pub(super) use self::scripts::put_script;
use crate::api::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [
        scripts::routes(),
        telephony::routes(),
        prompts::routes(),
        system_prompts::routes(),
        flows::routes(),
        versions::routes(),
        runs::routes(),
        deploy::routes(),
        imports::routes(),
        outcomes::routes(),
        tables::routes(),
        rows::routes(),
        dependencies::routes(),
    ]
    .concat()
}
