//! System prompts. The document names none: the list is assumed. Their resources have generic answers, and are shown with
//! their prompt.

use serde_json::{Value, json};

use crate::api::call::Call;
use crate::api::fixed::{self, body};
use crate::api::json_entity::Body;
use crate::api::route::Route;

const PROMPTS: &str = "/api/v2/architect/systemprompts";
/// The prompts: a name, and when it is played.
const ALL: [(&str, &str); 4] = [
    ("on_hold_music", "Played to a caller that waits or is on hold."),
    ("no_input", "Played when a caller says and presses nothing."),
    ("no_match", "Played when the input of a caller is not understood."),
    ("transfer", "Played before a call is transferred."),
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(PROMPTS, |call| fixed::list(call, prompts(call))),
        Route::get(&format!("{PROMPTS}/{{promptId}}"), |call| {
            fixed::get(call, ("system prompt", "promptId"), prompts(call))
        }),
    ]
}

fn prompts(call: &Call<'_>) -> Vec<Body> {
    let prompt = |(name, description): (&str, &str)| {
        let uri = format!("{PROMPTS}/{name}");
        body([
            ("id", json!(name)),
            ("name", json!(format!("PromptSystem.{name}"))),
            ("description", json!(description)),
            ("resources", resources(call, &uri)),
            ("selfUri", json!(uri)),
        ])
    };
    ALL.map(prompt).into_iter().collect()
}

/// The resources that the organization has made for a prompt.
fn resources(call: &Call<'_>, prompt: &str) -> Value {
    let organization = call.tenant().read();
    let path = format!("{prompt}/resources");
    let made = organization.collections.list(&path);
    made.map(|resource| Value::Object(Body::clone(resource))).collect()
}
