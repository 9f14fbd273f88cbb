//! What a controller depends on, beside the place of its thread in it and the answer before. A new kind of controller
//! gets its line here.

use crate::model::{IndexOf, NodeKind, Share, Value};

/// What the next child of a controller depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depends {
    /// Nothing more.
    Nothing,
    /// All turns of its thread, or the time that they took.
    Past,
    /// Chance.
    Chance,
    /// Other threads.
    Others,
}

impl Depends {
    pub(super) const fn of(kind: &NodeKind) -> Self {
        match *kind {
            NodeKind::Counter(ref counter) if !counter.per_thread => Self::Others,
            NodeKind::Rows(ref rows) if !matches!(rows.share, Share::Thread) => Self::Others,
            NodeKind::While { ref condition, .. } | NodeKind::If { ref condition, .. }
                if matches!(condition.value, Value::Drawn { .. }) =>
            {
                Self::Chance
            }
            NodeKind::Select(ref selection) if matches!(selection.value, Value::Drawn { .. }) => Self::Chance,
            NodeKind::Random { .. } | NodeKind::RandomOrder | NodeKind::Weighted { drawn: true, .. } => {
                Self::Chance
            }
            NodeKind::Retry { back_off, .. } if back_off > 0 => Self::Chance,
            NodeKind::Percent { per_thread: true, .. }
            | NodeKind::Total { per_thread: true, .. }
            | NodeKind::Weighted { drawn: false, .. }
            | NodeKind::Counter(_)
            | NodeKind::Rows(_)
            | NodeKind::Index { of: IndexOf::Turn, .. }
            | NodeKind::Runtime { .. } => Self::Past,
            NodeKind::Percent { per_thread: false, .. }
            | NodeKind::Total { per_thread: false, .. }
            | NodeKind::Critical { .. }
            | NodeKind::Every(_)
            | NodeKind::Parallel { .. } => Self::Others,
            NodeKind::Sampler(_)
            | NodeKind::Sequence
            | NodeKind::Transaction { .. }
            | NodeKind::Loop(_)
            | NodeKind::WhileSuccessful { .. }
            | NodeKind::While { .. }
            | NodeKind::Index { of: IndexOf::Thread, .. }
            | NodeKind::If { .. }
            | NodeKind::Retry { .. }
            | NodeKind::OnceOnly
            | NodeKind::Once
            | NodeKind::Interleave { .. }
            | NodeKind::Switch(_)
            | NodeKind::Select(_)
            | NodeKind::IfLast { .. }
            | NodeKind::Never => Self::Nothing,
        }
    }
}
