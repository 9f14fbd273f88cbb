//! The state of one thread.

use std::collections::VecDeque;

use fastrand::Rng;
use gcmock_limit::Permit;
use smallvec::SmallVec;

use super::orders::Orders;
use super::system::Agent;
use super::walk::{Last, Spot};
use crate::Nanos;
use crate::model::Flow;

/// The state of one thread.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub(super) struct Thread {
    pub(super) group: usize,
    /// Its number in the group, from 0.
    pub(super) number: u32,
    /// What its scripts see as its start.
    pub(super) made: Nanos,
    pub(super) end: Option<Nanos>,
    pub(super) alive: bool,
    pub(super) spots: Box<[Spot]>,
    /// The orders of children that are not those of the plan.
    pub(super) orders: Orders,
    pub(super) random: Rng,
    pub(super) last: Last,
    /// The end of its last answer.
    pub(super) answered: Nanos,
    /// When each of its timers was last due. `None`: never.
    pub(super) due: Box<[Option<Nanos>]>,
    /// Set by a retry: when the next sample starts.
    pub(super) retry_at: Option<Nanos>,
    pub(super) connection: Option<Connection>,
    pub(super) socket: Option<Socket>,
    /// Slots that its running requests hold.
    pub(super) running: SmallVec<[Permit; 2]>,
    /// Running requests, more than one under a parallel controller.
    pub(super) pending: u32,
    /// The parallel controller whose samplers it sends.
    pub(super) together: Option<Together>,
    /// The samplers of a parallel controller that wait for a place.
    pub(super) queue: VecDeque<u32>,
    /// The sampler that it has sent or will send next.
    pub(super) sampler: u32,
    /// The instant of its last sample, and how many it had there without a request.
    pub(super) still: (Nanos, u32),
    /// The critical sections that it is in, each with its lock.
    pub(super) sections: SmallVec<[(u32, u32); 1]>,
    /// Whether it has just come into one that it waited for.
    pub(super) has_waited: bool,
    /// The sampler that waits for the second of two timers.
    pub(super) resume: Option<u32>,
    /// Whether a sample of it was refused.
    pub(super) hit: bool,
    pub(super) sent: bool,
    /// Whether its next request was held up by the loading of the HTTP client.
    pub(super) warmed: bool,
    /// Whether its next request opens a connection.
    pub(super) connects: bool,
}

/// A turn of a parallel controller.
#[derive(Debug)]
pub(super) struct Together {
    pub(super) parallel: u32,
    /// What the thread does when all samplers are over.
    pub(super) flow: Option<Flow>,
    /// Whether one of them failed.
    pub(super) failed: bool,
    /// The end of the last answer so far.
    pub(super) until: Nanos,
}

/// A kept HTTP connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) since: Nanos,
    pub(super) number: u64,
    pub(super) permits: SmallVec<[Permit; 2]>,
}

/// An open WebSocket.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) agent: Option<Agent>,
    /// Kept for the slots that they hold.
    pub(super) _permits: SmallVec<[Permit; 2]>,
}

impl Thread {
    pub(super) fn new((group, number): (usize, u32), spots: usize, timers: usize, random: Rng) -> Self {
        Self {
            group,
            number,
            made: 0,
            end: None,
            alive: true,
            spots: vec![Spot::default(); spots].into(),
            orders: Orders::default(),
            random,
            last: Last { ok: true, retry_after: None },
            answered: 0,
            due: vec![None; timers].into(),
            retry_at: None,
            connection: None,
            socket: None,
            running: SmallVec::new(),
            pending: 0,
            together: None,
            queue: VecDeque::new(),
            sampler: 0,
            still: (0, 0),
            sections: SmallVec::new(),
            has_waited: false,
            resume: None,
            hit: false,
            sent: false,
            warmed: false,
            connects: false,
        }
    }

    /// Whether the thread's end is reached.
    pub(super) fn is_over(&self, now: Nanos) -> bool {
        self.end.is_some_and(|end| now >= end)
    }
}
