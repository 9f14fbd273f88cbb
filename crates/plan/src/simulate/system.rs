//! What a caller provides: the limits that requests meet, and how long answers take.

use std::sync::Arc;

use gcmock_limit::{Decision, Rule, Subject};

use super::{MILLI, SECOND};
use crate::Nanos;
use crate::model::HttpRequest;

/// What a sampler sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation<'p> {
    /// An HTTP request.
    Http(&'p HttpRequest),
    /// A WebSocket handshake.
    Open(&'p HttpRequest),
    /// A message on the WebSocket that this handshake has opened.
    Message(&'p HttpRequest, &'p str),
}

/// What the requests of one sampler meet.
#[expect(clippy::struct_excessive_bools, reason = "each says something else of a request")]
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// The limits that cover them, with the cost of one request each, in the order of the configuration.
    pub rules: Vec<(Arc<Rule>, u32)>,
    /// Who they are from: one subject for each token, in the order of the plan's. Thread i uses subject i modulo their
    /// number, unless the row of a data set says which. The simulator sets [`Subject::connection`].
    pub subjects: Vec<Subject>,
    /// Whether each thread has a token of its own, got at run time. The simulator then sets [`Subject::token`].
    pub own_token: bool,
    /// The wait of their answers.
    pub wait: Wait,
    /// Whether they belong to the control plane of the server, and are not counted.
    pub control: bool,
    /// Whether the platform answers a 401 before any limit: the request has no token.
    pub fails: bool,
    /// Whether its operation cannot be told, as a part of its address is known only in a run.
    pub untold: bool,
}

/// How long an answer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Fixed times of admitted and of refused requests.
    Fixed {
        /// The wait of an admitted request.
        admitted: Nanos,
        /// The wait of a refused request.
        refused: Nanos,
    },
    /// [`System::wait`] says it for each request, by this number of the caller's.
    Asked {
        /// Which wait.
        index: usize,
        /// Whether it is drawn.
        random: bool,
    },
}

impl Default for Wait {
    fn default() -> Self {
        Self::Fixed { admitted: 0, refused: 0 }
    }
}

/// An agent that opens a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its number.
    pub id: u32,
    /// Its skill group, whose connected agents are counted.
    pub group: u32,
    /// The edge through which it connects, a number of the caller's.
    pub edge: u32,
}

/// The emulated platform, as far as a simulation asks it.
pub trait System {
    /// What the requests of a sampler meet. Asked once for each sampler, or for each of its addresses.
    fn meet(&self, operation: Operation<'_>) -> Met;

    /// How long the answer to a request takes whose [`Met::wait`] is [`Wait::Asked`]. `draw` returns a number
    /// between 0 and 1.
    fn wait(
        &self,
        index: usize,
        decision: &Decision<'_>,
        refused: bool,
        draw: &mut dyn FnMut() -> f64,
    ) -> Nanos {
        let _ = (index, decision, refused, draw);
        0
    }

    /// The agent as which a thread, counted from 1, opens a WebSocket. `None`: the handshake is not checked.
    fn agent(&self, open: &HttpRequest, thread: u32) -> Option<Agent> {
        let _ = (open, thread);
        None
    }

    /// Whether an agent may connect at `now`, while `others` of its skill group are connected. `now` counts from the
    /// start of the main groups.
    fn admits(&self, agent: Agent, others: u32, now: Nanos) -> bool {
        let _ = (agent, others, now);
        true
    }
}

/// What the load generator and the network cost beside the waits of the limits file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// From the start of a sample to the decision.
    pub before: Nanos,
    /// From the end of the wait to the end of the sample.
    pub after: Nanos,
    /// A new connection.
    pub connect: Nanos,
    /// The age at which a kept connection is replaced.
    pub connection_life: Nanos,
    /// The time in which `JMeter` loads its HTTP client. Samples that would start in it start at its end. It does
    /// not apply to a plan whose setUp groups send HTTP.
    pub jvm_start: Nanos,
    /// What those samples take longer.
    pub jvm_slow: Nanos,
    /// The time to make a thread. Thread i starts no earlier than i times this.
    pub thread: Nanos,
}

impl Costs {
    /// No cost at all.
    pub const IDEAL: Self = Self {
        before: 0,
        after: 0,
        connect: 0,
        connection_life: 60 * SECOND,
        jvm_start: 0,
        jvm_slow: 0,
        thread: 0,
    };

    /// The costs of `JMeter` 5.6.3 beside the server on two idle cores.
    pub const MEASURED: Self = Self {
        before: 300_000,
        after: 400_000,
        connect: 500_000,
        connection_life: 60 * SECOND,
        jvm_start: 400 * MILLI,
        jvm_slow: 150 * MILLI,
        thread: 2 * MILLI,
    };

    /// These costs with a network of that round trip time.
    #[must_use]
    pub const fn with_round_trip(mut self, time: Nanos) -> Self {
        self.before = self.before.saturating_add(time / 2);
        self.after = self.after.saturating_add(time - time / 2);
        self.connect = self.connect.saturating_add(time);
        self
    }
}

impl Default for Costs {
    fn default() -> Self {
        Self::MEASURED
    }
}
