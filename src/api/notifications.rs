//! Notification channels, their subscriptions and their sockets.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::call::Call;
use crate::api::request::Request;
use crate::api::route::Route;
use crate::identity::{Caller, Principal};
use crate::observe::close_reason::CloseReason;
use crate::platform::Platform;
use crate::push::topic::{Topic, templates};
use crate::push::{Channel, Owner, TooManyTopics};
use crate::session::session::{Live, NewSession, Sender, Session};
use crate::session::subscriber as speech;
use crate::session::subscriber::Listener;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/notifications/availabletopics", list_topics),
        Route::post("/api/v2/notifications/channels", create),
        Route::get("/api/v2/notifications/channels", list),
        Route::head("/api/v2/notifications/channels/{channelId}", check),
        Route::get("/api/v2/notifications/channels/{channelId}/subscriptions", list_subscriptions),
        Route::post("/api/v2/notifications/channels/{channelId}/subscriptions", add_subscriptions),
        Route::put("/api/v2/notifications/channels/{channelId}/subscriptions", replace_subscriptions),
        Route::delete("/api/v2/notifications/channels/{channelId}/subscriptions", delete_subscriptions),
        Route::socket("/channels/{channelId}", open),
    ]
}

fn owner(call: &Call<'_>) -> Owner {
    let token = &call.caller.token;
    (token.tenant.index, token.client.index, token.user)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let notifications = &call.platform.notifications;
    let (hub, node) = (&notifications.hub, &call.platform.options.node);
    let channel = notifications.channels.create(hub, node, &call.caller.token, call.now);
    call.platform.tell_channel(&channel);
    Reply::ok(&to_json(call, &channel))
}

fn to_json(call: &Call<'_>, channel: &Channel) -> Value {
    let uri = call.socket_uri("streaming", &format!("/channels/{}", channel.id));
    json!({ "connectUri": uri, "id": channel.id, "expires": rfc3339(channel.expires()) })
}

/// Lists the channels of the caller's user and client; with `includechannels=token`, only those of its token.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let only_own = match call.query("includechannels").as_deref() {
        None | Some("oauthclient") => false,
        Some("token") => true,
        Some(other) => return Err(ApiError::invalid_value("includechannels", other, "token, oauthclient")),
    };
    let all = call.platform.notifications.channels.of(owner(call), call.now);
    let own = all.iter().filter(|channel| !only_own || channel.token.hash == call.caller.token.hash);
    Reply::ok(&json!({ "entities": own.map(|channel| to_json(call, channel)).collect::<Vec<_>>() }))
}

fn check(call: &Call<'_>) -> Result<Reply, ApiError> {
    find_channel(call)?;
    Ok(Reply::empty(StatusCode::OK))
}

/// Finds the channel in the call's path, without a new lifetime.
fn find_channel(call: &Call<'_>) -> Result<Arc<Channel>, ApiError> {
    let id = call.param("channelId")?;
    let all = call.platform.notifications.channels.of(owner(call), call.now);
    all.into_iter().find(|channel| channel.id == id).ok_or_else(|| ApiError::no_such("channel", &id))
}

/// Finds the channel in the call's path and starts its lifetime again.
fn touch_channel(call: &Call<'_>) -> Result<Arc<Channel>, ApiError> {
    let id = call.param("channelId")?;
    let channel = call.platform.notifications.channels.touch(&id, owner(call), call.now);
    channel.ok_or_else(|| ApiError::no_such("channel", &id))
}

fn list_subscriptions(call: &Call<'_>) -> Result<Reply, ApiError> {
    let channel = find_channel(call)?;
    let entities: Vec<_> =
        channel.subscriptions.list().iter().map(|topic| topic_to_json(call, topic)).collect();
    Reply::ok(&json!({ "entities": entities }))
}

fn topic_to_json(call: &Call<'_>, topic: &str) -> Value {
    json!({ "id": topic, "state": "Permitted", "selfUri": call.path })
}

fn add_subscriptions(call: &Call<'_>) -> Result<Reply, ApiError> {
    subscribe(call, |channel, topics| channel.subscriptions.add(&call.platform.notifications.hub, topics))
}

fn replace_subscriptions(call: &Call<'_>) -> Result<Reply, ApiError> {
    subscribe(call, |channel, topics| channel.subscriptions.replace(&call.platform.notifications.hub, topics))
}

