//! Outcomes: what customers are to reach, and their predictors.

use http::Method;
use serde_json::json;

use super::actions::{ActionMap, outcomes_of};
use super::{check_display_name, is_selected};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, Version, routes_without};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;

pub(super) const OUTCOMES: &str = "/api/v2/journey/outcomes";

pub(super) fn routes() -> Vec<Route> {
    let mut routes = json_entity::routes::<Outcome>();
    routes.extend(routes_without::<Predictor>(&[Method::PATCH]));
    routes
}

/// An outcome.
enum Outcome {}

impl JsonEntity for Outcome {
    const NAME: &'static str = "outcome";
    const PATH: &'static str = OUTCOMES;
    const PARAM: &'static str = "outcomeId";
    const VERSION: Version = Version::Field;

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_display_name(organization, OUTCOMES, before, body)
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        for (key, value) in [
            ("isActive", json!(true)),
            ("isPositive", json!(true)),
            ("context", json!({ "patterns": [] })),
            ("journey", json!({ "patterns": [] })),
        ] {
            entity.entry(key).or_insert(value);
        }
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        is_selected(call, entity, "outcomeIds")
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        let id = text(entity, "id");
        let mut maps = organization.collections.list(ActionMap::PATH);
        if maps.any(|map| outcomes_of(map).any(|(_, outcome)| outcome == id)) {
            return Err(ApiError::conflict("The outcome is used by an action map."));
        }
        Ok(())
    }

    /// The predictor of a deleted outcome is deleted with it.
    fn forget(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        let id = text(entity, "id");
        let predictors = organization.collections.list(Predictor::PATH);
        let its: Vec<String> = predictors
            .filter(|predictor| outcome_of(predictor) == id)
            .map(|predictor| text(predictor, "id").to_owned())
            .collect();
        for predictor in its {
            organization.collections.remove(Predictor::PATH, &predictor);
        }
    }
}

/// The predictor of an outcome.
enum Predictor {}

fn outcome_of(predictor: &Body) -> &str {
    predictor.get("outcome").and_then(|outcome| outcome.get("id")?.as_str()).unwrap_or_default()
}

impl JsonEntity for Predictor {
    const NAME: &'static str = "outcome predictor";
    const PATH: &'static str = "/api/v2/journey/outcomes/predictors";
    const PARAM: &'static str = "predictorId";

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        let outcome = outcome_of(body);
        if organization.collections.get(OUTCOMES, outcome).is_some() {
            return Ok(());
        }
        Err(ApiError::no_reference("outcome", "outcome", outcome))
    }
}
