//! The attributes of users and groups: their names, their types, and whether a client may write them.

use serde_json::{Map, Value};

use crate::wire::error::ApiError;

pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(super) const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";
const CORE: [&str; 2] =
    ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"];

/// An attribute.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) access: Access,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Flag,
    Number,
    Object(&'static [Attribute]),
    List(&'static [Attribute]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    ReadOnly,
    Optional,
    /// It can be replaced, but not removed.
    Required,
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, access: Access::Optional }
    }

    const fn text(name: &'static str) -> Self {
        Self::new(name, Kind::Text)
    }

    const fn required(name: &'static str) -> Self {
        Self { name, kind: Kind::Text, access: Access::Required }
    }

    const fn read_only(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, access: Access::ReadOnly }
    }

    /// The attributes of its value or of its values.
    pub(super) const fn inner(&self) -> &'static [Self] {
        match self.kind {
            Kind::Object(inner) | Kind::List(inner) => inner,
            Kind::Text | Kind::Flag | Kind::Number => &[],
        }
    }
}

const VALUES: &[Attribute] = &[
    Attribute::text("value"),
    Attribute::text("type"),
    Attribute::new("primary", Kind::Flag),
    Attribute::text("display"),
    Attribute::text("$ref"),
];

const META: Attribute = Attribute::read_only(
    "meta",
    Kind::Object(&[
        Attribute::text("resourceType"),
        Attribute::text("location"),
        Attribute::text("version"),
        Attribute::text("lastModified"),
    ]),
);

const OF_EMPLOYEES: &[Attribute] = &[
    Attribute::text("division"),
    Attribute::text("department"),
    Attribute::new("manager", Kind::Object(&[Attribute::text("value"), Attribute::text("$ref")])),
    Attribute::text("employeeNumber"),
    Attribute::text("dateHire"),
];

const ABILITIES: &[Attribute] = &[Attribute::text("name"), Attribute::new("proficiency", Kind::Number)];

pub(super) const USER: &[Attribute] = &[
    Attribute::read_only("id", Kind::Text),
    Attribute::read_only("schemas", Kind::List(&[])),
    Attribute::required("userName"),
    Attribute::required("displayName"),
    Attribute::new("active", Kind::Flag),
    Attribute::text("password"),
    Attribute::text("title"),
    Attribute::text("externalId"),
    Attribute::new("emails", Kind::List(VALUES)),
    Attribute::new("phoneNumbers", Kind::List(VALUES)),
    Attribute::read_only("groups", Kind::List(VALUES)),
    Attribute::new("roles", Kind::List(VALUES)),
    Attribute::new(ENTERPRISE, Kind::Object(OF_EMPLOYEES)),
    Attribute::new(
        GENESYS,
        Kind::Object(&[
            Attribute::new("routingSkills", Kind::List(ABILITIES)),
            Attribute::new("routingLanguages", Kind::List(ABILITIES)),
            Attribute::new(
                "externalIds",
                Kind::List(&[Attribute::text("authority"), Attribute::text("value")]),
            ),
        ]),
    ),
    META,
];

pub(super) const GROUP: &[Attribute] = &[
    Attribute::read_only("id", Kind::Text),
    Attribute::read_only("schemas", Kind::List(&[])),
    Attribute::required("displayName"),
    Attribute::text("externalId"),
    Attribute::new("members", Kind::List(VALUES)),
    META,
];

/// The attribute of that name in any case.
pub(super) fn find(all: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    all.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// The attributes that a path names from the outermost to the innermost, without its filter. `None` if there is no such
/// attribute.
pub(super) fn resolve(all: &'static [Attribute], path: &str) -> Option<Vec<&'static Attribute>> {
    // The name of a schema has dots of its own.
    for schema in CORE.into_iter().chain([ENTERPRISE, GENESYS]) {
        let Some(rest) = strip(path, schema) else { continue };
        let outer = find(all, schema);
        return match (outer, rest.strip_prefix(':')) {
            (Some(outer), None) if rest.is_empty() => Some(vec![outer]),
            (Some(outer), Some(rest)) => chain(outer.inner(), rest, vec![outer]),
            (None, Some(rest)) if CORE.contains(&schema) => chain(all, rest, Vec::new()),
            _ => None,
        };
    }
    chain(all, path, Vec::new())
}

fn chain(
    mut all: &'static [Attribute],
    path: &str,
    mut found: Vec<&'static Attribute>,
) -> Option<Vec<&'static Attribute>> {
    for name in path.split('.') {
        let attribute = find(all, name)?;
        found.push(attribute);
        all = attribute.inner();
    }
    Some(found)
}

/// What follows `start`, in any case, in `text`.
fn strip<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    text.get(..start.len()).filter(|head| head.eq_ignore_ascii_case(start)).map(|_| &text[start.len()..])
}

/// Refuses a value of another type than its attribute has: 400 `invalidValue`. Attributes that are unknown are ignored.
pub(super) fn check(all: &'static [Attribute], object: &Map<String, Value>) -> Result<(), ApiError> {
    let known = object.iter().filter_map(|(key, value)| Some((find(all, key)?, value)));
    known.filter(|(_, value)| !value.is_null()).try_for_each(|(attribute, value)| check_one(attribute, value))
}

fn check_one(attribute: &'static Attribute, value: &Value) -> Result<(), ApiError> {
    let wrong = |expected: &str| {
        ApiError::scim("invalidValue", format!("The attribute {} must be {expected}.", attribute.name))
    };
    match (attribute.kind, value) {
        (Kind::Text, Value::String(_))
        | (Kind::Flag, Value::Bool(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::List([]), Value::Array(_)) => Ok(()),
        (Kind::Text, _) => Err(wrong("a string")),
        (Kind::Flag, _) => Err(wrong("true or false")),
        (Kind::Number, _) => Err(wrong("a number")),
        (Kind::Object(inner), Value::Object(object)) => check(inner, object),
        (Kind::Object(_), _) => Err(wrong("an object")),
        (Kind::List(inner), Value::Array(items)) => items.iter().try_for_each(|item| match item {
            Value::Object(object) => check(inner, object),
            _ => Err(wrong("an array of objects")),
        }),
        (Kind::List(_), _) => Err(wrong("an array")),
    }
}
