//! The kinds of entities that are taken, under the names that Terraform and the vendor's API have for them.

/// A kind of entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    User,
    Division,
    Role,
    /// The roles of one user, which Terraform has as a resource of its own.
    UserRoles,
    Group,
    Team,
    Location,
    Client,
    ManagementUnit,
    Queue,
    /// A user of a queue, which the API lists apart from the queue.
    Member,
    Skill,
    Language,
    WrapUpCode,
    Flow,
    Script,
    Ivr,
    Prompt,
    Schedule,
    DataTable,
    ContactList,
    DncList,
    Campaign,
    ExternalOrganization,
    ExternalContact,
    Site,
    Trunk,
    PhoneBase,
    Phone,
    DidPool,
    ExtensionPool,
    Integration,
    Action,
    Library,
    Response,
    WebConfiguration,
    WebDeployment,
    Messenger,
}

/// A kind, its word for people, the end of its Terraform type, and its collection in the API. An empty text is none.
type Row = (Kind, &'static str, &'static str, &'static str);

/// The names of Terraform are those of the provider `mypurecloud/genesyscloud`, documented by its pages of resources. Those
/// of the API are the vendor's paths. A kind with several names has several rows.
const ROWS: [Row; 43] = [
    (Kind::User, "user", "user", "/api/v2/users"),
    (Kind::Division, "division", "auth_division", "/api/v2/authorization/divisions"),
    (Kind::Role, "role", "auth_role", "/api/v2/authorization/roles"),
    (Kind::UserRoles, "roles of a user", "user_roles", ""),
    (Kind::Group, "group", "group", "/api/v2/groups"),
    (Kind::Team, "team", "team", "/api/v2/teams"),
    (Kind::Location, "location", "location", "/api/v2/locations"),
    (Kind::Client, "OAuth client", "oauth_client", "/api/v2/oauth/clients"),
    (Kind::ManagementUnit, "management unit", "", "/api/v2/workforcemanagement/managementunits"),
    (Kind::Queue, "queue", "routing_queue", "/api/v2/routing/queues"),
    (Kind::Member, "member of a queue", "", "/api/v2/routing/queues/{id}/members"),
    (Kind::Member, "member of a queue", "", "/api/v2/routing/queues/{id}/users"),
    (Kind::Skill, "skill", "routing_skill", "/api/v2/routing/skills"),
    (Kind::Language, "language", "routing_language", "/api/v2/routing/languages"),
    (Kind::WrapUpCode, "wrap-up code", "routing_wrapupcode", "/api/v2/routing/wrapupcodes"),
    (Kind::Flow, "flow", "flow", "/api/v2/flows"),
    (Kind::Script, "script", "script", "/api/v2/scripts"),
    (Kind::Ivr, "IVR", "architect_ivr", "/api/v2/architect/ivrs"),
    (Kind::Prompt, "prompt", "architect_user_prompt", "/api/v2/architect/prompts"),
    (Kind::Schedule, "schedule", "architect_schedules", "/api/v2/architect/schedules"),
    (Kind::DataTable, "data table", "architect_datatable", "/api/v2/flows/datatables"),
    (Kind::ContactList, "contact list", "outbound_contact_list", "/api/v2/outbound/contactlists"),
    (Kind::DncList, "do not contact list", "outbound_dnclist", "/api/v2/outbound/dnclists"),
    (Kind::Campaign, "campaign", "outbound_campaign", "/api/v2/outbound/campaigns"),
    (
        Kind::ExternalOrganization,
        "external organization",
        "externalcontacts_organization",
        "/api/v2/externalcontacts/organizations",
    ),
    (
        Kind::ExternalContact,
        "external contact",
        "externalcontacts_contact",
        "/api/v2/externalcontacts/contacts",
    ),
    (Kind::Site, "site", "telephony_providers_edges_site", "/api/v2/telephony/providers/edges/sites"),
    (
        Kind::Trunk,
        "trunk",
        "telephony_providers_edges_trunkbasesettings",
        "/api/v2/telephony/providers/edges/trunkbasesettings",
    ),
    (
        Kind::PhoneBase,
        "phone base settings",
        "telephony_providers_edges_phonebasesettings",
        "/api/v2/telephony/providers/edges/phonebasesettings",
    ),
    (Kind::Phone, "phone", "telephony_providers_edges_phone", "/api/v2/telephony/providers/edges/phones"),
    (
        Kind::DidPool,
        "DID pool",
        "telephony_providers_edges_did_pool",
        "/api/v2/telephony/providers/edges/didpools",
    ),
    (
        Kind::ExtensionPool,
        "extension pool",
        "telephony_providers_edges_extension_pool",
        "/api/v2/telephony/providers/edges/extensionpools",
    ),
    (Kind::Integration, "integration", "integration", "/api/v2/integrations"),
    (Kind::Action, "action", "integration_action", "/api/v2/integrations/actions"),
    (Kind::Library, "response library", "responsemanagement_library", "/api/v2/responsemanagement/libraries"),
    (Kind::Response, "response", "responsemanagement_response", "/api/v2/responsemanagement/responses"),
    (
        Kind::WebConfiguration,
        "web configuration",
        "webdeployments_configuration",
        "/api/v2/webdeployments/configurations",
    ),
    (
        Kind::WebDeployment,
        "web deployment",
        "webdeployments_deployment",
        "/api/v2/webdeployments/deployments",
    ),
    (
        Kind::Messenger,
        "messaging integration",
        "conversations_messaging_integrations_open",
        "/api/v2/conversations/messaging/integrations/open",
    ),
    (
        Kind::Messenger,
        "messaging integration",
        "conversations_messaging_integrations_whatsapp",
        "/api/v2/conversations/messaging/integrations/whatsapp",
    ),
    (
        Kind::Messenger,
        "messaging integration",
        "conversations_messaging_integrations_instagram",
        "/api/v2/conversations/messaging/integrations/instagram",
    ),
    (
        Kind::Messenger,
        "messaging integration",
        "conversations_messaging_integrations_apple",
        "/api/v2/conversations/messaging/integrations/apple",
    ),
    (
        Kind::Messenger,
        "messaging integration",
        "integration_facebook",
        "/api/v2/conversations/messaging/integrations/facebook",
    ),
];

impl Kind {
    /// The kind of a Terraform type, such as `genesyscloud_routing_queue`.
    pub(super) fn of_terraform(name: &str) -> Option<Self> {
        let end = name.strip_prefix("genesyscloud_").filter(|end| !end.is_empty())?;
        ROWS.iter().find(|row| row.2 == end).map(|row| row.0)
    }

    /// The kind that a collection of the API lists. Its path has `{id}` in the place of an id.
    pub(super) fn of_collection(path: &str) -> Option<Self> {
        ROWS.iter().find(|row| !path.is_empty() && row.3 == path).map(|row| row.0)
    }

    /// The collection that a name of a file means: `queues` is that of the queues.
    pub(super) fn collection_of_name(name: &str) -> Option<&'static str> {
        let is_last =
            |row: &&Row| row.3.rsplit('/').next().is_some_and(|last| !last.is_empty() && last == name);
        ROWS.iter().find(is_last).map(|row| row.3)
    }

    /// The word for people.
    pub(super) fn word(self) -> &'static str {
        ROWS.iter().find(|row| row.0 == self).map_or("entity", |row| row.1)
    }
}

/// The word of a messenger: the last part of its type in Terraform, or of its path.
pub(super) fn messenger(name: &str) -> &str {
    name.rsplit(['_', '/']).next().unwrap_or_default()
}
