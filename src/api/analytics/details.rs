//! Details of conversations: by query, by id, and by several ids.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::bounds::read_query;
use super::facets::aggregate;
use super::facts::Notes;
use super::filter::Filters;
use super::quality::QualityFilters;
use super::time::{Interval, read_interval};
use crate::api::call::Call;
use crate::time::Nanos;
use crate::view::conversation::{ConversationView, MESSAGES};
use crate::wire::error::ApiError;
use crate::wire::paging::{PageRequest, written};
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Glance, Key};

/// The most conversations that can be asked for by id at once.
const MAX_IDS: usize = 100;
/// The most entities of a page of details (assumed).
const MAX_PAGE: u64 = 100;
/// The longest interval of a query that is answered at once, in days (assumed).
const MAX_DAYS: u64 = 31;
/// A day that is an hour longer than others belongs to such an interval as well.
const LONGEST: Nanos = (MAX_DAYS * 24 + 1) * 3600 * 1_000_000_000;

/// `POST …/conversations/details/query`.
pub(super) fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = read_query(call)?;
    let page = read_page(&body)?;
    check_length(read_interval(&body)?)?;
    let organization = call.tenant().read();
    let keys = find(call, &organization, &body)?;
    let aggregations = aggregate(call, &organization, &body, &keys)?;
    let page = keys.iter().skip(page.offset()).take(page.most());
    let views: Vec<_> = page.filter_map(|key| view(call, &organization, *key)).collect();
    let notes = notes(call, &organization, &views);
    drop(organization);
    let conversations = all_to_json(&views, &notes);
    let mut shown = json!({ "conversations": conversations, "totalHits": keys.len() });
    // The vendor leaves an empty list out.
    if views.is_empty()
        && let Some(shown) = shown.as_object_mut()
    {
        shown.retain(|key, _| key != "conversations" || keys.is_empty());
    }
    if !aggregations.is_empty() {
        shown["aggregations"] = json!(aggregations);
    }
    Reply::ok(&shown)
}

fn all_to_json(views: &[ConversationView], notes: &Notes) -> Vec<Value> {
    views.iter().map(|view| notes.add_to(view.details_of_analytics())).collect()
}

/// The evaluations and surveys of these conversations.
pub(super) fn notes(call: &Call<'_>, organization: &Organization, views: &[ConversationView]) -> Notes {
    let ids = views.iter().map(|view| view.conversation.id.to_string()).collect();
    Notes::of(organization, &ids, call.now)
}

fn view(call: &Call<'_>, organization: &Organization, key: Key) -> Option<ConversationView> {
    ConversationView::of(organization, key, MESSAGES, call.now)
}

/// A query as it was asked.
pub(super) struct Question<'o> {
    interval: Interval,
    newest_first: bool,
    sessions: Filters<'o>,
    quality: QualityFilters<'o>,
}

impl<'o> Question<'o> {
    /// Reads the interval, the order and the filters.
    pub(super) fn read(body: &Map<String, Value>, organization: &'o Organization) -> Result<Self, ApiError> {
        Ok(Self {
            interval: read_interval(body)?,
            newest_first: read_order(body)?,
            sessions: Filters::read(body, &["conversationFilters", "segmentFilters"], organization)?,
            quality: QualityFilters::read(body, organization)?,
        })
    }

    fn finds(&self, glance: &Glance<'_>, now: Nanos) -> bool {
        self.interval.has(glance.opened())
            && self.quality.match_conversation(glance)
            && self.sessions.match_conversation(glance, now)
    }
}

/// The conversations that a query finds, in its order.
pub(in crate::api) fn find(
    call: &Call<'_>,
    organization: &Organization,
    body: &Map<String, Value>,
) -> Result<Vec<Key>, ApiError> {
    let question = Question::read(body, organization)?;
    let found = organization.past_and_present().filter(|glance| question.finds(glance, call.now));
    let by_end =
        matches!(body.get("orderBy").and_then(Value::as_str), Some("conversationEnd" | "segmentEnd"));
    let mut found: Vec<_> = found
        .map(|glance| (if by_end { glance.ended().unwrap_or(u64::MAX) } else { glance.opened() }, glance.key))
        .collect();
    found.sort_by_key(|(at, _)| *at);
    if question.newest_first {
        found.reverse();
    }
    Ok(found.into_iter().map(|(_, key)| key).collect())
}

fn read_order(body: &Map<String, Value>) -> Result<bool, ApiError> {
    match body.get("order").and_then(Value::as_str) {
        None | Some("asc" | "unordered") => Ok(false),
        Some("desc") => Ok(true),
        Some(other) => Err(ApiError::invalid_value("order", other, "asc, desc, unordered")),
    }
}

/// Refuses an interval that only a job may have.
fn check_length(interval: Interval) -> Result<(), ApiError> {
    if interval.end.saturating_sub(interval.start) > LONGEST {
        let why = format!("The interval must have at most {MAX_DAYS} days. A job takes longer ones.");
        return Err(ApiError::constraint("interval", why));
    }
    Ok(())
}

/// Reads the page that a body asks for.
pub(super) fn read_page(body: &Map<String, Value>) -> Result<PageRequest, ApiError> {
    let paging = body.get("paging");
    let page = PageRequest::parse(|name| written(paging?.get(name)))?;
    if page.size > MAX_PAGE {
        let why = format!("The property pageSize must be at most {MAX_PAGE}.");
        return Err(ApiError::constraint("paging.pageSize", why));
    }
    Ok(page)
}

/// `GET …/conversations/{conversationId}/details`.
pub(super) fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("conversationId")?;
    let organization = call.tenant().read();
    let seen = by_id(call, &organization, &id).ok_or_else(|| ApiError::no_such("conversation", &id))?;
    let notes = notes(call, &organization, std::slice::from_ref(&seen));
    drop(organization);
    Reply::ok(&notes.add_to(seen.details_of_analytics()))
}

/// `GET …/conversations/details?id=…`: lists the named conversations that exist.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.len() > MAX_IDS {
        return Err(ApiError::bad_request(format!(
            "At most {MAX_IDS} conversations can be asked for at once."
        )));
    }
    let organization = call.tenant().read();
    let views: Vec<_> = ids.iter().filter_map(|id| by_id(call, &organization, id)).collect();
    let notes = notes(call, &organization, &views);
    drop(organization);
    Reply::ok(&json!({ "conversations": all_to_json(&views, &notes) }))
}

fn by_id(call: &Call<'_>, organization: &Organization, id: &str) -> Option<ConversationView> {
    let key = organization.conversations().find(Uuid::try_parse(id).ok()?)?;
    view(call, organization, key)
}
