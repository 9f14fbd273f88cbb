//! The [`RuleId`] of each rule.

use std::collections::HashMap;
use std::sync::Arc;

use gcmock_limit::{Algorithm, RuleId, Scopes};
use parking_lot::Mutex;

/// A rule keeps its id, and with it the levels of its buckets, as long as these stay equal.
type Identity = (Arc<str>, &'static str, Scopes);

/// Assigns rule ids. A name, algorithm and scope keep their id across reloads. No id is given to another rule.
#[derive(Debug, Default)]
pub(crate) struct RuleIds {
    allotted: Mutex<Allotted>,
}

#[derive(Debug, Default)]
struct Allotted {
    ids: HashMap<Identity, RuleId>,
    names: Vec<Arc<str>>,
}

impl RuleIds {
    /// The id of that rule, a new one the first time.
    pub(crate) fn allot(&self, name: &str, algorithm: &Algorithm, scope: Scopes) -> RuleId {
        let Allotted { ids, names } = &mut *self.allotted.lock();
        let name: Arc<str> = name.into();
        *ids.entry((Arc::clone(&name), algorithm.name(), scope)).or_insert_with(|| {
            names.push(name);
            RuleId(u32::try_from(names.len() - 1).unwrap_or(u32::MAX))
        })
    }

    /// The name of the rule that has or had `id`.
    pub(crate) fn name(&self, id: RuleId) -> Option<Arc<str>> {
        let index = usize::try_from(id.0).ok()?;
        self.allotted.lock().names.get(index).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::RuleIds;
    use gcmock_limit::{Algorithm, Scope, Scopes};

    const WINDOW: Algorithm = Algorithm::FixedWindow { capacity: 1, period: 1 };
    const BUCKET: Algorithm = Algorithm::TokenBucket { capacity: 1, refill: 1, period: 1 };

    #[test]
    fn a_rule_keeps_its_id_until_its_name_algorithm_or_scope_changes() {
        let ids = RuleIds::default();
        let tenant = Scopes::default().with(Scope::Tenant);
        let first = ids.allot("a", &WINDOW, tenant);
        assert_eq!(first, ids.allot("a", &Algorithm::FixedWindow { capacity: 9, period: 9 }, tenant));
        assert_ne!(first, ids.allot("b", &WINDOW, tenant));
        assert_ne!(first, ids.allot("a", &BUCKET, tenant));
        assert_ne!(first, ids.allot("a", &WINDOW, tenant.with(Scope::User)));
        assert_eq!(first, ids.allot("a", &WINDOW, tenant));
    }

    #[test]
    fn an_id_gives_its_name_back() {
        let ids = RuleIds::default();
        let id = ids.allot("a", &WINDOW, Scopes::default());
        assert_eq!(ids.name(id).as_deref(), Some("a"));
        assert_eq!(RuleIds::default().name(id), None);
    }
}
