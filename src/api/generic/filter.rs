//! Filters of a listing: each documented query parameter that is a property of its entities.

use serde_json::{Map, Value};

use super::GenericCall;

/// Parameters that say something else of a listing.
const OTHERS: [&str; 13] = [
    "pageSize",
    "pageNumber",
    "sortBy",
    "sortOrder",
    "expand",
    "after",
    "before",
    "limit",
    "name",
    "id",
    "divisionId",
    "description",
    "fields",
];

/// What an item must have.
struct Wanted {
    name: String,
    values: Vec<String>,
}

/// The filters of a call.
pub(super) struct Filters(Vec<Wanted>);

impl Filters {
    /// The filters that the query gives, and those that the path gives to a listing of another collection.
    pub(super) fn of(generic: &GenericCall<'_, '_>) -> Self {
        let call = generic.call;
        let named = generic.facts.query.iter().map(|parameter| &*parameter.name);
        let named = named.filter(|name| !OTHERS.contains(name));
        let asked = named.map(|name| Wanted { name: name.to_owned(), values: call.query_list(name) });
        let filters = asked.chain(of_path(generic)).filter(|wanted| !wanted.values.is_empty());
        Self(filters.collect())
    }

    /// The filters that the body of a query gives: `{"name": "name", "operator": "IN", "values": [...]}`.
    pub(super) fn and_of_body(mut self, body: Option<&Value>) -> Self {
        let given = body.and_then(|body| body.get("filters")?.as_array()).into_iter().flatten();
        let is_equal = |filter: &&Value| matches!(filter["operator"].as_str(), Some("EQ" | "EQUALS" | "IN"));
        let wanted = given.filter(is_equal).filter_map(|filter| {
            let values = filter["values"].as_array()?.iter().filter_map(text).collect();
            Some(Wanted { name: filter["name"].as_str()?.to_owned(), values })
        });
        self.0.extend(wanted.filter(|wanted: &Wanted| !wanted.values.is_empty()));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an item has what is wanted. A property that it lacks is not compared.
    pub(super) fn match_item(&self, item: &Map<String, Value>) -> bool {
        self.0.iter().all(|wanted| {
            let found = value(item, &wanted.name).and_then(text);
            found.is_none_or(|found| wanted.values.iter().any(|value| value.eq_ignore_ascii_case(&found)))
        })
    }
}

/// The parameters of the path that the collection of the call does not have.
fn of_path(generic: &GenericCall<'_, '_>) -> Vec<Wanted> {
    if *generic.collection == *generic.call.path || generic.facts.kept.is_none() {
        return Vec::new();
    }
    let kept = generic.facts.kept.as_deref().unwrap_or_default();
    let parameters = generic.template.split('/').zip(generic.call.path.split('/'));
    let parameters = parameters.filter(|(name, _)| name.starts_with('{') && !kept.contains(name));
    let wanted = parameters.map(|(name, value)| Wanted {
        name: name.trim_matches(['{', '}']).to_owned(),
        values: vec![value.to_owned()],
    });
    wanted.collect()
}

/// The property of that name, or the id of the entity that it names: `queueId` is `queue.id` as well.
fn value<'v>(item: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let nested = || item.get(name.strip_suffix("Id")?)?.get("id");
    item.get(name).or_else(nested)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(on) => Some(on.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
