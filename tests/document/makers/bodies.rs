//! Bodies that a generator cannot guess.

/// Bodies by operation; `*` is any segment.
pub(crate) const BODIES: &[(&str, &str)] = &[
    (
        "POST /api/v2/workforcemanagement/businessunits",
        r#"{"name":"<new>","divisionId":"<division>","settings":{"startDayOfWeek":"Monday","timeZone":"Europe/London"}}"#,
    ),
    (
        "POST /api/v2/workforcemanagement/businessunits/{businessUnitId}/weeks/{weekId}/schedules/{scheduleId}/copy",
        r#"{"weekDate":"2026-03-16","description":"<new>"}"#,
    ),
    (
        "POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/historicaladherencequery",
        r#"{"startDate":"2026-03-06T00:00:00.000Z","endDate":"2026-03-07T00:00:00.000Z"}"#,
    ),
    (
        "POST /api/v2/workforcemanagement/teams/{teamId}/adherence/historical",
        r#"{"startDate":"2026-03-06T00:00:00.000Z","endDate":"2026-03-07T00:00:00.000Z","timeZone":"UTC"}"#,
    ),
    (
        "POST /api/v2/coaching/appointments",
        r#"{"name":"<new>","description":"d","dateStart":"2026-03-20T10:00:00.000Z","lengthInMinutes":30,"attendeeIds":["<agent>"]}"#,
    ),
    (
        "POST /api/v2/gamification/profiles",
        r#"{"name":"<new>","description":"d","active":true,"maxLeaderboardRankSize":10,"reportingIntervals":[{"intervalType":"Day","intervalValue":1}],"division":{"id":"<division>"}}"#,
    ),
    (
        "POST /api/v2/gamification/profiles/{profileId}/members",
        r#"{"membersToAssign":["<agent>"],"membersToRemove":[]}"#,
    ),
    ("POST /api/v2/taskmanagement/workbins", r#"{"name":"<new>"}"#),
    ("PATCH /api/v2/taskmanagement/workbins/{workbinId}", r#"{"name":"<new>"}"#),
    ("POST /api/v2/taskmanagement/worktypes", r#"{"name":"<new>","defaultWorkbinId":"<workbin>"}"#),
    ("PATCH /api/v2/taskmanagement/worktypes/{worktypeId}", r#"{"name":"<new>"}"#),
    ("POST /api/v2/taskmanagement/worktypes/{worktypeId}/statuses", r#"{"name":"<new>","category":"Open"}"#),
    ("PATCH /api/v2/taskmanagement/worktypes/{worktypeId}/statuses/{statusId}", r#"{"name":"<new>"}"#),
    ("POST /api/v2/taskmanagement/workitems", r#"{"name":"<new>","typeId":"<worktype>"}"#),
    ("PATCH /api/v2/taskmanagement/workitems/{workitemId}", r#"{"name":"<new>"}"#),
    ("PATCH /api/v2/taskmanagement/workitems/{workitemId}/assignment", r#"{"id":"<agent>"}"#),
    ("POST /api/v2/taskmanagement/workitems/{workitemId}/terminate", "{}"),
    (
        "POST /api/v2/taskmanagement/*/query",
        r#"{"filters":[{"name":"name","type":"String","operator":"NEQ","values":["nobody"]}]}"#,
    ),
    ("POST /api/v2/identityproviders", r#"{"name":"<new>"}"#),
    ("PUT /api/v2/identityproviders/{providerId}", r#"{"name":"<new>"}"#),
    ("POST /api/v2/authorization/roles", r#"{"name":"<new>","permissionPolicies":[]}"#),
    ("PUT /api/v2/authorization/roles/{roleId}", r#"{"name":"<new>","permissionPolicies":[]}"#),
    ("PATCH /api/v2/authorization/roles/{roleId}", r#"{"name":"<new>","permissionPolicies":[]}"#),
    ("POST /api/v2/learning/assignments", r#"{"moduleId":"<module>","userId":"<agent>"}"#),
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
    ("POST /api/v2/externalcontacts/contacts/merge", r#"{"contactIds":["<contact>","<externalContact>"]}"#),
    (
        "POST /api/v2/externalcontacts/merge/contacts",
        r#"{"sourceContactId":"<contact>","targetContactId":"<externalContact>"}"#,
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
        r#"{"version":1,"name":"<new>","columnNames":["Phone"],"phoneColumns":[{"columnName":"Phone","type":"cell"}]}"#,
    ),
    (
        "PUT /api/v2/outbound/contactlisttemplates/{contactListTemplateId}",
        r#"{"version":1,"name":"<new>","columnNames":["Phone"],"phoneColumns":[{"columnName":"Phone","type":"cell"}]}"#,
    ),
    (
        "POST /api/v2/outbound/contactlisttemplates/bulk/add",
        r#"[{"name":"<new>","columnNames":["Phone"],"phoneColumns":[{"columnName":"Phone","type":"cell"}]}]"#,
    ),
    (
        "POST /api/v2/outbound/contactlists/{contactListId}/contacts",
        r#"[{"contactListId":"","data":{"Phone":"+1317<digits>"}}]"#,
    ),
    (
        "PUT /api/v2/outbound/contactlists/{contactListId}/contacts/{contactId}",
        r#"{"contactListId":"","data":{"Phone":"+1317<digits>"}}"#,
    ),
    (
        "POST /api/v2/outbound/dnclists/uploads",
        r#"{"id":"<dnclist>","contentType":"text/csv","phoneColumns":"Phone"}"#,
    ),
    (
        "POST /api/v2/outbound/campaigns",
        r#"{"name":"<new>","contactList":{"id":"<contactlist>"},"dialingMode":"agentless","campaignStatus":"off","phoneColumns":[{"columnName":"Phone","type":"cell"}],"callerName":"sweep","callerAddress":"+13175550199"}"#,
    ),
    (
        "PUT /api/v2/outbound/campaigns/{campaignId}",
        r#"{"version":1,"name":"<new>","contactList":{"id":"<contactlist>"},"dialingMode":"agentless","campaignStatus":"off","phoneColumns":[{"columnName":"Phone","type":"cell"}],"callerName":"sweep","callerAddress":"+13175550199"}"#,
    ),
    (
        "POST /api/v2/outbound/messagingcampaigns",
        r#"{"name":"<new>","contactList":{"id":"<contactlist>"},"campaignStatus":"off","messagesPerMinute":10,"smsConfig":{"messageColumn":"Phone","phoneColumn":"Phone","senderSmsPhoneNumber":{"phoneNumber":"+13175550199"}}}"#,
    ),
    (
        "PUT /api/v2/outbound/messagingcampaigns/{messagingCampaignId}",
        r#"{"version":1,"name":"<new>","contactList":{"id":"<contactlist>"},"campaignStatus":"off","messagesPerMinute":10,"smsConfig":{"messageColumn":"Phone","phoneColumn":"Phone","senderSmsPhoneNumber":{"phoneNumber":"+13175550199"}}}"#,
    ),
    (
        "POST /api/v2/outbound/sequences",
        r#"{"name":"<new>","campaigns":[{"id":"<campaign>"}],"status":"off"}"#,
    ),
    (
        "PUT /api/v2/outbound/sequences/{sequenceId}",
        r#"{"version":1,"name":"<new>","campaigns":[{"id":"<campaign>"}],"status":"off"}"#,
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
        "POST /api/v2/processautomation/triggers",
        r#"{"name":"<new>","enabled":true,"topicName":"v2.users.{id}.presence","target":{"type":"Workflow","id":"<flow>"}}"#,
    ),
    (
        "PUT /api/v2/processautomation/triggers/{triggerId}",
        r#"{"name":"<new>","enabled":true,"topicName":"v2.users.{id}.presence","target":{"type":"Workflow","id":"<flow>"},"version":1}"#,
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
