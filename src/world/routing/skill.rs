//! Skills, languages and skill groups, and the skills and languages of users.

use serde::{Deserialize, Serialize};

use super::Acd;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::people::People;
use crate::world::relation::Relation;
use crate::world::seed::{Ability, OrganizationSeed};
use crate::world::table::{Kind, Record, Stored, Table, seeded_id};

/// A skill that calls can ask for.
#[derive(Debug)]
pub(crate) enum Skill {}

impl Kind for Skill {
    const NAME: &'static str = "skill";
    const PATH: &'static str = "/api/v2/routing/skills";
    const FIELDS: &'static [&'static str] = &[];
}

impl Stored for Skill {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.acd.skills
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.acd.skills
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.acd.skills_of_user.remove_member(id);
    }
}

/// A language that agents speak.
#[derive(Debug)]
pub(crate) enum Language {}

impl Kind for Language {
    const NAME: &'static str = "language";
    const PATH: &'static str = "/api/v2/routing/languages";
    const FIELDS: &'static [&'static str] = &[];
}

impl Stored for Language {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.acd.languages
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.acd.languages
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.acd.languages_of_user.remove_member(id);
    }
}

/// A group of users that is defined by conditions over skills and languages. Its members follow from them.
#[derive(Debug)]
pub(crate) enum SkillGroup {}

impl Kind for SkillGroup {
    const NAME: &'static str = "skill group";
    const PATH: &'static str = "/api/v2/routing/skillgroups";
    const OBJECT_TYPE: Option<&'static str> = Some("SKILLGROUP");
    const FIELDS: &'static [&'static str] = &["description", "skillConditions", "memberDivisions"];
}

impl Stored for SkillGroup {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.acd.skill_groups
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.acd.skill_groups
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.leave_queues(id.uuid());
    }
}

/// How well a user has a skill or speaks a language: 0 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Proficiency(pub(crate) f64);

impl Proficiency {
    /// The proficiency of that number. `None` where it is out of range.
    pub(crate) fn new(number: f64) -> Option<Self> {
        (0.0..=5.0).contains(&number).then_some(Self(number))
    }

    /// That of a seeded agent where its file says nothing else.
    pub(crate) const SEEDED: Self = Self(3.0);
}

/// The skills of users, or their languages.
pub(crate) type Proficiencies<K> = Relation<UserIndex, Id<K>, Proficiency>;

/// A kind that users have with a proficiency: skills and languages.
pub(crate) trait Proficient: Stored {
    /// Which users have which entity of this kind.
    fn proficiencies(organization: &Organization) -> &Proficiencies<Self>;
    /// The relation, to change it.
    fn proficiencies_mut(organization: &mut Organization) -> &mut Proficiencies<Self>;
}

impl Proficient for Skill {
    fn proficiencies(organization: &Organization) -> &Proficiencies<Self> {
        &organization.acd.skills_of_user
    }

    fn proficiencies_mut(organization: &mut Organization) -> &mut Proficiencies<Self> {
        &mut organization.acd.skills_of_user
    }
}

impl Proficient for Language {
    fn proficiencies(organization: &Organization) -> &Proficiencies<Self> {
        &organization.acd.languages_of_user
    }

    fn proficiencies_mut(organization: &mut Organization) -> &mut Proficiencies<Self> {
        &mut organization.acd.languages_of_user
    }
}

impl Acd {
    /// Adds a skill for each skill group of the file. The agents of the group have it, and those whose skills it is among.
    pub(super) fn seed_skills(
        &mut self,
        seed: &OrganizationSeed,
        organization: uuid::Uuid,
        people: &People,
        now: crate::time::Nanos,
    ) {
        for group in &seed.skill_groups {
            self.skills.seed(Record::seeded(organization, &group.name, now));
        }
        for (index, user) in people.indexed() {
            if let Some(group) = user.skill_group {
                let _ = self.skills_of_user.set(index, Id::new(group.uuid()), Proficiency::SEEDED);
            }
        }
        for name in &seed.languages {
            self.languages.seed(Record::seeded(organization, name, now));
        }
        for agent in &seed.agents {
            let Some(index) = people.index_of(Id::seeded(organization, &agent.name)) else { continue };
            for (name, proficiency) in abilities(&agent.skills) {
                let _ = self.skills_of_user.set(index, seeded_id(organization, name), proficiency);
            }
            for (name, proficiency) in abilities(&agent.languages) {
                let _ = self.languages_of_user.set(index, seeded_id(organization, name), proficiency);
            }
        }
        for code in &seed.wrap_up_codes {
            self.wrap_up_codes.seed(Record::seeded(organization, code, now));
            for queue in seed.queue_names() {
                let _ = self.codes_of_queue.set(
                    seeded_id(organization, queue),
                    seeded_id(organization, code),
                    (),
                );
            }
        }
    }
}

fn abilities(of: &[Ability]) -> impl Iterator<Item = (&str, Proficiency)> {
    of.iter().filter_map(|ability| Some((ability.name.get_ref().as_str(), ability.proficiency()?)))
}
