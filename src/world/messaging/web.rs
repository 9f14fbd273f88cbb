//! Web deployments and the versions of their configurations.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Messaging, SupportedContent, flow};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::architect::Flow;
use crate::world::collection::Collections;
use crate::world::id::Id;
use crate::world::reference::Reference;
use crate::world::seed::OrganizationSeed;
use crate::world::table::{Kind, Record, Stored, Table, seeded_id};
use crate::world::{LANGUAGE, Organization};

/// The configuration of a messenger. The record is its draft; its published versions are a collection.
#[derive(Debug)]
pub(crate) enum WebConfiguration {}

impl Kind for WebConfiguration {
    const NAME: &'static str = "configuration";
    const PATH: &'static str = "/api/v2/webdeployments/configurations";
    const FIELDS: &'static [&'static str] = &[
        "description",
        "headlessMode",
        "languages",
        "defaultLanguage",
        "customI18nLabels",
        "messenger",
        "position",
        "supportCenter",
        "cobrowse",
        "journeyEvents",
        "authenticationSettings",
        "video",
    ];
    const UNIQUE: bool = false;
}

impl Stored for WebConfiguration {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.messaging.configurations
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.messaging.configurations
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.collections.remove_all(&versions_of(id));
    }
}

/// The collection of the published versions of a configuration.
pub(crate) fn versions_of(id: Id<WebConfiguration>) -> String {
    format!("{}/{id}/versions", WebConfiguration::PATH)
}

/// A messenger on the pages of a site.
#[derive(Debug)]
pub(crate) enum WebDeployment {}

impl Kind for WebDeployment {
    const NAME: &'static str = "deployment";
    const PATH: &'static str = "/api/v2/webdeployments/deployments";
    const FIELDS: &'static [&'static str] = &[
        "description",
        "allowAllDomains",
        "allowedDomains",
        "supportedContent",
        "flow",
        "status",
        "pushIntegrations",
        "configuration",
    ];
    const UNIQUE: bool = false;
    const REFERENCES: &'static [Reference] =
        &[Reference::to::<SupportedContent>("supportedContent"), Reference::to::<Flow>("flow")];
}

impl Stored for WebDeployment {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.messaging.deployments
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.messaging.deployments
    }
}

impl Record<WebDeployment> {
    /// Whether the deployment refers to the entity of that id under `field`.
    pub(super) fn refers_to(&self, field: &str, id: &str) -> bool {
        self.extra.get(field).and_then(|of| of.get("id")?.as_str()) == Some(id)
    }

    /// The vendor's word for its status.
    pub(crate) fn status(&self) -> &str {
        self.extra.get("status").and_then(Value::as_str).unwrap_or("Active")
    }

    /// Whether guests may connect. That an inactive deployment refuses them is assumed.
    pub(crate) fn is_active(&self) -> bool {
        self.status() == "Active"
    }
}

impl OrganizationSeed {
    /// The names of its web configurations: those that the file describes, and one for each deployment that names none.
    fn web_configurations(&self) -> impl Iterator<Item = &String> {
        let described = self.web_configurations.iter().map(|one| &one.name);
        let implied =
            self.web_deployments.iter().filter(|one| one.configuration.is_none()).map(|one| &one.name);
        described.chain(implied).chain(&self.web_deployment_names)
    }
}

impl Messaging {
    pub(super) fn seed_web(&mut self, seed: &OrganizationSeed, organization: Uuid, now: Nanos) {
        for name in seed.web_configurations() {
            self.configurations.seed(Record::seeded(organization, name, now));
        }
        for name in &seed.web_deployment_names {
            self.deployments.seed(deployment(organization, (name, name), None, now));
        }
        for one in &seed.web_deployments {
            let configuration = one.configuration.as_ref().map_or(&one.name, |name| name.get_ref());
            let flow = one.flow.as_ref().map(|name| flow(organization, name.get_ref()));
            self.deployments.seed(deployment(organization, (&one.name, configuration), flow, now));
        }
    }
}

impl OrganizationSeed {
    /// Whether an organization of this file starts with the web deployment of that id.
    pub(crate) fn has_web_deployment(&self, organization: Uuid, id: Uuid) -> bool {
        let mut names = self.web_deployments.iter().map(|one| &one.name).chain(&self.web_deployment_names);
        names.any(|name| seeded_id::<WebDeployment>(organization, name).uuid() == id)
    }
}

/// A seeded deployment of a name, with the first version of the configuration of another name.
fn deployment(
    organization: Uuid,
    (name, configuration): (&str, &str),
    flow: Option<Value>,
    now: Nanos,
) -> Record<WebDeployment> {
    let mut record: Record<WebDeployment> = Record::seeded(organization, name, now);
    let configuration = seeded_id::<WebConfiguration>(organization, configuration);
    record.extra.insert("configuration".to_owned(), json!({ "id": configuration, "version": "1" }));
    if let Some(flow) = flow {
        record.extra.insert("flow".to_owned(), flow);
    }
    record
}

/// Adds the first version of each seeded configuration.
pub(super) fn seed(from: &OrganizationSeed, organization: Uuid, now: Nanos, all: &mut Collections) {
    for name in from.web_configurations() {
        let id = seeded_id::<WebConfiguration>(organization, name);
        let (versions, since) = (versions_of(id), rfc3339(now));
        let version = json!({
            "id": id, "name": name, "version": "1", "languages": [LANGUAGE], "defaultLanguage": LANGUAGE,
            "dateCreated": since, "dateModified": since, "datePublished": since, "status": "Active",
            "selfUri": format!("{versions}/1"),
        });
        let Value::Object(version) = version else { continue };
        all.seed(&versions, "1", Map::from_iter(version));
    }
}

impl Organization {
    /// The number of the newest published version of a configuration. `None` if none was published.
    pub(crate) fn newest_version(&self, id: Id<WebConfiguration>) -> Option<u64> {
        let newest = self.collections.list(&versions_of(id)).last()?;
        newest.get("version")?.as_str()?.parse().ok()
    }

    /// Whether a deployment has the configuration.
    pub(crate) fn deploys(&self, id: Id<WebConfiguration>) -> bool {
        let id = id.to_string();
        self.messaging.deployments.iter().any(|deployment| deployment.refers_to("configuration", &id))
    }
}
