//! Coaching appointments: scheduled, in progress, completed; each change of the status is kept.

use http::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::notifications::notify;
use super::{check_users, is_flag, is_one, list, users, wanted_users};
use crate::api::call::Call;
use crate::api::entity::{Order, id_in, is_descending, text, texts};
use crate::api::interval::query_interval;
use crate::api::json_entity::{self, Body, JsonEntity, answer, author_reference};
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

const APPOINTMENTS: &str = "/api/v2/coaching/appointments";
const MINUTE: Nanos = 60_000_000_000;

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{APPOINTMENTS}/{{appointmentId}}");
    vec![
        Route::get(APPOINTMENTS, list::<Appointment>),
        Route::get(&format!("{APPOINTMENTS}/me"), list::<Appointment>),
        Route::post(APPOINTMENTS, json_entity::create::<Appointment>),
        Route::get(&one, json_entity::get::<Appointment>),
        Route::patch(&one, update),
        Route::delete(&one, json_entity::delete::<Appointment>),
        Route::patch(&format!("{one}/status"), set_status),
        Route::get(&format!("{one}/statuses"), list_statuses),
    ]
}

/// An appointment.
pub(super) enum Appointment {}

impl JsonEntity for Appointment {
    const NAME: &'static str = "appointment";
    const PATH: &'static str = APPOINTMENTS;
    const PARAM: &'static str = "appointmentId";

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_users(organization, "attendeeIds", &texts(body, "attendeeIds"))?;
        check_users(organization, "facilitatorId", facilitator(body).as_slice())?;
        let store = organization.conversations();
        let known = |id: &&str| Uuid::try_parse(id).ok().and_then(|id| store.find(id)).is_some();
        match texts(body, "conversationIds").into_iter().find(|id| !known(id)) {
            Some(id) => Err(ApiError::no_reference("conversationIds", "conversation", id)),
            None => Ok(()),
        }
    }

    fn start(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let own =
            || call.caller.token.user.and_then(|user| Some(organization.people().at(user)?.id.to_string()));
        let facilitator = facilitator(entity).map(str::to_owned).or_else(own);
        let attendees = users(&texts(entity, "attendeeIds"));
        entity.insert("attendees".to_owned(), attendees);
        entity.insert("status".to_owned(), json!("Scheduled"));
        if let Some(id) = facilitator {
            entity.insert("facilitator".to_owned(), user::reference(&id));
        }
    }

    fn change(call: &Call<'_>, _: &Organization, _: &Body, entity: &mut Body) {
        if text(entity, "status") == "Completed" {
            entity.entry("dateCompleted").or_insert(json!(rfc3339(call.now)));
        } else {
            entity.shift_remove("dateCompleted");
        }
    }

    /// Keeps the status, where it is another one than the last, and tells the users of the change.
    fn relate(call: &Call<'_>, organization: &mut Organization, entity: &Body) {
        let is_new = keep_status(call, organization, entity);
        match *call.method {
            Method::POST => notify(organization, entity, "Create"),
            _ if !sets_status(call) => notify(organization, entity, "Update"),
            _ if is_new => notify(organization, entity, "StatusChange"),
            _ => {}
        }
    }

    fn forget(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        notify(organization, entity, "Delete");
    }

    fn show(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        let references = |ids: Vec<&str>, path: &str| -> Value {
            let all = ids.iter().map(|id| json!({ "id": id, "selfUri": format!("/api/v2/{path}/{id}") }));
            all.collect()
        };
        let conversations = references(texts(entity, "conversationIds"), "conversations");
        let documents = references(texts(entity, "documentIds"), "contentmanagement/documents");
        entity.insert("conversations".to_owned(), conversations);
        entity.insert("documents".to_owned(), documents);
        entity.insert("isOverdue".to_owned(), json!(is_overdue(call, entity)));
        entity.entry("externalLinks").or_insert(json!([]));
    }

    fn matches(call: &Call<'_>, organization: &Organization, entity: &Body) -> bool {
        let time = |parameter: &str| query_interval(call, parameter).ok().flatten();
        let completed = parse_rfc3339(text(entity, "dateCompleted"));
        is_one(&call.query_list("statuses"), text(entity, "status"))
            && is_one(&call.query_list("facilitatorIds"), id_in(entity, "facilitator"))
            && is_flag(call, "overdue", Some(is_overdue(call, entity)))
            && takes_part(call, organization, entity)
            && time("interval").is_none_or(|time| is_in(call, entity, time))
            && time("completionInterval")
                .is_none_or(|(from, to)| completed.is_some_and(|at| (from..to).contains(&at)))
    }

    /// The order of creation, unless the query asks for that of the dates.
    fn order(call: &Call<'_>) -> Order {
        let key = call.query_text("sortOrder").map(|_| "dateStart".to_owned());
        Order { key, descending: is_descending(call) }
    }
}

