//! Shared handlers of entities that are kept as JSON below the entity that has them, such as the categories of a
//! knowledge base: list, get, create, update, replace, delete.
//!
//! A family implements [`JsonEntity`] for its kind and puts `json_entity::list::<Kind>` and so on into its routes. The
//! trait has what differs: what a body refers to, what the server sets, what is computed when an entity is shown.
//! `answer` gives every answer its documented shape. `job` tells the state of jobs.

pub(crate) mod answer;
pub(crate) mod job;
mod kind;
mod routes;
mod version;

use http::StatusCode;
use serde_json::{Map, Value, json};

use self::kind::JsonKind;
pub(crate) use self::routes::{routes, routes_with_put, routes_without};
pub(crate) use self::version::Version;
use super::call::Call;
use super::entity::Order;
use super::record::author;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;
use crate::world::{Organization, Trace};

/// A JSON object.
pub(crate) type Body = Map<String, Value>;

/// The most characters of a name.
const MAX_NAME: usize = 256;

/// A kind of entity that is kept as JSON.
pub(crate) trait JsonEntity {
    /// The kind in errors.
    const NAME: &'static str;
    /// The template of its listing. An entity is kept under this path with the ids of the call.
    const PATH: &'static str;
    /// The name of its id in path templates.
    const PARAM: &'static str;
    /// How its changes are counted.
    const VERSION: Version = Version::None;
    /// Whether two of one listing may not have one name.
    const UNIQUE: bool = false;
    /// The status and the code of a name that another entity has.
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "request.conflict");
    /// The fields that a PUT does not take away.
    const SET_BY_SERVER: &'static [&'static str] = &[];

    /// Refuses a path through an entity that does not exist.
    fn check_path(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        check_parents(call, organization, Self::PATH)
    }

    /// Checks what a body refers to. `before` is the entity that it changes.
    fn check(
        _call: &Call<'_>,
        _organization: &Organization,
        _before: Option<&Body>,
        _body: &Body,
    ) -> Result<(), ApiError> {
        Ok(())
    }

    /// Sets what a new entity has beside the fields of the body.
    fn start(_call: &Call<'_>, _organization: &Organization, _entity: &mut Body) {}

    /// Sets what follows from a change. `before` is the entity as it was.
    fn change(_call: &Call<'_>, _organization: &Organization, _before: &Body, _entity: &mut Body) {}

    /// Stores what a new or changed entity says of others.
    fn relate(_call: &Call<'_>, _organization: &mut Organization, _entity: &Body) {}

    /// Adds what is computed when an entity is shown.
    fn show(_call: &Call<'_>, _organization: &Organization, _entity: &mut Body) {}

    /// Whether an entity passes the kind's own filters of the query.
    fn matches(_call: &Call<'_>, _organization: &Organization, _entity: &Body) -> bool {
        true
    }

    /// The order that the query asks for.
    fn order(call: &Call<'_>) -> Order {
        Order::of(call)
    }

    /// Refuses the deletion of an entity that is in use.
    fn may_delete(_call: &Call<'_>, _organization: &Organization, _entity: &Body) -> Result<(), ApiError> {
        Ok(())
    }

    /// Removes what belonged to a removed entity, beside what is kept below its path.
    fn forget(_call: &Call<'_>, _organization: &mut Organization, _entity: &Body) {}
}

/// The path of a template, with the ids of the call.
pub(crate) fn path_of(call: &Call<'_>, template: &str) -> Result<String, ApiError> {
    let mut path = String::with_capacity(template.len() + 40);
    for segment in template.split('/').skip(1) {
        path.push('/');
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => path.push_str(&call.param(name)?),
            None => path.push_str(segment),
        }
    }
    Ok(path)
}

/// Refuses a path through an entity that does not exist: 404. Each parameter of the template names an entity of the
/// path before it.
pub(crate) fn check_parents(
    call: &Call<'_>,
    organization: &Organization,
    template: &'static str,
) -> Result<(), ApiError> {
    let mut rest = template;
    while let Some(at) = rest.find("/{") {
        let start = template.len() - rest.len() + at;
        let name = &template[start + 2..];
        let name = name.split('}').next().unwrap_or_default();
        let id = call.param(name)?;
        if !matches!(organization.trace(&path_of(call, &template[..start])?, &id), Trace::Here { .. }) {
            return Err(ApiError::no_such(name.strip_suffix("Id").unwrap_or(name), &id));
        }
        rest = &template[start + 2..];
    }
    Ok(())
}

/// The entity of the call's path.
pub(crate) fn find<'o, K: JsonEntity>(
    call: &Call<'_>,
    organization: &'o Organization,
) -> Result<&'o Entity, ApiError> {
    JsonKind::of::<K>().find(call, organization)
}

/// The entity of that id below the ids of the call's path.
pub(crate) fn find_by_id<'o, K: JsonEntity>(
    call: &Call<'_>,
    organization: &'o Organization,
    id: &str,
) -> Result<&'o Entity, ApiError> {
    JsonKind::of::<K>().find_by_id(call, organization, id)
}

