//! `users/search`: the vendor's search language, over the fields that users have here.
//!
//! Operators join the criteria from left to right; a group is one criterion. Text is compared without case. Ranges
//! and regular expressions are refused.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::paging::PageRequest;
use crate::wire::reply::Reply;
use crate::world::people::User;

/// The supported types of criteria.
const TYPES: &str = "EXACT, STARTS_WITH, CONTAINS, TERM, TERMS, REQUIRED_FIELDS, MATCH_ALL, QUERY_STRING";

/// The most fields, values and criteria of a search. Each is compared with each user.
const MAX_TERMS: usize = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Request {
    sort_order: Option<String>,
    sort_by: Option<String>,
    page_size: Option<u64>,
    page_number: Option<u64>,
    expand: Vec<String>,
    query: Vec<Criterion>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Criterion {
    values: Vec<String>,
    value: Option<String>,
    operator: Option<String>,
    group: Vec<Self>,
    fields: Vec<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(super) fn search_by_body(call: &Call<'_>) -> Result<Reply, ApiError> {
    search(call, &call.json_object()?.into())
}

pub(super) fn search_by_query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let unreadable = || ApiError::bad_request("The parameter q64 must be a search in Base64.");
    let q64 = call.query("q64").ok_or_else(unreadable)?;
    let plain = q64.trim_end_matches('=').replace(['+', ' '], "-").replace('/', "_");
    let json = BASE64_URL_SAFE_NO_PAD.decode(plain).map_err(|_| unreadable())?;
    let body: Map<String, Value> = serde_json::from_slice(&json).map_err(|_| unreadable())?;
    search(call, &body.into())
}

fn search(call: &Call<'_>, body: &Value) -> Result<Reply, ApiError> {
    let request: Request = Request::deserialize(body)
        .map_err(|error| ApiError::bad_request(format!("The search is not understood: {error}")))?;
    request.query.iter().try_for_each(check)?;
    if count_terms(&request.query) > MAX_TERMS {
        return Err(ApiError::bad_request(format!("A search has at most {MAX_TERMS} fields and values.")));
    }
    let page = PageRequest::parse(|name| match name {
        "pageSize" => request.page_size.map(|size| size.to_string().into()),
        _ => request.page_number.map(|number| number.to_string().into()),
    })?;
    let (users, total) = select_users(call, &request, page);
    let results: Vec<_> =
        users.iter().map(|user| user::to_json(call.tenant(), user, &request.expand)).collect();
    let pages = (total as u64).div_ceil(page.size);
    let mut answer = json!({
        "total": total,
        "pageCount": pages,
        "pageSize": page.size,
        "pageNumber": page.number,
        "currentPage": page_uri(body, page.number),
        "types": ["users"],
        "results": results,
    });
    if page.number > 1 {
        answer["previousPage"] = json!(page_uri(body, page.number - 1));
    }
    if page.number < pages {
        answer["nextPage"] = json!(page_uri(body, page.number + 1));
    }
    Reply::ok(&answer)
}

/// The address of another page of the search.
fn page_uri(body: &Value, page: u64) -> String {
    let mut body = body.clone();
    body["pageNumber"] = json!(page);
    let q64 = BASE64_STANDARD.encode(body.to_string());
    let mut uri = form_urlencoded::Serializer::new(String::from("/api/v2/users/search?"));
    uri.append_pair("q64", &q64).finish()
}

fn select_users(call: &Call<'_>, request: &Request, page: PageRequest) -> (Vec<User>, usize) {
    let organization = call.tenant().read();
    let by_state =
        request.query.iter().any(|criterion| criterion.fields.iter().any(|field| field == "state"));
    let exists = |user: &&User| by_state || user.exists();
    let mut users: Vec<&User> =
        organization.people().iter().filter(exists).filter(|user| all_match(&request.query, user)).collect();
    if let Some(field) = &request.sort_by {
        users.sort_by_cached_key(|user| text(user, field).map(|text| text.to_lowercase()));
    }
    if request.sort_order.as_deref().is_some_and(|order| order.eq_ignore_ascii_case("DESC")) {
        users.reverse();
    }
    let on_page = users.iter().skip(page.offset()).take(page.most()).map(|user| User::clone(user));
    (on_page.collect(), users.len())
}

fn count_terms(criteria: &[Criterion]) -> usize {
    let own = |criterion: &Criterion| 1 + criterion.fields.len() + criterion.values.len();
    criteria.iter().map(|criterion| own(criterion) + count_terms(&criterion.group)).sum()
}

/// Refuses criteria that gcmock does not support.
fn check(criterion: &Criterion) -> Result<(), ApiError> {
    criterion.group.iter().try_for_each(check)?;
    match criterion.kind.as_deref() {
        None if !criterion.group.is_empty() => {}
        None => return Err(ApiError::bad_request("Each criterion of the query needs a type.")),
        Some(kind) if TYPES.split(", ").any(|known| known == kind) => {}
        Some(kind) => return Err(ApiError::invalid_value("type", kind, TYPES)),
    }
    match criterion.operator.as_deref() {
        None | Some("AND" | "OR" | "NOT") => Ok(()),
        Some(other) => Err(ApiError::invalid_value("operator", other, "AND, OR, NOT")),
    }
}

fn all_match(criteria: &[Criterion], user: &User) -> bool {
    let joined = criteria.iter().fold(None, |before: Option<bool>, criterion| {
        let this = matches(criterion, user);
        Some(match (before, criterion.operator.as_deref()) {
            (before, Some("NOT")) => before.unwrap_or(true) && !this,
            (Some(before), Some("OR")) => before || this,
            (before, _) => before.unwrap_or(true) && this,
        })
    });
    joined.unwrap_or(true)
}

fn matches(criterion: &Criterion, user: &User) -> bool {
    let group = all_match(&criterion.group, user);
    match criterion.kind.as_deref() {
        None | Some("MATCH_ALL") => group,
        Some(kind) => group && matches_text(criterion, kind, user),
    }
}

fn matches_text(criterion: &Criterion, kind: &str, user: &User) -> bool {
    const DEFAULT: [&str; 4] = ["name", "email", "title", "department"];
    let named: Vec<&str> = criterion.fields.iter().map(String::as_str).collect();
    let fields = if named.is_empty() { DEFAULT.to_vec() } else { named };
    let mut texts = fields.iter().filter_map(|field| text(user, field)).map(|text| text.to_lowercase());
    if kind == "REQUIRED_FIELDS" {
        return texts.count() == fields.len();
    }
    let wanted: Vec<String> =
        criterion.value.iter().chain(&criterion.values).map(|value| value.to_lowercase()).collect();
    texts.any(|text| wanted.iter().any(|wanted| fits(kind, &text, wanted)))
}

fn fits(kind: &str, text: &str, wanted: &str) -> bool {
    match kind {
        "EXACT" => text == wanted,
        "STARTS_WITH" => {
            text.starts_with(wanted) || text.split_whitespace().any(|word| word.starts_with(wanted))
        }
        "TERM" | "TERMS" => text == wanted || text.split_whitespace().any(|word| word == wanted),
        "QUERY_STRING" => text.contains(wanted.trim_matches('*')),
        _ => text.contains(wanted),
    }
}

/// A field that can be searched.
fn text(user: &User, field: &str) -> Option<String> {
    match field {
        "id" | "guid" => Some(user.id.to_string()),
        "name" => Some(user.name.clone()),
        "email" => Some(user.email.clone()),
        "state" => Some(user.state.name().to_owned()),
        "username" if !user.extra.contains_key(field) => Some(user.email.clone()),
        _ => user.extra.get(field).and_then(Value::as_str).map(str::to_owned),
    }
}
