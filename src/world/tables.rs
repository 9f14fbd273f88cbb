//! The tables of an organization, for what is done to entities of every kind: find an id, count and move the objects
//! of a division.

use uuid::Uuid;

use super::Organization;
use super::authorization::Division;
use super::authorization::objects::collection_of;
use super::id::Id;
use super::records::{KindFacts, Records};
use super::table::{Kind, Table};

/// A table of any kind.
pub(super) trait AnyTable {
    /// What its kind says of itself.
    fn kind(&self) -> &'static KindFacts;
    fn records(&self) -> &Records;
    fn records_mut(&mut self) -> &mut Records;
}

impl<K: Kind> AnyTable for Table<K> {
    fn kind(&self) -> &'static KindFacts {
        KindFacts::of::<K>()
    }

    fn records(&self) -> &Records {
        Self::records(self)
    }

    fn records_mut(&mut self) -> &mut Records {
        Self::records_mut(self)
    }
}

/// The object type of users.
const USER: &str = "USER";

impl Organization {
    fn own_tables(&self) -> [&dyn AnyTable; 38] {
        let (acd, directory, telephony) = (&self.acd, &self.directory, &self.telephony);
        let integrations = &self.integrations;
        [
            &self.authorization.divisions,
            &self.authorization.roles,
            &acd.queues,
            &acd.wrap_up_codes,
            &acd.skills,
            &acd.languages,
            &acd.skill_groups,
            &acd.labels,
            &directory.groups,
            &directory.teams,
            &directory.locations,
            &directory.stations,
            &telephony.sites,
            &telephony.routes,
            &telephony.edges,
            &telephony.edge_groups,
            &telephony.trunk_bases,
            &telephony.phone_bases,
            &telephony.line_bases,
            &telephony.phones,
            &telephony.lines,
            &telephony.did_pools,
            &telephony.extension_pools,
            &telephony.authorities,
            &integrations.installed,
            &integrations.actions,
            &integrations.drafts,
            &integrations.credentials,
            &self.messaging.integrations,
            &self.messaging.contents,
            &self.messaging.settings,
            &self.messaging.configurations,
            &self.messaging.deployments,
            &self.responses.libraries,
            &self.responses.canned,
            &self.responses.assets,
            &self.automation.triggers,
            &self.flows.table,
        ]
    }

    fn tables_mut(&mut self) -> impl Iterator<Item = &mut dyn AnyTable> {
        let (acd, directory, telephony) = (&mut self.acd, &mut self.directory, &mut self.telephony);
        let integrations = &mut self.integrations;
        let own: [&mut dyn AnyTable; 38] = [
            &mut self.authorization.divisions,
            &mut self.authorization.roles,
            &mut acd.queues,
            &mut acd.wrap_up_codes,
            &mut acd.skills,
            &mut acd.languages,
            &mut acd.skill_groups,
            &mut acd.labels,
            &mut directory.groups,
            &mut directory.teams,
            &mut directory.locations,
            &mut directory.stations,
            &mut telephony.sites,
            &mut telephony.routes,
            &mut telephony.edges,
            &mut telephony.edge_groups,
            &mut telephony.trunk_bases,
            &mut telephony.phone_bases,
            &mut telephony.line_bases,
            &mut telephony.phones,
            &mut telephony.lines,
            &mut telephony.did_pools,
            &mut telephony.extension_pools,
            &mut telephony.authorities,
            &mut integrations.installed,
            &mut integrations.actions,
            &mut integrations.drafts,
            &mut integrations.credentials,
            &mut self.messaging.integrations,
            &mut self.messaging.contents,
            &mut self.messaging.settings,
            &mut self.messaging.configurations,
            &mut self.messaging.deployments,
            &mut self.responses.libraries,
            &mut self.responses.canned,
            &mut self.responses.assets,
            &mut self.automation.triggers,
            &mut self.flows.table,
        ];
        own.into_iter().chain(self.outbound.tables_mut()).chain(self.external.tables_mut())
    }

    fn tables(&self) -> impl Iterator<Item = &dyn AnyTable> {
        self.own_tables().into_iter().chain(self.outbound.tables()).chain(self.external.tables())
    }

