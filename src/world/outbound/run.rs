//! Which campaigns run, and how far they are.
//!
//! A running campaign contacts the contacts of its list at a steady rate of model time, and is complete when none is
//! left, unless it is `alwaysRunning`. A contact is skipped if it is not callable, if a contact list
//! filter of the campaign keeps it out, or if all its addresses are on the campaign's do-not-contact lists. No conversation is opened for a contact. A sequence runs its campaigns one after
//! another. What the clock changes is noted by [`Organization::settle_campaigns`], which is called before
//! campaigns are read.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    Campaign, CampaignSequence, ContactList, ContactListFilter, DialerContact, DncList, MessagingCampaign,
    column_names,
};
use crate::time::Nanos;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::reference::Reference;
use crate::world::table::{Kind, Record};

/// The contacts that a campaign of calls calls each minute (assumed).
const CALLS_PER_MINUTE: u64 = 60;
pub(super) const MINUTE: u128 = 60_000_000_000;

/// Whether a campaign or a sequence runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RunState {
    #[default]
    Off,
    /// Since then.
    On(Nanos),
    Complete,
}

impl RunState {
    /// The vendor's word.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On(_) => "on",
            Self::Complete => "complete",
        }
    }

    pub(crate) const fn is_on(self) -> bool {
        matches!(self, Self::On(_))
    }
}

/// The run of a campaign or of a sequence.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    pub(super) state: RunState,
    /// Of a campaign: the contacts that were called before it was turned on. Of a sequence: the index of its campaign.
    pub(super) done: usize,
}

/// How far a campaign is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Contacts that were called or written to.
    pub(crate) called: usize,
    /// Contacts of its list that may be called or written to.
    callable: usize,
    /// Contacts of its list.
    pub(crate) total: usize,
    /// Contacts of its list that its filters keep out.
    pub(crate) filtered_out: usize,
    /// Contacts that it came across and that are not callable.
    pub(crate) uncallable: usize,
    /// Contacts that it came across and whose addresses are all on its do-not-contact lists.
    pub(crate) blocked: usize,
}

/// Why a campaign skips a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Skip {
    Uncallable,
    Filtered,
    Blocked,
}

impl Progress {
    /// In percent, rounded down.
    pub(crate) fn percentage(self) -> usize {
        (self.called * 100).checked_div(self.callable).unwrap_or_default()
    }
}

/// A campaign of calls or of messages, as far as its run depends on it.
pub(super) struct Plan {
    pub(super) list: Option<Uuid>,
    pub(super) per_minute: u64,
    always: bool,
    /// The columns of its contacts with their addresses.
    pub(super) columns: Vec<String>,
    /// The lists of addresses that it does not contact.
    pub(super) blocked: Vec<Uuid>,
    /// The filters that its contacts have to pass.
    filters: Vec<Uuid>,
}

impl Plan {
    pub(super) fn of<K>(record: &Record<K>) -> Self {
        let field = |name: &str| record.extra.get(name);
        let list = field("contactList").and_then(|list| list.get("id")?.as_str());
        Self {
            list: list.and_then(|id| Uuid::try_parse(id).ok()),
            per_minute: field("messagesPerMinute").and_then(Value::as_u64).unwrap_or(CALLS_PER_MINUTE),
            always: field("alwaysRunning").and_then(Value::as_bool).unwrap_or_default(),
            columns: columns_of(&record.extra),
            blocked: ids_of(BLOCKED, &record.extra),
            filters: ids_of(FILTERS, &record.extra),
        }
    }

    /// The contacts that it has had the time to call or write to since it was turned on.
    pub(super) fn due(&self, since: Nanos, now: Nanos) -> usize {
        let due = u128::from(now.saturating_sub(since)) * u128::from(self.per_minute) / MINUTE;
        usize::try_from(due).unwrap_or(usize::MAX)
    }
}

