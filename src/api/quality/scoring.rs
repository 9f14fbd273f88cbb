//! How the answers to a form become scores.
//!
//! A question's score is the value of the chosen option. A group's share of the total is its weight; groups without
//! weights share by their greatest scores. Questions and groups marked as not applicable count for nothing. The total is
//! 0 to 100. A kill question whose answer scores nothing makes the total 0. Assumed where the vendor's pages say nothing.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::api::entity::text;
use crate::api::json_entity::Body;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;

/// A sum of scores and the greatest that it could be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    score: f64,
    greatest: f64,
}

impl Sum {
    fn add(&mut self, score: f64, greatest: f64) {
        self.score += score;
        self.greatest += greatest;
    }

    /// The share of `whole` that was reached.
    fn of(self, whole: f64) -> f64 {
        if self.greatest > 0.0 { round(self.score / self.greatest * whole) } else { 0.0 }
    }
}

/// Two decimals.
fn round(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// The scores of one group.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    all: Sum,
    critical: Sum,
    killed: bool,
}

fn items<'b>(body: &'b Body, key: &str) -> impl Iterator<Item = &'b Body> {
    body.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// The first body of each id, which is under `key`.
fn by_id<'b>(all: impl Iterator<Item = &'b Body>, key: &str) -> HashMap<&'b str, &'b Body> {
    let mut known = HashMap::new();
    for body in all {
        known.entry(text(body, key)).or_insert(body);
    }
    known
}

fn is_true(body: &Body, key: &str) -> bool {
    body.get(key) == Some(&Value::Bool(true))
}

/// The answers with every score set. The client's comments stay.
pub(super) fn score(form: &Body, answers: &Body) -> Body {
    let groups: Vec<&Body> = items(form, "questionGroups").collect();
    let mut scored = Vec::with_capacity(groups.len());
    // An answer is that of one group: two groups of one id do not both repeat it.
    let mut given = by_id(items(answers, "questionGroupScores"), "questionGroupId");
    for group in &groups {
        scored.push(score_group(group, given.remove(text(group, "id"))));
    }
    let weights = weights(&groups, &scored.iter().map(|(group, _)| *group).collect::<Vec<_>>());
    let (mut total, mut critical, mut other, mut killed) = (0.0, Sum::default(), Sum::default(), false);
    let mut shown = Vec::with_capacity(groups.len());
    for ((group, mut one), weight) in scored.into_iter().zip(weights) {
        total += group.all.of(weight);
        critical.add(group.critical.score, group.critical.greatest);
        other.add(group.all.score - group.critical.score, group.all.greatest - group.critical.greatest);
        killed |= group.killed;
        set_group(&mut one, group, weight);
        shown.push(Value::Object(one));
    }
    let mut result = answers.clone();
    let mut set = |key: &str, value: Value| drop(result.insert(key.to_owned(), value));
    set("questionGroupScores", shown.into());
    set("anyFailedKillQuestions", json!(killed));
    set("totalScore", json!(if killed { 0.0 } else { round(total) }));
    set("totalCriticalScore", json!(if killed { 0.0 } else { critical.of(100.0) }));
    set("totalNonCriticalScore", json!(if killed { 0.0 } else { other.of(100.0) }));
    set("maxTotalRawScore", json!(critical.greatest + other.greatest));
    set("maxTotalRawCriticalScore", json!(critical.greatest));
    result
}

/// The weight of each group, in sum 100.
fn weights(groups: &[&Body], scored: &[Group]) -> Vec<f64> {
    let weight = |(group, scored): (&&Body, &Group)| {
        if scored.all.greatest <= 0.0 {
            return 0.0;
        }
        group
            .get("weight")
            .and_then(Value::as_f64)
            .filter(|weight| *weight > 0.0)
            .unwrap_or(scored.all.greatest)
    };
    let all: Vec<f64> = groups.iter().zip(scored).map(weight).collect();
    let sum: f64 = all.iter().sum();
    all.into_iter().map(|weight| if sum > 0.0 { weight / sum * 100.0 } else { 0.0 }).collect()
}

