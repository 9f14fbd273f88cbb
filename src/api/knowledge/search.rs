//! Search, suggestions and queries over the documents of a knowledge base.

use serde_json::{Map, Value, json};

use super::documents::{Document, label_ids, show_references, variations_of};
use super::{versions, words};
use crate::api::call::Call;
use crate::api::entity::{self, text};
use crate::api::json_entity::{Body, JsonEntity, answer, check_parents, path_of};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::paging::PageRequest;
use crate::wire::reply::Reply;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    let path = |name: &str| format!("{}/{name}", Document::PATH);
    vec![
        Route::post(&path("search"), search),
        Route::post(&path("search/suggestions"), suggest),
        Route::post(&path("query"), query),
        Route::post(&path("answers"), answers),
        Route::patch(&path("search/{searchId}"), register),
    ]
}

/// The default and the greatest number of results of a page. Assumed.
const PAGE: (u64, u64) = (5, 100);

/// The page that a body asks for.
fn page_of(body: &Body) -> Result<PageRequest, ApiError> {
    PageRequest::of_body_within(body, PAGE)
}

/// The documents that a body selects: those that were published as they were then, and drafts only where the body asks
/// for them.
fn select(call: &Call<'_>, organization: &Organization, body: &Body) -> Result<Vec<Body>, ApiError> {
    check_parents(call, organization, Document::PATH)?;
    let drafts = body.get("includeDraftDocuments") == Some(&Value::Bool(true));
    let path = path_of(call, Document::PATH)?;
    let all = organization.collections.list(&path).filter_map(|document| {
        let published = versions::published(call, organization, text(document, "id"));
        if drafts { Some(Map::clone(document)) } else { published }
    });
    Ok(all.filter(|document| matches_filter(document, body.get("filter"))).collect())
}

/// Whether a document passes the clauses of a filter.
fn matches_filter(document: &Body, filter: Option<&Value>) -> bool {
    let Some(filter) = filter else { return true };
    let clauses = filter["clauses"].as_array().map_or(&[][..], Vec::as_slice);
    let any = |parts: &[Value], is_or: bool, test: &dyn Fn(&Value) -> bool| {
        parts.is_empty() || if is_or { parts.iter().any(test) } else { parts.iter().all(test) }
    };
    let clause = |clause: &Value| {
        let predicates = clause["predicates"].as_array().map_or(&[][..], Vec::as_slice);
        any(predicates, clause["operator"] == "Or", &|predicate| matches_predicate(document, predicate))
    };
    any(clauses, filter["operator"] == "Or", &clause)
}

fn matches_predicate(document: &Body, predicate: &Value) -> bool {
    let list = |key: &str| predicate[key].as_array().map_or(&[][..], Vec::as_slice);
    let values = list("values");
    let is_wanted =
        |value: &str| values.iter().any(|of| of.as_str().is_some_and(|of| of.eq_ignore_ascii_case(value)));
    list("fields").iter().filter_map(Value::as_str).any(|field| match field {
        "categoryId" => is_wanted(text(document, "categoryId")),
        "labelId" => label_ids(document).any(is_wanted),
        "documentId" | "id" => is_wanted(text(document, "id")),
        field => is_wanted(text(document, field)),
    })
}

/// Everything that is searched in a document.
fn content(call: &Call<'_>, organization: &Organization, document: &Body) -> String {
    let mut content = text(document, "title").to_owned();
    for phrase in phrases(document) {
        content.push(' ');
        content.push_str(phrase);
    }
    for variation in organization.collections.list(&variations_of(call, text(document, "id"))) {
        add_texts(variation.get("body"), &mut content);
    }
    content
}

fn phrases(document: &Body) -> impl Iterator<Item = &str> {
    let alternatives = document.get("alternatives").and_then(Value::as_array).into_iter().flatten();
    alternatives.filter_map(|alternative| alternative.get("phrase")?.as_str())
}

/// Adds every `text` below a value.
fn add_texts(value: Option<&Value>, content: &mut String) {
    match value {
        Some(Value::Object(object)) => {
            for (key, value) in object {
                if let (true, Some(text)) = (key == "text", value.as_str()) {
                    content.push(' ');
                    content.push_str(text);
                }
                add_texts(Some(value), content);
            }
        }
        Some(Value::Array(items)) => items.iter().for_each(|item| add_texts(Some(item), content)),
        _ => {}
    }
}

