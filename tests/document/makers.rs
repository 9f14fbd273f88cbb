//! What the document does not tell: how to make an entity that has no POST of its own, and bodies and queries that a
//! generator cannot guess.
//!
//! In a body and in a query `<user>` is the id of an existing user, and `<new>` a word that no other entity has.

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
        "/api/v2/workforcemanagement/adherence/historical/bulk/jobs/{jobId}",
        "/api/v2/workforcemanagement/adherence/historical/bulk",
        "/job/id",
    ),
];

/// Places whose entities the bodies below name: they are explored first.
pub(crate) const FIRST: [&str; 7] = [
    "/api/v2/authorization/divisions/{divisionId}",
    "/api/v2/users/{userId}",
    "/api/v2/routing/queues/{queueId}",
    "/api/v2/routing/skills/{skillId}",
    "/api/v2/routing/languages/{languageId}",
    "/api/v2/routing/wrapupcodes/{codeId}",
    "/api/v2/outbound/contactlists/{contactListId}",
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
pub(crate) const ELSEWHERE: [&str; 7] = [
    "/api/v2/webmessaging/messages",
    "/api/v2/conversations/messages/{integrationId}/inbound/open/receipt",
    // A survey is found by the address that its customer got, and an audit by its id in a listing.
    "/api/v2/quality/surveys/scorable",
    "/api/v2/audits/query/realtime/related",
    // Scripts are uploaded to a host of their own.
    "/api/v2/scripts/uploads/{uploadId}/status",
    // The answer to a sent email has no id.
    "/api/v2/conversations/emails/{conversationId}/messages/{messageId}",
    // An export of data table rows or flows names its download when it has ended.
    "/api/v2/downloads/{downloadId}",
];

/// Statuses that the vendor announced and the document lacks (genesys announcements of 2026): operation and status.
pub(crate) const ANNOUNCED: [(&str, u16); 2] =
    [("POST /api/v2/conversations/messages", 202), ("POST /api/v2/conversations/messages/agentless", 202)];

/// Operations that make an entity useless for others.
pub(crate) const SPOIL: [&str; 1] = ["/api/v2/flows/actions/deactivate"];

/// What an operation needs to have been done before: the operation, the path of a POST or `PUT path`, and its body. `{userId}` is the
/// value of the operation's own parameter.
pub(crate) const BEFORE: &[(&str, &str, &str)] = &[
    (
        "GET /api/v2/journey/views/{viewId}/schedules",
        "/api/v2/journey/views/{viewId}/schedules",
        r#"{"frequency":"Daily"}"#,
    ),
    (
        "PUT /api/v2/journey/views/{viewId}/schedules",
        "/api/v2/journey/views/{viewId}/schedules",
        r#"{"frequency":"Daily"}"#,
    ),
    (
        "DELETE /api/v2/journey/views/{viewId}/schedules",
        "/api/v2/journey/views/{viewId}/schedules",
        r#"{"frequency":"Daily"}"#,
    ),
    (
        "GET /api/v2/journey/views/{viewId}/versions/{journeyVersionId}/jobs/latest",
        "/api/v2/journey/views/{viewId}/versions/1/jobs",
        "{}",
    ),
    (
        "DELETE /api/v2/integrations/actions/{actionId}/draft",
        "/api/v2/integrations/actions/{actionId}/draft",
        "{}",
    ),
    (
        "GET /api/v2/integrations/actions/{actionId}/draft",
        "/api/v2/integrations/actions/{actionId}/draft",
        "{}",
    ),
    (
        "PATCH /api/v2/integrations/actions/{actionId}/draft",
        "/api/v2/integrations/actions/{actionId}/draft",
        "{}",
    ),
    (
        "GET /api/v2/integrations/actions/{actionId}/draft/schemas/{fileName}",
        "/api/v2/integrations/actions/{actionId}/draft",
        "{}",
    ),
    (
        "GET /api/v2/integrations/actions/{actionId}/draft/templates/{fileName}",
        "/api/v2/integrations/actions/{actionId}/draft",
        "{}",
    ),
    (
        "GET /api/v2/integrations/actions/{actionId}/draft/validation",
        "/api/v2/integrations/actions/{actionId}/draft",
        "{}",
    ),
    (
        "POST /api/v2/integrations/actions/{actionId}/draft/publish",
        "/api/v2/integrations/actions/{actionId}/draft",
        "{}",
    ),
    (
        "POST /api/v2/integrations/actions/{actionId}/draft/test",
        "/api/v2/integrations/actions/{actionId}/draft",
        "{}",
    ),
    (
        "DELETE /api/v2/users/{userId}/externalid/{authorityName}/{externalKey}",
        "/api/v2/users/{userId}/externalid",
        r#"{"authorityName":"{authorityName}","externalKey":"{externalKey}"}"#,
    ),
    (
        "GET /api/v2/users/externalid/{authorityName}/{externalKey}",
        "/api/v2/users/<user>/externalid",
        r#"{"authorityName":"{authorityName}","externalKey":"{externalKey}"}"#,
    ),
    (
        "GET /api/v2/outbound/schedules/campaigns/{campaignId}",
        "PUT /api/v2/outbound/schedules/campaigns/{campaignId}",
        r#"{"intervals":[{"start":"2026-03-09T10:00:00.000","end":"2026-03-09T12:00:00.000"}],"campaign":{"id":"{campaignId}"}}"#,
    ),
    (
        "DELETE /api/v2/outbound/schedules/campaigns/{campaignId}",
        "PUT /api/v2/outbound/schedules/campaigns/{campaignId}",
        r#"{"intervals":[{"start":"2026-03-09T10:00:00.000","end":"2026-03-09T12:00:00.000"}],"campaign":{"id":"{campaignId}"}}"#,
    ),
    (
        "GET /api/v2/outbound/schedules/sequences/{sequenceId}",
        "PUT /api/v2/outbound/schedules/sequences/{sequenceId}",
        r#"{"intervals":[{"start":"2026-03-09T10:00:00.000","end":"2026-03-09T12:00:00.000"}],"sequence":{"id":"{sequenceId}"}}"#,
    ),
    (
        "DELETE /api/v2/outbound/schedules/sequences/{sequenceId}",
        "PUT /api/v2/outbound/schedules/sequences/{sequenceId}",
        r#"{"intervals":[{"start":"2026-03-09T10:00:00.000","end":"2026-03-09T12:00:00.000"}],"sequence":{"id":"{sequenceId}"}}"#,
    ),
    (
        "GET /api/v2/outbound/schedules/messagingcampaigns/{messagingCampaignId}",
        "PUT /api/v2/outbound/schedules/messagingcampaigns/{messagingCampaignId}",
        r#"{"intervals":[{"start":"2026-03-09T10:00:00.000","end":"2026-03-09T12:00:00.000"}],"messagingCampaign":{"id":"{messagingCampaignId}"}}"#,
    ),
    (
        "DELETE /api/v2/outbound/schedules/messagingcampaigns/{messagingCampaignId}",
        "PUT /api/v2/outbound/schedules/messagingcampaigns/{messagingCampaignId}",
        r#"{"intervals":[{"start":"2026-03-09T10:00:00.000","end":"2026-03-09T12:00:00.000"}],"messagingCampaign":{"id":"{messagingCampaignId}"}}"#,
    ),
    (
        "GET /api/v2/outbound/schedules/emailcampaigns/{emailCampaignId}",
        "PUT /api/v2/outbound/schedules/emailcampaigns/{emailCampaignId}",
        r#"{"intervals":[{"start":"2026-03-09T10:00:00.000","end":"2026-03-09T12:00:00.000"}],"emailCampaign":{"id":"{emailCampaignId}"}}"#,
    ),
    (
        "DELETE /api/v2/outbound/schedules/emailcampaigns/{emailCampaignId}",
        "PUT /api/v2/outbound/schedules/emailcampaigns/{emailCampaignId}",
        r#"{"intervals":[{"start":"2026-03-09T10:00:00.000","end":"2026-03-09T12:00:00.000"}],"emailCampaign":{"id":"{emailCampaignId}"}}"#,
    ),
    (
        "GET /api/v2/outbound/schedules/whatsappcampaigns/{whatsAppCampaignId}",
        "PUT /api/v2/outbound/schedules/whatsappcampaigns/{whatsAppCampaignId}",
        r#"{"intervals":[{"start":"2026-03-09T10:00:00.000","end":"2026-03-09T12:00:00.000"}],"whatsAppCampaign":{"id":"{whatsAppCampaignId}"}}"#,
    ),
    (
        "DELETE /api/v2/outbound/schedules/whatsappcampaigns/{whatsAppCampaignId}",
        "PUT /api/v2/outbound/schedules/whatsappcampaigns/{whatsAppCampaignId}",
        r#"{"intervals":[{"start":"2026-03-09T10:00:00.000","end":"2026-03-09T12:00:00.000"}],"whatsAppCampaign":{"id":"{whatsAppCampaignId}"}}"#,
    ),
    (
        "GET /api/v2/outbound/contactlists/{contactListId}/export",
        "/api/v2/outbound/contactlists/{contactListId}/export",
        "{}",
    ),
    (
        "GET /api/v2/outbound/dnclists/{dncListId}/export",
        "/api/v2/outbound/dnclists/{dncListId}/export",
        "{}",
    ),
    (
        "POST /api/v2/externalcontacts/identifierlookup/organizations",
        "PATCH /api/v2/externalcontacts/organizations/<externalOrganization>/identifiers",
        r#"{"operation":"Claim","identifier":{"type":"ExternalId","value":"sweep"}}"#,
    ),
    // A client can be deleted once it is inactive.
    (
        "DELETE /api/v2/oauth/clients/{clientId}",
        "PUT /api/v2/oauth/clients/{clientId}",
        r#"{"name":"<new>","authorizedGrantType":"CLIENT-CREDENTIALS","state":"inactive"}"#,
    ),
    (
        "PATCH /api/v2/conversations/*/{conversationId}/participants/{participantId}/consult",
        "/api/v2/conversations/calls/{conversationId}/participants/{participantId}/consult",
        r#"{"speakTo":"DESTINATION","destination":{"userId":"<agent>"}}"#,
    ),
    (
        "DELETE /api/v2/conversations/*/{conversationId}/participants/{participantId}/consult",
        "/api/v2/conversations/calls/{conversationId}/participants/{participantId}/consult",
        r#"{"speakTo":"DESTINATION","destination":{"userId":"<agent>"}}"#,
    ),
    (
        "PATCH /api/v2/routing/queues/{queueId}/members",
        "/api/v2/routing/queues/{queueId}/members",
        r#"[{"id":"<user>"}]"#,
    ),
    (
        "PATCH /api/v2/routing/queues/{queueId}/users",
        "/api/v2/routing/queues/{queueId}/members",
        r#"[{"id":"<user>"}]"#,
    ),
    (
        "PATCH /api/v2/users/{userId}/queues",
        "/api/v2/routing/queues/<queue>/members",
        r#"[{"id":"{userId}"}]"#,
    ),
    (
        "PATCH /api/v2/users/{userId}/queues/{queueId}",
        "/api/v2/routing/queues/{queueId}/members",
        r#"[{"id":"{userId}"}]"#,
    ),
];

/// Fields that the document requires of a body only because it has the answer's model: operation and fields.
pub(crate) const LOOSE: &[(&str, &[&str])] = &[
    // Public programs that manage pools send no name.
    ("POST /api/v2/telephony/providers/edges/didpools", &["name"]),
    ("PUT /api/v2/telephony/providers/edges/didpools/{didPoolId}", &["name"]),
    ("POST /api/v2/telephony/providers/edges/extensionpools", &["name"]),
    ("PUT /api/v2/telephony/providers/edges/extensionpools/{extensionPoolId}", &["name"]),
    ("PATCH /api/v2/conversations/*/{conversationId}", &["participants", "startTime"]),
    ("POST /api/v2/externalcontacts/*/*/notes", &["createdBy"]),
    ("PUT /api/v2/externalcontacts/*/*/notes/{noteId}", &["createdBy"]),
    ("POST /api/v2/flows/datatables/{datatableId}/import/csv/jobs", &["status"]),
    ("POST /api/v2/flows/datatables/{datatableId}/import/jobs", &["status"]),
    (
        "POST /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/{documentId}/versions",
        &["restoreFromVersionId"],
    ),
];

/// Queries by operation.
pub(crate) const QUERIES: &[(&str, &str)] = &[
    ("GET /api/v2/telephony/providers/edges/sites/search", "q64=eyJxdWVyeSI6W119"),
    ("GET /api/v2/telephony/providers/edges/phones/template", "phoneBaseSettingsId=<phonebase>"),
    ("GET /api/v2/telephony/providers/edges/lines/template", "lineBaseSettingsId=<linebase>"),
    ("GET /api/v2/telephony/providers/edges/logicalinterfaces", "edgeIds=<edge>"),
    ("GET /api/v2/telephony/providers/edges/physicalinterfaces", "edgeIds=<edge>"),
    ("GET /api/v2/telephony/providers/edges/metrics", "edgeIds=<edge>"),
    ("GET /api/v2/telephony/providers/edges/trunks/metrics", "trunkIds=<trunk>"),
    ("DELETE /api/v2/groups/{groupId}/members", "ids=<user>"),
    // What nothing uses: an unknown id is left out.
    ("DELETE /api/v2/outbound/contactlists", "id=<none>"),
    ("DELETE /api/v2/outbound/contactlisttemplates", "id=<none>"),
    ("DELETE /api/v2/outbound/importtemplates", "id=<none>"),
    ("DELETE /api/v2/outbound/filespecificationtemplates/bulk", "id=<none>"),
    ("GET /api/v2/workforcemanagement/adherence", "userId=<agent>"),
    (
        "GET /api/v2/users/search",
        "q64=eyJxdWVyeSI6W3sidHlwZSI6IkVYQUNUIiwidmFsdWUiOiJhIiwiZmllbGRzIjpbIm5hbWUiXX1dfQ==",
    ),
    ("GET /api/v2/users/me/search", "q64=eyJxdWVyeSI6W119"),
    ("GET /api/v2/scim/v2/groups", "filter=displayName%20eq%20%22sweep%22"),
    ("DELETE /api/v2/groups/{groupId}/members", "ids=<user>"),
    ("GET /api/v2/groups/search", "q64=eyJxdWVyeSI6W119"),
    ("GET /api/v2/locations/search", "q64=eyJxdWVyeSI6W119"),
];

/// Bodies by operation; `*` is any segment.
pub(crate) const BODIES: &[(&str, &str)] = &[
    (
        "POST /api/v2/telephony/providers/edges/edgegroups",
        r#"{"name":"<new>","edgeTrunkBaseAssignment":{},"phoneTrunkBases":[{"id":"<trunkbasesetting>"}]}"#,
    ),
    (
        "PUT /api/v2/telephony/providers/edges/edgegroups/{edgeGroupId}",
        r#"{"name":"<new>","edgeTrunkBaseAssignment":{},"phoneTrunkBases":[{"id":"<trunkbasesetting>"}]}"#,
    ),
    (
        "POST /api/v2/telephony/providers/edges/phones",
        r#"{"name":"<new>","site":{"id":"<site>"},"phoneBaseSettings":{"id":"<phonebase>"},"lines":[{"name":"<new>"}],"webRtcUser":{"id":"<user>"}}"#,
    ),
    (
        "PUT /api/v2/telephony/providers/edges/phones/{phoneId}",
        r#"{"name":"<new>","site":{"id":"<site>"},"phoneBaseSettings":{"id":"<phonebase>"},"lines":[{"name":"<new>"}],"webRtcUser":{"id":"<user>"}}"#,
    ),
    (
        "POST /api/v2/telephony/providers/edges/didpools",
        r#"{"name":"<new>","startPhoneNumber":"+1317<digits>","endPhoneNumber":"+1317<digits>"}"#,
    ),
    (
        "PUT /api/v2/telephony/providers/edges/didpools/{didPoolId}",
        r#"{"name":"<new>","startPhoneNumber":"+1317<digits>","endPhoneNumber":"+1317<digits>"}"#,
    ),
    (
        "POST /api/v2/telephony/providers/edges/extensionpools",
        r#"{"name":"<new>","startNumber":"<digits>","endNumber":"<digits>"}"#,
    ),
    (
        "PUT /api/v2/telephony/providers/edges/extensionpools/{extensionPoolId}",
        r#"{"name":"<new>","startNumber":"<digits>","endNumber":"<digits>"}"#,
    ),
    (
        "POST /api/v2/telephony/providers/edges/sites/{siteId}/outboundroutes",
        r#"{"name":"<new>","classificationTypes":["National"]}"#,
    ),
    (
        "PUT /api/v2/telephony/providers/edges/sites/{siteId}/outboundroutes/{outboundRouteId}",
        r#"{"name":"<new>","classificationTypes":["National"]}"#,
    ),
    ("PUT /api/v2/telephony/providers/edges/sites/{siteId}/siteconnections", r#"{"siteConnections":[]}"#),
    (
        "POST /api/v2/externalcontacts/relationships",
        r#"{"user":{"id":"<user>"},"externalOrganization":{"id":"<externalOrganization>"},"relationship":"owner"}"#,
    ),
    (
        "PUT /api/v2/externalcontacts/relationships/{relationshipId}",
        r#"{"user":{"id":"<user>"},"externalOrganization":{"id":"<externalOrganization>"},"relationship":"owner"}"#,
    ),
    (
        "POST /api/v2/externalcontacts/bulk/relationships/add",
        r#"{"entities":[{"user":{"id":"<user>"},"externalOrganization":{"id":"<externalOrganization>"},"relationship":"owner"}]}"#,
    ),
    ("POST /api/v2/externalcontacts/contacts/{contactId}/notes", r#"{"noteText":"sweep"}"#),
    ("PUT /api/v2/externalcontacts/contacts/{contactId}/notes/{noteId}", r#"{"noteText":"sweep again"}"#),
    ("POST /api/v2/externalcontacts/organizations/{externalOrganizationId}/notes", r#"{"noteText":"sweep"}"#),
    (
        "PUT /api/v2/externalcontacts/organizations/{externalOrganizationId}/notes/{noteId}",
        r#"{"noteText":"sweep again"}"#,
    ),
    (
        "POST /api/v2/externalcontacts/bulk/notes/add",
        r#"{"entities":[{"entityId":"<contact>","entityType":"contact","noteText":"sweep"}]}"#,
    ),
    (
        "PATCH /api/v2/externalcontacts/contacts/{contactId}/identifiers",
        r#"{"operation":"Claim","identifier":{"type":"Email","value":"<new>@example.org"}}"#,
    ),
    (
        "PATCH /api/v2/externalcontacts/organizations/{externalOrganizationId}/identifiers",
        r#"{"operation":"Claim","identifier":{"type":"ExternalId","value":"<new>"}}"#,
    ),
    ("POST /api/v2/externalcontacts/identifierlookup", r#"{"type":"Email","value":"ada@customer.example"}"#),
    (
        "POST /api/v2/externalcontacts/identifierlookup/contacts",
        r#"{"type":"Email","value":"ada@customer.example"}"#,
    ),
    (
        "POST /api/v2/externalcontacts/identifierlookup/organizations",
        r#"{"type":"ExternalId","value":"sweep"}"#,
    ),
    ("POST /api/v2/externalcontacts/contacts/merge", r#"{"contactIds":["<contact>","<contact>"]}"#),
    (
        "POST /api/v2/externalcontacts/merge/contacts",
        r#"{"sourceContactId":"<contact>","targetContactId":"<contact>"}"#,
    ),
    (
        "POST /api/v2/outbound/importtemplates/bulk/add",
        r#"[{"name":"<new>","contactListTemplate":{"id":"<contactListTemplate>"}}]"#,
    ),
    (
        "POST /api/v2/outbound/contactlists",
        r#"{"name":"<new>","columnNames":["Phone"],"phoneColumns":[{"columnName":"Phone","type":"cell"}]}"#,
    ),
    (
        "POST /api/v2/outbound/contactlisttemplates",
        r#"{"name":"<new>","columnNames":["Phone"],"phoneColumns":[{"columnName":"Phone","type":"cell"}]}"#,
    ),
    (
        "PUT /api/v2/outbound/contactlists/{contactListId}",
        r#"{"name":"<new>","columnNames":["Phone"],"phoneColumns":[{"columnName":"Phone","type":"cell"}]}"#,
    ),
    (
        "PUT /api/v2/outbound/contactlisttemplates/{contactListTemplateId}",
        r#"{"name":"<new>","columnNames":["Phone"],"phoneColumns":[{"columnName":"Phone","type":"cell"}]}"#,
    ),
    (
        "POST /api/v2/outbound/contactlisttemplates/bulk/add",
        r#"[{"name":"<new>","columnNames":["Phone"],"phoneColumns":[{"columnName":"Phone","type":"cell"}]}]"#,
    ),
    (
        "POST /api/v2/outbound/contactlists/{contactListId}/contacts",
        r#"[{"contactListId":"<contactlist>","data":{"Phone":"+1317<digits>"}}]"#,
    ),
    (
        "PUT /api/v2/outbound/contactlists/{contactListId}/contacts/{contactId}",
        r#"{"contactListId":"<contactlist>","data":{"Phone":"+1317<digits>"}}"#,
    ),
    (
        "POST /api/v2/outbound/campaigns",
        r#"{"name":"<new>","contactList":{"id":"<contactlist>"},"dialingMode":"agentless","campaignStatus":"off","phoneColumns":[{"columnName":"Phone","type":"cell"}],"callerName":"sweep","callerAddress":"+13175550199"}"#,
    ),
    (
        "PUT /api/v2/outbound/campaigns/{campaignId}",
        r#"{"name":"<new>","contactList":{"id":"<contactlist>"},"dialingMode":"agentless","campaignStatus":"off","phoneColumns":[{"columnName":"Phone","type":"cell"}],"callerName":"sweep","callerAddress":"+13175550199"}"#,
    ),
    (
        "POST /api/v2/outbound/messagingcampaigns",
        r#"{"name":"<new>","contactList":{"id":"<contactlist>"},"campaignStatus":"off","messagesPerMinute":10,"smsConfig":{"messageColumn":"Phone","phoneColumn":"Phone","senderSmsPhoneNumber":{"phoneNumber":"+13175550199"}}}"#,
    ),
    (
        "PUT /api/v2/outbound/messagingcampaigns/{messagingCampaignId}",
        r#"{"name":"<new>","contactList":{"id":"<contactlist>"},"campaignStatus":"off","messagesPerMinute":10,"smsConfig":{"messageColumn":"Phone","phoneColumn":"Phone","senderSmsPhoneNumber":{"phoneNumber":"+13175550199"}}}"#,
    ),
    (
        "POST /api/v2/outbound/sequences",
        r#"{"name":"<new>","campaigns":[{"id":"<campaign>"}],"status":"off"}"#,
    ),
    (
        "PUT /api/v2/outbound/sequences/{sequenceId}",
        r#"{"name":"<new>","campaigns":[{"id":"<campaign>"}],"status":"off"}"#,
    ),
    (
        "POST /api/v2/conversations/messages/inbound/open",
        r#"{"channel":{"from":{"id":"sweep","idType":"Opaque"},"to":{"id":"<open>"},"time":"2026-03-08T10:00:00.000Z"},"type":"Text","text":"sweep"}"#,
    ),
    (
        "POST /api/v2/webdeployments/deployments",
        r#"{"name":"<new>","configuration":{"id":"<configuration>","version":"1"}}"#,
    ),
    (
        "PUT /api/v2/webdeployments/deployments/{deploymentId}",
        r#"{"name":"<new>","configuration":{"id":"<configuration>","version":"1"}}"#,
    ),
    (
        "POST /api/v2/responsemanagement/responses",
        r#"{"name":"<new>","libraries":[{"id":"<library>"}],"texts":[]}"#,
    ),
    (
        "PUT /api/v2/responsemanagement/responses/{responseId}",
        r#"{"name":"<new>","libraries":[{"id":"<library>"}],"texts":[],"version":1}"#,
    ),
    // The ids of the entities that every default organization begins with.
    (
        "PUT /api/v2/conversations/messaging/settings/default",
        r#"{"settingId":"5c5ebc61-5464-52f7-9ced-7dafa65f5c6a"}"#,
    ),
    (
        "PUT /api/v2/conversations/messaging/supportedcontent/default",
        r#"{"id":"da61b403-3d49-55cb-baf4-9dfa629373b6"}"#,
    ),
    ("POST /api/v2/integrations", r#"{"name":"<new>","integrationType":{"id":"custom-rest-actions"}}"#),
    (
        "POST /api/v2/integrations/credentials",
        r#"{"name":"<new>","type":{"id":"basicAuth"},"credentialFields":{"userName":"sweep","password":"sweep"}}"#,
    ),
    ("PUT /api/v2/integrations/credentials/{credentialId}", r#"{"name":"<new>","type":{"id":"basicAuth"}}"#),
    ("PATCH /api/v2/integrations/actions/{actionId}/draft", r#"{"name":"<new>","version":1}"#),
    ("POST /api/v2/integrations/actions/{actionId}/draft/publish", r#"{"version":1}"#),
    ("POST /api/v2/conversations/calls", r#"{"phoneNumber":"+1317<digits>","callFromQueueId":"<queue>"}"#),
    ("POST /api/v2/conversations/calls/user/{userId}", r#"{"phoneNumber":"+1317<digits>"}"#),
    (
        "POST /api/v2/conversations/callbacks",
        r#"{"queueId":"<queue>","callbackNumbers":["+1317<digits>"],"callbackUserName":"sweep"}"#,
    ),
    ("PATCH /api/v2/conversations/callbacks", r#"{"conversationId":"<callback>","agentId":"<agent>"}"#),
    (
        "POST /api/v2/conversations/calls/{conversationId}/participants",
        r#"{"participants":[{"address":"+13175550101"}]}"#,
    ),
    (
        "POST /api/v2/conversations/calls/{conversationId}/participants/user/{userId}",
        r#"{"participants":[{"userId":"<user>"}]}"#,
    ),
    (
        "POST /api/v2/conversations/*/{conversationId}/participants/{participantId}/consult",
        r#"{"speakTo":"DESTINATION","destination":{"userId":"<agent>"}}"#,
    ),
    (
        "POST /api/v2/conversations/*/{conversationId}/participants/{participantId}/consult/agent",
        r#"{"speakTo":"DESTINATION","userId":"<agent>"}"#,
    ),
    (
        "POST /api/v2/conversations/*/{conversationId}/participants/{participantId}/consult/external",
        r#"{"speakTo":"DESTINATION","address":"+13175550101"}"#,
    ),
    (
        "POST /api/v2/conversations/*/{conversationId}/participants/{participantId}/consult/queue",
        r#"{"speakTo":"DESTINATION","queueId":"<queue>"}"#,
    ),
    (
        "POST /api/v2/conversations/*/{conversationId}/participants/{participantId}/voice/consult",
        r#"{"speakTo":"DESTINATION","address":"+13175550101"}"#,
    ),
    (
        "POST /api/v2/conversations/*/{conversationId}/participants/{participantId}/replace",
        r#"{"userId":"<agent>"}"#,
    ),
    (
        "POST /api/v2/conversations/{conversationId}/participants/{participantId}/replace",
        r#"{"userId":"<agent>"}"#,
    ),
    (
        "POST /api/v2/conversations/{conversationId}/participants/{participantId}/replace/agent",
        r#"{"userId":"<agent>"}"#,
    ),
    (
        "POST /api/v2/conversations/{conversationId}/participants/{participantId}/replace/external",
        r#"{"address":"+13175550101"}"#,
    ),
    (
        "POST /api/v2/conversations/{conversationId}/participants/{participantId}/replace/queue",
        r#"{"queueId":"<queue>"}"#,
    ),
    (
        "POST /api/v2/conversations/{conversationId}/participants/{participantId}/transfer",
        r#"{"address":"+13175550101"}"#,
    ),
    ("POST /api/v2/conversations/{conversationId}/assign", r#"{"id":"<agent>"}"#),
    ("POST /api/v2/authorization/divisions/{divisionId}/objects/{objectType}", r#"["<queue>"]"#),
    ("PATCH /api/v2/routing/queues/{queueId}/users", r#"[{"id":"<user>","joined":true}]"#),
    ("PATCH /api/v2/users/{userId}/queues/{queueId}", r#"{"joined":true}"#),
    ("POST /api/v2/routing/queues/{queueId}/members", r#"[{"id":"<user>"}]"#),
    ("PATCH /api/v2/routing/queues/{queueId}/members", r#"[{"id":"<user>","joined":true}]"#),
    ("POST /api/v2/routing/queues/{queueId}/wrapupcodes", r#"[{"id":"<wrapupcode>"}]"#),
    (
        "POST /api/v2/conversations/messages/{conversationId}/communications/{communicationId}/messages",
        r#"{"textBody":"sweep"}"#,
    ),
    (
        "PATCH /api/v2/workforcemanagement/agents/{agentId}/adherence/explanations/{explanationId}",
        r#"{"status":"Approved"}"#,
    ),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/receipt",
        r#"{"id":"<message>","channel":{"from":{"id":"sweep"},"to":{"id":"sweep"},"time":"2026-03-08T10:00:00.000Z"},"status":"Delivered"}"#,
    ),
    (
        "POST /api/v2/conversations/messages",
        r#"{"queueId":"<queue>","toAddress":"+1317<digits>","toAddressMessengerType":"sms","useExistingConversation":false}"#,
    ),
    (
        "POST /api/v2/conversations/messages/agentless",
        r#"{"fromAddress":"+13175550199","toAddress":"+1317<digits>","toAddressMessengerType":"sms","textBody":"sweep"}"#,
    ),
    ("POST /api/v2/users", r#"{"name":"<new>","email":"<new>@example.com","divisionId":"<division>"}"#),
    ("PATCH /api/v2/users/bulk", r#"[{"id":"<user>","acdAutoAnswer":true}]"#),
    ("PUT /api/v2/users/presences/bulk", r#"[{"id":"<user>","presenceDefinition":{"id":"<presence>"}}]"#),
    ("POST /api/v2/users/{userId}/routingskills", r#"{"id":"<skill>","proficiency":3}"#),
    ("PUT /api/v2/users/{userId}/routingskills/bulk", r#"[{"id":"<skill>","proficiency":3}]"#),
    ("PATCH /api/v2/users/{userId}/routingskills/bulk", r#"[{"id":"<skill>","proficiency":3}]"#),
    ("POST /api/v2/users/{userId}/routinglanguages", r#"{"id":"<language>","proficiency":3}"#),
    ("PATCH /api/v2/users/{userId}/routinglanguages/bulk", r#"[{"id":"<language>","proficiency":3}]"#),
    ("POST /api/v2/routing/languages", r#"{"name":"<new>"}"#),
    (
        "POST /api/v2/routing/skillgroups",
        r#"{"name":"<new>","description":"d","skillConditions":[],"memberDivisions":[]}"#,
    ),
    ("POST /api/v2/routing/email/domains", r#"{"id":"<new>.example.com","subDomain":false}"#),
    ("POST /api/v2/routing/email/domains/{domainName}/routes", r#"{"pattern":"<new>","fromName":"sweep"}"#),
    ("POST /api/v2/routing/email/outbound/domains", r#"{"id":"<new>.example.com","name":"<new>"}"#),
    (
        "POST /api/v2/routing/sms/phonenumbers",
        r#"{"phoneNumber":"+1317<digits>","phoneNumberType":"local","countryCode":"US"}"#,
    ),
    (
        "POST /api/v2/routing/sms/phonenumbers/import",
        r#"{"phoneNumber":"+1317<digits>","phoneNumberType":"local","countryCode":"US","integrationId":"sweep"}"#,
    ),
    ("PATCH /api/v2/users/{userId}/queues", r#"[{"id":"<queue>","joined":true}]"#),
    ("POST /api/v2/outbound/contactlistfilters/bulk/retrieve", r#"{"ids":["<id>"]}"#),
    ("POST /api/v2/outbound/contactlisttemplates/bulk/retrieve", r#"{"ids":["<id>"]}"#),
    ("POST /api/v2/outbound/contactlists/{contactListId}/contacts/bulk", r#"["<id>"]"#),
    ("POST /api/v2/responsemanagement/libraries/bulk", r#"{"libraryIds":["<id>"]}"#),
    ("POST /api/v2/responsemanagement/responseassets/bulk", r#"{"assetIds":["<id>"]}"#),
    ("POST /api/v2/flows/datatables/{datatableId}/rows", r#"{"key":"<new>"}"#),
    ("POST /api/v2/architect/prompts/{promptId}/resources", r#"{"language":"en-us"}"#),
    (
        "POST /api/v2/notifications/channels/{channelId}/subscriptions",
        r#"[{"id":"v2.users.<user>.presence"}]"#,
    ),
    (
        "PUT /api/v2/notifications/channels/{channelId}/subscriptions",
        r#"[{"id":"v2.users.<user>.presence"}]"#,
    ),
    (
        "POST /api/v2/presencedefinitions",
        r#"{"languageLabels":{"en_US":"<new>"},"systemPresence":"Away","name":"<new>"}"#,
    ),
    (
        "PATCH /api/v2/conversations/*/{conversationId}/participants/{participantId}/attributes",
        r#"{"attributes":{"sweep":"yes"}}"#,
    ),
    (
        "PATCH /api/v2/conversations/{conversationId}/participants/{participantId}/attributes",
        r#"{"attributes":{"sweep":"yes"}}"#,
    ),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/message",
        r#"{"channel":{"from":{"id":"sweep","idType":"Opaque"},"time":"2026-03-08T10:00:00.000Z"},"text":"sweep"}"#,
    ),
    (
        "POST /api/v2/conversations/*/{conversationId}/participants/{participantId}/communications/{communicationId}/wrapup",
        r#"{"code":"<wrapupcode>"}"#,
    ),
    (
        "POST /api/v2/workforcemanagement/adherence/historical/bulk",
        r#"{"timeZone":"UTC","items":[{"managementUnitId":"<managementunit>","startDate":"2026-03-06T00:00:00.000Z","endDate":"2026-03-07T00:00:00.000Z"}]}"#,
    ),
];
