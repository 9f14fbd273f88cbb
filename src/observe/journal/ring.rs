//! The ring of exchanges, which is read part by part: a request that is recorded waits for one part at most.

use std::collections::VecDeque;

use super::Exchange;

/// Exchanges that a reader looks at before a request may be recorded in between.
const PART: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Ring {
    pub(super) exchanges: VecDeque<Exchange>,
    pub(super) forgotten: u64,
    /// The number of recorded exchanges, which is the number of the next one.
    pub(super) recorded: u64,
}

/// Where a search has come to.
pub(super) struct Found {
    /// The number from which to continue.
    pub(super) number: u64,
    pub(super) is_last: bool,
}

impl Ring {
    /// The number of the oldest exchange.
    fn oldest(&self) -> u64 {
        self.recorded - self.exchanges.len() as u64
    }

    /// The place of an exchange in the ring.
    fn place(&self, number: u64) -> usize {
        usize::try_from(number - self.oldest()).unwrap_or(usize::MAX)
    }

    /// Adds the newest exchanges with numbers below `before` that `wanted` accepts to `found`, until that has `limit`.
    /// It looks at no more than [`PART`] exchanges.
    pub(super) fn find_in_part(
        &self,
        before: u64,
        limit: usize,
        found: &mut Vec<Exchange>,
        wanted: &mut impl FnMut(&Exchange) -> bool,
    ) -> Found {
        let mut number = before.clamp(self.oldest(), self.recorded);
        for exchange in self.exchanges.range(..self.place(number)).rev().take(PART) {
            if found.len() == limit {
                return Found { number, is_last: true };
            }
            number -= 1;
            if wanted(exchange) {
                found.push(exchange.clone());
            }
        }
        Found { number, is_last: found.len() == limit || number == self.oldest() }
    }

    /// Looks at no more than [`PART`] exchanges with numbers from `next` on and below `end`. Returns the number of the
    /// next one.
    pub(super) fn look_at_part(&self, next: u64, end: u64, look: &mut impl FnMut(&Exchange)) -> u64 {
        let first = next.max(self.oldest());
        let last = end.min(first.saturating_add(PART as u64));
        if first < last {
            self.exchanges.range(self.place(first)..self.place(last)).for_each(look);
        }
        last.max(first)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::exchange;
    use super::*;

    const MANY: u64 = 2 * PART as u64 + 7;

    fn ring() -> Ring {
        let exchanges = (0..MANY).map(|_| exchange(200)).collect();
        Ring { exchanges, forgotten: 0, recorded: MANY }
    }

    #[test]
    fn a_search_looks_at_one_part_while_it_holds_the_ring() {
        let (mut ring, mut found, mut looked_at) = (ring(), Vec::new(), 0);
        let mut search = |ring: &Ring, before| {
            looked_at = 0;
            let part = ring.find_in_part(before, usize::MAX, &mut found, &mut |_| {
                looked_at += 1;
                looked_at == 1
            });
            (part.number, part.is_last, looked_at)
        };
        assert_eq!(search(&ring, u64::MAX), (MANY - PART as u64, false, PART));
        assert_eq!(search(&ring, MANY - PART as u64), (7, false, PART));
        assert_eq!(search(&ring, 7), (0, true, 7));
        ring.exchanges.clear();
        assert_eq!(search(&ring, 7), (MANY, true, 0), "it was cleared meanwhile");
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn a_look_at_all_holds_the_ring_for_one_part() {
        let (mut ring, mut looked_at) = (ring(), 0);
        let mut look = |ring: &Ring, next| {
            looked_at = 0;
            let next = ring.look_at_part(next, MANY, &mut |_| looked_at += 1);
            (next, looked_at)
        };
        assert_eq!(look(&ring, 0), (PART as u64, PART));
        assert_eq!(look(&ring, 2 * PART as u64), (MANY, 7));
        ring.exchanges.drain(..=PART);
        assert_eq!(look(&ring, PART as u64), (2 * PART as u64 + 1, PART), "the oldest ones have made room");
        ring.exchanges.clear();
        assert_eq!(look(&ring, 0), (MANY, 0), "it was cleared meanwhile");
    }
}