/// Refuses a body that refers to an entity that does not exist: 400 with the field named.
pub(crate) fn check_reference<K: JsonEntity>(
    call: &Call<'_>,
    organization: &Organization,
    field: &'static str,
    id: Option<&Value>,
) -> Result<(), ApiError> {
    JsonKind::of::<K>().check_reference(call, organization, field, id)
}

/// The entities that the query selects, in its order.
pub(crate) fn select<'o, K: JsonEntity>(
    call: &Call<'_>,
    organization: &'o Organization,
) -> Result<Vec<&'o Entity>, ApiError> {
    JsonKind::of::<K>().select(call, organization)
}

/// The entity with what is computed.
pub(crate) fn to_json<K: JsonEntity>(call: &Call<'_>, organization: &Organization, entity: &Body) -> Body {
    JsonKind::of::<K>().to_json(call, organization, entity)
}

pub(crate) fn list<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    JsonKind::of::<K>().list(call)
}

pub(crate) fn get<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    JsonKind::of::<K>().get(call)
}

pub(crate) fn create<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    JsonKind::of::<K>().create(call)
}

/// The body of a call. An operation may do without one.
pub(crate) fn read_body(call: &Call<'_>) -> Result<Body, ApiError> {
    match call.json_object_or_none()? {
        Some(body) => Ok(body),
        None if call.documented_body().is_some_and(|body| body.required) => {
            Err(ApiError::bad_request("A JSON body is required."))
        }
        None => Ok(Body::new()),
    }
}

/// Creates the entity that `body` describes.
pub(crate) fn add<K: JsonEntity>(call: &Call<'_>, body: Body) -> Result<Body, ApiError> {
    JsonKind::of::<K>().add(call, body)
}

/// Creates the entity that `body` describes, within a change.
pub(crate) fn add_to<K: JsonEntity>(
    call: &Call<'_>,
    organization: &mut Organization,
    body: Body,
    author: Value,
) -> Result<Body, ApiError> {
    JsonKind::of::<K>().add_to(call, organization, body, author)
}

/// The reference to the user of the caller, or to its client.
pub(crate) fn author_reference(call: &Call<'_>) -> Value {
    author(call).map_or(Value::Null, |id| json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") }))
}

/// Changes the fields that the body has (PATCH).
pub(crate) fn update<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    answer::reply(call, edit::<K>(call, read_body(call)?, false)?)
}

/// Replaces the fields by those of the body (PUT).
pub(crate) fn replace<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    answer::reply(call, edit::<K>(call, read_body(call)?, true)?)
}

/// Changes the entity of the call's path; `whole` if fields that the body lacks are taken away.
pub(crate) fn edit<K: JsonEntity>(call: &Call<'_>, body: Body, whole: bool) -> Result<Body, ApiError> {
    JsonKind::of::<K>().edit(call, body, whole)
}

/// Changes the fields that the body has, within a change.
pub(crate) fn edit_in<K: JsonEntity>(
    call: &Call<'_>,
    organization: &mut Organization,
    body: Body,
    author: Value,
) -> Result<Body, ApiError> {
    JsonKind::of::<K>().edit_in(call, organization, body, author, false)
}

/// Changes the fields of the entity of that id, within a change.
pub(crate) fn edit_by_id<K: JsonEntity>(
    call: &Call<'_>,
    organization: &mut Organization,
    id: &str,
    body: Body,
    author: Value,
) -> Result<Body, ApiError> {
    JsonKind::of::<K>().edit_by_id(call, organization, (id, body), author, false)
}

/// Removes an entity and what is kept below its path.
pub(crate) fn delete<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    JsonKind::of::<K>().delete(call)
}

/// Removes an entity, within a change. False if there is none of that id.
pub(crate) fn remove_from<K: JsonEntity>(
    call: &Call<'_>,
    organization: &mut Organization,
    id: &str,
) -> Result<bool, ApiError> {
    JsonKind::of::<K>().remove_from(call, organization, id)
}

/// The fields that only the server sets.
const SET_BY_SERVER: [&str; 6] = ["id", "selfUri", "dateCreated", "createdBy", "version", "metadata"];
