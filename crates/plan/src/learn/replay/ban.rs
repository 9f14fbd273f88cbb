//! The ban: from its first refusal on, a count is refused for good.

use super::{Replay, Use};
use crate::Nanos;
use crate::learn::view::{Item, View};

/// When each count was refused first.
#[derive(Debug)]
pub(super) struct Bans {
    since: Vec<Option<Nanos>>,
    noise: Nanos,
}

impl Bans {
    pub(super) fn new(view: &View) -> Self {
        Self { since: vec![None; view.groups], noise: view.noise }
    }
}

impl Replay for Bans {
    fn pass(&mut self, items: &[Item], uses: &mut Vec<Use>) {
        uses.extend(items.iter().map(|item| {
            let since = &mut self.since[item.group as usize];
            if item.refused && !item.excused {
                since.get_or_insert(item.at);
            }
            // How many requests came before the ban says nothing of those that follow.
            let banned = since.is_some_and(|since| item.refused || item.at > since + self.noise);
            if banned { Use::LOCKED } else { Use { low: 1, exact: 1, high: 1 } }
        }));
    }
}