    /// Compares tables of a snapshot with those of the organization's file, `fresh`, and takes over what is known from
    /// the file.
    ///
    /// # Errors
    /// The kind whose table has more than clients may add.
    pub(super) fn bound_tables(&mut self, fresh: &Self) -> Result<(), &'static str> {
        for (table, fresh) in self.tables_mut().zip(fresh.tables()) {
            let kind = table.kind();
            if !table.records_mut().grew_from(kind, fresh.records().extent()) {
                return Err(kind.name);
            }
        }
        Ok(())
    }

    /// The kind of an entity that refers to an entity of a collection, which is named by its path.
    pub(crate) fn referrer(&self, collection: &str, id: Uuid) -> Option<&'static str> {
        let refers = |table: &&dyn AnyTable| table.records().refers_to(table.kind(), collection, id);
        let in_table = self.tables().find(refers).map(|table| table.kind().name);
        in_table.or_else(|| self.json_referrer(collection, id))
    }

    /// The name of an entity in a table.
    pub(super) fn name_in_table(&self, collection: &str, id: Uuid) -> Option<&str> {
        self.records_of(collection)?.get(id).map(|record| record.name.as_str())
    }

    /// Whether the entity of that id exists. `None` where no table lists that collection.
    pub(super) fn typed(&self, collection: &str, id: &str) -> Option<bool> {
        Some(self.records_of(collection)?.find(id).is_some())
    }

    /// The entities of the table that lists a collection.
    fn records_of(&self, collection: &str) -> Option<&Records> {
        self.tables().find(|table| table.kind().path == collection).map(AnyTable::records)
    }

    /// The number of objects of a division, by type. Types without an object are left out.
    pub(crate) fn objects_of(&self, division: Id<Division>) -> Vec<(&'static str, usize)> {
        let home = super::authorization::home(self.id);
        let users = self.people().iter().filter(|user| user.exists());
        let users = users.filter(|user| user.division.unwrap_or(home) == division).count();
        let tables = self.tables();
        let counts = tables
            .filter_map(|table| Some((table.kind().object_type?, table.records().count_in(division, home))));
        let all = counts.chain([(USER, users)]).chain(self.kept_objects_of(division));
        all.filter(|(_, count)| *count > 0).collect()
    }

    /// Moves an object to a division. False if there is none of that type and id.
    pub(crate) fn move_to_division(&mut self, object_type: &str, id: Uuid, to: Id<Division>) -> bool {
        if object_type.eq_ignore_ascii_case(USER) {
            return self.set_user_division(Id::new(id), to);
        }
        if let Some(collection) = collection_of(object_type) {
            return self.move_kept(collection, &id.to_string(), to);
        }
        let mut tables = self.tables_mut();
        let table = tables.find(|table| is_of_type(table.kind(), object_type));
        table.is_some_and(|table| table.records_mut().set_division(id, Some(to)))
    }

    /// Whether there is an object of that type and id.
    pub(crate) fn has_object(&self, object_type: &str, id: Uuid) -> bool {
        if object_type.eq_ignore_ascii_case(USER) {
            return self.people().index_of(Id::new(id)).is_some();
        }
        if let Some(collection) = collection_of(object_type) {
            return self.collections.get(collection, &id.to_string()).is_some();
        }
        let table = self.tables().find(|table| is_of_type(table.kind(), object_type));
        table.is_some_and(|table| table.records().get(id).is_some())
    }

    /// Moves every object of a division to the home division.
    pub(super) fn leave_division(&mut self, division: Id<Division>) {
        self.tables_mut().for_each(|table| table.records_mut().leave(division));
        self.leave_division_of_users(division);
        self.leave_division_of_kept(division);
    }
}

/// Whether the entities of a kind are objects of that type.
fn is_of_type(kind: &KindFacts, object_type: &str) -> bool {
    // A campaign of emails is a messaging campaign.
    let object_type =
        if object_type.eq_ignore_ascii_case("EMAILCAMPAIGN") { "MESSAGINGCAMPAIGN" } else { object_type };
    kind.object_type.is_some_and(|name| name.eq_ignore_ascii_case(object_type))
}