const BLOCKED: Reference = Reference::to::<DncList>("dncLists");
const FILTERS: Reference = Reference::to::<ContactListFilter>("contactListFilters");

/// The entities that a campaign refers to.
fn ids_of(reference: Reference, campaign: &Map<String, Value>) -> Vec<Uuid> {
    reference.ids(campaign).into_iter().filter_map(|id| Uuid::try_parse(id).ok()).collect()
}

/// The columns with the addresses that a campaign of calls or of messages uses.
fn columns_of(campaign: &Map<String, Value>) -> Vec<String> {
    let part = |config: &str, field: &str| campaign.get(config).and_then(|config| config.get(field)).cloned();
    let phones = column_names(campaign, "phoneColumns").into_iter().map(str::to_owned);
    let one = [part("smsConfig", "phoneColumn"), part("whatsAppConfig", "whatsAppColumn")];
    let emails = part("emailConfig", "emailColumns").unwrap_or_default();
    let emails = emails.as_array().cloned().unwrap_or_default();
    let messages = one.into_iter().flatten().chain(emails);
    phones.chain(messages.filter_map(|name| name.as_str().map(str::to_owned))).collect()
}

impl Organization {
    fn plan(&self, campaign: Uuid) -> Option<Plan> {
        let of_calls = self.outbound.campaigns.get(Id::new(campaign)).map(Plan::of);
        of_calls.or_else(|| self.outbound.messaging_campaigns.get(Id::new(campaign)).map(Plan::of))
    }

    /// The state of a campaign or of a sequence.
    pub(crate) fn run_state(&self, id: Uuid) -> RunState {
        self.outbound.runs.get(&id).copied().unwrap_or_default().state
    }

    /// The index of the campaign at which a sequence is.
    pub(crate) fn current_of(&self, sequence: Id<CampaignSequence>) -> usize {
        self.outbound.runs.get(&sequence.uuid()).map_or(0, |run| run.done)
    }

    /// How far a campaign is at `now`.
    pub(crate) fn progress(&self, campaign: Uuid, now: Nanos) -> Progress {
        let Some(plan) = self.plan(campaign) else { return Progress::default() };
        let total = plan.list.map_or(0, |list| self.outbound.contacts.len(list));
        let called = self.due(campaign, &plan, now);
        let callable = self.callable(&plan, now).count();
        let filtered_out = self.filtered_out(&plan);
        let called = called.min(callable);
        let has_run = self.outbound.runs.contains_key(&campaign);
        let [uncallable, blocked] = if has_run { self.skipped(&plan, called, callable, now) } else { [0, 0] };
        Progress { called, callable, total, filtered_out, uncallable, blocked }
    }

    /// How many contacts were skipped before the last one that was called, as not callable and as blocked; once all were called, of
    /// all contacts.
    fn skipped(&self, plan: &Plan, called: usize, callable: usize, now: Nanos) -> [usize; 2] {
        let ([mut uncallable, mut blocked], mut left) = ([0, 0], called);
        for contact in plan.list.into_iter().flat_map(|list| self.outbound.contacts.iter(list)) {
            match self.skip(plan, contact, now) {
                None if left == 0 => break,
                None => left -= 1,
                Some(_) if left == 0 && called < callable => break,
                Some(Skip::Uncallable) => uncallable += 1,
                Some(Skip::Blocked) => blocked += 1,
                Some(Skip::Filtered) => {}
            }
        }
        [uncallable, blocked]
    }

    /// Why a campaign skips a contact; `None` for one that it calls or writes to.
    fn skip(&self, plan: &Plan, contact: &DialerContact, now: Nanos) -> Option<Skip> {
        if !contact.callable {
            return Some(Skip::Uncallable);
        }
        if !self.passes(plan, contact) {
            return Some(Skip::Filtered);
        }
        let dnc = &self.outbound.dnc;
        let blocks = |address: &str| plan.blocked.iter().any(|list| dnc.blocks(*list, address, now));
        let addresses = plan.columns.iter().map(|column| contact.column(column));
        let mut addresses = addresses.filter(|address| !address.is_empty()).peekable();
        let is_blocked = addresses.peek().is_some() && addresses.all(blocks);
        (!plan.blocked.is_empty() && is_blocked).then_some(Skip::Blocked)
    }