/// `POST …/documents/search`: the documents with words of the query, the best first.
fn search(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (query, page) = (text(&body, "query"), page_of(&body)?);
    check_parents(call, &call.tenant().read(), Document::PATH)?;
    let asked = Map::from_iter([("query".to_owned(), json!(query))]);
    let stored = entity::create(call, &searches(call)?, asked);
    let organization = call.tenant().read();
    let threshold = body.get("confidenceThreshold").and_then(Value::as_f64).unwrap_or_default();
    let mut found: Vec<(f64, Body)> = select(call, &organization, &body)?
        .into_iter()
        .map(|document| (words::confidence(query, &content(call, &organization, &document)), document))
        .filter(|(confidence, _)| *confidence > 0.0 && *confidence >= threshold)
        .collect();
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let total = found.len() as u64;
    let results = found.into_iter().skip(page.offset()).take(page.most());
    let results = results.map(|(confidence, mut document)| {
        show_references(call, &organization, &mut document);
        json!({ "confidence": confidence, "document": document })
    });
    let mut shown = json!({
        "query": query,
        "searchId": stored.get("id"),
        "pageSize": page.size,
        "pageNumber": page.number,
        "total": total,
        "pageCount": total.div_ceil(page.size),
        "results": results.collect::<Vec<_>>(),
    });
    drop(organization);
    for key in ["queryType", "application"] {
        if let Some(value) = body.get(key) {
            shown[key] = value.clone();
        }
    }
    answer::reply(call, shown)
}

/// `POST …/search/suggestions`: titles and alternatives with words of the query.
fn suggest(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (query, page) = (text(&body, "query"), page_of(&body)?);
    let organization = call.tenant().read();
    let mut found = Vec::new();
    for mut document in select(call, &organization, &body)? {
        let all: Vec<String> =
            std::iter::once(text(&document, "title")).chain(phrases(&document)).map(str::to_owned).collect();
        show_references(call, &organization, &mut document);
        let matched = all.into_iter().filter(|phrase| words::confidence(query, phrase) > 0.0);
        found.extend(matched.map(|phrase| json!({ "matchedPhrase": phrase, "document": document })));
    }
    drop(organization);
    found.truncate(page.most());
    answer::reply(call, json!({ "query": query, "pageSize": page.size, "results": found }))
}

/// `POST …/documents/query`: the documents that a filter selects.
fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let page = page_of(&body)?;
    let organization = call.tenant().read();
    let mut all = select(call, &organization, &body)?;
    let key = match text(&body, "sortBy") {
        "DateCreated" => "dateCreated",
        _ => "dateModified",
    };
    all.sort_by_cached_key(|document| text(document, key).to_owned());
    if text(&body, "sortOrder") == "Desc" {
        all.reverse();
    }
    let total = all.len() as u64;
    let results = all.into_iter().skip(page.offset()).take(page.most());
    let results = results.map(|mut document| {
        show_references(call, &organization, &mut document);
        document.entry("variations").or_insert(json!([]));
        Value::Object(document)
    });
    let shown = json!({
        "pageSize": page.size,
        "pageNumber": page.number,
        "total": total,
        "pageCount": total.div_ceil(page.size),
        "results": results.collect::<Vec<_>>(),
    });
    drop(organization);
    answer::reply(call, shown)
}

/// `POST …/documents/answers`: no answer is generated here.
fn answers(call: &Call<'_>) -> Result<Reply, ApiError> {
    check_parents(call, &call.tenant().read(), Document::PATH)?;
    answer::reply(call, json!({ "results": [] }))
}

/// The collection of the searches of a base.
fn searches(call: &Call<'_>) -> Result<String, ApiError> {
    Ok(format!("{}/search", path_of(call, Document::PATH)?))
}

/// `PATCH …/search/{searchId}`: whether a search was answered.
fn register(call: &Call<'_>) -> Result<Reply, ApiError> {
    check_parents(call, &call.tenant().read(), Document::PATH)?;
    entity::get(call, &searches(call)?, "search", &call.param("searchId")?)?;
    answer::done(call)
}
