//! The members of a queue, under both of their paths: `members` and the older `users`.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::entity::{is_descending, matches_name, required_text};
use crate::api::record::{self, find};
use crate::api::route::Route;
use crate::api::users::{find_index, has_presence};
use crate::view::routing::{members, skills_of_user};
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest};
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::people::User;
use crate::world::routing::{Language, Member, Membership, Queue, Skill};

/// The most members of a page.
const MAX_PAGE: u64 = 100;
/// The most users that one request adds or removes.
const MAX_CHANGES: usize = 100;
/// The properties of a page that the listing of `members` lacks.
const LACKING: [&str; 3] = ["total", "lastUri", "pageCount"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/routing/queues/{queueId}/members", list),
        Route::post("/api/v2/routing/queues/{queueId}/members", change_many),
        Route::patch("/api/v2/routing/queues/{queueId}/members", update_many),
        Route::patch("/api/v2/routing/queues/{queueId}/members/{memberId}", update),
        Route::delete("/api/v2/routing/queues/{queueId}/members/{memberId}", delete),
        Route::get("/api/v2/routing/queues/{queueId}/users", list_users),
        Route::post("/api/v2/routing/queues/{queueId}/users", change_many),
        Route::patch("/api/v2/routing/queues/{queueId}/users", update_many_users),
        Route::patch("/api/v2/routing/queues/{queueId}/users/{memberId}", update),
        Route::delete("/api/v2/routing/queues/{queueId}/users/{memberId}", delete_user),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&members_page(call)?.without(&LACKING))
}

fn list_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&members_page(call)?)
}

/// The page of members that the query asks for.
fn members_page(call: &Call<'_>) -> Result<Page<Value>, ApiError> {
    let page = call.page()?;
    let page = PageRequest { size: page.size.min(MAX_PAGE), ..page };
    let organization = call.tenant().read();
    let queue = find::<Queue>(&organization, &call.param("queueId")?)?;
    let filter = MemberFilter::of(call);
    let is_wanted = |member: &Member| {
        let user = organization.people().at(member.user);
        user.is_some_and(|user| filter.matches(user, *member) && filter.knows(&organization, user))
    };
    let mut all: Vec<_> = organization.members_of_queue(queue.id()).filter(is_wanted).collect();
    if call.query_text("sortOrder").is_some() {
        all.sort_by_key(|member| organization.people().at(member.user).map(|user| user.name.to_lowercase()));
        if is_descending(call) {
            all.reverse();
        }
    }
    let expand = call.query_list("expand");
    let on_page: Vec<_> = all.iter().copied().skip(page.offset()).take(page.most()).collect();
    let entities = members(&organization, queue, &on_page, &expand);
    Ok(Page::new(entities, all.len(), page, call.path, call.query))
}

/// The filters of the listing of members.
struct MemberFilter {
    name: Option<String>,
    joined: Option<bool>,
    routing_statuses: Vec<String>,
    presences: Vec<String>,
    by_group: Option<bool>,
    skills: Vec<String>,
    languages: Vec<String>,
    profile_skills: Vec<String>,
}

impl MemberFilter {
    fn of(call: &Call<'_>) -> Self {
        Self {
            name: call.query_text("name").map(|name| name.to_lowercase()),
            joined: call.query_bool("joined"),
            routing_statuses: call.query_list("routingStatus"),
            presences: call.query_list("presence"),
            by_group: call.query("memberBy").map(|by| by == "group"),
            skills: call.query_list("skills"),
            languages: call.query_list("languages"),
            profile_skills: call.query_list("profileSkills"),
        }
    }

    fn matches(&self, user: &User, member: Member) -> bool {
        let is_one = |wanted: &[String], name: &str| {
            wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
        };
        self.by_group.is_none_or(|by_group| by_group == member.by_group)
            && self.joined.is_none_or(|joined| joined == member.membership.joined)
            && self.name.as_ref().is_none_or(|name| matches_name(name, &user.name.to_lowercase()))
            && is_one(&self.routing_statuses, user.routing.name())
            && (self.presences.is_empty() || self.presences.iter().any(|name| has_presence(user, name)))
    }

    /// Whether a user has one of the skills, of the languages and of the profile's skills that are asked for.
    fn knows(&self, organization: &Organization, user: &User) -> bool {
        let skills = || names_of(&skills_of_user::<Skill>(organization, user, "skill"));
        let languages = || names_of(&skills_of_user::<Language>(organization, user, "language"));
        has_one(&self.skills, skills)
            && has_one(&self.languages, languages)
            && has_one(&self.profile_skills, || skills_of_profile(user))
    }
}

