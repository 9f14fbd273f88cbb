//! Sites, their number plans and outbound routes.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{base, reference, references, to_reference};
use crate::view::directory;
use crate::world::Organization;
use crate::world::id::{Id, seed_id};
use crate::world::table::Record;
use crate::world::telephony::site::{OutboundRoute, Site, number_plans_of};

/// A site.
pub(crate) fn site(organization: &Organization, site: &Record<Site>) -> Map<String, Value> {
    let sites = |name: &str| references::<Site>(organization, site.extra.get(name));
    let location = organization.telephony().sites_at.holders(site.id()).first();
    let location = location.and_then(|id| organization.directory().locations.get(*id));
    let location = location.map(|location| directory::location(organization, location));
    base(organization, site)
        .put("primarySites", sites("primarySites").unwrap_or_else(|| json!([to_reference(site)])))
        .put("secondarySites", sites("secondarySites").unwrap_or_else(|| json!([])))
        .put("location", json!(location.unwrap_or_default()))
        .or("managed", || json!(false))
        .or("mediaModel", || json!("Cloud"))
        .or("coreSite", || json!(false))
        .or("mediaRegionsUseLatencyBased", || json!(true))
        .or("cloudProxyForceTurn", || json!(false))
        .end()
}

/// A site as edges refer to it: it has the properties that the vendor requires.
pub(crate) fn short(organization: &Organization, site: &Record<Site>) -> Value {
    let location = organization.telephony().sites_at.holders(site.id()).first();
    let mut written = to_reference(site);
    written["location"] = location.map_or_else(|| json!({}), |id| json!({ "id": id }));
    written
}

/// An outbound route. Of all sites, it names its own.
pub(crate) fn route(
    organization: &Organization,
    route: &Record<OutboundRoute>,
    of_all: bool,
) -> Map<String, Value> {
    let telephony = organization.telephony();
    let trunks = telephony.trunks_of_route.members(route.id()).iter();
    let trunks: Value = trunks.filter_map(|(trunk, ())| reference(organization, *trunk)).collect();
    let site = telephony.routes_of_site.holders(route.id()).first().and_then(|id| telephony.sites.get(*id));
    let written = base(organization, route)
        .or("enabled", || json!(true))
        .or("distribution", || json!("SEQUENTIAL"))
        .put("externalTrunkBases", trunks);
    let written = if of_all {
        written.put_some("site", site.map(|site| short(organization, site))).put("managed", json!(false))
    } else {
        written
    };
    let mut written = written.end();
    if let Some(site) = site {
        let uri = format!("{}/outboundroutes/{}", site.uri(), route.id());
        written.insert("selfUri".to_owned(), json!(uri));
    }
    written
}

/// Name, classification, and how the plan matches a number.
const PLANS: [(&str, &str, &str); 5] = [
    ("Emergency", "Emergency", "numberList"),
    ("Extension", "Extension", "digitLength"),
    ("National", "National", "intraCountryCode"),
    ("International", "International", "interCountryCode"),
    ("Network", "Network", "regex"),
];

/// The number plans of a site: those that a client has set, or those of the start (assumed).
pub(crate) fn number_plans(organization: &Organization, site: &Record<Site>) -> Vec<Map<String, Value>> {
    let collection = number_plans_of(site.id());
    let stored: Vec<_> = organization.collections.list(&collection).map(|plan| Map::clone(plan)).collect();
    if !stored.is_empty() {
        return stored;
    }
    let plans = PLANS.iter().zip(1_u32..).map(|((name, classification, match_type), priority)| {
        let id = seed_id(site.uuid, &format!("numberplan/{name}"));
        let mut plan = plan(site.id(), id);
        plan.insert("name".to_owned(), json!(name));
        plan.insert("classification".to_owned(), json!(classification));
        plan.insert("matchType".to_owned(), json!(match_type));
        plan.insert("priority".to_owned(), json!(priority));
        match *name {
            "Emergency" => drop(plan.insert("numbers".to_owned(), json!([{ "start": "911", "end": "911" }]))),
            "Extension" => drop(plan.insert("digitLength".to_owned(), json!({ "start": "3", "end": "6" }))),
            "Network" => {
                plan.insert("match".to_owned(), json!("^([^@:]+@[^@:]+)$"));
                plan.insert("normalizedFormat".to_owned(), json!("$1"));
            }
            _ => {}
        }
        plan
    });
    plans.collect()
}

/// What every number plan has.
pub(crate) fn plan(site: Id<Site>, id: Uuid) -> Map<String, Value> {
    let uri = format!("{}/{id}", number_plans_of(site));
    Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("state".to_owned(), json!("active")),
        ("version".to_owned(), json!(1)),
        ("selfUri".to_owned(), json!(uri)),
    ])
}

/// The connections of a site, which `stored` has.
pub(crate) fn connections(site: &Record<Site>, stored: Vec<Value>) -> Map<String, Value> {
    Map::from_iter([
        ("id".to_owned(), json!(site.id())),
        ("name".to_owned(), json!(site.name)),
        ("siteConnections".to_owned(), Value::Array(stored)),
        ("selfUri".to_owned(), json!(format!("{}/siteconnections", site.uri()))),
    ])
}
