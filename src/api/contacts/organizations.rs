//! External organizations and their contacts.

use serde_json::{Map, Value, json};

use super::external::{self, External, page_of};
use crate::api::call::Call;
use crate::api::data_schemas::check_named_schema;
use crate::api::record::{self, Resource, Starred, find};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::contact::{CLAIMED, ExternalContact, ExternalOrganization, Relationship};
use crate::world::id::Id;
use crate::world::table::{Kind, Record, Stored};

const SCHEMAS: &str = "/api/v2/externalcontacts/organizations/schemas";

pub(super) fn routes() -> Vec<Route> {
    let path = ExternalOrganization::PATH;
    let one = format!("{path}/{{externalOrganizationId}}");
    let bulk = "/api/v2/externalcontacts/bulk/organizations";
    let scan = "/api/v2/externalcontacts/scan/organizations";
    vec![
        Route::get(path, list),
        Route::post(path, record::create::<ExternalOrganization>),
        Route::get(&one, external::get::<ExternalOrganization>),
        Route::put(&one, record::replace::<ExternalOrganization>),
        Route::patch(&one, external::patch::<ExternalOrganization>),
        Route::delete(&one, external::delete::<ExternalOrganization>),
        Route::get(&format!("{one}/contacts"), list_contacts),
        Route::get(&format!("{one}/relationships"), list_relationships),
        Route::get(&format!("{one}/identifiers"), list_identifiers),
        Route::patch(&format!("{one}/identifiers"), claim),
        Route::post(bulk, external::bulk_get::<ExternalOrganization>),
        Route::post(&format!("{bulk}/divisionviews"), external::bulk_get::<ExternalOrganization>),
        Route::post(&format!("{bulk}/add"), external::bulk_add::<ExternalOrganization>),
        Route::post(&format!("{bulk}/update"), external::bulk_update::<ExternalOrganization>),
        Route::post(&format!("{bulk}/remove"), external::bulk_remove::<ExternalOrganization>),
        Route::get(scan, external::scan::<ExternalOrganization>),
        Route::get(&format!("{scan}/divisionviews/all"), external::scan::<ExternalOrganization>),
    ]
}

impl Resource for ExternalOrganization {
    const PARAM: &'static str = "externalOrganizationId";
    const STARRED: Starred = Starred::Named;
    const KEPT: &'static [&'static str] = &[CLAIMED];

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::contact::external_organization(organization, record, &[])
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        check_named_schema(organization, SCHEMAS, body)
    }

    fn note(organization: &mut Organization, id: Id<Self>, _: Option<&Record<Self>>) {
        organization.note_entity(id);
    }
}

impl External for ExternalOrganization {
    fn write(organization: &Organization, record: &Record<Self>, expand: &[String]) -> Map<String, Value> {
        view::contact::external_organization(organization, record, expand)
    }
}

/// Lists organizations. With `trustorId`, those of the trustors in the order of the query, whatever `q` asks for.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let trustors = call.query_list("trustorId");
    if trustors.is_empty() {
        return external::list::<ExternalOrganization>(call);
    }
    if trustors.len() > MAX_TRUSTORS {
        return Err(ApiError::constraint("trustorId", format!("must have at most {MAX_TRUSTORS} ids")));
    }
    let page = external::page_request(call)?;
    let organization = call.tenant().read();
    let all = ExternalOrganization::table(&organization);
    let of = |trustor: &String| all.iter().find(|record| trustor_of(record) == Some(trustor.as_str()));
    let found = trustors.iter().filter_map(of);
    let expand = call.query_list("expand");
    let shown = found.map(|record| ExternalOrganization::write(&organization, record, &expand));
    Reply::ok(&Page::of(shown, page, call.path, call.query))
}

/// The most trustors of one listing.
const MAX_TRUSTORS: usize = 25;

/// The id of the organization that trusts this one, and that an external organization stands for.
fn trustor_of(record: &Record<ExternalOrganization>) -> Option<&str> {
    record.extra.get("trustor")?.get("id")?.as_str()
}

/// Whether an entity names the organization under `externalOrganization`.
fn is_of<K>(record: &Record<K>, id: Id<ExternalOrganization>) -> bool {
    let of = record.extra.get("externalOrganization").and_then(|of| of.get("id")?.as_str());
    of.and_then(Id::parse) == Some(id)
}

fn list_contacts(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let id = find::<ExternalOrganization>(&organization, &call.param("externalOrganizationId")?)?.id();
    Reply::ok(&page_of::<ExternalContact>(call, &organization, |contact| is_of(contact, id))?)
}

fn list_relationships(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let id = find::<ExternalOrganization>(&organization, &call.param("externalOrganizationId")?)?.id();
    Reply::ok(&page_of::<Relationship>(call, &organization, |relationship| is_of(relationship, id))?)
}

fn list_identifiers(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let found = find::<ExternalOrganization>(&organization, &call.param("externalOrganizationId")?)?;
    Reply::ok(&json!({ "entities": view::contact::identifiers(&organization, found) }))
}

/// Adds an identifier to the organization in the path, or takes it away.
fn claim(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (identifier, releases) = external::read_claim(&call.json_object()?)?;
    external::claim::<ExternalOrganization>(call, &identifier, releases)
}
