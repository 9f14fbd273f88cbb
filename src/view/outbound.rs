//! Contact lists, campaigns and what they use, as the vendor writes them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::record::Properties;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::id::Id;
use crate::world::outbound::contact::DialerContact;
use crate::world::outbound::{
    AttemptLimits, CALL_RECORDS, CallableTimeSet, Calls, Campaign, CampaignRule, CampaignSequence,
    ContactList, ContactListFilter, DncList, MessagingCampaign, Progress, ResponseSet, RuleSet, column_names,
    merge,
};
use crate::world::people::User;
use crate::world::reference::Reference;
use crate::world::table::{Kind, Record, Table};
use crate::world::workforce::Routing;
use crate::world::{LANGUAGE, Organization};

/// What every entity of outbound dialing has, with references that have names.
pub(crate) fn entity<'a, K: Kind>(
    organization: &'a Organization,
    record: &'a Record<K>,
) -> Properties<'a, K> {
    let mut named = record.extra.clone();
    for reference in K::REFERENCES {
        if let Some(value) = reference.value_mut(&mut named) {
            name_all(organization, reference, value);
        }
    }
    let written = named.into_iter().filter(|(_, value)| !value.is_null());
    let mut properties = Properties::of(organization, record).dates().put("version", json!(record.version));
    for (key, value) in written {
        properties = properties.put(&key, value);
    }
    if K::OBJECT_TYPE.is_some() { properties.division() } else { properties }
}

/// Writes each entity that a value names as a reference.
fn name_all(organization: &Organization, reference: &Reference, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| name_all(organization, reference, item)),
        Value::Object(object) => {
            if let Some(id) = object.get("id").and_then(Value::as_str).map(str::to_owned) {
                *value = named(organization, reference.collection, &id);
            }
        }
        _ => {}
    }
}

/// A reference to an entity of a collection.
pub(crate) fn named(organization: &Organization, collection: &str, id: &str) -> Value {
    let mut reference = json!({ "id": id });
    if let Some(name) = organization.name_of(collection, id) {
        reference["name"] = json!(name);
    }
    reference["selfUri"] = json!(format!("{collection}/{id}"));
    reference
}

/// A reference to an entity that has a record.
pub(crate) fn reference<K: Kind>(record: &Record<K>) -> Value {
    json!({ "id": record.id(), "name": record.name, "selfUri": record.uri() })
}

/// A contact list, without its size and its import.
pub(crate) fn contact_list(organization: &Organization, list: &Record<ContactList>) -> Map<String, Value> {
    entity(organization, list)
        .or("phoneColumns", || json!([]))
        .or("emailColumns", || json!([]))
        .or("previewModeColumnName", || json!(""))
        .or("previewModeAcceptedValues", || json!([]))
        .or("automaticTimeZoneMapping", || json!(false))
        .end()
}

/// A do not contact list, without its size and its import.
pub(crate) fn dnc_list(organization: &Organization, list: &Record<DncList>) -> Map<String, Value> {
    entity(organization, list).or("contactMethod", || json!("Phone")).end()
}

/// The state of the import of a list of that many rows. Nothing is being imported: everything is there.
pub(crate) fn import_status(rows: usize) -> Value {
    json!({ "state": "IN_PROGRESS", "totalRecords": rows, "completedRecords": rows, "percentComplete": 100 })
}

/// The state of an import as its topic has it.
pub(crate) fn import_event(status: &Map<String, Value>) -> Value {
    let mut event = status.clone();
    for (field, name) in [("state", "importState"), ("percentComplete", "percentageComplete")] {
        if let Some(value) = event.shift_remove(field) {
            event.insert(name.to_owned(), value);
        }
    }
    Value::Object(event)
}

/// A campaign of calls.
pub(crate) fn campaign(organization: &Organization, campaign: &Record<Campaign>) -> Map<String, Value> {
    let empty = || json!([]);
    entity(organization, campaign)
        .put("campaignStatus", json!(organization.run_state(campaign.uuid).name()))
        .put("errors", json!([]))
        .put_some("phoneColumns", phone_columns(organization, campaign))
        .or("dncLists", empty)
        .or("ruleSets", empty)
        .or("contactSorts", empty)
        .or("contactListFilters", empty)
        .or("alwaysRunning", || json!(false))
        .or("skipPreviewDisabled", || json!(false))
        .or("previewTimeOutSeconds", || json!(0))
        .or("noAnswerTimeout", || json!(30))
        .or("callAnalysisLanguage", || json!(LANGUAGE))
        .or("priority", || json!(5))
        .end()
}

