//! SMS: addresses and phone numbers. A provisioned number is active at once.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::{self, required_text, text};
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::json::object;

const ADDRESSES: &str = "/api/v2/routing/sms/addresses";
const NUMBERS: &str = "/api/v2/routing/sms/phonenumbers";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(ADDRESSES, list_addresses),
        Route::post(ADDRESSES, create_address),
        Route::get("/api/v2/routing/sms/addresses/{addressId}", get_address),
        Route::delete("/api/v2/routing/sms/addresses/{addressId}", delete_address),
        Route::get("/api/v2/routing/sms/availablephonenumbers", list_available),
        Route::get(NUMBERS, list_numbers),
        Route::post(NUMBERS, provision),
        Route::post("/api/v2/routing/sms/phonenumbers/import", import),
        Route::get("/api/v2/routing/sms/phonenumbers/{phoneNumberId}", get_number),
        Route::patch("/api/v2/routing/sms/phonenumbers/{phoneNumberId}", update_number),
        Route::delete("/api/v2/routing/sms/phonenumbers/{phoneNumberId}", delete_number),
    ]
}

fn list_addresses(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::list(call, ADDRESSES)?)
}

fn create_address(call: &Call<'_>) -> Result<Reply, ApiError> {
    const FIELDS: [&str; 6] = ["name", "street", "city", "region", "postalCode", "countryCode"];
    let mut body = call.json_object()?;
    FIELDS.into_iter().try_for_each(|field| required_text(&body, field).map(drop))?;
    body.retain(|key, _| FIELDS.contains(&key.as_str()));
    body.insert("validated".to_owned(), json!(true));
    Reply::ok(&entity::create(call, ADDRESSES, body))
}

fn get_address(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::get(call, ADDRESSES, "address", &call.param("addressId")?)?)
}

fn delete_address(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, ADDRESSES, "address", &call.param("addressId")?)
}

/// The areas of available numbers: code, state and city. The first is that of a query that asks for none.
const AREAS: [[&str; 3]; 10] = [
    ["317", "IN", "Indianapolis"],
    ["206", "WA", "Seattle"],
    ["212", "NY", "New York"],
    ["213", "CA", "Los Angeles"],
    ["305", "FL", "Miami"],
    ["312", "IL", "Chicago"],
    ["404", "GA", "Atlanta"],
    ["602", "AZ", "Phoenix"],
    ["617", "MA", "Boston"],
    ["713", "TX", "Houston"],
];

/// What numbers need: none of them needs an address.
const REQUIREMENT: &str = "none";

fn list_available(call: &Call<'_>) -> Result<Reply, ApiError> {
    let required = |name: &'static str| {
        let missing = || ApiError::bad_request(format!("The query parameter {name} is required."));
        call.query_text(name).ok_or_else(missing)
    };
    let (country, kind) = (required("countryCode")?, required("phoneNumberType")?);
    let requirement = call.query_text("addressRequirement");
    let has_any = requirement.is_none_or(|wanted| wanted == "any" || wanted == REQUIREMENT);
    let Some([area, region, city]) = area(call).filter(|_| has_any) else {
        return Reply::ok(&json!({ "entities": [] }));
    };
    let write = |number: String| {
        let mut shown =
            object(json!({ "phoneNumber": number, "countryCode": country, "capabilities": ["sms"],
            "phoneNumberType": kind, "addressRequirement": REQUIREMENT }));
        let place = [("region", &region), ("city", &city)].into_iter().filter(|(_, name)| !name.is_empty());
        shown.extend(place.map(|(key, name)| (key.to_owned(), json!(name))));
        shown
    };
    Reply::ok(&json!({ "entities": free_numbers(call, &area).map(write).collect::<Vec<_>>() }))
}

/// The area that a query asks for. One by code alone may be any; by state and city it is one of [`AREAS`].
fn area(call: &Call<'_>) -> Option<[String; 3]> {
    let code = call.query_text("areaCode").filter(|area| area.bytes().all(|byte| byte.is_ascii_digit()));
    let is = |parameter: &str, value: &str| {
        call.query_text(parameter).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
    };
    let mut known = AREAS.iter().filter(|[of, ..]| code.as_ref().is_none_or(|code| code == of));
    let known = known.find(|[_, region, city]| is("region", region) && is("city", city));
    let other = code.filter(|_| is("region", "") && is("city", ""));
    let known = known.map(|area| area.map(str::to_owned));
    known.or_else(|| Some([other?.into_owned(), String::new(), String::new()]))
}

/// The first five numbers of the area that are free and have the digits of the pattern.
fn free_numbers(call: &Call<'_>, area: &str) -> impl Iterator<Item = String> {
    let pattern = call.query_text("pattern").unwrap_or_default();
    let organization = call.tenant().read();
    let numbers = organization.collections.list(NUMBERS);
    let taken: HashSet<String> = numbers.map(|entity| text(entity, "phoneNumber").to_owned()).collect();
    drop(organization);
    let all = (100..10_000).map(move |n| format!("+1{area}555{n:04}"));
    all.filter(move |number| !taken.contains(number) && has_digits(number, &pattern)).take(5)
}

