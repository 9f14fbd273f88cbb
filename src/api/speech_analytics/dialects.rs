//! The dialects of speech and text analytics. Those of topics are documented; that transcriptions and sentiments have the
//! same ones, and which languages are translated, is assumed.

use serde_json::json;

use crate::api::call::Call;
use crate::api::fixed::body;
use crate::api::json_entity::answer;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

pub(super) const DIALECTS: [&str; 40] = [
    "ar-001", "ar-AE", "ar-BH", "ar-EG", "ar-IL", "ar-SA", "ar-TN", "da-DK", "de-CH", "de-DE", "en-AU",
    "en-GB", "en-HK", "en-IE", "en-IN", "en-NZ", "en-SG", "en-US", "en-ZA", "es-ES", "es-US", "fi-FI",
    "fr-CA", "fr-FR", "he-IL", "hi-IN", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "pt-BR",
    "pt-PT", "sv-SE", "tr-TR", "zh-CN", "zh-HK", "zh-TW", "zu-ZA",
];
/// The languages of translations, each with its code.
const LANGUAGES: [(&str, &str); 12] = [
    ("Dansk", "da"),
    ("Deutsch", "de"),
    ("English", "en"),
    ("Español", "es"),
    ("Français", "fr"),
    ("Italiano", "it"),
    ("Nederlands", "nl"),
    ("Polski", "pl"),
    ("Português", "pt"),
    ("Svenska", "sv"),
    ("日本語", "ja"),
    ("한국어", "ko"),
];
const ENGINES: [&str; 2] = ["Genesys", "GenesysExtended"];

pub(super) fn routes() -> Vec<Route> {
    const ANALYTICS: &str = "/api/v2/speechandtextanalytics";
    vec![
        Route::get(&format!("{ANALYTICS}/topics/dialects"), list_dialects),
        Route::get(&format!("{ANALYTICS}/sentiment/dialects"), list_dialects),
        Route::get(&format!("{ANALYTICS}/programs/transcriptionengines/dialects"), list_engines),
        Route::get(&format!("{ANALYTICS}/translations/languages"), list_languages),
    ]
}

fn list_dialects(call: &Call<'_>) -> Result<Reply, ApiError> {
    answer::reply(call, json!({ "entities": DIALECTS.as_slice() }))
}

fn list_engines(call: &Call<'_>) -> Result<Reply, ApiError> {
    let engines = ENGINES.map(|engine| json!({ "engine": engine, "dialects": DIALECTS.as_slice() }));
    answer::reply(call, json!({ "entities": engines }))
}

fn list_languages(call: &Call<'_>) -> Result<Reply, ApiError> {
    let languages =
        LANGUAGES.map(|(name, code)| body([("languageName", json!(name)), ("languageCode", json!(code))]));
    answer::reply(call, json!({ "entities": languages }))
}
