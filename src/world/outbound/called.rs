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

impl Organization {
    /// The calls of the running campaigns of a list to its contacts.
    pub(crate) fn calls_of(&self, list: Uuid, now: Nanos) -> Calls {
        let mut calls = Calls::new();
        for (campaign, run) in &self.outbound.runs {
            let since = match run.state {
                RunState::On(since) => since,
                RunState::Off | RunState::Complete => continue,
            };
            let plan = self.outbound.campaigns.get(Id::new(*campaign)).and_then(|_| self.plan(*campaign));
            if let Some(plan) = plan.filter(|plan| plan.list == Some(list)) {
                self.add_calls(&plan, (*campaign, run.done), (since, now), &mut calls);
            }
        }
        calls
    }

    fn add_calls(
        &self,
        plan: &Plan,
        (campaign, done): (Uuid, usize),
        (since, now): (Nanos, Nanos),
        calls: &mut Calls,
    ) {
        let due = self.due(campaign, plan, now).saturating_sub(done);
        let called = self.callable(plan, now).skip(done).take(due);
        for (index, contact) in called.enumerate() {
            let after = (index as u128 + 1) * MINUTE / u128::from(plan.per_minute.max(1));
            let at = since.saturating_add(u64::try_from(after).unwrap_or(u64::MAX)).min(now);
            if let Some(column) = self.column_called(plan, contact, now) {
                let record = json!({ "lastAttempt": rfc3339(at), "lastResult": RESULT });
                calls.entry(contact.id.clone()).or_default().insert(column.to_owned(), record);
            }
        }
    }

    /// The first column of a contact with a number that is not blocked.
    fn column_called<'p>(&self, plan: &'p Plan, contact: &DialerContact, now: Nanos) -> Option<&'p str> {
        let blocks =
            |address: &str| plan.blocked.iter().any(|list| self.outbound.dnc.blocks(*list, address, now));
        let mut columns = plan.columns.iter().map(String::as_str);
        columns.find(|column| !contact.column(column).is_empty() && !blocks(contact.column(column)))
    }

    /// Keeps the calls of a campaign that stops with its contacts. Where there is no room, they are forgotten.
    pub(super) fn keep_calls(&mut self, campaign: Uuid, now: Nanos) {
        let Some(run) = self.outbound.runs.get(&campaign).copied() else { return };
        let RunState::On(since) = run.state else { return };
        let plan = self.outbound.campaigns.get(Id::new(campaign)).and_then(|_| self.plan(campaign));
        let Some((plan, list)) = plan.and_then(|plan| plan.list.map(|list| (plan, list))) else { return };
        let mut calls = Calls::new();
        self.add_calls(&plan, (campaign, run.done), (since, now), &mut calls);
        let contacts = calls.into_iter().filter_map(|(id, records)| {
            let mut contact = self.outbound.contacts.get(list, &id)?.clone();
            let kept = contact.extra.entry(CALL_RECORDS).or_insert_with(|| json!({}));
            kept.as_object_mut()?.extend(records);
            Some(contact)
        });
        let contacts: Vec<_> = contacts.collect();
        let _ = self.outbound.contacts.put_all(list, contacts);
    }
}
