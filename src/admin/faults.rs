//! The faults in force: shown with their counts, added, replaced and removed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gcmock_limit::Scope;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer::{Answer, Refusal};
use super::input::{Content, Named};
use super::route::{Resource, delete, get, put};
use crate::platform::Platform;
use crate::platform::faults::FaultCounts;
use crate::rules::{FAULT_KINDS, Fault, FaultKind, Grant, KindExample, Onset, PRESETS, Preset, format_rate};
use crate::time::clock::nanos;
use crate::time::duration::format_duration;
use crate::wire::error::ApiError;

/// The name of a body in its problems.
const NAME: &str = "request";
/// The keys of an answer that a fault does not have. A body may have them, so that an answer can be sent back.
const OF_ANSWERS: [&str; 3] = ["counts", "file", "line"];

pub(super) fn resource() -> Resource {
    const PATH: &str = "/__admin/faults/{name}";
    let does = "adds or replaces a fault: {\"match\":[\"* /api/v2/**\"],\"status\":503,\"times\":3}";
    Resource::new()
        .with(get("/__admin/faults", "the faults in force with their counts", list).answers::<Faults>())
        .with(get(PATH, "a fault", show).answers::<View>())
        .with(put(PATH, does, replace).reads::<FaultFile>().answers::<View>())
        .with(delete(PATH, "removes a fault", remove))
}

/// A fault, with the keys of `[[fault]]` in a limits file.
#[derive(ToSchema)]
#[schema(value_type = Object)]
struct FaultFile(
    #[expect(dead_code, reason = "only its schema is used: the reader of limits files reads it")] Value,
);

#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "a key of the answer")]
struct Faults {
    faults: Vec<View>,
    /// The embedded faults, for the key `preset`.
    presets: Vec<Embedded>,
    /// The keys of the kinds, each with an example.
    kinds: Vec<KindView>,
}

/// A kind of fault.
#[derive(Serialize, ToSchema)]
#[schema(as = FaultKind)]
struct KindView {
    key: &'static str,
    /// The requests that it strikes; null where the kind has its own.
    #[serde(rename = "match")]
    #[schema(required)]
    matches: Option<&'static str>,
    /// A value as JSON.
    value: &'static str,
}

impl KindView {
    const fn of(KindExample { key, matches, value }: &KindExample) -> Self {
        Self { key, matches: *matches, value }
    }
}

/// An embedded fault.
#[derive(Serialize, ToSchema)]
#[schema(as = FaultPreset)]
struct Embedded {
    name: &'static str,
    summary: &'static str,
}

/// How often a fault covered a request, and how often it struck, since the start or the last reset.
#[derive(Serialize, ToSchema, Default)]
#[schema(as = FaultCounts)]
struct Counts {
    covered: u64,
    struck: u64,
}

/// One fault, with the keys of limits files. A key that it does not have is left out.
#[derive(Serialize, ToSchema, Default)]
#[schema(as = Fault)]
struct View {
    name: String,
    #[serde(rename = "match")]
    matches: Vec<String>,
    scope: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<Vec<&'static str>>,
    share: f64,
    after: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    between: Option<[String; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    close: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stall: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    garble: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refuse: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoke: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    socket_close: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    socket_silence: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_frames: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edge_down: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oauth_down: Option<bool>,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    counts: Counts,
}

impl View {
    fn of(platform: &Platform, fault: &Fault) -> Self {
        let FaultCounts { covered, struck } = platform.faults.counts(&fault.name);
        let between = fault.trigger.between.map(|(from, until)| [from, until].map(format_duration));
        Self {
            name: fault.name.to_string(),
            matches: fault.matches.clone(),
            scope: fault.scope.iter().map(Scope::name).collect(),
            grant: fault.grants.map(|grants| grants.iter().map(Grant::name).collect()),
            share: fault.trigger.share,
            after: fault.trigger.after,
            times: fault.trigger.times,
            between,
            file: fault.location.file.to_string(),
            line: fault.location.line,
            counts: Counts { covered, struck },
            ..Self::of_kind(&fault.kind)
        }
    }

