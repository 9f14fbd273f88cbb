//! The types of integrations and of credentials. They are a part of the platform, and the same in every organization.
//!
//! The ids are those that public programs use. Names, categories and credentials of a type are assumed where no public
//! program shows them; the vendor has many more types.

/// A type of integrations.
#[derive(Debug)]
pub(crate) struct IntegrationType {
    /// The vendor's id, a word.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) category: &'static str,
    /// The types of credentials that an integration may have.
    pub(crate) credentials: &'static [&'static str],
    /// The names of the properties of its configuration; all of them are strings.
    pub(crate) properties: &'static [&'static str],
}

const fn of(id: &'static str, name: &'static str, category: &'static str) -> IntegrationType {
    IntegrationType { id, name, category, credentials: &[], properties: &[] }
}

const DATA_ACTIONS: &str = "Data Actions";
const CLIENT_APPS: &str = "Client Apps";

/// Every type, in the order of listings.
pub(crate) static INTEGRATION_TYPES: [IntegrationType; 14] = [
    IntegrationType {
        credentials: &["pureCloudOAuthClient"],
        ..of("purecloud-data-actions", "Genesys Cloud Data Actions", DATA_ACTIONS)
    },
    IntegrationType {
        credentials: &["basicAuth", "userDefined", "userDefinedOAuth"],
        ..of("custom-rest-actions", "Web Services Data Actions", DATA_ACTIONS)
    },
    of("function-data-actions", "Function Data Actions", DATA_ACTIONS),
    IntegrationType {
        credentials: &["amazonWebServices"],
        ..of("aws-lambda-data-actions", "AWS Lambda Data Actions", DATA_ACTIONS)
    },
    IntegrationType {
        credentials: &["userDefinedOAuth"],
        ..of("salesforce-datadip", "Salesforce Data Actions", DATA_ACTIONS)
    },
    IntegrationType {
        credentials: &["basicAuth"],
        ..of("zendesk-data-actions", "Zendesk Data Actions", DATA_ACTIONS)
    },
    IntegrationType {
        properties: &["url", "sandbox", "displayType", "featureCategory", "groupFilter"],
        ..of("embedded-client-app", "Custom Client Application", CLIENT_APPS)
    },
    IntegrationType {
        properties: &[
            "url",
            "sandbox",
            "permissions",
            "groupFilter",
            "communicationTypeFilter",
            "queueFilter",
        ],
        ..of("embedded-client-app-interaction-widget", "Interaction Widget", CLIENT_APPS)
    },
    IntegrationType { properties: &["url"], ..of("premium-app-example", "Premium App Example", CLIENT_APPS) },
    IntegrationType {
        properties: &["eventSourceName", "accountId", "region"],
        ..of("amazon-eventbridge-source", "Amazon EventBridge Source", "Event Bridges")
    },
    IntegrationType {
        credentials: &["userDefined"],
        properties: &["connectionUri", "channel"],
        ..of("audiohook", "AudioHook Monitor", "Audio")
    },
    IntegrationType {
        credentials: &["basicAuth"],
        properties: &["outboundHost", "inboundHost"],
        ..of("custom-smtp-server", "Custom SMTP Server", "Email")
    },
    IntegrationType { credentials: &["userDefined"], ..of("google-dialogflow", "Google Dialogflow", "Bots") },
    of("webhook", "Webhooks", "Events"),
];

/// The type of that id.
pub(crate) fn integration_type(id: &str) -> Option<&'static IntegrationType> {
    INTEGRATION_TYPES.iter().find(|kind| kind.id == id)
}

/// A type of credentials.
#[derive(Debug)]
pub(crate) struct CredentialType {
    /// The vendor's id, a word, which is its name as well: clients name a type by either.
    pub(crate) id: &'static str,
    /// The names of its fields. A type without them has the fields that a client sends.
    pub(crate) fields: &'static [&'static str],
}

/// Every type of credentials, in the order of listings.
pub(crate) static CREDENTIAL_TYPES: [CredentialType; 5] = [
    CredentialType { id: "basicAuth", fields: &["userName", "password"] },
    CredentialType { id: "userDefined", fields: &[] },
    CredentialType { id: "userDefinedOAuth", fields: &[] },
    CredentialType { id: "pureCloudOAuthClient", fields: &["clientId", "clientSecret"] },
    CredentialType { id: "amazonWebServices", fields: &["roleARN"] },
];

/// The type of credentials of that id.
pub(crate) fn credential_type(id: &str) -> Option<&'static CredentialType> {
    CREDENTIAL_TYPES.iter().find(|kind| kind.id == id)
}
