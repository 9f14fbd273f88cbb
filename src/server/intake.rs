//! Bodies of requests while they are taken in and worked on: bounded for all connections together.
//!
//! Room is reserved for a whole body before its first byte is read, so bodies that have room always get to
//! their end. The others stay in the client's and the kernel's buffers until there is room.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit of room: a semaphore counts less than a memory has bytes.
const UNIT: usize = 1024;

/// The largest body that needs no reservation. Most bodies are smaller, and no connection has many.
const SMALL: usize = 4096;

/// Room for the bodies of all connections.
#[derive(Debug)]
pub(super) struct Intake {
    units: usize,
    free: Arc<Semaphore>,
}

impl Intake {
    pub(super) fn new(bytes: NonZeroUsize) -> Self {
        let units = bytes.get().div_ceil(UNIT).min(Semaphore::MAX_PERMITS);
        Self { units, free: Arc::new(Semaphore::new(units)) }
    }

    /// Waits for room for a body of `bytes` bytes. A body that is larger than all room gets all of it.
    pub(super) async fn room(&self, bytes: usize) -> BodyRoom {
        if bytes <= SMALL {
            return BodyRoom(None);
        }
        let units = u32::try_from(bytes.div_ceil(UNIT).min(self.units)).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        BodyRoom(Arc::clone(&self.free).acquire_many_owned(units).await.ok())
    }
}

/// Room that is reserved for one body until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct BodyRoom(Option<OwnedSemaphorePermit>);

impl BodyRoom {
    /// Frees the room that a body of `bytes` bytes does not need.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        if let Some(permit) = &mut self.0 {
            let excess = permit.num_permits().saturating_sub(bytes.div_ceil(UNIT));
            drop(permit.split(excess));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn bodies_wait_for_room_and_what_they_do_not_need_is_given_back() {
        let intake = Intake::new(NonZeroUsize::MIN.saturating_add(99_999));
        let one = intake.room(60_000).now_or_never().expect("room");
        assert!(intake.room(60_000).now_or_never().is_none());
        for small in [0, 4096] {
            intake.room(small).now_or_never().expect("needs no room");
        }
        drop(one);
        let mut other = intake.room(512_000).now_or_never().expect("all the room");
        assert!(intake.room(5000).now_or_never().is_none());
        other.shrink_to(10);
        intake.room(90_000).now_or_never().expect("room again");
    }
}
