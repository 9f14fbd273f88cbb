//! Subjects: the users, groups and OAuth clients that have grants.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::record::{self, find, referred};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::{Division, Grant, Role, home};
use crate::world::id::Id;

pub(super) fn routes() -> Vec<Route> {
    const GRANT: &str = "/api/v2/authorization/subjects/{subjectId}/divisions/{divisionId}/roles/{roleId}";
    vec![
        Route::get("/api/v2/authorization/subjects/me", get_own),
        Route::get("/api/v2/authorization/subjects/rolecounts", count_roles),
        Route::get("/api/v2/authorization/subjects/{subjectId}", get),
        Route::post("/api/v2/authorization/subjects/{subjectId}/bulkadd", add_many),
        Route::post("/api/v2/authorization/subjects/{subjectId}/bulkremove", remove_many),
        Route::post("/api/v2/authorization/subjects/{subjectId}/bulkreplace", replace_all),
        Route::post(GRANT, add),
        Route::delete(GRANT, remove),
        Route::post("/api/v2/authorization/roles/{roleId}", grant_many),
        Route::get("/api/v2/authorization/roles/{roleId}/subjectgrants", list_of_role),
        Route::get("/api/v2/authorization/divisions/{divisionId}/grants", list_of_division),
        Route::get("/api/v2/users/{subjectId}/roles", get_roles),
        Route::put("/api/v2/users/{subjectId}/roles", set_roles),
    ]
}

/// A user, a group or an OAuth client.
struct Subject {
    id: Uuid,
    name: String,
    /// The vendor's word for its kind.
    kind: &'static str,
    /// The groups of a user; their grants are the user's too.
    groups: Vec<Uuid>,
}

impl Subject {
    fn find(call: &Call<'_>, organization: &Organization, text: &str) -> Result<Self, ApiError> {
        let people = organization.people();
        if let Some(user) = people.get(text).filter(|user| user.exists()) {
            let groups = people.index_of(user.id).into_iter();
            let groups = groups.flat_map(|index| organization.directory().groups_of(index));
            let groups = groups.map(|group| group.uuid).collect();
            return Ok(Self { id: user.id.uuid(), name: user.name.clone(), kind: "PC_USER", groups });
        }
        let other = |id, name: &str, kind| Self { id, name: name.to_owned(), kind, groups: Vec::new() };
        if let Some(group) = organization.directory().groups.find(text) {
            return Ok(other(group.uuid, &group.name, "PC_GROUP"));
        }
        let client = call.tenant().oauth_clients().into_iter().find(|client| client.id == text);
        let client = client.and_then(|client| Some((Uuid::try_parse(&client.id).ok()?, client)));
        let client = client.map(|(id, client)| other(id, &client.name, "PC_OAUTH_CLIENT"));
        client.ok_or_else(|| ApiError::no_such("subject", text))
    }

    fn in_path(call: &Call<'_>, organization: &Organization) -> Result<Self, ApiError> {
        Self::find(call, organization, &call.param("subjectId")?)
    }

    fn to_json(&self, organization: &Organization) -> Value {
        view::authorization::subject(organization, self.id, &self.name, &self.groups)
    }
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    Reply::ok(&Subject::in_path(call, &organization)?.to_json(&organization))
}

/// The caller's user, or its client.
fn get_own(call: &Call<'_>) -> Result<Reply, ApiError> {
    let own = record::author(call).map(|id| id.to_string()).unwrap_or_default();
    let organization = call.tenant().read();
    Reply::ok(&Subject::find(call, &organization, &own)?.to_json(&organization))
}

fn count_roles(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let ids = call.query_list("id").into_iter();
    let counts = ids.filter_map(|id| {
        let roles = organization.authorization().roles_of(Uuid::try_parse(&id).ok()?).len();
        Some((id, json!({ "count": roles })))
    });
    Reply::ok(&counts.collect::<Map<_, _>>())
}

/// The division that an id means: `*` is every division.
fn read_division(organization: &Organization, id: &str) -> Result<Option<Id<Division>>, ApiError> {
    if id == "*" { Ok(None) } else { referred(organization, "divisionId", id).map(Some) }
}

/// The grants that a body lists.
fn read_grants(call: &Call<'_>, organization: &Organization) -> Result<Vec<Grant>, ApiError> {
    let body = call.json_object()?;
    let grants = body.get("grants").and_then(Value::as_array);
    let grants = grants.ok_or_else(|| ApiError::bad_request("The property grants is required."))?;
    let read = grants.iter().map(|grant| {
        let empty = Map::new();
        let grant = grant.as_object().unwrap_or(&empty);
        Ok(Grant {
            role: referred::<Role>(organization, "roleId", required_text(grant, "roleId")?)?,
            division: read_division(organization, required_text(grant, "divisionId")?)?,
            made: call.now,
        })
    });
    read.collect()
}

fn add_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    change(
        call,
        |_, _| {},
        |organization, subject, grant| organization.grant(subject, *grant).map_err(|_| record::full()),
    )
}

fn remove_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    change(
        call,
        |_, _| {},
        |organization, subject, grant| {
            organization.revoke(subject, grant);
            Ok(())
        },
    )
}

fn replace_all(call: &Call<'_>) -> Result<Reply, ApiError> {
    let clear = |organization: &mut Organization, subject| organization.retain_grants(subject, |_| false);
    change(call, clear, |organization, subject, grant| {
        organization.grant(subject, *grant).map_err(|_| record::full())
    })
}

