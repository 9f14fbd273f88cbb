//! The topics whose events have a body of their own: workforce management, quality, jobs, outbound dialing, the messenger,
//! and the conversations of an agent.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::entity_events::{change, hearing};
use crate::notifications::{connect, create, mock, set_presence, subscribe, user};
use crate::support::ws::Ws;
use crate::support::{Answer, Client};

const SECOND: Duration = Duration::from_secs(1);
const WFM: &str = "/api/v2/workforcemanagement";

/// The id of an answered entity.
fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap_or_else(|| panic!("no id: {entity}"))
}

/// A client with the token of `agent-1`, the agent's id, and a socket with all of these topics.
async fn agent(mock: &MockServer, topics: &[&str]) -> (Client, String, Ws) {
    let client = Client::of(mock);
    let agent = user(&client, "agent-1").await;
    let issued =
        Answer::to(client.request("POST", "/__admin/tokens").json(&json!({ "count": 1 }))).await.json();
    let issued = &issued["tokens"][0];
    assert_eq!(issued["userId"], json!(agent));
    let client = client.with_bearer(issued["token"].as_str().expect("a token"));
    let channel = create(&client).await;
    let topics: Vec<_> = topics.iter().map(|topic| topic.replacen("{id}", &agent, 1)).collect();
    assert_eq!(subscribe(&client, &channel, &topics).await.status, 200, "{topics:?}");
    let mut socket = connect(mock, &channel).await;
    socket.ping().await;
    (client, agent, socket)
}

/// The management unit and the business unit of `agent-1`.
async fn units(client: &Client) -> (String, String) {
    let of = client.get(&format!("{WFM}/agents/agent-1/managementunit")).await.json();
    (id(&of["managementUnit"]).to_owned(), id(&of["businessUnit"]).to_owned())
}

/// The next event, which is of that topic.
async fn event(socket: &mut Ws, topic: &str) -> Value {
    let heard = socket.hear().await;
    assert_eq!(heard["topicName"], topic, "{heard}");
    heard["eventBody"].clone()
}

#[tokio::test]
async fn a_time_off_request_is_published_to_its_agent() {
    let mock = mock().await;
    let topic = "v2.users.{id}.workforcemanagement.timeoffrequests";
    let (client, agent, mut socket) = agent(&mock, &[topic]).await;
    let topic = topic.replace("{id}", &agent);
    let asked = json!({ "activityCodeId": "TimeOff", "fullDayManagementUnitDates": ["2026-03-20"] });
    let made = change(&client, "POST", &format!("{WFM}/timeoffrequests"), &asked).await;
    let body = event(&mut socket, &topic).await;
    assert_eq!(
        (&body["id"], &body["status"], &body["user"]),
        (&made["id"], &json!("PENDING"), &json!({ "id": agent }))
    );
    assert_eq!((&body["submittedBy"], &body["isFullDayRequest"]), (&json!(agent), &json!(true)));
    let (unit, _) = units(&client).await;
    let path = format!("{WFM}/managementunits/{unit}/users/{agent}/timeoffrequests/{}", id(&made));
    change(&client, "PATCH", &path, &json!({ "status": "APPROVED", "metadata": { "version": 1 } })).await;
    let body = event(&mut socket, &topic).await;
    assert_eq!((&body["status"], &body["substatus"]), (&json!("APPROVED"), &json!("ManualApproval")));
    assert_eq!(
        (&body["reviewedBy"], &body["reviewedDate"]),
        (&json!(agent), &json!("2026-03-10T03:00:00.000Z"))
    );
}

#[tokio::test]
async fn an_explanation_is_published_at_once_and_its_job_when_it_is_done() {
    let mock = mock().await;
    let job = "v2.users.{id}.workforcemanagement.adherence.explanations.jobs";
    let of_agent = "v2.workforcemanagement.agents.{id}.adherence.explanations";
    let (client, agent, mut socket) = agent(&mock, &[job, of_agent]).await;
    let (_, unit) = units(&client).await;
    let of_unit = format!("v2.workforcemanagement.businessunits.{unit}.adherence.explanations");
    let mut other = hearing(&mock, &client, &of_unit).await;
    let late =
        json!({ "type": "Late", "startDate": "2026-03-10T02:50:00Z", "lengthMinutes": 30, "notes": "snow" });
    let started = change(&client, "POST", &format!("{WFM}/adherence/explanations"), &late).await;
    let body = event(&mut socket, &of_agent.replace("{id}", &agent)).await;
    assert_eq!((&body["agent"], &body["status"]), (&json!({ "id": agent }), &json!("Pending")));
    assert_eq!((&body["lengthMinutes"], &body["businessUnit"]["id"]), (&json!(30), &json!(unit)));
    assert_eq!(event(&mut other, &of_unit).await, body);
    socket.ping().await;
    mock.advance(SECOND);
    let done = event(&mut socket, &job.replace("{id}", &agent)).await;
    assert_eq!((&done["id"], &done["status"]), (&started["job"]["id"], &json!("Complete")));
    assert_eq!((&done["type"], &done["adherenceExplanation"]), (&json!("AddExplanation"), &body));
}

