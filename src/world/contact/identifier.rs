//! The identifiers of a contact: what a caller or a sender is recognized by.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The fields that hold phone numbers.
const PHONES: [&str; 4] = ["workPhone", "cellPhone", "homePhone", "otherPhone"];
/// The fields that hold addresses of emails.
const EMAILS: [&str; 3] = ["workEmail", "personalEmail", "otherEmail"];
/// The field of the identifiers that were claimed.
pub(crate) const CLAIMED: &str = "identifiers";

/// A type and a value, such as `Email` and an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identifier {
    /// The vendor's word.
    pub(crate) kind: String,
    /// In lower case. A phone number has no separators.
    pub(crate) value: String,
}

impl Identifier {
    pub(crate) fn new(kind: &str, value: &str) -> Self {
        let value = match kind {
            "Phone" => value.chars().filter(|sign| sign.is_ascii_digit() || *sign == '+').collect(),
            _ => value.to_lowercase(),
        };
        Self { kind: kind.to_owned(), value }
    }

    /// The identifier of an object with `type` and `value`.
    pub(crate) fn read(object: &Value) -> Option<Self> {
        Some(Self::new(object.get("type")?.as_str()?, object.get("value")?.as_str()?))
    }
}

/// The text of a phone number: its international form, else as it was written.
pub(crate) fn number_of(phone: &Value) -> Option<&str> {
    ["e164", "userInput", "display"].iter().find_map(|key| phone.get(*key)?.as_str())
}

/// The identifiers of a contact's or an organization's fields, each once.
pub(crate) fn identifiers_of(fields: &Map<String, Value>) -> Vec<Identifier> {
    let phones = PHONES.iter().filter_map(|field| number_of(fields.get(*field)?));
    let phones = phones.map(|number| Identifier::new("Phone", number));
    let emails = EMAILS.iter().filter_map(|field| fields.get(*field)?.as_str());
    let emails = emails.map(|address| Identifier::new("Email", address));
    let list = |field: &str| fields.get(field).and_then(Value::as_array).into_iter().flatten();
    let external = list("externalIds").filter_map(|id| id.get("value")?.as_str());
    let external = external.map(|id| Identifier::new("ExternalId", id));
    let claimed = list(CLAIMED).filter_map(Identifier::read);
    let mut all: Vec<Identifier> = Vec::new();
    for identifier in phones.chain(emails).chain(external).chain(claimed) {
        if !identifier.value.is_empty() && !all.contains(&identifier) {
            all.push(identifier);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn phones_and_emails_identify_a_contact_once_however_they_are_written() {
        let fields = json!({
            "workPhone": { "display": "+1 (317) 555-0101" }, "cellPhone": { "e164": "+13175550101" },
            "workEmail": "Ada@Example.org", "identifiers": [{ "type": "Email", "value": "ada@example.org" }],
            "externalIds": [{ "externalSource": { "id": "x" }, "value": "A-1" }],
        });
        let all = identifiers_of(fields.as_object().expect("an object"));
        let all: Vec<_> = all.iter().map(|one| (&*one.kind, &*one.value)).collect();
        assert_eq!(all, [("Phone", "+13175550101"), ("Email", "ada@example.org"), ("ExternalId", "a-1")]);
    }
}
