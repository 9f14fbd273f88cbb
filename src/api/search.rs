//! The vendor's search language: users, groups, teams and locations.
//!
//! Operators join the criteria from left to right; a group is one criterion. Text is compared without case. Ranges compare
//! as numbers where both sides are numbers, else as text, which orders dates as well.

use std::collections::HashSet;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::record::Resource;
use super::regex;
use crate::rules::value_mistake;
use crate::wire::error::ApiError;
use crate::wire::paging::{PageRequest, written};
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::table::Record;

/// The types of criteria.
const TYPES: &str = "EXACT, STARTS_WITH, CONTAINS, REGEX, TERM, TERMS, REQUIRED_FIELDS, MATCH_ALL, QUERY_STRING, \
                     RANGE, LESS_THAN, LESS_THAN_EQUAL_TO, GREATER_THAN, GREATER_THAN_EQUAL_TO";

/// The most fields, values and criteria of a search. Each is compared with each entity.
const MAX_TERMS: usize = 200;

/// A search.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Search {
    sort_order: Option<String>,
    sort_by: Option<String>,
    /// The page that it asks for.
    #[serde(skip)]
    pub(crate) page: PageRequest,
    /// The names of the properties that are expanded.
    pub(crate) expand: Vec<String>,
    query: Vec<Criterion>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Criterion {
    values: Vec<String>,
    value: Option<String>,
    start_value: Option<String>,
    end_value: Option<String>,
    operator: Option<String>,
    group: Vec<Self>,
    fields: Vec<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Gives the texts of a field of an entity: none where the entity lacks the field, several where it has a list.
pub(crate) type FieldTexts<'a, T> = &'a dyn Fn(&T, &str) -> Vec<String>;

impl Search {
    /// Reads and checks a search.
    pub(crate) fn read(body: &Value) -> Result<Self, ApiError> {
        let mut search = Self::deserialize(body).map_err(|error| {
            ApiError::bad_request(format!(
                "The search is not understood: {error}",
                error = quoted(&value_mistake::<Self>(body, &error))
            ))
        })?;
        search.page = PageRequest::parse(|name| written(body.get(name)))?;
        let mut known = HashSet::new();
        search.expand.retain(|name| known.insert(name.clone()));
        search.query.iter().try_for_each(check)?;
        if count_terms(&search.query) > MAX_TERMS {
            return Err(ApiError::bad_request(format!(
                "A search has at most {MAX_TERMS} fields and values."
            )));
        }
        Ok(search)
    }

    /// Reads a search of several kinds of things, whose criteria have words of their own for the same types.
    pub(crate) fn read_any(body: &Value) -> Result<Self, ApiError> {
        let mut body = body.clone();
        if let Some(query) = body.get_mut("query") {
            translate(query);
        }
        Self::read(&body)
    }

    /// Whether a criterion is about `field`.
    pub(crate) fn names(&self, field: &str) -> bool {
        self.query.iter().any(|criterion| criterion.fields.iter().any(|name| name == field))
    }

    /// The entities that match, in the order that the search asks for.
    pub(crate) fn select<'t, T>(
        &self,
        all: impl Iterator<Item = &'t T>,
        texts: FieldTexts<'_, T>,
    ) -> Vec<&'t T> {
        let mut found: Vec<&T> =
            all.filter(|entity| all_match(&self.query, &|field| texts(entity, field))).collect();
        if let Some(field) = &self.sort_by {
            found.sort_by_cached_key(|entity| texts(entity, field).first().map(|text| text.to_lowercase()));
        }
        if self.sort_order.as_deref().is_some_and(|order| order.eq_ignore_ascii_case("DESC")) {
            found.reverse();
        }
        found
    }
}

/// The search of the query parameter `q64`.
pub(crate) fn decode(call: &Call<'_>) -> Result<Value, ApiError> {
    let unreadable = || ApiError::bad_request("The parameter q64 must be a search in Base64.");
    let q64 = call.query("q64").ok_or_else(unreadable)?;
    let plain = q64.trim_end_matches('=').replace(['+', ' '], "-").replace('/', "_");
    let json = BASE64_URL_SAFE_NO_PAD.decode(plain).map_err(|_| unreadable())?;
    let body: Map<String, Value> = serde_json::from_slice(&json).map_err(|_| unreadable())?;
    Ok(body.into())
}

