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
#[derive(Debug)]
#[must_use = "a dropped permit has already freed its slots"]
pub struct Permit {
    buckets: Buckets,
    key: Key,
    epoch: u64,
    rule: RuleId,
    slots: u32,
    hold: Hold,
}

impl Permit {
    pub(crate) fn new(buckets: &Buckets, epoch: u64, rule: &Rule, key: Key, slots: u32, hold: Hold) -> Self {
        Self { buckets: buckets.clone(), key, epoch, rule: rule.id, slots, hold }
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
        self.buckets.lock().release(self.rule, self.epoch, self.key, self.slots);
    }
}