    fn filtered_out(&self, plan: &Plan) -> usize {
        if plan.filters.is_empty() {
            return 0;
        }
        let contacts = plan.list.into_iter().flat_map(|list| self.outbound.contacts.iter(list));
        contacts.filter(|contact| !self.passes(plan, contact)).count()
    }

    /// Whether the filters of a campaign let a contact through.
    fn passes(&self, plan: &Plan, contact: &DialerContact) -> bool {
        let mut filters = plan.filters.iter().filter_map(|id| self.outbound.filters.get(Id::new(*id)));
        filters.all(|filter| super::filter::matches(&filter.extra, contact))
    }

    /// The contacts that a campaign has had the time to call or write to, if its list has that many.
    fn due(&self, campaign: Uuid, plan: &Plan, now: Nanos) -> usize {
        let run = self.outbound.runs.get(&campaign).copied().unwrap_or_default();
        let due = match run.state {
            RunState::On(since) => plan.due(since, now),
            RunState::Off | RunState::Complete => 0,
        };
        run.done.saturating_add(due)
    }

    /// The contacts that a campaign may call or write to.
    pub(super) fn callable<'o>(
        &'o self,
        plan: &'o Plan,
        now: Nanos,
    ) -> impl Iterator<Item = &'o DialerContact> {
        let may_call = move |contact: &&DialerContact| self.skip(plan, contact, now).is_none();
        plan.list.into_iter().flat_map(|list| self.outbound.contacts.iter(list)).filter(may_call)
    }

    /// How many contacts a campaign that ends has called, if no contact is left. Looks at no more contacts than that
    /// needs, because it runs under the lock of writes before each read of campaigns.
    fn completed(&self, campaign: Uuid, now: Nanos) -> Option<usize> {
        let plan = self.plan(campaign).filter(|plan| !plan.always)?;
        let due = self.due(campaign, &plan, now);
        let callable = self.callable(&plan, now).take(due.saturating_add(1)).count();
        (callable <= due).then_some(callable)
    }

    /// Turns a campaign on. One that runs is left as it is.
    pub(crate) fn start_campaign(&mut self, campaign: Uuid, now: Nanos) {
        let run = self.outbound.runs.entry(campaign).or_default();
        if !run.state.is_on() {
            run.state = RunState::On(now);
            self.note_campaign(campaign);
        }
    }

    /// Turns a campaign off. How far it is stays.
    pub(crate) fn stop_campaign(&mut self, campaign: Uuid, now: Nanos) {
        self.keep_calls(campaign, now);
        let done = self.progress(campaign, now).called;
        let Some(run) = self.outbound.runs.get_mut(&campaign).filter(|run| run.state != RunState::Off) else {
            return;
        };
        *run = Run { state: RunState::Off, done };
        self.note_campaign(campaign);
    }

    /// Forgets how far a campaign is. One that was complete is off.
    pub(crate) fn reset_progress(&mut self, campaign: Uuid, now: Nanos) {
        self.keep_calls(campaign, now);
        if let Some(run) = self.outbound.runs.get_mut(&campaign) {
            let state = if run.state.is_on() { RunState::On(now) } else { RunState::Off };
            *run = Run { state, done: 0 };
            self.note_campaign(campaign);
        }
    }

    /// Whether a campaign or a sequence runs.
    pub(crate) fn has_runs(&self) -> bool {
        self.outbound.runs.values().any(|run| run.state.is_on())
    }

    /// Completes the campaigns that have no contact left at `now`, and starts those that follow in their sequences.
    pub(crate) fn settle_campaigns(&mut self, now: Nanos) {
        let running = |(id, run): (&Uuid, &Run)| run.state.is_on().then_some(*id);
        let running: Vec<Uuid> = self.outbound.runs.iter().filter_map(running).collect();
        for campaign in &running {
            if let Some(done) = self.completed(*campaign, now) {
                self.keep_calls(*campaign, now);
                self.outbound.runs.insert(*campaign, Run { state: RunState::Complete, done });
                self.note_campaign(*campaign);
            }
        }
        for id in running {
            self.advance_sequence(Id::new(id), now);
        }
    }

    /// Starts the next campaign of a sequence whose campaign is complete.
    fn advance_sequence(&mut self, id: Id<CampaignSequence>, now: Nanos) {
        let Some(sequence) = self.outbound.sequences.get(id) else { return };
        let repeats = sequence.extra.get("repeat").and_then(Value::as_bool).unwrap_or_default();
        let campaigns = campaigns_of(sequence);
        let at = self.current_of(id);
        if campaigns.get(at).is_some_and(|campaign| self.run_state(*campaign) != RunState::Complete) {
            return;
        }
        let state = self.run_state(id.uuid());
        let next = match campaigns.get(at + 1) {
            Some(_) => at + 1,
            None if repeats && !campaigns.is_empty() => 0,
            None => {
                self.outbound.runs.insert(id.uuid(), Run { state: RunState::Complete, done: at });
                return;
            }
        };
        self.outbound.runs.insert(id.uuid(), Run { state, done: next });
        if next == 0 {
            self.reset_progress(campaigns[0], now);
        }
        self.start_campaign(campaigns[next], now);
    }

    /// Turns a sequence on, with the campaign at which it is. A complete one starts again.
    pub(crate) fn start_sequence(&mut self, id: Id<CampaignSequence>, now: Nanos) {
        let Some(sequence) = self.outbound.sequences.get(id) else { return };
        let campaigns = campaigns_of(sequence);
        let run = self.outbound.runs.entry(id.uuid()).or_default();
        if run.state.is_on() {
            return;
        }
        let done = if run.state == RunState::Complete { 0 } else { run.done };
        *run = Run { state: RunState::On(now), done };
        if let Some(campaign) = campaigns.get(done) {
            self.start_campaign(*campaign, now);
        }
    }

    /// Turns a sequence off, and its campaign.
    pub(crate) fn stop_sequence(&mut self, id: Id<CampaignSequence>, now: Nanos) {
        let Some(sequence) = self.outbound.sequences.get(id) else { return };
        let campaign = campaigns_of(sequence).get(self.current_of(id)).copied();
        if let Some(run) = self.outbound.runs.get_mut(&id.uuid()) {
            run.state = RunState::Off;
        }
        if let Some(campaign) = campaign {
            self.stop_campaign(campaign, now);
        }
    }

    /// Whether a running campaign uses a contact list.
    pub(crate) fn is_dialed(&self, list: Id<ContactList>) -> bool {
        let mut running = self.outbound.runs.iter().filter(|(_, run)| run.state.is_on());
        running.any(|(id, _)| self.plan(*id).is_some_and(|plan| plan.list == Some(list.uuid())))
    }

    /// Notes the event of a changed campaign.
    pub(crate) fn note_campaign(&mut self, campaign: Uuid) {
        if self.outbound.campaigns.get(Id::new(campaign)).is_some() {
            self.note_entity::<Campaign>(Id::new(campaign));
        } else {
            self.note_entity::<MessagingCampaign>(Id::new(campaign));
        }
    }
}

/// The campaigns of a sequence, in their order.
fn campaigns_of(sequence: &Record<CampaignSequence>) -> Vec<Uuid> {
    let ids = CampaignSequence::REFERENCES.iter().flat_map(|reference| reference.ids(&sequence.extra));
    ids.filter_map(|id| Uuid::try_parse(id).ok()).collect()
}
