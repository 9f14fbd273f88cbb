//! Forms from draft to version, evaluations from their start to their scores, surveys, calibrations.

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

const FORMS: &str = "/api/v2/quality/forms/evaluations";
const PUBLISHED: &str = "/api/v2/quality/publishedforms/evaluations";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn form(name: &str) -> Value {
    let options = json!([{ "text": "No", "value": 0 }, { "text": "Yes", "value": 10 }]);
    let question =
        |text: &str| json!({ "text": text, "type": "multipleChoiceQuestion", "answerOptions": options });
    json!({ "name": name, "questionGroups": [
        { "name": "Opening", "type": "questionGroup", "weight": 40, "questions": [question("Greeted?")] },
        { "name": "Closing", "type": "questionGroup", "weight": 60, "questions": [question("Thanked?")] },
    ] })
}

/// A conversation of a new call.
pub(crate) async fn conversation(client: &Client) -> String {
    let queue = id(&client.get("/api/v2/routing/queues").await.ok()["entities"][0]);
    let call = json!({ "phoneNumber": "+13175550123", "callFromQueueId": queue });
    let called = client.post("/api/v2/conversations/calls", call).await;
    assert!(called.status.is_success(), "{}", called.body);
    id(&called.body)
}

/// A published form.
pub(crate) async fn published(client: &Client) -> Value {
    let draft = client.post(FORMS, form("Service")).await.ok();
    client.post(PUBLISHED, json!({ "id": id(&draft), "published": true })).await.ok()
}

pub(crate) async fn user(client: &Client, name: &str) -> String {
    id(&client.get(&format!("/api/v2/users/{name}")).await.ok())
}

/// The body that finishes an evaluation with this form: 40 of 100.
pub(crate) fn finish(form: &Value) -> Value {
    let answers: Vec<Value> = [(0, 1), (1, 0)]
        .map(|(group, option)| {
            let group = &form["questionGroups"][group];
            let question = &group["questions"][0];
            let answer =
                json!({ "questionId": question["id"], "answerId": question["answerOptions"][option]["id"] });
            json!({ "questionGroupId": group["id"], "questionScores": [answer] })
        })
        .into();
    json!({ "status": "FINISHED", "answers": { "questionGroupScores": answers } })
}

#[tokio::test]
async fn a_published_form_is_a_version_that_does_not_change() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let draft = client.post(FORMS, form("Service")).await.ok();
    assert_eq!(draft["published"], false);
    let version = client.post(PUBLISHED, json!({ "id": id(&draft), "published": true })).await.ok();
    assert_eq!((&version["id"], &version["published"]), (&draft["id"], &json!(true)));
    let uri = format!("{FORMS}/{}", id(&version));
    assert_eq!(client.put(&uri, form("Other")).await.refused(409), "request.conflict");
    let listed = client.get(FORMS).await.ok();
    let draft = &listed["entities"][0];
    assert_eq!((&listed["total"], &draft["contextId"]), (&json!(1), &version["contextId"]));
    assert_eq!(version["questionGroups"], draft["questionGroups"], "the questions keep their ids");
    let changed = client.put(&format!("{FORMS}/{}", id(draft)), form("Service 2")).await.ok();
    assert_eq!((&changed["name"], &changed["published"]), (&json!("Service 2"), &json!(false)));
    assert_eq!(client.get(PUBLISHED).await.ok()["entities"][0]["name"], "Service");
    assert_eq!(client.get(&format!("{uri}/versions")).await.ok()["total"], 2);
    client.get(&format!("{PUBLISHED}/{}", id(draft))).await.refused(404);
    client.post(PUBLISHED, json!({ "id": UNKNOWN, "published": true })).await.refused(404);
}

