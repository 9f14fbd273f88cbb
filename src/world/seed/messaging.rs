//! Messaging integrations and web deployments as an organization's file has them.

use serde::Deserialize;

use super::{OrganizationSeed, Reference, line_of, missing};
use crate::rules::excerpt;
use crate::world::messaging::Channel;

/// A messaging integration. Its recipient has its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessagingIntegrationSeed {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The vendor's word for the messenger, such as `open`.
    #[serde(rename = "type")]
    pub(crate) kind: Reference,
    /// The name of the flow that an inbound message starts.
    pub(crate) flow: Option<Reference>,
}

/// A configuration of web deployments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebConfigurationSeed {
    /// Unique within the organization.
    pub(crate) name: String,
}

/// A web deployment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebDeploymentSeed {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The name of its configuration; without it, the deployment has one of its own name.
    pub(crate) configuration: Option<Reference>,
    /// The name of the flow that an inbound message starts.
    pub(crate) flow: Option<Reference>,
}

impl OrganizationSeed {
    /// Checks the messengers, and that every flow and configuration that is referred to is in the file.
    pub(super) fn check_messaging(&self, text: &str) -> Result<(), String> {
        for integration in &self.messaging_integrations {
            let kind = integration.kind.get_ref();
            if Channel::from_word(kind).is_none() {
                let (line, name) = (line_of(text, &integration.kind), excerpt(&integration.name));
                let (kind, expected) = (excerpt(kind), Channel::words().join(", "));
                return Err(format!(
                    "line {line}: messaging integration {name}: type {kind}, expected one of {expected}"
                ));
            }
        }
        let of_integrations = self.messaging_integrations.iter();
        let of_integrations =
            of_integrations.filter_map(|one| Some(("messaging integration", &one.name, one.flow.as_ref()?)));
        let of_deployments = self.web_deployments.iter();
        let of_deployments =
            of_deployments.filter_map(|one| Some(("web deployment", &one.name, one.flow.as_ref()?)));
        for (kind, name, flow) in of_integrations.chain(of_deployments) {
            if !self.flows.iter().any(|one| one.name == *flow.get_ref()) {
                return Err(missing(text, (kind, name), ("flow", flow)));
            }
        }
        for one in &self.web_deployments {
            let Some(wanted) = &one.configuration else { continue };
            if !self.web_configurations.iter().any(|known| known.name == *wanted.get_ref()) {
                return Err(missing(text, ("web deployment", &one.name), ("web configuration", wanted)));
            }
        }
        Ok(())
    }
}
