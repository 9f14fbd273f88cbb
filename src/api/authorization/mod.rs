//! Authorization: divisions, roles, the subjects that have them, permissions.
//!
//! Grants are data that clients read and change. They do not restrict what a caller may do here: `--enforce-scopes` alone
//! does that.

mod divisions;
mod permissions;
mod roles;
mod subjects;

use super::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [divisions::routes(), roles::routes(), subjects::routes(), permissions::routes()].concat()
}
