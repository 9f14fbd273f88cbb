//! The named entities of outbound dialing, as rows of one macro: each differs in nothing but its facts.

use serde_json::{Map, Value};

use crate::world::Organization;
use crate::world::architect::SCRIPTS;
use crate::world::id::Id;
use crate::world::reference::Reference;
use crate::world::routing::Queue;
use crate::world::table::{Kind, Stored, Table};

const SITES: &str = "/api/v2/telephony/providers/edges/sites";
const EDGE_GROUPS: &str = "/api/v2/telephony/providers/edges/edgegroups";

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident in $table:ident, $name:literal at $path:literal $(of $object:literal)?
        $(, unique: $unique:literal)?; fields $fields:expr; refers $references:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $kind {}

        impl Kind for $kind {
            const NAME: &'static str = $name;
            const PATH: &'static str = $path;
            const FIELDS: &'static [&'static str] = &$fields;
            $(const OBJECT_TYPE: Option<&'static str> = Some($object);)?
            $(const UNIQUE: bool = $unique;)?
            const REFERENCES: &'static [Reference] = &$references;
        }

        impl Stored for $kind {
            fn table(organization: &Organization) -> &Table<Self> {
                &organization.outbound.$table
            }

            fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
                &mut organization.outbound.$table
            }

            fn forget(organization: &mut Organization, id: Id<Self>) {
                organization.forget_dialed(id.uuid());
            }
        }
    )* };
}

