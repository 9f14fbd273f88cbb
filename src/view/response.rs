//! Response libraries, responses and their assets as the vendor writes them.

use serde_json::{Map, Value, json};

use super::record::Properties;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::response::{CannedResponse, Library, ResponseAsset};
use crate::world::table::Record;

/// A library.
pub(crate) fn library(organization: &Organization, record: &Record<Library>) -> Map<String, Value> {
    Properties::of(organization, record)
        .put("version", json!(record.version))
        .put("dateCreated", json!(rfc3339(record.created)))
        .extra()
        .division()
        .end()
}

/// A response, with the libraries that it is in.
pub(crate) fn response(organization: &Organization, record: &Record<CannedResponse>) -> Map<String, Value> {
    let responses = organization.responses();
    let libraries = responses.filed.holders(record.id()).iter();
    let libraries = libraries.filter_map(|id| responses.libraries.get(*id));
    let libraries: Vec<_> = libraries
        .map(|library| json!({ "id": library.id(), "name": library.name, "selfUri": library.uri() }))
        .collect();
    Properties::of(organization, record)
        .put("version", json!(record.version))
        .put("libraries", json!(libraries))
        .extra()
        .or("texts", || json!([]))
        .put("dateCreated", json!(rfc3339(record.created)))
        .end()
}

/// An asset. Its content is not kept.
pub(crate) fn asset(organization: &Organization, record: &Record<ResponseAsset>) -> Map<String, Value> {
    Properties::of(organization, record)
        .division()
        .dates()
        .put("contentLength", json!(0))
        .put("contentType", json!(content_type(&record.name)))
        .put("responses", json!([]))
        .end()
}

/// The media type of a file of that name.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    }
}