    /// The keys of the kind.
    fn of_kind(kind: &FaultKind) -> Self {
        let (view, yes) = (Self::default(), Some(true));
        match kind {
            FaultKind::Status { status, retry_after } => Self {
                status: Some(*status),
                retry_after: retry_after.map(|seconds| format!("{seconds}s")),
                ..view
            },
            FaultKind::Reset => Self { reset: yes, ..view },
            FaultKind::Close(bytes) => Self { close: Some(*bytes), ..view },
            FaultKind::Stall(time) => Self { stall: Some(format_duration(nanos(*time))), ..view },
            FaultKind::Slow(rate) => Self { slow: Some(format_rate(*rate)), ..view },
            FaultKind::Garble => Self { garble: yes, ..view },
            FaultKind::Refuse(limit) => Self { refuse: Some(limit.to_string()), ..view },
            FaultKind::Revoke => Self { revoke: yes, ..view },
            FaultKind::SocketClose { code, reason, onset } => Self {
                socket_close: Some(*code),
                reason: Some(reason.to_string()).filter(|reason| !reason.is_empty()),
                ..Self::of_onset(*onset)
            },
            FaultKind::SocketSilence(onset) => Self { socket_silence: yes, ..Self::of_onset(*onset) },
            FaultKind::EdgeDown(label) => Self { edge_down: Some(label.to_string()), ..view },
            FaultKind::OauthDown => Self { oauth_down: yes, ..view },
        }
    }

    fn of_onset(Onset { frames, time }: Onset) -> Self {
        let after_time = time.map(|time| format_duration(nanos(time)));
        Self { after_frames: frames, after_time, ..Self::default() }
    }
}

async fn list(State(platform): State<Arc<Platform>>) -> Json<Faults> {
    let config = platform.config.current();
    let faults = config.faults.iter().map(|fault| View::of(&platform, fault)).collect();
    let presets = PRESETS.iter().map(|Preset { name, summary, .. }| Embedded { name, summary }).collect();
    let kinds = FAULT_KINDS.iter().map(KindView::of).collect();
    Json(Faults { faults, presets, kinds })
}

async fn show(State(platform): State<Arc<Platform>>, Named(name): Named) -> Answer<Json<View>> {
    view(&platform, &name).map(Json)
}

fn view(platform: &Platform, name: &str) -> Answer<View> {
    let config = platform.config.current();
    let found = config.faults.iter().find(|fault| *fault.name == *name);
    let found = found.map(|fault| View::of(platform, fault));
    found.ok_or_else(|| no_fault(platform, name))
}

fn no_fault(platform: &Platform, name: &str) -> Refusal {
    let config = platform.config.current();
    let known: Vec<_> = config.faults.iter().map(|fault| &*fault.name).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let mut error = ApiError::no_such("fault", name);
    error.message = format!("Unknown fault {name}. In force: {known}").into();
    error.into()
}

/// Waits for its turn behind a reload, which may read slow files.
async fn replace(
    State(platform): State<Arc<Platform>>,
    Named(name): Named,
    content: Content,
) -> Answer<Json<View>> {
    let fault = Value::Object(with_name(&name, content.json()?)?);
    let changed = tokio::task::spawn_blocking(move || {
        let put = platform.config.put_fault(NAME, &fault);
        put.map_err(|problems| Refusal::of_problems("fault was", problems))
            .and_then(|()| view(&platform, &name))
    });
    changed.await.unwrap_or_else(|_| Err(ApiError::internal().into())).map(Json)
}

/// The fault with the name of its path, without what only answers have.
fn with_name(name: &str, mut fault: Map<String, Value>) -> Answer<Map<String, Value>> {
    fault.retain(|key, _| !OF_ANSWERS.contains(&key.as_str()));
    match fault.get("name") {
        Some(other) if other != name => Err(Refusal::bad(format!("name: expected {name}, as in the path"))),
        _ => {
            fault.insert("name".to_owned(), name.into());
            Ok(fault)
        }
    }
}

async fn remove(State(platform): State<Arc<Platform>>, Named(name): Named) -> Answer<StatusCode> {
    let of = Arc::clone(&platform);
    let wanted = name.clone();
    let removed = tokio::task::spawn_blocking(move || of.config.remove_fault(&wanted)).await;
    match removed {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => Err(no_fault(&platform, &name)),
        Err(_) => Err(ApiError::internal().into()),
    }
}
