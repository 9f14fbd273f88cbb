//! What the document does not tell of workforce management, quality, recordings, audits, speech analytics, knowledge
//! and journeys: bodies, queries, and entities whose parts other bodies name. See `makers`.

/// Parts of an entity that bodies name: the place of the entity, where its answer has the part, and the word of the part.
pub(crate) const LEARNED: &[(&str, &str, &str)] = &[
    ("/api/v2/quality/forms/evaluations/{formId}", "/id", "evaluation-draft"),
    ("/api/v2/quality/forms/surveys/{formId}", "/id", "survey-draft"),
    ("/api/v2/quality/publishedforms/evaluations/{formId}", "/id", "evaluation-form"),
    ("/api/v2/quality/publishedforms/evaluations/{formId}", "/contextId", "evaluation-context"),
    ("/api/v2/quality/publishedforms/surveys/{formId}", "/contextId", "survey-context"),
    ("/api/v2/speechandtextanalytics/topics/{topicId}", "/id", "sta-topic"),
    ("/api/v2/speechandtextanalytics/programs/{programId}", "/id", "sta-program"),
    ("/api/v2/journey/outcomes/{outcomeId}", "/id", "journey-outcome"),
    ("/api/v2/webdeployments/deployments/{deploymentId}", "/id", "web-deployment"),
    (
        "/api/v2/workforcemanagement/businessunits/{businessUnitId}/servicegoaltemplates/{serviceGoalTemplateId}",
        "/id",
        "goal-template",
    ),
];

/// Operations that are tried at entities which other operations see as well: what they refer to belongs to those.
pub(crate) const AGED: &[&str] = &[
    "POST /api/v2/workforcemanagement/businessunits/{businessUnitId}/planninggroups",
    "POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/timeoffrequests",
    "POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/users/{userId}/timeoffbalance/jobs",
    "POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/users/{userId}/timeoffrequests/{timeOffRequestId}/timeoffbalance/jobs",
    "PATCH /api/v2/workforcemanagement/managementunits/{managementUnitId}/users/{userId}/timeoffrequests/{timeOffRequestId}",
    "PATCH /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/search/{searchId}",
];

/// Operations whose answers are read again by another key than their id.
pub(crate) const OTHER_KEYS: &[&str] = &["POST /api/v2/journey/views/{viewId}/versions"];

/// Places whose entities refer to those of deeper places: they are explored last.
pub(crate) const LATE: &[&str] = &["/api/v2/quality/surveys/{surveyId}"];

/// Queries by operation.
pub(crate) const QUERIES: &[(&str, &str)] = &[
    ("GET /api/v2/quality/calibrations", "calibratorId=<user>"),
    ("DELETE /api/v2/quality/calibrations/{calibrationId}", "calibratorId=<user>"),
    ("GET /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents", "includeDrafts=true"),
];

/// Bodies by operation; `*` is any segment.
pub(crate) const BODIES: &[(&str, &str)] = &[
    ("POST /api/v2/quality/publishedforms", r#"{"id":"<evaluation-draft>","published":true}"#),
    ("POST /api/v2/quality/publishedforms/evaluations", r#"{"id":"<evaluation-draft>","published":true}"#),
    ("POST /api/v2/quality/publishedforms/surveys", r#"{"id":"<survey-draft>","published":true}"#),
    (
        "POST /api/v2/quality/forms/surveys",
        r#"{"name":"<new>","language":"en-US","questionGroups":[{"name":"g","type":"questionGroup","questions":[]}]}"#,
    ),
    (
        "POST /api/v2/quality/conversations/{conversationId}/evaluations",
        r#"{"evaluationForm":{"id":"<evaluation-form>"},"evaluator":{"id":"<user>"},"agent":{"id":"<agent>"}}"#,
    ),
    (
        "PUT /api/v2/quality/conversations/{conversationId}/evaluations/{evaluationId}",
        r#"{"status":"INPROGRESS"}"#,
    ),
    (
        "POST /api/v2/quality/calibrations",
        r#"{"conversation":{"id":"<conversation>"},"evaluationForm":{"id":"<evaluation-form>"},"calibrator":{"id":"<user>"}}"#,
    ),
    (
        "POST /api/v2/quality/programs/{programId}/agentscoringrules",
        r#"{"samplingType":"All","submissionType":"Manual","evaluationFormContextId":"<evaluation-context>","enabled":true}"#,
    ),
    (
        "PUT /api/v2/quality/programs/{programId}/agentscoringrules/{ruleId}",
        r#"{"samplingType":"All","submissionType":"Manual","evaluationFormContextId":"<evaluation-context>","enabled":true}"#,
    ),
    (
        "POST /api/v2/quality/surveys",
        r#"{"conversationId":"<conversation>","surveyFormContextId":"<survey-context>"}"#,
    ),
    (
        "POST /api/v2/audits/query",
        r#"{"interval":"2026-03-07T00:00:00.000Z/2026-03-09T00:00:00.000Z","serviceName":"ContactCenter"}"#,
    ),
    (
        "POST /api/v2/audits/query/realtime",
        r#"{"interval":"2026-03-07T00:00:00.000Z/2026-03-09T00:00:00.000Z"}"#,
    ),
    ("POST /api/v2/speechandtextanalytics/programs/publishjobs", r#"{"programIds":["<sta-program>"]}"#),
    ("POST /api/v2/speechandtextanalytics/topics/publishjobs", r#"{"topicIds":["<sta-topic>"]}"#),
    ("POST /api/v2/speechandtextanalytics/dictionaryfeedback", r#"{"term":"<new>","dialect":"en-US"}"#),
    (
        "POST /api/v2/speechandtextanalytics/sentimentfeedback",
        r#"{"phrase":"<new>","dialect":"en-US","feedbackValue":"Positive"}"#,
    ),
    (
        "POST /api/v2/workforcemanagement/businessunits/{businessUnitId}/planninggroups",
        r#"{"name":"<new>","serviceGoalTemplateId":"<goal-template>","routePaths":[{"queueId":"<queue>","mediaType":"Voice"}]}"#,
    ),
    (
        "POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/workplanrotations",
        r#"{"name":"<new>","dateRange":{"startBusinessUnitDate":"2026-03-09"},"pattern":{"workPlanIds":[]}}"#,
    ),
    (
        "POST /api/v2/workforcemanagement/timeoffrequests",
        r#"{"activityCodeId":"TimeOff","fullDayManagementUnitDates":["2026-03-10"]}"#,
    ),
    (
        "POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/timeoffrequests",
        r#"{"status":"PENDING","users":[{"id":"<agent>"}],"activityCodeId":"TimeOff","fullDayManagementUnitDates":["2026-03-10"]}"#,
    ),
    ("POST /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/{documentId}/versions", "{}"),
    (
        "PATCH /api/v2/journey/actionmaps/{actionMapId}",
        r#"{"displayName":"<new>","triggerWithSegments":[],"pageUrlConditions":[]}"#,
    ),
    ("POST /api/v2/journey/outcomes/predictors", r#"{"outcome":{"id":"<journey-outcome>"}}"#),
    (
        "PATCH /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/import/jobs/{importJobId}",
        r#"{"status":"Started"}"#,
    ),
];
