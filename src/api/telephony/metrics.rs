//! What is measured of edges and calls, and facts of the platform.

use serde_json::json;

use super::at;
use super::interfaces::edges_of_query;
use crate::api::call::Call;
use crate::api::record::find;
use crate::api::route::Route;
use crate::api::utilities::time_zones;
use crate::view::telephony::edge::metrics;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::telephony::edge::TelephonyEdge;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/metrics"), list),
        Route::get(&at("/{edgeId}/metrics"), get),
        Route::get(&at("/timezones"), list_time_zones),
        Route::get("/api/v2/telephony/mediaregions", list_regions),
        Route::get("/api/v2/telephony/calls/metrics", count_calls),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let edges = edges_of_query(call, &organization)?;
    Reply::ok(&edges.into_iter().map(|edge| metrics(edge, call.now)).collect::<Vec<_>>())
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    Reply::ok(&metrics(find::<TelephonyEdge>(&organization, &call.param("edgeId")?)?, call.now))
}

fn list_time_zones(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&Page::of(time_zones(call.path), call.page()?, call.path, call.query))
}

fn list_regions(_: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&json!({
        "awsHomeRegion": "us-east-1", "awsCoreRegions": ["us-east-1", "us-west-2", "eu-central-1"],
        "awsSatelliteRegions": [],
    }))
}

/// The calls of the organization. The capacity is an assumption, because it depends on a contract.
fn count_calls(_: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&json!({
        "usage": 0.0, "autoScalingTriggerPercentage": 80.0, "cpuIntensity": "Low", "memoryIntensity": "Low",
        "concurrentCallCount": 0, "concurrentCallSessionCount": 0, "maxCallCapacity": 1000,
        "maxCallSessionCapacity": 2000, "autoScaleInProgress": "None",
    }))
}
