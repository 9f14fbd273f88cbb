//! Critical Section Controllers: one thread of all runs the sections of one name at a time.

use std::collections::{HashMap, VecDeque};

use super::events::What;
use super::machine::Machine;
use super::walk::State;
use crate::Nanos;

/// The locks that are held, by their number.
pub(super) type Locks = HashMap<u32, Lock>;

/// A lock that a thread holds.
#[derive(Debug)]
pub(super) struct Lock {
    holder: u32,
    /// The threads that wait for it, each with its section. The first of them is the next to have it.
    waiting: VecDeque<(u32, u32)>,
}

impl Machine<'_, '_> {
    /// A thread comes to a critical section.
    pub(super) fn enter_section(&mut self, id: u32, branch: u32, lock: u32, now: Nanos) {
        self.leave_sections(id, Some(branch), now);
        match self.locks.get_mut(&lock) {
            Some(held) if held.holder != id => held.waiting.push_back((id, branch)),
            Some(_) | None => {
                self.locks.entry(lock).or_insert_with(|| Lock { holder: id, waiting: VecDeque::new() });
                self.threads[id as usize].sections.push((lock, branch));
                // An event, not a call: a loop around an empty section would fill the stack.
                self.events.push(now.max(self.now), self.now, id, What::Resume);
            }
        }
    }

    /// Frees the locks of the sections that a thread has left. `entered` is a section that it has left and comes to again.
    pub(super) fn leave_sections(&mut self, id: u32, entered: Option<u32>, now: Nanos) {
        let (tree, thread) = (self.tree, &mut self.threads[id as usize]);
        if thread.sections.is_empty() {
            return;
        }
        let mut left = Vec::new();
        let spots = &thread.spots;
        thread.sections.retain(|(lock, branch)| {
            let spot = spots.get(tree.branch(*branch).spot);
            let stays = spot.is_some_and(|spot| spot.state != State::Fresh) && entered != Some(*branch);
            if !stays {
                left.push(*lock);
            }
            stays
        });
        for lock in left {
            self.free(id, lock, now);
        }
    }

    /// Frees all locks of a thread that ends.
    pub(super) fn leave_all_sections(&mut self, id: u32) {
        for (lock, _) in std::mem::take(&mut self.threads[id as usize].sections) {
            self.free(id, lock, self.now);
        }
    }

    /// Gives a lock to the thread that has waited longest. A section in a section of one name holds it twice.
    fn free(&mut self, id: u32, lock: u32, now: Nanos) {
        if self.threads[id as usize].sections.iter().any(|(held, _)| *held == lock) {
            return;
        }
        let Some(held) = self.locks.get_mut(&lock) else { return };
        let Some((next, branch)) = held.waiting.pop_front() else {
            self.locks.remove(&lock);
            return;
        };
        held.holder = next;
        let thread = &mut self.threads[next as usize];
        thread.sections.push((lock, branch));
        thread.has_waited = true;
        self.events.push(now.max(self.now), self.now, next, What::Resume);
    }
}
