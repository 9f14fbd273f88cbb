//! What clients tell about words: dictionary feedback and sentiment feedback.

use serde_json::json;

use super::words;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = json_entity::routes_with_put::<Word>();
    routes.extend([
        Route::get(Sentiment::PATH, json_entity::list::<Sentiment>),
        Route::post(Sentiment::PATH, json_entity::create::<Sentiment>),
        Route::delete(Sentiment::PATH, delete_all),
        Route::delete(
            &format!("{}/{{sentimentFeedbackId}}", Sentiment::PATH),
            json_entity::delete::<Sentiment>,
        ),
    ]);
    routes
}

/// Whether the query names the dialect of an entity, or none.
fn has_dialect(call: &Call<'_>, entity: &Body) -> bool {
    call.query_text("dialect").is_none_or(|dialect| text(entity, "dialect") == dialect)
}

/// Refuses a term or a phrase that the dialect has already: 422.
fn check_unique<K: JsonEntity>(
    organization: &Organization,
    before: Option<&Body>,
    body: &Body,
    key: &str,
) -> Result<(), ApiError> {
    let own = before.map_or("", |before| text(before, "id"));
    let same = |other: &Body| {
        text(other, "id") != own
            && text(other, "dialect") == text(body, "dialect")
            && text(other, key).eq_ignore_ascii_case(text(body, key))
    };
    if organization.collections.list(K::PATH).any(|other| same(other)) {
        let why = format!("The {} of this dialect exists already.", K::NAME);
        return Err(words::unprocessable(format!("{key}.already.exists"), why));
    }
    Ok(())
}

/// A term of the dictionary.
enum Word {}

impl JsonEntity for Word {
    const NAME: &'static str = "dictionary feedback";
    const PATH: &'static str = "/api/v2/speechandtextanalytics/dictionaryfeedback";
    const PARAM: &'static str = "dictionaryFeedbackId";
    const SET_BY_SERVER: &'static [&'static str] = &["source", "status"];

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        words::check_word(body)?;
        if before.is_none() {
            words::check_dialect(text(body, "dialect"))?;
        }
        if body.contains_key("term") {
            check_unique::<Self>(organization, before, body, "term")
        } else {
            Ok(())
        }
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.insert("source".to_owned(), json!("Manual"));
        entity.insert("status".to_owned(), json!("Active"));
        entity.entry("transcriptionEngine").or_insert(json!("Genesys"));
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let engine = call.query_text("transcriptionEngine");
        has_dialect(call, entity) && engine.is_none_or(|engine| text(entity, "transcriptionEngine") == engine)
    }
}

/// A phrase and its sentiment.
enum Sentiment {}

impl JsonEntity for Sentiment {
    const NAME: &'static str = "sentiment feedback";
    const PATH: &'static str = "/api/v2/speechandtextanalytics/sentimentfeedback";
    const PARAM: &'static str = "sentimentFeedbackId";

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        words::check_phrase(text(body, "phrase"))?;
        check_unique::<Self>(organization, before, body, "phrase")
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        has_dialect(call, entity)
    }
}

/// `DELETE …/sentimentfeedback`: all of it.
fn delete_all(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        organization.collections.remove_all(Sentiment::PATH);
        Ok(())
    })?;
    answer::done(call)
}
