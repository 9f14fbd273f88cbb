//! Campaigns of calls.

use serde_json::{Map, Value, json};

use super::dialed::{self, Dialed};
use super::refusal;
use crate::api::call::Call;
use crate::api::record::{self, Resource, author, find};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::outbound::{Campaign, ContactList, MessagingCampaign, RunState, column_names};
use crate::world::table::{Kind, Record, Stored};

/// The properties of a view for callers that may only see a campaign.
const VIEW: [&str; 4] = ["id", "name", "division", "selfUri"];
/// The fields that a running campaign keeps (assumed).
const FIXED: [&str; 3] = ["contactList", "queue", "dialingMode"];
/// The fields of a PATCH.
const PATCHED: [&str; 5] =
    ["outboundLineCount", "abandonRate", "maxCallsPerAgent", "dynamicLineBalancingSettings", "queue"];

pub(super) fn routes() -> Vec<Route> {
    let path = Campaign::PATH;
    let one = format!("{path}/{{campaignId}}");
    vec![
        Route::get(path, list),
        Route::post(path, record::create::<Campaign>),
        Route::get(&format!("{path}/all"), list_all),
        Route::get(&format!("{path}/all/divisionviews"), list_all),
        Route::get(&format!("{path}/divisionviews"), list_views),
        Route::get(&format!("{path}/divisionviews/{{campaignId}}"), get_view),
        Route::get(&one, get),
        Route::put(&one, replace),
        Route::patch(&one, update),
        Route::delete(&one, delete),
        Route::post(&format!("{one}/start"), start),
        Route::post(&format!("{one}/stop"), stop),
    ]
}

impl Dialed for Campaign {
    const PARAM: &'static str = "campaignId";
    const IN_USE: &'static str = "campaign.in.use";

    fn write(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::outbound::campaign(organization, record)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        check_mode(body)?;
        check_numbers(body)?;
        check_phones(organization, body)
    }

    fn passes(call: &Call<'_>, record: &Record<Self>) -> bool {
        dialed::refers(call, record, "contactListId", "contactList")
            && dialed::refers(call, record, "dncListIds", "dncLists")
            && dialed::refers(call, record, "distributionQueueId", "queue")
            && dialed::refers(call, record, "edgeGroupId", "edgeGroup")
            && dialed::refers(call, record, "callAnalysisResponseSetId", "callAnalysisResponseSet")
    }

    fn may_delete(organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        if organization.run_state(id.uuid()).is_on() {
            return Err(refusal("campaign.in.use", "The campaign is running."));
        }
        Ok(())
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let now = organization.outbound().campaigns.get(id).map_or(0, |campaign| campaign.modified);
        set_status(organization, id, body, now)
    }
}

/// A campaign that agents take part in has a queue and, unless it dials by itself, a script (assumed).
fn check_mode(body: &Map<String, Value>) -> Result<(), ApiError> {
    let has = |field: &str| body.get(field).is_some_and(|value| !value.is_null());
    match body.get("dialingMode").and_then(Value::as_str) {
        Some("preview" | "power" | "predictive" | "progressive") if !has("queue") => {
            Err(refusal("queue.not.found", "The property queue is required for this dialingMode."))
        }
        Some("preview" | "power" | "predictive" | "progressive") if !has("script") => {
            Err(refusal("script.not.found", "The property script is required for this dialingMode."))
        }
        _ if has("site") && has("edgeGroup") => Err(refusal(
            "site.and.edge.group.cannot.be.configured",
            "The properties site and edgeGroup exclude each other.",
        )),
        _ => Ok(()),
    }
}

/// The numbers of a campaign are in their ranges.
fn check_numbers(body: &Map<String, Value>) -> Result<(), ApiError> {
    let ranges = [
        ("priority", 1.0..=5.0, "invalid.priority"),
        ("previewTimeOutSeconds", 0.0..=1200.0, "invalid.campaign.preview.timeout.seconds"),
    ];
    for (field, range, code) in ranges {
        if body.get(field).and_then(Value::as_f64).is_some_and(|number| !range.contains(&number)) {
            let why = format!("The property {field} must be from {} to {}.", range.start(), range.end());
            return Err(refusal(code, why));
        }
    }
    Ok(())
}

/// The phone columns of a campaign are phone columns of its contact list, and it sorts by columns of the list.
fn check_phones(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
    let list = body.get("contactList").and_then(|list| list.get("id")?.as_str());
    let list = list.and_then(|id| organization.outbound().contact_lists.find(id));
    let Some(list) = list else {
        return Err(ApiError::constraint("contactList", "The property contactList needs an id."));
    };
    check_sorts(&list.extra, body)?;
    let known = column_names(&list.extra, "phoneColumns");
    if body.get("phoneColumns").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        return Err(refusal("invalid.campaign.phone.columns", "The property phoneColumns has no column."));
    }
    match column_names(body, "phoneColumns").iter().find(|column| !known.contains(column)) {
        Some(column) => {
            let why = format!(
                "The column {column} of phoneColumns is not a phone column of the contact list.",
                column = quoted(column)
            );
            Err(refusal("invalid.campaign.phone.columns", why))
        }
        None => Ok(()),
    }
}

