//! The collection or the entity that an operation is about, where its own path is not the place of it.
//!
//! `kept.txt` of the published operations names it, such as the campaigns for `…/campaigns/divisionviews`. A parameter
//! of its template has the value of the same parameter of the call. One that the call lacks stands for every value.

use percent_encoding::percent_decode_str;

use super::parent;
use crate::api::call::Call;

/// What a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The path itself.
    Own,
    /// The collection at another path; `{name}` in it stands for every value.
    Collection(String),
    /// An entity: the path of its collection, and its id.
    Entity(String, String),
}

impl Target {
    /// The target of a call of an operation.
    pub(super) fn of(call: &Call<'_>, template: &str, kept: Option<&str>) -> Self {
        let Some(kept) = kept else { return Self::Own };
        let path = filled(call, template, kept);
        if !kept.ends_with('}') || path.contains('{') {
            return Self::Collection(path);
        }
        let id = path.rsplit('/').next().unwrap_or_default();
        let id = percent_decode_str(id).decode_utf8_lossy().into_owned();
        Self::Entity(parent(&path).to_owned(), id)
    }
}

/// The template `kept` with the parameters that the path of the call gives to `template`.
fn filled(call: &Call<'_>, template: &str, kept: &str) -> String {
    let value = |name: &str| {
        let mut known = template.split('/').zip(call.path.split('/'));
        known.find(|(of, _)| *of == name).map(|(_, value)| value)
    };
    let segments = kept.split('/').map(|segment| {
        let given = if segment.starts_with('{') { value(segment) } else { None };
        given.unwrap_or(segment)
    });
    segments.collect::<Vec<_>>().join("/")
}
