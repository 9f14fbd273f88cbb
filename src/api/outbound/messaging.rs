//! Campaigns of emails and messages.

use serde_json::{Map, Value};

use super::campaigns::{set_status, settle, turn};
use super::dialed::{self, Dialed};
use super::refusal;
use crate::api::call::Call;
use crate::api::record;
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::outbound::MessagingCampaign;
use crate::world::table::{Kind, Record};

/// The properties of a view for callers that may only see a campaign.
const VIEW: [&str; 4] = ["id", "name", "division", "selfUri"];

pub(super) fn routes() -> Vec<Route> {
    let path = MessagingCampaign::PATH;
    let one = format!("{path}/{{messagingCampaignId}}");
    vec![
        Route::get(path, list),
        Route::post(path, record::create::<MessagingCampaign>),
        Route::get(&format!("{path}/divisionviews"), list_views),
        Route::get(&format!("{path}/divisionviews/{{messagingCampaignId}}"), get_view),
        Route::get(&one, get),
        Route::put(&one, replace),
        Route::delete(&one, delete),
        Route::post(&format!("{one}/start"), start),
        Route::post(&format!("{one}/stop"), stop),
    ]
}

impl Dialed for MessagingCampaign {
    const PARAM: &'static str = "messagingCampaignId";
    const CONFLICT: &'static str = "version.conflict";

    fn write(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::outbound::messaging_campaign(organization, record)
    }

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let list = body.get("contactList").and_then(|list| list.get("id")?.as_str());
        let missing = || ApiError::constraint("contactList", "The property contactList needs an id.");
        list.map(drop).ok_or_else(missing)
    }

    fn passes(call: &Call<'_>, record: &Record<Self>) -> bool {
        let kind = view::outbound::medium(record);
        dialed::refers(call, record, "contactListId", "contactList")
            && dialed::refers(call, record, "ruleSetIds", "ruleSets")
            && call.query_text("type").is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind))
            && has_sender(call, record)
            && has_template(call, record)
    }

    fn may_delete(organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        if organization.run_state(id.uuid()).is_on() {
            return Err(refusal("cannot.delete.running.campaign", "The campaign is running."));
        }
        Ok(())
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let now = organization.outbound().messaging_campaigns.get(id).map_or(0, |campaign| campaign.modified);
        set_status(organization, id, body, now)
    }
}

/// Whether a campaign sends from the number of the query.
fn has_sender(call: &Call<'_>, record: &Record<MessagingCampaign>) -> bool {
    let sms = record.extra.get("smsConfig");
    let sender = sms.and_then(|sms| sms["senderSmsPhoneNumber"]["phoneNumber"].as_str());
    call.query_text("senderSmsPhoneNumber").is_none_or(|wanted| Some(&*wanted) == sender)
}

/// Whether a campaign sends the content template of the query.
fn has_template(call: &Call<'_>, record: &Record<MessagingCampaign>) -> bool {
    let template = |config: &&str| record.extra.get(*config)?.get("contentTemplate")?.get("id")?.as_str();
    let configs = ["smsConfig", "emailConfig", "whatsAppConfig"];
    let mut templates = configs.iter().filter_map(template);
    call.query_text("contentTemplateId").is_none_or(|wanted| templates.any(|id| id == wanted))
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&page(call)?)
}

/// The page of campaigns. The status is the one of now, so it is compared here.
fn page(call: &Call<'_>) -> Result<Page<Map<String, Value>>, ApiError> {
    settle(call)?;
    let wanted = call.query_list("campaignStatus");
    if wanted.is_empty() {
        return record::page::<MessagingCampaign>(call);
    }
    let page = call.page()?;
    let organization = call.tenant().read();
    let all = record::select::<MessagingCampaign>(call, &organization).into_iter();
    let all = all.filter(|campaign| {
        let status = organization.run_state(campaign.uuid).name();
        wanted.iter().any(|wanted| wanted == status)
    });
    let all = all.map(|campaign| view::outbound::messaging_campaign(&organization, campaign));
    Ok(Page::of(all, page, call.path, call.query))
}

fn list_views(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut page = page(call)?;
    for campaign in &mut page.entities {
        campaign.retain(|key, _| VIEW.contains(&key.as_str()));
    }
    Reply::ok(&page)
}

fn get_view(call: &Call<'_>) -> Result<Reply, ApiError> {
    dialed::get_view::<MessagingCampaign>(call, &VIEW)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    record::get::<MessagingCampaign>(call)
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    record::replace::<MessagingCampaign>(call)
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    let id = call.param("messagingCampaignId")?;
    call.change(|organization| Reply::ok(&record::remove::<MessagingCampaign>(call, organization, &id)?))
}

fn start(call: &Call<'_>) -> Result<Reply, ApiError> {
    turn::<MessagingCampaign>(call, true)
}

fn stop(call: &Call<'_>) -> Result<Reply, ApiError> {
    turn::<MessagingCampaign>(call, false)
}
