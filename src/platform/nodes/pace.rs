//! How often this node tells of all its agents.

/// Bounds how often this node tells of all its agents: once between two beats. A second time waits for the next beat.
/// When many nodes come back together, each asks all the others.
#[derive(Default)]
pub(super) struct Pace {
    /// Whether the agents were told since the last beat.
    has_told: bool,
    /// Whether they are to be told at the next beat.
    is_due: bool,
}

impl Pace {
    /// Whether to tell now. If not, they are told at the next beat.
    pub(super) fn tells_now(&mut self) -> bool {
        self.is_due = self.has_told;
        !std::mem::replace(&mut self.has_told, true)
    }

    /// Whether to tell at this beat.
    pub(super) fn tells_at_beat(&mut self) -> bool {
        self.has_told = std::mem::take(&mut self.is_due);
        self.has_told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_told_at_once_and_then_at_most_once_a_beat() {
        let mut pace = Pace::default();
        assert!(pace.tells_now() && !pace.tells_now() && !pace.tells_now());
        assert!(pace.tells_at_beat() && !pace.tells_now(), "the beat has told");
        assert!(pace.tells_at_beat() && !pace.tells_at_beat());
        assert!(pace.tells_now(), "nothing was told since the last beat");
        assert!(!pace.tells_at_beat());
    }
}
