//! The emulated platform: one folder or file for each resource family, each with its `routes()`.
//!
//! To add an operation, add one line to its family's `routes()` and a handler. To add a family, add a file and a
//! line in [`routes`]. `record` has the handlers of named entities in typed tables, `json_entity` those of entities that are
//! kept as JSON below another one, `setting` those of settings, `entity` what is stored without rules. `version` compares
//! the version that a body names with the current one. `search` has the vendor's search language, `resource_search` the
//! search over several kinds of entities. `data_schemas` has the types of custom fields. `uploads` and `app_uploads` take files,
//! `form` reads those of forms, `downloads` gives them. `checked` refuses requests that are not as the API document says,
//! `order` bodies that end before they start, `most` lists that are too long. `announce` publishes changed entities.
//! `generic` answers operations that no route has. `outside` answers paths that are not the platform's.

mod analytics;
mod announce;
mod app_uploads;
mod architect;
mod audits;
mod authorization;
mod automation;
pub(crate) mod call;
mod checked;
mod contacts;
mod conversations;
mod data_schemas;
mod directory;
mod downloads;
mod engagement;
mod entity;
mod fixed;
mod form;
pub(crate) mod generic;
mod guest;
mod identity_providers;
mod integrations;
mod interval;
mod journey;
mod json_entity;
mod knowledge;
mod licenses;
mod limits;
pub(crate) mod login;
mod me;
mod messaging;
mod messengers;
mod most;
mod notifications;
mod oauth_clients;
mod oauth_scopes;
mod order;
mod organization;
mod outbound;
mod quality;
mod record;
mod recording;
mod refusal;
mod regex;
pub(crate) mod request;
mod resource_search;
mod responses;
pub(crate) mod route;
mod routing;
mod scim;
mod search;
mod setting;
mod speech_analytics;
mod tasks;
mod telephony;
mod uploads;
mod usage;
mod users;
mod utilities;
mod version;
mod web_deployments;
mod websocket;
mod workforce;

pub(crate) use self::announce::announce;
pub(crate) use self::audits::note;
pub(crate) use self::checked::{check, check_inside, check_types, respelled_query};
pub(crate) use self::guest::principal as guest_principal;
pub(crate) use self::uploads::encodings_of;

use std::sync::LazyLock;

use http::Method;

use crate::api::route::{Route, Routes};
use crate::catalog::path::is_misplaced_login;
use crate::catalog::published;
use crate::catalog::{Document, allow_value};
use crate::platform::Platform;
use crate::wire::error::ApiError;

/// The operations of the published API. Those without a handler get generic answers.
///
/// # Panics
/// When an embedded file is malformed: a mistake in this program that a test sees.
pub(crate) fn routes() -> Routes {
    static ROUTES: LazyLock<Routes> = LazyLock::new(|| {
        let document = published::document().unwrap_or_else(|malformed| panic!("{malformed}"));
        routes_of(document)
    });
    ROUTES.clone()
}

/// The operations that are emulated by hand, and those of an API document in place of the built-in ones.
pub(crate) fn routes_of(document: Document) -> Routes {
    Routes::new(by_hand(), document)
}

/// Everything that is emulated by hand, family by family.
fn by_hand() -> Vec<Route> {
    let families = [
        login::routes(),
        me::routes(),
        analytics::routes(),
        architect::routes(),
        audits::routes(),
        authorization::routes(),
        automation::routes(),
        directory::routes(),
        contacts::routes(),
        conversations::routes(),
        guest::routes(),
        identity_providers::routes(),
        downloads::routes(),
        engagement::routes(),
        journey::routes(),
        knowledge::routes(),
        integrations::routes(),
        licenses::routes(),
        limits::routes(),
        messaging::routes(),
        messengers::routes(),
        responses::routes(),
        web_deployments::routes(),
        notifications::routes(),
        oauth_clients::routes(),
        oauth_scopes::routes(),
        organization::routes(),
        outbound::routes(),
        websocket::routes(),
        quality::routes(),
        recording::routes(),
        routing::routes(),
        scim::routes(),
        resource_search::routes(),
        speech_analytics::routes(),
        tasks::routes(),
        data_schemas::routes(),
        telephony::routes(),
        uploads::routes(),
        app_uploads::routes(),
        usage::routes(),
        utilities::routes(),
        users::routes(),
        workforce::routes(),
    ];
    families.concat()
}

/// The answer to a path that belongs neither to the API nor to the login host.
pub(crate) fn outside(platform: &Platform, method: &Method, path: &str) -> ApiError {
    let methods = platform.catalog.methods(path);
    if !methods.is_empty() && !methods.contains(&method) {
        return ApiError::method_not_allowed(allow_value(&methods));
    }
    if is_misplaced_login(path) {
        let hint = "Tokens are issued by the login host: POST /oauth/token, without /api/v2.";
        return ApiError::no_such_path(hint);
    }
    ApiError::no_such_path("The platform's paths begin with /api/v2; gcmock's own with /__admin.")
}

#[cfg(test)]
mod tests {
    use super::routes;

    /// `refresh.py` writes the models of operations that were added; it reads the lines that this test prints.
    #[test]
    fn every_published_operation_by_hand_has_a_model() {
        let routes = routes();
        let by_hand = routes
            .catalog
            .iter()
            .filter(|of| of.by_hand && of.published && of.template.starts_with("/api/v2/"));
        let bare =
            by_hand.filter(|of| of.facts.as_ref().is_none_or(|facts| !facts.detailed && !facts.removed));
        let bare: Vec<_> =
            bare.filter(|of| of.verb() != "WS").map(|of| format!("{} {}", of.method, of.template)).collect();
        assert!(bare.is_empty(), "no models of:\n{}", bare.join("\n"));
    }
}
