//! Sequences of campaigns.

use serde_json::{Map, Value};

use super::campaigns::settle;
use super::dialed::Dialed;
use super::refusal;
use crate::api::call::Call;
use crate::api::record;
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::outbound::CampaignSequence;
use crate::world::table::{Kind, Record};

pub(super) fn routes() -> Vec<Route> {
    let path = CampaignSequence::PATH;
    let one = format!("{path}/{{sequenceId}}");
    vec![
        Route::get(path, list),
        Route::post(path, record::create::<CampaignSequence>),
        Route::get(&one, get),
        Route::put(&one, replace),
        Route::delete(&one, delete),
    ]
}

impl Dialed for CampaignSequence {
    const PARAM: &'static str = "sequenceId";
    const IN_USE: &'static str = "campaign.sequence.in.use";

    fn write(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::outbound::sequence(organization, record)
    }

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let campaigns = body.get("campaigns").and_then(Value::as_array);
        if campaigns.is_none_or(Vec::is_empty) {
            const WHY: &str = "The property campaigns has no campaign.";
            return Err(refusal("campaign.sequence.is.empty", WHY));
        }
        Ok(())
    }

    fn may_delete(organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        if organization.run_state(id.uuid()).is_on() {
            return Err(refusal("campaign.sequence.in.use", "The sequence is running."));
        }
        Ok(())
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let now = organization.outbound().sequences.get(id).map_or(0, |sequence| sequence.modified);
        match body.get("status").and_then(Value::as_str) {
            Some("on") => organization.start_sequence(id, now),
            Some("off") => organization.stop_sequence(id, now),
            _ => {}
        }
        Ok(())
    }
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    record::list::<CampaignSequence>(call)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    record::get::<CampaignSequence>(call)
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    record::replace::<CampaignSequence>(call)
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    settle(call)?;
    record::delete::<CampaignSequence>(call)
}
