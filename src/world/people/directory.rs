//! The groups, teams, locations and stations of an organization.
//!
//! A user may be in many groups and in one team, and may be associated with one station.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::People;
use crate::time::Nanos;
use crate::world::Organization;
use crate::world::event::Event;
use crate::world::id::{Id, UserIndex};
use crate::world::relation::Relation;
use crate::world::seed::OrganizationSeed;
use crate::world::table::{Kind, Record, Stored, Table, seeded_id};

/// A group of users in the directory.
#[derive(Debug)]
pub(crate) enum DirectoryGroup {}

impl Kind for DirectoryGroup {
    const NAME: &'static str = "group";
    const PATH: &'static str = "/api/v2/groups";
    const FIELDS: &'static [&'static str] = &[
        "description",
        "state",
        "type",
        "images",
        "addresses",
        "rulesVisible",
        "visibility",
        "rolesEnabled",
        "includeOwners",
        "callsEnabled",
    ];
}

impl Stored for DirectoryGroup {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.directory.groups
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.directory.groups
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.directory.members.remove_holder(id);
        organization.directory.owners.remove_holder(id);
        organization.leave_queues(id.uuid());
        organization.authorization.grants.remove_subject(id.uuid());
    }
}

/// A team: the users of one supervisor.
#[derive(Debug)]
pub(crate) enum Team {}

impl Kind for Team {
    const NAME: &'static str = "team";
    const PATH: &'static str = "/api/v2/teams";
    const OBJECT_TYPE: Option<&'static str> = Some("TEAM");
    const FIELDS: &'static [&'static str] = &["description"];
}

impl Stored for Team {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.directory.teams
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.directory.teams
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.directory.team_members.remove_holder(id);
        organization.leave_queues(id.uuid());
    }
}

/// A place where users work.
#[derive(Debug)]
pub(crate) enum Location {}

impl Kind for Location {
    const NAME: &'static str = "location";
    const PATH: &'static str = "/api/v2/locations";
    const FIELDS: &'static [&'static str] =
        &["state", "path", "notes", "contactUser", "emergencyNumber", "address"];
}

impl Stored for Location {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.directory.locations
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.directory.locations
    }
}

/// A phone that users log on to.
#[derive(Debug)]
pub(crate) enum Station {}

impl Kind for Station {
    const NAME: &'static str = "station";
    const PATH: &'static str = "/api/v2/stations";
    const FIELDS: &'static [&'static str] = &["type"];
    // A station has the name of its phone, and phones may have one name.
    const UNIQUE: bool = false;
}

impl Stored for Station {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.directory.stations
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.directory.stations
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        let directory = &mut organization.directory;
        let users = directory.user_at(id).into_iter().chain(directory.default_of.holders(id).iter().copied());
        organization.events.extend(users.map(Event::Station));
        directory.associated.remove_holder(id);
        directory.default_of.remove_member(id);
    }
}

/// Whether a station is in a browser.
pub(crate) fn is_web_rtc(station: &Record<Station>) -> bool {
    station.extra.get("type").and_then(serde_json::Value::as_str) == Some("inin_webrtc_softphone")
}

/// The groups, teams, locations and stations.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Directory {
    pub(crate) groups: Table<DirectoryGroup>,
    pub(crate) members: Relation<Id<DirectoryGroup>, UserIndex>,
    pub(crate) owners: Relation<Id<DirectoryGroup>, UserIndex>,
    pub(crate) teams: Table<Team>,
    /// The members of teams. A user is in at most one.
    pub(crate) team_members: Relation<Id<Team>, UserIndex>,
    pub(crate) locations: Table<Location>,
    pub(crate) stations: Table<Station>,
    /// The user that is logged on to a station, and since when. Each side has at most one of the other.
    pub(crate) associated: Relation<Id<Station>, UserIndex, Nanos>,
    /// The default station of a user: at most one. Several users may have one station.
    pub(crate) default_of: Relation<UserIndex, Id<Station>>,
}

impl Directory {
    /// The directory of an organization's file.
    pub(in crate::world) fn of(
        seed: &OrganizationSeed,
        organization: Uuid,
        people: &People,
        now: Nanos,
    ) -> Self {
        let mut directory = Self::default();
        for group in &seed.groups {
            let mut record: Record<DirectoryGroup> = Record::seeded(organization, &group.name, now);
            record.extra.insert("description".to_owned(), json!(group.description));
            for user in group.members.iter().filter_map(|name| people.find(name.get_ref())) {
                let _ = directory.members.set(record.id(), user, ());
            }
            directory.groups.seed(record);
        }
        for team in &seed.teams {
            let record: Record<Team> = Record::seeded(organization, &team.name, now);
            for user in team.members.iter().filter_map(|name| people.find(name.get_ref())) {
                directory.join_team(record.id(), user);
            }
            directory.teams.seed(record);
        }
        for location in &seed.locations {
            let mut record: Record<Location> = Record::seeded(organization, &location.name, now);
            record.extra.insert("address".to_owned(), location.address());
            directory.locations.seed(record);
        }
        directory.seed_stations(seed, organization, people, now);
        directory
    }

