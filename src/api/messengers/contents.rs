//! What integrations support: kinds of media, and the default.

use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::messaging::SupportedContent;
use crate::world::table::{Record, Stored};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/conversations/messaging/supportedcontent", record::list::<SupportedContent>),
        Route::post("/api/v2/conversations/messaging/supportedcontent", record::create::<SupportedContent>),
        Route::get("/api/v2/conversations/messaging/supportedcontent/default", get_default),
        Route::put("/api/v2/conversations/messaging/supportedcontent/default", set_default),
        Route::get(
            "/api/v2/conversations/messaging/supportedcontent/{supportedContentId}",
            record::get::<SupportedContent>,
        ),
        Route::patch(
            "/api/v2/conversations/messaging/supportedcontent/{supportedContentId}",
            record::update::<SupportedContent>,
        ),
        Route::delete(
            "/api/v2/conversations/messaging/supportedcontent/{supportedContentId}",
            record::delete::<SupportedContent>,
        ),
    ]
}

impl Resource for SupportedContent {
    const PARAM: &'static str = "supportedContentId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::messaging::content(organization, record)
    }

    /// The status of the default is assumed.
    fn may_delete(_call: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        if organization.messaging().default_content == Some(id) {
            return Err(ApiError::conflict("The supported content is the default."));
        }
        if organization.uses_content(id) {
            let refused = ApiError::bad_request("The supported content is in use by an integration.");
            return Err(ApiError { code: "supported.content.in.use".into(), ..refused });
        }
        Ok(())
    }
}

fn get_default(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let default = organization.messaging().default_content;
    let found = default.and_then(|id| SupportedContent::table(&organization).get(id));
    let found = found.ok_or_else(|| ApiError::no_such("supported content", "default"))?;
    Reply::ok(&view::messaging::content(&organization, found))
}

fn set_default(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = required_text(&body, "id")?;
    call.change(|organization| {
        let found = record::referred::<SupportedContent>(organization, "id", id)?;
        organization.set_default_content(Some(found));
        Reply::ok(&view::messaging::content(organization, find(organization, id)?))
    })
}
