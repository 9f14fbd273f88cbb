//! The topics that a client can subscribe to.
//!
//! To add a topic that fires, add a line in [`TEMPLATES`]. Topics that do not fire are accepted as well: clients subscribe
//! to many topics at once, and one unknown topic fails them all. `topics.txt` has the other topics that the vendor's SDKs
//! name (August 2026).

use std::sync::LazyLock;

use crate::world::Organization;
use crate::world::id::Id;

/// Characters that a topic has at most.
pub(crate) const LONGEST: usize = 200;

/// A kind of topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// The name, with `{id}` for the variable part.
    pub(crate) text: &'static str,
    /// Its description, one sentence.
    pub(crate) description: &'static str,
    /// The permissions that the vendor asks for. One of them is enough.
    pub(crate) permissions: &'static [&'static str],
    /// Whether gcmock ever publishes to it.
    pub(crate) fires: bool,
}

const fn fires(
    text: &'static str,
    description: &'static str,
    permissions: &'static [&'static str],
) -> Template {
    Template { text, description, permissions, fires: true }
}

const fn silent(text: &'static str, description: &'static str) -> Template {
    Template { text, description, permissions: &[], fires: false }
}

const ADHERENCE: &[&str] =
    &["wfm:agentSchedule:view", "wfm:agentAdherence:notify", "wfm:realtimeAdherence:view"];

const CAMPAIGN: &[&str] = &["outbound:campaign:view"];
const MESSAGING_CAMPAIGN: &[&str] = &["outbound:messagingCampaign:view"];
const EXTERNAL: &[&str] = &["externalContacts:contact:view"];
const EXTERNAL_ORGANIZATION: &[&str] = &["externalContacts:externalOrganization:view"];
const DETAILS: &[&str] = &["analytics:conversationDetail:view"];
const EDGE: &[&str] = &["telephony:plugin:all"];
const QUEUE: &[&str] = &["routing:queue:view"];

