//! How much agents were evaluated, and evaluators have evaluated.

use serde_json::{Value, json};

use super::evaluations::EVALUATIONS;
use super::forms::EVALUATION_FORMS;
use super::{id_in, instant_in};
use crate::api::call::Call;
use crate::api::entity::{matches_name, text};
use crate::api::json_entity::{Body, answer};
use crate::api::route::Route;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::json::object;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/quality/agents/activity", list_agents),
        Route::get("/api/v2/quality/evaluators/activity", list_evaluators),
    ]
}

/// The evaluations of the query, by the user under `key`, in the order of the first of each.
fn by_user(call: &Call<'_>, key: &str) -> Vec<(String, Vec<Entity>)> {
    let organization = call.tenant().read();
    let selection = Selection::of(call);
    let all = organization.collections.list(EVALUATIONS);
    let all = all.filter(|one| {
        selection.has_evaluation(&organization, one) && selection.has_user(&organization, id_in(one, key))
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

/// The filters of the query.
struct Selection {
    start: Option<String>,
    end: Option<String>,
    agents: Vec<String>,
    evaluator: Option<String>,
    form_context: Option<String>,
    team: Option<String>,
    name: Option<String>,
    group: Option<String>,
}

impl Selection {
    fn of(call: &Call<'_>) -> Self {
        let text = |name: &str| call.query_text(name).map(std::borrow::Cow::into_owned);
        Self {
            start: instant_in(call, "startTime"),
            end: instant_in(call, "endTime"),
            agents: call.query_list("agentUserId"),
            evaluator: text("evaluatorUserId"),
            form_context: text("formContextId"),
            team: text("agentTeamId"),
            name: text("name").map(|name| name.to_lowercase()),
            group: text("group"),
        }
    }

    fn has_evaluation(&self, organization: &Organization, one: &Body) -> bool {
        let created = text(one, "dateCreated");
        let form = organization.collections.get(EVALUATION_FORMS, id_in(one, "evaluationForm"));
        let is = |wanted: &Option<String>, id: &str| wanted.as_ref().is_none_or(|wanted| wanted == id);
        let agent = organization.people().find(id_in(one, "agent"));
        let team = agent.and_then(|agent| organization.directory().team_of(agent));
        (self.agents.is_empty() || self.agents.iter().any(|agent| agent == id_in(one, "agent")))
            && is(&self.evaluator, id_in(one, "evaluator"))
            && is(&self.form_context, form.map_or("", |form| text(form, "contextId")))
            && is(&self.team, &team.map(|team| team.id().to_string()).unwrap_or_default())
            && self.start.as_deref().is_none_or(|start| created >= start)
            && self.end.as_deref().is_none_or(|end| created < end)
    }

    /// Whether a user of that id is asked for.
    fn has_user(&self, organization: &Organization, id: &str) -> bool {
        let index = organization.people().find(id);
        let named = |name: &String| {
            let user = index.and_then(|index| organization.people().at(index));
            user.is_some_and(|user| matches_name(name, &user.name.to_lowercase()))
        };
        let grouped = |group: &String| {
            let groups = index.into_iter().flat_map(|index| organization.directory().groups_of(index));
            groups.map(|of| of.id().to_string()).any(|id| id == *group)
        };
        self.name.as_ref().is_none_or(named) && self.group.as_ref().is_none_or(grouped)
    }
}

fn scores(evaluations: &[Entity], key: &str) -> Vec<f64> {
    let finished = evaluations.iter().filter(|one| text(one, "status") == "FINISHED");
    finished.filter_map(|one| one.get("answers")?.get(key)?.as_f64()).collect()
}

pub(super) fn average(scores: &[f64]) -> f64 {
    let count = scores.len().max(1);
    #[expect(clippy::cast_precision_loss, reason = "an organization has far fewer evaluations")]
    let average = scores.iter().fold(0.0, |sum, score| sum + score) / count as f64;
    average
}

/// A score as a whole number.
pub(in crate::api) fn whole(score: f64) -> i64 {
    format!("{score:.0}").parse().unwrap_or_default()
}

fn list_agents(call: &Call<'_>) -> Result<Reply, ApiError> {
    let shown = by_user(call, "agent").into_iter().map(|(id, evaluations)| {
        let (all, critical) =
            (scores(&evaluations, "totalScore"), scores(&evaluations, "totalCriticalScore"));
        let highest = |of: &[f64]| of.iter().copied().fold(0.0, f64::max);
        let lowest = |of: &[f64]| of.iter().copied().reduce(f64::min).unwrap_or_default();
        object(json!({
            "id": id,
            "agent": user::reference(&id),
            "numEvaluations": all.len(),
            "averageEvaluationScore": whole(average(&all)),
            "highestEvaluationScore": highest(&all),
            "lowestEvaluationScore": lowest(&all),
            "numCriticalEvaluations": critical.len(),
            "averageCriticalScore": average(&critical),
            "highestCriticalScore": highest(&critical),
            "lowestCriticalScore": lowest(&critical),
            "agentEvaluatorActivityList": by_evaluator(&id, &evaluations),
            "numEvaluationsWithoutViewPermission": 0,
        }))
    });
    answer::list(call, shown.collect())
}

/// How much each evaluator has evaluated an agent.
fn by_evaluator(agent: &str, evaluations: &[Entity]) -> Vec<Value> {
    let mut evaluators: Vec<&str> = evaluations.iter().map(|one| id_in(one, "evaluator")).collect();
    evaluators.sort_unstable();
    evaluators.dedup();
    let shown = evaluators.into_iter().map(|evaluator| {
        let own: Vec<Entity> =
            evaluations.iter().filter(|one| id_in(one, "evaluator") == evaluator).cloned().collect();
        let scores = scores(&own, "totalScore");
        json!({
            "agent": user::reference(agent),
            "evaluator": user::reference(evaluator),
            "numEvaluations": scores.len(),
            "averageEvaluationScore": whole(average(&scores)),
            "numEvaluationsWithoutViewPermission": 0,
        })
    });
    shown.collect()
}

fn list_evaluators(call: &Call<'_>) -> Result<Reply, ApiError> {
    let shown = by_user(call, "evaluator").into_iter().map(|(id, evaluations)| {
        let count = |of_calibration: bool, states: &[&str]| {
            let all = evaluations.iter().filter(|one| one.contains_key("calibration") == of_calibration);
            all.filter(|one| states.is_empty() || states.contains(&text(one, "status"))).count()
        };
        let in_state = |states: &[&str]| count(false, states);
        object(json!({
            "id": id,
            "evaluator": user::reference(&id),
            "numEvaluationsAssigned": in_state(&[]),
            "numEvaluationsStarted": in_state(&["INPROGRESS", "FINISHED"]),
            "numEvaluationsCompleted": in_state(&["FINISHED"]),
            "numCalibrationsAssigned": count(true, &[]),
            "numCalibrationsStarted": count(true, &["INPROGRESS", "FINISHED"]),
            "numCalibrationsCompleted": count(true, &["FINISHED"]),
            "numEvaluationsWithoutViewPermission": 0,
        }))
    });
    answer::list(call, shown.collect())
}

#[cfg(test)]
mod tests {
    use super::average;

    #[test]
    fn the_average_of_no_scores_is_zero_and_not_its_negative() {
        assert!(average(&[]).is_sign_positive());
        assert!((average(&[40.0, 50.0]) - 45.0).abs() < f64::EPSILON);
    }
}
