//! The conditions of a skill group, and which users meet them.

use serde::Deserialize;
use serde_json::Value;

use super::skill::{Proficient, SkillGroup};
use super::{Language, Skill};
use crate::world::Organization;
use crate::world::authorization::home;
use crate::world::id::{Id, UserIndex};
use crate::world::table::Record;

/// The deepest nesting of conditions that is read.
const DEEPEST: usize = 8;

/// A condition as clients write it. A part that is not understood is met by no user.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Condition {
    operation: String,
    routing_skill_conditions: Vec<Term>,
    language_skill_conditions: Vec<Term>,
}

/// One skill or language, and the proficiency that is compared.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Term {
    /// The name of a skill.
    routing_skill: String,
    /// The name of a language.
    language_skill: String,
    comparator: String,
    proficiency: f64,
    child_conditions: Vec<Condition>,
}

impl Organization {
    /// The users that meet the conditions of a skill group, in the order of their creation.
    pub(crate) fn members_of_skill_group(&self, group: &Record<SkillGroup>) -> Vec<UserIndex> {
        let (conditions, divisions) = (read(group), member_divisions(group));
        let people = self.people().indexed().map(|(index, _)| index);
        people.filter(|user| self.is_member(*user, &conditions, &divisions)).collect()
    }

    /// Whether a user meets the conditions of a skill group.
    pub(crate) fn is_in_skill_group(&self, user: UserIndex, group: &Record<SkillGroup>) -> bool {
        self.is_member(user, &read(group), &member_divisions(group))
    }

    /// Whether a user is of one of the divisions and meets all conditions. Without conditions there are no members.
    fn is_member(&self, index: UserIndex, conditions: &[Condition], divisions: &[String]) -> bool {
        let Some(user) = self.people().at(index).filter(|user| user.exists()) else { return false };
        let division = || user.division.unwrap_or_else(|| home(self.id)).to_string();
        !conditions.is_empty()
            && (divisions.is_empty() || divisions.contains(&division()))
            && conditions.iter().all(|condition| self.meets(index, condition, 0))
    }

    fn meets(&self, user: UserIndex, condition: &Condition, depth: usize) -> bool {
        let skills =
            condition.routing_skill_conditions.iter().map(|term| self.has::<Skill>(user, term, depth));
        let languages =
            condition.language_skill_conditions.iter().map(|term| self.has::<Language>(user, term, depth));
        let mut terms = skills.chain(languages);
        match condition.operation.as_str() {
            "Or" => terms.any(|met| met),
            "Not" => !terms.any(|met| met),
            _ => terms.all(|met| met),
        }
    }

    fn has<K: Proficient>(&self, user: UserIndex, term: &Term, depth: usize) -> bool {
        let name = if term.routing_skill.is_empty() { &term.language_skill } else { &term.routing_skill };
        let table = K::table(self);
        let known = table.named(name).or_else(|| table.find(name));
        let level = known.and_then(|known| K::proficiencies(self).get(user, known.id()));
        let met = level.is_some_and(|level| compare(&term.comparator, level.0, term.proficiency));
        met && depth < DEEPEST && term.child_conditions.iter().all(|child| self.meets(user, child, depth + 1))
    }
}

fn read(group: &Record<SkillGroup>) -> Vec<Condition> {
    let conditions = group.extra.get("skillConditions");
    conditions.and_then(|conditions| Deserialize::deserialize(conditions).ok()).unwrap_or_default()
}

/// The divisions from which a skill group takes its members; none is every division.
pub(crate) fn member_divisions(group: &Record<SkillGroup>) -> Vec<String> {
    let divisions = group.extra.get("memberDivisions").and_then(Value::as_array);
    let ids = divisions.into_iter().flatten().filter_map(Value::as_str);
    ids.filter_map(Id::<SkillGroup>::parse).map(|id| id.to_string()).collect()
}

fn compare(comparator: &str, level: f64, wanted: f64) -> bool {
    match comparator {
        "EqualTo" => (level - wanted).abs() < f64::EPSILON,
        "NotEqualTo" => (level - wanted).abs() >= f64::EPSILON,
        "LessThan" => level < wanted,
        "GreaterThan" => level > wanted,
        "LessThanOrEqualTo" => level <= wanted,
        _ => level >= wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proficiencies_are_compared_by_the_vendors_words() {
        let met = |comparator| [1.0, 2.0, 3.0].map(|level| compare(comparator, level, 2.0));
        assert_eq!(met("EqualTo"), [false, true, false]);
        assert_eq!(met("NotEqualTo"), [true, false, true]);
        assert_eq!(met("LessThan"), [true, false, false]);
        assert_eq!(met("GreaterThan"), [false, false, true]);
        assert_eq!(met("LessThanOrEqualTo"), [true, true, false]);
        assert_eq!(met("GreaterThanOrEqualTo"), [false, true, true]);
    }
}