/// The phone columns of a campaign. One that was named without a type has that of its contact list.
fn phone_columns(organization: &Organization, campaign: &Record<Campaign>) -> Option<Value> {
    let named = campaign.extra.get("phoneColumns")?.as_array()?;
    let list = campaign.extra.get("contactList").and_then(|list| Id::parse(list.get("id")?.as_str()?));
    let list = list.and_then(|id| organization.outbound().contact_lists.get(id)?.extra.get("phoneColumns"));
    let known = || list.and_then(Value::as_array).into_iter().flatten();
    let typed = named.iter().cloned().map(|mut column| {
        let of_list = known().find(|other| other["columnName"] == column["columnName"]);
        if let Some(kind) =
            of_list.and_then(|of_list| of_list.get("type")).filter(|_| column["type"].is_null())
        {
            column["type"] = kind.clone();
        }
        column
    });
    Some(typed.collect())
}

/// A campaign of emails or messages.
pub(crate) fn messaging_campaign(
    organization: &Organization,
    campaign: &Record<MessagingCampaign>,
) -> Map<String, Value> {
    let empty = || json!([]);
    entity(organization, campaign)
        .put("campaignStatus", json!(organization.run_state(campaign.uuid).name()))
        .put("errors", json!([]))
        .or("dncLists", empty)
        .or("ruleSets", empty)
        .or("contactSorts", empty)
        .or("contactListFilters", empty)
        .or("alwaysRunning", || json!(false))
        .end()
}

/// A sequence of campaigns.
pub(crate) fn sequence(
    organization: &Organization,
    sequence: &Record<CampaignSequence>,
) -> Map<String, Value> {
    entity(organization, sequence)
        .put("status", json!(organization.run_state(sequence.uuid).name()))
        .put("currentCampaign", json!(organization.current_of(sequence.id())))
        .or("repeat", || json!(false))
        .end()
}

/// How far a campaign is at `now`.
pub(crate) fn progress<K: Kind>(organization: &Organization, campaign: &Record<K>, now: Nanos) -> Value {
    let progress = organization.progress(campaign.uuid, now);
    let list = campaign.extra.get("contactList").and_then(|list| list.get("id")?.as_str());
    json!({
        "campaign": reference(campaign),
        "contactList": named(organization, ContactList::PATH, list.unwrap_or_default()),
        "numberOfContactsCalled": progress.called,
        "numberOfContactsMessaged": if K::PATH == MessagingCampaign::PATH { progress.called } else { 0 },
        "totalNumberOfContacts": progress.total,
        "percentage": progress.percentage(),
        "numberOfContactsSkipped": skipped(progress),
    })
}

/// The contacts that a campaign skipped, by the reason. The reasons are assumed.
fn skipped(progress: Progress) -> Value {
    let counts = [("CONTACT_UNCALLABLE", progress.uncallable), ("DNC", progress.blocked)];
    counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(why, count)| (why.to_owned(), json!(count)))
        .collect()
}

/// A contact of a contact list. The numbers of phone columns are callable unless a client says otherwise.
pub(crate) fn contact(list: &Record<ContactList>, contact: &DialerContact, calls: &Calls) -> Value {
    let mut written = Map::from_iter([
        ("id".to_owned(), json!(contact.id)),
        ("contactListId".to_owned(), json!(list.id())),
        ("data".to_owned(), json!(contact.data)),
        ("callable".to_owned(), json!(contact.callable)),
        (CALL_RECORDS.to_owned(), json!({})),
    ]);
    let columns = column_names(&list.extra, "phoneColumns").into_iter();
    let statuses: Map<String, Value> =
        columns.map(|column| (column.to_owned(), json!({ "callable": contact.callable }))).collect();
    written.insert("phoneNumberStatus".to_owned(), json!(statuses));
    written.extend(contact.extra.iter().map(|(key, value)| (key.clone(), value.clone())));
    let records = written.get_mut(CALL_RECORDS).and_then(Value::as_object_mut);
    if let (Some(records), Some(calls)) = (records, calls.get(&contact.id)) {
        merge(records, calls.clone());
    }
    written.insert("dateCreated".to_owned(), json!(rfc3339(contact.created)));
    let uri = format!("{}/contacts/{}", list.uri(), contact.id);
    written.insert("selfUri".to_owned(), json!(uri));
    Value::Object(written)
}

