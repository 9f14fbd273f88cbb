//! Phones, lines and their base settings.

use serde_json::{Map, Value, json};

use super::{base, metabase, reference, to_reference, user};
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::table::{Kind, Record};
use crate::world::telephony::EDGES;
use crate::world::telephony::phone::{Line, LineBase, Phone, PhoneBase, WEB_RTC};

/// The path of the metabases of phones.
pub(crate) const METABASES: &str = "/api/v2/telephony/providers/edges/phonebasesettings/availablemetabases";

/// The base settings of phones.
pub(crate) fn phone_base(organization: &Organization, phone: &Record<PhoneBase>) -> Map<String, Value> {
    let telephony = organization.telephony();
    let lines = telephony.line_bases_of.members(phone.id()).iter();
    let lines = lines.filter_map(|(line, ())| telephony.line_bases.get(*line));
    let lines: Vec<_> = lines.map(|line| line_base(organization, line)).collect();
    base(organization, phone)
        .put("phoneMetaBase", metabase(phone.metabase(), METABASES))
        .put("lines", json!(lines))
        .or("properties", || json!({}))
        .or("capabilities", || capabilities(phone.metabase()))
        .end()
}

/// What phones of a metabase can do. A phone in a browser does not register; the rest is assumed.
fn capabilities(metabase: &str) -> Value {
    let is_web = metabase == WEB_RTC;
    json!({
        "provisions": !is_web, "registers": !is_web, "dualRegisters": !is_web,
        "hardwareIdType": if is_web { "" } else { "mac" }, "allowReboot": !is_web,
        "noRebalance": false, "noCloudProvisioning": false,
        "mediaCodecs": if is_web { vec!["audio/opus"] } else { vec!["audio/opus", "audio/pcmu", "audio/pcma"] },
        "cdm": true,
    })
}

/// The base settings of a line.
pub(crate) fn line_base(organization: &Organization, line: &Record<LineBase>) -> Map<String, Value> {
    let id = line.extra.get("lineMetaBase").and_then(|metabase| metabase.get("id")).and_then(Value::as_str);
    base(organization, line)
        .put_some("lineMetaBase", id.map(|id| metabase(id, METABASES)))
        .or("properties", || json!({}))
        .end()
}

/// A line, with the user that is logged on to its station and the user whose default it is.
pub(crate) fn line(organization: &Organization, line: &Record<Line>) -> Map<String, Value> {
    let (telephony, directory) = (organization.telephony(), organization.directory());
    let site = telephony.phone_of(line.id()).and_then(|phone| telephony.site_of(phone.id()));
    let line_base = telephony.lines_of_base.holders(line.id()).first();
    let line_base = line_base.and_then(|base| reference(organization, *base));
    let logged_in = directory.user_at(line.station()).and_then(|index| user(organization, index));
    let default = directory.default_of.holders(line.station()).first();
    let edge = site.and_then(|site| telephony.edge_of(site.id()));
    base(organization, line)
        .or("properties", || json!({}))
        .put_some("site", site.map(to_reference))
        .put_some("lineBaseSettings", line_base.clone())
        .put_some("template", line_base)
        .put_some("primaryEdge", edge.map(to_reference))
        .put_some("loggedInUser", logged_in)
        .put_some("defaultForUser", default.and_then(|index| user(organization, *index)))
        .end()
}

/// A phone with its lines.
pub(crate) fn phone(organization: &Organization, phone: &Record<Phone>) -> Map<String, Value> {
    let telephony = organization.telephony();
    let (site, phone_base) = (telephony.site_of(phone.id()), telephony.base_of(phone.id()));
    let lines: Vec<_> = telephony.lines_of(phone.id()).map(|of| line(organization, of)).collect();
    let line_base = lines.first().and_then(|line| line.get("lineBaseSettings").cloned());
    let web_user = telephony.user_of(phone.id()).and_then(|index| user(organization, index));
    let edge = site.and_then(|site| telephony.edge_of(site.id())).map(to_reference);
    let metabase_id = phone_base.map(Record::metabase).unwrap_or_default();
    base(organization, phone)
        .put("site", site.map_or_else(|| json!({}), to_reference))
        .put("phoneBaseSettings", phone_base.map_or_else(|| json!({ "id": "" }), to_reference))
        .put_some("lineBaseSettings", line_base)
        .put("phoneMetaBase", metabase(metabase_id, METABASES))
        .put("lines", json!(lines))
        .put("status", status(phone, &lines, edge.as_ref()))
        .or("properties", || json!({}))
        .or("capabilities", || capabilities(metabase_id))
        .put_some("webRtcUser", web_user)
        .put("standAlone", json!(metabase_id != WEB_RTC && telephony.user_of(phone.id()).is_none()))
        .put_some("primaryEdge", edge)
        .end()
}

/// The state of every phone: it works, and each of its lines can be reached.
pub(crate) const OPERATIONAL: &str = "OPERATIONAL";

fn status(phone: &Record<Phone>, lines: &[Map<String, Value>], edge: Option<&Value>) -> Value {
    let since = rfc3339(phone.created);
    let lines = lines
        .iter()
        .map(|line| json!({ "id": line.get("id"), "reachable": true, "reachableStateTime": since }));
    let mut status = json!({
        "id": phone.id(),
        "operationalStatus": OPERATIONAL,
        "edgesStatus": if edge.is_some() { "IN_SERVICE" } else { "NO_EDGES" },
        "eventCreationTime": since,
        "lineStatuses": lines.collect::<Value>(),
        "phoneAssignmentToEdgeType": "PRIMARY",
        "selfUri": format!("{}/status", phone.uri()),
    });
    if let Some(edge) = edge {
        status["edge"] = edge.clone();
    }
    status
}

/// The settings that a client fills in to create base settings of a metabase.
pub(crate) fn phone_base_template(id: &str) -> Value {
    json!({
        "name": "", "state": "active", "phoneMetaBase": metabase(id, METABASES),
        "lines": [{ "name": "", "lineMetaBase": metabase(id, METABASES), "properties": {} }],
        "properties": {}, "capabilities": capabilities(id),
        "selfUri": format!("{}/template", PhoneBase::PATH),
    })
}

/// The phone that a client fills in to create one with base settings.
pub(crate) fn phone_template(organization: &Organization, phone: &Record<PhoneBase>) -> Value {
    let telephony = organization.telephony();
    let site = telephony.sites.iter().next();
    let lines = telephony.line_bases_of.members(phone.id()).iter();
    let lines = lines.filter_map(|(line, ())| telephony.line_bases.get(*line)).map(line_template);
    json!({
        "name": "", "state": "active", "site": site.map_or_else(|| json!({}), to_reference),
        "phoneBaseSettings": to_reference(phone), "phoneMetaBase": metabase(phone.metabase(), METABASES),
        "lines": lines.collect::<Value>(), "properties": {}, "capabilities": capabilities(phone.metabase()),
        "selfUri": format!("{}/template", Phone::PATH),
    })
}

/// The line that a client fills in to create one with base settings.
pub(crate) fn line_template(line: &Record<LineBase>) -> Value {
    json!({ "name": line.name, "state": "active", "lineBaseSettings": to_reference(line),
        "template": to_reference(line), "properties": {}, "selfUri": format!("{EDGES}/lines/template") })
}
