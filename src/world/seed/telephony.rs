//! Sites, trunks, phones and pools of numbers as an organization's file has them.

use serde::Deserialize;

use super::OrganizationSeed;
use super::directory::{Reference, line_of, missing};
use crate::rules::excerpt;
use crate::world::telephony::number::{DidPool, ExtensionPool, Pool, Range};

/// A site. The first is the default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Site {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The name of its location.
    pub(crate) location: Reference,
    /// Names of edges.
    #[serde(default)]
    pub(crate) edges: Vec<Reference>,
    /// Names of external trunks that its outbound route uses, in their order. Without one it has no route.
    #[serde(default)]
    pub(crate) trunks: Vec<Reference>,
}

/// A trunk and its base settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trunk {
    /// Unique within the organization.
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: TrunkType,
    /// The vendor's metabase, such as `external_sip.json`.
    pub(crate) metabase: String,
}

/// What a trunk connects.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum TrunkType {
    /// A carrier.
    External,
    /// Phones.
    Phone,
    /// Edges with each other.
    Edge,
}

impl TrunkType {
    /// The vendor's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::External => "EXTERNAL",
            Self::Phone => "PHONE",
            Self::Edge => "EDGE",
        }
    }
}

/// A group of edges.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EdgeGroup {
    /// Unique within the organization.
    pub(crate) name: String,
    /// Names of edges.
    #[serde(default)]
    pub(crate) edges: Vec<Reference>,
    /// Names of trunks that phones use.
    #[serde(default)]
    pub(crate) phone_trunks: Vec<Reference>,
}

/// The base settings of phones.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneBase {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The vendor's metabase, such as `inin_webrtc_softphone.json`.
    pub(crate) metabase: String,
}

/// A phone with one line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Phone {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The name of its site.
    pub(crate) site: Reference,
    /// The name of its base settings.
    pub(crate) base: Reference,
    /// The name of the user of a `WebRTC` phone.
    pub(crate) web_rtc_user: Option<Reference>,
    /// The name of its station in the file. Without it, the phone gets a station of its own name.
    pub(crate) station: Option<Reference>,
    /// The number or the extension of its line.
    pub(crate) number: Option<String>,
}

/// A range of telephone numbers, or of extensions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberPool {
    pub(crate) start: Reference,
    /// The last number, which is in the pool.
    pub(crate) end: Reference,
}

impl OrganizationSeed {
    /// Checks that everything that telephony refers to is in the file, and the ranges of its pools.
    pub(super) fn check_telephony(&self, text: &str) -> Result<(), String> {
        let check = Check { seed: self, text };
        check.sites()?;
        check.edge_groups()?;
        check.phones()?;
        check.pools::<DidPool>("DID pool", &self.did_pools)?;
        check.pools::<ExtensionPool>("extension pool", &self.extension_pools)
    }
}

/// The file whose references are checked.
struct Check<'s> {
    seed: &'s OrganizationSeed,
    text: &'s str,
}

impl Check<'_> {
    fn sites(&self) -> Result<(), String> {
        for site in &self.seed.sites {
            let locations = self.seed.locations.iter().map(|location| &location.name);
            self.refers(("site", &site.name), ("location", locations), &site.location)?;
            self.refer_to_edges(("site", &site.name), &site.edges)?;
            self.refer_to_trunks(("site", &site.name), &site.trunks, TrunkType::External)?;
        }
        Ok(())
    }

    fn edge_groups(&self) -> Result<(), String> {
        for group in &self.seed.edge_groups {
            self.refer_to_edges(("edge group", &group.name), &group.edges)?;
            self.refer_to_trunks(("edge group", &group.name), &group.phone_trunks, TrunkType::Phone)?;
        }
        Ok(())
    }

    fn phones(&self) -> Result<(), String> {
        for phone in &self.seed.phones {
            let of = ("phone", phone.name.as_str());
            self.refers(of, ("site", self.seed.sites.iter().map(|site| &site.name)), &phone.site)?;
            let bases = self.seed.phone_bases.iter().map(|base| &base.name);
            self.refers(of, ("phone base settings", bases), &phone.base)?;
            if let Some(station) = &phone.station {
                let stations = self.seed.stations.iter().map(|station| &station.name);
                self.refers(of, ("station", stations), station)?;
            }
            let unknown = phone.web_rtc_user.as_ref().filter(|user| !self.seed.has_user(user.get_ref()));
            if let Some(user) = unknown {
                return Err(missing(self.text, of, ("user", user)));
            }
        }
        Ok(())
    }

    fn refer_to_edges(&self, of: (&str, &str), edges: &[Reference]) -> Result<(), String> {
        let names = || self.seed.edges.iter().map(|edge| &edge.name);
        edges.iter().try_for_each(|edge| self.refers(of, ("edge", names()), edge))
    }

    fn refer_to_trunks(&self, of: (&str, &str), trunks: &[Reference], kind: TrunkType) -> Result<(), String> {
        let names =
            || self.seed.trunks.iter().filter(move |trunk| trunk.kind == kind).map(|trunk| &trunk.name);
        let what = format!("{} trunk", kind.name());
        trunks.iter().try_for_each(|trunk| self.refers(of, (&what, names()), trunk))
    }

    /// Checks that a reference names one of `all`.
    fn refers<'n>(
        &self,
        of: (&str, &str),
        (kind, mut all): (&str, impl Iterator<Item = &'n String>),
        reference: &Reference,
    ) -> Result<(), String> {
        let known = all.any(|name| name == reference.get_ref());
        if known { Ok(()) } else { Err(missing(self.text, of, (kind, reference))) }
    }

    fn pools<P: Pool>(&self, kind: &str, pools: &[NumberPool]) -> Result<(), String> {
        let mut ranges: Vec<Range> = Vec::new();
        for pool in pools {
            let line = line_of(self.text, &pool.start);
            let (start, end) = (excerpt(pool.start.get_ref()), excerpt(pool.end.get_ref()));
            let range = Range::parse::<P>(pool.start.get_ref(), pool.end.get_ref())
                .map_err(|wrong| format!("line {line}: {kind} {start} to {end}: {}", wrong.of_pool::<P>()))?;
            if ranges.iter().any(|other| other.overlaps(range)) {
                return Err(format!(
                    "line {line}: {kind} {start} to {end}: another pool has some of its numbers"
                ));
            }
            ranges.push(range);
        }
        Ok(())
    }
}
