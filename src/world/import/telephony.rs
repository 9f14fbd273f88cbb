//! Edges, sites, trunks, phones and pools of numbers.

use super::disguise;
use super::kind::Kind;
use super::names::{Named, Names};
use super::writer::Writer;
use crate::world::telephony::number::{DidPool, ExtensionPool, Pool, Range};

/// The edge that each written file has. The edges of an export are no hosts of gcmock.
const EDGE: &str = "one";

/// The most pools of a kind: each is compared with all others.
const MOST_POOLS: usize = 1000;

/// Writes telephony.
pub(super) fn write(names: &Names<'_>, out: &mut Writer) {
    out.named("edge", EDGE);
    out.string("host", "platform-one");
    out.string("time_zone", "UTC");
    for site in names.of_kind(Kind::Site) {
        write_site(names, site, out);
    }
    for trunk in names.of_kind(Kind::Trunk) {
        write_trunk(trunk, out);
    }
    for base in names.of_kind(Kind::PhoneBase) {
        out.named("phone_base", &base.name);
        out.string(
            "metabase",
            metabase(base, &["phone_meta_base_id", "phoneMetaBase"]).unwrap_or("generic_sip.json"),
        );
    }
    for (index, phone) in names.of_kind(Kind::Phone).enumerate() {
        write_phone(names, phone, index + 1, out);
    }
    write_did_pools(names, out);
    write_extension_pools(names, out);
}

fn write_site(names: &Names<'_>, site: &Named<'_>, out: &mut Writer) {
    let keys = site.resource.references(&["location_id", "location"]);
    let Some(location) = out.resolve(names, site.resource, Kind::Location, &keys).into_iter().next() else {
        return;
    };
    out.named("site", &site.name);
    out.string("location", &location);
    out.strings("edges", &[EDGE]);
}

/// Whether the file has a site: without a location it is left out.
fn has_site(names: &Names<'_>, key: &str) -> bool {
    let Some(site) = names.get(Kind::Site, key) else { return false };
    let keys = site.resource.references(&["location_id", "location"]);
    keys.iter().any(|key| names.find(Kind::Location, key).is_some())
}

fn write_trunk(trunk: &Named<'_>, out: &mut Writer) {
    let kind = trunk.resource.text(&["trunk_type", "trunkType"]).map(str::to_uppercase);
    let Some(kind) = kind.filter(|kind| ["EXTERNAL", "PHONE", "EDGE"].contains(&kind.as_str())) else {
        out.note(trunk.resource, "trunk without a type");
        return;
    };
    out.named("trunk", &trunk.name);
    out.string("type", &kind);
    out.string(
        "metabase",
        metabase(trunk, &["trunk_meta_base_id", "trunkMetabase"]).unwrap_or("external_sip.json"),
    );
}

/// The vendor's metabase, whose id is a name such as `external_sip.json`.
fn metabase<'e>(of: &Named<'e>, fields: &[&'static str]) -> Option<&'e str> {
    of.resource.references(fields).into_iter().next()
}

fn write_phone(names: &Names<'_>, phone: &Named<'_>, number: usize, out: &mut Writer) {
    let sites = phone.resource.references(&["site_id", "site"]);
    let sites: Vec<&str> = sites.into_iter().filter(|key| has_site(names, key)).collect();
    let site = out.resolve(names, phone.resource, Kind::Site, &sites).into_iter().next();
    let bases = phone.resource.references(&["phone_base_settings_id", "phoneBaseSettings"]);
    let base = out.resolve(names, phone.resource, Kind::PhoneBase, &bases).into_iter().next();
    let (Some(site), Some(base)) = (site, base) else {
        out.note(phone.resource, "phone without its site or its base settings");
        return;
    };
    let users = phone.resource.references(&["web_rtc_user_id", "webRtcUser"]);
    let user = out.resolve(names, phone.resource, Kind::User, &users).into_iter().next();
    // The name of a phone mostly has that of a person in it.
    let name = if out.keeps_names { phone.name.clone() } else { format!("Phone {number}") };
    out.named("phone", &name);
    out.string("site", &site);
    out.string("base", &base);
    out.optional("web_rtc_user", user.as_deref());
}

/// Writes the pools of telephone numbers. Unless numbers are kept, each pool gets as many made-up ones.
fn write_did_pools(names: &Names<'_>, out: &mut Writer) {
    let mut next = 0;
    let pools = ranges::<DidPool>(names, Kind::DidPool, ["start_phone_number", "end_phone_number"], out);
    for (start, end, range) in pools {
        if out.keeps_names {
            write_pool("did_pool", start, end, out);
        } else {
            write_pool("did_pool", &disguise::phone(next), &disguise::phone(next + range.count() - 1), out);
        }
        next += range.count();
    }
}

/// Writes the pools of extensions, which are numbers within the organization.
fn write_extension_pools(names: &Names<'_>, out: &mut Writer) {
    for (start, end, _) in
        ranges::<ExtensionPool>(names, Kind::ExtensionPool, ["start_number", "end_number"], out)
    {
        write_pool("extension_pool", start, end, out);
    }
}

fn write_pool(table: &str, start: &str, end: &str, out: &mut Writer) {
    out.table(table);
    out.string("start", start);
    out.string("end", end);
}

/// The pools that the file can have: ranges of numbers of which none overlaps with an earlier one.
fn ranges<'n, P: Pool>(
    names: &'n Names<'_>,
    kind: Kind,
    [start, end]: [&'static str; 2],
    out: &mut Writer,
) -> Vec<(&'n str, &'n str, Range)> {
    let mut taken: Vec<(&str, &str, Range)> = Vec::new();
    for pool in names.of_kind(kind) {
        let first = pool.resource.text(&[start, P::BOUNDS[0]]);
        let last = pool.resource.text(&[end, P::BOUNDS[1]]);
        let range = first.zip(last).and_then(|(first, last)| {
            let range = Range::parse::<P>(first, last).ok()?;
            let is_free = taken.len() < MOST_POOLS && !taken.iter().any(|(.., other)| other.overlaps(range));
            is_free.then_some((first, last, range))
        });
        if let Some(range) = range {
            taken.push(range);
        } else {
            let why = format!("{} that is too large, or overlaps with another one", kind.word());
            out.note(pool.resource, &why);
        }
    }
    taken
}