fn score_group(group: &Body, given: Option<&Body>) -> (Group, Body) {
    let mut shown = given.cloned().unwrap_or_default();
    shown.insert("questionGroupId".to_owned(), json!(text(group, "id")));
    let skipped = is_true(&shown, "markedNA");
    let (mut sums, mut questions) = (Group::default(), Vec::new());
    let mut answered =
        by_id(given.into_iter().flat_map(|given| items(given, "questionScores")), "questionId");
    for question in items(group, "questions") {
        let mut answer = answered.remove(text(question, "id")).cloned().unwrap_or_default();
        answer.insert("questionId".to_owned(), json!(text(question, "id")));
        if !skipped && !is_true(&answer, "markedNA") {
            score_question(question, &mut answer, &mut sums);
        }
        questions.push(Value::Object(answer));
    }
    shown.insert("questionScores".to_owned(), questions.into());
    (sums, shown)
}

fn score_question(question: &Body, answer: &mut Body, sums: &mut Group) {
    let value = |option: &Body| option.get("value").and_then(Value::as_f64).unwrap_or_default();
    let greatest = items(question, "answerOptions").map(value).fold(0.0, f64::max);
    let chosen = items(question, "answerOptions").find(|of| text(of, "id") == text(answer, "answerId"));
    let score = chosen.map(value).unwrap_or_default();
    let killed = is_true(question, "isKill") && chosen.is_some() && score <= 0.0;
    sums.all.add(score, greatest);
    if is_true(question, "isCritical") {
        sums.critical.add(score, greatest);
    }
    sums.killed |= killed;
    answer.insert("score".to_owned(), json!(score.round()));
    answer.insert("failedKillQuestion".to_owned(), json!(killed));
}

fn set_group(shown: &mut Map<String, Value>, group: Group, weight: f64) {
    let Group { all, critical, .. } = group;
    let other = Sum { score: all.score - critical.score, greatest: all.greatest - critical.greatest };
    let share = |sum: Sum| if all.greatest > 0.0 { sum.greatest / all.greatest * weight } else { 0.0 };
    for (name, sum) in [("", all), ("Critical", critical), ("NonCritical", other)] {
        let whole = share(sum);
        let mut set = |key: String, value: f64| drop(shown.insert(key, json!(round(value))));
        set(format!("total{name}Score"), sum.of(whole));
        set(format!("maxTotal{name}Score"), whole);
        set(format!("total{name}ScoreUnweighted"), sum.score);
        set(format!("maxTotal{name}ScoreUnweighted"), sum.greatest);
    }
}

/// Refuses answers to what the form lacks: a group, a question or an option. A question of free text has no options.
pub(super) fn check(form: &Body, answers: &Body) -> Result<(), ApiError> {
    let groups = by_id(items(form, "questionGroups"), "id");
    for given in items(answers, "questionGroupScores") {
        let group = text(given, "questionGroupId");
        let group = groups.get(group).ok_or_else(|| not_in_form("question.group", group))?;
        let questions = by_id(items(group, "questions"), "id");
        for answer in items(given, "questionScores") {
            let question = text(answer, "questionId");
            let question = questions.get(question).ok_or_else(|| not_in_form("question", question))?;
            check_option(question, text(answer, "answerId"))?;
        }
    }
    Ok(())
}

fn check_option(question: &Body, answer: &str) -> Result<(), ApiError> {
    let mut options = items(question, "answerOptions").peekable();
    if answer.is_empty() || options.peek().is_none() || options.any(|option| text(option, "id") == answer) {
        return Ok(());
    }
    Err(not_in_form("answer", answer))
}

fn not_in_form(part: &str, id: &str) -> ApiError {
    let why = format!("The form has no {} with the id {}.", part.replace('.', " "), quoted(id));
    let code = format!("quality.scoring.{part}.not.in.evaluation.form");
    ApiError { code: code.into(), ..ApiError::bad_request(why) }
}

