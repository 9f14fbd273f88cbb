//! Changes of phones and of base settings, which have parts.

use serde_json::{Map, Value, json};

use super::phone::{Line, LineBase, Phone, PhoneBase};
use super::site::Site;
use crate::time::Nanos;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::people::directory::Station;
use crate::world::table::{Kind, Record, Refused, Table};

/// A part of a phone or of base settings, as a client describes it.
#[derive(Debug)]
pub(crate) struct Part<K> {
    /// The part that it changes. An unknown one is ignored.
    pub(crate) id: Option<Id<K>>,
    pub(crate) name: String,
    /// The base settings of a line.
    pub(crate) base: Option<Id<LineBase>>,
    pub(crate) extra: Map<String, Value>,
}

/// What a phone refers to.
#[derive(Debug)]
pub(crate) struct PhoneParts {
    pub(crate) site: Id<Site>,
    pub(crate) base: Id<PhoneBase>,
    /// The user of a `WebRTC` phone.
    pub(crate) user: Option<UserIndex>,
    pub(crate) lines: Vec<Part<Line>>,
}

impl Organization {
    /// Sets what a phone refers to. A line that it has already keeps its id and its station, a new line gets a station,
    /// and the station of a line that is left out is removed.
    ///
    /// # Errors
    /// When there are too many lines.
    pub(crate) fn set_phone_parts(
        &mut self,
        phone: Id<Phone>,
        parts: PhoneParts,
        now: Nanos,
    ) -> Result<(), Refused> {
        let telephony = &mut self.telephony;
        telephony.phones_of_site.remove_member(phone);
        telephony.phones_of_base.remove_member(phone);
        telephony.phones_of_user.remove_member(phone);
        telephony.phones_of_site.set(parts.site, phone, ())?;
        telephony.phones_of_base.set(parts.base, phone, ())?;
        if let Some(user) = parts.user {
            telephony.phones_of_user.set(user, phone, ())?;
        }
        self.set_lines(phone, parts.lines, now)?;
        self.update_stations(phone, now)
    }

    fn set_lines(&mut self, phone: Id<Phone>, parts: Vec<Part<Line>>, now: Nanos) -> Result<(), Refused> {
        let mut rest: Vec<_> = self.telephony.lines_of_phone.members(phone).keys().copied().collect();
        for part in parts {
            let known = known_part(&self.telephony.lines, &rest, &part);
            let id = known.unwrap_or_else(Id::random);
            rest.retain(|other| *other != id);
            put_part(&mut self.telephony.lines, id, &part, now)?;
            self.telephony.lines_of_phone.set(phone, id, ())?;
            self.telephony.lines_of_base.remove_member(id);
            if let Some(base) = part.base {
                self.telephony.lines_of_base.set(base, id, ())?;
            }
        }
        for id in rest {
            self.remove(id);
        }
        Ok(())
    }

    /// Names the stations of a phone after it, or after their lines if it has several.
    fn update_stations(&mut self, phone: Id<Phone>, now: Nanos) -> Result<(), Refused> {
        let Some(record) = self.telephony.phones.get(phone) else { return Ok(()) };
        let name = record.name.clone();
        let kind = self.telephony.base_of(phone).map_or("", Record::station_type).to_owned();
        let lines: Vec<_> =
            self.telephony.lines_of(phone).map(|line| (line.station(), line.name.clone())).collect();
        let is_one = lines.len() == 1;
        for (id, line) in lines {
            let name = if is_one { name.clone() } else { line };
            self.put_station(id, name, &kind, now)?;
        }
        Ok(())
    }

    fn put_station(&mut self, id: Id<Station>, name: String, kind: &str, now: Nanos) -> Result<(), Refused> {
        let stations = &mut self.directory.stations;
        let known = stations.get(id).cloned();
        let is_new = known.is_none();
        let mut station = known.unwrap_or_else(|| Record::new(id, String::new(), now));
        station.name = name;
        station.extra.insert("type".to_owned(), json!(kind));
        if is_new { stations.add(station) } else { stations.replace(station).map(drop) }
    }

    /// Sets the line base settings of phone base settings. A known one keeps its id, one that is left out is removed.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn set_line_bases(
        &mut self,
        base: Id<PhoneBase>,
        parts: Vec<Part<LineBase>>,
        now: Nanos,
    ) -> Result<(), Refused> {
        let mut rest: Vec<_> = self.telephony.line_bases_of.members(base).keys().copied().collect();
        for part in parts {
            let known = known_part(&self.telephony.line_bases, &rest, &part);
            let id = known.unwrap_or_else(Id::random);
            rest.retain(|other| *other != id);
            put_part(&mut self.telephony.line_bases, id, &part, now)?;
            self.telephony.line_bases_of.set(base, id, ())?;
        }
        for id in rest {
            self.remove(id);
        }
        Ok(())
    }
}

/// The part that a client means: by its id, else by its name.
fn known_part<K: Kind>(table: &Table<K>, rest: &[Id<K>], part: &Part<K>) -> Option<Id<K>> {
    let named = |id: &&Id<K>| table.get(**id).is_some_and(|record| record.name == part.name);
    let by_id = rest.iter().find(|id| Some(**id) == part.id);
    by_id.or_else(|| rest.iter().find(named)).copied()
}

/// Adds a part, or changes it.
fn put_part<K: Kind>(table: &mut Table<K>, id: Id<K>, part: &Part<K>, now: Nanos) -> Result<(), Refused> {
    let Some(known) = table.get(id) else {
        let mut record = Record::new(id, part.name.clone(), now);
        record.extra.clone_from(&part.extra);
        return table.add(record);
    };
    let mut record = known.clone();
    record.name.clone_from(&part.name);
    record.extra.extend(part.extra.clone());
    (record.modified, record.version) = (now, record.version + 1);
    table.replace(record).map(drop)
}
