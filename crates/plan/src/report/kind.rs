//! How a report counts a sample: admitted, refused, failed, or not a request.

use crate::results::{Outcome, Results, Sample};

/// How a sample is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A request that was answered and not refused.
    Admitted,
    /// A request that a limit refused.
    Refused,
    /// A request without an answer.
    Failed,
    /// A transaction: the sum of other rows.
    Transaction,
    /// A row that is not a request.
    Other,
}

impl Results {
    /// How one of the samples is counted.
    pub(super) fn kind(&self, sample: &Sample) -> Kind {
        match sample.outcome {
            _ if sample.transaction => Kind::Transaction,
            // A login host refuses with 400: then the file names the limit.
            Outcome::Status(_) if sample.limit.is_some() => Kind::Refused,
            Outcome::Status(status) if self.refused.0.contains(&status) => Kind::Refused,
            Outcome::Status(_) => Kind::Admitted,
            Outcome::Failed(_) => Kind::Failed,
            Outcome::Silent => Kind::Other,
        }
    }
}
