//! Phones and their lines, and the base settings of both.

use crate::world::id::Id;
use crate::world::people::directory::Station;
use crate::world::table::{Kind, Record};

/// The metabase of phones in a browser.
pub(crate) const WEB_RTC: &str = "inin_webrtc_softphone.json";

/// The base settings of phones of one model.
#[derive(Debug)]
pub(crate) enum PhoneBase {}

impl Kind for PhoneBase {
    const NAME: &'static str = "phone base settings";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/phonebasesettings";
    const FIELDS: &'static [&'static str] = &["description", "phoneMetaBase", "properties", "capabilities"];
    const UNIQUE: bool = false;
}

stored!(PhoneBase, phone_bases, |organization, id| {
    let lines: Vec<_> = organization.telephony.line_bases_of.members(id).keys().copied().collect();
    for line in lines {
        organization.remove(line);
    }
    organization.telephony.phones_of_base.remove_holder(id);
});

/// The base settings of a line.
#[derive(Debug)]
pub(crate) enum LineBase {}

impl Kind for LineBase {
    const NAME: &'static str = "line base settings";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/linebasesettings";
    const FIELDS: &'static [&'static str] = &["description", "lineMetaBase", "properties"];
    const UNIQUE: bool = false;
}

stored!(LineBase, line_bases, |organization, id| {
    organization.telephony.line_bases_of.remove_member(id);
    organization.telephony.lines_of_base.remove_holder(id);
});

/// A phone.
#[derive(Debug)]
pub(crate) enum Phone {}

impl Kind for Phone {
    const NAME: &'static str = "phone";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/phones";
    const OBJECT_TYPE: Option<&'static str> = Some("PHONE");
    const FIELDS: &'static [&'static str] = &["description", "properties", "capabilities"];
    // No error of a name that another phone has is documented.
    const UNIQUE: bool = false;
}

stored!(Phone, phones, |organization, id| {
    let lines: Vec<_> = organization.telephony.lines_of_phone.members(id).keys().copied().collect();
    for line in lines {
        organization.remove(line);
    }
    let telephony = &mut organization.telephony;
    telephony.phones_of_site.remove_member(id);
    telephony.phones_of_base.remove_member(id);
    telephony.phones_of_user.remove_member(id);
});

/// A line of a phone. Its station has the same id.
#[derive(Debug)]
pub(crate) enum Line {}

impl Kind for Line {
    const NAME: &'static str = "line";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/lines";
    const FIELDS: &'static [&'static str] = &["description", "properties"];
    const UNIQUE: bool = false;
}

stored!(Line, lines, |organization, id| {
    organization.telephony.lines_of_phone.remove_member(id);
    organization.telephony.lines_of_base.remove_member(id);
    organization.remove::<Station>(Id::new(id.uuid()));
});

impl Record<Line> {
    /// The station of the line.
    pub(crate) fn station(&self) -> Id<Station> {
        Id::new(self.uuid)
    }

    /// The number or extension of the line: a property of phones that belong to no user.
    pub(crate) fn address(&self) -> Option<&str> {
        let property = self.extra.get("properties")?.get("station_identity_address")?;
        property.get("value")?.get("instance")?.as_str().filter(|address| !address.is_empty())
    }
}

impl Record<PhoneBase> {
    /// The id of the metabase, such as `generic_sip.json`.
    pub(crate) fn metabase(&self) -> &str {
        let metabase = self.extra.get("phoneMetaBase").and_then(|metabase| metabase.get("id"));
        metabase.and_then(serde_json::Value::as_str).unwrap_or_default()
    }

    /// The type of the stations of its phones: the metabase without its ending (assumed).
    pub(crate) fn station_type(&self) -> &str {
        self.metabase().trim_end_matches(".json")
    }

    /// Whether its phones run in a browser, and so belong to a user.
    pub(crate) fn is_web_rtc(&self) -> bool {
        self.metabase() == WEB_RTC
    }
}
