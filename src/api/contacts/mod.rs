//! External contacts: contacts, organizations, notes, relationships, and where contacts come from.
//!
//! | file | owns |
//! |---|---|
//! | `external` | what all kinds of the family share: listings, scans, bulk operations, patches |
//! | `people` | contacts, their identifiers and merges |
//! | `organizations` | organizations and their contacts |
//! | `notes` | notes about either |
//! | `relationships` | relationships of users, and external sources |
//! | `lookup` | who has a number, an address or another identifier |
//! | `exports` | exports of all kinds to files |
//! | `import` | imports of files with contacts |
//! | `settings` | settings, and the contact of a conversation |
//!
//! Enrichment and schemas have generic answers.

mod exports;
mod external;
mod import;
mod lookup;
mod notes;
mod organizations;
mod people;
mod relationships;
mod settings;

pub(super) use self::import::{USE as IMPORT, take_file};
use super::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let kinds = [people::routes(), organizations::routes(), notes::routes(), relationships::routes()];
    [kinds.concat(), exports::routes(), import::routes(), lookup::routes(), settings::routes()].concat()
}
