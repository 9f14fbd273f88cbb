//! Queues and their members, skills, languages and wrap-up codes.
//!
//! A membership is stored with its queue and indexed by its user. To add a kind of entity, write its [`Kind`], give its
//! table to [`Acd`], and seed it in [`Acd::of`].

mod after_call_work;
pub(crate) mod condition;
mod label;
mod member;
mod service_level;
pub(crate) mod skill;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use self::after_call_work::AfterCallWork;
pub(crate) use self::label::UtilizationLabel;
pub(crate) use self::member::{Member, Membership};
pub(crate) use self::service_level::ServiceLevel;
use self::skill::Proficiencies;
pub(crate) use self::skill::{Language, Proficiency, Skill, SkillGroup};
use super::Organization;
use super::architect::{Flow, PROMPTS, SCRIPTS};
use super::people::People;
use super::reference::Reference;
use super::relation::Relation;
use super::response::Library;
use super::seed::{self, OrganizationSeed};
use super::table::{Kind, Record, Stored, Table, seeded_id};
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
    const REFERENCES: &'static [Reference] = &[
        Reference::to::<Flow>("queueFlow"),
        Reference::to::<Flow>("emailInQueueFlow"),
        Reference::to::<Flow>("messageInQueueFlow"),
        Reference::new("whisperPrompt", PROMPTS, "prompt"),
        Reference::new("onHoldPrompt", PROMPTS, "prompt"),
        Reference::to::<Library>("cannedResponseLibraries.libraryIds"),
        Reference::to::<Self>("directRouting.backupQueueId"),
        Reference::to::<Self>("conditionalGroupRouting.rules.queue"),
        Reference::to::<Skill>("bullseye.rings.actions.skillsToRemove"),
        Reference::new("defaultScripts.*", SCRIPTS, "script"),
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
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// The queues, skills, languages and wrap-up codes of an organization's file.
    pub(super) fn of(seed: &OrganizationSeed, organization: Uuid, people: &People, now: Nanos) -> Self {
        let mut acd = Self::default();
        for name in &seed.queues {
            let agents = people.indexed().filter(|(_, user)| user.is_agent()).map(|(index, _)| index);
            acd.seed_queue(Record::seeded(organization, name, now), agents);
        }
        for described in &seed.described_queues {
            let mut queue = Record::seeded(organization, &described.name, now);
            queue.division = described.division.as_ref().map(|name| seeded_id(organization, name.get_ref()));
            acd.seed_queue(queue, members_of(described, organization, people));
        }
        acd.seed_skills(seed, organization, people, now);
        acd.members.shrink_to_fit();
        acd.skills_of_user.shrink_to_fit();
        acd.languages_of_user.shrink_to_fit();
        acd
    }

    fn seed_queue(&mut self, queue: Record<Queue>, members: impl IntoIterator<Item = UserIndex>) {
        for user in members {
            // The file's check has counted the members.
            let _ = self.members.set(queue.id(), user, Membership::default());
        }
        self.queues.seed(queue);
    }

    /// Removes a deleted user from everything that it was a member of.
    pub(super) fn forget_user(&mut self, user: UserIndex) {
        self.members.remove_member(user);
        self.skills_of_user.remove_holder(user);
        self.languages_of_user.remove_holder(user);
    }
}

/// The members that a queue of a file names: users, then the agents of skill groups.
fn members_of(queue: &seed::Queue, organization: Uuid, people: &People) -> Vec<UserIndex> {
    let named = queue.members.iter().filter_map(|name| people.find(name.get_ref()));
    let groups: Vec<_> =
        queue.skill_groups.iter().map(|name| Id::seeded(organization, name.get_ref())).collect();
    let of_groups =
        people.indexed().filter(|(_, user)| user.skill_group.is_some_and(|group| groups.contains(&group)));
    named.chain(of_groups.map(|(index, _)| index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_described_queue_has_the_users_and_the_agents_that_its_file_names() {
        let text = "name = \"x\"\nwrap_up_codes = [\"w\"]\ndivisions = [\"d\"]\nqueues = [\"all\"]\n[[administrator]]\nname = \"a\"\n[[edge]]\n\
            name = \"e\"\nhost = \"e\"\ntime_zone = \"UTC\"\n[[management_unit]]\nname = \"m\"\nbusiness_unit = \"b\"\n\
            time_zone = \"UTC\"\n[[skill_group]]\nname = \"one\"\nmanagement_unit = \"m\"\nagents = [[\"Available\", 2]]\n\
            [[skill_group]]\nname = \"two\"\nmanagement_unit = \"m\"\nagents = [[\"Available\", 3]]\n[[queue]]\n\
            name = \"some\"\ndivision = \"d\"\nmembers = [\"a\", \"agent-1\"]\nskill_groups = [\"two\"]\n";
        let seed = seed::parse(text).expect("a sound file");
        let people = seed::people(&seed, seed.id(), 0);
        let acd = Acd::of(&seed, seed.id(), &people, 0);
        let members = |queue: &str| -> Vec<String> {
            let users = acd.members.members(seeded_id(seed.id(), queue)).keys();
            users.filter_map(|user| people.at(*user)).map(|user| user.name.clone()).collect()
        };
        assert_eq!(members("all"), ["agent-1", "agent-2", "agent-3", "agent-4", "agent-5"]);
        assert_eq!(members("some"), ["a", "agent-1", "agent-3", "agent-4", "agent-5"]);
        let division = acd.queues.named("some").and_then(|queue| queue.division);
        assert_eq!(division, Some(seeded_id(seed.id(), "d")));
        assert_eq!(acd.codes_of_queue.members(seeded_id(seed.id(), "some")).len(), 1);
    }
}