#[tokio::test]
async fn the_jobs_of_workforce_management_are_published_when_they_are_done() {
    let mock = mock().await;
    let balance = "v2.users.{id}.workforcemanagement.timeoffbalance.jobs";
    let historical = "v2.users.{id}.workforcemanagement.adherence.historical.bulk";
    let (client, agent, mut socket) = agent(&mock, &[balance, historical]).await;
    let (unit, _) = units(&client).await;
    let path = format!("{WFM}/timeoffbalance/jobs");
    let dates = json!({ "activityCodeIds": ["TimeOff"], "dateRanges": [] });
    let first = change(&client, "POST", &path, &dates).await;
    let item = json!({ "managementUnitId": unit, "startDate": "2026-03-09T00:00:00Z", "endDate": "2026-03-10T00:00:00Z" });
    let path = format!("{WFM}/adherence/historical/bulk");
    let second = change(&client, "POST", &path, &json!({ "items": [item], "timeZone": "UTC" })).await;
    mock.advance(SECOND);
    socket.ping().await;
    mock.advance(SECOND);
    let body = event(&mut socket, &balance.replace("{id}", &agent)).await;
    assert_eq!((&body["id"], &body["status"]), (&first["job"]["id"], &json!("Complete")));
    let body = event(&mut socket, &historical.replace("{id}", &agent)).await;
    assert_eq!((&body["id"], &body["queryState"]), (&second["job"]["id"], &json!("Complete")));
    let result =
        reqwest::get(body["downloadUrls"][0].as_str().expect("an address")).await.expect("an answer");
    assert_eq!(result.status(), 200);
}

#[tokio::test]
async fn the_schedules_of_a_business_unit_are_published_when_they_change() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let (_, unit) = units(&client).await;
    let topic = format!("v2.workforcemanagement.businessunits.{unit}.schedules");
    let mut socket = hearing(&mock, &client, &topic).await;
    let weeks = format!("{WFM}/businessunits/{unit}/weeks/2026-03-09/schedules");
    let made = change(&client, "POST", &weeks, &json!({ "description": "March", "weekCount": 1 })).await;
    let one = format!("{weeks}/{}", id(&made));
    let copied = change(
        &client,
        "POST",
        &format!("{one}/copy"),
        &json!({ "description": "Copy", "weekDate": "2026-03-16" }),
    )
    .await;
    let body = event(&mut socket, &topic).await;
    assert_eq!((&body["eventType"], &body["operationId"]), (&json!("Copy"), &copied["operationId"]));
    assert_eq!((&body["result"]["weekDate"], &body["status"]), (&json!("2026-03-16"), &json!("Complete")));
    client.ask("DELETE", &one).await;
    let body = event(&mut socket, &topic).await;
    assert_eq!((&body["eventType"], &body["result"]), (&json!("Delete"), &json!({ "id": made["id"] })));
}

#[tokio::test]
async fn the_adherence_of_an_agent_is_published_to_its_unit_and_its_team() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let (agent, (unit, _)) = (user(&client, "agent-1").await, units(&client).await);
    let team = change(&client, "POST", "/api/v2/teams", &json!({ "name": "Adherent" })).await;
    let members = format!("/api/v2/teams/{}/members", id(&team));
    change(&client, "POST", &members, &json!({ "memberIds": [agent] })).await;
    let topics = [
        format!("v2.workforcemanagement.managementunits.{unit}.adherence"),
        format!("v2.workforcemanagement.teams.{}.adherence", id(&team)),
    ];
    for topic in topics {
        let mut socket = hearing(&mock, &client, &topic).await;
        set_presence(&client, &agent, "Busy").await;
        let body = event(&mut socket, &topic).await;
        assert_eq!((&body["user"]["id"], &body["managementUnitId"]), (&json!(agent), &json!(unit)));
        assert_eq!(body["systemPresence"], "Busy");
        set_presence(&client, &agent, "Available").await;
    }
}

