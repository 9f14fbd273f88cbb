//! Lists of addresses that are not to be contacted.

use serde_json::{Map, Value};

use super::counted::{self, Counted};
use super::dialed::Dialed;
use super::refusal;
use crate::api::call::Call;
use crate::api::record::{self, find};
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::parse_rfc3339;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::outbound::dnc::EntryKind;
use crate::world::outbound::{Campaign, DncList};
use crate::world::table::{Kind, Record};

/// The most entries of one request (assumed).
const MAX_ENTRIES: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    let path = DncList::PATH;
    let one = format!("{path}/{{dncListId}}");
    let usual = vec![
        Route::get(path, counted::list::<DncList>),
        Route::post(path, record::create::<DncList>),
        Route::get(&format!("{path}/divisionviews"), counted::list_views::<DncList>),
        Route::get(&format!("{path}/divisionviews/{{dncListId}}"), counted::get_view::<DncList>),
        Route::get(&one, counted::get::<DncList>),
        Route::put(&one, record::replace::<DncList>),
        Route::delete(&one, record::delete::<DncList>),
        Route::get(&format!("{one}/importstatus"), counted::get_import_status::<DncList>),
    ];
    let entries = vec![
        Route::post(&format!("{one}/phonenumbers"), add_phones),
        Route::patch(&format!("{one}/phonenumbers"), change_phones),
        Route::delete(&format!("{one}/phonenumbers"), clear_phones),
        Route::post(&format!("{one}/emailaddresses"), add_emails),
        Route::patch(&format!("{one}/emailaddresses"), change_emails),
        Route::delete(&format!("{one}/emailaddresses"), clear_emails),
        Route::patch(&format!("{one}/whatsappnumbers"), change_whats_app),
        Route::delete(&format!("{one}/whatsappnumbers"), clear_whats_app),
        Route::patch(&format!("{one}/customexclusioncolumns"), change_custom),
        Route::delete(&format!("{one}/customexclusioncolumns"), clear_custom),
        Route::post("/api/v2/outbound/conversations/{conversationId}/dnc", block_customer),
    ];
    [usual, entries].concat()
}

impl Dialed for DncList {
    const PARAM: &'static str = "dncListId";
    const IN_USE: &'static str = "dnc.list.in.use";
    const KEPT: &'static [&'static str] = &["dncSourceType", "contactMethod", "customExclusionColumn"];

    fn write(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::outbound::dnc_list(organization, record)
    }

    fn passes(call: &Call<'_>, record: &Record<Self>) -> bool {
        let source = record.extra.get("dncSourceType").and_then(Value::as_str);
        call.query_text("dncSourceType").is_none_or(|wanted| Some(&*wanted) == source)
    }
}

impl Counted for DncList {
    const VIEW: &'static [&'static str] =
        &["id", "name", "division", "dncSourceType", "contactMethod", "selfUri"];

    fn size(organization: &Organization, list: Id<Self>) -> usize {
        organization.outbound().dnc.len(list.uuid())
    }
}

/// When the entries of a request expire. An empty time is none.
fn read_expiry(name: &'static str, text: Option<&str>) -> Result<Option<Nanos>, ApiError> {
    let text = text.filter(|text| !text.is_empty());
    let wrong = |text: &str| ApiError::invalid_date_in(name, text);
    text.map(|text| parse_rfc3339(&with_seconds(text)).ok_or_else(|| wrong(text))).transpose()
}

/// A time that may lack its seconds, as `2026-03-08T10:00Z` does.
pub(super) fn with_seconds(text: &str) -> String {
    match text.strip_suffix('Z') {
        Some(time) if time.matches(':').count() == 1 => format!("{time}:00Z"),
        _ => text.to_owned(),
    }
}

/// Changes the entries of the list in the path.
fn change(
    call: &Call<'_>,
    change: impl FnOnce(&mut Organization, Id<DncList>) -> Result<(), ApiError>,
) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let list = find::<DncList>(organization, &call.param("dncListId")?)?.id();
        change(organization, list)?;
        organization.note_entity(list);
        Ok(Reply::no_content())
    })
}

fn add_all(
    organization: &mut Organization,
    list: Id<DncList>,
    kind: EntryKind,
    entries: &[String],
    expires: Option<Nanos>,
) -> Result<(), ApiError> {
    if entries.len() > MAX_ENTRIES {
        let why = format!("At most {MAX_ENTRIES} entries can be added at once.");
        return Err(refusal("dnc.delete.entries.max.per.request.exceeded", why));
    }
    let mut each = entries.iter();
    let dnc = &mut organization.outbound_mut().dnc;
    each.try_for_each(|entry| dnc.add(list.uuid(), kind, entry, expires)).map_err(|_| record::full())
}

