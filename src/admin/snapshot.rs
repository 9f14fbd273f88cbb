//! The state as a snapshot: read, loaded, and written to the file of `--state`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::ControlPlane;
use super::answer::{Answer, Refusal};
use super::input::{self, Large, Params};
use super::pretty::AsIs;
use super::route::{Query, Resource, get, post, put};
use super::schema::or_null;
use crate::platform::Platform;
use crate::platform::snapshot::{BadSnapshot, Summary};
use crate::wire::error::ApiError;
use crate::world::Tenant;

/// The organization that a snapshot is of.
const TENANT: Query =
    Query::of::<String>("tenant", "the id or name of an organization; default: the whole server");

pub(super) fn resource() -> Resource {
    const PATH: &str = "/__admin/snapshot";
    let show_does =
        "the state, to be loaded later: limits with levels, clock, tokens, organizations; it has secrets";
    let load_does = "loads a snapshot; one with a mistake changes nothing. A reset goes back to it";
    let show = get(PATH, show_does, show).query(&[TENANT]).answers::<Document>();
    let load = put(PATH, load_does, load).query(&[TENANT]).reads::<Document>().answers::<Loaded>();
    let keep = post(PATH, "writes the state to the file of --state", keep).answers::<Kept>();
    Resource::new().with(show).with(load.refuses(&[409])).with(keep.refuses(&[409]))
}

/// A snapshot. Its parts are those of the format, and are not described here.
struct Document;

impl ToSchema for Document {
    fn name() -> std::borrow::Cow<'static, str> {
        "Snapshot".into()
    }
}

impl PartialSchema for Document {
    fn schema() -> RefOr<Schema> {
        let of = |kind: Type| ObjectBuilder::new().schema_type(kind);
        let organizations = ArrayBuilder::new().items(of(Type::Object).build());
        let document = of(Type::Object)
            .property("format", of(Type::Integer).minimum(Some(1)))
            .property("gcmock", of(Type::String))
            .property("clock", of(Type::Object))
            .property("server", or_null(of(Type::Object).into()))
            .property("organizations", organizations);
        let names = ["format", "gcmock", "clock", "server", "organizations"];
        names.into_iter().fold(document, ObjectBuilder::required).into()
    }
}

/// What was loaded.
#[derive(Serialize, ToSchema)]
#[schema(as = LoadedSnapshot)]
struct Loaded {
    organizations: usize,
    conversations: usize,
    /// The size of the snapshot.
    bytes: usize,
}

/// What was written.
#[derive(Serialize, ToSchema)]
#[schema(as = KeptState)]
struct Kept {
    /// The size of the file.
    bytes: usize,
}

/// The organization that the query names, if it names one.
fn tenant(platform: &Platform, params: &Params) -> Answer<Option<Arc<Tenant>>> {
    params.get("tenant").map(|name| input::tenant(platform, Some(name))).transpose()
}

async fn show(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Response> {
    let params = params.only(&[TENANT])?;
    let tenant = tenant(&platform, &params)?;
    let saved = tokio::task::spawn_blocking(move || platform.save(tenant.as_ref())).await;
    let Ok(Ok(bytes)) = saved else { return Err(ApiError::internal().into()) };
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    Ok((headers, Extension(AsIs), bytes).into_response())
}

async fn load(
    State(platform): State<Arc<Platform>>,
    params: Params,
    Large(content): Large,
) -> Answer<Json<Loaded>> {
    let params = params.only(&[TENANT])?;
    let tenant = tenant(&platform, &params)?;
    let work = move || {
        let bytes = content.json_bytes()?;
        let loaded = match &tenant {
            Some(tenant) => platform.load_tenant(tenant, &bytes),
            None => platform.load(bytes),
        };
        loaded.map_err(|error| refusal(&error))
    };
    let loaded = tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(ApiError::internal().into()));
    let Summary { organizations, conversations, bytes } = loaded?;
    Ok(Json(Loaded { organizations, conversations, bytes }))
}

fn refusal(error: &BadSnapshot) -> Refusal {
    let why = format!("The snapshot is not loaded: {error}");
    if matches!(error, BadSnapshot::Later { .. } | BadSnapshot::Shared) {
        ApiError::conflict(why).into()
    } else {
        Refusal::bad(why)
    }
}

async fn keep(State(state): State<ControlPlane>) -> Answer<Json<Kept>> {
    let Some(file) = state.state_file else {
        let why = "The server has no file for its state; start it with --state FILE.";
        return Err(ApiError::conflict(why.to_owned()).into());
    };
    let written = tokio::task::spawn_blocking(move || file.save(&state.platform)).await;
    match written {
        Ok(Ok(bytes)) => Ok(Json(Kept { bytes })),
        Ok(Err(error)) => {
            tracing::error!("the state is not written: {error:#}");
            Err(ApiError::internal().into())
        }
        Err(_) => Err(ApiError::internal().into()),
    }
}
