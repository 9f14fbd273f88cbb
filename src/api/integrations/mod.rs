//! Integrations with other systems.
//!
//! | file | owns |
//! |---|---|
//! | `installed` | integrations and their configuration |
//! | `kinds` | the types of integrations and of credentials |
//! | `credentials` | credentials |
//! | `actions` | actions, their schemas and templates |
//! | `drafts` | drafts of actions: changed, validated, published |
//! | `execution` | executions and tests of actions |
//! | `speech` | the engine that reads texts out |

mod actions;
mod credentials;
mod drafts;
mod execution;
mod installed;
mod kinds;
mod speech;

use super::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let families = [
        installed::routes(),
        kinds::routes(),
        credentials::routes(),
        actions::routes(),
        drafts::routes(),
        execution::routes(),
        speech::routes(),
    ];
    families.concat()
}
