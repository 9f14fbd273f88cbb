//! The owners of telephone numbers and extensions: computed from what has an address.

use std::collections::HashMap;

use serde_json::Value;

use super::number::{DidPool, ExtensionPool, Pool};
use crate::world::Organization;
use crate::world::architect::IVRS;

/// What owns a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The vendor's name of the kind of owner.
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) name: String,
    /// The address of the owner.
    pub(crate) uri: String,
}

/// The owners by the digits of their numbers. A number that several things have belongs to the first.
#[derive(Debug, Default)]
pub(crate) struct Owners {
    /// Of telephone numbers.
    pub(crate) numbers: HashMap<String, Owner>,
    /// Of extensions.
    pub(crate) extensions: HashMap<String, Owner>,
}

impl Owners {
    /// The owners of an organization: users and groups by their addresses, IVRs by the numbers that lead to them, and
    /// phones by the addresses of their lines.
    pub(crate) fn of(organization: &Organization) -> Self {
        let mut owners = Self::default();
        owners.add_users(organization);
        owners.add_ivrs(organization);
        owners.add_phones(organization);
        owners
    }

    fn add_users(&mut self, organization: &Organization) {
        for user in organization.people().iter().filter(|user| user.exists()) {
            if let Some(addresses) = user.extra.get("addresses") {
                let owner = owner("USER", &user.id, &user.name, "/api/v2/users");
                self.add_addresses(addresses, &owner);
            }
        }
        for group in organization.directory().groups.iter() {
            if let Some(addresses) = group.extra.get("addresses") {
                self.add_addresses(addresses, &owner("GROUP", &group.id(), &group.name, "/api/v2/groups"));
            }
        }
    }

    fn add_ivrs(&mut self, organization: &Organization) {
        for ivr in organization.collections.list(IVRS) {
            let text = |key: &str| ivr.get(key).and_then(Value::as_str).unwrap_or_default();
            let owner = owner("IVR_CONFIG", &text("id"), text("name"), IVRS);
            let numbers = ivr.get("dnis").and_then(Value::as_array).into_iter().flatten();
            numbers.filter_map(Value::as_str).for_each(|number| self.add(number, &owner));
        }
    }

    fn add_phones(&mut self, organization: &Organization) {
        let telephony = organization.telephony();
        for line in telephony.lines.iter() {
            if let Some((address, phone)) = line.address().zip(telephony.phone_of(line.id())) {
                let uri = phone.uri();
                self.add(address, &Owner { uri, ..owner("PHONE", &phone.id(), &phone.name, "") });
            }
        }
    }

    /// Adds the addresses of a user or group.
    fn add_addresses(&mut self, addresses: &Value, owner: &Owner) {
        for address in addresses.as_array().into_iter().flatten() {
            for key in ["address", "number", "extension"] {
                if let Some(number) = address.get(key).and_then(Value::as_str) {
                    self.add(number, owner);
                }
            }
        }
    }

    fn add(&mut self, number: &str, owner: &Owner) {
        if let Some(digits) = DidPool::digits(number) {
            self.numbers.entry(digits.to_owned()).or_insert_with(|| owner.clone());
        } else if let Some(digits) = ExtensionPool::digits(number) {
            self.extensions.entry(digits.to_owned()).or_insert_with(|| owner.clone());
        }
    }
}

fn owner(kind: &'static str, id: &impl ToString, name: &str, collection: &str) -> Owner {
    let id = id.to_string();
    Owner { kind, uri: format!("{collection}/{id}"), id, name: name.to_owned() }
}
