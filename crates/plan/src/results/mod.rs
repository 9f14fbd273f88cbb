//! The samples of a run, as a result file or a journal has them, and the reading of result files.
//!
//! | module | has |
//! |---|---|
//! | `read` | the format of a file |
//! | `table`, `columns` | CSV with one row for each request: JMeter's JTL, Locust's listeners |
//! | `k6` | k6's CSV, with one row for each metric |
//! | `offsets` | the CSV of hey and oha, with times since the start |
//! | `vegeta` | the CSV and the JSON lines of vegeta |
//! | `xml` | JMeter's XML |
//! | `number`, `stamp`, `status`, `path` | the texts of fields: counts and times, instants, codes, URLs |
//! | `collector`, `input` | the building of [`Results`] within bounds; the bound of one record |
//! | `merge`, `skew` | several files as one; the difference of their clocks |
//!
//! A new format gets a file here, and an arm in `read` or in `table`.

mod collector;
mod columns;
mod error;
mod input;
mod k6;
mod merge;
mod number;
mod offsets;
mod path;
mod read;
mod skew;
mod stamp;
mod status;
mod table;
mod vegeta;
mod xml;

use std::sync::Arc;

pub use self::error::ReadError;
pub use self::merge::merge;
pub use self::read::read;

use crate::Nanos;

/// The samples of one run, sorted by their start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// The labels of samplers. [`Sample::label`] is an index of them.
    pub labels: Vec<Arc<str>>,
    /// The path of each label's requests, with `*` and `**` where they differ. Empty where the file has no URLs.
    pub paths: Vec<Arc<str>>,
    /// The names of threads, connections or other users of the load tool. [`Sample::thread`] is an index of them.
    pub threads: Vec<Arc<str>>,
    /// The names of the extra columns that the file has beside those of [`Sample`]: variables of the plan such as
    /// a token.
    pub columns: Vec<Arc<str>>,
    /// The samples.
    pub samples: Vec<Sample>,
    /// The statuses by which the server refuses.
    pub refused: RefusedStatuses,
    /// One sentence for each doubtful thing that did not prevent reading: a clock that steps, a last row that is cut off.
    pub warnings: Vec<String>,
}

/// The statuses by which a server refuses: 429, unless others are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedStatuses(pub Vec<u16>);

impl Default for RefusedStatuses {
    fn default() -> Self {
        Self(vec![429])
    }
}

/// One request and its answer, or one row of another kind that the load tool wrote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The instant at which the sample started, after its timers, since the Unix epoch.
    pub start: Nanos,
    /// The time from the start to the end of the answer. It includes the time of a new connection.
    pub elapsed: Nanos,
    /// The time to the first byte of the answer.
    pub latency: Nanos,
    /// The time that a new connection took.
    pub connect: Nanos,
    /// Index of the sampler's label.
    pub label: u32,
    /// Index of the thread.
    pub thread: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether the load tool counts it as a success.
    pub success: bool,
    /// Whether the row is a transaction: the sum of other rows.
    pub transaction: bool,
    /// Bytes received.
    pub received: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Active threads of all groups at the end of the sample.
    pub all_threads: u32,
    /// The seconds that `Retry-After` named, where the file has them.
    pub retry_after: Option<u32>,
    /// The limit that refused, where the file names it.
    pub limit: Option<Arc<str>>,
    /// The values of [`Results::columns`], in their order.
    pub extra: Box<[Arc<str>]>,
}

/// How a sample ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// An answer with an HTTP status.
    Status(u16),
    /// No answer: what the load tool wrote in its place, such as `Non HTTP response code: …`.
    Failed(Arc<str>),
    /// A row without a code: a script, a pause.
    #[default]
    Silent,
}

impl Outcome {
    /// The outcome of a request in the journal of gcmock, whose status is 0 where a fault reset the connection.
    pub fn of_journal(status: u16) -> Self {
        if status == 0 { Self::Failed("Connection reset by a fault".into()) } else { Self::Status(status) }
    }

    /// Whether there is an answer, and it is below 400.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Status(..400))
    }
}
