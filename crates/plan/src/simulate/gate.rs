//! The gate of a Synchronizing Timer, as the `CyclicBarrier` of `SyncTimer` has it: it opens when enough threads wait, and
//! for all of them when the first gives up.

use super::events::What;
use super::machine::Machine;
use super::timers::Waiting;
use crate::Nanos;
use crate::model::Timer;

impl Machine<'_, '_> {
    /// A thread waits at a synchronizing timer. `wait`: what its other timers add after the release.
    pub(super) fn meet(&mut self, timer: u32, (thread, sampler): (u32, u32), wait: Nanos, now: Nanos) {
        let Some(Timer::Synchronize { timeout, .. }) = self.plan.timers.get(timer as usize) else { return };
        let ends = [timeout.map(|timeout| now.saturating_add(timeout)), self.threads[thread as usize].end];
        let until = ends.into_iter().flatten().min();
        let needed = self.parties.get(timer as usize).copied().unwrap_or(1);
        let all = self.timers.waiting.entry(timer).or_default();
        all.push(Waiting { thread, sampler, wait, until });
        if all.len() >= needed as usize {
            self.release_all(timer);
        } else if let Some(until) = until {
            self.events.push(until, self.now, timer, What::Timeout);
        }
    }

    /// Releases the threads of a timer if one of them gives up now.
    pub(super) fn release(&mut self, timer: u32) {
        let all = self.timers.waiting.get(&timer).map_or(&[][..], Vec::as_slice);
        if all.iter().any(|one| one.until.is_some_and(|until| until <= self.now)) {
            self.release_all(timer);
        }
    }

    fn release_all(&mut self, timer: u32) {
        for Waiting { thread, sampler, wait, .. } in self.timers.waiting.remove(&timer).unwrap_or_default() {
            let start = self.now.saturating_add(wait);
            let end = self.threads[thread as usize].end;
            // Without a further wait the sample is sent also at the thread's end.
            if self.stopped || (wait > 0 && end.is_some_and(|end| start > end)) {
                self.finish(thread, self.now);
            } else {
                self.schedule(thread, sampler, start, self.now);
            }
        }
    }
}