/// The answer to a search at `path`.
pub(crate) fn answer(
    path: &str,
    body: &Value,
    (results, total): (Vec<Map<String, Value>>, usize),
    page: PageRequest,
    kinds: &[&str],
) -> Result<Reply, ApiError> {
    let pages = (total as u64).div_ceil(page.size);
    let mut answer = json!({
        "total": total,
        "pageCount": pages,
        "pageSize": page.size,
        "pageNumber": page.number,
        "currentPage": page_uri(path, body, page.number),
        "types": kinds,
        "results": results,
    });
    if page.number > 1 {
        answer["previousPage"] = json!(page_uri(path, body, page.number - 1));
    }
    if page.number < pages {
        answer["nextPage"] = json!(page_uri(path, body, page.number + 1));
    }
    Reply::ok(&answer)
}

/// The address of another page of the search.
fn page_uri(path: &str, body: &Value, page: u64) -> String {
    let mut body = body.clone();
    body["pageNumber"] = json!(page);
    let q64 = BASE64_STANDARD.encode(body.to_string());
    let mut uri = form_urlencoded::Serializer::new(format!("{path}?"));
    uri.append_pair("q64", &q64).finish()
}

/// A kind of named entity that can be searched.
pub(crate) trait Searchable: Resource {
    /// The vendor's word for the kind in an answer.
    const TYPE: &'static str;

    /// A field of its own.
    fn text(record: &Record<Self>, field: &str) -> Option<String>;
}

pub(crate) fn by_body<K: Searchable>(call: &Call<'_>) -> Result<Reply, ApiError> {
    search::<K>(call, &call.json_object()?.into())
}

pub(crate) fn by_query<K: Searchable>(call: &Call<'_>) -> Result<Reply, ApiError> {
    search::<K>(call, &decode(call)?)
}

fn search<K: Searchable>(call: &Call<'_>, body: &Value) -> Result<Reply, ApiError> {
    let search = Search::read(body)?;
    let page = search.page;
    let organization: &Organization = &call.tenant().read();
    let text = |record: &Record<K>, field: &str| match field {
        "id" | "guid" => Some(record.id().to_string()),
        "name" => Some(record.name.clone()),
        "state" if !record.extra.contains_key(field) => Some("active".to_owned()),
        _ => K::text(record, field),
    };
    let texts = |record: &Record<K>, field: &str| text(record, field).into_iter().collect();
    let found = search.select(K::table(organization).iter(), &texts);
    let on_page = found.iter().skip(page.offset()).take(page.most());
    let results = on_page.map(|record| K::to_json(organization, record)).collect();
    answer(&format!("{}/search", K::PATH), body, (results, found.len()), page, &[K::TYPE])
}

/// Replaces the words that only searches of several kinds have.
fn translate(criteria: &mut Value) {
    for criterion in criteria.as_array_mut().into_iter().flatten() {
        let kind = match criterion.get("type").and_then(Value::as_str) {
            // Assumed: the document does not require the type.
            None if criterion.get("group").is_none() => "EXACT",
            Some("DATE_RANGE") => "RANGE",
            Some("SIMPLE" | "PHRASE" | "EXACT_PHRASE") => "CONTAINS",
            _ => "",
        };
        let Some(criterion) = criterion.as_object_mut() else { continue };
        if !kind.is_empty() {
            criterion.insert("type".to_owned(), json!(kind));
        }
        if let Some(group) = criterion.get_mut("group") {
            translate(group);
        }
    }
}

/// The texts of an entity at a path of names, such as `division.id`. An object at its end stands for what names it.
pub(crate) fn texts_at(entity: &Map<String, Value>, path: &str) -> Vec<String> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let mut found = Vec::new();
    collect(entity.get(first).unwrap_or(&Value::Null), rest, &mut found);
    found
}