/// Adds the entries of a body that is an array of strings.
fn add(call: &Call<'_>, kind: EntryKind) -> Result<Reply, ApiError> {
    let entries: Vec<String> = call.json()?;
    let expires = read_expiry("expirationDateTime", call.query("expirationDateTime").as_deref())?;
    change(call, |organization, list| add_all(organization, list, kind, &entries, expires))
}

fn add_phones(call: &Call<'_>) -> Result<Reply, ApiError> {
    add(call, EntryKind::Phone)
}

fn add_emails(call: &Call<'_>) -> Result<Reply, ApiError> {
    add(call, EntryKind::Email)
}

/// Adds or removes the entries of `field`, as `action` of the body says.
fn patch(call: &Call<'_>, kind: EntryKind, field: &str) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let entries = body.get(field).and_then(Value::as_array).into_iter().flatten();
    let entries: Vec<String> = entries.filter_map(|entry| entry.as_str().map(str::to_owned)).collect();
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let expires = read_expiry("expirationDateTime", text("expirationDateTime"))?;
    let removes = text("action") == Some("Remove");
    change(call, |organization, list| {
        if !removes {
            return add_all(organization, list, kind, &entries, expires);
        }
        let dnc = &mut organization.outbound_mut().dnc;
        for entry in &entries {
            dnc.remove(list.uuid(), kind, entry);
        }
        Ok(())
    })
}

fn change_phones(call: &Call<'_>) -> Result<Reply, ApiError> {
    patch(call, EntryKind::Phone, "phoneNumbers")
}

fn change_emails(call: &Call<'_>) -> Result<Reply, ApiError> {
    patch(call, EntryKind::Email, "emailAddresses")
}

fn change_whats_app(call: &Call<'_>) -> Result<Reply, ApiError> {
    patch(call, EntryKind::WhatsApp, "whatsAppNumbers")
}

fn change_custom(call: &Call<'_>) -> Result<Reply, ApiError> {
    patch(call, EntryKind::Custom, "customExclusionColumnEntries")
}

/// Removes the entries of a kind: all, or those that expired.
fn clear(call: &Call<'_>, kind: EntryKind) -> Result<Reply, ApiError> {
    let expired_at = call.query_flag("expiredOnly").then_some(call.now);
    change(call, |organization, list| {
        organization.outbound_mut().dnc.clear(list.uuid(), kind, expired_at);
        Ok(())
    })
}

fn clear_phones(call: &Call<'_>) -> Result<Reply, ApiError> {
    clear(call, EntryKind::Phone)
}

fn clear_emails(call: &Call<'_>) -> Result<Reply, ApiError> {
    clear(call, EntryKind::Email)
}

fn clear_whats_app(call: &Call<'_>) -> Result<Reply, ApiError> {
    clear(call, EntryKind::WhatsApp)
}

fn clear_custom(call: &Call<'_>) -> Result<Reply, ApiError> {
    clear(call, EntryKind::Custom)
}

/// Adds the customer of a conversation to the do not contact lists of every campaign (assumed: which campaign opened
/// the conversation is not known here).
fn block_customer(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("conversationId")?;
    call.change(|organization| {
        let key = Id::<()>::parse(&id).and_then(|id| organization.conversations().find(id.uuid()));
        let key = key.ok_or_else(|| ApiError::no_such("conversation", &id))?;
        let address = organization.conversations().glance(key).map(|glance| glance.address());
        let lists = organization.outbound().campaigns.iter().flat_map(lists_of).collect::<Vec<_>>();
        for list in lists {
            if let Some(address) = &address {
                let entries = std::slice::from_ref(address);
                add_all(organization, list, EntryKind::Phone, entries, None)?;
            }
        }
        Ok(Reply::no_content())
    })
}

/// The do not contact lists of a campaign.
fn lists_of(campaign: &Record<Campaign>) -> Vec<Id<DncList>> {
    let mut references = Campaign::REFERENCES.iter().filter(|reference| reference.field == "dncLists");
    let ids = references.next().map(|reference| reference.ids(&campaign.extra)).unwrap_or_default();
    ids.into_iter().filter_map(Id::parse).collect()
}