fn check_sorts(list: &Map<String, Value>, body: &Map<String, Value>) -> Result<(), ApiError> {
    let known = column_names(list, "columnNames");
    let sorts = body.get("contactSorts").and_then(Value::as_array).into_iter().flatten();
    let mut fields = sorts.filter_map(|sort| sort.get("fieldName")?.as_str());
    match fields.find(|field| !known.contains(field)) {
        Some(field) => {
            let why = format!(
                "The fieldName {field} of contactSorts is not a column of the contact list.",
                field = quoted(field)
            );
            Err(refusal("contact.sorts.invalid.field.name", why))
        }
        None => Ok(()),
    }
}

/// Turns a campaign on or off, as `campaignStatus` of a body says.
pub(super) fn set_status<K: Stored>(
    organization: &mut Organization,
    id: Id<K>,
    body: &Map<String, Value>,
    now: crate::time::Nanos,
) -> Result<(), ApiError> {
    let current = organization.run_state(id.uuid()).name();
    match body.get("campaignStatus").and_then(Value::as_str) {
        Some("on") => organization.start_campaign(id.uuid(), now),
        Some("off") if current == RunState::Complete.name() => {}
        Some("off") => organization.stop_campaign(id.uuid(), now),
        Some(other) if other != current => {
            let why =
                format!("The campaignStatus {current} can not be changed to {other}.", other = quoted(other));
            return Err(refusal("invalid.update.bad.status.transition", why));
        }
        Some(_) | None => {}
    }
    Ok(())
}

/// Notes what the clock changed, before campaigns are read.
pub(super) fn settle(call: &Call<'_>) -> Result<(), ApiError> {
    if call.tenant().read().has_runs() {
        call.change(|organization| {
            organization.settle_campaigns(call.now);
            Ok(())
        })?;
    }
    Ok(())
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    record::list::<Campaign>(call)
}

fn list_views(call: &Call<'_>) -> Result<Reply, ApiError> {
    dialed::list_views::<Campaign>(call, &VIEW)
}

fn get_view(call: &Call<'_>) -> Result<Reply, ApiError> {
    dialed::get_view::<Campaign>(call, &VIEW)
}

/// Campaigns of every medium.
fn list_all(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let calls = views::<Campaign>(call, &organization, |_| "voice");
    let messages = views::<MessagingCampaign>(call, &organization, view::outbound::medium);
    let wanted = call.query_text("mediaType");
    let all = calls.into_iter().chain(messages);
    let all = all.filter(|view| wanted.as_ref().is_none_or(|wanted| view["mediaType"] == **wanted));
    Reply::ok(&Page::of(all, page, call.path, call.query))
}

fn views<K: Resource>(
    call: &Call<'_>,
    organization: &Organization,
    medium: fn(&Record<K>) -> &'static str,
) -> Vec<Value> {
    let all = record::select::<K>(call, organization).into_iter();
    let view = |campaign: &Record<K>| {
        json!({
            "id": campaign.id(), "name": campaign.name, "mediaType": medium(campaign),
            "division": view::record::division(organization, campaign.division), "selfUri": campaign.uri(),
        })
    };
    all.map(view).collect()
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    record::get::<Campaign>(call)
}

/// Replaces a campaign. A running one keeps what it dials.
fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    let body = call.json_object()?;
    {
        let organization = call.tenant().read();
        let campaign = find::<Campaign>(&organization, &call.param("campaignId")?)?;
        let id = |value: Option<&Value>| value.map(|value| value.get("id").unwrap_or(value).clone());
        let changes = |field: &&&str| id(body.get(**field)) != id(campaign.extra.get(**field));
        let is_on = organization.run_state(campaign.uuid).is_on();
        if let Some(field) = FIXED.iter().find(changes).filter(|_| is_on) {
            let why = format!("The property {field} of a running campaign can not be changed.");
            return Err(refusal("invalid.update.campaign.active", why));
        }
    }
    record::replace::<Campaign>(call)
}

/// Changes some settings of a campaign, running or not.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, body, author) = (call.param("campaignId")?, call.json_object()?, author(call));
    call.change(|organization| {
        let mut campaign = find::<Campaign>(organization, &id)?.clone();
        record::check_references::<Campaign>(organization, &body)?;
        let fields = body.into_iter().filter(|(key, _)| PATCHED.contains(&key.as_str()));
        campaign.extra.extend(fields);
        (campaign.modified_by, campaign.modified) = (author, call.now);
        campaign.version += 1;
        let id = campaign.id();
        Campaign::table_mut(organization).replace(campaign).map_err(record::refused::<Campaign>)?;
        organization.note_entity(id);
        Ok(Reply::no_content())
    })
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    let id = call.param("campaignId")?;
    call.change(|organization| Reply::ok(&record::remove::<Campaign>(call, organization, &id)?))
}

fn start(call: &Call<'_>) -> Result<Reply, ApiError> {
    turn::<Campaign>(call, true)
}

fn stop(call: &Call<'_>) -> Result<Reply, ApiError> {
    turn::<Campaign>(call, false)
}

/// Turns the campaign in the path on or off: 204.
pub(super) fn turn<K: Resource>(call: &Call<'_>, on: bool) -> Result<Reply, ApiError> {
    settle(call)?;
    call.change(|organization| {
        let id = find::<K>(organization, &call.param(K::PARAM)?)?.uuid;
        if on {
            organization.start_campaign(id, call.now);
        } else {
            organization.stop_campaign(id, call.now);
        }
        Ok(Reply::no_content())
    })
}

/// The contact list of a campaign.
pub(super) fn list_of<K: Kind>(campaign: &Record<K>) -> Option<Id<ContactList>> {
    campaign.extra.get("contactList").and_then(|list| list.get("id")?.as_str()).and_then(Id::parse)
}
