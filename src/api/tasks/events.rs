//! The events of work items. A change is published to the item's topic, and to those of its assignee and of its queue. Where
//! the change moves the item, the assignee and the queue that it had before are told as well. An event says what was done
//! (`operation`, assumed to be add, edit or delete) and which fields it changed.

use serde_json::{Value, json};

use super::bins::BINS;
use super::types::TYPES;
use crate::api::entity::{id_in, text};
use crate::api::json_entity::Body;
use crate::world::Organization;

/// The fields of an item that its events have, where the item has them.
const FIELDS: [&str; 25] = [
    "id",
    "name",
    "typeId",
    "description",
    "languageId",
    "priority",
    "dateCreated",
    "dateModified",
    "dateDue",
    "dateExpires",
    "dateAssignmentStateChanged",
    "durationSeconds",
    "ttl",
    "statusId",
    "statusCategory",
    "dateClosed",
    "workbinId",
    "assigneeId",
    "externalContactId",
    "externalTag",
    "assignmentState",
    "queueId",
    "skillIds",
    "scriptId",
    "preferredAgentIds",
];

/// Publishes an item as a change left it. `before` is the item as it was.
pub(super) fn publish(organization: &mut Organization, before: Option<&Body>, item: &Body) {
    let operation = if before.is_some() { "edit" } else { "add" };
    publish_operation(organization, before, item, operation);
}

/// Publishes an item that was deleted.
pub(super) fn publish_deleted(organization: &mut Organization, item: &Body) {
    publish_operation(organization, Some(item), item, "delete");
}

fn publish_operation(organization: &mut Organization, before: Option<&Body>, item: &Body, operation: &str) {
    let mut body = body(organization, item);
    let changes = changes(before, item);
    body["operation"] = json!(operation);
    body["changes"] = changes.iter().map(delta).collect();
    body["propertyChanges"] = changes.iter().map(property_change).collect();
    for topic in topics(before, item) {
        organization.note_publication(topic, body.clone());
    }
}

/// A field, and its values before and after a change: a list has several.
type Change = (&'static str, Vec<String>, Vec<String>);

/// The fields that a change has changed. That of the date of the change is not among them.
fn changes(before: Option<&Body>, item: &Body) -> Vec<Change> {
    let Some(before) = before else { return Vec::new() };
    let of = |item: &Body, field: &str| match item.get(field) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(written).collect(),
        Some(value) => vec![written(value)],
    };
    let fields = FIELDS.into_iter().filter(|field| *field != "dateModified");
    let changes = fields.map(|field| (field, of(before, field), of(item, field)));
    changes.filter(|(_, before, after)| before != after).collect()
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn delta((field, before, after): &Change) -> Value {
    let op = match (before.is_empty(), after.is_empty()) {
        (true, _) => "add",
        (_, true) => "remove",
        _ => "replace",
    };
    let mut delta = json!({ "op": op, "field": field });
    for (key, values) in [("oldValue", before), ("newValue", after)] {
        if !values.is_empty() {
            delta[key] = json!(values.join(","));
        }
    }
    delta
}

fn property_change((field, before, after): &Change) -> Value {
    json!({ "property": field, "oldValues": before, "newValues": after })
}

fn topics(before: Option<&Body>, item: &Body) -> Vec<String> {
    const ITEMS: &str = "v2.taskmanagement.workitems";
    let mut topics = vec![format!("{ITEMS}.{}", text(item, "id"))];
    for (field, kind) in [("assigneeId", "users"), ("queueId", "queues")] {
        for id in [before, Some(item)].into_iter().flatten().map(|item| text(item, field)) {
            let topic = format!("{ITEMS}.{kind}.{id}");
            if !id.is_empty() && !topics.contains(&topic) {
                topics.push(topic);
            }
        }
    }
    topics
}

fn body(organization: &Organization, item: &Body) -> Value {
    let mut body: Body =
        FIELDS.iter().filter_map(|field| Some(((*field).to_owned(), item.get(*field)?.clone()))).collect();
    body.retain(|_, value| !value.is_null());
    let name = |path, field| {
        text_of(organization.collections.get(path, text(item, field)).map(|found| text(found, "name")))
    };
    let bin = organization.collections.get(BINS, text(item, "workbinId"));
    let more = [
        ("typeName", name(TYPES, "typeId")),
        ("workbinName", name(BINS, "workbinId")),
        ("divisionId", text_of(bin.map(|bin| text(bin, "divisionId")))),
        ("reporterId", text_of(Some(id_in(item, "reporter")))),
        ("modifiedBy", text_of(Some(id_in(item, "modifiedBy")))),
    ];
    body.extend(more.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))));
    Value::Object(body)
}

fn text_of(text: Option<&str>) -> Option<Value> {
    text.filter(|text| !text.is_empty()).map(|text| json!(text))
}