/// Whether an appointment starts in an interval, or overlaps it where the query asks for that.
fn is_in(call: &Call<'_>, entity: &Body, (from, to): (Nanos, Nanos)) -> bool {
    let starts = parse_rfc3339(text(entity, "dateStart")).unwrap_or_default();
    if call.query_text("intervalCondition").as_deref() == Some("Overlaps") {
        return starts < to && end_of(entity).unwrap_or(starts) > from;
    }
    (from..to).contains(&starts)
}

/// Whether the call sets the status alone.
fn sets_status(call: &Call<'_>) -> bool {
    call.path.ends_with("/status")
}

/// Keeps the status of an appointment. False where it is the last one.
fn keep_status(call: &Call<'_>, organization: &mut Organization, entity: &Body) -> bool {
    let (path, status) = (statuses_of(text(entity, "id")), text(entity, "status"));
    let last = organization.collections.list(&path).last();
    if last.is_some_and(|last| text(last, "status") == status) {
        return false;
    }
    let author = entity.get("modifiedBy").cloned().unwrap_or_default();
    let kept = status_to_json(call, text(entity, "id"), status, author);
    organization.collections.insert(&path, &Uuid::new_v4().to_string(), kept);
    true
}

/// Whether one of the users that are asked for takes part, in one of the relationships that are asked for.
fn takes_part(call: &Call<'_>, organization: &Organization, entity: &Body) -> bool {
    let wanted = wanted_users(call, organization, "userIds");
    let relationships = call.query_list("relationships");
    let of = |key: &str| vec![id_in(entity, key)];
    let attendees = texts(entity, "attendeeIds");
    let parts = [("Creator", of("createdBy")), ("Facilitator", of("facilitator")), ("Attendee", attendees)];
    let mut asked = parts.iter().filter(|(relationship, _)| is_one(&relationships, relationship));
    wanted.is_empty() || asked.any(|(_, users)| wanted.iter().any(|user| users.contains(&user.as_str())))
}

fn is_overdue(call: &Call<'_>, entity: &Body) -> bool {
    text(entity, "status") != "Completed" && end_of(entity).is_some_and(|end| end < call.now)
}

fn end_of(entity: &Body) -> Option<Nanos> {
    let minutes = entity.get("lengthInMinutes").and_then(Value::as_u64).unwrap_or_default();
    Some(parse_rfc3339(text(entity, "dateStart"))?.saturating_add(minutes.saturating_mul(MINUTE)))
}

/// The id of the facilitator that a body names.
fn facilitator(body: &Body) -> Option<&str> {
    Some(text(body, "facilitatorId")).filter(|id| !id.is_empty())
}

/// A status that an appointment has from now on.
fn status_to_json(call: &Call<'_>, appointment: &str, status: &str, author: Value) -> Body {
    let appointment = json!({ "id": appointment, "selfUri": format!("{APPOINTMENTS}/{appointment}") });
    let shown = [
        ("appointment", appointment),
        ("createdBy", author),
        ("dateCreated", json!(rfc3339(call.now))),
        ("status", json!(status)),
    ];
    Body::from_iter(shown.map(|(key, value)| (key.to_owned(), value)))
}

/// The collection of the statuses of an appointment.
fn statuses_of(appointment: &str) -> String {
    format!("{APPOINTMENTS}/{appointment}/statuses")
}

/// The attendees and the facilitator stay as they were.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = json_entity::read_body(call)?;
    body.retain(|key, _| !matches!(key.as_str(), "attendeeIds" | "facilitatorId"));
    answer::reply(call, json_entity::edit::<Appointment>(call, body, false)?)
}

fn set_status(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let status = text(&body, "status");
    let change = Map::from_iter([("status".to_owned(), json!(status))]);
    let edited = json_entity::edit::<Appointment>(call, change, false)?;
    answer::reply(call, status_to_json(call, text(&edited, "id"), status, author_reference(call)))
}

fn list_statuses(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let id = text(json_entity::find::<Appointment>(call, &organization)?, "id");
    let all = organization.collections.list(&statuses_of(id)).map(|status| Map::clone(status)).collect();
    drop(organization);
    answer::list(call, all)
}
