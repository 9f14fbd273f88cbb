//! The events of work items. A change is published to the item's topic, and to those of its assignee and of its queue. Where
//! the change moves the item, the assignee and the queue that it had before are told as well.

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
    let body = body(organization, item);
    for topic in topics(before, item) {
        organization.note_publication(topic, body.clone());
    }
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