/// Does `first`, then `each` for each grant of the body. If one grant is wrong, nothing is changed.
fn change(
    call: &Call<'_>,
    first: impl Fn(&mut Organization, Uuid),
    each: impl Fn(&mut Organization, Uuid, &Grant) -> Result<(), ApiError>,
) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let subject = Subject::in_path(call, organization)?.id;
        let grants = read_grants(call, organization)?;
        first(organization, subject);
        grants.iter().try_for_each(|grant| each(organization, subject, grant))?;
        Ok(Reply::no_content())
    })
}

/// The subject and the grant that the call's path names.
fn grant_in_path(call: &Call<'_>, organization: &Organization) -> Result<(Uuid, Grant), ApiError> {
    let subject = Subject::in_path(call, organization)?.id;
    let role = find::<Role>(organization, &call.param("roleId")?)?.id();
    let division = call.param("divisionId")?;
    let division = match division.as_ref() {
        "*" => None,
        id => Some(find::<Division>(organization, id)?.id()),
    };
    Ok((subject, Grant { role, division, made: call.now }))
}

fn add(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let (subject, grant) = grant_in_path(call, organization)?;
        organization.grant(subject, grant).map_err(|_| record::full())?;
        Ok(Reply::no_content())
    })
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let (subject, grant) = grant_in_path(call, organization)?;
        if organization.revoke(subject, &grant) {
            return Ok(Reply::no_content());
        }
        Err(ApiError::no_such("grant", &grant.role.to_string()))
    })
}

/// Grants the role of the path to every subject of the body, in each of its divisions.
fn grant_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let ids = |key: &'static str| {
        let ids = body.get(key).and_then(Value::as_array);
        let ids = ids.ok_or_else(|| ApiError::bad_request(format!("The property {key} is required.")))?;
        Ok::<Vec<&str>, ApiError>(ids.iter().filter_map(Value::as_str).collect())
    };
    let (subjects, divisions) = (ids("subjectIds")?, ids("divisionIds")?);
    call.change(|organization| {
        let role = find::<Role>(organization, &call.param("roleId")?)?.id();
        let subjects = subjects.into_iter().map(|id| Ok(Subject::find(call, organization, id)?.id));
        let subjects = subjects.collect::<Result<Vec<_>, ApiError>>()?;
        let divisions = divisions.into_iter().map(|id| read_division(organization, id));
        let divisions = divisions.collect::<Result<Vec<_>, ApiError>>()?;
        for subject in subjects {
            for division in &divisions {
                let grant = Grant { role, division: *division, made: call.now };
                organization.grant(subject, grant).map_err(|_| record::full())?;
            }
        }
        Ok(Reply::no_content())
    })
}

/// The subjects that have a role, each with the divisions in which they have it.
fn list_of_role(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let role = find::<Role>(&organization, &call.param("roleId")?)?.id();
    let mut subjects: Vec<(Uuid, Vec<Value>)> = Vec::new();
    for (subject, grants) in organization.authorization().grants.iter() {
        let divisions = grants.iter().filter(|grant| grant.role == role).map(|grant| match grant.division {
            Some(_) => view::record::division(&organization, grant.division),
            None => json!({ "id": "*", "name": "*" }),
        });
        let divisions: Vec<Value> = divisions.collect();
        if !divisions.is_empty() {
            subjects.push((subject, divisions));
        }
    }
    subjects.sort_unstable_by_key(|(subject, _)| *subject);
    let all = subjects.into_iter().filter_map(|(id, divisions)| {
        let subject = Subject::find(call, &organization, &id.to_string()).ok()?;
        Some(json!({ "id": id, "name": subject.name, "divisions": divisions, "type": subject.kind,
            "selfUri": format!("/api/v2/authorization/subjects/{id}") }))
    });
    Reply::ok(&Page::of(all, page, call.path, call.query))
}

fn list_of_division(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let division = find::<Division>(&organization, &call.param("divisionId")?)?.id();
    let mut all: Vec<(Uuid, Grant)> = Vec::new();
    for (subject, grants) in organization.authorization().grants.iter() {
        let here = grants.iter().filter(|grant| grant.division.is_none_or(|other| other == division));
        all.extend(here.map(|grant| (subject, *grant)));
    }
    all.sort_by_key(|(subject, _)| *subject);
    let all =
        all.iter().filter_map(|(subject, grant)| view::authorization::grant(&organization, *subject, grant));
    let page = Page::of(all, page, call.path, call.query);
    Reply::ok(&page.without(&["firstUri", "nextUri", "previousUri", "lastUri", "selfUri"]))
}

fn get_roles(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let subject = Subject::in_path(call, &organization)?;
    Reply::ok(&view::authorization::of_user(&organization, subject.id))
}

/// Replaces the roles of a subject by those of the body, in the home division.
fn set_roles(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.json_ids()?;
    call.change(|organization| {
        let subject = Subject::in_path(call, organization)?.id;
        let roles = ids.iter().map(|id| referred::<Role>(organization, "roleIds", id));
        let roles = roles.collect::<Result<Vec<_>, _>>()?;
        let division = Some(home(organization.id));
        organization.retain_grants(subject, |grant| roles.contains(&grant.role));
        for role in roles {
            if !organization.authorization().grants.of(subject).iter().any(|grant| grant.role == role) {
                let grant = Grant { role, division, made: call.now };
                organization.grant(subject, grant).map_err(|_| record::full())?;
            }
        }
        Reply::ok(&view::authorization::of_user(organization, subject))
    })
}
