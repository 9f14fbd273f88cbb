//! Conditions that a counter decides.

/// A Counter: a variable that has the next number at each turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The counter. Places with the same one share its numbers, as threads do.
    pub id: u32,
    /// The variable that it sets.
    pub variable: u32,
    /// The first number.
    pub start: i64,
    /// The greatest number. After it, the counter begins again.
    pub end: i64,
    /// What is added at each turn.
    pub increment: i64,
    /// Whether each thread counts for itself.
    pub per_thread: bool,
    /// Whether a thread that counts for itself begins again in each iteration of its group.
    pub resets: bool,
}

/// A condition that depends on one variable, and on how the thread's last sample ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The variable.
    pub variable: u32,
    /// Its truth after a sample that succeeded.
    pub ok: Truth,
    /// Its truth after a sample that failed.
    pub failed: Truth,
}

/// Whether a condition holds, by the value of its variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// Before the variable has a value.
    pub unset: bool,
    /// Below the first step.
    pub first: bool,
    /// The values at which it changes, in ascending order.
    pub steps: Vec<i64>,
}

impl Truth {
    /// What does not depend on the variable.
    #[must_use]
    pub const fn always(holds: bool) -> Self {
        Self { unset: holds, first: holds, steps: Vec::new() }
    }

    /// Whether the condition holds. `None`: the variable has no value.
    #[must_use]
    pub fn holds(&self, value: Option<i64>) -> bool {
        let Some(value) = value else { return self.unset };
        let changes = self.steps.partition_point(|step| *step <= value);
        self.first != (changes % 2 == 1)
    }

    /// Whether it is the same for all values.
    #[must_use]
    pub const fn is_constant(&self) -> bool {
        self.steps.is_empty() && self.unset == self.first
    }
}
