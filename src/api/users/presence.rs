//! Presences: the status of a user, as every source reports it. There is one status, so a change
//! through any source is seen through all of them, and by workforce management.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::route::{Route, get, patch, put};
use crate::platform::effects;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Collections;
use crate::world::people::User;
use crate::world::workforce::AgentStatus;
use crate::world::workforce::seed::PRESENCE_DEFINITIONS;

/// Characters that a message may have.
const MAX_MESSAGE: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/users/{userId}/presences/purecloud", presence).or_scope("presence"),
        patch("/api/v2/users/{userId}/presences/purecloud", change).or_scope("presence"),
        get("/api/v2/users/{userId}/presences/{sourceId}", presence).or_scope("presence"),
        patch("/api/v2/users/{userId}/presences/{sourceId}", change).or_scope("presence"),
        put("/api/v2/users/presences/bulk", change_many).or_scope("presence"),
        get("/api/v2/users/presences/purecloud/bulk", many).or_scope("presence"),
        get("/api/v2/users/presences/{sourceId}/bulk", many).or_scope("presence"),
    ]
}

/// The source in the path, as presences name it.
fn source(call: &Call<'_>) -> Result<String, ApiError> {
    let source = call.param("sourceId")?;
    let own = source.is_empty() || source.eq_ignore_ascii_case("purecloud");
    Ok(if own { "PURECLOUD".to_owned() } else { source.into_owned() })
}

fn presence(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&user::presence(&super::named(call)?, &source(call)?))
}

fn change(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let body = call.json_object()?;
    let user = {
        let mut data = call.tenant().data.write();
        let wanted = Wanted::read(&body, &data.collections)?;
        let user = super::found_mut(&mut data.people, &id)?;
        wanted.apply(user, call.now);
        user.clone()
    };
    effects::publish_user(call.platform, call.tenant(), &user, call.now);
    Reply::ok(&user::presence(&user, &source(call)?))
}

/// All of them or, when one is wrong, none.
fn change_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    let mut data = call.tenant().data.write();
    let mut wanted = Vec::with_capacity(bodies.len());
    for body in &bodies {
        let id = required_text(body, "id")?;
        super::found(&data.people, id)?;
        wanted.push((id, Wanted::read(body, &data.collections)?));
    }
    let mut changed = Vec::with_capacity(wanted.len());
    for (id, wanted) in wanted {
        let user = super::found_mut(&mut data.people, id)?;
        wanted.apply(user, call.now);
        changed.push(user.clone());
    }
    drop(data);
    for user in &changed {
        effects::publish_user(call.platform, call.tenant(), user, call.now);
    }
    let shown: Vec<Value> = changed.iter().map(|user| user::presence(user, "PURECLOUD")).collect();
    Reply::ok(&shown)
}

fn many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let source = source(call)?;
    let data = call.tenant().data.read();
    let ids = call.query_list("id");
    let users = ids.iter().filter_map(|id| super::found(&data.people, id).ok());
    let shown: Vec<Value> = users.map(|user| of_source(user, &source)).collect();
    Reply::ok(&shown)
}

fn of_source(user: &User, source: &str) -> Value {
    json!({
        "id": user.id,
        "userId": user.id,
        "source": source,
        "presenceDefinition": user::presence_definition(user),
        "message": user.presence_message,
        "modifiedDate": rfc3339(user.status_since),
        "selfUri": format!("{}/presences/{source}", user::address(user)),
    })
}

/// What a presence body asks for.
struct Wanted {
    status: Option<AgentStatus>,
    definition: Option<Box<str>>,
    message: Option<String>,
}

impl Wanted {
    fn read(body: &Map<String, Value>, collections: &Collections) -> Result<Self, ApiError> {
        let mut wanted = Self { status: None, definition: None, message: message(body)? };
        match body.get("presenceDefinition") {
            None | Some(Value::Null) => {}
            Some(Value::Object(definition)) => wanted.read_definition(definition, collections)?,
            Some(_) => {
                return Err(ApiError::bad_request("The property presenceDefinition must be an object."));
            }
        }
        let says_something = wanted.status.is_some() || wanted.message.is_some();
        if says_something || body.get("primary").is_some_and(Value::is_boolean) {
            return Ok(wanted);
        }
        Err(ApiError::bad_request("One of presenceDefinition, message and primary is required."))
    }

    /// The id decides where there is one, as the vendor says; else the system presence.
    fn read_definition(
        &mut self,
        definition: &Map<String, Value>,
        collections: &Collections,
    ) -> Result<(), ApiError> {
        let text = |key: &str| definition.get(key).and_then(Value::as_str);
        match (text("id"), text("systemPresence")) {
            (Some(id), _) => {
                let unknown = || ApiError::invalid_value("presenceDefinition.id", id, PRESENCE_DEFINITIONS);
                let stored = collections.get(PRESENCE_DEFINITIONS, &id.to_lowercase()).ok_or_else(unknown)?;
                let named = stored.get("systemPresence").and_then(Value::as_str).unwrap_or_default();
                let seeded = Uuid::try_parse(id).ok().and_then(AgentStatus::from_definition);
                self.status = Some(seeded.or_else(|| AgentStatus::from_name(named)).ok_or_else(unknown)?);
                self.definition = seeded.is_none().then(|| id.to_lowercase().into());
            }
            (None, Some(name)) => self.status = Some(status_named(name)?),
            (None, None) => {
                const WHY: &str = "The property presenceDefinition needs an id or a systemPresence.";
                return Err(ApiError::bad_request(WHY));
            }
        }
        Ok(())
    }

    fn apply(self, user: &mut User, now: Nanos) {
        if let Some(status) = self.status {
            user.set_status(status, now);
            user.presence_definition = self.definition;
        }
        if let Some(message) = self.message {
            user.presence_message = message;
        }
    }
}

fn status_named(name: &str) -> Result<AgentStatus, ApiError> {
    let unknown =
        || ApiError::invalid_value("presenceDefinition.systemPresence", name, &AgentStatus::names());
    AgentStatus::from_name(name).ok_or_else(unknown)
}

fn message(body: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    match body.get("message") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= MAX_MESSAGE => Ok(Some(text.clone())),
        Some(_) => {
            let why = format!("The property message must be a string of at most {MAX_MESSAGE} characters.");
            Err(ApiError::bad_request(why))
        }
    }
}
