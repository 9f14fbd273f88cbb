//! Media retention policies, of one platform and of several.

use http::StatusCode;
use serde_json::{Value, json};

use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer, remove_from};
use crate::api::quality::{check_published_form, published_form};
use crate::api::record::check_references_of;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::reference::{ASSIGNED_FORMS, CROSS_POLICIES, POLICIES, POLICY, SURVEY_FORMS};

pub(super) fn routes() -> Vec<Route> {
    let mut routes = policy_routes::<Policy>();
    routes.extend(policy_routes::<CrossPlatformPolicy>());
    routes
}

fn policy_routes<K: JsonEntity>() -> Vec<Route> {
    let mut routes = json_entity::routes_with_put::<K>();
    routes.push(Route::patch(&format!("{}/{{policyId}}", K::PATH), json_entity::update::<K>));
    routes.push(Route::delete(K::PATH, delete_many::<K>));
    routes
}

/// A policy.
enum Policy {}

impl JsonEntity for Policy {
    const NAME: &'static str = "media retention policy";
    const PATH: &'static str = POLICIES;
    const PARAM: &'static str = "policyId";
    const UNIQUE: bool = true;
    const DUPLICATE: (StatusCode, &'static str) =
        (StatusCode::BAD_REQUEST, "recording.policy.name.duplicate.name");

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_policy(organization, body)
    }

    fn start(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        start_policy(organization, Self::PATH, entity);
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        is_selected(call, entity)
    }
}

/// A policy for several platforms.
enum CrossPlatformPolicy {}

impl JsonEntity for CrossPlatformPolicy {
    const NAME: &'static str = "media retention policy";
    const PATH: &'static str = CROSS_POLICIES;
    const PARAM: &'static str = "policyId";
    const UNIQUE: bool = true;

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_policy(organization, body)
    }

    fn start(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        start_policy(organization, Self::PATH, entity);
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        is_selected(call, entity)
    }
}

/// The last policy comes last, and is enabled where the body does not say it.
fn start_policy(organization: &Organization, path: &str, entity: &mut Body) {
    let last = organization.collections.list(path).filter_map(|policy| policy.get("order")?.as_u64()).max();
    entity.entry("order").or_insert(json!(last.map_or(1, |last| last + 1)));
    entity.entry("enabled").or_insert(json!(true));
}

/// Whether the query selects a policy. No policy of this server has errors.
fn is_selected(call: &Call<'_>, entity: &Body) -> bool {
    let (enabled, has_errors) = (call.query_text("enabled"), call.query_text("hasErrors"));
    let more_than = call.query_text("deleteDaysThreshold").and_then(|days| days.parse().ok());
    enabled.is_none_or(|enabled| entity.get("enabled") == Some(&json!(enabled == "true")))
        && has_errors.is_none_or(|wanted| !wanted.eq_ignore_ascii_case("true"))
        && more_than.is_none_or(|days: i64| days_until_deletion(entity).is_some_and(|of| of > days))
}

/// The days after which a policy deletes recordings.
fn days_until_deletion(policy: &Body) -> Option<i64> {
    policy.get("actions")?.get("retentionDuration")?.get("deleteRetention")?.get("days")?.as_i64()
}

/// Checks a policy, and the policies for single media in it. These may assign forms that are not published: public programs
/// send them so.
fn check_policy(organization: &Organization, body: &Body) -> Result<(), ApiError> {
    let media = body.get("mediaPolicies").and_then(Value::as_object);
    let media = media.into_iter().flat_map(Body::values).filter_map(Value::as_object);
    std::iter::once(body).chain(media).try_for_each(|policy| {
        check_references_of(organization, &POLICY, policy)?;
        check_fate(policy)
    })?;
    check_forms(organization, body)
}

/// Refuses an action that both keeps and deletes recordings.
fn check_fate(policy: &Body) -> Result<(), ApiError> {
    let actions = policy.get("actions").unwrap_or(&Value::Null);
    let is_set = |key: &str| actions.get(key) == Some(&Value::Bool(true));
    if is_set("retainRecording") && is_set("deleteRecording") {
        return Err(ApiError::bad_request("A policy cannot both retain and delete recordings."));
    }
    Ok(())
}

/// Refuses an action that assigns a form which is not published.
fn check_forms(organization: &Organization, body: &Body) -> Result<(), ApiError> {
    for assigned in &ASSIGNED_FORMS {
        for form in assigned.objects(body) {
            if assigned.collection == SURVEY_FORMS {
                check_published_form(organization, form)?;
            } else if !text(form, "id").is_empty() {
                published_form(organization, text(form, "id"))?;
            }
        }
    }
    Ok(())
}

/// `DELETE …?ids=`: every policy that is named. Those that do not exist are left out.
fn delete_many<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("ids");
    call.change(|organization| {
        ids.iter().try_for_each(|id| remove_from::<K>(call, organization, id).map(drop))
    })?;
    answer::done(call)
}
