//! Uploads: files that clients send to an address that another operation has given them.
//!
//! The address is the credential, as the vendor's presigned addresses are. Rows of a data table and contacts of a list
//! are stored when their file arrives. The upload of a file of documents keeps their titles for the import. A file of
//! JSON is kept for the operation that it is for. Of another file only the arrival is noted. A file may be gzip.
//!
//! To take another kind of file, give its use to [`expect`] and add an arm to `read_alone`, or to `arrive` where the file
//! changes the organization.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::architect::{read_flow, take_flow, take_rows};
use super::call::Call;
use super::contacts::{IMPORT, take_file};
use super::entity::text;
use super::form;
use super::knowledge::take_documents;
use super::outbound::{take_blocked, take_contacts};
use super::request::Request;
use super::route::{Handler, Route};
use crate::platform::Platform;
use crate::time::Nanos;
use crate::wire::body::Encodings;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::wire::uri::base_uri;
use crate::world::Organization;
use crate::world::collection::{Entity, UPLOADS};

type Body = Map<String, Value>;

/// What the paths of uploads begin with.
const PREFIX: &str = "/uploads/";
/// The most bytes of a file that was compressed.
const MAX_UNPACKED: usize = 8 << 20;

/// The keys of an upload: its use, and the instant of its arrival in nanoseconds.
const USE: &str = "use";
const ARRIVED: &str = "arrived";
/// The use of a file of documents.
const DOCUMENTS: &str = "documents";
/// The use of a file of JSON that is kept until the operation that it is for.
pub(super) const KEPT: &str = "kept";
const CONTENT: &str = "content";

pub(super) fn routes() -> Vec<Route> {
    const FILE: &str = "/uploads/{uploadId}/{fileName}";
    let taking = [Method::PUT, Method::POST];
    let mut routes: Vec<_> = taking
        .into_iter()
        .map(|method| Route::new(method, FILE, Handler::Public(take)).unpublished())
        .collect();
    routes.extend([
        Route::post("/api/v2/uploads/recordings", |call| announce(call, "recording")),
        Route::post("/api/v2/knowledge/documentuploads", |call| announce(call, DOCUMENTS)),
    ]);
    routes
}

/// The content encodings that a request with that path may have: a file may be compressed, as the vendor asks for
/// schedules and forecasts.
pub(crate) fn encodings_of(path: &str) -> Encodings {
    if path.starts_with(PREFIX) { Encodings::Gzip } else { Encodings::Identity }
}

/// Keeps what the file of an address is for, and gives the upload's id.
pub(super) fn expect(organization: &mut Organization, usage: &'static str, mut more: Body) -> String {
    let id = Uuid::new_v4().to_string();
    more.insert("id".to_owned(), json!(id));
    more.insert(USE.to_owned(), json!(usage));
    organization.collections.insert(UPLOADS, &id, more);
    id
}

/// The address to which the file of an upload is sent.
pub(super) fn address(call: &Call<'_>, id: &str, name: &str) -> String {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    format!("{}/uploads/{id}/{name}", base_uri(call.secure, call.host))
}

/// The answer of an operation that gives an address.
pub(super) fn to_json(call: &Call<'_>, id: &str, name: &str) -> Value {
    json!({ "url": address(call, id, name), "uploadKey": format!("{id}/{name}"), "headers": {} })
}

fn announce(call: &Call<'_>, usage: &'static str) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let name = Some(text(&body, "fileName")).filter(|name| !name.is_empty()).unwrap_or("file").to_owned();
    let id = call.change(|organization| Ok(expect(organization, usage, Body::new())))?;
    Reply::ok(&to_json(call, &id, &name))
}

/// The upload of the documents that a key names, once they have arrived.
pub(super) fn arrived_documents<'o>(organization: &'o Organization, key: &str) -> Option<&'o Body> {
    let upload = organization.collections.get(UPLOADS, key.split('/').next()?)?;
    let arrived = text(upload, USE) == DOCUMENTS && upload.contains_key(ARRIVED);
    arrived.then_some(upload)
}

/// The file of an upload of JSON, once it has arrived; null where it is no JSON.
pub(super) fn content_of(upload: &Body) -> Option<&Value> {
    upload.get(CONTENT)
}

/// Takes the file of an upload. A second file of one address is not read.
fn take(platform: &Platform, request: &Request<'_>) -> Result<Reply, ApiError> {
    let id = request.param("uploadId")?;
    let tenant = platform.upload(&id).ok_or_else(|| ApiError::no_such("upload", &id))?;
    let file = unpack(form::file_in(request.headers, request.body))?;
    if file.is_empty() {
        return Err(ApiError::bad_request("The file has no content."));
    }
    let content = String::from_utf8_lossy(&file);
    let upload = tenant.read().collections.get(UPLOADS, &id).cloned();
    if let Some(upload) = upload.filter(|upload| !upload.contains_key(ARRIVED)) {
        // A large file is parsed without the lock of the organization.
        let taken = read_alone(&upload, &content);
        platform.change(&tenant, request.now, |organization| {
            arrive(organization, &id, taken, &content, request.now);
        });
    }
    Ok(Reply::empty(StatusCode::OK))
}

/// The upload with what its file alone says.
fn read_alone(upload: &Body, content: &str) -> Body {
    let mut taken = upload.clone();
    match text(upload, USE) {
        DOCUMENTS => take_documents(&mut taken, content),
        "flow" => read_flow(&mut taken, content),
        IMPORT => take_file(&mut taken, content),
        KEPT => {
            let content = serde_json::from_str(content).unwrap_or(Value::Null);
            taken.insert(CONTENT.to_owned(), content);
        }
        _ => {}
    }
    taken
}

/// A file as it was before its compression with gzip, whether a header says so or not.
pub(super) fn unpack(file: &[u8]) -> Result<Cow<'_, [u8]>, ApiError> {
    if !file.starts_with(&[0x1f, 0x8b]) {
        return Ok(Cow::Borrowed(file));
    }
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(file).take(MAX_UNPACKED as u64 + 1).read_to_end(&mut unpacked);
    read.map_err(|_| ApiError::bad_request("The file begins as gzip data, and can not be unpacked."))?;
    if unpacked.len() > MAX_UNPACKED {
        return Err(ApiError::too_large(MAX_UNPACKED));
    }
    Ok(Cow::Owned(unpacked))
}

/// Stores the upload of a file, and does what the file says of the organization.
fn arrive(organization: &mut Organization, id: &str, mut taken: Body, content: &str, now: Nanos) {
    let upload = organization.collections.get(UPLOADS, id).cloned();
    let Some(upload) = upload.filter(|upload| !upload.contains_key(ARRIVED)) else { return };
    taken.insert(ARRIVED.to_owned(), json!(now));
    match text(&upload, USE) {
        "rows" => take_rows(organization, &upload, content, now),
        "flow" => take_flow(organization, &taken, now),
        "contacts" => take_contacts(organization, &upload, content, now),
        "blocked" => take_blocked(organization, &upload, content),
        _ => {}
    }
    let _: Entity = organization.collections.insert(UPLOADS, id, taken);
}
