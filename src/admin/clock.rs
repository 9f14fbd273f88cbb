//! Model time: shown, frozen, resumed and advanced.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::answer::{Answer, Refusal};
use super::input::Content;
use super::route::{Resource, get, put};
use super::schema::{duration, null, one_of};
use crate::platform::Platform;
use crate::time::clock::{Clock, Mode, TooFar, rfc3339};
use crate::time::duration::{DURATION_EXPECTED, parse_duration};
use crate::wire::error::ApiError;

pub(super) fn resource() -> Resource {
    const PATH: &str = "/__admin/clock";
    let moves =
        "changes the clock: {\"action\":\"freeze\"}, resume, or {\"action\":\"advance\",\"by\":\"60s\"}";
    Resource::new()
        .with(get(PATH, "the model time", show).answers::<View>())
        .with(put(PATH, moves, change).reads::<Change>().answers::<View>())
}

/// Model time.
#[derive(Serialize, ToSchema)]
#[schema(as = Clock)]
struct View {
    #[schema(format = DateTime)]
    now: String,
    #[schema(schema_with = modes)]
    mode: &'static str,
}

fn modes() -> RefOr<Schema> {
    one_of([Mode::System, Mode::Manual].map(Mode::name))
}

impl View {
    fn of(clock: &Clock) -> Json<Self> {
        Json(Self { now: rfc3339(clock.now()), mode: clock.mode().name() })
    }
}

async fn show(State(platform): State<Arc<Platform>>) -> Json<View> {
    View::of(&platform.clock)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    action: String,
    by: Option<String>,
}

impl ToSchema for Change {
    fn name() -> Cow<'static, str> {
        "ClockChange".into()
    }
}

/// `by` is required for `advance`, and refused for the other actions.
impl PartialSchema for Change {
    fn schema() -> RefOr<Schema> {
        let change = |actions: &[&'static str], by: RefOr<Schema>| {
            let object =
                ObjectBuilder::new().property("action", one_of(actions.iter().copied())).required("action");
            object
                .property("by", by)
                .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        };
        let advance = change(&["advance"], duration()).required("by");
        OneOfBuilder::new().item(change(&["freeze", "resume"], null())).item(advance).into()
    }
}

/// Waits for its turn behind a reset, which may read slow files.
async fn change(State(platform): State<Arc<Platform>>, content: Content) -> Answer<Json<View>> {
    let here = Arc::clone(&platform);
    let changed = tokio::task::spawn_blocking(move || change_now(&here, &content)).await;
    let view = changed.unwrap_or_else(|_| Err(ApiError::internal().into()))?;
    platform.followed().await;
    Ok(view)
}

fn change_now(platform: &Platform, content: &Content) -> Answer<Json<View>> {
    let change: Change = content.json()?;
    match (change.action.as_str(), change.by.as_deref()) {
        ("freeze", None) => set(platform, Clock::freeze)?,
        ("resume", None) => set(platform, Clock::resume)?,
        ("advance", Some(by)) => advance(platform, by)?,
        ("advance", None) => {
            return Err(Refusal::bad(format!("by is missing; expected {DURATION_EXPECTED}")));
        }
        ("freeze" | "resume", Some(_)) => {
            return Err(Refusal::bad("by is allowed only with the action advance"));
        }
        (other, _) => {
            return Err(Refusal::bad(format!("action [{other}]: expected freeze, resume or advance")));
        }
    }
    Ok(View::of(&platform.clock))
}

fn set(platform: &Platform, change: impl FnOnce(&Clock)) -> Answer<()> {
    let changed = platform.change_clock(|clock| {
        change(clock);
        Ok(())
    });
    changed.map_err(|error| too_far(&error))
}

fn advance(platform: &Platform, by: &str) -> Answer<()> {
    let nanos =
        parse_duration(by).ok_or_else(|| Refusal::bad(format!("by [{by}]: expected {DURATION_EXPECTED}")))?;
    platform.advance(Duration::from_nanos(nanos)).map_err(|error| too_far(&error))
}

fn too_far(error: &TooFar) -> Refusal {
    Refusal::bad(error.to_string())
}