#[tokio::test]
async fn an_evaluation_is_published_with_its_state() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let (agent, evaluator) = (user(&client, "agent-1").await, user(&client, "supervisor").await);
    let mut socket = hearing(&mock, &client, "v2.quality.evaluations").await;
    let called = json!({ "phoneNumber": "+13175550100" });
    let call = change(&client, "POST", "/api/v2/conversations/calls", &called).await;
    let options = json!([{ "text": "No", "value": 0 }, { "text": "Yes", "value": 10 }]);
    let question = json!({ "text": "Greeted?", "type": "multipleChoiceQuestion", "answerOptions": options });
    let group = json!({ "name": "Opening", "type": "questionGroup", "weight": 100, "questions": [question] });
    let forms = "/api/v2/quality/forms/evaluations";
    let draft = change(&client, "POST", forms, &json!({ "name": "Form", "questionGroups": [group] })).await;
    let published = json!({ "id": draft["id"], "published": true });
    let form = change(&client, "POST", "/api/v2/quality/publishedforms/evaluations", &published).await;
    let path = format!("/api/v2/quality/conversations/{}/evaluations", id(&call));
    let given = json!({ "evaluationForm": { "id": form["id"] }, "evaluator": { "id": evaluator }, "agent": { "id": agent } });
    let made = change(&client, "POST", &path, &given).await;
    let body = event(&mut socket, "v2.quality.evaluations").await;
    assert_eq!((&body["id"], &body["status"]), (&made["id"], &json!("Pending")));
    assert_eq!((&body["agent"]["id"], &body["conversationId"]), (&json!(agent), &call["id"]));
    assert_eq!((&body["formName"], &body["evaluationFormId"]), (&json!("Form"), &form["id"]));
    let group = &form["questionGroups"][0];
    let question = &group["questions"][0];
    let answer = json!({ "questionId": question["id"], "answerId": question["answerOptions"][1]["id"] });
    let answers =
        json!({ "questionGroupScores": [{ "questionGroupId": group["id"], "questionScores": [answer] }] });
    let finished = json!({ "status": "FINISHED", "answers": answers });
    change(&client, "PUT", &format!("{path}/{}", id(&made)), &finished).await;
    let body = event(&mut socket, "v2.quality.evaluations").await;
    assert_eq!((&body["status"], &body["scoringSet"]["totalScore"]), (&json!("Finished"), &json!(100)));
}

#[tokio::test]
async fn an_export_of_a_report_is_published_as_it_goes_on() {
    let mock = mock().await;
    let topic = "v2.users.{id}.analytics.reporting.exports";
    let (client, agent, mut socket) = agent(&mock, &[topic]).await;
    let topic = topic.replace("{id}", &agent);
    let wanted = json!({ "name": "Queues", "timeZone": "UTC", "exportFormat": "CSV", "period": "PT30M",
        "interval": "2026-03-09T00:00:00Z/2026-03-11T00:00:00Z", "viewType": "QUEUE_PERFORMANCE_SUMMARY_VIEW",
        "filter": {}, "read": false, "locale": "en-us" });
    let export = change(&client, "POST", "/api/v2/analytics/reporting/exports", &wanted).await;
    mock.advance(SECOND);
    let body = event(&mut socket, &topic).await;
    assert_eq!((&body["id"], &body["status"]), (&export["id"], &json!("RUNNING")));
    mock.advance(SECOND * 2);
    let body = event(&mut socket, &topic).await;
    assert_eq!((&body["status"], &body["percentageComplete"]), (&json!("COMPLETED"), &json!(1.0)));
    assert!(body["downloadUrl"].is_string(), "{body}");
}

