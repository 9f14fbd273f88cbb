//! What is told of documents: feedback, views, copies and presentations.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::bases::reference;
use super::documents::Document;
use super::versions::variation_ids;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer, check_parents, path_of};
use crate::api::route::Route;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{}/{{feedbackId}}", Feedback::PATH);
    let document = |name: &str| format!("{}/{{documentId}}/{name}", Document::PATH);
    vec![
        Route::get(Feedback::PATH, json_entity::list::<Feedback>),
        Route::post(Feedback::PATH, json_entity::create::<Feedback>),
        Route::get(&one, json_entity::get::<Feedback>),
        Route::patch(&one, json_entity::update::<Feedback>),
        Route::get(&format!("{}/feedback", Document::PATH), list_all),
        Route::post(&document("views"), note),
        Route::post(&document("copies"), note),
        Route::post(&format!("{}/presentations", Document::PATH), note_presentation),
    ]
}

/// The parameters of listings, and where feedback has their values.
const FILTERS: [(&str, &str); 6] = [
    ("documentVersionId", "/document/versionId"),
    ("documentVariationId", "/documentVariation/id"),
    ("appType", "/application/type"),
    ("queryType", "/queryType"),
    ("userId", "/user/id"),
    ("queueId", "/conversationContext/queue/id"),
];

/// The string at a JSON pointer; empty if there is none.
fn text_at<'v>(entity: &'v Body, pointer: &str) -> &'v str {
    let mut parts = pointer.split('/').skip(1);
    let first = parts.next().and_then(|part| entity.get(part));
    let found = parts.fold(first, |value, part| value?.get(part));
    found.and_then(Value::as_str).unwrap_or_default()
}

/// Feedback about a document.
enum Feedback {}

impl JsonEntity for Feedback {
    const NAME: &'static str = "feedback";
    const PATH: &'static str =
        "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/{documentId}/feedback";
    const PARAM: &'static str = "feedbackId";

    fn start(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        entity.entry("state").or_insert(json!("Final"));
        let author = call.caller.token.user.and_then(|user| organization.people().at(user));
        if let Some(author) = author {
            entity.insert("user".to_owned(), user::reference(&author.id.to_string()));
        }
    }

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        if before.is_some_and(|before| text(before, "state") == "Final") {
            return Err(ApiError::conflict("Final feedback cannot be changed."));
        }
        let variation = text_at(body, "/documentVariation/id");
        check_variation(call, organization, (&call.param("documentId")?, variation), "not.found")
    }

    /// Says which document the feedback is about.
    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let uri = text(entity, "selfUri").split("/feedback/").next().unwrap_or_default().to_owned();
        let Some(document) = entity.get_mut("document").and_then(Value::as_object_mut) else { return };
        document.insert("id".to_owned(), json!(uri.rsplit('/').next()));
        document.insert("knowledgeBase".to_owned(), reference(call, organization));
        document.insert("selfUri".to_owned(), json!(uri));
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let commented = call.query_flag("onlyCommented");
        let state = call.query_text("state").or_else(|| commented.then_some(Cow::Borrowed("Final")));
        state.is_none_or(|state| state == "All" || text(entity, "state") == state)
            && (!commented || !text(entity, "comment").is_empty())
            && FILTERS.iter().all(|(parameter, at)| {
                call.query_text(parameter).is_none_or(|wanted| text_at(entity, at) == wanted)
            })
    }
}

/// `GET …/documents/feedback`: that of every document of the base.
fn list_all(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    check_parents(call, &organization, Document::PATH)?;
    let documents = path_of(call, Document::PATH)?;
    let mut all = Vec::new();
    for document in organization.collections.list(&documents) {
        let path = format!("{documents}/{}/feedback", text(document, "id"));
        let wanted =
            organization.collections.list(&path).filter(|one| Feedback::matches(call, &organization, one));
        all.extend(wanted.map(|one| json_entity::to_json::<Feedback>(call, &organization, one)));
    }
    drop(organization);
    answer::list(call, all)
}

/// Refuses a variation that the document does not have, and had in no version: 404. What is told of a document without
/// any is accepted.
fn check_variation(
    call: &Call<'_>,
    organization: &Organization,
    (document, variation): (&str, &str),
    code: &'static str,
) -> Result<(), ApiError> {
    let known = variation_ids(call, organization, document);
    if variation.is_empty() || known.is_empty() || known.iter().any(|id| id == variation) {
        return Ok(());
    }
    Err(ApiError { code: code.into(), ..ApiError::no_such("variation", variation) })
}

const NO_VARIATION: &str = "document.variation.not.found";

/// Accepts a view or a copy of a document that exists.
fn note(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object_or_none()?.unwrap_or_default();
    let document = call.param("documentId")?;
    {
        let organization = call.tenant().read();
        json_entity::find::<Document>(call, &organization)?;
        let variation = text(&body, "documentVariationId");
        check_variation(call, &organization, (&document, variation), NO_VARIATION)?;
    }
    answer::done(call)
}

fn note_presentation(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object_or_none()?.unwrap_or_default();
    {
        let organization = call.tenant().read();
        check_parents(call, &organization, Document::PATH)?;
        let shown = body.get("documents").and_then(Value::as_array).into_iter().flatten();
        for one in shown.filter_map(Value::as_object) {
            let variation = (text(one, "documentId"), text(one, "documentVariationId"));
            check_variation(call, &organization, variation, NO_VARIATION)?;
        }
    }
    answer::done(call)
}
