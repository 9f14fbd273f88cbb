//! The directory: groups, teams, locations and stations.

mod group_members;
mod groups;
mod locations;
mod stations;
mod teams;

use super::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let groups = [groups::routes(), group_members::routes()];
    [groups.concat(), teams::routes(), locations::routes(), stations::routes()].concat()
}
