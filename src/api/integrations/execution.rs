//! Executions of actions. No request leaves this server: the input is checked by the contract, and the result is made
//! from it.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::record::{Resource, find};
use crate::api::route::Route;
use crate::catalog::document::JsonSchema;
use crate::wire::error::{ApiError, Dialect};
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::integration::action::Contracted;
use crate::world::integration::{Action, ActionDraft};
use crate::world::table::Record;

/// The steps of a test, by the vendor's names. They are assumed.
const STEPS: [&str; 4] =
    ["Validate input against schema", "Render request", "Execute request", "Validate output against schema"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/integrations/actions/{actionId}/execute", execute),
        Route::post("/api/v2/integrations/actions/{actionId}/test", test::<Action>),
        Route::post("/api/v2/integrations/actions/{actionId}/draft/test", test::<ActionDraft>),
    ]
}

/// The result of an action for an input. Equal inputs have equal results.
fn run<K: Contracted>(action: &Record<K>, input: &Map<String, Value>) -> Result<Value, ApiError> {
    let read = |schema: Option<&Value>| {
        let schema = schema.ok_or_else(ApiError::internal)?;
        JsonSchema::read(schema).map_err(|_| ApiError::internal())
    };
    let input = Value::Object(input.clone());
    read(action.input_schema())?.check(&input)?;
    if let Some(unknown) = action.input_schema().and_then(|schema| unknown_property(schema, &input)) {
        let why = format!("The schema of the input has no property [{}].", quoted(&unknown));
        return Err(ApiError::constraint(&unknown, why));
    }
    Ok(read(action.success_schema())?.example(&format!("{}{input}", action.id())))
}

/// The path of the first property that a schema with `additionalProperties: false` does not have. Objects within are
/// looked at too.
fn unknown_property(schema: &Value, value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| match property_of(schema, name) {
            Some(part) => unknown_property(part, value).map(|inner| join(name, &inner)),
            None => (schema.get("additionalProperties") == Some(&Value::Bool(false))).then(|| name.clone()),
        }),
        Value::Array(items) => {
            let part = schema.get("items")?;
            let mut items = items.iter().enumerate();
            items.find_map(|(at, item)| Some(join(&format!("[{at}]"), &unknown_property(part, item)?)))
        }
        _ => None,
    }
}

/// The schema of a property: its own, or that of all others.
fn property_of<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let own = schema.get("properties").and_then(|properties| properties.get(name));
    let parts = || schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let own = own.or_else(|| parts().find_map(|part| part.get("properties")?.get(name)));
    own.or_else(|| schema.get("additionalProperties").filter(|others| others.is_object()))
}

/// The path of what lies within `outer`.
fn join(outer: &str, inner: &str) -> String {
    if inner.starts_with('[') { format!("{outer}{inner}") } else { format!("{outer}.{inner}") }
}

fn execute(call: &Call<'_>) -> Result<Reply, ApiError> {
    let input = call.json_object()?;
    let organization = call.tenant().read();
    Reply::ok(&run(find::<Action>(&organization, &call.param("actionId")?)?, &input)?)
}

/// Executes an action, and tells of each step. An input that the contract refuses is a failed test.
fn test<K: Contracted + Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let input = call.json_object()?;
    let organization = call.tenant().read();
    let action = find::<K>(&organization, &call.param("actionId")?)?;
    let step = |(at, name): (usize, &&str), result: &Value| json!({ "step": at + 1, "name": name, "success": true, "result": result });
    match run(action, &input) {
        Ok(result) => {
            let steps: Vec<_> = STEPS.iter().enumerate().map(|of| step(of, &result)).collect();
            Reply::ok(&json!({ "operations": steps, "finalResult": result, "success": true }))
        }
        Err(refused) => {
            let error: Value = serde_json::from_slice(&refused.body(Dialect::Platform, action.uuid, None))
                .map_err(|_| ApiError::internal())?;
            let step = json!({ "step": 1, "name": STEPS[0], "success": false, "error": error });
            Reply::ok(&json!({ "operations": [step], "error": error, "success": false }))
        }
    }
}