/// The ids of the questions that have to be answered and are not.
pub(super) fn unanswered(form: &Body, answers: &Body) -> Vec<String> {
    let mut open = Vec::new();
    let given = by_id(items(answers, "questionGroupScores"), "questionGroupId");
    for group in items(form, "questionGroups") {
        let given = given.get(text(group, "id")).copied();
        if given.is_some_and(|given| is_true(given, "markedNA")) {
            continue;
        }
        let choices = items(group, "questions").filter(|of| text(of, "type") == "multipleChoiceQuestion");
        let scores = given.into_iter().flat_map(|given| items(given, "questionScores"));
        let answered = scores.filter(|of| !text(of, "answerId").is_empty() || is_true(of, "markedNA"));
        let answered: HashSet<&str> = answered.map(|of| text(of, "questionId")).collect();
        let open_here = choices.map(|question| text(question, "id")).filter(|id| !answered.contains(id));
        open.extend(open_here.map(str::to_owned));
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: &Value) -> Body {
        value.as_object().cloned().unwrap_or_default()
    }

    fn form() -> Body {
        let option = |id: &str, value: u32| json!({ "id": id, "value": value });
        let question = |id: &str, kill: bool, critical: bool| {
            json!({ "id": id, "type": "multipleChoiceQuestion", "isKill": kill, "isCritical": critical,
                "answerOptions": [option("no", 0), option("half", 5), option("yes", 10)] })
        };
        object(&json!({ "questionGroups": [
            { "id": "g1", "weight": 25, "questions": [question("q1", true, false)] },
            { "id": "g2", "weight": 75, "questions": [question("q2", false, true), question("q3", false, false)] },
        ] }))
    }

    fn answers(given: [&str; 3]) -> Body {
        let answer = |question: &str, answer: &str| json!({ "questionId": question, "answerId": answer });
        object(&json!({ "questionGroupScores": [
            { "questionGroupId": "g1", "questionScores": [answer("q1", given[0])] },
            { "questionGroupId": "g2", "questionScores": [answer("q2", given[1]), answer("q3", given[2])] },
        ] }))
    }

    #[test]
    fn groups_count_by_their_weight() {
        let scored = score(&form(), &answers(["yes", "half", "no"]));
        assert_eq!(scored["totalScore"], 43.75);
        assert_eq!(
            (&scored["totalCriticalScore"], &scored["totalNonCriticalScore"]),
            (&json!(50.0), &json!(50.0))
        );
        assert_eq!(scored["questionGroupScores"][1]["totalScoreUnweighted"], 5.0);
        assert_eq!(scored["questionGroupScores"][1]["questionScores"][0]["score"], 5.0);
    }

    #[test]
    fn an_answer_is_that_of_the_first_group_of_its_id() {
        let (mut form, given) = (form(), answers(["yes", "yes", "yes"]));
        form["questionGroups"][1]["id"] = json!("g1");
        let scored = score(&form, &given);
        assert_eq!(scored["questionGroupScores"][0]["questionScores"][0]["answerId"], "yes");
        assert_eq!(scored["questionGroupScores"][1]["questionScores"][0].get("answerId"), None);
    }

    #[test]
    fn a_failed_kill_question_ends_the_score() {
        let scored = score(&form(), &answers(["no", "yes", "yes"]));
        assert_eq!((&scored["totalScore"], &scored["anyFailedKillQuestions"]), (&json!(0.0), &json!(true)));
    }

    #[test]
    fn what_is_not_applicable_counts_for_nothing() {
        let mut given = answers(["yes", "", "yes"]);
        given["questionGroupScores"][1]["questionScores"][0]["markedNA"] = json!(true);
        assert_eq!(score(&form(), &given)["totalScore"], 100.0);
        assert_eq!(unanswered(&form(), &given), Vec::<String>::new());
        assert_eq!(unanswered(&form(), &answers(["yes", "", "no"])), ["q2"]);
    }
}
