//! How much agents were evaluated, and evaluators have evaluated.

use serde_json::{Value, json};

use super::evaluations::EVALUATIONS;
use super::{id_in, instant_in};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{Body, answer};
use crate::api::route::Route;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/quality/agents/activity", list_agents),
        Route::get("/api/v2/quality/evaluators/activity", list_evaluators),
    ]
}

/// The evaluations of the query's time, by the user under `key`, in the order of the first of each.
fn by_user(call: &Call<'_>, key: &str) -> Vec<(String, Vec<Entity>)> {
    let (start, end) = (instant_in(call, "startTime"), instant_in(call, "endTime"));
    let wanted = |name: &str, value: &str| call.query_text(name).is_none_or(|of| of == value);
    let organization = call.tenant().read();
    let all = organization.collections.list(EVALUATIONS).filter(|one| {
        let created = text(one, "dateCreated");
        wanted("agentUserId", id_in(one, "agent"))
            && wanted("evaluatorUserId", id_in(one, "evaluator"))
            && start.as_deref().is_none_or(|start| created >= start)
            && end.as_deref().is_none_or(|end| created < end)
    });
    let mut groups: Vec<(String, Vec<Entity>)> = Vec::new();
    for evaluation in all {
        let id = id_in(evaluation, key);
        match groups.iter_mut().find(|(of, _)| of == id) {
            Some((_, evaluations)) => evaluations.push(evaluation.clone()),
            None => groups.push((id.to_owned(), vec![evaluation.clone()])),
        }
    }
    groups
}

fn scores(evaluations: &[Entity], key: &str) -> Vec<f64> {
    let finished = evaluations.iter().filter(|one| text(one, "status") == "FINISHED");
    finished.filter_map(|one| one.get("answers")?.get(key)?.as_f64()).collect()
}

fn average(scores: &[f64]) -> f64 {
    let count = scores.len().max(1);
    #[expect(clippy::cast_precision_loss, reason = "an organization has far fewer evaluations")]
    let average = scores.iter().sum::<f64>() / count as f64;
    average
}

fn list_agents(call: &Call<'_>) -> Result<Reply, ApiError> {
    let shown = by_user(call, "agent").into_iter().map(|(id, evaluations)| {
        let (all, critical) =
            (scores(&evaluations, "totalScore"), scores(&evaluations, "totalCriticalScore"));
        let highest = |of: &[f64]| of.iter().copied().fold(0.0, f64::max);
        let lowest = |of: &[f64]| of.iter().copied().reduce(f64::min).unwrap_or_default();
        to_object(json!({
            "id": id,
            "agent": user::reference(&id),
            "numEvaluations": all.len(),
            "averageEvaluationScore": average(&all).round(),
            "highestEvaluationScore": highest(&all),
            "lowestEvaluationScore": lowest(&all),
            "numCriticalEvaluations": critical.len(),
            "averageCriticalScore": average(&critical),
            "highestCriticalScore": highest(&critical),
            "lowestCriticalScore": lowest(&critical),
            "numEvaluationsWithoutViewPermission": 0,
        }))
    });
    answer::list(call, shown.collect())
}

fn list_evaluators(call: &Call<'_>) -> Result<Reply, ApiError> {
    let shown = by_user(call, "evaluator").into_iter().map(|(id, evaluations)| {
        let in_state = |states: &[&str]| {
            evaluations
                .iter()
                .filter(|one| states.is_empty() || states.contains(&text(one, "status")))
                .count()
        };
        to_object(json!({
            "id": id,
            "evaluator": user::reference(&id),
            "numEvaluationsAssigned": in_state(&[]),
            "numEvaluationsStarted": in_state(&["INPROGRESS", "FINISHED"]),
            "numEvaluationsCompleted": in_state(&["FINISHED"]),
            "numCalibrationsAssigned": 0,
            "numCalibrationsStarted": 0,
            "numCalibrationsCompleted": 0,
            "numEvaluationsWithoutViewPermission": 0,
        }))
    });
    answer::list(call, shown.collect())
}

fn to_object(value: Value) -> Body {
    match value {
        Value::Object(object) => object,
        _ => Body::new(),
    }
}
