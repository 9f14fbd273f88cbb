//! What a thread does: requests, pauses, and changes of its course.

use std::sync::Arc;

use super::{ByValue, TimerId};
use crate::Nanos;

/// A sampler and the timers in its scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampler {
    /// What it does.
    pub action: Action,
    /// Timers in scope, the innermost first. A timer can be in the scope of several samplers.
    pub timers: Vec<TimerId>,
    /// The time of its pre- and post-processors, where an option names one.
    pub script_time: Nanos,
    /// Whether a sample that succeeded writes no row: a script ignores it. It is sent all the same.
    pub silent: bool,
}

/// What a sampler does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// An HTTP request.
    Http(HttpRequest),
    /// Opens a WebSocket. A sampler that writes on a new connection is an `Open` and then a `Message`.
    SocketOpen(HttpRequest),
    /// Writes or reads on the thread's WebSocket.
    SocketMessage(SocketMessage),
    /// Closes the thread's WebSocket.
    SocketClose,
    /// Waits and writes no row: the pause of a Flow Control Action.
    Pause(Nanos),
    /// Changes the thread's course and writes no row.
    Flow(Flow),
    /// A sampler that sends nothing to the platform: a script, a debug sampler, another protocol. It writes a row
    /// after this time.
    Other {
        /// The time that it takes.
        takes: Nanos,
    },
}

/// A change of the thread's course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Ends the thread.
    StopThread,
    /// Ends the test.
    StopTest,
    /// Ends the test at once.
    StopTestNow,
    /// Starts the next iteration of the group.
    NextIteration,
    /// Starts the next turn of the innermost loop.
    Continue,
    /// Leaves the innermost loop.
    Break,
}

/// An HTTP request or a WebSocket handshake.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpRequest {
    /// The method. `GET` for a handshake.
    pub method: Arc<str>,
    /// Where it goes.
    pub target: Target,
    /// The path without the query. A part that is known only at run time stays as JMeter writes it: `${conversationId}`.
    pub path: Arc<str>,
    /// The query, without the question mark.
    pub query: Arc<str>,
    /// The headers, without `Authorization`.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
    /// The body. A part that is known only at run time stays as JMeter writes it.
    pub body: Arc<str>,
    /// Who asks.
    pub credentials: Credentials,
    /// Whether the connection is kept.
    pub keep_alive: bool,
    /// Whether the answer to a redirect is the answer of the sample. Each redirect is a request of its own.
    pub follows_redirects: bool,
    /// What its address is with each row of a data set, where it depends on that.
    pub by_row: Option<Box<ByRow>>,
}

/// Addresses that depend on the row that a thread has.
#[derive(Clone, Debug, PartialEq)]
pub struct ByRow {
    /// The variable that has the row.
    pub variable: u32,
    /// Which of the addresses a row has.
    pub place: ByValue<u32>,
    /// The addresses, each once.
    pub addresses: Vec<Address>,
}

/// Where a request goes, and with which method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Address {
    /// The method.
    pub method: Arc<str>,
    /// The host.
    pub target: Target,
    /// The path without the query.
    pub path: Arc<str>,
    /// The query, without the question mark.
    pub query: Arc<str>,
}

impl HttpRequest {
    /// The request with another address.
    #[must_use]
    pub fn at(&self, address: &Address) -> Self {
        let Address { method, target, path, query } = address.clone();
        Self { method, target, path, query, by_row: None, ..self.clone() }
    }
}

/// A host as a plan names it. Empty and `None` where the plan does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Target {
    /// Whether the plan asks for TLS.
    pub secure: Option<bool>,
    /// The host.
    pub host: Arc<str>,
    /// The port.
    pub port: Option<u16>,
}

/// The `Authorization` of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// None.
    #[default]
    None,
    /// One header for all threads: the token or another value as the plan writes it.
    Shared(Arc<str>),
    /// The token that a token request of the plan (`POST …/oauth/token`) has got at run time.
    Login {
        /// Whether each thread has got its own. Otherwise one serves all threads.
        per_thread: bool,
    },
    /// One of several tokens, by the thread's number.
    Spread {
        /// The tokens, where they are known.
        tokens: Arc<[Arc<str>]>,
        /// How many distinct tokens there are.
        count: u32,
    },
    /// One of several tokens, by the row of a data set that the thread has.
    Rows {
        /// The values of the header, each once.
        tokens: Arc<[Arc<str>]>,
        /// The variable that has the row.
        variable: u32,
        /// Which of the values a row has.
        place: Arc<ByValue<u32>>,
    },
}

/// A message on a WebSocket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SocketMessage {
    /// What is written. `None`: the sampler only reads.
    pub write: Option<Arc<str>>,
    /// Whether it waits for a message.
    pub read: bool,
    /// The longest wait for it.
    pub timeout: Nanos,
}
