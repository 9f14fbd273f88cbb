//! What the document does not tell: how to make an entity that has no POST of its own, and bodies and queries that a
//! generator cannot guess.
//!
//! In a body and in a query `<user>` is the id of an existing user, and `<new>` a word that no other entity has.

mod before;
mod bodies;
mod queries;

pub(crate) use before::BEFORE;
pub(crate) use bodies::BODIES;
pub(crate) use queries::QUERIES;

/// An entity that another operation makes.
pub(crate) struct Maker {
    /// The path up to the entity's id.
    pub(crate) place: &'static str,
    /// The path of the POST; empty for the collection itself.
    pub(crate) post: &'static str,
    /// Where the answer has the id; `=` for the id of the existing entity that the body named.
    pub(crate) pointer: &'static str,
}

const fn maker(place: &'static str, post: &'static str, pointer: &'static str) -> Maker {
    Maker { place, post, pointer }
}

const UPLOAD: &str = "/api/v2/responsemanagement/responseassets/uploads";

const SEND: &str =
    "/api/v2/conversations/messages/{conversationId}/communications/{communicationId}/messages";

pub(crate) const MAKERS: &[Maker] = &[
    maker("/api/v2/workforcemanagement/timeoffbalance/jobs/{jobId}", "", "/job/id"),
    maker(
        "/api/v2/workforcemanagement/managementunits/{managementUnitId}/users/{userId}/timeoffrequests/{timeOffRequestId}",
        "/api/v2/workforcemanagement/managementunits/{managementUnitId}/timeoffrequests",
        "/timeOffRequests/0/id",
    ),
    maker(
        "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/search/{searchId}",
        "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/search",
        "/searchId",
    ),
    maker(
        "/api/v2/outbound/contactlists/{contactListId}/contacts/bulk/jobs/{jobId}",
        "/api/v2/outbound/contactlists/{contactListId}/contacts/bulk/remove",
        "/id",
    ),
    maker("/api/v2/outbound/schedules/campaigns/{campaignId}", "/api/v2/outbound/campaigns", "/id"),
    maker("/api/v2/outbound/schedules/sequences/{sequenceId}", "/api/v2/outbound/sequences", "/id"),
    maker(
        "/api/v2/outbound/schedules/messagingcampaigns/{messagingCampaignId}",
        "/api/v2/outbound/messagingcampaigns",
        "/id",
    ),
    maker(
        "/api/v2/outbound/schedules/emailcampaigns/{emailCampaignId}",
        "/api/v2/outbound/messagingcampaigns",
        "/id",
    ),
    maker(
        "/api/v2/outbound/schedules/whatsappcampaigns/{whatsAppCampaignId}",
        "/api/v2/outbound/messagingcampaigns",
        "/id",
    ),
    // Another contact than the first of the listing.
    maker(
        "/api/v2/casemanagement/cases/externalcontacts/{externalContactId}",
        "/api/v2/externalcontacts/contacts",
        "/id",
    ),
    maker("/api/v2/externalcontacts/conversations/{conversationId}", "/api/v2/conversations/messages", "/id"),
    maker(
        "/api/v2/conversations/messaging/identityresolution/integrations/apple/{integrationId}",
        "/api/v2/conversations/messaging/integrations/apple",
        "/id",
    ),
    maker(
        "/api/v2/conversations/messaging/identityresolution/integrations/facebook/{integrationId}",
        "/api/v2/conversations/messaging/integrations/facebook",
        "/id",
    ),
    maker(
        "/api/v2/conversations/messaging/identityresolution/integrations/instagram/{integrationId}",
        "/api/v2/conversations/messaging/integrations/instagram",
        "/id",
    ),
    maker(
        "/api/v2/conversations/messaging/identityresolution/integrations/open/{integrationId}",
        "/api/v2/conversations/messaging/integrations/open",
        "/id",
    ),
    maker(
        "/api/v2/conversations/messaging/identityresolution/integrations/twitter/{integrationId}",
        "/api/v2/conversations/messaging/integrations/twitter",
        "/id",
    ),
    maker(
        "/api/v2/conversations/messaging/identityresolution/integrations/whatsapp/{integrationId}",
        "/api/v2/conversations/messaging/integrations/whatsapp",
        "/id",
    ),
    maker(
        "/api/v2/conversations/messages/{integrationId}",
        "/api/v2/conversations/messaging/integrations/open",
        "/id",
    ),
    maker(
        "/api/v2/webdeployments/configurations/{configurationId}/versions/{versionId}",
        "/api/v2/webdeployments/configurations/{configurationId}/versions/draft/publish",
        "/version",
    ),
    maker("/api/v2/responsemanagement/responseassets/status/{statusId}", UPLOAD, "/id"),
    maker("/api/v2/responsemanagement/responseassets/{responseAssetId}", UPLOAD, "/id"),
    maker("/api/v2/conversations/callbacks/{conversationId}", "", "/conversation/id"),
    maker("/api/v2/routing/queues/{queueId}/members/{memberId}", "", "="),
    maker("/api/v2/routing/queues/{queueId}/wrapupcodes/{codeId}", "", "="),
    maker("/api/v2/conversations/messages/{messageId}", SEND, "/id"),
    maker("/api/v2/conversations/messages/{conversationId}/messages/{messageId}", SEND, "/id"),
    maker("/api/v2/conversations/{conversationId}", "/api/v2/conversations/messages", "/id"),
    maker("/api/v2/flows/datatables/{datatableId}/rows/{rowId}", "", "/key"),
    maker(
        "/api/v2/architect/prompts/{promptId}/resources/{languageCode}",
        "/api/v2/architect/prompts/{promptId}/resources",
        "/language",
    ),
    maker("/api/v2/routing/email/outbound/domains/{domainId}", "", "/domainName"),
    maker(
        "/api/v2/oauth/clients/{clientId}/usage/query/results/{executionId}",
        "/api/v2/oauth/clients/{clientId}/usage/query",
        "/executionId",
    ),
    maker("/api/v2/usage/query/{executionId}/results", "/api/v2/usage/query", "/executionId"),
    maker(
        "/api/v2/workforcemanagement/adherence/explanations/jobs/{jobId}",
        "/api/v2/workforcemanagement/agents/{agentId}/adherence/explanations",
        "/job/id",
    ),
    maker(
        "/api/v2/workforcemanagement/adherence/historical/jobs/{jobId}",
        "/api/v2/workforcemanagement/managementunits/{managementUnitId}/historicaladherencequery",
        "/id",
    ),
    maker(
        "/api/v2/workforcemanagement/adherence/historical/bulk/jobs/{jobId}",
        "/api/v2/workforcemanagement/adherence/historical/bulk",
        "/job/id",
    ),
];

