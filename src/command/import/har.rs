//! Recordings of a browser (HTTP Archive 1.2): the answers of the API in them. Requests and headers are not read, because they
//! have tokens.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::world::import::Export;

/// Where the API begins in a URL.
const API: &str = "/api/v2/";

/// Whether a document is a recording. An entity of the API has an id, and its fields may have any name.
pub(super) fn is_recording(document: &Value) -> bool {
    document.get("log").is_some_and(Value::is_object) && document.get("id").is_none()
}

/// Adds the entities of the answers. An answer that is not JSON or has no entities is noted.
///
/// # Errors
/// A recording whose list is of a wrong type.
pub(super) fn add(document: &mut Value, export: &mut Export) -> Result<(), String> {
    let entries = document.pointer_mut("/log/entries").map(Value::take);
    let entries = match entries {
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err("log.entries: expected an array".to_owned()),
        None => return Err("a HAR without entries: expected an array log.entries".to_owned()),
    };
    for entry in &entries {
        add_answer(entry, export);
    }
    Ok(())
}

fn add_answer(entry: &Value, export: &mut Export) {
    let url = entry.pointer("/request/url").and_then(Value::as_str).unwrap_or_default();
    let status = entry.pointer("/response/status").and_then(Value::as_u64).unwrap_or_default();
    let Some(path) = path_of(url).filter(|_| (200..300).contains(&status)) else { return };
    let Some(body) = entry.pointer("/response/content").and_then(body_of) else { return };
    let document = serde_json::from_slice(&body);
    let added =
        document.map_err(|error| error.to_string()).and_then(|body| export.add_page(Some(path), body));
    if added.is_err() {
        export.note_answer(path);
    }
}

/// The path of the API in a URL, without the query.
fn path_of(url: &str) -> Option<&str> {
    let path = &url[url.find(API)?..];
    path.split(['?', '#']).next()
}

/// The body of an answer, which is in base64 where the recorder took it for binary data.
fn body_of(content: &Value) -> Option<Cow<'_, [u8]>> {
    let text = content.get("text")?.as_str().filter(|text| !text.is_empty())?;
    match content.get("encoding").and_then(Value::as_str) {
        Some("base64") => STANDARD.decode(text).ok().map(Cow::Owned),
        _ => Some(Cow::Borrowed(text.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_body_of_an_answer_is_text_or_base64() {
        assert_eq!(body_of(&json!({ "text": "{}" })).as_deref(), Some(b"{}".as_slice()));
        assert_eq!(
            body_of(&json!({ "text": "e30=", "encoding": "base64" })).as_deref(),
            Some(b"{}".as_slice())
        );
        for none in [
            json!({}),
            json!({ "text": "" }),
            json!({ "text": 7 }),
            json!({ "text": "?", "encoding": "base64" }),
        ] {
            assert_eq!(body_of(&none), None, "{none}");
        }
    }

    #[test]
    fn a_url_is_one_of_the_api_or_none() {
        assert_eq!(path_of("https://api.mypurecloud.com/api/v2/users?pageSize=1"), Some("/api/v2/users"));
        assert_eq!(path_of("https://apps.mypurecloud.com/directory/"), None);
    }
}
