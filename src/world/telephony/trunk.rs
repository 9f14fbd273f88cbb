//! The base settings of trunks. Each has one trunk (assumed), whose id is computed from it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Telephony;
use crate::world::id::{Id, seed_id};
use crate::world::table::{Kind, Record};

/// The base settings of a trunk.
#[derive(Debug)]
pub(crate) enum TrunkBase {}

impl Kind for TrunkBase {
    const NAME: &'static str = "trunk base settings";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/trunkbasesettings";
    const FIELDS: &'static [&'static str] =
        &["description", "trunkMetabase", "properties", "trunkType", "managed", "site", "inboundSite"];
}

stored!(TrunkBase, trunk_bases, |organization, id| {
    organization.telephony.trunks_of_route.remove_member(id);
    organization.telephony.trunks_of_group.remove_member(id);
});

/// What a trunk is to an edge group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum GroupTrunk {
    /// It connects the edges of the group with each other.
    Edge,
    /// It connects phones.
    Phone,
}

/// The id of the trunk of base settings.
pub(crate) fn trunk_id(base: Id<TrunkBase>) -> Uuid {
    seed_id(base.uuid(), "trunk")
}

impl Telephony {
    /// The base settings of the trunk of that id.
    pub(crate) fn base_of_trunk(&self, trunk: &str) -> Option<&Record<TrunkBase>> {
        let trunk = Uuid::try_parse(trunk).ok()?;
        self.trunk_bases.iter().find(|base| trunk_id(base.id()) == trunk)
    }

    /// Whether an outbound route or an edge group refers to base settings of a trunk.
    pub(crate) fn is_trunk_used(&self, base: Id<TrunkBase>) -> bool {
        !self.trunks_of_route.holders(base).is_empty() || !self.trunks_of_group.holders(base).is_empty()
    }
}
