//! Prompts and their resources as an organization's file has them.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{OrganizationSeed, Reference, line_of};
use crate::rules::excerpt;
use crate::world::architect::PROMPTS;

/// A prompt.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromptSeed {
    /// Unique within the organization.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    /// One for each language.
    #[serde(default, rename = "resource")]
    pub(crate) resources: Vec<PromptResourceSeed>,
}

/// The resource of a prompt in one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromptResourceSeed {
    /// A language tag, such as `en-us`. Unique within the prompt.
    pub(crate) language: Reference,
    /// What is read out.
    pub(crate) text: String,
}

impl PromptSeed {
    /// Its resources as a client would have created them under the prompt of that id.
    pub(crate) fn resources(&self, prompt: &str) -> Value {
        let resources = self.resources.iter().map(|resource| {
            let language = resource.language.get_ref().to_lowercase();
            let uri = format!("{PROMPTS}/{prompt}/resources/{language}");
            json!({
                "ttsString": resource.text, "id": language, "promptId": prompt, "language": language,
                "uploadStatus": "created", "uploadUri": format!("/api/v2/uploads{uri}"), "languageDefault": false,
                "selfUri": uri,
            })
        });
        resources.collect()
    }
}

impl OrganizationSeed {
    /// Checks that no prompt has two resources of one language.
    pub(super) fn check_prompts(&self, text: &str) -> Result<(), String> {
        for prompt in &self.described_prompts {
            let mut seen = HashSet::new();
            let twice =
                prompt.resources.iter().find(|one| !seen.insert(one.language.get_ref().to_lowercase()));
            if let Some(twice) = twice {
                let (line, name) = (line_of(text, &twice.language), excerpt(&prompt.name));
                let language = excerpt(twice.language.get_ref());
                return Err(format!("line {line}: prompt {name}: a second resource of {language}"));
            }
        }
        Ok(())
    }
}
