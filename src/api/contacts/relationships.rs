//! Relationships of users and external organizations, and the sources of contacts.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::external::{self, External};
use crate::api::call::Call;
use crate::api::record::{self, Resource, Starred};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::contact::{ExternalSource, Relationship};
use crate::world::id::Id;
use crate::world::table::{Kind, Record, Stored};

pub(super) fn routes() -> Vec<Route> {
    let path = Relationship::PATH;
    let one = format!("{path}/{{relationshipId}}");
    let bulk = "/api/v2/externalcontacts/bulk/relationships";
    let scan = "/api/v2/externalcontacts/scan/relationships";
    let sources = ExternalSource::PATH;
    let source = format!("{sources}/{{externalSourceId}}");
    // The document requires the version of the user, and the name of the organization: an id is enough.
    vec![
        Route::post(path, create).checks(Checks::Inside),
        Route::get(&one, external::get::<Relationship>),
        Route::put(&one, replace).checks(Checks::Inside),
        Route::patch(&one, external::patch::<Relationship>),
        Route::delete(&one, external::delete::<Relationship>),
        Route::post(bulk, external::bulk_get::<Relationship>),
        Route::post(&format!("{bulk}/add"), external::bulk_add::<Relationship>),
        Route::post(&format!("{bulk}/update"), external::bulk_update::<Relationship>).checks(Checks::Types),
        Route::post(&format!("{bulk}/remove"), external::bulk_remove::<Relationship>),
        Route::get(scan, external::scan::<Relationship>),
        Route::get(&format!("{scan}/divisionviews/all"), external::scan::<Relationship>),
        Route::get(sources, list_sources),
        Route::post(sources, record::create::<ExternalSource>),
        Route::get(&source, external::get::<ExternalSource>),
        Route::put(&source, record::replace::<ExternalSource>),
        Route::delete(&source, external::delete::<ExternalSource>),
    ]
}

impl Resource for Relationship {
    const PARAM: &'static str = "relationshipId";
    const STARRED: Starred = Starred::Named;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::contact::relationship(organization, record)
    }

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        check_required(body)
    }

    fn note(organization: &mut Organization, id: Id<Self>, _: Option<&Record<Self>>) {
        organization.note_entity(id);
    }
}

impl External for Relationship {
    fn write(organization: &Organization, record: &Record<Self>, _: &[String]) -> Map<String, Value> {
        view::contact::relationship(organization, record)
    }
}

/// A relationship names a user, an organization, and what the one is to the other.
fn check_required(body: &Map<String, Value>) -> Result<(), ApiError> {
    let has_id = |key: &str| body.get(key).and_then(|of| of.get("id")?.as_str()).is_some();
    let missing = ["user", "externalOrganization"].into_iter().find(|key| !has_id(key));
    let missing = missing
        .or_else(|| body.get("relationship").and_then(Value::as_str).is_none().then_some("relationship"));
    match missing {
        Some(field) => Err(ApiError::constraint(field, format!("The field [{field}] is required."))),
        None => Ok(()),
    }
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    record::create::<Relationship>(call)
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    record::replace::<Relationship>(call)
}

impl Resource for ExternalSource {
    const PARAM: &'static str = "externalSourceId";
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "external.source.exists");

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::contact::source(organization, record)
    }
}

impl External for ExternalSource {
    fn write(organization: &Organization, record: &Record<Self>, _: &[String]) -> Map<String, Value> {
        view::contact::source(organization, record)
    }
}

/// The sources, all on one page: an organization has few.
fn list_sources(call: &Call<'_>) -> Result<Reply, ApiError> {
    let name = call.query_text("name").map(|name| name.to_lowercase());
    let active = call.query_bool("active");
    let organization = call.tenant().read();
    let all = ExternalSource::table(&organization).iter();
    let all = all.filter(|source| {
        let is_active = source.extra.get("active").and_then(Value::as_bool).unwrap_or(true);
        name.as_ref().is_none_or(|name| source.name.to_lowercase().contains(name))
            && active.is_none_or(|active| active == is_active)
    });
    let entities: Vec<_> = all.map(|source| view::contact::source(&organization, source)).collect();
    Reply::ok(&json!({ "entities": entities, "selfUri": call.path, "cursors": {} }))
}
