//! What is counted of campaigns: progress, statistics and diagnostics.

use http::StatusCode;
use serde_json::{Value, json};

use super::campaigns::{list_of, settle};
use super::dialed::MAX_BULK;
use super::refusal;
use crate::api::call::Call;
use crate::api::record::{Resource, find};
use crate::api::route::Route;
use crate::view;
use crate::view::outbound::{count_idle, members, stats};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::outbound::{Campaign, MessagingCampaign};
use crate::world::people::User;
use crate::world::table::Kind;
use crate::world::workforce::Routing;

pub(super) fn routes() -> Vec<Route> {
    let calls = format!("{}/{{campaignId}}", Campaign::PATH);
    let messages = format!("{}/{{messagingCampaignId}}", MessagingCampaign::PATH);
    vec![
        Route::get(&format!("{calls}/progress"), get_progress::<Campaign>),
        Route::delete(&format!("{calls}/progress"), recycle_calls),
        Route::post(&format!("{}/progress", Campaign::PATH), list_progress::<Campaign>),
        Route::get(&format!("{messages}/progress"), get_progress::<MessagingCampaign>),
        Route::delete(&format!("{messages}/progress"), recycle_messages),
        Route::post(&format!("{}/progress", MessagingCampaign::PATH), list_progress::<MessagingCampaign>),
        Route::get(&format!("{calls}/stats"), get_stats),
        Route::get(&format!("{calls}/diagnostics"), get_diagnostics),
        Route::get(&format!("{messages}/diagnostics"), get_messaging_diagnostics),
        Route::get(&format!("{calls}/interactions"), get_interactions),
        Route::post(&format!("{}/performance/query", Campaign::PATH), query_performance),
    ]
}

fn get_progress<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    let organization = call.tenant().read();
    let campaign = find::<K>(&organization, &call.param(K::PARAM)?)?;
    Reply::ok(&view::outbound::progress(&organization, campaign, call.now))
}

/// Reads the ids of a body that is an array of strings.
fn read_ids(call: &Call<'_>) -> Result<Vec<String>, ApiError> {
    let ids = call.json_ids()?;
    if ids.len() > MAX_BULK {
        let why = format!("At most {MAX_BULK} campaigns can be asked for at once.");
        return Err(refusal("bad.request", why));
    }
    Ok(ids)
}

/// The progress of the campaigns of the body. Ids of nothing are left out.
fn list_progress<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    let ids = read_ids(call)?;
    let organization = call.tenant().read();
    let found = ids.iter().filter_map(|id| K::table(&organization).find(id));
    let progress = found.map(|campaign| view::outbound::progress(&organization, campaign, call.now));
    Reply::ok(&progress.collect::<Vec<_>>())
}

fn recycle_calls(call: &Call<'_>) -> Result<Reply, ApiError> {
    recycle::<Campaign>(call, StatusCode::ACCEPTED)
}

fn recycle_messages(call: &Call<'_>) -> Result<Reply, ApiError> {
    recycle::<MessagingCampaign>(call, StatusCode::NO_CONTENT)
}

/// Forgets the progress of a campaign, so that it begins again.
fn recycle<K: Resource>(call: &Call<'_>, status: StatusCode) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let campaign = find::<K>(organization, &call.param(K::PARAM)?)?.id();
        organization.reset_progress(campaign.uuid(), call.now);
        Ok(Reply::empty(status))
    })
}

fn get_stats(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    let organization = call.tenant().read();
    let campaign = find::<Campaign>(&organization, &call.param("campaignId")?)?;
    Reply::ok(&stats(&organization, campaign, call.now))
}

fn get_diagnostics(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    let organization = call.tenant().read();
    let campaign = find::<Campaign>(&organization, &call.param("campaignId")?)?;
    let progress = organization.progress(campaign.uuid, call.now);
    let members = members(&organization, campaign);
    let idle = count_idle(&members);
    let written = view::outbound::campaign(&organization, campaign);
    let mut diagnostics = json!({
        "callableContacts": { "dncLists": written["dncLists"], "ruleSets": written["ruleSets"] },
        "ruleSetDiagnostics": [], "outstandingInteractionsCount": 0, "scheduledInteractionsCount": 0,
        "timeZoneRescheduledCallsCount": 0, "filteredOutContactsCount": progress.filtered_out, "idleAgents": idle,
        "effectiveIdleAgents": idle, "numberOfContactsCalled": progress.called,
        "totalNumberOfContacts": progress.total, "campaignErrors": [],
    });
    if let Some(queue) = written.get("queue") {
        diagnostics["queueUtilizationDiagnostic"] = utilization(queue, &members);
    }
    Reply::ok(&diagnostics)
}

/// How the members of a queue are used.
fn utilization(queue: &Value, members: &[&User]) -> Value {
    let on_queue = members.iter().filter(|user| user.routing != Routing::OffQueue).count();
    json!({
        "queue": queue, "usersInQueue": members.len(), "activeUsersInQueue": on_queue,
        "usersOnQueue": on_queue, "usersNotUtilized": count_idle(members),
        "usersOnQueueWithStation": on_queue, "usersOnACampaignCall": 0,
        "usersOnDifferentEdgeGroup": 0, "usersOnANonCampaignCall": 0,
    })
}

fn get_messaging_diagnostics(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let campaign = find::<MessagingCampaign>(&organization, &call.param("messagingCampaignId")?)?.uuid;
    let filtered_out = organization.progress(campaign, call.now).filtered_out;
    Reply::ok(&json!({ "timeZoneRescheduledContactsCount": 0, "filteredOutContactsCount": filtered_out }))
}

/// No conversation is opened for a contact, so a campaign has no interactions.
fn get_interactions(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let campaign = find::<Campaign>(&organization, &call.param("campaignId")?)?;
    Reply::ok(&json!({
        "campaign": view::outbound::reference(campaign), "pendingInteractions": [],
        "proceedingInteractions": [], "previewingInteractions": [], "interactingInteractions": [],
        "scheduledInteractions": [],
    }))
}

/// The figures of the campaigns of the body. Ids of nothing are left out.
fn query_performance(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    let ids = read_ids(call)?;
    let organization = call.tenant().read();
    let found = ids.iter().filter_map(|id| organization.outbound().campaigns.find(id));
    let figures = found.filter(|campaign| list_of(campaign).is_some()).map(|campaign| {
        let progress = organization.progress(campaign.uuid, call.now);
        let idle = count_idle(&members(&organization, campaign));
        let division = view::record::division(&organization, campaign.division);
        json!({
            "campaign": view::outbound::reference(campaign),
            "division": { "id": division["id"], "selfUri": division["selfUri"] },
            "contactRate": { "connectRatio": if progress.called == 0 { 0.0 } else { 1.0 } },
            "idleAgents": idle, "effectiveIdleAgents": idle, "outstandingCalls": 0, "scheduledCalls": 0,
            "campaignStatus": organization.run_state(campaign.uuid).name(),
            "dialingMode": campaign.extra.get("dialingMode"),
            "progress": { "percentage": progress.percentage() },
        })
    });
    Reply::ok(&json!({ "entities": figures.collect::<Vec<_>>() }))
}
