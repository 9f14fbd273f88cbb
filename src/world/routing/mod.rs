//! Queues and their members, skills, languages and wrap-up codes.
//!
//! A membership is stored with its queue and indexed by its user. To add a kind of entity, write its [`Kind`], give its
//! table to [`Acd`], and seed it in [`Acd::of`].

pub(crate) mod condition;
mod label;
mod member;
pub(crate) mod skill;

use uuid::Uuid;

pub(crate) use self::label::UtilizationLabel;
pub(crate) use self::member::Membership;
use self::skill::Proficiencies;
pub(crate) use self::skill::{Language, Skill, SkillGroup};
use super::Organization;
use super::people::People;
use super::relation::Relation;
use super::seed::OrganizationSeed;
use super::table::{Kind, Record, Stored, Table};
use crate::time::Nanos;
use crate::world::id::{Id, UserIndex};

/// A queue.
#[derive(Debug)]
pub(crate) enum Queue {}

impl Kind for Queue {
    const NAME: &'static str = "queue";
    const PATH: &'static str = "/api/v2/routing/queues";
    const OBJECT_TYPE: Option<&'static str> = Some("QUEUE");
    const FIELDS: &'static [&'static str] = &[
        "description",
        "mediaSettings",
        "routingRules",
        "conditionalGroupRouting",
        "conditionalGroupActivation",
        "bullseye",
        "scoringMethod",
        "lastAgentRoutingMode",
        "acwSettings",
        "skillEvaluationMethod",
        "memberGroups",
        "queueFlow",
        "emailInQueueFlow",
        "messageInQueueFlow",
        "whisperPrompt",
        "onHoldPrompt",
        "autoAnswerOnly",
        "cannedResponseLibraries",
        "enableTranscription",
        "enableAudioMonitoring",
        "enableManualAssignment",
        "agentOwnedRouting",
        "directRouting",
        "callingPartyName",
        "callingPartyNumber",
        "defaultScripts",
        "outboundMessagingAddresses",
        "outboundEmailAddress",
        "peerId",
        "suppressInQueueCallRecording",
    ];
}

impl Stored for Queue {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.acd.queues
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.acd.queues
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.acd.members.remove_holder(id);
        organization.acd.codes_of_queue.remove_holder(id);
    }
}

/// A wrap-up code.
#[derive(Debug)]
pub(crate) enum WrapUpCode {}

impl Kind for WrapUpCode {
    const NAME: &'static str = "wrap-up code";
    const PATH: &'static str = "/api/v2/routing/wrapupcodes";
    const OBJECT_TYPE: Option<&'static str> = Some("WRAPUPCODE");
    const FIELDS: &'static [&'static str] = &["description"];
}

impl Stored for WrapUpCode {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.acd.wrap_up_codes
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.acd.wrap_up_codes
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.acd.codes_of_queue.remove_member(id);
    }
}

/// How an organization distributes interactions: automatic call distribution.
#[derive(Debug, Default)]
pub(crate) struct Acd {
    pub(crate) queues: Table<Queue>,
    /// The members of queues.
    pub(crate) members: Relation<Id<Queue>, UserIndex, Membership>,
    pub(crate) wrap_up_codes: Table<WrapUpCode>,
    /// The wrap-up codes that agents choose from after an interaction of a queue.
    pub(crate) codes_of_queue: Relation<Id<Queue>, Id<WrapUpCode>>,
    pub(crate) skills: Table<Skill>,
    pub(crate) skills_of_user: Proficiencies<Skill>,
    pub(crate) languages: Table<Language>,
    pub(crate) languages_of_user: Proficiencies<Language>,
    pub(crate) skill_groups: Table<SkillGroup>,
    /// Labels of interactions, of which agents may have a maximum.
    pub(crate) labels: Table<UtilizationLabel>,
}

impl Acd {
    /// The queues, skills, languages and wrap-up codes of an organization's file. Every agent is a member of each of them.
    pub(super) fn of(seed: &OrganizationSeed, organization: Uuid, people: &People, now: Nanos) -> Self {
        let mut acd = Self::default();
        for name in &seed.queues {
            let queue = Record::seeded(organization, name, now);
            for (index, _) in people.indexed().filter(|(_, user)| user.is_agent()) {
                let _ = acd.members.set(queue.id, index, Membership::default());
            }
            acd.queues.seed(queue);
        }
        acd.seed_skills(seed, organization, people, now);
        acd
    }

    /// Removes a deleted user from everything that it was a member of.
    pub(super) fn forget_user(&mut self, user: UserIndex) {
        self.members.remove_member(user);
        self.skills_of_user.remove_holder(user);
        self.languages_of_user.remove_holder(user);
    }
}
