//! Edges, edge groups, interfaces and certificate authorities.

use serde_json::{Map, Value, json};

use super::{base, site, to_reference, trunk};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::id::seed_id;
use crate::world::table::Record;
use crate::world::telephony::edge::{CertificateAuthority, EdgeGroup, TelephonyEdge};
use crate::world::telephony::trunk::GroupTrunk;
use crate::world::workforce::planning::EdgeState;

/// An edge. Without other values it is new, and has not connected.
pub(crate) fn edge(organization: &Organization, edge: &Record<TelephonyEdge>) -> Map<String, Value> {
    let telephony = organization.telephony();
    let site_of = telephony.edges_of_site.holders(edge.id()).first().and_then(|id| telephony.sites.get(*id));
    let group = telephony.edges_of_group.holders(edge.id()).first();
    let group = group.and_then(|id| telephony.edge_groups.get(*id));
    base(organization, edge)
        .or("statusCode", || json!("NEW"))
        .or("onlineStatus", || json!("OFFLINE"))
        .or("edgeDeploymentType", || json!("HARDWARE"))
        .or("physicalEdge", || json!(true))
        .or("managed", || json!(false))
        .put("callDrainingState", json!(draining(organization, edge)))
        .put("conversationCount", json!(0))
        .put_some("site", site_of.map(|of| site::short(organization, of)))
        .put_some("edgeGroup", group.map(|group| json!(edge_group(organization, group))))
        .end()
}

/// Whether the edge that sockets connect to waits for its calls to end.
fn draining(organization: &Organization, edge: &Record<TelephonyEdge>) -> &'static str {
    let drains = organization.workforce().edge(&edge.id().to_string());
    let drains = drains.is_some_and(|edge| edge.state == EdgeState::Draining);
    if drains { "WAIT" } else { "NONE" }
}

/// An edge group, with its trunks in full.
pub(crate) fn edge_group(organization: &Organization, group: &Record<EdgeGroup>) -> Map<String, Value> {
    let telephony = organization.telephony();
    let trunks = |kind: GroupTrunk| {
        let all = telephony.trunks_of_group.members(group.id()).iter().filter(move |(_, of)| **of == kind);
        let all = all.filter_map(|(id, _)| telephony.trunk_bases.get(*id));
        all.map(|base| trunk::trunk_base(organization, base))
    };
    let mut assignment = json!({ "family": 2 });
    if let Some(base) = trunks(GroupTrunk::Edge).next() {
        assignment["trunkBase"] = json!(base);
    }
    let phone_trunks: Vec<_> = trunks(GroupTrunk::Phone).collect();
    base(organization, group)
        .or("managed", || json!(false))
        .or("hybrid", || json!(false))
        .put("edgeTrunkBaseAssignment", assignment)
        .put("phoneTrunkBases", json!(phone_trunks))
        .end()
}

/// A certificate authority.
pub(crate) fn authority(
    organization: &Organization,
    authority: &Record<CertificateAuthority>,
) -> Map<String, Value> {
    base(organization, authority).end()
}

/// The one port of an edge (assumed).
pub(crate) fn port(edge: &Record<TelephonyEdge>) -> Map<String, Value> {
    let id = seed_id(edge.uuid, "port");
    let number = edge.uuid.as_u128().to_be_bytes();
    let address = format!("02:00:{:02x}:{:02x}:{:02x}:{:02x}", number[0], number[1], number[2], number[3]);
    let port = json!({
        "id": id, "name": "Port 1", "friendlyName": "Port 1", "portLabel": "1", "hardwareAddress": address,
        "version": 1, "state": "active", "dateCreated": rfc3339(edge.created), "edgeUri": edge.uri(),
        "selfUri": format!("{}/physicalinterfaces/{id}", edge.uri()),
    });
    match port {
        Value::Object(port) => port,
        _ => Map::new(),
    }
}

/// The load of an edge: none, because nothing runs on it.
pub(crate) fn metrics(edge: &Record<TelephonyEdge>, now: Nanos) -> Value {
    json!({
        "edge": to_reference(edge),
        "eventTime": rfc3339(now),
        "upTimeMsec": now.saturating_sub(edge.created) / 1_000_000,
        "processors": [{ "cpuId": "0", "activeTimePct": 1.0, "idleTimePct": 99.0, "privilegedTimePct": 0.0,
            "userTimePct": 1.0 }],
        "memory": [], "disks": [], "subsystems": [], "networks": [],
    })
}
