//! The phone numbers of a user. Those of a type that the users API has too are among the addresses of the user, the others
//! are kept for SCIM alone.

use serde_json::{Map, Value, json};

use super::users::set_field;
use crate::world::people::User;

/// The types that both have. The users API has them in capitals.
const TYPES: [&str; 7] = ["work", "work2", "work3", "work4", "home", "mobile", "other"];
/// The keys of the stored addresses, of the numbers of other types, and of the primary number.
const ADDRESSES: &str = "addresses";
const OTHERS: &str = "scimPhoneNumbers";
const PRIMARY: &str = "scimPrimaryNumber";

type Body = Map<String, Value>;

/// The numbers. `None` where there are none.
pub(super) fn to_json(user: &User) -> Option<Value> {
    let numbers = list(user, ADDRESSES).filter_map(|one| Some((one.get("address")?, shared_type(one)?)));
    let primary = user.extra.get(PRIMARY);
    let numbers = numbers.map(|(address, kind)| {
        let mut number = json!({ "value": address, "type": kind });
        if primary == Some(address) {
            number["primary"] = json!(true);
        }
        number
    });
    let all: Vec<Value> = numbers.chain(list(user, OTHERS).cloned()).collect();
    (!all.is_empty()).then(|| all.into())
}

fn list<'u>(user: &'u User, key: &str) -> impl Iterator<Item = &'u Value> + use<'u> {
    user.extra.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The type that SCIM has for an address, if it is a phone number of such a type.
fn shared_type(address: &Value) -> Option<&'static str> {
    let kind = address.get("type").and_then(Value::as_str)?;
    let is_phone = address.get("mediaType").and_then(Value::as_str) == Some("PHONE");
    TYPES.into_iter().find(|known| is_phone && known.eq_ignore_ascii_case(kind))
}

/// Gives a user these numbers in place of those that it has.
pub(super) fn apply(user: &mut User, numbers: Option<&Value>) {
    if to_json(user).as_ref() == numbers {
        return;
    }
    let numbers: Vec<&Value> = numbers.and_then(Value::as_array).into_iter().flatten().collect();
    let is_primary = |number: &&&Value| number.get("primary") == Some(&Value::Bool(true));
    let primary = numbers.iter().find(is_primary).and_then(|number| number.get("value").cloned());
    let mut addresses: Vec<Value> =
        list(user, ADDRESSES).filter(|one| shared_type(one).is_none()).cloned().collect();
    let mut others = Vec::new();
    for number in numbers {
        match address_of(user, number) {
            Some(address) => addresses.push(address),
            None => others.push(number.clone()),
        }
    }
    set_field(user, ADDRESSES, (!addresses.is_empty()).then(|| addresses.into()));
    set_field(user, OTHERS, (!others.is_empty()).then(|| others.into()));
    set_field(user, PRIMARY, primary);
}

/// The address of a number; the one that the user has already with all that it says.
fn address_of(user: &User, number: &Value) -> Option<Value> {
    let (kind, value) = (number.get("type")?.as_str()?, number.get("value")?.as_str()?);
    let kind = TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(kind))?;
    let is_same = |one: &&Value| shared_type(one) == Some(kind) && one["address"] == value;
    let known = list(user, ADDRESSES).find(is_same).cloned();
    let new = || {
        let parts = [("address", value), ("mediaType", "PHONE"), ("type", &kind.to_uppercase())];
        Body::from_iter(parts.map(|(key, part)| (key.to_owned(), json!(part)))).into()
    };
    Some(known.unwrap_or_else(new))
}
