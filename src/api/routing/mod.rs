//! Routing: queues with their members and wrap-up codes, skills, languages, utilization, addresses.
//!
//! Each noun has a file. The usual operations of a noun are those of `api::record`.

mod email;
mod labels;
mod members;
mod queues;
mod recipients;
mod settings;
mod skill_groups;
mod skills;
mod sms;
mod user_queues;
mod utilization;
mod wrap_up_codes;

use super::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let queues = [queues::routes(), members::routes(), user_queues::routes(), wrap_up_codes::routes()];
    let skills = [skills::routes(), skill_groups::routes()];
    let rest = [settings::routes(), utilization::routes(), labels::routes()];
    let addresses = [email::routes(), sms::routes(), recipients::routes()];
    [queues.concat(), skills.concat(), rest.concat(), addresses.concat()].concat()
}