/// The kinds that fire, and those that are described.
const TEMPLATES: &[Template] = &[
    fires("v2.users.{id}.presence", "The presence of a user", &[]),
    fires("v2.users.{id}.routingStatus", "The routing status of a user", &[]),
    fires("v2.users.{id}.station", "The station of a user", &[]),
    fires("v2.users.{id}.conversations", "The conversations of a user", &[]),
    fires("v2.users.{id}.conversations.messages", "The message conversations of a user", &[]),
    fires("v2.users.{id}.conversations.calls", "The calls of a user", &[]),
    fires("v2.users.{id}.conversations.callbacks", "The callbacks of a user", &[]),
    fires("v2.users.{id}.conversations.emails", "The emails of a user", &[]),
    fires("v2.users.{id}.workforcemanagement.adherence", "The adherence of an agent", ADHERENCE),
    fires("v2.routing.queues.{id}.conversations", "The conversations of a queue", QUEUE),
    fires("v2.routing.queues.{id}.conversations.messages", "The message conversations of a queue", QUEUE),
    fires("v2.routing.queues.{id}.conversations.calls", "The calls of a queue", QUEUE),
    fires("v2.routing.queues.{id}.conversations.callbacks", "The callbacks of a queue", QUEUE),
    fires("v2.routing.queues.{id}.conversations.emails", "The emails of a queue", QUEUE),
    fires("v2.users.{id}.activity", "The activity of a user", &[]),
    fires("v2.routing.queues.{id}.users", "The members of a queue", QUEUE),
    fires("v2.detail.events.conversation.{id}.customer.start", "A customer came", DETAILS),
    fires("v2.detail.events.conversation.{id}.customer.end", "A customer left", DETAILS),
    fires("v2.detail.events.conversation.{id}.acd.start", "A queue got a conversation", DETAILS),
    fires("v2.detail.events.conversation.{id}.acd.end", "A queue gave a conversation away", DETAILS),
    fires("v2.detail.events.conversation.{id}.user.start", "A user got a conversation", DETAILS),
    fires("v2.detail.events.conversation.{id}.user.end", "A user left a conversation", DETAILS),
    fires(
        "v2.detail.events.conversation.{id}.acw",
        "A user has ended the work after a conversation",
        DETAILS,
    ),
    fires("v2.detail.events.conversation.{id}.wrapup", "A user has wrapped a conversation up", DETAILS),
    fires("v2.telephony.providers.edges.{id}", "An edge", EDGE),
    fires("v2.telephony.providers.edges.phones.{id}", "A phone", &["telephony:phone:view"]),
    fires("v2.system.socket_closing", "The socket is about to be closed, for maintenance", &[]),
    fires(
        "v2.system.rate_limit_warning",
        "A limit of the organization reached 90 % (gcmock's own topic)",
        &[],
    ),
    fires("v2.outbound.campaigns.{id}", "An outbound campaign", CAMPAIGN),
    fires("v2.outbound.campaigns.{id}.progress", "How far a campaign is", CAMPAIGN),
    fires("v2.outbound.messagingcampaigns.{id}", "A campaign of emails or messages", MESSAGING_CAMPAIGN),
    fires(
        "v2.outbound.messagingcampaigns.{id}.progress",
        "How far a campaign of emails or messages is",
        MESSAGING_CAMPAIGN,
    ),
    fires("v2.outbound.contactlists.{id}", "A contact list", &["outbound:contactList:view"]),
    fires(
        "v2.outbound.contactlists.{id}.importstatus",
        "The import of a contact list",
        &["outbound:contactList:view"],
    ),
    fires(
        "v2.outbound.importtemplates.{id}.importstatus",
        "The import with an import template",
        &["outbound:importTemplate:view"],
    ),
    fires("v2.outbound.dnclists.{id}", "A do not contact list", &["outbound:dncList:view"]),
    fires(
        "v2.outbound.dnclists.{id}.importstatus",
        "The import of a do not contact list",
        &["outbound:dncList:view"],
    ),
    fires("v2.outbound.sequences.{id}", "A sequence of campaigns", &["outbound:campaignSequence:view"]),
    fires("v2.externalcontacts.contacts.{id}", "An external contact", EXTERNAL),
    fires("v2.externalcontacts.organizations.{id}", "An external organization", EXTERNAL_ORGANIZATION),
    fires("v2.externalcontacts.relationships.{id}", "A relationship of a user", EXTERNAL_ORGANIZATION),
    fires("v2.users.{id}", "The profile of a user", &[]),
    fires("v2.users.{id}.outofoffice", "Whether a user is out of office", &[]),
    fires("v2.users.{id}.callforwarding", "The call forwarding of a user", &[]),
    fires("v2.analytics.queues.{id}.observations", "The observations of a queue", &[]),
    fires("v2.analytics.users.{id}.aggregates", "The times of a user", &[]),
    fires(
        "v2.detail.events.conversation.{id}.attributes",
        "The attributes of a participant changed",
        DETAILS,
    ),
    fires("v2.telephony.providers.edges.trunks.{id}", "A trunk", EDGE),
    fires("v2.audits.entitytype.{id}.entityid.{id}", "A change of an entity, as the audit has it", &[]),
    fires("v2.flows.{id}", "A flow", &[]),
    fires("v2.flows.outcomes.{id}", "An outcome of flows", &[]),
    fires("v2.architect.prompts.{id}", "A prompt", &[]),
    fires("v2.architect.prompts.{id}.resources.{id}", "A resource of a prompt", &[]),
    fires("v2.architect.systemprompts.{id}.resources.{id}", "A resource of a system prompt", &[]),
    fires("v2.externalcontacts.contacts.{id}.notes.{id}", "A note about an external contact", EXTERNAL),
    fires(
        "v2.externalcontacts.organizations.{id}.notes.{id}",
        "A note about an external organization",
        EXTERNAL_ORGANIZATION,
    ),
    fires("v2.outbound.attemptlimits.{id}", "Attempt limits", &[]),
    fires("v2.outbound.callabletimesets.{id}", "A callable time set", &[]),
    fires("v2.outbound.campaignrules.{id}", "A campaign rule", &[]),
    fires("v2.outbound.contactlistfilters.{id}", "A contact list filter", &[]),
    fires("v2.outbound.responsesets.{id}", "A call analysis response set", &[]),
    fires("v2.outbound.rulesets.{id}", "A rule set", &[]),
    fires("v2.outbound.schedules.campaigns.{id}", "The schedule of a campaign", &[]),
    fires("v2.outbound.schedules.emailcampaigns.{id}", "The schedule of a campaign of emails", &[]),
    fires("v2.outbound.schedules.messagingcampaigns.{id}", "The schedule of a campaign of messages", &[]),
    fires("v2.outbound.schedules.sequences.{id}", "The schedule of a sequence", &[]),
    fires(
        "v2.outbound.schedules.whatsappcampaigns.{id}",
        "The schedule of a campaign of WhatsApp messages",
        &[],
    ),
    fires("v2.outbound.settings", "The settings of outbound dialing", &[]),
    fires("v2.taskmanagement.workitems.{id}", "A work item", &[]),
    fires("v2.taskmanagement.workitems.queues.{id}", "The work items of a queue", &[]),
    fires("v2.taskmanagement.workitems.users.{id}", "The work items of a user", &[]),
    fires("v2.webdeployments.deployments.{id}", "A web deployment", &[]),
    fires("v2.detail.events.agent.{id}.state", "The state of a conversation of an agent", DETAILS),
    fires("v2.journey.views.jobs.{id}.notification", "A job of a journey view", &[]),
    fires("v2.outbound.emailcampaigns.{id}", "A campaign of emails", MESSAGING_CAMPAIGN),
    fires("v2.outbound.emailcampaigns.{id}.progress", "How far a campaign of emails is", MESSAGING_CAMPAIGN),
    fires("v2.outbound.whatsappcampaigns.{id}", "A campaign of WhatsApp messages", MESSAGING_CAMPAIGN),
    fires(
        "v2.outbound.whatsappcampaigns.{id}.progress",
        "How far a campaign of WhatsApp messages is",
        MESSAGING_CAMPAIGN,
    ),
    fires("v2.outbound.wrapupcodemappings.{id}", "What wrap-up codes mean to campaigns", &[]),
    fires("v2.quality.evaluations", "An evaluation", &[]),
    fires("v2.speechandtextanalytics.programs.general.jobs.{id}", "A job of general topics", &[]),
    fires("v2.speechandtextanalytics.programs.publishjobs.{id}", "A job that publishes programs", &[]),
    fires("v2.speechandtextanalytics.topics.publishjobs.{id}", "A job that publishes topics", &[]),
    fires("v2.speechandtextanalytics.topics.testphrase.jobs.{id}", "A job that tests a phrase", &[]),
    fires("v2.users.{id}.analytics.reporting.exports", "An export of a report", &[]),
    fires("v2.users.{id}.conversationsummary", "The number of conversations of a user", &[]),
    fires("v2.users.{id}.outbound.contactlists.{id}.export", "An export of contacts", &[]),
    fires("v2.users.{id}.outbound.dnclists.{id}.export", "An export of blocked addresses", &[]),
    fires("v2.users.{id}.wem.coaching.notification", "The coaching notifications of a user", &[]),
    fires("v2.users.{id}.wem.learning.assignment", "The learning assignments of a user", &[]),
    fires("v2.users.{id}.workforcemanagement.adherence.explanations.jobs", "Jobs of explanations", &[]),
    fires("v2.users.{id}.workforcemanagement.adherence.historical.bulk", "Jobs of historical adherence", &[]),
    fires("v2.users.{id}.routing.queues", "The queues of a user", &[]),
    fires("v2.users.{id}.workforcemanagement.schedules", "The schedules of an agent", &[]),
    fires("v2.users.{id}.workforcemanagement.timeoffbalance.jobs", "Jobs of time-off balances", &[]),
    fires("v2.users.{id}.workforcemanagement.timeoffrequests", "The time-off requests of an agent", &[]),
    fires("v2.webdeployments.configurations.{id}", "A configuration of the messenger", &[]),
    fires("v2.wem.learning.assignments.modules.{id}", "The new learning assignments of a module", &[]),
    fires(
        "v2.workforcemanagement.agents.{id}.adherence.explanations",
        "The adherence explanations of an agent",
        &[],
    ),
    fires(
        "v2.workforcemanagement.businessunits.{id}.adherence.explanations",
        "The adherence explanations of a business unit",
        &[],
    ),
    fires("v2.workforcemanagement.businessunits.{id}.schedules", "The schedules of a business unit", &[]),
    fires(
        "v2.workforcemanagement.managementunits.{id}.adherence",
        "The adherence of the agents of a management unit",
        ADHERENCE,
    ),
    fires("v2.workforcemanagement.teams.{id}.adherence", "The adherence of the agents of a team", ADHERENCE),
    fires("v2.employeeperformance.externalmetrics.definitions", "A definition of an external metric", &[]),
    fires("v2.outbound.campaigns.{id}.stats", "The statistics of a campaign", CAMPAIGN),
    fires("v2.telephony.providers.edges.{id}.logicalinterfaces", "A logical interface of an edge", EDGE),
    fires("v2.users.{id}.conversations.inbound.typing.event", "A customer of a user types", &[]),
    fires("v2.users.{id}.tokens", "The tokens of a user", &[]),
    fires("v2.users.{id}.workforcemanagement.historicaladherencequery", "Jobs of historical adherence", &[]),
    fires("v2.workforcemanagement.managementunits.{id}", "A management unit", &[]),
    silent("v2.users.{id}.geolocation", "The location of a user"),
    silent("v2.users.{id}.conversations.chats", "The chats of a user"),
];

