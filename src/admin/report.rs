//! The report on the run so far, as a page, as text, as Markdown and as JSON.
//!
//! `material` gathers what the report is made of. The crate `gcmock-plan` counts and writes it.

pub(crate) mod material;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gcmock_plan::report::{CONTENT_SECURITY_POLICY as POLICY, Report};
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::answer::{Answer, Refusal};
use super::input::Params;
use super::route::{Query, Resource, get};
use super::schema::{one_of, or_null};
use crate::platform::Platform;

/// The forms of `GET /__admin/report`: the value of `format`, and the media type.
pub(crate) const FORMS: [(&str, &str); 3] =
    [("html", "text/html"), ("text", "text/plain"), ("markdown", "text/markdown")];

const FORMAT: Query = Query { name: "format", about: "the form of the report", schema: formats };

fn formats() -> RefOr<Schema> {
    one_of(FORMS.map(|(name, _)| name))
}

pub(super) fn resource() -> Resource {
    let does = "the report on the run so far, as a page (?format=text or markdown)";
    let [html, text, markdown] = FORMS.map(|(_, media)| media);
    let page = get("/__admin/report", does, page).query(&[FORMAT]);
    let page = page.answers_text(html).answers_text(text).answers_text(markdown);
    let json = get("/__admin/report.json", "the report on the run so far", json);
    Resource::new().with(page).with(json.answers::<Document>())
}

async fn page(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Response> {
    let params = params.only(&[FORMAT])?;
    let format = params.get("format").unwrap_or("html");
    let Some((name, media)) = FORMS.into_iter().find(|(name, _)| *name == format) else {
        let names = FORMS.map(|(name, _)| name).join(", ");
        return Err(Refusal::bad(format!("format={format}: expected one of {names}")));
    };
    let written = counted(platform, move |report| match name {
        "html" => report.html(),
        "text" => report.text(),
        _ => report.markdown(),
    });
    Ok(answer(media, written.await))
}

async fn json(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Response> {
    params.only(&[])?;
    Ok(answer("application/json", counted(platform, Report::json).await))
}

/// Counts and writes on a thread of its own: a journal of a million requests takes a second.
async fn counted(
    platform: Arc<Platform>,
    write: impl Fn(&Report) -> String + Send + 'static,
) -> Option<String> {
    let work = move || write(&Report::of(&material::of(&platform, "journal of a running gcmock")));
    tokio::task::spawn_blocking(work).await.ok()
}

fn answer(media: &str, written: Option<String>) -> Response {
    let Some(text) = written else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let media = if media.starts_with("text/") { format!("{media}; charset=utf-8") } else { media.to_owned() };
    ([(CONTENT_TYPE, media.as_str()), (CONTENT_SECURITY_POLICY, POLICY)], text).into_response()
}

/// The report as JSON. Its parts are described by the crate that counts them.
struct Document;

impl ToSchema for Document {
    fn name() -> std::borrow::Cow<'static, str> {
        "Report".into()
    }
}

impl PartialSchema for Document {
    fn schema() -> RefOr<Schema> {
        let of = |kind: Type| ObjectBuilder::new().schema_type(kind);
        let object = || of(Type::Object);
        let nullable = |schema: ObjectBuilder| or_null(schema.into());
        let list = |items: Object| ArrayBuilder::new().items(items);
        let counts = ["offered", "admitted", "refused", "failed", "withoutStatus", "errors"];
        let totals = counts.into_iter().fold(object(), |totals, name| {
            totals.property(name, of(Type::Integer).minimum(Some(0))).required(name)
        });
        let totals = totals.property("firstRefusalSeconds", nullable(of(Type::Number)));
        let totals = totals.property("mostFrequentError", nullable(of(Type::Integer)));
        let texts = ["title", "source", "sentence"];
        let document = texts
            .into_iter()
            .fold(object(), |document, name| document.property(name, of(Type::String)).required(name));
        let objects = ["axis", "traffic", "latency", "charts"];
        let document = objects
            .into_iter()
            .fold(document, |document, name| document.property(name, object()).required(name));
        let lists = ["advice", "limits", "statistics", "errors", "topErrors", "apdex"];
        let document = lists
            .into_iter()
            .fold(document, |document, name| document.property(name, list(object().build())).required(name));
        let document = ["comparison", "backOff"]
            .into_iter()
            .fold(document, |document, name| document.property(name, nullable(object())).required(name));
        document
            .property("started", nullable(of(Type::String)))
            .property("durationSeconds", of(Type::Number))
            .property("refusedStatuses", list(of(Type::Integer).build()))
            .property("totals", totals)
            .property("notes", list(of(Type::String).build()))
            .into()
    }
}
