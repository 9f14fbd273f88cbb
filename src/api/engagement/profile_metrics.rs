//! The metrics of performance profiles.

use http::Method;
use serde_json::{Value, json};

use super::external_metrics::{self, DEFINITIONS};
use super::metrics;
use crate::api::call::Call;
use crate::api::entity::{text, texts};
use crate::api::json_entity::{self, Body, JsonEntity};
use crate::api::record::check_references_of;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::reference::Reference;
use crate::world::routing::Queue;
use crate::world::table::Kind;

pub(super) const METRICS: &str = "/api/v2/gamification/profiles/{profileId}/metrics";

pub(super) fn routes() -> Vec<Route> {
    let mut routes = json_entity::routes_without::<Metric>(&[Method::PATCH, Method::DELETE]);
    let one = format!("{METRICS}/{{metricId}}");
    routes.push(Route::put(&one, json_entity::replace::<Metric>));
    routes
}

/// A metric of a performance profile.
enum Metric {}

impl JsonEntity for Metric {
    const NAME: &'static str = "metric";
    const PATH: &'static str = METRICS;
    const PARAM: &'static str = "metricId";

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        const EXTERNAL: Reference =
            Reference::new("externalMetricDefinitionId", DEFINITIONS, "external metric definition");
        check_references_of(organization, &[EXTERNAL], body)?;
        external_metrics::check_precision(body)?;
        let id = text(body, "metricDefinitionId");
        if id.is_empty() || metrics::has_definition(id) {
            return Ok(());
        }
        Err(ApiError::no_reference("metricDefinitionId", "metric definition", id))
    }

    fn show(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        let profile = call.param("profileId").unwrap_or_default();
        entity.insert("performanceProfileId".to_owned(), json!(profile));
        let Some(objective) = entity.get_mut("objective").and_then(Value::as_object_mut) else { return };
        let refer = |path: &str, id: &str| json!({ "id": id, "selfUri": format!("{path}/{id}") });
        for (ids, shown, path) in [
            ("queueIds", "queues", Queue::PATH),
            ("topicIds", "topics", "/api/v2/speechandtextanalytics/topics"),
        ] {
            let all = texts(objective, ids).into_iter().map(|id| refer(path, id)).collect();
            objective.insert(shown.to_owned(), all);
        }
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let wanted = call.query_list("metricIds");
        wanted.is_empty() || wanted.iter().any(|id| id == text(entity, "id"))
    }
}
