//! Sites and their outbound routes.

use super::EDGES;
use super::trunk::TrunkBase;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::people::directory::Location;
use crate::world::table::{Kind, Refused};

/// A site: where phones and edges are.
#[derive(Debug)]
pub(crate) enum Site {}

impl Kind for Site {
    const NAME: &'static str = "site";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/sites";
    const OBJECT_TYPE: Option<&'static str> = Some("SITE");
    const FIELDS: &'static [&'static str] = &[
        "description",
        "primarySites",
        "secondarySites",
        "addresses",
        "edgeAutoUpdateConfig",
        "mediaRegionsUseLatencyBased",
        "managed",
        "ntpSettings",
        "mediaModel",
        "coreSite",
        "mediaRegions",
        "callerId",
        "callerName",
        "cloudProxyForceTurn",
    ];
}

stored!(Site, sites, |organization, id| {
    let routes: Vec<_> = organization.telephony.routes_of_site.members(id).keys().copied().collect();
    for route in routes {
        organization.remove(route);
    }
    let telephony = &mut organization.telephony;
    telephony.sites_at.remove_member(id);
    telephony.edges_of_site.remove_holder(id);
    telephony.phones_of_site.remove_holder(id);
    organization.collections.remove_all(&number_plans_of(id));
});

/// A route of calls out of a site, by the classification of the number.
#[derive(Debug)]
pub(crate) enum OutboundRoute {}

impl Kind for OutboundRoute {
    const NAME: &'static str = "outbound route";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/outboundroutes";
    const FIELDS: &'static [&'static str] =
        &["description", "classificationTypes", "enabled", "distribution"];
    // Names are unique within a site.
    const UNIQUE: bool = false;
}

stored!(OutboundRoute, routes, |organization, id| {
    organization.telephony.routes_of_site.remove_member(id);
    organization.telephony.trunks_of_route.remove_holder(id);
});

/// The collection of the number plans of a site. It is empty while the site has those of the start.
pub(crate) fn number_plans_of(site: Id<Site>) -> String {
    format!("{EDGES}/sites/{site}/numberplans")
}

/// An entity is referred to by another, and cannot be removed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Referred(pub(crate) &'static str);

impl Organization {
    /// Whether a site can be removed.
    ///
    /// # Errors
    /// When it has phones or edges.
    pub(crate) fn check_unused_site(&self, site: Id<Site>) -> Result<(), Referred> {
        let telephony = &self.telephony;
        if !telephony.phones_of_site.members(site).is_empty() {
            return Err(Referred("The site is referenced by phones."));
        }
        if !telephony.edges_of_site.members(site).is_empty() {
            return Err(Referred("The site is referenced by edges."));
        }
        Ok(())
    }
}

impl Organization {
    /// Sets the location of a site.
    ///
    /// # Errors
    /// When there are too many sites with a location.
    pub(crate) fn set_location(&mut self, site: Id<Site>, location: Id<Location>) -> Result<(), Refused> {
        self.telephony.sites_at.remove_member(site);
        self.telephony.sites_at.set(location, site, ())
    }

    /// Makes an outbound route one of a site.
    ///
    /// # Errors
    /// When there are too many routes.
    pub(crate) fn add_route(&mut self, site: Id<Site>, route: Id<OutboundRoute>) -> Result<(), Refused> {
        self.telephony.routes_of_site.set(site, route, ())
    }

    /// Sets the external trunks of a route.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn set_trunks_of_route(
        &mut self,
        route: Id<OutboundRoute>,
        trunks: &[Id<TrunkBase>],
    ) -> Result<(), Refused> {
        self.telephony.trunks_of_route.remove_holder(route);
        trunks.iter().try_for_each(|trunk| self.telephony.trunks_of_route.set(route, *trunk, ()))
    }
}
