//! The calls of campaigns to contacts: which number was called last, and when.
//!
//! The calls of a running campaign follow from its rate. When it stops, they are kept with the contacts.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::run::{MINUTE, Plan};
use super::{DialerContact, RunState};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::id::Id;

/// The field of a contact with its calls by column.
pub(crate) const CALL_RECORDS: &str = "callRecords";
/// The result of a call. Each one reaches a person (assumed).
const RESULT: &str = "disposition.classification.callable.person";

/// The last calls of running campaigns to the contacts of a list, by contact and column.
pub(crate) type Calls = HashMap<String, Map<String, Value>>;

/// A running campaign of calls.
struct Dialing {
    plan: Plan,
    list: Uuid,
    /// The contacts that were called before it was turned on.
    done: usize,
    since: Nanos,
}

/// Adds calls to those of a contact. Of two calls to one column the later one stays.
pub(crate) fn merge(known: &mut Map<String, Value>, calls: Map<String, Value>) {
    let attempt = |call: &Value| call["lastAttempt"].as_str().unwrap_or_default().to_owned();
    for (column, call) in calls {
        if known.get(&column).is_none_or(|known| attempt(known) <= attempt(&call)) {
            known.insert(column, call);
        }
    }
}

impl Organization {
    /// The calls of the running campaigns of a list to those of its contacts whose ids are wanted.
    pub(crate) fn calls_of(&self, list: Uuid, wanted: impl Fn(&str) -> bool, now: Nanos) -> Calls {
        let mut calls = Calls::new();
        let running = self.outbound.runs.keys().filter_map(|campaign| self.dialing(*campaign));
        for dialing in running.filter(|dialing| dialing.list == list) {
            self.add_calls(&dialing, &wanted, now, &mut calls);
        }
        calls
    }

    /// A campaign, if it is one of calls and runs.
    fn dialing(&self, campaign: Uuid) -> Option<Dialing> {
        let run = self.outbound.runs.get(&campaign)?;
        let RunState::On(since) = run.state else { return None };
        let plan = Plan::of(self.outbound.campaigns.get(Id::new(campaign))?);
        Some(Dialing { list: plan.list?, plan, done: run.done, since })
    }

    fn add_calls(&self, dialing: &Dialing, wanted: impl Fn(&str) -> bool, now: Nanos, calls: &mut Calls) {
        let plan = &dialing.plan;
        let called = self.callable(plan, now).skip(dialing.done).take(plan.due(dialing.since, now));
        for (index, contact) in called.enumerate().filter(|(_, contact)| wanted(&contact.id)) {
            if let Some(column) = self.column_called(plan, contact, now) {
                let at = dialing.call_at(index, now);
                let record = json!({ "lastAttempt": rfc3339(at), "lastResult": RESULT });
                let known = calls.entry(contact.id.clone()).or_default();
                merge(known, Map::from_iter([(column.to_owned(), record)]));
            }
        }
    }

    /// The first column of a contact with a number that no do-not-contact list of the campaign blocks.
    fn column_called<'p>(&self, plan: &'p Plan, contact: &DialerContact, now: Nanos) -> Option<&'p str> {
        let blocks =
            |address: &str| plan.blocked.iter().any(|list| self.outbound.dnc.blocks(*list, address, now));
        let mut columns = plan.columns.iter().map(String::as_str);
        columns.find(|column| !contact.column(column).is_empty() && !blocks(contact.column(column)))
    }

    /// Keeps the calls of a campaign that stops with its contacts. Where there is no room, they are forgotten.
    pub(super) fn keep_calls(&mut self, campaign: Uuid, now: Nanos) {
        let Some(dialing) = self.dialing(campaign) else { return };
        let mut calls = Calls::new();
        self.add_calls(&dialing, |_| true, now, &mut calls);
        let contacts = calls.into_iter().filter_map(|(id, records)| {
            let mut contact = self.outbound.contacts.get(dialing.list, &id)?.clone();
            let kept = contact.extra.entry(CALL_RECORDS).or_insert_with(|| json!({}));
            merge(kept.as_object_mut()?, records);
            Some(contact)
        });
        let contacts: Vec<_> = contacts.collect();
        let _ = self.outbound.contacts.put_all(dialing.list, contacts);
    }
}

impl Dialing {
    /// When it called the contact of that index, of those since it was turned on.
    fn call_at(&self, index: usize, now: Nanos) -> Nanos {
        let after = (index as u128 + 1) * MINUTE / u128::from(self.plan.per_minute.max(1));
        self.since.saturating_add(u64::try_from(after).unwrap_or(u64::MAX)).min(now)
    }
}
