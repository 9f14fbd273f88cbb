//! Every user exactly once, page by page.

use crate::api::call::Call;
use crate::api::entity::matches_name;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest};
use crate::wire::reply::Reply;
use crate::world::people::{State, User};

/// In the order of the seed; by name when `sortOrder` is given, as the vendor always does.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = Wanted::of(call)?;
    let page = call.page()?;
    let (users, total) = picked(call, &wanted, page);
    let expand = call.query_list("expand");
    let entities = users.iter().map(|user| user::to_json(call.tenant(), user, &expand)).collect();
    Reply::ok(&Page::new(entities, total, page, call.path, call.query))
}

/// Copies of the users on the page, and how many there are in all: the lock is held no longer.
fn picked(call: &Call<'_>, wanted: &Wanted, page: PageRequest) -> (Vec<User>, usize) {
    let organization = call.tenant().read();
    let mut users: Vec<&User> = organization.people().iter().filter(|user| wanted.passes(user)).collect();
    match wanted.descending {
        None => {}
        Some(false) => users.sort_by(|a, b| a.name.cmp(&b.name)),
        Some(true) => users.sort_by(|a, b| b.name.cmp(&a.name)),
    }
    let on_page = users.iter().skip(page.offset()).take(page.most()).map(|user| User::clone(user));
    (on_page.collect(), users.len())
}

struct Wanted {
    ids: Vec<String>,
    name: Option<String>,
    state: Option<State>,
    descending: Option<bool>,
}

impl Wanted {
    fn of(call: &Call<'_>) -> Result<Self, ApiError> {
        let descending = match call.query("sortOrder").as_deref().map(str::to_ascii_lowercase).as_deref() {
            None => None,
            Some("asc" | "ascending") => Some(false),
            Some("desc" | "descending") => Some(true),
            Some(other) => {
                return Err(ApiError::invalid_value("sortOrder", other, "ascending, descending"));
            }
        };
        Ok(Self {
            ids: call.query_list("id"),
            name: call.query("name").map(|name| name.to_lowercase()),
            state: wanted_state(call)?,
            descending,
        })
    }

    fn passes(&self, user: &User) -> bool {
        let id = || user.id.to_string();
        self.state.is_none_or(|state| state == user.state)
            && (self.ids.is_empty() || self.ids.contains(&id()) || self.ids.contains(&user.name))
            && self.name.as_ref().is_none_or(|name| matches_name(name, &user.name.to_lowercase()))
    }
}

/// The `state` parameter: `active` where it is missing, `None` for `any`.
pub(super) fn wanted_state(call: &Call<'_>) -> Result<Option<State>, ApiError> {
    match call.query("state").as_deref() {
        None => Ok(Some(State::Active)),
        Some("any") => Ok(None),
        Some(name) => {
            let unknown = || ApiError::invalid_value("state", name, "active, inactive, deleted, any");
            State::from_name(name).map(Some).ok_or_else(unknown)
        }
    }
}
