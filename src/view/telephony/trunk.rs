//! Trunks and their base settings.

use serde_json::{Map, Value, json};

use super::{base, metabase, reference, to_reference};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::{Kind, Record};
use crate::world::telephony::EDGES;
use crate::world::telephony::edge::TelephonyEdge;
use crate::world::telephony::site::Site;
use crate::world::telephony::trunk::{TrunkBase, trunk_id};

/// The path of the metabases of trunks.
pub(crate) const METABASES: &str = "/api/v2/telephony/providers/edges/trunkbasesettings/availablemetabases";

/// The base settings of a trunk.
pub(crate) fn trunk_base(organization: &Organization, trunk: &Record<TrunkBase>) -> Map<String, Value> {
    let site = |name: &str| {
        let id = Id::<Site>::parse(trunk.extra.get(name)?.get("id")?.as_str()?)?;
        reference(organization, id)
    };
    let mut written = base(organization, trunk)
        .put("trunkMetabase", metabase(metabase_id(trunk), METABASES))
        .or("trunkType", || json!("EXTERNAL"))
        .or("properties", || json!({}))
        .or("managed", || json!(false))
        .end();
    for name in ["site", "inboundSite"] {
        match site(name) {
            Some(site) => drop(written.insert(name.to_owned(), site)),
            None => drop(written.shift_remove(name)),
        }
    }
    written
}

fn metabase_id(trunk: &Record<TrunkBase>) -> &str {
    let id = trunk.extra.get("trunkMetabase").and_then(|metabase| metabase.get("id"));
    id.and_then(Value::as_str).unwrap_or_default()
}

/// The kind of a trunk: `EXTERNAL`, `PHONE` or `EDGE`.
pub(crate) fn kind(trunk: &Record<TrunkBase>) -> &str {
    trunk.extra.get("trunkType").and_then(Value::as_str).unwrap_or("EXTERNAL")
}

/// Whether the calls of a trunk are recorded.
pub(crate) fn is_recorded(trunk: &Record<TrunkBase>) -> bool {
    let properties = trunk.extra.get("properties");
    let value = properties.and_then(|all| all.get("trunk_recording_enabled")?.get("value")?.get("instance"));
    value.and_then(Value::as_bool).unwrap_or(false)
}

/// The trunk of base settings. It is on the first edge.
pub(crate) fn trunk(organization: &Organization, trunk: &Record<TrunkBase>) -> Map<String, Value> {
    let id = trunk_id(trunk.id());
    let mut written = base(organization, trunk).end();
    written.retain(|name, _| {
        !["trunkMetabase", "properties", "managed", "site", "inboundSite"].contains(&name.as_str())
    });
    let mut put = |name: &str, value: Value| drop(written.insert(name.to_owned(), value));
    put("id", json!(id));
    put("trunkType", json!(kind(trunk)));
    put("trunkBase", to_reference(trunk));
    put("trunkMetabase", metabase(metabase_id(trunk), METABASES));
    if let Some(edge) = edge_of(organization) {
        put("edge", to_reference(edge));
    }
    put("inService", json!(true));
    put("enabled", json!(true));
    let since = rfc3339(trunk.created);
    put("connectedStatus", json!({ "connected": true, "connectedStateTime": since }));
    put("selfUri", json!(format!("{EDGES}/trunks/{id}")));
    written
}

/// The edge of the trunks: the first.
pub(crate) fn edge_of(organization: &Organization) -> Option<&Record<TelephonyEdge>> {
    organization.telephony().edges.iter().next()
}

/// The load of a trunk: no calls.
pub(crate) fn metrics(trunk: &Record<TrunkBase>, now: Nanos) -> Value {
    let id = trunk_id(trunk.id());
    json!({
        "eventTime": rfc3339(now),
        "trunk": { "id": id, "name": trunk.name, "selfUri": format!("{EDGES}/trunks/{id}") },
        "calls": { "inboundCallCount": 0, "outboundCallCount": 0 },
    })
}

/// A metabase in the listing of those of a kind.
pub(crate) fn available(id: &str, kind: &str, collection: &str) -> Value {
    let mut written = metabase(id, collection);
    written["type"] = json!(kind);
    written["state"] = json!("active");
    written
}

/// The settings that a client fills in to create base settings.
pub(crate) fn template(id: &str, kind: &str) -> Value {
    json!({
        "name": "", "trunkMetabase": metabase(id, METABASES), "trunkType": kind, "properties": {},
        "managed": false, "state": "active", "selfUri": format!("{}/template", TrunkBase::PATH),
    })
}
