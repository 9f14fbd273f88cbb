//! Edges, their groups, and certificate authorities.

use super::site::Site;
use super::trunk::{GroupTrunk, TrunkBase};
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::{Kind, Refused};

/// An edge, as the telephony of an organization has it. An edge of the organization's file has the id of the edge that
/// sockets connect to (`workforce::planning`).
#[derive(Debug)]
pub(crate) enum TelephonyEdge {}

impl Kind for TelephonyEdge {
    const NAME: &'static str = "edge";
    const PATH: &'static str = "/api/v2/telephony/providers/edges";
    const FIELDS: &'static [&'static str] = &[
        "description",
        "interfaces",
        "make",
        "model",
        "apiVersion",
        "softwareVersion",
        "softwareVersionTimestamp",
        "softwareVersionPlatform",
        "softwareVersionConfiguration",
        "fullSoftwareVersion",
        "pairingId",
        "fingerprint",
        "fingerprintHint",
        "currentVersion",
        "stagedVersion",
        "patch",
        "statusCode",
        "onlineStatus",
        "serialNumber",
        "physicalEdge",
        "managed",
        "edgeDeploymentType",
        "certType",
        "proxy",
    ];
}

stored!(TelephonyEdge, edges, |organization, id| {
    organization.telephony.edges_of_site.remove_member(id);
    organization.telephony.edges_of_group.remove_member(id);
    organization.collections.remove_all(&format!("{}/{id}/logicalinterfaces", TelephonyEdge::PATH));
});

/// A group of edges with the same trunks.
#[derive(Debug)]
pub(crate) enum EdgeGroup {}

impl Kind for EdgeGroup {
    const NAME: &'static str = "edge group";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/edgegroups";
    const FIELDS: &'static [&'static str] = &["description", "managed", "hybrid"];
}

stored!(EdgeGroup, edge_groups, |organization, id| {
    organization.telephony.edges_of_group.remove_holder(id);
    organization.telephony.trunks_of_group.remove_holder(id);
});

/// An authority whose certificates edges accept.
#[derive(Debug)]
pub(crate) enum CertificateAuthority {}

impl Kind for CertificateAuthority {
    const NAME: &'static str = "certificate authority";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/certificateauthorities";
    const FIELDS: &'static [&'static str] =
        &["description", "certificate", "type", "services", "certificateDetails"];
}

stored!(CertificateAuthority, authorities, |_, _| {});

impl Organization {
    /// Sets the site and the group of an edge.
    ///
    /// # Errors
    /// When there are too many edges.
    pub(crate) fn set_place_of_edge(
        &mut self,
        edge: Id<TelephonyEdge>,
        site: Option<Id<Site>>,
        group: Option<Id<EdgeGroup>>,
    ) -> Result<(), Refused> {
        let telephony = &mut self.telephony;
        telephony.edges_of_site.remove_member(edge);
        telephony.edges_of_group.remove_member(edge);
        if let Some(site) = site {
            telephony.edges_of_site.set(site, edge, ())?;
        }
        group.map_or(Ok(()), |group| telephony.edges_of_group.set(group, edge, ()))
    }

    /// Sets the trunk between the edges of a group, and those of its phones.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn set_trunks_of_group(
        &mut self,
        group: Id<EdgeGroup>,
        edge: Option<Id<TrunkBase>>,
        phone: &[Id<TrunkBase>],
    ) -> Result<(), Refused> {
        let trunks = &mut self.telephony.trunks_of_group;
        trunks.remove_holder(group);
        phone.iter().try_for_each(|trunk| trunks.set(group, *trunk, GroupTrunk::Phone))?;
        edge.map_or(Ok(()), |trunk| trunks.set(group, trunk, GroupTrunk::Edge))
    }
}
