//! The telephony of an organization's file.

use serde_json::{Value, json};
use uuid::Uuid;

use super::edge::{EdgeGroup, TelephonyEdge};
use super::number::{DidPool, ExtensionPool, Pool};
use super::phone::{Line, LineBase, Phone, PhoneBase};
use super::site::{OutboundRoute, Site};
use super::trunk::{GroupTrunk, TrunkBase};
use super::{Station, Telephony};
use crate::time::Nanos;
use crate::world::id::{Id, seed_id};
use crate::world::json::object;
use crate::world::people::{Directory, People};
use crate::world::seed::{self, OrganizationSeed};
use crate::world::table::{Kind, Record, seeded_id};
use crate::world::workforce::planning;

/// What seeding needs to know.
pub(in crate::world) struct Seeding<'s> {
    pub(in crate::world) seed: &'s OrganizationSeed,
    pub(in crate::world) organization: Uuid,
    pub(in crate::world) people: &'s People,
    pub(in crate::world) now: Nanos,
}

impl Telephony {
    /// The telephony of an organization's file. The stations of its phones are added to the directory.
    pub(in crate::world) fn of(seeding: &Seeding<'_>, directory: &mut Directory) -> Self {
        let mut telephony = Self::default();
        seeding.edges(&mut telephony);
        seeding.trunks(&mut telephony);
        seeding.sites(&mut telephony);
        seeding.edge_groups(&mut telephony);
        seeding.phone_bases(&mut telephony);
        for phone in &seeding.seed.phones {
            seeding.phone(phone, &mut telephony, directory);
        }
        for pool in &seeding.seed.did_pools {
            telephony.did_pools.seed(seeding.pool::<DidPool>(pool));
        }
        for pool in &seeding.seed.extension_pools {
            telephony.extension_pools.seed(seeding.pool::<ExtensionPool>(pool));
        }
        telephony
    }
}

impl Seeding<'_> {
    fn record<K: Kind>(&self, name: &str, extra: Value) -> Record<K> {
        let mut record = Record::seeded(self.organization, name, self.now);
        record.extra = object(extra);
        record
    }

    fn id<K: Kind>(&self, name: &seed::Reference) -> Id<K> {
        seeded_id(self.organization, name.get_ref())
    }

    /// The telephony's edge of the edge of that name.
    fn edge_id(&self, name: &str) -> Id<TelephonyEdge> {
        Id::new(Id::<planning::Edge>::seeded(self.organization, name).uuid())
    }

    fn edges(&self, telephony: &mut Telephony) {
        for edge in &self.seed.edges {
            let mut record = Record::new(self.edge_id(&edge.name), edge.name.clone(), self.now);
            record.extra = object(json!({
                "description": format!("{} ({})", edge.host, edge.time_zone.get_ref()),
                "statusCode": "ACTIVE", "onlineStatus": "ONLINE", "edgeDeploymentType": "HARDWARE",
                "physicalEdge": true,
            }));
            telephony.edges.seed(record);
        }
    }

    fn trunks(&self, telephony: &mut Telephony) {
        for trunk in &self.seed.trunks {
            let extra = json!({ "trunkType": trunk.kind.name(), "trunkMetabase": { "id": trunk.metabase } });
            telephony.trunk_bases.seed(self.record(&trunk.name, extra));
        }
    }

    fn sites(&self, telephony: &mut Telephony) {
        for (at, site) in self.seed.sites.iter().enumerate() {
            let extra = json!({ "mediaModel": "Cloud", "coreSite": at == 0 });
            let record: Record<Site> = self.record(&site.name, extra);
            let id = record.id();
            telephony.sites.seed(record);
            let _ = telephony.sites_at.set(self.id(&site.location), id, ());
            for edge in &site.edges {
                let _ = telephony.edges_of_site.set(id, self.edge_id(edge.get_ref()), ());
            }
            if !site.trunks.is_empty() {
                self.route(id, site, telephony);
            }
        }
    }

    fn route(&self, site: Id<Site>, from: &seed::Site, telephony: &mut Telephony) {
        let types = ["National", "International"];
        let extra = json!({ "classificationTypes": types, "enabled": true, "distribution": "SEQUENTIAL" });
        let mut route: Record<OutboundRoute> = self.record("Default Outbound Route", extra);
        route.uuid = seed_id(site.uuid(), &route.name);
        for trunk in &from.trunks {
            let _ = telephony.trunks_of_route.set(route.id(), self.id(trunk), ());
        }
        let _ = telephony.routes_of_site.set(site, route.id(), ());
        telephony.routes.seed(route);
    }

    fn edge_groups(&self, telephony: &mut Telephony) {
        for group in &self.seed.edge_groups {
            let record: Record<EdgeGroup> = self.record(&group.name, json!({}));
            for edge in &group.edges {
                let _ = telephony.edges_of_group.set(record.id(), self.edge_id(edge.get_ref()), ());
            }
            for trunk in &group.phone_trunks {
                let trunk: Id<TrunkBase> = self.id(trunk);
                let _ = telephony.trunks_of_group.set(record.id(), trunk, GroupTrunk::Phone);
            }
            telephony.edge_groups.seed(record);
        }
    }

    fn phone_bases(&self, telephony: &mut Telephony) {
        for base in &self.seed.phone_bases {
            let extra = json!({ "phoneMetaBase": { "id": base.metabase } });
            let record: Record<PhoneBase> = self.record(&base.name, extra);
            let line: Record<LineBase> =
                self.record(&base.name, json!({ "lineMetaBase": { "id": base.metabase } }));
            let _ = telephony.line_bases_of.set(record.id(), line.id(), ());
            telephony.line_bases.seed(line);
            telephony.phone_bases.seed(record);
        }
    }

    fn phone(&self, phone: &seed::Phone, telephony: &mut Telephony, directory: &mut Directory) {
        let record: Record<Phone> = self.record(&phone.name, json!({}));
        let (id, base): (_, Id<PhoneBase>) = (record.id(), self.id(&phone.base));
        let station: Id<Station> = match &phone.station {
            Some(station) => self.id(station),
            None => seeded_id(self.organization, &phone.name),
        };
        let line = Id::<Line>::new(station.uuid());
        let address = phone.number.as_ref();
        let address =
            address.map(|number| json!({ "station_identity_address": { "value": { "instance": number } } }));
        let mut record_of_line = Record::new(line, phone.name.clone(), self.now);
        record_of_line.extra.extend(address.map(|properties| ("properties".to_owned(), properties)));
        telephony.lines.seed(record_of_line);
        telephony.phones.seed(record);
        let _ = telephony.lines_of_phone.set(id, line, ());
        let _ = telephony.lines_of_base.set(self.id(&phone.base), line, ());
        let _ = telephony.phones_of_site.set(self.id(&phone.site), id, ());
        let _ = telephony.phones_of_base.set(base, id, ());
        let user = phone.web_rtc_user.as_ref().and_then(|name| self.people.find(name.get_ref()));
        if let Some(user) = user {
            let _ = telephony.phones_of_user.set(user, id, ());
        }
        if phone.station.is_none() {
            let kind = telephony.phone_bases.get(base).map_or("", Record::station_type);
            directory.stations.seed(self.record(&phone.name, json!({ "type": kind })));
        }
    }

    fn pool<P: Pool>(&self, pool: &seed::NumberPool) -> Record<P> {
        let [first, last] = P::BOUNDS;
        let (start, end) = (pool.start.get_ref(), pool.end.get_ref());
        self.record(start, json!({ first: start, last: end }))
    }
}
