//! Whether an edge lets an agent connect.

use super::super::limit::Nanos;

/// Which of the three refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The status does not admit.
    Status,
    /// No schedule asks for the agent now.
    Schedule,
    /// The skill group has enough agents.
    Overstaffed,
}

impl Why {
    /// The name in explanations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Schedule => "schedule",
            Self::Overstaffed => "overstaffed",
        }
    }
}

/// Why an agent is not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which check spoke.
    pub why: Why,
    /// One sentence.
    pub message: String,
    /// Time until the next instant that would admit.
    pub wait: Nanos,
}

impl Refused {
    /// The wait in whole seconds, rounded up, at least one.
    pub fn retry_after(&self) -> u32 {
        u32::try_from(self.wait.div_ceil(1_000_000_000).max(1)).unwrap_or(u32::MAX)
    }
}
