//! An entity of an export, whose fields have the names of Terraform (`division_id`) or of the API (`division`).

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::kind::Kind;
use super::spelling::vendor_name;

/// Fields that say nothing of an organization: ids, dates and authors, and what Terraform does when.
const BARE: [&str; 14] = [
    "id",
    "selfUri",
    "skillUri",
    "languageUri",
    "version",
    "dateCreated",
    "dateModified",
    "createdBy",
    "modifiedBy",
    "lifecycle",
    "depends_on",
    "provider",
    "provisioner",
    "timeouts",
];

/// An entity.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) kind: Kind,
    pub(super) fields: Map<String, Value>,
    /// The file that has it, which notes about it name.
    pub(super) file: Rc<str>,
    /// The names of the fields that were looked at. What an entity has beside them is not taken.
    seen: RefCell<Vec<&'static str>>,
    /// The fields of objects within a field that were looked at, each after the name of that field.
    seen_within: RefCell<Vec<[&'static str; 2]>>,
}

/// An object within a field of an entity: a block of Terraform, or a part of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'r> {
    of: &'r Resource,
    field: &'static str,
    fields: &'r Map<String, Value>,
}

impl<'r> Part<'r> {
    /// The first of these fields that is a text with more than white space.
    pub(super) fn text(self, names: &[&'static str]) -> Option<&'r str> {
        text_of(self.looked_at(names), names)
    }

    /// The key of the entity that the first of these fields refers to.
    pub(super) fn key(self, names: &[&'static str]) -> Option<&'r str> {
        let fields = self.looked_at(names);
        names.iter().find_map(|name| fields.get(*name).and_then(key_of))
    }

    /// The values of the first of these fields that is there.
    pub(super) fn values(self, names: &[&'static str]) -> Vec<&'r Value> {
        values_of(self.looked_at(names), names)
    }

    fn looked_at(self, names: &[&'static str]) -> &'r Map<String, Value> {
        let mut seen = self.of.seen_within.borrow_mut();
        for name in names.iter().map(|name| [self.field, *name]) {
            if !seen.contains(&name) {
                seen.push(name);
            }
        }
        self.fields
    }
}

impl Resource {
    pub(super) fn new(kind: Kind, fields: Map<String, Value>, file: Rc<str>) -> Self {
        Self { kind, fields, file, seen: RefCell::default(), seen_within: RefCell::default() }
    }

    /// Notes that these fields are looked at, or have another value in the file.
    pub(super) fn see(&self, names: &[&'static str]) {
        let mut seen = self.seen.borrow_mut();
        for name in names {
            if !seen.contains(name) {
                seen.push(name);
            }
        }
    }

    /// The fields that have a value and were not looked at.
    pub(super) fn unseen(&self) -> impl Iterator<Item = (&String, &Value)> {
        told(&self.fields).filter(|(name, _)| !self.seen.borrow().contains(&name.as_str()))
    }

    /// The fields within objects that have a value and were not looked at, as `members.ring_num`. Only objects of which
    /// another field was looked at have such fields.
    pub(super) fn unseen_within(&self) -> BTreeSet<String> {
        let seen = self.seen_within.borrow();
        let parents: BTreeSet<&str> = seen.iter().map(|[parent, _]| *parent).collect();
        let parts = parents.iter().flat_map(|parent| {
            let values = self.fields.get(*parent).map_or(&[][..], listed);
            let parts = values.iter().filter_map(Value::as_object);
            parts.flat_map(told).map(move |(name, _)| [*parent, name.as_str()])
        });
        parts.filter(|path| !seen.contains(path)).map(|path| path.join(".")).collect()
    }

    /// The first of these fields that is a text with more than white space.
    pub(super) fn text(&self, names: &[&'static str]) -> Option<&str> {
        self.see(names);
        text_of(&self.fields, names)
    }

    /// The strings of the first of these fields that is there. One string is a list of itself.
    pub(super) fn texts(&self, names: &[&'static str]) -> Vec<&str> {
        self.values(names).into_iter().filter_map(Value::as_str).collect()
    }

    /// The objects of the first of these fields that is there. One object is a list of itself, as a block of Terraform
    /// is.
    pub(super) fn objects(&self, names: &[&'static str]) -> Vec<Part<'_>> {
        self.see(names);
        let Some((field, value)) = first_of(&self.fields, names) else { return Vec::new() };
        let objects = listed(value).iter().filter_map(Value::as_object);
        objects.map(|fields| Part { of: self, field, fields }).collect()
    }

    /// The keys of the entities that the first of these fields refers to.
    pub(super) fn references(&self, names: &[&'static str]) -> Vec<&str> {
        self.values(names).into_iter().filter_map(key_of).collect()
    }

    /// The number of this field: an integer, or a string of one.
    pub(super) fn number(&self, names: &[&'static str]) -> Option<u64> {
        self.see(names);
        let value = names.iter().find_map(|name| self.fields.get(*name))?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }

    fn values(&self, names: &[&'static str]) -> Vec<&Value> {
        self.see(names);
        values_of(&self.fields, names)
    }
}

/// The first of these fields that is a text with more than white space.
pub(super) fn text_of<'f>(fields: &'f Map<String, Value>, names: &[&str]) -> Option<&'f str> {
    let texts = names.iter().filter_map(|name| fields.get(*name)?.as_str());
    texts.map(str::trim).find(|text| !text.is_empty())
}

/// The fields that say something of an organization. A field of the Python SDK has the name of the API too.
fn told(fields: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let is_twice = |name: &str| vendor_name(name).is_some_and(|name| fields.contains_key(&name));
    fields.iter().filter(move |(name, value)| {
        !BARE.contains(&name.as_str()) && !is_empty(value) && !is_twice(name.as_str())
    })
}

/// Whether a value says nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// The first of these fields that is there, and its name.
fn first_of<'f>(fields: &'f Map<String, Value>, names: &[&'static str]) -> Option<(&'static str, &'f Value)> {
    let mut found = names.iter().filter_map(|name| Some((*name, fields.get(*name)?)));
    found.find(|(_, value)| !value.is_null())
}

/// The values of the first of these fields that is there.
fn values_of<'f>(fields: &'f Map<String, Value>, names: &[&'static str]) -> Vec<&'f Value> {
    first_of(fields, names).map_or_else(Vec::new, |(_, value)| listed(value).iter().collect())
}

/// The values of a list. A value that is not a list is a list of itself.
fn listed(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// The key of the entity that a value refers to: the id of an object, an id, or the address of a resource of Terraform,
/// such as `genesyscloud_user.ada` of `${genesyscloud_user.ada.id}`.
pub(super) fn key_of(value: &Value) -> Option<&str> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Object(entity) => entity.get("id")?.as_str()?,
        _ => return None,
    };
    let expression = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let address = expression.map(|expression| expression.strip_suffix(".id").unwrap_or(expression));
    Some(address.unwrap_or(text)).filter(|key| !key.is_empty())
}

/// Whether Terraform computes a text when it is applied, so that an export does not have it.
pub(super) fn is_computed(text: &str) -> bool {
    text.contains("${")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_is_an_address_or_an_id() {
        for (value, expected) in [
            (json!("${genesyscloud_user.ada.id}"), Some("genesyscloud_user.ada")),
            (json!("${data.genesyscloud_user.ada.id}"), Some("data.genesyscloud_user.ada")),
            (json!("9fbd"), Some("9fbd")),
            (json!({ "id": "9fbd", "name": "n" }), Some("9fbd")),
            (json!({ "id": "${genesyscloud_user.ada.id}" }), Some("genesyscloud_user.ada")),
            (json!({ "name": "n" }), None),
            (json!({ "id": { "id": "a" } }), None),
            (json!(7), None),
            (json!(""), None),
            (json!(["a"]), None),
        ] {
            assert_eq!(key_of(&value), expected, "{value}");
        }
    }

    #[test]
    fn fields_within_objects_are_unseen_where_others_of_them_were_looked_at() {
        let fields = json!({ "members": [{ "user_id": "u", "ring_num": 1 }, { "user_id": "v", "ring_num": 2, "id": 7 }],
            "address": { "city": "C" }, "other": { "a": 1 } });
        let resource = Resource::new(Kind::Queue, fields.as_object().expect("an object").clone(), "".into());
        assert!(resource.objects(&["other"])[0].text(&["b"]).is_none());
        assert_eq!(resource.objects(&["none", "members"])[1].key(&["user_id"]), Some("v"));
        assert_eq!(resource.objects(&["address"])[0].text(&["city"]), Some("C"));
        assert_eq!(Vec::from_iter(resource.unseen_within()), ["members.ring_num", "other.a"]);
    }

    #[test]
    fn a_block_is_a_list_of_itself_and_an_empty_text_is_none() {
        let fields =
            json!({ "a": { "x": 1 }, "b": [{ "x": 1 }, 2], "c": null, "d": " ", "e": " t ", "n": "7" });
        let fields = fields.as_object().expect("an object").clone();
        let resource = Resource::new(Kind::Queue, fields, "".into());
        let unseen = |of: &Resource| of.unseen().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(unseen(&resource), ["a", "b", "d", "e", "n"], "what is null says nothing");
        assert_eq!(resource.objects(&["a"]).len(), 1);
        assert_eq!(resource.objects(&["c", "b"]).len(), 1);
        assert_eq!(resource.objects(&["c"]).len(), 0);
        assert_eq!((resource.text(&["d", "e"]), resource.text(&["d"])), (Some("t"), None));
        assert_eq!((resource.number(&["n"]), resource.number(&["e"])), (Some(7), None));
        assert_eq!(unseen(&resource), Vec::<String>::new());
    }
}