#[tokio::test]
async fn outbound_dialing_publishes_exports_mappings_and_campaigns_of_each_medium() {
    let mock = mock().await;
    let topic = "v2.users.{id}.outbound.contactlists.LIST.export";
    let (client, agent, _) = agent(&mock, &[]).await;
    let columns = json!({ "name": "Mine", "columnNames": ["Email"], "phoneColumns": [],
        "emailColumns": [{ "columnName": "Email", "type": "WORK" }] });
    let list = change(&client, "POST", "/api/v2/outbound/contactlists", &columns).await;
    let topic = topic.replace("{id}", &agent).replace("LIST", id(&list));
    let mut socket = hearing(&mock, &client, &topic).await;
    let export = format!("/api/v2/outbound/contactlists/{}/export", id(&list));
    assert_eq!(client.ask("POST", &export).await.status, 200);
    assert_eq!(event(&mut socket, &topic).await, client.get(&export).await.json());

    let mappings = "/api/v2/outbound/wrapupcodemappings";
    let known = client.get(mappings).await.json();
    let topic = format!("v2.outbound.wrapupcodemappings.{}", id(&known));
    let mut socket = hearing(&mock, &client, &topic).await;
    let mapping = json!({ "version": 1, "defaultSet": ["Right_Party_Contact"], "mapping": {} });
    change(&client, "PUT", mappings, &mapping).await;
    let body = event(&mut socket, &topic).await;
    assert_eq!((&body["version"], &body["defaultSet"]), (&json!(2), &json!(["RIGHT_PARTY_CONTACT"])));

    let campaign = json!({ "name": "Mails", "campaignStatus": "off", "messagesPerMinute": 10,
        "contactList": { "id": list["id"] },
        "emailConfig": { "emailColumns": ["Email"], "contentTemplate": { "id": id(&list) },
            "fromAddress": { "domain": { "id": "example.com" }, "localPart": "me" } } });
    let campaign = change(&client, "POST", "/api/v2/outbound/messagingcampaigns", &campaign).await;
    let topic = format!("v2.outbound.emailcampaigns.{}", id(&campaign));
    let mut socket = hearing(&mock, &client, &topic).await;
    let started = format!("/api/v2/outbound/messagingcampaigns/{}/start", id(&campaign));
    assert!(client.ask("POST", &started).await.status < 300);
    assert_eq!(event(&mut socket, &topic).await["id"], campaign["id"]);
}

#[tokio::test]
async fn the_configuration_and_the_deployment_of_a_messenger_are_published_with_their_state() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let base = "/api/v2/webdeployments";
    let made = change(&client, "POST", &format!("{base}/configurations"), &json!({ "name": "Mine" })).await;
    let topic = format!("v2.webdeployments.configurations.{}", id(&made));
    let mut socket = hearing(&mock, &client, &topic).await;
    let publish = format!("{base}/configurations/{}/versions/draft/publish", id(&made));
    assert!(client.ask("POST", &publish).await.status < 300);
    let expected = json!({ "id": made["id"], "version": "1", "status": "Active" });
    assert_eq!(event(&mut socket, &topic).await, expected);
    let wanted =
        json!({ "name": "Site", "configuration": { "id": made["id"], "version": "1" }, "status": "Active" });
    let deployed = change(&client, "POST", &format!("{base}/deployments"), &wanted).await;
    let topic = format!("v2.webdeployments.deployments.{}", id(&deployed));
    let mut socket = hearing(&mock, &client, &topic).await;
    let mut inactive = wanted;
    inactive["status"] = json!("Inactive");
    change(&client, "PUT", &format!("{base}/deployments/{}", id(&deployed)), &inactive).await;
    let expected = json!({ "id": deployed["id"], "status": "Inactive", "configuration": expected });
    assert_eq!(event(&mut socket, &topic).await, expected);
}

#[tokio::test]
async fn jobs_of_topics_and_of_journey_views_are_published_unless_they_are_cancelled() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let programs = "/api/v2/speechandtextanalytics/programs";
    let program = change(&client, "POST", programs, &json!({ "name": "Sales" })).await;
    let jobs = &format!("{programs}/publishjobs");
    let job = change(&client, "POST", jobs, &json!({ "programIds": [program["id"]] })).await;
    let topic = format!("v2.speechandtextanalytics.programs.publishjobs.{}", id(&job));
    let mut socket = hearing(&mock, &client, &topic).await;
    mock.advance(SECOND * 2);
    let expected = json!({ "id": job["id"], "state": "Completed" });
    assert_eq!(event(&mut socket, &topic).await, expected, "subscribed while the job ran");

    let views = "/api/v2/journey/views";
    let view = change(&client, "POST", views, &json!({ "name": "Sales", "elements": [] })).await;
    let jobs = format!("{views}/{}/versions/1/jobs", id(&view));
    let mut all = Vec::new();
    for _ in 0..2 {
        let job = change(&client, "POST", &jobs, &json!({})).await;
        let topic = format!("v2.journey.views.jobs.{}.notification", id(&job));
        all.push((hearing(&mock, &client, &topic).await, topic, job));
    }
    mock.advance(SECOND);
    for (socket, topic, job) in &mut all {
        let body = event(socket, topic).await;
        assert_eq!((&body["status"], &body["journeyView"]["id"]), (&json!("Executing"), &view["id"]));
        assert_eq!(body["id"], job["id"]);
    }
    let cancelled = format!("{jobs}/{}", id(&all[0].2));
    let mut ended = client.get(&cancelled).await.json();
    ended["status"] = json!("Cancelled");
    for _ in 0..2 {
        // The second time nothing is left to cancel.
        change(&client, "PATCH", &cancelled, &ended).await;
    }
    mock.advance(SECOND);
    for ((socket, topic, _), status) in all.iter_mut().zip(["Cancelled", "Complete"]) {
        assert_eq!(event(socket, topic).await["status"], status);
        socket.ping().await;
    }
}

