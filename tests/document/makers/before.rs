//! What has to be done before an operation can succeed.

/// What an operation needs to have been done before: the operation, the path of a POST or `PUT path`, and its body. `{userId}` is the
/// value of the operation's own parameter.
pub(crate) const BEFORE: &[(&str, &str, &str)] = &[
    ("GET /api/v2/identityproviders/adfs", "PUT /api/v2/identityproviders/adfs", "{}"),
    ("DELETE /api/v2/identityproviders/adfs", "PUT /api/v2/identityproviders/adfs", "{}"),
    ("GET /api/v2/identityproviders/cic", "PUT /api/v2/identityproviders/cic", "{}"),
    ("DELETE /api/v2/identityproviders/cic", "PUT /api/v2/identityproviders/cic", "{}"),
    ("GET /api/v2/identityproviders/generic", "PUT /api/v2/identityproviders/generic", "{}"),
    ("DELETE /api/v2/identityproviders/generic", "PUT /api/v2/identityproviders/generic", "{}"),
    ("GET /api/v2/identityproviders/gsuite", "PUT /api/v2/identityproviders/gsuite", "{}"),
    ("DELETE /api/v2/identityproviders/gsuite", "PUT /api/v2/identityproviders/gsuite", "{}"),
    ("GET /api/v2/identityproviders/identitynow", "PUT /api/v2/identityproviders/identitynow", "{}"),
    ("DELETE /api/v2/identityproviders/identitynow", "PUT /api/v2/identityproviders/identitynow", "{}"),
    ("GET /api/v2/identityproviders/okta", "PUT /api/v2/identityproviders/okta", "{}"),
    ("DELETE /api/v2/identityproviders/okta", "PUT /api/v2/identityproviders/okta", "{}"),
    ("GET /api/v2/identityproviders/onelogin", "PUT /api/v2/identityproviders/onelogin", "{}"),
    ("DELETE /api/v2/identityproviders/onelogin", "PUT /api/v2/identityproviders/onelogin", "{}"),
    ("GET /api/v2/identityproviders/ping", "PUT /api/v2/identityproviders/ping", "{}"),
    ("DELETE /api/v2/identityproviders/ping", "PUT /api/v2/identityproviders/ping", "{}"),
    ("GET /api/v2/identityproviders/pureengage", "PUT /api/v2/identityproviders/pureengage", "{}"),
    ("DELETE /api/v2/identityproviders/pureengage", "PUT /api/v2/identityproviders/pureengage", "{}"),
    ("GET /api/v2/identityproviders/salesforce", "PUT /api/v2/identityproviders/salesforce", "{}"),
    ("DELETE /api/v2/identityproviders/salesforce", "PUT /api/v2/identityproviders/salesforce", "{}"),
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
    ("POST /api/v2/learning/assignments", "/api/v2/learning/modules/<module>/publish", "{}"),
    (
        "GET /api/v2/learning/modules/{moduleId}/versions/{versionId}",
        "/api/v2/learning/modules/{moduleId}/publish",
        "{}",
    ),
    (
        "POST /api/v2/conversations/*/{conversationId}/reconnect",
        "/api/v2/conversations/{conversationId}/disconnect",
        "{}",
    ),
    (
        "POST /api/v2/conversations/{conversationId}/barge",
        "/api/v2/conversations/{conversationId}/assign",
        r#"{"id":"<agent>"}"#,
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
