//! The kinds of entities whose changes are audited, by the path of their listing.
//!
//! The services and types are the vendor's names as far as they are known from its pages, the others are assumed.

use crate::world::audit::AuditedKind;

const fn kind(service: &'static str, entity_type: &'static str) -> AuditedKind {
    AuditedKind { service, entity_type }
}

/// Path templates below `/api/v2/`, sorted, and the kind of what they list.
pub(super) const KINDS: [(&str, AuditedKind); 48] = [
    ("architect/emergencygroups", kind("Architect", "EmergencyGroup")),
    ("architect/ivrs", kind("Architect", "IVRConfiguration")),
    ("architect/prompts", kind("Architect", "Prompt")),
    ("architect/schedulegroups", kind("Architect", "ScheduleGroup")),
    ("architect/schedules", kind("Architect", "Schedule")),
    ("authorization/divisions", kind("PeoplePermissions", "Division")),
    ("authorization/roles", kind("PeoplePermissions", "Role")),
    ("externalcontacts/contacts", kind("ExternalContacts", "Contact")),
    ("externalcontacts/organizations", kind("ExternalContacts", "Organization")),
    ("flows", kind("Architect", "Flow")),
    ("flows/datatables", kind("Architect", "DataTable")),
    ("flows/milestones", kind("Architect", "FlowMilestone")),
    ("flows/outcomes", kind("Architect", "FlowOutcome")),
    ("groups", kind("Directory", "Group")),
    ("integrations", kind("Integrations", "Integration")),
    ("integrations/actions", kind("Integrations", "Action")),
    ("journey/actionmaps", kind("PredictiveEngagement", "ActionMap")),
    ("journey/actiontemplates", kind("PredictiveEngagement", "ActionTemplate")),
    ("journey/outcomes", kind("PredictiveEngagement", "Outcome")),
    ("journey/segments", kind("PredictiveEngagement", "Segment")),
    ("knowledge/knowledgebases", kind("Knowledge", "KnowledgeBase")),
    ("knowledge/knowledgebases/{knowledgeBaseId}/categories", kind("Knowledge", "Category")),
    ("knowledge/knowledgebases/{knowledgeBaseId}/documents", kind("Knowledge", "Document")),
    ("knowledge/knowledgebases/{knowledgeBaseId}/labels", kind("Knowledge", "Label")),
    ("locations", kind("Directory", "Location")),
    ("oauth/clients", kind("OAuth", "OAuthClient")),
    ("outbound/campaigns", kind("Outbound", "Campaign")),
    ("outbound/contactlists", kind("Outbound", "ContactList")),
    ("outbound/dnclists", kind("Outbound", "DNCList")),
    ("presence/definitions", kind("Presence", "PresenceDefinition")),
    ("quality/calibrations", kind("Quality", "Calibration")),
    ("quality/conversations/{conversationId}/evaluations", kind("Quality", "Evaluation")),
    ("quality/forms/evaluations", kind("Quality", "EvaluationForm")),
    ("quality/forms/surveys", kind("Quality", "SurveyForm")),
    ("recording/mediaretentionpolicies", kind("Recording", "RecordingPolicy")),
    ("routing/queues", kind("ContactCenter", "Queue")),
    ("routing/skills", kind("ContactCenter", "Skill")),
    ("routing/wrapupcodes", kind("ContactCenter", "WrapupCode")),
    ("scim/groups", kind("Directory", "Group")),
    ("scim/users", kind("Directory", "User")),
    ("scim/v2/groups", kind("Directory", "Group")),
    ("scim/v2/users", kind("Directory", "User")),
    ("speechandtextanalytics/programs", kind("SpeechAndTextAnalytics", "Program")),
    ("speechandtextanalytics/topics", kind("SpeechAndTextAnalytics", "Topic")),
    ("teams", kind("Directory", "Team")),
    ("telephony/providers/edges/sites", kind("Telephony", "Site")),
    ("users", kind("Directory", "User")),
    ("workforcemanagement/managementunits", kind("WorkforceManagement", "ManagementUnit")),
];

/// The kind that a path template is about, and whether the template ends with the id of an entity. `None` where changes
/// are not audited.
pub(super) fn find(template: &str) -> Option<(AuditedKind, bool)> {
    let below = template.strip_prefix("/api/v2/")?;
    let (listing, is_entity) = match below.rsplit_once('/') {
        Some((listing, last)) if last.starts_with('{') => (listing, true),
        _ => (below, false),
    };
    let at = KINDS.binary_search_by_key(&listing, |(path, _)| path).ok()?;
    Some((KINDS[at].1, is_entity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_are_sorted() {
        assert!(KINDS.is_sorted_by_key(|(path, _)| *path));
    }

    #[test]
    fn a_template_names_its_kind() {
        let found = |template: &str| find(template).map(|(kind, is_entity)| (kind.entity_type, is_entity));
        assert_eq!(found("/api/v2/routing/queues"), Some(("Queue", false)));
        assert_eq!(found("/api/v2/routing/queues/{queueId}"), Some(("Queue", true)));
        let documents = "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/{documentId}";
        assert_eq!(found(documents), Some(("Document", true)));
        assert_eq!(found("/api/v2/routing/queues/{queueId}/members"), None);
        assert_eq!(found("/api/v2/conversations/messages"), None);
    }
}
