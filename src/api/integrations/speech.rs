//! The engine that reads texts out, and its voices. The document names none: the engine and its voices are assumed.

use serde_json::{Value, json};

use crate::api::call::Call;
use crate::api::fixed::{self, body};
use crate::api::json_entity::Body;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

const ENGINES: &str = "/api/v2/integrations/speech/tts/engines";
const ENGINE: &str = "genesys-tts";
/// The voices: a name, a gender, a language.
const VOICES: [(&str, &str, &str); 4] = [
    ("Jill", "female", "en-US"),
    ("Anna", "female", "de-DE"),
    ("Monica", "female", "es-ES"),
    ("Audrey", "female", "fr-FR"),
];

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{ENGINES}/{{engineId}}");
    vec![
        Route::get(ENGINES, list),
        Route::get(&one, |call| fixed::get(call, ("engine", "engineId"), [engine(call)])),
        Route::get(&format!("{one}/voices"), |call| {
            check_engine(call)?;
            fixed::list(call, voices().map(with_engine))
        }),
        Route::get(&format!("{one}/voices/{{voiceId}}"), |call| {
            check_engine(call)?;
            fixed::get(call, ("voice", "voiceId"), voices().map(with_engine))
        }),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let language = call.query_text("language");
    let speaks = |engine: &Body| {
        let all = engine.get("languages").and_then(Value::as_array);
        language.as_deref().is_none_or(|wanted| {
            all.is_some_and(|all| {
                all.iter().filter_map(Value::as_str).any(|one| one.eq_ignore_ascii_case(wanted))
            })
        })
    };
    fixed::list(call, [engine(call)].into_iter().filter(speaks))
}

/// The engine, with its voices where the query asks for them.
fn engine(call: &Call<'_>) -> Body {
    let languages: Value = VOICES.iter().map(|(_, _, language)| *language).collect();
    let mut engine = body([
        ("id", json!(ENGINE)),
        ("name", json!("Genesys TTS")),
        ("languages", languages),
        ("outputFormats", json!(["audio/basic"])),
        ("isDefault", json!(true)),
        ("isSecure", json!(true)),
        ("selfUri", json!(format!("{ENGINES}/{ENGINE}"))),
    ]);
    if call.query_flag("includeVoices") {
        let language = call.query_text("language");
        let is_wanted = |voice: &Body| {
            let spoken = voice.get("language").and_then(Value::as_str).unwrap_or_default();
            language.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(spoken))
        };
        engine.insert("voices".to_owned(), voices().filter(is_wanted).collect());
    }
    engine
}

fn check_engine(call: &Call<'_>) -> Result<(), ApiError> {
    let id = call.param("engineId")?;
    if id == ENGINE { Ok(()) } else { Err(ApiError::no_such("engine", &id)) }
}

fn voices() -> impl Iterator<Item = Body> {
    VOICES.iter().map(|(name, gender, language)| {
        body([
            ("id", json!(name)),
            ("name", json!(name)),
            ("gender", json!(gender)),
            ("language", json!(language)),
            ("isDefault", json!(true)),
            ("selfUri", json!(format!("{ENGINES}/{ENGINE}/voices/{name}"))),
        ])
    })
}

/// The voice with a reference to its engine.
fn with_engine(mut voice: Body) -> Body {
    let languages: Value = VOICES.iter().map(|(_, _, language)| *language).collect();
    let engine = json!({ "id": ENGINE, "name": "Genesys TTS", "languages": languages,
        "outputFormats": ["audio/basic"], "selfUri": format!("{ENGINES}/{ENGINE}") });
    voice.insert("engine".to_owned(), engine);
    voice
}
