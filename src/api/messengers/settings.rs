//! Messaging settings and their default, the threading of conversations, and how customers are identified.

use serde_json::{Map, Value, json};

use super::integrations;
use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::api::setting::{self, Setting};
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::json::object;
use crate::world::messaging::{Channel, MessagingSetting};
use crate::world::seed::home_division;
use crate::world::table::{Record, Stored};

/// The path of the identity resolution of integrations, up to the messenger.
const IDENTITY: &str = "/api/v2/conversations/messaging/identityresolution/integrations";

/// After how many minutes a message of a channel without a setting opens another conversation: 72 hours. It is assumed.
const TIMEOUT_MINUTES: u32 = 72 * 60;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::get("/api/v2/conversations/messaging/settings", record::list::<MessagingSetting>),
        Route::post("/api/v2/conversations/messaging/settings", record::create::<MessagingSetting>),
        Route::get("/api/v2/conversations/messaging/settings/default", get_default),
        Route::put("/api/v2/conversations/messaging/settings/default", set_default),
        Route::delete("/api/v2/conversations/messaging/settings/default", remove_default),
        Route::get(
            "/api/v2/conversations/messaging/settings/{messageSettingId}",
            record::get::<MessagingSetting>,
        ),
        Route::patch(
            "/api/v2/conversations/messaging/settings/{messageSettingId}",
            record::update::<MessagingSetting>,
        ),
        Route::delete(
            "/api/v2/conversations/messaging/settings/{messageSettingId}",
            record::delete::<MessagingSetting>,
        ),
        Route::get("/api/v2/conversations/messaging/threadingtimeline", setting::get::<Threading>),
        Route::put("/api/v2/conversations/messaging/threadingtimeline", setting::put::<Threading>),
    ];
    for word in Channel::words() {
        let one = format!("{IDENTITY}/{word}/{{integrationId}}");
        routes.push(Route::get(&one, setting::get::<IdentityResolution>));
        routes.push(Route::put(&one, setting::put::<IdentityResolution>));
    }
    routes
}

impl Resource for MessagingSetting {
    const PARAM: &'static str = "messageSettingId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::messaging::setting(organization, record)
    }

    /// The status of one that is in use is assumed.
    fn may_delete(_call: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        let is_default = organization.messaging().default_setting == Some(id);
        if is_default || organization.uses_setting(id) {
            return Err(ApiError::conflict("The messaging setting is in use, or it is the default."));
        }
        Ok(())
    }
}

fn get_default(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let default = organization.messaging().default_setting;
    let found = default.and_then(|id| MessagingSetting::table(&organization).get(id));
    let found = found.ok_or_else(|| ApiError::no_such("messaging setting", "default"))?;
    Reply::ok(&view::messaging::setting(&organization, found))
}

fn set_default(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = required_text(&body, "settingId")?;
    call.change(|organization| {
        let found = record::referred::<MessagingSetting>(organization, "settingId", id)?;
        organization.set_default_setting(Some(found));
        Reply::ok(&view::messaging::setting(organization, find(organization, id)?))
    })
}

fn remove_default(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        organization.set_default_setting(None);
        Ok(Reply::no_content())
    })
}

/// After what time a message of a known customer opens another conversation, by messenger. It has no effect here.
struct Threading;

impl Setting for Threading {
    const FIELDS: &'static [&'static str] = &["settings"];

    fn default(_call: &Call<'_>, _organization: &Organization) -> Map<String, Value> {
        object(json!({ "settings": [] }))
    }

    fn to_json(
        _call: &Call<'_>,
        _organization: &Organization,
        mut value: Map<String, Value>,
    ) -> Map<String, Value> {
        value.insert("defaultTimeoutMinutes".to_owned(), json!(TIMEOUT_MINUTES));
        value
    }
}

/// Whether the customers of an integration are looked up among the external contacts.
struct IdentityResolution;

impl Setting for IdentityResolution {
    const FIELDS: &'static [&'static str] = &["division", "resolveIdentities", "externalSource"];

    fn default(_call: &Call<'_>, organization: &Organization) -> Map<String, Value> {
        object(json!({ "division": home_division(organization.id), "resolveIdentities": false }))
    }

    fn check(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        let rest = call.path.strip_prefix(IDENTITY).unwrap_or_default();
        let word = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
        let channel = Channel::from_word(word).ok_or_else(ApiError::internal)?;
        integrations::find(organization, channel, &call.param("integrationId")?).map(drop)
    }

    fn to_json(
        call: &Call<'_>,
        _organization: &Organization,
        mut value: Map<String, Value>,
    ) -> Map<String, Value> {
        value.insert("selfUri".to_owned(), json!(call.path));
        value
    }
}
