//! Protection of recordings from deletion, and reports of uploads.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::entity;
use crate::api::json_entity::{Body, answer, job, read_body};
use crate::api::route::Route;
use crate::api::setting;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

const PROTECTION: &str = "/api/v2/recordings/deletionprotection";
const REPORTS: &str = "/api/v2/recording/uploads/reports";
/// The most conversations of one request. Assumed.
const MAX_CONVERSATIONS: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(PROTECTION, list),
        Route::put(PROTECTION, set),
        Route::post(REPORTS, create_report),
        Route::get(&format!("{REPORTS}/{{reportId}}"), get_report),
    ]
}

/// The conversations that the body names. Those that do not exist are left out.
fn conversations(call: &Call<'_>) -> Result<Vec<String>, ApiError> {
    let body = read_body(call)?;
    let ids = body.get("conversationIds").and_then(Value::as_array).cloned().unwrap_or_default();
    if ids.len() > MAX_CONVERSATIONS {
        let why = format!("must have at most {MAX_CONVERSATIONS} ids");
        return Err(ApiError::constraint("conversationIds", why));
    }
    let organization = call.tenant().read();
    let known = ids
        .iter()
        .filter_map(Value::as_str)
        .filter(|id| Uuid::try_parse(id).is_ok_and(|id| organization.conversations().find(id).is_some()));
    Ok(known.map(str::to_owned).collect())
}

/// `POST …/deletionprotection`: those of the conversations that are protected.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = conversations(call)?;
    let organization = call.tenant().read();
    let kept = setting::stored(&organization, PROTECTION).unwrap_or_default();
    drop(organization);
    let shown = ids.iter().filter(|id| kept.contains_key(*id));
    let shown = shown.map(|id| json!({ "id": id, "selfUri": format!("/api/v2/conversations/{id}") }));
    answer::reply(call, shown.collect::<Vec<_>>())
}

/// `PUT …/deletionprotection`: protects conversations, or with `protect=false` no longer.
fn set(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = conversations(call)?;
    let protects = call.query_text("protect").is_none_or(|protect| protect == "true");
    call.change(|organization| {
        let mut kept = setting::stored(organization, PROTECTION).unwrap_or_default();
        for id in ids {
            if protects {
                kept.insert(id, json!(true));
            } else {
                kept.shift_remove(&id);
            }
        }
        setting::set(organization, PROTECTION, kept);
        Ok(())
    })?;
    answer::done(call)
}

fn create_report(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    job::start(call, &mut body);
    let report = entity::create(call, REPORTS, body);
    answer::reply(call, report_to_json(call, &report))
}

fn get_report(call: &Call<'_>) -> Result<Reply, ApiError> {
    let report = entity::get(call, REPORTS, "report", &call.param("reportId")?)?;
    answer::reply(call, report_to_json(call, &report))
}

fn report_to_json(call: &Call<'_>, report: &Body) -> Body {
    let mut shown = report.clone();
    shown.insert(
        "state".to_owned(),
        json!(job::state(call, report, ["InProgress", "InProgress", "Completed"])),
    );
    shown
}
