//! Action maps and action templates: what is offered to which visitors. Estimates of maps are jobs.

use serde_json::{Value, json};

use super::outcomes::OUTCOMES;
use super::segments::SEGMENTS;
use super::{check_display_name, check_ids, is_selected};
use crate::api::call::Call;
use crate::api::entity::{self, text};
use crate::api::json_entity::{self, Body, JsonEntity, Version, answer, job};
use crate::api::route::Route;
use crate::time::clock::parse_rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

const ESTIMATES: &str = "/api/v2/journey/actionmaps/estimates/jobs";

pub(super) fn routes() -> Vec<Route> {
    let mut routes = json_entity::routes::<ActionMap>();
    routes.extend(json_entity::routes::<ActionTemplate>());
    routes.extend([
        Route::post(ESTIMATES, estimate),
        Route::get(&format!("{ESTIMATES}/{{jobId}}"), get_estimate),
        Route::get(&format!("{ESTIMATES}/{{jobId}}/results"), get_estimate_results),
    ]);
    routes
}

/// An action map.
pub(super) enum ActionMap {}

impl JsonEntity for ActionMap {
    const NAME: &'static str = "action map";
    const PATH: &'static str = "/api/v2/journey/actionmaps";
    const PARAM: &'static str = "actionMapId";
    const VERSION: Version = Version::Field;

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_display_name(organization, Self::PATH, before, body)?;
        check_ids(organization, SEGMENTS, ("triggerWithSegments", "segment"), body)?;
        check_outcomes(organization, body)?;
        check_dates(before, body)?;
        let template = template_of(body);
        if template.is_empty() || organization.collections.get(ActionTemplate::PATH, template).is_some() {
            return Ok(());
        }
        Err(ApiError::no_reference("actionTemplate", ActionTemplate::NAME, template))
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        for (key, value) in [
            ("isActive", json!(true)),
            ("triggerWithSegments", json!([])),
            ("pageUrlConditions", json!([])),
            ("weight", json!(2)),
            ("ignoreFrequencyCap", json!(false)),
        ] {
            entity.entry(key).or_insert(value);
        }
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        is_selected(call, entity, "actionMapIds")
    }
}

/// The fields of an action map with conditions on outcomes.
const OUTCOME_FIELDS: [&str; 2] =
    ["triggerWithOutcomeProbabilityConditions", "triggerWithOutcomePercentileConditions"];

/// The outcomes that an action map has conditions on, and the field of each.
pub(super) fn outcomes_of(map: &Body) -> impl Iterator<Item = (&'static str, &str)> {
    OUTCOME_FIELDS.into_iter().flat_map(|field| {
        let conditions = map.get(field).and_then(Value::as_array).into_iter().flatten();
        conditions.filter_map(move |condition| Some((field, condition.get("outcomeId")?.as_str()?)))
    })
}

fn check_outcomes(organization: &Organization, body: &Body) -> Result<(), ApiError> {
    let unknown = |(_, id): &(&str, &str)| organization.collections.get(OUTCOMES, id).is_none();
    match outcomes_of(body).find(unknown) {
        Some((field, id)) => Err(ApiError::no_reference(field, "outcome", id)),
        None => Ok(()),
    }
}

/// An action map ends no earlier than it starts.
fn check_dates(before: Option<&Body>, body: &Body) -> Result<(), ApiError> {
    let at = |key: &str| {
        let date = body.get(key).or_else(|| before?.get(key)).and_then(Value::as_str);
        date.and_then(parse_rfc3339)
    };
    if at("startDate").zip(at("endDate")).is_some_and(|(start, end)| end < start) {
        return Err(ApiError::constraint("endDate", "The endDate must not be before the startDate."));
    }
    Ok(())
}

/// The template of an action map; empty without one.
fn template_of(map: &Body) -> &str {
    let template = map.get("action").and_then(|action| action.get("actionTemplate"));
    template.and_then(|template| template.get("id")?.as_str()).unwrap_or_default()
}

/// An action template.
enum ActionTemplate {}

impl JsonEntity for ActionTemplate {
    const NAME: &'static str = "action template";
    const PATH: &'static str = "/api/v2/journey/actiontemplates";
    const PARAM: &'static str = "actionTemplateId";
    const VERSION: Version = Version::Field;
    const UNIQUE: bool = true;

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let wanted =
            |name: &str, key: &str| call.query_text(name).is_none_or(|value| text(entity, key) == value);
        is_selected(call, entity, "") && wanted("mediaType", "mediaType") && wanted("state", "state")
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        let mut maps = organization.collections.list(ActionMap::PATH);
        if maps.any(|map| template_of(map) == text(entity, "id")) {
            return Err(ApiError::conflict("The action template is used by an action map."));
        }
        Ok(())
    }
}

/// `POST …/estimates/jobs`.
fn estimate(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    check_ids(&call.tenant().read(), SEGMENTS, ("segmentIds", "segment"), &body)?;
    job::start(call, &mut body);
    let stored = entity::create(call, ESTIMATES, body);
    answer::reply(call, Body::clone(&stored))
}

fn find(call: &Call<'_>) -> Result<Body, ApiError> {
    Ok(Body::clone(&*entity::get(call, ESTIMATES, "job", &call.param("jobId")?)?))
}

/// `GET …/estimates/jobs/{jobId}`: the state, as a string.
fn get_estimate(call: &Call<'_>) -> Result<Reply, ApiError> {
    let stored = find(call)?;
    answer::reply(call, json!(job::state(call, &stored, ["Queued", "Running", "Succeeded"])))
}

/// `GET …/results`: there are no sessions, so no segment has any.
fn get_estimate_results(call: &Call<'_>) -> Result<Reply, ApiError> {
    let stored = find(call)?;
    if !job::is_done(call, &stored) {
        return Err(ApiError::bad_request("The job has not succeeded yet."));
    }
    let segments = stored.get("segmentIds").and_then(Value::as_array).cloned().unwrap_or_default();
    let counts: Vec<_> =
        segments.into_iter().map(|segment| json!({ "segmentId": segment, "count": 0 })).collect();
    answer::reply(
        call,
        json!({
            "qualifiedSessionCount": 0,
            "totalSessionCount": 0,
            "perSegmentCounts": counts,
            "outcomesScoresCount": 0,
        }),
    )
}