fn collect(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, found)),
        Value::Object(object) if path.is_empty() => {
            let names = ["id", "name", "address"].into_iter().filter_map(|key| object.get(key));
            names.for_each(|name| collect(name, "", found));
        }
        Value::Object(object) => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            object.get(first).into_iter().for_each(|value| collect(value, rest, found));
        }
        _ if !path.is_empty() => {}
        Value::String(text) => found.push(text.clone()),
        other => found.push(other.to_string()),
    }
}

fn count_terms(criteria: &[Criterion]) -> usize {
    let own = |criterion: &Criterion| 1 + criterion.fields.len() + criterion.values.len();
    criteria.iter().map(|criterion| own(criterion) + count_terms(&criterion.group)).sum()
}

/// Refuses criteria that the vendor's language does not have.
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

/// The texts of a field of the entity that is compared.
type Field<'a> = &'a dyn Fn(&str) -> Vec<String>;

fn all_match(criteria: &[Criterion], field: Field<'_>) -> bool {
    let joined = criteria.iter().fold(None, |before: Option<bool>, criterion| {
        let this = matches(criterion, field);
        Some(match (before, criterion.operator.as_deref()) {
            (before, Some("NOT")) => before.unwrap_or(true) && !this,
            (Some(before), Some("OR")) => before || this,
            (before, _) => before.unwrap_or(true) && this,
        })
    });
    joined.unwrap_or(true)
}

fn matches(criterion: &Criterion, field: Field<'_>) -> bool {
    let group = all_match(&criterion.group, field);
    match criterion.kind.as_deref() {
        None | Some("MATCH_ALL") => group,
        Some(kind) => group && matches_text(criterion, kind, field),
    }
}

fn matches_text(criterion: &Criterion, kind: &str, field: Field<'_>) -> bool {
    const DEFAULT: [&str; 4] = ["name", "email", "title", "department"];
    let named: Vec<&str> = criterion.fields.iter().map(String::as_str).collect();
    let fields = if named.is_empty() { DEFAULT.to_vec() } else { named };
    if kind == "REQUIRED_FIELDS" {
        return fields.iter().all(|name| !field(name).is_empty());
    }
    let mut texts = fields.iter().flat_map(|name| field(name)).map(|text| text.to_lowercase());
    if matches!(kind, "RANGE" | "LESS_THAN" | "LESS_THAN_EQUAL_TO" | "GREATER_THAN" | "GREATER_THAN_EQUAL_TO")
    {
        return texts.any(|text| is_in_range(criterion, kind, &text));
    }
    let wanted: Vec<String> =
        criterion.value.iter().chain(&criterion.values).map(|value| value.to_lowercase()).collect();
    texts.any(|text| wanted.iter().any(|wanted| fits(kind, &text, wanted)))
}

/// Whether a text is within the bounds of a criterion. A bound that is missing does not restrict.
fn is_in_range(criterion: &Criterion, kind: &str, text: &str) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let compare = |bound: &Option<String>| bound.as_ref().map(|bound| order(text, &bound.to_lowercase()));
    let value = compare(&criterion.value);
    match kind {
        "LESS_THAN" => value == Some(Less),
        "LESS_THAN_EQUAL_TO" => matches!(value, Some(Less | Equal)),
        "GREATER_THAN" => value == Some(Greater),
        "GREATER_THAN_EQUAL_TO" => matches!(value, Some(Greater | Equal)),
        _ => compare(&criterion.start_value) != Some(Less) && compare(&criterion.end_value) != Some(Greater),
    }
}

fn order(a: &str, b: &str) -> std::cmp::Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

fn fits(kind: &str, text: &str, wanted: &str) -> bool {
    match kind {
        "EXACT" => text == wanted,
        "STARTS_WITH" => {
            text.starts_with(wanted) || text.split_whitespace().any(|word| word.starts_with(wanted))
        }
        "TERM" | "TERMS" => text == wanted || text.split_whitespace().any(|word| word == wanted),
        "QUERY_STRING" => text.contains(wanted.trim_matches('*')),
        "REGEX" => regex::is_match(wanted, text),
        _ => text.contains(wanted),
    }
}
