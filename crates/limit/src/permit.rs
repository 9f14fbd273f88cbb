//! A slot of a concurrency limit, held until the [`Permit`] is dropped.

use crate::{Buckets, Hold, Key, Rule, RuleId};

/// Holds the slots that one admitted request took, and frees them when dropped.
///
/// After [`Buckets::reset`], or after its rule was removed, it frees nothing.
///
/// ```
/// use gcmock_limit::{Algorithm, Buckets, Hold, Rule, RuleId, Scopes, Subject, decide};
///
/// let one = Algorithm::Concurrency { capacity: 1, hold: Hold::Request };
/// let rule = Rule::new(RuleId(0), "one at a time", Scopes::default(), one);
/// let (buckets, subject) = (Buckets::default(), Subject::default());
/// let charge = rule.charge(&subject, |_| None).into_iter().collect::<Vec<_>>();
///
/// let first = decide(&buckets, None, &charge, 0);
/// assert!(decide(&buckets, None, &charge, 0).refused);
/// drop(first.permits);
/// assert!(!decide(&buckets, None, &charge, 0).refused);
/// ```
#[must_use = "a dropped permit has already freed its slots"]
pub struct Permit {
    rule: RuleId,
    key: Key,
    hold: Hold,
    slots: Slots,
}

/// Where the slots are taken.
enum Slots {
    Here { buckets: Buckets, epoch: u64, count: u32 },
    Elsewhere(Option<Box<dyn FnOnce() + Send + Sync>>),
}

impl std::fmt::Debug for Permit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Permit").field("rule", &self.rule).field("key", &self.key).finish_non_exhaustive()
    }
}

impl Permit {
    pub(crate) fn new(buckets: &Buckets, epoch: u64, rule: &Rule, key: Key, slots: u32, hold: Hold) -> Self {
        let slots = Slots::Here { buckets: buckets.clone(), epoch, count: slots };
        Self { rule: rule.id, key, hold, slots }
    }

    /// A permit for slots that are kept elsewhere. `free` gives them back.
    pub fn elsewhere(
        rule: RuleId,
        key: Key,
        hold: Hold,
        free: impl FnOnce() + Send + Sync + 'static,
    ) -> Self {
        Self { rule, key, hold, slots: Slots::Elsewhere(Some(Box::new(free))) }
    }

    /// Whether the slots are kept elsewhere.
    pub const fn is_elsewhere(&self) -> bool {
        matches!(self.slots, Slots::Elsewhere(_))
    }

    /// The rule of the slots.
    pub const fn rule(&self) -> RuleId {
        self.rule
    }

    /// The key of the slots' bucket.
    pub const fn key(&self) -> Key {
        self.key
    }

    /// Whether to keep the permit with the request or with the connection.
    pub const fn hold(&self) -> Hold {
        self.hold
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        match &mut self.slots {
            Slots::Here { buckets, epoch, count } => {
                buckets.lock().release(self.rule, *epoch, self.key, *count);
            }
            Slots::Elsewhere(free) => {
                if let Some(free) = free.take() {
                    free();
                }
            }
        }
    }
}