/// The names of the other published topics, one a line.
const PUBLISHED: &str = include_str!("topics.txt");

/// Every kind, in the order in which they are listed.
pub(crate) fn templates() -> &'static [Template] {
    static ALL: LazyLock<Vec<Template>> = LazyLock::new(|| {
        let others = PUBLISHED.lines().map(|text| silent(text, "A published topic"));
        TEMPLATES.iter().copied().chain(others).collect()
    });
    &ALL
}

/// A topic as a client wrote it, and the single topics that it includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    /// The name that the client sent.
    pub(crate) text: String,
    /// The name under which events are sent.
    pub(crate) singles: Vec<String>,
}

/// The reason why a topic cannot be subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTopic {
    /// It is longer than every topic.
    #[error("a topic has at most {LONGEST} characters")]
    TooLong,
    /// Nothing is called so.
    #[error("unknown topic [{0}]; the nearest one is {1}")]
    Unknown(String, &'static str),
    /// It names something that does not exist.
    #[error("topic [{0}] names a {1} that does not exist")]
    NoSuch(String, &'static str),
}

impl Topic {
    /// Reads a topic, `v2.users.{id}.presence` or the combined `v2.users.{id}?presence&routingStatus`.
    pub(crate) fn read(text: &str, organization: &Organization) -> Result<Self, BadTopic> {
        if text.chars().count() > LONGEST {
            return Err(BadTopic::TooLong);
        }
        let singles: Vec<String> = match text.split_once('?') {
            None => vec![text.to_owned()],
            Some((base, parts)) => parts.split('&').map(|part| format!("{base}.{part}")).collect(),
        };
        singles.iter().try_for_each(|single| check(single, organization))?;
        Ok(Self { text: text.to_owned(), singles })
    }
}

fn check(single: &str, organization: &Organization) -> Result<(), BadTopic> {
    let found = templates().iter().find_map(|template| id_in(template.text, single));
    let Some(id) = found else { return Err(BadTopic::Unknown(single.to_owned(), nearest(single))) };
    let no_such = |kind| BadTopic::NoSuch(single.to_owned(), kind);
    match id {
        id if single.starts_with("v2.users.") => {
            let user = Id::parse(id).and_then(|id| organization.people().index_of(id));
            user.map(drop).ok_or_else(|| no_such("user"))
        }
        id if single.starts_with("v2.routing.queues.") => {
            organization.acd().queues.find(id).map(drop).ok_or_else(|| no_such("queue"))
        }
        _ => Ok(()),
    }
}

/// The first id in a topic of that kind, empty where the kind has none; `None` where it is of another.
fn id_in<'t>(template: &str, topic: &'t str) -> Option<&'t str> {
    let (mut words, mut id) = (topic.split('.'), "");
    for expected in template.split('.') {
        let word = words.next()?;
        match expected {
            "{id}" if !word.is_empty() => id = if id.is_empty() { word } else { id },
            _ if word == expected => {}
            _ => return None,
        }
    }
    words.next().is_none().then_some(id)
}

/// Whether a topic is of the kind of that template.
pub(crate) fn is_of(template: &str, topic: &str) -> bool {
    id_in(template, topic).is_some()
}

/// The template of a topic, with `{id}` for the variable part. `None` for a topic of no kind.
pub(crate) fn template_of(topic: &str) -> Option<&'static str> {
    templates().iter().map(|template| template.text).find(|template| is_of(template, topic))
}

/// The kind that shares most words with a topic that is of none.
fn nearest(topic: &str) -> &'static str {
    let words: Vec<_> = topic.split(['.', '?', '&']).take(16).collect();
    let shared = |template: &Template| template.text.split('.').filter(|word| words.contains(word)).count();
    // `max_by_key` returns the last of equals, so the order is reversed.
    templates()
        .iter()
        .rev()
        .max_by_key(|template| shared(template))
        .map_or("v2.users.{id}.presence", |template| template.text)
}