    fn seed_stations(&mut self, seed: &OrganizationSeed, organization: Uuid, people: &People, now: Nanos) {
        for station in &seed.stations {
            let mut record: Record<Station> = Record::seeded(organization, &station.name, now);
            record.extra.insert("type".to_owned(), json!(station.kind));
            self.stations.seed(record);
            if let Some(user) = station.default_of.as_ref().and_then(|name| people.find(name.get_ref())) {
                self.set_default_station(user, Some(seeded_id(organization, &station.name)));
            }
        }
    }

    /// Adds a user to a team, and removes it from its team before.
    pub(in crate::world) fn join_team(&mut self, team: Id<Team>, user: UserIndex) {
        self.team_members.remove_member(user);
        let _ = self.team_members.set(team, user, ());
    }

    /// Sets or removes the default station of a user.
    pub(in crate::world) fn set_default_station(&mut self, user: UserIndex, station: Option<Id<Station>>) {
        self.default_of.remove_holder(user);
        if let Some(station) = station {
            let _ = self.default_of.set(user, station, ());
        }
    }

    /// The team of a user.
    pub(crate) fn team_of(&self, user: UserIndex) -> Option<&Record<Team>> {
        self.teams.get(*self.team_members.holders(user).first()?)
    }

    /// The groups of a user, in the order in which it was added to them.
    pub(crate) fn groups_of(&self, user: UserIndex) -> impl Iterator<Item = &Record<DirectoryGroup>> {
        self.members.holders(user).iter().filter_map(|group| self.groups.get(*group))
    }

    /// The station that a user is logged on to, and since when.
    pub(crate) fn station_of(&self, user: UserIndex) -> Option<(&Record<Station>, Nanos)> {
        let station = *self.associated.holders(user).first()?;
        Some((self.stations.get(station)?, *self.associated.get(station, user)?))
    }

    /// The default station of a user.
    pub(crate) fn default_station_of(&self, user: UserIndex) -> Option<&Record<Station>> {
        self.stations.get(*self.default_of.members(user).first()?.0)
    }

    /// The user that is logged on to a station.
    pub(crate) fn user_at(&self, station: Id<Station>) -> Option<UserIndex> {
        self.associated.members(station).first().map(|(user, _)| *user)
    }

    /// Removes a deleted user from everything that it was a member of.
    pub(in crate::world) fn forget_user(&mut self, user: UserIndex) {
        self.members.remove_member(user);
        self.owners.remove_member(user);
        self.team_members.remove_member(user);
        self.associated.remove_member(user);
        self.default_of.remove_holder(user);
    }
}

/// A station is in use by another user.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the station is associated with another user")]
pub(crate) struct StationInUse;

impl Organization {
    /// Logs a user on to a station, and off the one before.
    ///
    /// # Errors
    /// When another user is logged on to it.
    pub(crate) fn associate_station(
        &mut self,
        user: UserIndex,
        station: Id<Station>,
        now: Nanos,
    ) -> Result<(), StationInUse> {
        if self.directory.user_at(station).is_some_and(|other| other != user) {
            return Err(StationInUse);
        }
        self.directory.associated.remove_member(user);
        let _ = self.directory.associated.set(station, user, now);
        self.events.push(Event::Station(user));
        Ok(())
    }

    /// Logs a user off its station. False if it is not logged on.
    pub(crate) fn leave_station(&mut self, user: UserIndex) -> bool {
        let had = self.directory.station_of(user).is_some();
        self.directory.associated.remove_member(user);
        if had {
            self.events.push(Event::Station(user));
        }
        had
    }

    /// Logs the user of a station off it.
    pub(crate) fn free_station(&mut self, station: Id<Station>) {
        self.events.extend(self.directory.user_at(station).map(Event::Station));
        self.directory.associated.remove_holder(station);
    }

    /// The user of a station in a browser: that of its phone. A station without a phone belongs to the first user whose
    /// default it is.
    pub(crate) fn web_rtc_user(&self, station: &Record<Station>) -> Option<UserIndex> {
        match self.telephony.phone_at(station.id()) {
            Some(phone) => self.telephony.user_of(phone.id()),
            None if is_web_rtc(station) => self.directory.default_of.holders(station.id()).first().copied(),
            None => None,
        }
    }

    /// Sets or removes the default station of a user.
    pub(crate) fn set_default_station(&mut self, user: UserIndex, station: Option<Id<Station>>) {
        self.directory.set_default_station(user, station);
        self.events.push(Event::Station(user));
    }

    /// Adds a user to a team, and removes it from its team before.
    pub(crate) fn join_team(&mut self, team: Id<Team>, user: UserIndex) {
        self.directory.join_team(team, user);
    }

    /// Removes a user from a team. False if it is not a member.
    pub(crate) fn leave_team(&mut self, team: Id<Team>, user: UserIndex) -> bool {
        self.directory.team_members.remove(team, user)
    }

    /// Adds users to a group.
    pub(crate) fn join_group(&mut self, group: Id<DirectoryGroup>, users: &[UserIndex]) {
        for user in users {
            let _ = self.directory.members.set(group, *user, ());
        }
    }

    /// Removes users from a group.
    pub(crate) fn leave_group(&mut self, group: Id<DirectoryGroup>, users: &[UserIndex]) {
        for user in users {
            self.directory.members.remove(group, *user);
        }
    }

    /// Replaces the owners of a group.
    pub(crate) fn set_owners(&mut self, group: Id<DirectoryGroup>, users: &[UserIndex]) {
        self.directory.owners.remove_holder(group);
        for user in users {
            let _ = self.directory.owners.set(group, *user, ());
        }
    }
}
