//! How an entity counts its changes, and the refusal of a change of an older version.

use serde_json::{Value, json};

use super::Body;
use crate::api::version;
use crate::wire::error::ApiError;

/// How a kind counts its changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// It does not.
    None,
    /// In its `version`.
    Field,
    /// In the `version` of its `metadata`, as workforce management does.
    Metadata,
}

impl Version {
    /// Counts a new entity: version 1.
    pub(super) fn start(self, entity: &mut Body) {
        self.set(entity, 1);
    }

    /// Counts a change.
    pub(super) fn count(self, before: &Body, entity: &mut Body) {
        self.set(entity, self.of(before).saturating_add(1));
    }

    fn set(self, entity: &mut Body, version: u64) {
        match self {
            Self::None => {}
            Self::Field => drop(entity.insert("version".to_owned(), json!(version))),
            Self::Metadata => {
                let of = |key: &str| entity.get(key).cloned().unwrap_or_default();
                let metadata = json!({
                    "version": version,
                    "createdBy": of("createdBy"),
                    "dateCreated": of("dateCreated"),
                    "modifiedBy": of("modifiedBy"),
                    "dateModified": of("dateModified"),
                });
                entity.insert("metadata".to_owned(), metadata);
            }
        }
    }

    /// The version of an entity; 0 without one.
    fn of(self, entity: &Body) -> u64 {
        let version = match self {
            Self::None => None,
            Self::Field => entity.get("version"),
            Self::Metadata => entity.get("metadata").and_then(|metadata| metadata.get("version")),
        };
        version.and_then(Value::as_u64).unwrap_or_default()
    }

    /// Refuses a body that names another version than the current one: 409.
    pub(super) fn check(self, before: &Body, body: &Body) -> Result<(), ApiError> {
        let current = self.of(before);
        match self {
            Self::None => Ok(()),
            Self::Field => version::check(current, body),
            Self::Metadata => version::check_metadata(current, body),
        }
    }
}
