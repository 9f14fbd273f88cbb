//! The connections of a site with others.

use serde_json::{Map, Value, json};

use super::at;
use crate::api::call::Call;
use crate::api::record::find;
use crate::api::route::Route;
use crate::api::setting::{set, stored};
use crate::view::telephony::site::connections;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::table::Record;
use crate::world::telephony::site::Site;

/// The key under which the connections are kept.
const CONNECTIONS: &str = "siteConnections";
/// The fields of a connection that clients set.
const FIELDS: [&str; 5] = ["id", "name", "managed", "type", "enabled"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/sites/{siteId}/siteconnections"), get),
        Route::put(&at("/sites/{siteId}/siteconnections"), replace),
        Route::patch(&at("/sites/{siteId}/siteconnections"), update),
    ]
}

fn path_of(site: &Record<Site>) -> String {
    format!("{}/siteconnections", site.uri())
}

fn current(organization: &Organization, site: &Record<Site>) -> Vec<Value> {
    let value = stored(organization, &path_of(site));
    let all = value.and_then(|value| value.get(CONNECTIONS)?.as_array().cloned());
    all.unwrap_or_default()
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let site = find::<Site>(&organization, &call.param("siteId")?)?;
    Reply::ok(&connections(site, current(&organization, site)))
}

/// Replaces the connections. Each names another site.
fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let wanted = body.get(CONNECTIONS).and_then(Value::as_array).cloned().unwrap_or_default();
    change(call, |organization, _| {
        wanted.iter().map(|connection| read_connection(organization, connection)).collect()
    })
}

fn read_connection(organization: &Organization, body: &Value) -> Result<Value, ApiError> {
    let id = body.get("id").and_then(Value::as_str).unwrap_or_default();
    let other = crate::api::record::referred::<Site>(organization, CONNECTIONS, id)?;
    let field = |name: &&str| Some(((*name).to_owned(), body.get(*name)?.clone()));
    let mut connection: Map<String, Value> = FIELDS.iter().filter_map(field).collect();
    let uri = organization.telephony().sites.get(other).map(Record::uri);
    connection.insert("selfUri".to_owned(), json!(uri));
    Ok(Value::Object(connection))
}

/// Switches the connections on or off.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let enabled = body.get("enabled").and_then(Value::as_bool).unwrap_or(false);
    change(call, |_, mut connections| {
        for connection in &mut connections {
            connection["enabled"] = json!(enabled);
        }
        Ok(connections)
    })
}

fn change(
    call: &Call<'_>,
    change: impl FnOnce(&Organization, Vec<Value>) -> Result<Vec<Value>, ApiError>,
) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let site = find::<Site>(organization, &call.param("siteId")?)?.clone();
        let all = change(organization, current(organization, &site))?;
        let value = Map::from_iter([(CONNECTIONS.to_owned(), Value::Array(all.clone()))]);
        set(organization, &path_of(&site), value);
        Reply::ok(&connections(&site, all))
    })
}
