//! Details of conversations: by query, by id, and by several ids.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::bounds::read_query;
use super::facets::aggregate;
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

/// `POST …/conversations/details/query`.
pub(super) fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = read_query(call)?;
    let page = read_page(&body)?;
    let organization = call.tenant().read();
    let keys = find(call, &organization, &body)?;
    let aggregations = aggregate(call, &organization, &body, &keys)?;
    let page = keys.iter().skip(page.offset()).take(page.most());
    let views: Vec<_> = page.filter_map(|key| view(call, &organization, *key)).collect();
    drop(organization);
    let conversations: Vec<_> = views.iter().map(ConversationView::details_of_analytics).collect();
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

/// Reads the page that a body asks for.
pub(super) fn read_page(body: &Map<String, Value>) -> Result<PageRequest, ApiError> {
    let paging = body.get("paging");
    PageRequest::parse(|name| written(paging?.get(name)))
}

/// `GET …/conversations/{conversationId}/details`.
pub(super) fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("conversationId")?;
    let seen = by_id(call, &call.tenant().read(), &id);
    Reply::ok(&seen.ok_or_else(|| ApiError::no_such("conversation", &id))?.details_of_analytics())
}

/// `GET …/conversations/details?id=…`: lists the named conversations that exist.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.len() > MAX_IDS {
        return Err(ApiError::bad_request(format!(
            "At most {MAX_IDS} conversations can be asked for at once."
        )));
    }
    let views: Vec<_> = {
        let organization = call.tenant().read();
        ids.iter().filter_map(|id| by_id(call, &organization, id)).collect()
    };
    let shown: Vec<_> = views.iter().map(ConversationView::details_of_analytics).collect();
    Reply::ok(&json!({ "conversations": shown }))
}

fn by_id(call: &Call<'_>, organization: &Organization, id: &str) -> Option<ConversationView> {
    let key = organization.conversations().find(Uuid::try_parse(id).ok()?)?;
    view(call, organization, key)
}