/// Places whose entities the bodies below name: they are explored first.
pub(crate) const FIRST: [&str; 9] = [
    "/api/v2/authorization/divisions/{divisionId}",
    "/api/v2/users/{userId}",
    "/api/v2/routing/queues/{queueId}",
    "/api/v2/routing/skills/{skillId}",
    "/api/v2/routing/languages/{languageId}",
    "/api/v2/routing/wrapupcodes/{codeId}",
    "/api/v2/outbound/contactlists/{contactListId}",
    "/api/v2/taskmanagement/workbins/{workbinId}",
    "/api/v2/taskmanagement/worktypes/{worktypeId}",
];

/// Places whose entities exist from the start: they are found by their noun, and never made.
pub(crate) const GIVEN: &[(&str, &str)] = &[
    ("/api/v2/workforcemanagement/agents/{agentId}", "agent"),
    ("/api/v2/workforcemanagement/managementunits/{managementUnitId}/users/{userId}", "agent"),
    ("/api/v2/journey/deployments/{deploymentId}", "web-deployment"),
];

/// Ids that are words of the platform, by the end of their place.
pub(crate) const WORDS: &[(&str, &str)] = &[
    ("/presences/{sourceId}", "PURECLOUD"),
    ("{languageCode}", "en-us"),
    ("{entityVersion}", "1"),
    ("/learning/modules/{moduleId}/versions/{versionId}", "1"),
    ("{coreTypeName}", "text"),
    ("{subjectType}", "PC_USER"),
    ("/weeks/{weekId}", "2026-03-09"),
    ("/journey/views/{viewId}/versions/{versionId}", "1"),
    ("/journey/views/{viewId}/versions/{journeyVersionId}", "1"),
    ("/schemas/{fileName}", "inputschema.json"),
    ("/templates/{fileName}", "requesttemplate.vm"),
    ("{configType}", "properties"),
];

