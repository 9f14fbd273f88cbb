//! Response libraries and responses as an organization's file has them.

use serde::Deserialize;

use super::{OrganizationSeed, Reference, missing};

/// A response of one library.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResponseSeed {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The name of its library.
    pub(crate) library: Reference,
    /// What agents send.
    pub(crate) text: String,
}

impl OrganizationSeed {
    /// Checks that every library that a response is in is in the file.
    pub(super) fn check_responses(&self, text: &str) -> Result<(), String> {
        let is_missing =
            |response: &&ResponseSeed| !self.response_libraries.contains(response.library.get_ref());
        match self.responses.iter().find(is_missing) {
            Some(response) => {
                let of = ("response", response.name.as_str());
                Err(missing(text, of, ("response library", &response.library)))
            }
            None => Ok(()),
        }
    }
}
