//! Outbound dialing: contact lists and their contacts, lists of addresses that are not to be contacted, campaigns,
//! sequences, rules, and what they use.
//!
//! The named entities are in `kinds`, and refer to one another by [`Kind::REFERENCES`](super::table::Kind). The contacts of
//! a list are in `contact`, the entries of a list of blocked addresses in `dnc`, and which campaign runs in `run`. To add a
//! kind, add its row to `kinds`, its table to [`Outbound`], and its line to both lists of tables.

mod called;
pub(crate) mod contact;
pub(crate) mod dnc;
pub(crate) mod filter;
mod kinds;
mod run;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub(crate) use self::called::{CALL_RECORDS, Calls, merge};
use self::contact::{DialerContact, DialerContacts};
use self::dnc::{DncEntries, EntryKind};
pub(crate) use self::kinds::{
    AttemptLimits, CallableTimeSet, Campaign, CampaignRule, CampaignSequence, ContactList, ContactListFilter,
    ContactListTemplate, DigitalRuleSet, DncList, FileTemplate, ImportTemplate, MessagingCampaign,
    ResponseSet, RuleSet, column_names,
};
use self::run::Run;
pub(crate) use self::run::{Progress, RunState};
use super::Organization;
use super::event::Event;
use super::id::{Id, seed_id};
use super::routing::Queue;
use super::seed::{self, OrganizationSeed};
use super::table::{Kind, Record, Table, seeded_id};
use super::tables::AnyTable;
use crate::time::Nanos;

/// The paths below which the schedule of a campaign or of a sequence is kept under its id.
pub(crate) const SCHEDULES: [&str; 5] = [
    "/api/v2/outbound/schedules/campaigns",
    "/api/v2/outbound/schedules/emailcampaigns",
    "/api/v2/outbound/schedules/messagingcampaigns",
    "/api/v2/outbound/schedules/whatsappcampaigns",
    "/api/v2/outbound/schedules/sequences",
];

/// The path below which the state of the last import of a list is kept under the list's id.
pub(crate) const LIST_IMPORTS: &str = "/api/v2/outbound/listimports";

/// Everything of outbound dialing.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outbound {
    pub(crate) contact_lists: Table<ContactList>,
    pub(crate) filters: Table<ContactListFilter>,
    pub(crate) templates: Table<ContactListTemplate>,
    pub(crate) dnc_lists: Table<DncList>,
    pub(crate) campaigns: Table<Campaign>,
    pub(crate) messaging_campaigns: Table<MessagingCampaign>,
    pub(crate) campaign_rules: Table<CampaignRule>,
    pub(crate) sequences: Table<CampaignSequence>,
    pub(crate) callable_times: Table<CallableTimeSet>,
    pub(crate) response_sets: Table<ResponseSet>,
    pub(crate) rule_sets: Table<RuleSet>,
    pub(crate) digital_rule_sets: Table<DigitalRuleSet>,
    pub(crate) attempt_limits: Table<AttemptLimits>,
    pub(crate) import_templates: Table<ImportTemplate>,
    pub(crate) file_templates: Table<FileTemplate>,
    /// The contacts of contact lists.
    pub(crate) contacts: DialerContacts,
    /// The entries of do not contact lists.
    pub(crate) dnc: DncEntries,
    /// The runs of campaigns and sequences that were ever turned on.
    runs: HashMap<Uuid, Run>,
}