/// Whether `wanted` is empty, or has a part of one of the names.
fn has_one(wanted: &[String], names: impl FnOnce() -> Vec<String>) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let names = names();
    wanted.iter().any(|part| names.iter().any(|name| name.contains(&part.to_lowercase())))
}

fn names_of(entities: &[Value]) -> Vec<String> {
    entities.iter().filter_map(|one| one["name"].as_str()).map(str::to_lowercase).collect()
}

fn skills_of_profile(user: &User) -> Vec<String> {
    let skills = user.extra.get("profileSkills").and_then(Value::as_array).into_iter().flatten();
    skills.filter_map(Value::as_str).map(str::to_lowercase).collect()
}

/// Adds the users of the body, or removes them where `delete=true`.
fn change_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    check_count(&bodies)?;
    let removes = call.query_flag("delete");
    call.change(|organization| {
        let queue = find::<Queue>(organization, &call.param("queueId")?)?.id();
        let users =
            bodies.iter().map(|body| find_member(organization, body)).collect::<Result<Vec<_>, _>>()?;
        for user in users {
            if removes {
                organization.remove_membership(queue, user);
            } else if !organization.acd().members.contains(queue, user) {
                organization
                    .set_membership(queue, user, Membership::default())
                    .map_err(|_| record::full())?;
            }
        }
        Ok(Reply::no_content())
    })
}

fn check_count(bodies: &[Map<String, Value>]) -> Result<(), ApiError> {
    if bodies.len() > MAX_CHANGES {
        return Err(ApiError::bad_request(format!("At most {MAX_CHANGES} members can be changed at once.")));
    }
    Ok(())
}

/// The user whose id a body has.
fn find_member(organization: &Organization, body: &Map<String, Value>) -> Result<UserIndex, ApiError> {
    let id = required_text(body, "id")?;
    find_index(organization.people(), id).map_err(|_| ApiError::no_reference("id", "user", id))
}

fn update_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&change_memberships(call)?.without(&LACKING))
}

fn update_many_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&change_memberships(call)?)
}

/// Changes several memberships; if one is wrong, none.
fn change_memberships(call: &Call<'_>) -> Result<Page<Value>, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    check_count(&bodies)?;
    call.change(|organization| {
        let queue = find::<Queue>(organization, &call.param("queueId")?)?.id();
        let read = bodies.iter().map(|body| {
            let user = find_member(organization, body)?;
            Ok((user, read_membership(organization, queue, user, body)?))
        });
        for (user, membership) in read.collect::<Result<Vec<_>, ApiError>>()? {
            organization.set_membership(queue, user, membership).map_err(|_| record::full())?;
        }
        Ok(())
    })?;
    members_page(call)
}

/// The membership that a body asks for. A user that is not a member is a 404.
fn read_membership(
    organization: &Organization,
    queue: Id<Queue>,
    user: UserIndex,
    body: &Map<String, Value>,
) -> Result<Membership, ApiError> {
    let known = organization.membership(queue, user);
    let known = known.ok_or_else(|| ApiError::no_such("member of the queue", &queue.to_string()))?;
    let ring = body.get("ringNumber").and_then(Value::as_u64).map(u8::try_from);
    let ring = ring.transpose().ok().flatten().filter(|ring| (1..=6).contains(ring));
    Ok(Membership {
        joined: body.get("joined").and_then(Value::as_bool).unwrap_or(known.joined),
        ring: ring.unwrap_or(known.ring),
    })
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    call.change(|organization| {
        let (queue, user) = pair_in_path(call, organization)?;
        let membership = read_membership(organization, queue, user, &body)?;
        organization.set_membership(queue, user, membership).map_err(|_| record::full())?;
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}

/// The queue and the member in the call's path.
fn pair_in_path(call: &Call<'_>, organization: &Organization) -> Result<(Id<Queue>, UserIndex), ApiError> {
    let queue = find::<Queue>(organization, &call.param("queueId")?)?.id();
    let id = call.param("memberId")?;
    let user = find_index(organization.people(), &id)?;
    if organization.membership(queue, user).is_none() {
        return Err(ApiError::no_such("member of the queue", &id));
    }
    Ok((queue, user))
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    remove(call, StatusCode::NO_CONTENT)
}

fn delete_user(call: &Call<'_>) -> Result<Reply, ApiError> {
    remove(call, StatusCode::OK)
}

fn remove(call: &Call<'_>, status: StatusCode) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let (queue, user) = pair_in_path(call, organization)?;
        if !organization.remove_membership(queue, user) {
            return Err(ApiError::conflict("The user is a member of the queue by a group."));
        }
        Ok(Reply::empty(status))
    })
}
