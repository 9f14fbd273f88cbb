//! The listing of users.

use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::entity::{descends, matches_name};
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest};
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::{State, User};

/// Lists users in the order of the seed, or by name if `sortOrder` is given. The vendor always sorts by name.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let filter = UserFilter::read(call)?;
    let page = call.page()?;
    let (entities, total) = write_page(call, &filter, page);
    Reply::ok(&Page::new(entities, total, page, call.path, call.query))
}

/// The users on the page as JSON, and the total.
fn write_page(call: &Call<'_>, filter: &UserFilter, page: PageRequest) -> (Vec<Map<String, Value>>, usize) {
    let organization = call.tenant().read();
    let mut users: Vec<&User> =
        organization.people().iter().filter(|user| filter.matches(&organization, user)).collect();
    if let Some(descending) = filter.descending {
        users.sort_by_cached_key(|user| user.name.to_lowercase());
        if descending {
            users.reverse();
        }
    }
    let on_page = users.iter().copied().skip(page.offset()).take(page.most());
    (user::page(&organization, on_page, &call.query_list("expand")), users.len())
}

/// The filter and the order that the query asks for.
struct UserFilter {
    ids: Vec<String>,
    jabber_ids: Vec<String>,
    name: Option<String>,
    state: Option<State>,
    descending: Option<bool>,
}

impl UserFilter {
    fn read(call: &Call<'_>) -> Result<Self, ApiError> {
        let invalid = |word: &str| ApiError::invalid_value("sortOrder", word, "ascending, descending");
        let order = call.query_text("sortOrder");
        let descending = order.map(|word| descends(&word).ok_or_else(|| invalid(&word))).transpose()?;
        Ok(Self {
            ids: call.query_list("id"),
            jabber_ids: call.query_list("jabberId"),
            name: call.query("name").map(|name| name.to_lowercase()),
            state: read_state(call)?,
            descending,
        })
    }

    fn matches(&self, organization: &Organization, user: &User) -> bool {
        let id = || user.id.to_string();
        self.state.is_none_or(|state| state == user.state)
            && (self.ids.is_empty() || self.ids.contains(&id()) || self.ids.contains(&user.name))
            && (self.jabber_ids.is_empty() || self.jabber_ids.contains(&user::jabber_id(organization, user)))
            && self.name.as_ref().is_none_or(|name| matches_name(name, &user.name.to_lowercase()))
    }
}

/// Reads the `state` parameter: `active` if it is missing, `None` for `any`.
pub(super) fn read_state(call: &Call<'_>) -> Result<Option<State>, ApiError> {
    match call.query("state").as_deref() {
        None => Ok(Some(State::Active)),
        Some("any") => Ok(None),
        Some(name) => {
            let unknown = || ApiError::invalid_value("state", name, "active, inactive, deleted, any");
            State::from_name(name).map(Some).ok_or_else(unknown)
        }
    }
}
