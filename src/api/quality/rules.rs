//! Agent scoring rules: which conversations of a program are scored with which form.

use serde_json::{Value, json};

use super::check_user;
use super::forms::{EVALUATION_FORMS, is_published};
use super::id_in;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    json_entity::routes_with_put::<ScoringRule>()
}

/// An agent scoring rule.
enum ScoringRule {}

impl JsonEntity for ScoringRule {
    const NAME: &'static str = "agent scoring rule";
    const PATH: &'static str = "/api/v2/quality/programs/{programId}/agentscoringrules";
    const PARAM: &'static str = "ruleId";
    const SET_BY_SERVER: &'static [&'static str] = &["programId", "published"];

    fn check_path(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        let program = call.param("programId")?;
        let known = organization.collections.get("/api/v2/speechandtextanalytics/programs", &program);
        known.map(drop).ok_or_else(|| ApiError::no_such("program", &program))
    }

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_user(organization, "evaluator", id_in(body, "evaluator"))?;
        let Some(context) = body.get("evaluationFormContextId").and_then(Value::as_str) else {
            return Ok(());
        };
        let mut forms = organization.collections.list(EVALUATION_FORMS);
        if forms.any(|form| is_published(form) && text(form, "contextId") == context) {
            return Ok(());
        }
        Err(ApiError::no_reference("evaluationFormContextId", "published evaluation form", context))
    }

    fn start(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.insert("programId".to_owned(), json!(call.param("programId").unwrap_or_default()));
        entity.insert("published".to_owned(), json!(false));
    }
}