/// The entity of a collection of outbound dialing, which is named by its path.
pub(crate) fn of_collection(
    organization: &Organization,
    collection: &str,
    id: Uuid,
) -> Option<Map<String, Value>> {
    let all = organization.outbound();
    match collection {
        ContactList::PATH => all.contact_lists.get(Id::new(id)).map(|list| contact_list(organization, list)),
        DncList::PATH => all.dnc_lists.get(Id::new(id)).map(|list| dnc_list(organization, list)),
        Campaign::PATH => all.campaigns.get(Id::new(id)).map(|found| campaign(organization, found)),
        MessagingCampaign::PATH => {
            all.messaging_campaigns.get(Id::new(id)).map(|found| messaging_campaign(organization, found))
        }
        CampaignSequence::PATH => all.sequences.get(Id::new(id)).map(|found| sequence(organization, found)),
        CampaignRule::PATH => simple(organization, &all.campaign_rules, id),
        CallableTimeSet::PATH => simple(organization, &all.callable_times, id),
        ResponseSet::PATH => simple(organization, &all.response_sets, id),
        RuleSet::PATH => simple(organization, &all.rule_sets, id),
        AttemptLimits::PATH => simple(organization, &all.attempt_limits, id),
        ContactListFilter::PATH => simple(organization, &all.filters, id),
        _ => None,
    }
}

fn simple<K: Kind>(organization: &Organization, table: &Table<K>, id: Uuid) -> Option<Map<String, Value>> {
    table.get(Id::new(id)).map(|record| entity(organization, record).end())
}

/// The medium of a campaign: that of its configuration.
pub(crate) fn medium(campaign: &Record<MessagingCampaign>) -> &'static str {
    let has = |field: &str| campaign.extra.get(field).is_some_and(|value| !value.is_null());
    if has("emailConfig") {
        "email"
    } else if has("whatsAppConfig") {
        "whatsapp"
    } else {
        "sms"
    }
}

/// How far the campaign of that id is at `now`.
pub(crate) fn progress_of(organization: &Organization, id: Uuid, now: Nanos) -> Option<Value> {
    let all = organization.outbound();
    let of_calls = all.campaigns.get(Id::new(id)).map(|campaign| progress(organization, campaign, now));
    of_calls.or_else(|| {
        let campaign = all.messaging_campaigns.get(Id::new(id));
        campaign.map(|campaign| progress(organization, campaign, now))
    })
}

/// The statistics of the campaign of calls of that id.
pub(crate) fn stats_of(organization: &Organization, id: Uuid, now: Nanos) -> Option<Value> {
    let campaign = organization.outbound().campaigns.get(Id::new(id));
    campaign.map(|campaign| stats(organization, campaign, now))
}

/// The statistics of a campaign. Every call that was made connected (assumed).
pub(crate) fn stats(organization: &Organization, campaign: &Record<Campaign>, now: Nanos) -> Value {
    let progress = organization.progress(campaign.uuid, now);
    let called = progress.called;
    let idle = count_idle(&members(organization, campaign));
    let ratio = if called == 0 { 0.0 } else { 1.0 };
    json!({
        "contactRate": { "attempts": called, "connects": called, "connectRatio": ratio },
        "idleAgents": idle, "effectiveIdleAgents": idle, "adjustedCallsPerAgent": 1.0,
        "outstandingCalls": 0, "scheduledCalls": 0, "timeZoneRescheduledCalls": 0,
        "filteredOutContactsCount": progress.filtered_out, "rightPartyContactsCount": 0, "validAttempts": called,
        "linesUtilization": { "assignedOutboundLines": 0, "totalAvailableOutboundLines": 0 },
        "businessCategoryMetrics": { "successCount": 0, "neutralCount": 0, "failureCount": 0 },
    })
}

/// The members of a campaign's queue that have joined it.
pub(crate) fn members<'o>(organization: &'o Organization, campaign: &Record<Campaign>) -> Vec<&'o User> {
    let queue = campaign.extra.get("queue").and_then(|queue| queue.get("id")?.as_str());
    let Some(queue) = queue.and_then(|id| organization.acd().queues.find(id)) else { return Vec::new() };
    let joined = organization.joined_members(queue.id());
    joined.filter_map(|user| organization.people().at(user)).collect()
}

/// How many of these users wait for an interaction.
pub(crate) fn count_idle(members: &[&User]) -> usize {
    members.iter().filter(|user| user.routing == Routing::Idle).count()
}
