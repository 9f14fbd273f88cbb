//! Searches of conversations: by the attributes of their participants, and by what was written in them.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::route::Route;
use crate::api::search::Search;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::conversation::{ConversationView, MESSAGES};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Conversation, Glance, Key};

/// The most results of a search of attributes; a cursor leads to the others (assumed).
const PAGE: usize = 25;
/// What the names of attributes may begin with, as a field of a search (assumed).
const PREFIXES: [&str; 3] =
    ["participantAttributes.", "participantData.participantAttributes.", "attributes."];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/conversations/participants/attributes/search", search_attributes),
        Route::post("/api/v2/speechandtextanalytics/transcripts/search", search_transcripts),
    ]
}

/// The texts of a field that both searches have; `None` for another field.
fn texts(organization: &Organization, glance: &Glance<'_>, field: &str, now: Nanos) -> Option<Vec<String>> {
    let parties = || glance.parties(now);
    Some(match field {
        "conversationId" => vec![glance.id().to_string()],
        "startTime" | "conversationStartTime" => vec![rfc3339(glance.opened())],
        "endTime" | "conversationEndTime" => glance.ended().map(rfc3339).into_iter().collect(),
        "mediaType" => vec![parties().kind().0.analytics().to_owned()],
        "userId" | "agentIds" | "userIds" => {
            let users: Vec<_> = parties().users().collect();
            let users = users.into_iter().filter_map(|user| organization.people().at(user));
            users.map(|user| user.id.to_string()).collect()
        }
        "queueId" | "queueIds" => parties().queues().iter().map(ToString::to_string).collect(),
        _ => return None,
    })
}

/// The values of an attribute over the participants of a conversation.
fn attribute(glance: &Glance<'_>, field: &str, now: Nanos) -> Vec<String> {
    let name = PREFIXES.iter().find_map(|prefix| field.strip_prefix(prefix)).unwrap_or(field);
    let parties = glance.parties(now);
    let all = parties.participants.iter().filter_map(|one| one.attributes.as_ref()?.get(name).cloned());
    all.collect()
}

/// `POST …/participants/attributes/search`: the conversations whose participants have the attributes.
fn search_attributes(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body: Value = call.json_object()?.into();
    let search = Search::read_any(&body)?;
    let from = match body["cursor"].as_str().filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => {
            cursor.parse().map_err(|_| ApiError::bad_request("The cursor is not one of this server."))?
        }
    };
    let organization = call.tenant().read();
    let all: Vec<Glance<'_>> = organization.conversations().iter().filter(Glance::has_parties).collect();
    let found = search.select(all.iter(), &|glance: &Glance<'_>, field: &str| {
        let own = texts(&organization, glance, field, call.now);
        own.unwrap_or_else(|| attribute(glance, field, call.now))
    });
    let results: Vec<Value> = views(call, &organization, found.iter().skip(from).take(PAGE).map(|of| of.key))
        .iter()
        .map(|view| with_attributes(&view.conversation))
        .collect();
    let mut shown = json!({ "types": ["conversations"], "results": results });
    if from.saturating_add(PAGE) < found.len() {
        shown["cursor"] = json!((from + PAGE).to_string());
    }
    drop(organization);
    Reply::ok(&shown)
}

fn views(
    call: &Call<'_>,
    organization: &Organization,
    keys: impl Iterator<Item = Key>,
) -> Vec<ConversationView> {
    keys.filter_map(|key| ConversationView::of(organization, key, MESSAGES, call.now)).collect()
}

/// A conversation with the attributes of its participants.
fn with_attributes(conversation: &Conversation) -> Value {
    let participants = conversation.parties.participants.iter().zip(&conversation.ids);
    let participants = participants.map(|(participant, ids)| {
        json!({
            "participantId": ids.participant,
            "participantPurpose": participant.purpose.name(),
            "participantAttributes": crate::view::conversation::attributes(participant),
            "sessionIds": ids.communications,
        })
    });
    let mut shown = times(conversation);
    shown.insert("participantData".to_owned(), participants.collect());
    shown.into()
}

/// The id and the times of a conversation.
fn times(conversation: &Conversation) -> Map<String, Value> {
    let mut shown = Map::from_iter([
        ("conversationId".to_owned(), json!(conversation.id)),
        ("startTime".to_owned(), json!(rfc3339(conversation.opened))),
    ]);
    if let Some(ended) = conversation.ended {
        shown.insert("endTime".to_owned(), json!(rfc3339(ended)));
    }
    shown
}

/// `POST …/transcripts/search`: the conversations with the text. Only what was written is searched: gcmock transcribes no
/// speech.
fn search_transcripts(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body: Value = call.json_object()?.into();
    let search = Search::read_any(&body)?;
    let page = search.page;
    let organization = call.tenant().read();
    let all: Vec<Glance<'_>> = organization.conversations().iter().collect();
    let found = search.select(all.iter(), &|glance: &Glance<'_>, field: &str| {
        let own = texts(&organization, glance, field, call.now);
        own.unwrap_or_else(|| written(&organization, glance.key, call.now))
    });
    let on_page = found.iter().skip(page.offset()).take(page.most());
    let results: Vec<_> = on_page.filter_map(|glance| transcript(&organization, glance, call.now)).collect();
    let total = found.len();
    drop(organization);
    Reply::ok(&json!({
        "total": total,
        "pageCount": (total as u64).div_ceil(page.size),
        "pageSize": page.size,
        "pageNumber": page.number,
        "types": body["types"],
        "results": results,
    }))
}

/// The texts of the newest messages of a conversation.
fn written(organization: &Organization, key: Key, now: Nanos) -> Vec<String> {
    let store = organization.conversations();
    let heads = store.get(key, MESSAGES, now).map(|conversation| conversation.messages).unwrap_or_default();
    heads.iter().filter_map(|head| store.message(head.id)).map(|message| message.text).collect()
}

fn transcript(organization: &Organization, glance: &Glance<'_>, now: Nanos) -> Option<Value> {
    let conversation = organization.conversations().get(glance.key, 0, now)?;
    let mut shown = times(&conversation);
    let of = |field: &str| json!(texts(organization, glance, field, now).unwrap_or_default());
    let communications: Vec<_> = conversation.ids.iter().flat_map(|ids| &ids.communications).collect();
    let more = [
        ("mediaType", json!(conversation.medium.analytics())),
        ("communicationIds", json!(communications)),
        ("userIds", of("userIds")),
        ("queueIds", of("queueIds")),
        ("transcript", json!(written(organization, glance.key, now))),
    ];
    shown.extend(more.map(|(key, value)| (key.to_owned(), value)));
    Some(shown.into())
}
