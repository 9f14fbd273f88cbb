//! Sites, edges, phones, trunks, and the pools of numbers.
//!
//! What refers to what is in relations, each stored once: a phone belongs to a site and to base settings and has lines,
//! a site has outbound routes and edges. The line of a phone and its station have one id (assumed). The numbers of a
//! pool are not stored: [`number`] computes them, and [`owner`] who has them. To add a kind, write its [`Kind`], give
//! its table to [`Telephony`], and a line to `world::tables`.

/// Gives a kind of this domain its table, and says what leaves with a removed entity.
macro_rules! stored {
    ($kind:ty, $table:ident, $forget:expr) => {
        impl $crate::world::table::Stored for $kind {
            fn table(organization: &$crate::world::Organization) -> &$crate::world::table::Table<Self> {
                &organization.telephony.$table
            }

            fn table_mut(
                organization: &mut $crate::world::Organization,
            ) -> &mut $crate::world::table::Table<Self> {
                &mut organization.telephony.$table
            }

            fn forget(organization: &mut $crate::world::Organization, id: $crate::world::id::Id<Self>) {
                let forget: fn(&mut $crate::world::Organization, $crate::world::id::Id<Self>) = $forget;
                forget(organization, id);
            }
        }
    };
}

pub(crate) mod change;
pub(crate) mod edge;
pub(crate) mod number;
pub(crate) mod owner;
pub(crate) mod phone;
mod seed;
pub(crate) mod site;
pub(crate) mod trunk;

use serde::{Deserialize, Serialize};

use self::edge::{CertificateAuthority, EdgeGroup, TelephonyEdge};
use self::number::{DidPool, ExtensionPool};
use self::phone::{Line, LineBase, Phone, PhoneBase};
pub(in crate::world) use self::seed::Seeding;
use self::site::{OutboundRoute, Site};
use self::trunk::{GroupTrunk, TrunkBase};
use super::people::directory::{Location, Station};
use super::relation::Relation;
use super::table::{Record, Table};
use crate::world::id::{Id, UserIndex};

/// The common beginning of the paths of telephony.
pub(crate) const EDGES: &str = "/api/v2/telephony/providers/edges";

/// The telephony of an organization.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Telephony {
    /// In the order of the file; the first is the default.
    pub(crate) sites: Table<Site>,
    /// The sites of a location.
    pub(crate) sites_at: Relation<Id<Location>, Id<Site>>,
    pub(crate) routes: Table<OutboundRoute>,
    pub(crate) routes_of_site: Relation<Id<Site>, Id<OutboundRoute>>,
    /// The external trunks of a route, in the order in which it tries them.
    pub(crate) trunks_of_route: Relation<Id<OutboundRoute>, Id<TrunkBase>>,
    pub(crate) edges: Table<TelephonyEdge>,
    pub(crate) edges_of_site: Relation<Id<Site>, Id<TelephonyEdge>>,
    pub(crate) edge_groups: Table<EdgeGroup>,
    pub(crate) edges_of_group: Relation<Id<EdgeGroup>, Id<TelephonyEdge>>,
    pub(crate) trunks_of_group: Relation<Id<EdgeGroup>, Id<TrunkBase>, GroupTrunk>,
    pub(crate) trunk_bases: Table<TrunkBase>,
    pub(crate) phone_bases: Table<PhoneBase>,
    pub(crate) line_bases: Table<LineBase>,
    pub(crate) line_bases_of: Relation<Id<PhoneBase>, Id<LineBase>>,
    pub(crate) phones: Table<Phone>,
    pub(crate) phones_of_site: Relation<Id<Site>, Id<Phone>>,
    pub(crate) phones_of_base: Relation<Id<PhoneBase>, Id<Phone>>,
    /// The `WebRTC` phones of a user.
    pub(crate) phones_of_user: Relation<UserIndex, Id<Phone>>,
    pub(crate) lines: Table<Line>,
    pub(crate) lines_of_phone: Relation<Id<Phone>, Id<Line>>,
    pub(crate) lines_of_base: Relation<Id<LineBase>, Id<Line>>,
    pub(crate) did_pools: Table<DidPool>,
    pub(crate) extension_pools: Table<ExtensionPool>,
    pub(crate) authorities: Table<CertificateAuthority>,
}

impl Telephony {
    /// The site of a phone.
    pub(crate) fn site_of(&self, phone: Id<Phone>) -> Option<&Record<Site>> {
        self.sites.get(*self.phones_of_site.holders(phone).first()?)
    }

    /// The base settings of a phone.
    pub(crate) fn base_of(&self, phone: Id<Phone>) -> Option<&Record<PhoneBase>> {
        self.phone_bases.get(*self.phones_of_base.holders(phone).first()?)
    }

    /// The user of a `WebRTC` phone.
    pub(crate) fn user_of(&self, phone: Id<Phone>) -> Option<UserIndex> {
        self.phones_of_user.holders(phone).first().copied()
    }

    /// The lines of a phone, in their order.
    pub(crate) fn lines_of(&self, phone: Id<Phone>) -> impl Iterator<Item = &Record<Line>> {
        self.lines_of_phone.members(phone).iter().filter_map(|(line, ())| self.lines.get(*line))
    }

    /// The phone of a line.
    pub(crate) fn phone_of(&self, line: Id<Line>) -> Option<&Record<Phone>> {
        self.phones.get(*self.lines_of_phone.holders(line).first()?)
    }

    /// The phone of a station. `None` for a station that no phone has.
    pub(crate) fn phone_at(&self, station: Id<Station>) -> Option<&Record<Phone>> {
        self.phone_of(Id::new(station.uuid()))
    }

    /// The first edge of a site: that of its phones.
    pub(crate) fn edge_of(&self, site: Id<Site>) -> Option<&Record<TelephonyEdge>> {
        self.edges.get(*self.edges_of_site.members(site).first()?.0)
    }

    /// Removes the references to a deleted user.
    pub(in crate::world) fn forget_user(&mut self, user: UserIndex) {
        self.phones_of_user.remove_holder(user);
    }
}
