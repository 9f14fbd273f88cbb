//! The messages of email conversations, and their drafts.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::calls::find_queue;
use super::find_conversation;
use crate::api::call::Call;
use crate::api::entity;
use crate::api::record::author;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::conversation::{ConversationView, uri};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::conversation::{BY_CUSTOMER, BY_ORGANIZATION, EMAIL_SENDER, Key, Medium};

type Body = Map<String, Value>;

/// The properties of a message that clients set.
const FIELDS: [&str; 10] = [
    "to",
    "cc",
    "bcc",
    "from",
    "replyTo",
    "subject",
    "attachments",
    "textBody",
    "htmlBody",
    "historyIncluded",
];
/// The largest email in bytes, attachments and all. Assumed.
const MAX_BYTES: usize = 10 << 20;
/// The most characters of a text in a listing.
const PREVIEW: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    const ONE: &str = "/api/v2/conversations/emails/{conversationId}";
    vec![
        Route::post(&format!("{ONE}/inboundmessages"), add_inbound),
        Route::get(&format!("{ONE}/messages"), list),
        Route::post(&format!("{ONE}/messages"), send),
        Route::get(&format!("{ONE}/messages/draft"), get_draft),
        Route::put(&format!("{ONE}/messages/draft"), set_draft),
        Route::patch(&format!("{ONE}/messages/draft"), reset_draft),
        Route::get(&format!("{ONE}/messages/{{messageId}}"), get),
        Route::get(&format!("{ONE}/settings"), get_settings),
    ]
}

/// Where the messages of the conversation in the call's path are kept.
fn collection(call: &Call<'_>) -> Result<String, ApiError> {
    let organization = call.tenant().read();
    let key = find_conversation(call, &organization)?;
    Ok(format!("{}/messages", uri(Medium::Email, organization.conversations().id(key))))
}

/// A message of these fields, as it is kept.
fn message(call: &Call<'_>, body: &Body) -> Body {
    let given = FIELDS.iter().filter_map(|field| Some((*field, body.get(*field)?)));
    let given = given.filter(|(_, value)| !value.is_null());
    let mut kept: Body = given.map(|(field, value)| (field.to_owned(), value.clone())).collect();
    let bytes: usize = ["textBody", "htmlBody"].iter().map(|field| entity::text(body, field).len()).sum();
    kept.insert("time".to_owned(), json!(rfc3339(call.now)));
    kept.insert("emailSizeBytes".to_owned(), json!(bytes));
    kept.insert("maxEmailSizeBytes".to_owned(), json!(MAX_BYTES));
    kept
}

/// Keeps the message with which an email conversation began, where the body has its text.
pub(super) fn keep_first(
    call: &Call<'_>,
    organization: &mut Organization,
    (conversation, sender): (Uuid, &str),
    body: &Body,
) {
    if ["textBody", "htmlBody"].iter().any(|field| body.get(*field).is_some_and(Value::is_string)) {
        keep(call, organization, (conversation, sender), &with_addresses(body));
    }
}

/// The body of a message, with the addresses that are given one by one.
fn with_addresses(body: &Body) -> Body {
    let text = |field: &str| body.get(field).and_then(Value::as_str);
    let address = |email: &str, name: &str| json!({ "email": text(email).unwrap_or_default(), "name": text(name).unwrap_or_default() });
    let mut first = body.clone();
    first.insert("from".to_owned(), address("fromAddress", "fromName"));
    first.insert("to".to_owned(), json!([address("toAddress", "toName")]));
    first
}

/// Keeps a message that `sender` has sent in a conversation, and gives its id.
pub(super) fn keep(
    call: &Call<'_>,
    organization: &mut Organization,
    (conversation, sender): (Uuid, &str),
    body: &Body,
) -> String {
    let path = format!("{}/messages", uri(Medium::Email, conversation));
    let id = Uuid::new_v4().to_string();
    let mut kept = message(call, body);
    kept.entry("textBody").or_insert(json!(""));
    kept.insert("id".to_owned(), json!(id));
    kept.insert("selfUri".to_owned(), json!(format!("{path}/{id}")));
    kept.insert(EMAIL_SENDER.to_owned(), json!(sender));
    organization.collections.insert(&path, &id, kept);
    id
}

/// `POST …/inboundmessages`: adds an email of the customer that another provider received.
fn add_inbound(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        if let Some(queue) = body.get("queueId").and_then(Value::as_str).filter(|id| !id.is_empty()) {
            find_queue(organization, queue)?;
        }
        let id = organization.conversations().id(key);
        keep(call, organization, (id, BY_CUSTOMER), &with_addresses(&body));
        organization.change_parties(key, call.now, |_| ());
        let view = ConversationView::of(organization, key, 0, call.now).ok_or_else(ApiError::internal)?;
        Reply::ok(&view.of_medium(Medium::Email, call.now))
    })
}

/// `POST …/messages`: sends an email in the conversation.
fn send(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    check(&body)?;
    let path = collection(call)?;
    let (shown, own) = (message(call, &body), author(call));
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        let id = organization.conversations().id(key);
        let sender = sender_of(organization, key, own, call.now);
        keep(call, organization, (id, &sender), &body);
        // The draft has become the email.
        organization.collections.remove(&path, DRAFT);
        organization.change_parties(key, call.now, |_| ());
        Ok(())
    })?;
    Reply::ok(&shown)
}

