//! The logical and the physical interfaces of edges.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{DUPLICATE, at, require};
use crate::api::announce::TopicEvent;
use crate::api::call::Call;
use crate::api::entity::{self, text};
use crate::api::record::{check_version, find};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::time::clock::rfc3339;
use crate::view::telephony::edge::port;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::table::Record;
use crate::world::telephony::edge::TelephonyEdge;

const KIND: &str = "logical interface";
/// The fields of a logical interface that the document requires.
const REQUIRED: [&str; 4] = ["name", "friendlyName", "hardwareAddress", "physicalAdapterId"];
/// The fields that clients set.
const FIELDS: [&str; 24] = [
    "name",
    "description",
    "edgeUri",
    "edgeAssignedId",
    "friendlyName",
    "vlanTagId",
    "hardwareAddress",
    "physicalAdapterId",
    "ifStatus",
    "publicNatAddressIpV4",
    "publicNatAddressIpV6",
    "routes",
    "addresses",
    "ipv4Capabilities",
    "ipv6Capabilities",
    "currentState",
    "inheritPhoneTrunkBasesIPv4",
    "inheritPhoneTrunkBasesIPv6",
    "useForInternalEdgeCommunication",
    "useForIndirectEdgeCommunication",
    "useForCloudProxyEdgeCommunication",
    "traceEnabled",
    "startDate",
    "endDate",
];

pub(super) fn routes() -> Vec<Route> {
    const ONE: &str = "/{edgeId}/logicalinterfaces/{interfaceId}";
    vec![
        Route::get(&at("/logicalinterfaces"), list_of_edges),
        Route::get(&at("/{edgeId}/logicalinterfaces"), list),
        // Trunks in the body have all properties in the document, and clients send their ids.
        Route::post(&at("/{edgeId}/logicalinterfaces"), create).checks(Checks::Inside).publishes(events),
        Route::get(&at(ONE), get),
        Route::put(&at(ONE), replace).checks(Checks::Inside).publishes(events),
        Route::delete(&at(ONE), delete),
        Route::get(&at("/physicalinterfaces"), list_ports_of_edges),
        Route::get(&at("/{edgeId}/physicalinterfaces"), list_ports),
        Route::get(&at("/{edgeId}/physicalinterfaces/{interfaceId}"), get_port),
    ]
}

/// A logical interface that was made or changed, to the topic of its edge. The body is the entity as the API answers it
/// (assumed).
fn events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let edge = call.param("edgeId").unwrap_or_default();
    let topic = format!("v2.telephony.providers.edges.{edge}.logicalinterfaces");
    vec![TopicEvent::now(topic, answered.clone())]
}

fn interfaces_of(edge: &Record<TelephonyEdge>) -> String {
    format!("{}/logicalinterfaces", edge.uri())
}

/// The address of the edge that has a collection of interfaces.
fn edge_of(collection: &str) -> &str {
    collection.strip_suffix("/logicalinterfaces").unwrap_or(collection)
}

/// The collection of the interfaces of the edge in the call's path.
fn collection(call: &Call<'_>) -> Result<String, ApiError> {
    Ok(interfaces_of(find::<TelephonyEdge>(&call.tenant().read(), &call.param("edgeId")?)?))
}

/// The edges that `edgeIds` names.
pub(super) fn edges_of_query<'o>(
    call: &Call<'_>,
    organization: &'o Organization,
) -> Result<Vec<&'o Record<TelephonyEdge>>, ApiError> {
    call.query_list("edgeIds").iter().map(|id| find::<TelephonyEdge>(organization, id)).collect()
}

fn list_of_edges(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let edges = edges_of_query(call, &organization)?;
    let all = edges.iter().flat_map(|edge| {
        let all: Vec<_> = organization.collections.list(&interfaces_of(edge)).cloned().collect();
        all
    });
    Reply::ok(&Page::of(all, call.page()?, call.path, call.query))
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::list(call, &collection(call)?)?)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let collection = collection(call)?;
    check(call, &collection, &body, "")?;
    let mut interface = pick(&body);
    for (key, value) in
        [("version", json!(1)), ("state", json!("active")), ("dateCreated", json!(rfc3339(call.now)))]
    {
        interface.insert(key.to_owned(), value);
    }
    interface.entry("currentState".to_owned()).or_insert_with(|| json!("OK"));
    interface.entry("edgeUri".to_owned()).or_insert_with(|| json!(edge_of(&collection)));
    Reply::ok(&*entity::create(call, &collection, interface))
}

fn pick(body: &Map<String, Value>) -> Map<String, Value> {
    let fields = FIELDS.iter().filter_map(|field| Some(((*field).to_owned(), body.get(*field)?.clone())));
    fields.filter(|(_, value)| !value.is_null()).collect()
}

/// Checks the required fields, and that no other interface of the port has the VLAN.
fn check(call: &Call<'_>, collection: &str, body: &Map<String, Value>, own: &str) -> Result<(), ApiError> {
    require(body, &REQUIRED)?;
    let Some(tag) = body.get("vlanTagId").filter(|tag| !tag.is_null()) else { return Ok(()) };
    let organization = call.tenant().read();
    let is_same = |other: &&crate::world::collection::Entity| {
        text(other, "id") != own
            && other.get("vlanTagId") == Some(tag)
            && text(other, "physicalAdapterId") == text(body, "physicalAdapterId")
    };
    if organization.collections.list(collection).any(|other| is_same(&other)) {
        const WHY: &str = "A logical interface with that vlanTagId already exists on this port.";
        let (status, code) = DUPLICATE;
        return Err(ApiError::new(status, code, WHY));
    }
    Ok(())
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&*entity::get(call, &collection(call)?, KIND, &call.param("interfaceId")?)?)
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (body, collection, id) = (call.json_object()?, collection(call)?, call.param("interfaceId")?);
    check(call, &collection, &body, &id)?;
    let changed = entity::update(call, &collection, KIND, &id, |interface| {
        let version = interface.get("version").and_then(Value::as_u64).unwrap_or_default();
        check_version(u32::try_from(version).unwrap_or(u32::MAX), &body)?;
        let version = version + 1;
        interface.retain(|key, _| !FIELDS.contains(&key.as_str()) || key == "currentState");
        interface.extend(pick(&body));
        interface.entry("edgeUri".to_owned()).or_insert_with(|| json!(edge_of(&collection)));
        interface.insert("version".to_owned(), json!(version));
        Ok(())
    })?;
    Reply::ok(&*changed)
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (collection, id) = (collection(call)?, call.param("interfaceId")?);
    entity::delete(call, &collection, KIND, &id)?;
    Ok(Reply::empty(StatusCode::OK))
}

fn list_ports_of_edges(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let ports = edges_of_query(call, &organization)?.into_iter().map(port);
    Reply::ok(&Page::of(ports, call.page()?, call.path, call.query))
}

fn list_ports(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let edge = find::<TelephonyEdge>(&organization, &call.param("edgeId")?)?;
    Reply::ok(&Page::of([port(edge)], call.page()?, call.path, call.query))
}

fn get_port(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let port = port(find::<TelephonyEdge>(&organization, &call.param("edgeId")?)?);
    let id = call.param("interfaceId")?;
    if text(&port, "id") == id { Reply::ok(&port) } else { Err(ApiError::no_such("physical interface", &id)) }
}