#[tokio::test]
async fn the_conversations_of_an_agent_are_published_by_state_and_by_number() {
    let mock = mock().await;
    let topics = ["v2.detail.events.agent.{id}.state", "v2.users.{id}.conversationsummary"];
    let (client, agent, mut socket) = agent(&mock, &topics).await;
    let [state, summary] = topics.map(|topic| topic.replace("{id}", &agent));
    let called = json!({ "phoneNumber": "+13175550100" });
    let call = change(&client, "POST", "/api/v2/conversations/calls", &called).await;
    let body = event(&mut socket, &state).await;
    assert_eq!((&body["userId"], &body["conversationId"]), (&json!(agent), &call["id"]));
    assert_eq!((&body["mediaType"], &body["originatingDirection"]), (&json!("VOICE"), &json!("OUTBOUND")));
    assert_eq!(
        (&body["currentState"], body["currentStateStart"].is_u64()),
        (&json!("CONTACTING"), true),
        "{body}"
    );
    mock.advance(SECOND);
    let mut heard = socket.hear().await;
    while heard["topicName"] != summary {
        heard = socket.hear().await;
    }
    let body = &heard["eventBody"];
    assert_eq!((&body["userId"], &body["call"]["enterprise"]["active"]), (&json!(agent), &json!(1)));
    assert_eq!(
        (&body["call"]["contactCenter"]["active"], &body["email"]["enterprise"]["acw"]),
        (&json!(0), &json!(0))
    );
    let conversation = format!("/api/v2/conversations/calls/{}", id(&call));
    change(&client, "PATCH", &conversation, &json!({ "state": "disconnected" })).await;
    let mut heard = socket.hear().await;
    while heard["eventBody"]["currentState"] != "TERMINATED" {
        heard = socket.hear().await;
    }
    mock.advance(SECOND);
    assert_eq!(event(&mut socket, &summary).await["call"]["enterprise"]["active"], 0);
}

#[tokio::test]
async fn a_conversation_that_ends_in_the_instant_in_which_it_began_has_ended() {
    let mock = mock().await;
    let (client, _, mut socket) = agent(&mock, &["v2.detail.events.agent.{id}.state"]).await;
    let called = json!({ "phoneNumber": "+13175550100" });
    let call = change(&client, "POST", "/api/v2/conversations/calls", &called).await;
    assert_ne!(socket.hear().await["eventBody"]["currentState"], "TERMINATED");
    let conversation = format!("/api/v2/conversations/calls/{}", id(&call));
    change(&client, "PATCH", &conversation, &json!({ "state": "disconnected" })).await;
    assert_eq!(socket.hear().await["eventBody"]["currentState"], "TERMINATED");
    socket.ping().await;
}

#[tokio::test]
async fn what_is_due_later_is_forgotten_by_a_reset() {
    let mock = mock().await;
    let topic = "v2.users.{id}.workforcemanagement.timeoffbalance.jobs";
    let (client, _, _socket) = agent(&mock, &[topic]).await;
    let dates = json!({ "activityCodeIds": ["TimeOff"], "dateRanges": [] });
    change(&client, "POST", &format!("{WFM}/timeoffbalance/jobs"), &dates).await;
    mock.reset();
    let (_, _, mut socket) = agent(&mock, &[topic]).await;
    mock.advance(SECOND * 10);
    socket.ping().await;
}

#[tokio::test]
async fn a_refused_change_is_not_published() {
    let mock = mock().await;
    let topic = "v2.users.{id}.workforcemanagement.timeoffrequests";
    let (client, _, mut socket) = agent(&mock, &[topic]).await;
    let path = format!("{WFM}/timeoffrequests");
    let wrong = json!({ "activityCodeId": 7 });
    assert_eq!(Answer::to(client.request("POST", &path).json(&wrong)).await.status, 400);
    socket.ping().await;
}