/// The user that sends an email: the caller's if it takes part, else the last one that does. Without any it is the
/// organization itself.
pub(super) fn sender_of(organization: &Organization, key: Key, own: Option<Uuid>, now: Nanos) -> String {
    let view = ConversationView::of(organization, key, 0, now);
    let users: Vec<_> = view.iter().flat_map(ConversationView::users).collect();
    let own = own.filter(|own| users.iter().any(|user| user.uuid() == *own));
    let user = own.map(|own| own.to_string()).or_else(|| Some(users.last()?.to_string()));
    user.unwrap_or_else(|| BY_ORGANIZATION.to_owned())
}

fn check(body: &Body) -> Result<(), ApiError> {
    let missing = |field: &str| ApiError::bad_request(format!("The property {field} is required."));
    let is_list = body.get("to").is_some_and(Value::is_array);
    let is_object = body.get("from").is_some_and(Value::is_object);
    let is_text = body.get("textBody").is_some_and(Value::is_string);
    is_list.then_some(()).ok_or_else(|| missing("to"))?;
    is_object.then_some(()).ok_or_else(|| missing("from"))?;
    is_text.then_some(()).ok_or_else(|| missing("textBody"))
}

/// `GET …/messages`: the beginnings of the messages.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = collection(call)?;
    let is_sent = |message: &Body| entity::text(message, "id") != DRAFT;
    let page = entity::list_where(call, &path, is_sent)?;
    Reply::ok(&entity::map_page(page, |message| {
        let mut shown = message.clone();
        shown.shift_remove("htmlBody");
        let text: String = entity::text(message, "textBody").chars().take(PREVIEW).collect();
        shown.shift_remove("textBody");
        shown.shift_remove(EMAIL_SENDER);
        shown.insert("textBodyPreview".to_owned(), json!(text));
        shown
    }))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let message = entity::get(call, &collection(call)?, "message", &call.param("messageId")?)?;
    let mut shown = Map::clone(&message);
    shown.shift_remove(EMAIL_SENDER);
    Reply::ok(&shown)
}

/// The id of the draft among the messages.
const DRAFT: &str = "draft";

/// `GET …/messages/draft`: the draft, empty where there is none yet.
fn get_draft(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = collection(call)?;
    Reply::ok(&current_draft(call, &call.tenant().read(), &path))
}

fn current_draft(call: &Call<'_>, organization: &Organization, path: &str) -> Body {
    let kept = organization.collections.get(path, DRAFT).map(|draft| Map::clone(draft));
    kept.unwrap_or_else(|| draft(call, &Body::new()))
}

/// `PUT …/messages/draft`.
fn set_draft(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (path, kept) = (collection(call)?, draft(call, &body));
    let stored = kept.clone();
    call.change(|organization| Ok(organization.collections.insert(&path, DRAFT, stored)))?;
    Reply::ok(&kept)
}

/// `PATCH …/messages/draft`: empties the draft with `discard`, fills it with `autoFill`, an answer to the newest email,
/// and sets its `draftType`.
fn reset_draft(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = collection(call)?;
    let kind = call.json_object_or_none()?.and_then(|mut body| body.shift_remove("draftType"));
    let kind = kind.filter(|kind| !kind.is_null());
    let (discards, fills) = (call.query_flag("discard"), call.query_flag("autoFill"));
    let draft = call.change(|organization| {
        if discards {
            organization.collections.remove(&path, DRAFT);
        }
        let mut draft = if fills {
            draft(call, &answer_to_newest(organization, &path))
        } else {
            current_draft(call, organization, &path)
        };
        if fills || kind.is_some() {
            draft.extend(kind.map(|kind| ("draftType".to_owned(), kind)));
            organization.collections.insert(&path, DRAFT, draft.clone());
        }
        Ok(draft)
    })?;
    Reply::ok(&draft)
}

/// The sender of the newest email as the receiver, and its subject.
fn answer_to_newest(organization: &Organization, path: &str) -> Body {
    let is_sent = |message: &&Entity| entity::text(message, "id") != DRAFT;
    let Some(newest) = organization.collections.list(path).filter(is_sent).last() else { return Body::new() };
    let given = |field: &str| newest.get(field).cloned().unwrap_or_default();
    let receiver = newest.get("to").and_then(|to| to.get(0)).cloned().unwrap_or_default();
    let fields = [("to", json!([given("from")])), ("from", receiver), ("subject", given("subject"))];
    fields.into_iter().map(|(field, value)| (field.to_owned(), value)).collect()
}

fn draft(call: &Call<'_>, body: &Body) -> Body {
    let mut draft = message(call, body);
    draft.entry("to").or_insert(json!([]));
    draft.entry("from").or_insert(json!({}));
    draft.entry("textBody").or_insert(json!(""));
    draft.extend(
        body.get("draftType")
            .filter(|kind| !kind.is_null())
            .map(|kind| ("draftType".to_owned(), kind.clone())),
    );
    draft.insert("id".to_owned(), json!(DRAFT));
    draft.insert("state".to_owned(), json!(if body.is_empty() { "Created" } else { "Edited" }));
    draft.insert("selfUri".to_owned(), json!(call.path));
    draft
}

fn get_settings(call: &Call<'_>) -> Result<Reply, ApiError> {
    collection(call)?;
    Reply::ok(&json!({ "sendingSizeLimit": MAX_BYTES }))
}