fn delete_subscriptions(call: &Call<'_>) -> Result<Reply, ApiError> {
    let channel = find_channel(call)?;
    channel.subscriptions.clear(&call.platform.notifications.hub);
    call.platform.tell_channel(&channel);
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

/// Reads `[{"id": topic}]` and changes the subscriptions. One wrong topic fails all, unless `ignoreErrors=true`.
fn subscribe(
    call: &Call<'_>,
    change: impl FnOnce(&Channel, Vec<Topic>) -> Result<(), TooManyTopics>,
) -> Result<Reply, ApiError> {
    let wanted: Vec<Value> = call.json()?;
    let channel = find_channel(call)?;
    let ignore = call.query_flag("ignoreErrors");
    let (mut topics, mut entities) = (Vec::new(), Vec::with_capacity(wanted.len()));
    for entry in &wanted {
        let text = entry.get("id").and_then(Value::as_str);
        let text =
            text.ok_or_else(|| ApiError::bad_request("Each topic is an object whose id is a string."))?;
        match Topic::read(text, &call.tenant().read()) {
            Ok(topic) => {
                entities.push(topic_to_json(call, text));
                topics.push(topic);
            }
            Err(bad) if ignore => entities.push(json!({
                "id": text, "state": "Rejected", "rejectionReason": bad.to_string(), "selfUri": call.path,
            })),
            Err(bad) => {
                return Err(ApiError::bad_request(format!(
                    "Invalid topic: {bad}.",
                    bad = quoted(&bad.to_string())
                )));
            }
        }
    }
    change(&channel, topics).map_err(|full| ApiError::bad_request(format!("Too many topics: {full}.")))?;
    call.platform.tell_channel(&*touch_channel(call)?);
    Reply::ok(&json!({ "entities": entities }))
}

fn list_topics(_: &Call<'_>) -> Result<Reply, ApiError> {
    let entity = |template: &crate::push::topic::Template| {
        let silence = if template.fires { "" } else { "; gcmock does not publish to it" };
        json!({
            "id": template.text,
            "description": format!("{}{silence}", template.description),
            "requiresPermissions": template.permissions,
            "visibility": "Public",
            "transports": ["Websocket"],
            "enforced": false,
        })
    };
    Reply::ok(&json!({ "entities": templates().iter().map(entity).collect::<Vec<_>>() }))
}

/// Opens the socket of a channel. The address is the credential, so no token is needed.
fn open(platform: &Platform, request: &Request<'_>) -> Result<NewSession, ApiError> {
    let id = request.param("channelId")?;
    let channel =
        platform.notifications.channels.find(&id, request.now).ok_or_else(speech::unknown_channel)?;
    if channel.token.expires <= request.now {
        return Err(ApiError::credentials_expired());
    }
    let edge = channel.token.tenant.edge_at(request.host);
    let caller = Caller { token: Arc::clone(&channel.token), edge };
    Ok(NewSession {
        principal: Principal::Caller(caller),
        agent: None,
        session: Box::new(ChannelSocket(channel)),
    })
}

/// The session on a channel's socket.
struct ChannelSocket(Arc<Channel>);

impl Session for ChannelSocket {
    fn kind(&self) -> &'static str {
        "channel"
    }

    fn start(&mut self, live: &Live<'_>) {
        let channels = &live.platform.notifications.channels;
        live.socket.attach_listener(&self.0.subscriptions);
        channels.connect(&self.0, &live.socket.outbox);
        if channels.find(&self.0.id, live.now).is_none() {
            live.socket.outbox.close(CloseReason::platform(1001, "the channel is gone"));
        }
    }

    fn charged(&self, live: &Live<'_>, text: &str) -> Option<Sender> {
        let is_over = speech::expired_answer(text, self.0.expires(), live.now).is_some();
        (!is_over).then(|| Sender { subject: live.socket.subject.clone(), action: None })
    }

    fn receive(&mut self, live: &Live<'_>, text: &str) {
        if let Some(answer) = speech::expired_answer(text, self.0.expires(), live.now) {
            return live.send(answer);
        }
        let (tenant, subscriptions) = (&self.0.token.tenant, &*self.0.subscriptions);
        if (Listener { tenant, subscriptions, tolerant: true }).receive(live, text) {
            live.platform.tell_channel(&self.0);
        }
    }

    fn heartbeat(&self) -> Option<Utf8Bytes> {
        Some(speech::heartbeat())
    }

    fn end(&mut self, live: &Live<'_>) {
        self.0.subscriptions.mailbox.disconnect(&live.socket.outbox);
    }
}