/// The beginnings of paths that only an agent may ask.
pub(crate) const OF_AGENTS: &[&str] = &[
    "/api/v2/workforcemanagement/adherence/explanations",
    "/api/v2/workforcemanagement/agentschedules/mine",
    "/api/v2/workforcemanagement/agents/me",
    "/api/v2/workforcemanagement/timeoffbalance",
    "/api/v2/workforcemanagement/timeoffrequests",
];

/// Changes that are tried at an entity which exists for a while, because a new one is not ready.
pub(crate) const AGED: &[&str] = &[
    "PUT /api/v2/users/{userId}/station/associatedstation/{stationId}",
    "PUT /api/v2/recording/jobs/{jobId}",
];

/// Paths that need more than requests with a token of the platform: a guest's session, and a message that was delivered
/// to a client's own address. `tests/it` has them.
pub(crate) const ELSEWHERE: [&str; 11] = [
    "/api/v2/webmessaging/messages",
    "/api/v2/conversations/messages/{integrationId}/inbound/open/receipt",
    // A survey is found by the address that its customer got, and an audit by its id in a listing.
    "/api/v2/quality/surveys/scorable",
    "/api/v2/audits/query/realtime/related",
    // Scripts are uploaded to a host of their own.
    "/api/v2/scripts/uploads/{uploadId}/status",
    // The answer to a sent email has no id.
    "/api/v2/conversations/emails/{conversationId}/messages/{messageId}",
    // An import of contacts needs a file that has arrived.
    "/api/v2/externalcontacts/import/csv/jobs",
    "/api/v2/externalcontacts/import/jobs/{jobId}",
    "/api/v2/externalcontacts/import/csv/uploads/{uploadId}/details",
    "/api/v2/externalcontacts/import/csv/uploads/{uploadId}/preview",
    // An export of data table rows or flows names its download when it has ended.
    "/api/v2/downloads/{downloadId}",
];

/// Statuses that the vendor announced and the document lacks (genesys announcements of 2026): operation and status.
pub(crate) const ANNOUNCED: [(&str, u16); 2] =
    [("POST /api/v2/conversations/messages", 202), ("POST /api/v2/conversations/messages/agentless", 202)];

/// Operations that make an entity useless for others.
pub(crate) const SPOIL: [&str; 1] = ["/api/v2/flows/actions/deactivate"];

/// Fields that the document requires of a body only because it has the answer's model: operation and fields.
pub(crate) const LOOSE: &[(&str, &[&str])] = &[
    // Public programs that manage pools send no name.
    ("POST /api/v2/telephony/providers/edges/didpools", &["name"]),
    ("PUT /api/v2/telephony/providers/edges/didpools/{didPoolId}", &["name"]),
    ("POST /api/v2/telephony/providers/edges/extensionpools", &["name"]),
    ("PUT /api/v2/telephony/providers/edges/extensionpools/{extensionPoolId}", &["name"]),
    // Public programs send no trunk between the edges of a group, no name of an integration, and no type of a column.
    ("POST /api/v2/telephony/providers/edges/edgegroups", &["edgeTrunkBaseAssignment"]),
    ("PUT /api/v2/telephony/providers/edges/edgegroups/{edgeGroupId}", &["edgeTrunkBaseAssignment"]),
    ("POST /api/v2/integrations", &["name"]),
    ("POST /api/v2/outbound/campaigns", &["type"]),
    ("PUT /api/v2/outbound/campaigns/{campaignId}", &["type"]),
    ("PATCH /api/v2/conversations/*/{conversationId}", &["participants", "startTime"]),
    ("POST /api/v2/externalcontacts/*/*/notes", &["createdBy"]),
    ("POST /api/v2/externalcontacts/bulk/notes/*", &["createdBy", "version"]),
    // An update says what changes.
    (
        "POST /api/v2/externalcontacts/bulk/relationships/update",
        &["externalOrganization", "relationship", "user", "name", "version"],
    ),
    ("PUT /api/v2/externalcontacts/*/*/notes/{noteId}", &["createdBy"]),
    ("POST /api/v2/flows/datatables/{datatableId}/import/csv/jobs", &["status"]),
    ("POST /api/v2/flows/datatables/{datatableId}/import/jobs", &["status"]),
    (
        "POST /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/{documentId}/versions",
        &["restoreFromVersionId"],
    ),
];