impl Outbound {
    /// The lists, their contacts and the campaigns of an organization's file.
    pub(super) fn of(seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> Self {
        let mut all = Self::default();
        for list in &seed.contact_lists {
            all.seed_list(list, organization, now);
        }
        for list in &seed.dnc_lists {
            let mut record: Record<DncList> = Record::seeded(organization, &list.name, now);
            record.extra = fields(&json!({ "dncSourceType": "rds", "contactMethod": "Phone" }));
            for number in &list.phone_numbers {
                let _ = all.dnc.add(record.uuid, EntryKind::Phone, number, None);
            }
            all.dnc_lists.seed(record);
        }
        for campaign in &seed.campaigns {
            all.seed_campaign(campaign, organization, now);
        }
        all
    }

    fn seed_list(&mut self, list: &seed::ContactList, organization: Uuid, now: Nanos) {
        let mut record: Record<ContactList> = Record::seeded(organization, &list.name, now);
        let phones: Vec<Value> = list
            .phone_columns
            .iter()
            .map(|name| json!({ "columnName": name.get_ref(), "type": "cell" }))
            .collect();
        record.extra = fields(&json!({ "columnNames": list.columns, "phoneColumns": phones }));
        for (index, row) in list.contacts.iter().enumerate() {
            let data = list.columns.iter().zip(row.get_ref());
            let data = data.map(|(column, value)| (column.clone(), json!(value))).collect();
            let id = seed_id(organization, &format!("{}/contacts/{}", record.uri(), index + 1));
            let id = id.simple().to_string();
            let contact = DialerContact { id, data, callable: true, extra: Map::new(), created: now };
            let _ = self.contacts.put(record.uuid, contact);
        }
        self.contact_lists.seed(record);
    }

    fn seed_campaign(&mut self, campaign: &seed::Campaign, organization: Uuid, now: Nanos) {
        let mut record: Record<Campaign> = Record::seeded(organization, &campaign.name, now);
        let list: Id<ContactList> = seeded_id(organization, campaign.contact_list.get_ref());
        let phones = self.contact_lists.get(list).and_then(|list| list.extra.get("phoneColumns"));
        let blocked = campaign.dnc_lists.iter().map(|name| {
            let list: Id<DncList> = seeded_id(organization, name.get_ref());
            json!({ "id": list })
        });
        record.extra = fields(&json!({
            "contactList": { "id": list }, "dialingMode": "agentless", "phoneColumns": phones,
            "dncLists": blocked.collect::<Vec<_>>(), "callerName": campaign.name,
            "callerAddress": campaign.caller_address, "outboundLineCount": 1,
        }));
        if let Some(queue) = &campaign.queue {
            let queue: Id<Queue> = seeded_id(organization, queue.get_ref());
            record.extra.insert("queue".to_owned(), json!({ "id": queue }));
        }
        self.campaigns.seed(record);
    }

    pub(super) fn tables(&self) -> [&dyn AnyTable; 15] {
        [
            &self.contact_lists,
            &self.filters,
            &self.templates,
            &self.dnc_lists,
            &self.campaigns,
            &self.messaging_campaigns,
            &self.campaign_rules,
            &self.sequences,
            &self.callable_times,
            &self.response_sets,
            &self.rule_sets,
            &self.digital_rule_sets,
            &self.attempt_limits,
            &self.import_templates,
            &self.file_templates,
        ]
    }

    pub(super) fn tables_mut(&mut self) -> [&mut dyn AnyTable; 15] {
        [
            &mut self.contact_lists,
            &mut self.filters,
            &mut self.templates,
            &mut self.dnc_lists,
            &mut self.campaigns,
            &mut self.messaging_campaigns,
            &mut self.campaign_rules,
            &mut self.sequences,
            &mut self.callable_times,
            &mut self.response_sets,
            &mut self.rule_sets,
            &mut self.digital_rule_sets,
            &mut self.attempt_limits,
            &mut self.import_templates,
            &mut self.file_templates,
        ]
    }
}

/// The fields of a seeded entity.
fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

impl Organization {
    /// Its campaigns, contact lists and what they use, to change them.
    pub(crate) fn outbound_mut(&mut self) -> &mut Outbound {
        &mut self.outbound
    }

    /// Removes what is kept for a removed entity of outbound dialing.
    fn forget_dialed(&mut self, id: Uuid) {
        self.outbound.contacts.clear(id);
        self.outbound.dnc.forget(id);
        self.outbound.runs.remove(&id);
        for path in SCHEDULES.into_iter().chain([LIST_IMPORTS]) {
            self.collections.remove(path, &id.to_string());
        }
    }

    /// Notes the event of a changed entity.
    pub(crate) fn note_entity<K: Kind>(&mut self, id: Id<K>) {
        self.events.push(Event::Entity { collection: K::PATH, id: id.uuid() });
    }
}
