//! `/search`: one search over several kinds of entities, and `/search/suggest`, which answers as it does.

use serde_json::{Map, Value};

use super::call::Call;
use super::entity;
use super::record::Resource;
use super::route::Route;
use super::search::{Search, answer, decode, texts_at};
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::directory::{DirectoryGroup, Location, Team};
use crate::world::routing::Queue;

type Body = Map<String, Value>;

/// The path of the search.
const PATH: &str = "/api/v2/search";
/// The field that stands for all of an entity.
const ALL_FIELDS: &str = "ALL_FIELDS";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(PATH, by_query),
        Route::post(PATH, by_body),
        Route::get(SUGGEST, |call| suggest(call, decode(call)?)),
        Route::post(SUGGEST, |call| suggest(call, call.json_object()?.into())),
    ]
}

/// The path of suggestions.
const SUGGEST: &str = "/api/v2/search/suggest";

/// Suggests entities. The criteria of suggestions have no types: a part of a text is enough (assumed).
fn suggest(call: &Call<'_>, mut body: Value) -> Result<Reply, ApiError> {
    fn complete(criteria: &mut Value) {
        for criterion in criteria.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            match criterion.get_mut("group") {
                Some(group) => complete(group),
                None => drop(criterion.entry("type").or_insert("CONTAINS".into())),
            }
        }
    }
    if let Some(criteria) = body.get_mut("query") {
        complete(criteria);
    }
    search_at(call, SUGGEST, &body)
}

fn by_body(call: &Call<'_>) -> Result<Reply, ApiError> {
    search(call, &call.json_object()?.into())
}

fn by_query(call: &Call<'_>) -> Result<Reply, ApiError> {
    search(call, &decode(call)?)
}

fn search(call: &Call<'_>, body: &Value) -> Result<Reply, ApiError> {
    search_at(call, PATH, body)
}

fn search_at(call: &Call<'_>, path: &'static str, body: &Value) -> Result<Reply, ApiError> {
    let search = Search::read_any(body)?;
    let page = search.page;
    let texts = |key: &str| body.as_object().map(|body| entity::texts(body, key)).unwrap_or_default();
    let (types, fields) = (texts("types"), texts("returnFields"));
    let organization = call.tenant().read();
    let all = types.iter().flat_map(|kind| entities(&organization, kind, &search.expand));
    let all: Vec<Body> = all.collect();
    let found = search.select(all.iter(), &|entity, field| texts_at(entity, field));
    let on_page = found.iter().skip(page.offset()).take(page.most());
    let results = on_page.map(|entity| returned(entity, &fields)).collect();
    answer(path, body, (results, found.len()), page, &types)
}

/// The entities of a type. Types that gcmock does not have have none.
fn entities(organization: &Organization, kind: &str, expand: &[String]) -> Vec<Body> {
    match kind {
        "users" => {
            let users = organization.people().iter().filter(|user| user.exists());
            user::page(organization, users, expand)
        }
        "groups" => of_table::<DirectoryGroup>(organization),
        "teams" => of_table::<Team>(organization),
        "locations" => of_table::<Location>(organization),
        "queues" => of_table::<Queue>(organization),
        _ => Vec::new(),
    }
}

fn of_table<K: Resource>(organization: &Organization) -> Vec<Body> {
    K::table(organization).iter().map(|record| K::to_json(organization, record)).collect()
}

/// The fields of an entity that are asked for, and its id.
fn returned(entity: &Body, fields: &[&str]) -> Body {
    let is_asked = |key: &str| fields.is_empty() || key == "id" || fields.contains(&key);
    let all = fields.contains(&ALL_FIELDS);
    let kept = entity.iter().filter(|(key, _)| all || is_asked(key));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}
