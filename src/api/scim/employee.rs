//! The enterprise extension of a user: fields of its profile, its division and its employer's information.

use serde_json::{Map, Value, json};

use crate::view::user::manager_of;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::authorization::{Division, home};
use crate::world::id::Id;
use crate::world::people::User;
use crate::world::table::Record;

/// The key of the stored employer's information, and what the extension calls its parts.
const EMPLOYER: &str = "employerInfo";
const OF_EMPLOYER: [(&str, &str); 2] = [("employeeNumber", "employeeId"), ("dateHire", "dateHire")];

/// The extension of a user.
pub(super) fn to_json(organization: &Organization, user: &User) -> Map<String, Value> {
    let division = user.division.unwrap_or_else(|| home(organization.id));
    let division = organization.authorization().divisions.get(division).map(|division| json!(division.name));
    let manager = manager_of(organization, user).map(|manager| manager.id);
    let manager = manager.map(|id| json!({ "value": id, "$ref": format!("/api/v2/scim/v2/users/{id}") }));
    let employer = |name: &str| user.extra.get(EMPLOYER)?.get(name).cloned();
    let of_employer = OF_EMPLOYER.map(|(attribute, name)| (attribute, employer(name)));
    let own =
        [("division", division), ("department", user.extra.get("department").cloned()), ("manager", manager)];
    let all = own.into_iter().chain(of_employer);
    all.filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

/// Gives a user what the extension says. What it lacks is taken away, except for the division.
pub(super) fn apply(
    organization: &Organization,
    user: &mut User,
    extension: Option<&Map<String, Value>>,
) -> Result<(), ApiError> {
    let none = Map::new();
    let extension = extension.unwrap_or(&none);
    let text = |key: &str| extension.get(key).and_then(Value::as_str);
    if let Some(name) = text("division") {
        user.division = Some(division(organization, name)?);
    }
    if let Some(date) = text("dateHire") {
        check_date(date)?;
    }
    let manager = extension.get("manager").and_then(|manager| manager.get("value")?.as_str());
    super::users::set_field(user, "department", text("department").map(Value::from));
    super::users::set_field(user, "manager", manager.map(Value::from));
    let mut employer = user.extra.get(EMPLOYER).and_then(Value::as_object).cloned().unwrap_or_default();
    for (attribute, name) in OF_EMPLOYER {
        match text(attribute) {
            Some(value) => drop(employer.insert(name.to_owned(), json!(value))),
            None => drop(employer.shift_remove(name)),
        }
    }
    super::users::set_field(user, EMPLOYER, (!employer.is_empty()).then(|| employer.into()));
    Ok(())
}

/// The division of that name or id.
fn division(organization: &Organization, text: &str) -> Result<Id<Division>, ApiError> {
    let divisions = &organization.authorization().divisions;
    let found = divisions.named(text).or_else(|| divisions.find(text)).map(Record::id);
    found.ok_or_else(|| ApiError::no_reference("division", "division", text).with_scim_type("invalidValue"))
}

fn check_date(text: &str) -> Result<(), ApiError> {
    match text.parse::<jiff::civil::Date>() {
        Ok(_) => Ok(()),
        Err(_) => {
            Err(ApiError::scim("invalidValue", "The attribute dateHire must be a date such as 2026-03-08."))
        }
    }
}
