//! What waits to be sent, with its bounds.
//!
//! A delivery counts until it has ended, also between two attempts. A receiver that is slow or dead fills its own share
//! of the room, and then loses deliveries; the others keep theirs.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::receivers::Receiver;
use crate::time::Nanos;

/// The deliveries that wait, of all receivers and of one.
const MOST: (usize, usize) = (10_000, 1000);
/// The bytes of bodies that wait.
const MAX_BYTES: usize = 16 << 20;
/// The attempts to one receiver at a time.
const TURNS: usize = 4;

/// A body on its way to a receiver.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) id: Uuid,
    /// Its number in the log.
    pub(super) number: u64,
    pub(super) receiver: Receiver,
    pub(super) body: Bytes,
    /// The model time after which it is worth nothing.
    pub(super) expires: Option<Nanos>,
    /// The turns of its receiver.
    pub(super) turns: Arc<Semaphore>,
    /// The number of resets before it was accepted.
    pub(super) epoch: u64,
}

impl Delivery {
    pub(super) fn is_expired(&self, now: Nanos) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// A receiver with deliveries that wait.
#[derive(Debug)]
struct Line {
    waiting: usize,
    turns: Arc<Semaphore>,
}

/// The deliveries that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    ready: VecDeque<Delivery>,
    /// Deliveries whose time has not come, by model time and number.
    delayed: BTreeMap<(Nanos, u64), Delivery>,
    /// By host and port.
    lines: HashMap<String, Line>,
    waiting: usize,
    bytes: usize,
}

impl Queue {
    /// Takes room for a body. Returns the turns of its receiver; `None` where there is no room.
    pub(super) fn reserve(&mut self, receiver: &Receiver, bytes: usize) -> Option<Arc<Semaphore>> {
        let authority = &receiver.address.authority;
        let of_line = self.lines.get(authority).map_or(0, |line| line.waiting);
        if self.waiting >= MOST.0 || of_line >= MOST.1 || self.bytes + bytes > MAX_BYTES {
            return None;
        }
        let new = || Line { waiting: 0, turns: Arc::new(Semaphore::new(TURNS)) };
        let line = self.lines.entry(authority.clone()).or_insert_with(new);
        line.waiting += 1;
        self.waiting += 1;
        self.bytes += bytes;
        Some(Arc::clone(&line.turns))
    }

    /// Adds a delivery that has its room, to be sent at `due` in model time.
    pub(super) fn add(&mut self, delivery: Delivery, due: Nanos, now: Nanos) {
        if due > now {
            self.delayed.insert((due, delivery.number), delivery);
        } else {
            self.ready.push_back(delivery);
        }
    }

    /// Makes ready what is due. Returns whether there was anything.
    pub(super) fn release(&mut self, now: Nanos) -> bool {
        let later = self.delayed.split_off(&(now.saturating_add(1), 0));
        let due = std::mem::replace(&mut self.delayed, later);
        let any = !due.is_empty();
        self.ready.extend(due.into_values());
        any
    }

    /// The next delivery that is ready.
    pub(super) fn next(&mut self) -> Option<Delivery> {
        self.ready.pop_front()
    }

    /// Gives back the room of a delivery that has ended.
    pub(super) fn free(&mut self, delivery: &Delivery) {
        self.waiting = self.waiting.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(delivery.body.len());
        let authority = &delivery.receiver.address.authority;
        if let Some(line) = self.lines.get_mut(authority) {
            line.waiting = line.waiting.saturating_sub(1);
            if line.waiting == 0 {
                self.lines.remove(authority);
            }
        }
    }

    /// Removes what waits for its time or its turn, and returns it.
    pub(super) fn clear(&mut self) -> Vec<Delivery> {
        let delayed = std::mem::take(&mut self.delayed).into_values();
        let gone: Vec<_> = self.ready.drain(..).chain(delayed).collect();
        for delivery in &gone {
            self.free(delivery);
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::{Address, Hosts};
    use super::*;
    use http::HeaderMap;

    fn receiver(port: u16) -> Receiver {
        let address = Address::read(&format!("http://127.0.0.1:{port}/"), &Hosts::default());
        let address = Arc::new(address.expect("this machine"));
        Receiver { address, secret: None, headers: HeaderMap::new() }
    }

    fn delivery(queue: &mut Queue, port: u16, number: u64, body: &'static [u8]) -> Option<Delivery> {
        let receiver = receiver(port);
        let turns = queue.reserve(&receiver, body.len())?;
        let body = Bytes::from_static(body);
        Some(Delivery { id: Uuid::nil(), number, receiver, body, expires: None, turns, epoch: 0 })
    }

    #[test]
    fn a_dead_receiver_fills_its_own_share_and_no_more() {
        let mut queue = Queue::default();
        let all: Vec<_> = (0..MOST.1 as u64 + 3).filter_map(|n| delivery(&mut queue, 1, n, b"{}")).collect();
        assert_eq!(all.len(), MOST.1);
        assert!(delivery(&mut queue, 2, 0, b"{}").is_some());
        for delivery in &all {
            queue.free(delivery);
        }
        assert!(delivery(&mut queue, 1, 0, b"{}").is_some());
        assert_eq!((queue.waiting, queue.bytes), (2, 4));
    }

    #[test]
    fn everything_that_waits_is_bounded_by_its_bytes() {
        const LARGE: &[u8] = &[b'x'; 1 << 20];
        let mut queue = Queue::default();
        let all: Vec<_> = (0..20).filter_map(|n| delivery(&mut queue, 1, n, LARGE)).collect();
        assert_eq!(all.len(), 16);
        for delivery in &all {
            queue.free(delivery);
        }
        assert_eq!((queue.waiting, queue.bytes, queue.lines.len()), (0, 0, 0));
    }

    #[test]
    fn an_event_is_worth_nothing_after_its_life() {
        let mut queue = Queue::default();
        let delivery = delivery(&mut queue, 1, 1, b"{}").expect("there is room");
        assert!(!delivery.is_expired(Nanos::MAX), "it has no end");
        let mortal = Delivery { expires: Some(10), ..delivery };
        assert_eq!([9, 10, 11].map(|now| mortal.is_expired(now)), [false, true, true]);
    }

    #[test]
    fn a_delayed_delivery_is_ready_when_the_clock_reaches_its_time() {
        let mut queue = Queue::default();
        for (number, due) in [(1, 30), (2, 10), (3, 0), (4, 20)] {
            let delivery = delivery(&mut queue, 1, number, b"{}").expect("there is room");
            queue.add(delivery, due, 5);
        }
        let numbers =
            |queue: &mut Queue| std::iter::from_fn(|| queue.next()).map(|one| one.number).collect::<Vec<_>>();
        assert_eq!(numbers(&mut queue), [3]);
        assert!(!queue.release(9));
        assert!(queue.release(20));
        assert_eq!(numbers(&mut queue), [2, 4]);
        assert_eq!(queue.clear().len(), 1);
        assert!(!queue.release(u64::MAX - 1));
    }
}
