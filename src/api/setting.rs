//! Shared handlers of settings: single things at a path of their own, which have a value before a client sets one.
//!
//! A family implements [`Setting`] and puts `setting::get::<Kind>` and so on into its routes. A value is kept in the
//! collection of its path.

use http::StatusCode;
use serde_json::{Map, Value};

use super::call::Call;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

/// The key of a setting in the collection of its path.
const KEY: &str = "";

/// A kind of setting.
pub(crate) trait Setting {
    /// The fields that it has. Others are left out of what clients send.
    const FIELDS: &'static [&'static str];

    /// The path under which it is kept; that of the call, unless several paths have one setting.
    fn path(call: &Call<'_>, _organization: &Organization) -> String {
        call.path.to_owned()
    }

    /// Its value before a client sets one.
    fn default(call: &Call<'_>, organization: &Organization) -> Map<String, Value>;

    /// Refuses a path that names an entity that does not exist.
    fn check(_call: &Call<'_>, _organization: &Organization) -> Result<(), ApiError> {
        Ok(())
    }

    /// The setting as the vendor writes it.
    fn to_json(
        _call: &Call<'_>,
        _organization: &Organization,
        value: Map<String, Value>,
    ) -> Map<String, Value> {
        value
    }
}

/// The value that a client has set.
pub(crate) fn stored(organization: &Organization, path: &str) -> Option<Map<String, Value>> {
    organization.collections.get(path, KEY).map(|value| Map::clone(value))
}

/// Sets a value.
pub(crate) fn set(organization: &mut Organization, path: &str, value: Map<String, Value>) {
    organization.collections.insert(path, KEY, value);
}

fn current<S: Setting>(call: &Call<'_>, organization: &Organization) -> Map<String, Value> {
    stored(organization, &S::path(call, organization)).unwrap_or_else(|| S::default(call, organization))
}

pub(crate) fn get<S: Setting>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    S::check(call, &organization)?;
    Reply::ok(&S::to_json(call, &organization, current::<S>(call, &organization)))
}

/// Replaces the setting by the fields of the body. Fields that the body lacks have the value of the start.
pub(crate) fn put<S: Setting>(call: &Call<'_>) -> Result<Reply, ApiError> {
    store::<S>(call, S::default)
}

/// Changes the fields that the body has.
pub(crate) fn patch<S: Setting>(call: &Call<'_>) -> Result<Reply, ApiError> {
    store::<S>(call, current::<S>)
}

/// [`patch`] for a setting whose answer is a 202 without a body.
pub(crate) fn patch_202<S: Setting>(call: &Call<'_>) -> Result<Reply, ApiError> {
    patch::<S>(call)?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

fn store<S: Setting>(
    call: &Call<'_>,
    before: fn(&Call<'_>, &Organization) -> Map<String, Value>,
) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    call.change(|organization| {
        S::check(call, organization)?;
        let mut value = before(call, organization);
        value.extend(body.into_iter().filter(|(key, _)| S::FIELDS.contains(&key.as_str())));
        let path = S::path(call, organization);
        organization.collections.insert(&path, KEY, value.clone());
        Reply::ok(&S::to_json(call, organization, value))
    })
}

/// Restores the value of the start: 204.
pub(crate) fn delete<S: Setting>(call: &Call<'_>) -> Result<Reply, ApiError> {
    remove::<S>(call, StatusCode::NO_CONTENT)
}

/// [`delete`] for a setting whose documented status is 200.
pub(crate) fn delete_200<S: Setting>(call: &Call<'_>) -> Result<Reply, ApiError> {
    remove::<S>(call, StatusCode::OK)
}

fn remove<S: Setting>(call: &Call<'_>, status: StatusCode) -> Result<Reply, ApiError> {
    call.change(|organization| {
        S::check(call, organization)?;
        let path = S::path(call, organization);
        organization.collections.remove(&path, KEY);
        Ok(Reply::empty(status))
    })
}
