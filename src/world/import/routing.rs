//! Queues and flows, and what has a name alone: divisions, languages, codes, scripts and the like.

use std::collections::HashMap;

use super::kind::Kind;
use super::names::{Named, Names};
use super::people::members_of;
use super::resource::Resource;
use super::writer::Writer;

/// The keys of the top of the file that list names.
const LISTS: [(&str, Kind); 9] = [
    ("divisions", Kind::Division),
    ("languages", Kind::Language),
    ("wrap_up_codes", Kind::WrapUpCode),
    ("scripts", Kind::Script),
    ("ivrs", Kind::Ivr),
    ("prompts", Kind::Prompt),
    ("schedules", Kind::Schedule),
    ("data_tables", Kind::DataTable),
    ("response_libraries", Kind::Library),
];

/// Writes the lists of names, which come before all tables.
pub(super) fn write_lists(names: &Names<'_>, out: &mut Writer) {
    for (key, kind) in LISTS {
        out.strings(key, &names.list(kind));
    }
}

/// Writes queues and flows.
pub(super) fn write(names: &Names<'_>, out: &mut Writer) {
    let listed = listed_members(names);
    for queue in names.of_kind(Kind::Queue) {
        write_queue(names, queue, &listed, out);
    }
    for Named { name, resource, .. } in names.of_kind(Kind::Flow) {
        match resource.text(&["type"]) {
            Some(kind) => {
                out.named("flow", name);
                out.string("type", &kind.to_uppercase());
            }
            None => out.note(resource, "flow without a type"),
        }
    }
}

/// The keys of the users of each queue that the API lists apart from it, by the key of the queue.
fn listed_members<'n>(names: &'n Names<'_>) -> HashMap<&'n str, Vec<&'n str>> {
    let mut all: HashMap<&str, Vec<&str>> = HashMap::new();
    for member in names.of_kind(Kind::Member) {
        // The queue of another export with the same name is the same one, under another key.
        let queue = member.resource.text(&["queue"]).and_then(|key| names.get(Kind::Queue, key));
        let user = member.resource.references(&["user", "id"]).into_iter().next();
        if let (Some(queue), Some(user)) = (queue, user) {
            all.entry(queue.key).or_default().push(user);
        }
    }
    all
}

fn write_queue(names: &Names<'_>, queue: &Named<'_>, listed: &HashMap<&str, Vec<&str>>, out: &mut Writer) {
    let mut keys = own_members(queue.resource);
    keys.extend(listed.get(queue.key).into_iter().flatten());
    keys.extend(members_of_groups(names, queue.resource));
    let members = out.resolve(names, queue.resource, Kind::User, &keys);
    let divisions = queue.resource.references(&["division_id", "division"]);
    let divisions: Vec<&str> = divisions.into_iter().filter(|key| !names.is_home(key)).collect();
    let divisions = out.resolve(names, queue.resource, Kind::Division, &divisions);
    out.named("queue", &queue.name);
    out.optional("division", divisions.first().map(String::as_str));
    out.strings("members", &members);
}

/// The keys of the users that a queue names itself.
fn own_members(queue: &Resource) -> Vec<&str> {
    let members = queue.objects(&["members"]);
    members.into_iter().filter_map(|member| member.key(&["user_id"])).collect()
}

/// The keys of the users of the groups and teams of a queue. The file has no groups in queues.
fn members_of_groups<'n>(names: &'n Names<'_>, queue: &Resource) -> Vec<&'n str> {
    let fields: [&[&str]; 3] = [&["groups"], &["teams"], &["memberGroups"]];
    let keys = fields.into_iter().flat_map(|fields| queue.references(fields));
    let groups = keys.filter_map(|key| names.get(Kind::Group, key).or_else(|| names.get(Kind::Team, key)));
    groups.flat_map(|group| members_of(group.resource)).collect()
}
