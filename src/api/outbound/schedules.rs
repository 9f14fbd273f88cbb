//! When campaigns and sequences run. A schedule has the id of its campaign. It is stored; the clock starts nothing.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::check_date;
use crate::api::record::{check_version, require_version};
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::outbound::{Campaign, CampaignSequence, MessagingCampaign, SCHEDULES};
use crate::world::table::Kind;
use crate::world::{Organization, collection::Entity};

/// What a schedule is of.
#[derive(Clone, Copy)]
struct Scheduled {
    /// The path of its schedules.
    path: &'static str,
    /// The name of its id in path templates.
    param: &'static str,
    /// The property that names it.
    property: &'static str,
    /// The path of its listing.
    collection: &'static str,
    kind: &'static str,
    /// Whether the listing is a bare array.
    is_bare: bool,
    /// The status of a successful DELETE.
    deleted: StatusCode,
}

const fn messaging(path: &'static str, param: &'static str, property: &'static str) -> Scheduled {
    Scheduled {
        path,
        param,
        property,
        collection: MessagingCampaign::PATH,
        kind: MessagingCampaign::NAME,
        is_bare: false,
        deleted: StatusCode::NO_CONTENT,
    }
}

const ALL: [Scheduled; 5] = [
    Scheduled {
        path: SCHEDULES[0],
        param: "campaignId",
        property: "campaign",
        collection: Campaign::PATH,
        kind: Campaign::NAME,
        is_bare: true,
        deleted: StatusCode::OK,
    },
    messaging(SCHEDULES[1], "emailCampaignId", "emailCampaign"),
    messaging(SCHEDULES[2], "messagingCampaignId", "messagingCampaign"),
    messaging(SCHEDULES[3], "whatsAppCampaignId", "whatsAppCampaign"),
    Scheduled {
        path: SCHEDULES[4],
        param: "sequenceId",
        property: "sequence",
        collection: CampaignSequence::PATH,
        kind: CampaignSequence::NAME,
        is_bare: true,
        deleted: StatusCode::OK,
    },
];

/// The fields of a schedule that clients set.
const FIELDS: [&str; 4] = ["name", "intervals", "recurrences", "timeZone"];

pub(super) fn routes() -> Vec<Route> {
    let of = |scheduled: &Scheduled| {
        let one = format!("{}/{{{}}}", scheduled.path, scheduled.param);
        vec![
            Route::get(scheduled.path, list),
            Route::get(&one, get),
            Route::put(&one, put),
            Route::delete(&one, delete),
        ]
    };
    ALL.iter().flat_map(of).collect()
}

/// What the schedules of the call's path are of.
fn scheduled(call: &Call<'_>) -> Result<&'static Scheduled, ApiError> {
    let is_it = |scheduled: &&Scheduled| {
        call.path.strip_prefix(scheduled.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    ALL.iter().find(is_it).ok_or_else(ApiError::internal)
}

/// The schedule, with the name of what it is of.
fn to_json(
    organization: &Organization,
    scheduled: &Scheduled,
    id: &str,
    kept: &Entity,
) -> Map<String, Value> {
    let mut written = Map::clone(kept);
    let of = view::outbound::named(organization, scheduled.collection, id);
    written.insert(scheduled.property.to_owned(), of);
    written
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let scheduled = scheduled(call)?;
    let organization = call.tenant().read();
    let kept = organization.collections.entries(scheduled.path);
    let all: Vec<_> = kept.map(|(id, kept)| to_json(&organization, scheduled, id, kept)).collect();
    if scheduled.is_bare {
        return Reply::ok(&all);
    }
    Reply::ok(&Page::of(all, call.page()?, call.path, call.query))
}

/// The campaign or sequence in the path, or a 404.
fn owner(call: &Call<'_>, organization: &Organization, scheduled: &Scheduled) -> Result<String, ApiError> {
    let id = call.param(scheduled.param)?.into_owned();
    if organization.has_entity(scheduled.collection, &id) {
        Ok(id)
    } else {
        Err(ApiError::no_such(scheduled.kind, &id))
    }
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let scheduled = scheduled(call)?;
    let organization = call.tenant().read();
    let id = owner(call, &organization, scheduled)?;
    let kept = organization.collections.get(scheduled.path, &id);
    let kept = kept.ok_or_else(|| ApiError::no_such("schedule", &id))?;
    Reply::ok(&to_json(&organization, scheduled, &id, kept))
}

fn put(call: &Call<'_>) -> Result<Reply, ApiError> {
    let scheduled = scheduled(call)?;
    let body = call.json_object()?;
    check_dates(&body)?;
    call.change(|organization| {
        let id = owner(call, organization, scheduled)?;
        let known = organization.collections.get(scheduled.path, &id);
        let version = known.and_then(|known| known.get("version")?.as_u64()).unwrap_or_default();
        if version > 0 {
            require_version(&body)?;
            check_version(u32::try_from(version).unwrap_or(u32::MAX), &body)?;
        }
        let created = known.and_then(|known| known.get("dateCreated").cloned());
        let mut kept = Map::from_iter([("id".to_owned(), json!(id))]);
        let fields = FIELDS.iter().filter_map(|field| Some(((*field).to_owned(), body.get(*field)?.clone())));
        kept.extend(fields.filter(|(_, value)| !value.is_null()));
        let now = json!(rfc3339(call.now));
        kept.insert("dateCreated".to_owned(), created.unwrap_or_else(|| now.clone()));
        kept.insert("dateModified".to_owned(), now);
        kept.insert("version".to_owned(), json!(version + 1));
        kept.insert("selfUri".to_owned(), json!(format!("{}/{id}", scheduled.path)));
        let kept = organization.collections.insert(scheduled.path, &id, kept);
        Reply::ok(&to_json(organization, scheduled, &id, &kept))
    })
}

/// Refuses the start or the end of an interval or a recurrence that is not a date and a time.
fn check_dates(body: &Map<String, Value>) -> Result<(), ApiError> {
    for list in ["intervals", "recurrences"] {
        let items = body.get(list).and_then(Value::as_array).into_iter().flatten();
        for (at, item) in items.enumerate() {
            for end in ["start", "end"] {
                let value = item.get(end).filter(|value| !value.is_null());
                value.map_or(Ok(()), |value| check_date(&format!("{list}[{at}].{end}"), value))?;
            }
        }
    }
    Ok(())
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let scheduled = scheduled(call)?;
    call.change(|organization| {
        let id = owner(call, organization, scheduled)?;
        let removed = organization.collections.remove(scheduled.path, &id);
        removed.ok_or_else(|| ApiError::no_such("schedule", &id))?;
        Ok(Reply::empty(scheduled.deleted))
    })
}