#[tokio::test]
async fn an_evaluation_is_finished_with_the_scores_of_its_answers() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (form, conversation) = (published(&client).await, conversation(&client).await);
    let (evaluator, agent) = (user(&client, "supervisor").await, user(&client, "agent-1").await);
    let path = format!("/api/v2/quality/conversations/{conversation}/evaluations");
    let body = |form: &str| json!({ "evaluationForm": { "id": form }, "evaluator": { "id": evaluator }, "agent": { "id": agent } });
    let made = client.post(&path, body(&id(&form))).await.ok();
    assert_eq!(made["status"], "PENDING");
    assert_eq!((&made["conversation"]["id"], &made["agent"]["id"]), (&json!(conversation), &json!(agent)));
    client.post(&path, body(UNKNOWN)).await.refused(400);
    client.post(&path.replace(&conversation, UNKNOWN), body(&id(&form))).await.refused(404);
    let one = format!("{path}/{}", id(&made));
    assert_eq!(client.put(&one, json!({ "status": "INPROGRESS" })).await.ok()["status"], "INPROGRESS");
    client.put(&one, json!({ "status": "PENDING" })).await.refused(409);
    client.put(&one, json!({ "status": "FINISHED" })).await.refused(400);
    let finished = finish(&form);
    let done = client.put(&one, finished.clone()).await.ok();
    assert_eq!((&done["status"], &done["answers"]["totalScore"]), (&json!("FINISHED"), &json!(40.0)));
    assert_eq!(done["answers"]["questionGroupScores"][0]["questionScores"][0]["score"], 10);
    client.put(&one, finished).await.refused(409);
    let found = client.get(&format!("/api/v2/quality/evaluations/query?agentUserId={agent}")).await.ok();
    assert_eq!((&found["total"], &found["entities"][0]["id"]), (&json!(1), &made["id"]));
    let none = client
        .get(&format!("/api/v2/quality/evaluations/query?agentUserId={agent}&evaluationState=PENDING"))
        .await;
    assert_eq!(none.ok()["total"], 0);
    let of_nobody =
        client.get("/api/v2/quality/evaluations/query?evaluationState=PENDING").await.refused(400);
    assert_eq!(of_nobody, "quality.query.spec.one.of.agent.or.evaluator.or.assignee.or.conversation");
    let activity = client.get("/api/v2/quality/agents/activity").await.ok();
    assert_eq!(activity["entities"][0]["averageEvaluationScore"], 40);
    let evaluators = client.get("/api/v2/quality/evaluators/activity").await.ok();
    assert_eq!(evaluators["entities"][0]["numEvaluationsCompleted"], 1);
    let form = format!("{FORMS}/{}", id(&form));
    assert_eq!(client.delete(&form).await.refused(409), "evaluation.cannot.be.deleted");
}

#[tokio::test]
async fn a_survey_is_answered_once_at_the_address_of_its_customer() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let conversation = conversation(&client).await;
    let mut form = form("Survey");
    form["language"] = json!("en-US");
    form["contextId"] = json!("");
    let draft = client.post("/api/v2/quality/forms/surveys", form).await.ok();
    let body = json!({ "conversationId": conversation, "surveyFormContextId": draft["contextId"] });
    client.post("/api/v2/quality/surveys", body.clone()).await.refused(400);
    let publish = json!({ "id": id(&draft), "published": true });
    client.post("/api/v2/quality/publishedforms/surveys", publish).await.ok();
    let survey = client.post("/api/v2/quality/surveys", body).await.ok();
    let url: String =
        form_urlencoded::byte_serialize(survey["customerSurveyUrl"].as_str().expect("an address").as_bytes())
            .collect();
    let scorable = format!("/api/v2/quality/surveys/scorable?customerSurveyUrl={url}");
    assert_eq!(client.get(&scorable).await.ok()["status"], "Pending");
    let finished = client.put(&scorable, json!({ "status": "Finished", "answers": {} })).await.ok();
    assert_eq!(finished["status"], "Finished");
    client.put(&scorable, json!({ "status": "Finished" })).await.refused(409);
    let of_conversation =
        client.get(&format!("/api/v2/quality/conversations/{conversation}/surveys")).await.ok();
    assert_eq!(of_conversation[0]["id"], survey["id"]);
}

#[tokio::test]
async fn a_form_that_has_been_published_is_not_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let version = published(&client).await;
    let uri = format!("{FORMS}/{}", id(&version));
    assert_eq!(client.delete(&uri).await.refused(409), "evaluation.cannot.be.deleted");
    let draft = id(&client.get(FORMS).await.ok()["entities"][0]);
    client.delete(&format!("{FORMS}/{draft}")).await.done();
    client.get(&uri).await.ok();
    let mut survey = form("Survey");
    survey["language"] = json!("en-US");
    survey["contextId"] = json!("");
    let survey = id(&client.post("/api/v2/quality/forms/surveys", survey).await.ok());
    let publish = json!({ "id": survey, "published": true });
    client.post("/api/v2/quality/publishedforms/surveys", publish).await.ok();
    let uri = format!("/api/v2/quality/forms/surveys/{survey}");
    assert_eq!(client.delete(&uri).await.refused(409), "survey.cannot.be.deleted");
}