/// Whether a number has digits in a row as the pattern, in which an asterisk is any digit.
fn has_digits(number: &str, pattern: &str) -> bool {
    let (digits, pattern) = (number.trim_start_matches('+').as_bytes(), pattern.as_bytes());
    let is_like = |part: &[u8]| part.iter().zip(pattern).all(|(digit, like)| *like == b'*' || digit == like);
    pattern.is_empty() || digits.windows(pattern.len()).any(is_like)
}

fn list_numbers(call: &Call<'_>) -> Result<Reply, ApiError> {
    let number = call.query_text("phoneNumber");
    let (kinds, statuses) = (call.query_list("phoneNumberType"), call.query_list("phoneNumberStatus"));
    let country = call.query_text("countryCode");
    let one_of = |wanted: &[String], value: &str| {
        wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
    };
    let wanted = |entity: &Map<String, Value>| {
        number.as_ref().is_none_or(|number| text(entity, "phoneNumber").contains(number.trim_matches('*')))
            && one_of(&kinds, text(entity, "phoneNumberType"))
            && one_of(&statuses, text(entity, "phoneNumberStatus"))
            && country.as_ref().is_none_or(|country| text(entity, "countryCode") == country)
            && ["integration", "supportedContent"].into_iter().all(|field| refers(call, entity, field))
    };
    Reply::ok(&entity::list_where(call, NUMBERS, wanted)?)
}

/// Whether a number refers to what the query names as `FIELD.id`.
fn refers(call: &Call<'_>, number: &Map<String, Value>, field: &str) -> bool {
    let wanted = call.query_text(&format!("{field}.id"));
    let id = number.get(field).and_then(|of| of.get("id")?.as_str());
    wanted.is_none_or(|wanted| id == Some(&*wanted))
}

fn provision(call: &Call<'_>) -> Result<Reply, ApiError> {
    create_number(call, true)
}

fn import(call: &Call<'_>) -> Result<Reply, ApiError> {
    create_number(call, false)
}

/// Adds a number. One that the organization has already is refused.
fn create_number(call: &Call<'_>, provisioned: bool) -> Result<Reply, ApiError> {
    const FIELDS: [&str; 6] =
        ["phoneNumber", "phoneNumberType", "countryCode", "name", "compliance", "supportedContent"];
    let mut body = call.json_object()?;
    for field in &FIELDS[..3] {
        required_text(&body, field)?;
    }
    let address = body.get("addressId").and_then(Value::as_str);
    let address = address.map(|id| {
        let found = call.tenant().read().collections.get(ADDRESSES, id).cloned();
        found.ok_or_else(|| ApiError::no_reference("addressId", "address", id))
    });
    let address = address.transpose()?;
    let number = text(&body, "phoneNumber").to_owned();
    let taken = |entity: &Map<String, Value>| text(entity, "phoneNumber") == number;
    if call.tenant().read().collections.list(NUMBERS).any(|entity| taken(entity)) {
        let why = format!("The phone number {number} is provisioned already.", number = quoted(&number));
        return Err(ApiError { code: "phone.number.duplicate".into(), ..ApiError::bad_request(why) });
    }
    body.retain(|key, _| FIELDS.contains(&key.as_str()));
    body.entry("name").or_insert_with(|| json!(number));
    if let Some(address) = address {
        body.insert("addressId".to_owned(), json!(address));
    }
    body.extend(stamps(call, provisioned));
    Reply::ok(&entity::create(call, NUMBERS, body))
}

/// What the platform sets of a new number.
fn stamps(call: &Call<'_>, provisioned: bool) -> Map<String, Value> {
    let now = rfc3339(call.now);
    object(json!({
        "provisionedThroughPureCloud": provisioned, "phoneNumberStatus": "ACTIVE",
        "capabilities": ["sms"], "dateCreated": now, "dateModified": now, "purchaseDate": now, "version": 1,
        "supportsSms": true, "supportsMms": false, "supportsVoice": false,
        "provisioningStatus": { "action": "Create", "state": "Completed", "version": 1 },
    }))
}

fn get_number(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::get(call, NUMBERS, "phone number", &call.param("phoneNumberId")?)?)
}

fn update_number(call: &Call<'_>) -> Result<Reply, ApiError> {
    let content = call.json_object()?.shift_remove("supportedContent");
    let id = call.param("phoneNumberId")?;
    let changed = entity::update(call, NUMBERS, "phone number", &id, |number| {
        let version = number.get("version").and_then(Value::as_u64).unwrap_or(1);
        number.insert("version".to_owned(), json!(version + 1));
        number.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
        if let Some(content) = content {
            number.insert("supportedContent".to_owned(), content);
        }
        Ok(())
    })?;
    Reply::ok(&changed)
}

fn delete_number(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, NUMBERS, "phone number", &call.param("phoneNumberId")?)?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