kinds! {
    /// A list of contacts that campaigns call or write to.
    ContactList in contact_lists, "contact list" at "/api/v2/outbound/contactlists" of "CONTACTLIST";
        fields ["columnNames", "phoneColumns", "emailColumns", "whatsAppColumns", "previewModeColumnName",
            "previewModeAcceptedValues", "attemptLimits", "automaticTimeZoneMapping", "zipCodeColumnName",
            "columnDataTypeSpecifications", "trimWhitespace"];
        refers [Reference::to::<AttemptLimits>("attemptLimits")];

    /// A condition on the contacts of a list, or of lists of a template.
    ContactListFilter in filters, "contact list filter" at "/api/v2/outbound/contactlistfilters", unique: false;
        fields ["contactList", "contactListTemplate", "sourceType", "clauses", "filterType"];
        refers [Reference::to::<ContactList>("contactList"),
            Reference::to::<ContactListTemplate>("contactListTemplate")];

    /// What new contact lists of an import have.
    ContactListTemplate in templates, "contact list template" at "/api/v2/outbound/contactlisttemplates",
        unique: false;
        fields ["columnNames", "phoneColumns", "emailColumns", "whatsAppColumns", "previewModeColumnName",
            "previewModeAcceptedValues", "attemptLimits", "automaticTimeZoneMapping", "zipCodeColumnName",
            "columnDataTypeSpecifications", "trimWhitespace"];
        refers [Reference::to::<AttemptLimits>("attemptLimits")];

    /// A list of addresses that are not to be contacted.
    DncList in dnc_lists, "do not contact list" at "/api/v2/outbound/dnclists" of "DNCLIST";
        fields ["dncSourceType", "contactMethod", "loginId", "campaignId", "dncCodes", "licenseId",
            "customExclusionColumn"];
        refers [];

    /// A campaign of calls.
    Campaign in campaigns, "campaign" at "/api/v2/outbound/campaigns" of "CAMPAIGN";
        fields ["contactList", "queue", "dialingMode", "script", "edgeGroup", "site", "phoneColumns",
            "abandonRate", "dncLists", "callableTimeSet", "callAnalysisResponseSet", "callerName",
            "callerAddress", "outboundLineCount", "ruleSets", "skipPreviewDisabled", "previewTimeOutSeconds",
            "alwaysRunning", "contactSort", "contactSorts", "noAnswerTimeout", "callAnalysisLanguage",
            "priority", "contactListFilters", "agentOwnedColumn", "dynamicContactQueueingSettings",
            "skillColumns", "previewAutoEnd", "maxCallsPerAgent", "maxCallsPerAgentDecimal",
            "callbackAutoAnswer", "dynamicLineBalancingSettings", "diagnosticsSettings"];
        refers [Reference::to::<ContactList>("contactList"), Reference::to::<Queue>("queue"),
            Reference::new("script", SCRIPTS, "script"),
            Reference::new("edgeGroup", EDGE_GROUPS, "edge group"), Reference::new("site", SITES, "site"),
            Reference::to::<DncList>("dncLists"), Reference::to::<CallableTimeSet>("callableTimeSet"),
            Reference::to::<ResponseSet>("callAnalysisResponseSet"), Reference::to::<RuleSet>("ruleSets"),
            Reference::to::<ContactListFilter>("contactListFilters")];

    /// A campaign of emails or messages.
    MessagingCampaign in messaging_campaigns, "messaging campaign" at "/api/v2/outbound/messagingcampaigns"
        of "MESSAGINGCAMPAIGN";
        fields ["callableTimeSet", "contactList", "dncLists", "alwaysRunning", "contactSorts",
            "messagesPerMinute", "ruleSets", "contactListFilters", "dynamicContactQueueingSettings",
            "emailConfig", "smsConfig", "whatsAppConfig"];
        refers [Reference::to::<ContactList>("contactList"), Reference::to::<DncList>("dncLists"),
            Reference::to::<CallableTimeSet>("callableTimeSet"), Reference::to::<DigitalRuleSet>("ruleSets"),
            Reference::to::<ContactListFilter>("contactListFilters")];

    /// A rule that changes campaigns when a condition holds.
    CampaignRule in campaign_rules, "campaign rule" at "/api/v2/outbound/campaignrules";
        fields ["campaignRuleEntities", "campaignRuleConditions", "campaignRuleActions", "matchAnyConditions",
            "enabled", "campaignRuleProcessing", "conditionGroups", "executionSettings", "timeZoneId"];
        refers [Reference::to::<Campaign>("campaignRuleEntities.campaigns"),
            Reference::to::<CampaignSequence>("campaignRuleEntities.sequences"),
            Reference::to::<MessagingCampaign>("campaignRuleEntities.emailCampaigns"),
            Reference::to::<MessagingCampaign>("campaignRuleEntities.smsCampaigns")];

    /// Campaigns that run one after another.
    CampaignSequence in sequences, "campaign sequence" at "/api/v2/outbound/sequences";
        fields ["campaigns", "repeat"];
        refers [Reference::to::<Campaign>("campaigns")];

    /// The times at which contacts may be called.
    CallableTimeSet in callable_times, "callable time set" at "/api/v2/outbound/callabletimesets";
        fields ["callableTimes"];
        refers [];

    /// What happens after each result of call analysis.
    ResponseSet in response_sets, "call analysis response set" at "/api/v2/outbound/callanalysisresponsesets";
        fields ["responses", "beepDetectionEnabled", "amdSpeechDistinguishEnabled",
            "liveSpeakerDetectionMode"];
        refers [];

    /// Rules of calls.
    RuleSet in rule_sets, "rule set" at "/api/v2/outbound/rulesets";
        fields ["contactList", "queue", "rules"];
        refers [Reference::to::<ContactList>("contactList"), Reference::to::<Queue>("queue")];

    /// Rules of emails and messages.
    DigitalRuleSet in digital_rule_sets, "digital rule set" at "/api/v2/outbound/digitalrulesets";
        fields ["contactList", "rules"];
        refers [Reference::to::<ContactList>("contactList")];

    /// How often a contact or a number may be called.
    AttemptLimits in attempt_limits, "attempt limits" at "/api/v2/outbound/attemptlimits";
        fields ["maxAttemptsPerContact", "maxAttemptsPerNumber", "timeZoneId", "resetPeriod",
            "recallEntries"];
        refers [];

    /// How an import makes contact lists of a file.
    ImportTemplate in import_templates, "import template" at "/api/v2/outbound/importtemplates";
        fields ["contactListTemplate", "contactListFilter", "useSplittingCriteria", "splittingInformation",
            "listNameFormat", "customListNameFormatValue"];
        refers [Reference::to::<ContactListTemplate>("contactListTemplate"),
            Reference::to::<ContactListFilter>("contactListFilter")];

    /// How the columns of a file are read.
    FileTemplate in file_templates, "file specification template"
        at "/api/v2/outbound/filespecificationtemplates";
        fields ["description", "format", "numberOfHeadingLinesSkipped", "numberOfTrailingLinesSkipped",
            "header", "delimiter", "delimiterValue", "columnInformation", "preprocessingRules"];
        refers [];
}

/// The names in a property of an entity that is an array of strings, or of objects with such a name.
pub(crate) fn column_names<'v>(fields: &'v Map<String, Value>, property: &str) -> Vec<&'v str> {
    let items = fields.get(property).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.get("columnName").unwrap_or(item).as_str()).collect()
}