/// A new evaluation of a new form, its path, and its form.
async fn evaluation(client: &Client) -> (Value, String, Value) {
    let (form, conversation) = (published(client).await, conversation(client).await);
    let (evaluator, agent) = (user(client, "supervisor").await, user(client, "agent-1").await);
    let path = format!("/api/v2/quality/conversations/{conversation}/evaluations");
    let body = json!({ "evaluationForm": { "id": form["id"] }, "evaluator": { "id": evaluator }, "agent": { "id": agent } });
    let made = client.post(&path, body).await.ok();
    let one = format!("{path}/{}", id(&made));
    (made, one, form)
}

#[tokio::test]
async fn answers_are_those_of_the_form() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (_, one, form) = evaluation(&client).await;
    let wrong = [
        ("/questionGroupId", "quality.scoring.question.group.not.in.evaluation.form"),
        ("/questionScores/0/questionId", "quality.scoring.question.not.in.evaluation.form"),
        ("/questionScores/0/answerId", "quality.scoring.answer.not.in.evaluation.form"),
    ];
    for (at, code) in wrong {
        let mut body = finish(&form);
        let group = &mut body["answers"]["questionGroupScores"][0];
        *group.pointer_mut(at).expect("a value") = json!(UNKNOWN);
        assert_eq!(client.put(&one, body.clone()).await.refused(400), code);
        let scored = json!({ "evaluationForm": form, "answers": body["answers"] });
        assert_eq!(client.post("/api/v2/quality/evaluations/scoring", scored).await.refused(400), code);
    }
    assert_eq!(client.get(&one).await.ok()["status"], "PENDING");
    client.put(&one, finish(&form)).await.ok();
}

#[tokio::test]
async fn an_evaluation_keeps_its_conversation_and_its_form() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (made, one, _) = evaluation(&client).await;
    let other = json!({ "id": UNKNOWN });
    assert_eq!(
        client.put(&one, json!({ "conversation": other })).await.refused(400),
        "quality.evaluation.cannot.change.conversation"
    );
    assert_eq!(
        client.put(&one, json!({ "evaluationForm": other })).await.refused(400),
        "quality.evaluation.cannot.change.evaluation.form"
    );
    let same = json!({ "conversation": { "id": made["conversation"]["id"] }, "status": "InProgress" });
    assert_eq!(client.put(&one, same).await.ok()["status"], "INPROGRESS", "a word in another case");
    assert_eq!(
        client.put(&one, json!({ "status": "Finished" })).await.refused(400),
        "quality.scoring.unanswered.required.questions"
    );
}

#[tokio::test]
async fn evaluations_are_found_by_the_criteria_of_the_document() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (made, one, form) = evaluation(&client).await;
    client.put(&one, finish(&form)).await.ok();
    let found = async |criteria: Value| {
        let body = json!({ "pageNumber": 1, "query": criteria });
        let found = client.post("/api/v2/quality/evaluations/search", body).await.ok();
        found["results"].as_array().expect("results").len()
    };
    let exact = |field: &str, value: &Value| json!({ "type": "EXACT", "field": field, "value": value });
    assert_eq!(found(json!([exact("evaluationId", &made["id"])])).await, 1);
    assert_eq!(found(json!([exact("evaluationStatus", &json!("FINISHED"))])).await, 1);
    assert_eq!(found(json!([exact("contextId", &form["contextId"])])).await, 1);
    assert_eq!(found(json!([exact("evaluationId", &json!(UNKNOWN))])).await, 0);
    let mut not = exact("agentId", &made["agent"]["id"]);
    not["operator"] = json!("NOT");
    assert_eq!(found(json!([not])).await, 0);
    let above = |score: &str| json!([{ "type": "GREATER_THAN", "field": "totalScore", "value": score }]);
    assert_eq!((found(above("39")).await, found(above("40")).await), (1, 0));
    let created = |start: &str| json!([{ "type": "DATE_RANGE", "field": "createdDate", "startValue": start, "endValue": "2026-03-09T00:00:00.000Z" }]);
    assert_eq!(found(created("2026-03-07T00:00:00.000Z")).await, 1);
    assert_eq!(found(created("2026-03-08T12:00:00.000Z")).await, 0);
}
