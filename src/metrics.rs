//! Every metric, as fields of one struct.
//!
//! Counters of the hot path are plain atomics, found by the operation's number; limits count for
//! themselves. Both are read when somebody scrapes. Labels are operations and limits: never a token,
//! never a raw path.

use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;

/// Kinds of answers, as the vendor's usage reports name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Class {
    /// 200 to 299.
    Success,
    /// 300 to 399.
    Redirect,
    /// 400 to 499 but 429.
    ClientError,
    /// 429.
    Throttled,
    /// 500 and above.
    ServerError,
}

impl Class {
    /// Every class with its label.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Success, "2xx"),
        (Self::Redirect, "3xx"),
        (Self::ClientError, "4xx"),
        (Self::Throttled, "429"),
        (Self::ServerError, "5xx"),
    ];

    /// The class of a status.
    pub fn of(status: u16) -> Self {
        match status {
            429 => Self::Throttled,
            0..=299 => Self::Success,
            300..=399 => Self::Redirect,
            400..=499 => Self::ClientError,
            _ => Self::ServerError,
        }
    }
}

/// What has been counted since the start.
#[derive(Debug)]
pub struct Metrics {
    /// Answers by operation (0 for unknown paths) and class.
    answers: Vec<[AtomicU64; Class::ALL.len()]>,
}

impl Metrics {
    /// Counters for that many operations.
    pub fn new(operations: usize) -> Self {
        Self { answers: (0..=operations).map(|_| Default::default()).collect() }
    }

    /// Counts one answer.
    pub fn count(&self, operation: u32, status: StatusCode) {
        if let Some(classes) = self.answers.get(operation as usize) {
            classes[Class::of(status.as_u16()) as usize].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Answers of one operation and class.
    pub fn answers(&self, operation: u32, class: Class) -> u64 {
        self.answers
            .get(operation as usize)
            .map_or(0, |classes| classes[class as usize].load(Ordering::Relaxed))
    }
}
