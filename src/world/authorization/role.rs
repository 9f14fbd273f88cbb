//! Roles and their permissions.

use serde_json::{Value, json};

use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::{Kind, Record, Stored, Table};

/// A role: a set of permissions that is granted to users, groups and OAuth clients.
#[derive(Debug)]
pub(crate) enum Role {}

impl Kind for Role {
    const NAME: &'static str = "role";
    const PATH: &'static str = "/api/v2/authorization/roles";
    const FIELDS: &'static [&'static str] = &[
        "description",
        "defaultRoleId",
        "permissions",
        "permissionPolicies",
        "base",
        "baseLicense",
        "default",
    ];
}

impl Stored for Role {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.authorization.roles
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.authorization.roles
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.authorization.grants.remove_role(id);
    }
}

/// The permission that contains every other.
const ALL: &str = "*";

impl Record<Role> {
    /// The policies of the role, as clients or the organization's file wrote them.
    pub(crate) fn policies(&self) -> impl Iterator<Item = &Value> {
        self.extra.get("permissionPolicies").and_then(Value::as_array).into_iter().flatten()
    }

    /// The permissions of the role, as `domain:entity:action`.
    pub(crate) fn permissions(&self) -> Vec<String> {
        let written = self.extra.get("permissions").and_then(Value::as_array).into_iter().flatten();
        let mut all: Vec<String> = written.filter_map(Value::as_str).map(str::to_owned).collect();
        for policy in self.policies() {
            let word = |key: &str| policy.get(key).and_then(Value::as_str).unwrap_or(ALL);
            let actions = policy.get("actionSet").and_then(Value::as_array).into_iter().flatten();
            for action in actions.filter_map(Value::as_str) {
                all.push(format!("{}:{}:{action}", word("domain"), word("entityName")));
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether the role has a permission. Words are compared without case; `*` is every word.
    pub(crate) fn permits(&self, wanted: &str) -> bool {
        self.permissions().iter().any(|own| contains(own, wanted))
    }
}

/// Whether the permission `own` contains `wanted`.
fn contains(own: &str, wanted: &str) -> bool {
    let mut own = own.split(':');
    wanted.split(':').all(|word| match own.next() {
        Some(part) => part == ALL || part.eq_ignore_ascii_case(word),
        None => false,
    })
}

/// The policies of permissions as a file lists them: one for each domain and entity.
pub(crate) fn policies_of(permissions: &[String]) -> Value {
    let mut policies: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for permission in permissions {
        let mut words = permission.splitn(3, ':');
        let mut word = || words.next().unwrap_or(ALL);
        let (domain, entity, action) = (word(), word(), word());
        match policies.iter_mut().find(|policy| policy.0 == domain && policy.1 == entity) {
            Some(policy) => policy.2.push(action),
            None => policies.push((domain, entity, vec![action])),
        }
    }
    let policies = policies.into_iter().map(|(domain, entity, actions)| {
        json!({ "domain": domain, "entityName": entity, "actionSet": actions, "allowConditions": false })
    });
    policies.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_contains_another_by_its_words() {
        for (own, wanted, expected) in [
            ("routing:queue:view", "routing:queue:view", true),
            ("Routing:*:*", "routing:queue:view", true),
            ("*:*:*", "routing:queue:view", true),
            ("routing:queue:edit", "routing:queue:view", false),
            ("routing", "routing:queue:view", false),
        ] {
            assert_eq!(contains(own, wanted), expected, "{own} {wanted}");
        }
    }

    #[test]
    fn permissions_of_one_entity_are_one_policy() {
        let permissions = ["routing:queue:view", "routing:queue:edit", "directory:user:view"];
        let policies = policies_of(&permissions.map(str::to_owned));
        assert_eq!(policies.as_array().map(Vec::len), Some(2));
        assert_eq!(policies[0]["actionSet"], json!(["view", "edit"]));
    }
}
