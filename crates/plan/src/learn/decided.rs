//! Whether a limit decides: whether it would have refused what was refused, however the noise of the times falls.
//!
//! A count of all requests, refused ones too, is the pace of the load. In bursts of one pace it is nearly the same at every request, so
//! that the noise alone leaves both outcomes open, and a short window seems to explain any limit whose refusals come late in a burst.

use super::replay;
use super::search::{Fit, Search};
use super::view::View;

impl Search<'_> {
    /// Whether most refusals are over the capacity, whatever the noise. Only kinds that count refused requests are in doubt: the use of
    /// the others stops at the capacity, so that it is never far above it.
    pub(super) fn decides(&mut self, view: &View, fit: &Fit) -> bool {
        if !fit.shape.counts_refused() {
            return true;
        }
        replay::uses(view, fit.shape, &mut self.uses);
        let capacity = i64::try_from(fit.score.capacity).unwrap_or(i64::MAX);
        let refusals = || view.items.iter().zip(&self.uses).filter(|(item, _)| item.refused && !item.excused);
        let decided = refusals().filter(|(_, usage)| usage.low > capacity && !usage.is_unknown()).count();
        decided * 2 >= refusals().count()
    }
}
