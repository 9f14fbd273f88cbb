//! What users are told of their coaching appointments: a notification of each change, which is read or not.
//!
//! Each user that takes part in an appointment gets one notification of a change, also the user who made it (assumed).

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::coaching::Appointment;
use crate::api::announce::pick;
use crate::api::call::Call;
use crate::api::entity::{id_in, text, texts};
use crate::api::json_entity::{self, Body, JsonEntity, answer};
use crate::api::record::author_in;
use crate::api::route::Route;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

const NOTIFICATIONS: &str = "/api/v2/coaching/notifications";
/// The fields of an appointment that its notifications have.
const OF_APPOINTMENT: [&str; 4] = ["name", "dateStart", "lengthInMinutes", "status"];
/// The fields of a notification that its event has.
const OF_EVENT: [&str; 8] =
    ["id", "name", "markedAsRead", "actionType", "relationship", "dateStart", "lengthInMinutes", "status"];

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{NOTIFICATIONS}/{{notificationId}}");
    vec![
        Route::get(NOTIFICATIONS, json_entity::list::<Notification>),
        Route::get(&one, json_entity::get::<Notification>),
        Route::patch(&one, mark),
    ]
}

/// A notification of one user.
enum Notification {}

impl JsonEntity for Notification {
    const NAME: &'static str = "notification";
    const PATH: &'static str = NOTIFICATIONS;
    const PARAM: &'static str = "notificationId";

    /// Adds the appointment where the query asks for it and it still exists.
    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let appointment = id_in(entity, "appointment");
        let found = organization.collections.get(Appointment::PATH, appointment);
        if let Some(found) =
            found.filter(|_| call.query_list("expand").iter().any(|one| one == "appointment"))
        {
            let shown = json_entity::to_json::<Appointment>(call, organization, found);
            entity.insert("appointment".to_owned(), Value::Object(shown));
        }
    }

    fn matches(call: &Call<'_>, organization: &Organization, entity: &Body) -> bool {
        author_in(call, organization).is_some_and(|own| own.to_string() == id_in(entity, "user"))
    }
}

/// Tells the users of an appointment what was done with it.
pub(super) fn notify(organization: &mut Organization, appointment: &Body, action: &str) {
    for (user, relationship) in parties(appointment) {
        let notification = notification(appointment, (&user, relationship), action);
        let mut event = pick(&Value::Object(notification.clone()), &OF_EVENT);
        event["appointment"] = json!({ "id": text(appointment, "id") });
        organization.note_publication(format!("v2.users.{user}.wem.coaching.notification"), event);
        let id = text(&notification, "id").to_owned();
        organization.collections.insert(NOTIFICATIONS, &id, notification);
    }
}

/// The users that take part in an appointment, each once.
fn parties(appointment: &Body) -> Vec<(String, &'static str)> {
    let attendees = texts(appointment, "attendeeIds").into_iter().map(|id| (id, "Attendee"));
    let others = [("facilitator", "Facilitator"), ("createdBy", "Creator")];
    let others = others.map(|(field, relationship)| (id_in(appointment, field), relationship));
    let mut parties: Vec<(String, &'static str)> = Vec::new();
    for (user, relationship) in attendees.chain(others).filter(|(user, _)| !user.is_empty()) {
        if parties.iter().all(|(known, _)| known != user) {
            parties.push((user.to_owned(), relationship));
        }
    }
    parties
}

fn notification(appointment: &Body, (user, relationship): (&str, &str), action: &str) -> Body {
    let (id, of) = (Uuid::new_v4().to_string(), text(appointment, "id"));
    let fields = [
        ("id", json!(id)),
        ("markedAsRead", json!(false)),
        ("actionType", json!(action)),
        ("relationship", json!(relationship)),
        ("user", user::reference(user)),
        ("appointment", json!({ "id": of, "selfUri": format!("{}/{of}", Appointment::PATH) })),
        ("selfUri", json!(format!("{NOTIFICATIONS}/{id}"))),
    ];
    let known = OF_APPOINTMENT.iter().filter_map(|field| Some((*field, appointment.get(*field)?.clone())));
    fields.into_iter().chain(known).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Marks a notification of the caller as read or as not read.
fn mark(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = json_entity::read_body(call)?;
    body.retain(|field, _| field == "markedAsRead");
    let is_own = {
        let organization = call.tenant().read();
        Notification::matches(call, &organization, json_entity::find::<Notification>(call, &organization)?)
    };
    if !is_own {
        const WHY: &str = "Only your own notifications can be changed.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "not.authorized", WHY));
    }
    answer::reply(call, json_entity::edit::<Notification>(call, Map::from_iter(body), false)?)
}
