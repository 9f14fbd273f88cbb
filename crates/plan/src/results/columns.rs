//! What the columns of a table of requests mean, by their names or by JMeter's default order.

/// The meaning of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Start,
    Elapsed,
    Label,
    Method,
    Code,
    Message,
    Thread,
    Success,
    Failure,
    Received,
    Sent,
    AllThreads,
    Url,
    Latency,
    Connect,
    RetryAfter,
    Limit,
    /// Known, and of no use here.
    Ignored,
    /// A variable of the plan.
    Extra(String),
}

/// JMeter's columns in the order in which a file without a header has them. (`SaveService`, with the defaults of
/// `jmeter.properties`.)
const DEFAULT: [&str; 17] = [
    "timeStamp",
    "elapsed",
    "label",
    "responseCode",
    "responseMessage",
    "threadName",
    "dataType",
    "success",
    "failureMessage",
    "bytes",
    "sentBytes",
    "grpThreads",
    "allThreads",
    "URL",
    "Latency",
    "IdleTime",
    "Connect",
];

/// Names of columns that tables of totals have, and that a table of requests has not.
const TOTALS: [&str; 7] =
    ["requestcount", "requestss", "totalrequestcount", "occurrences", "samples", "average", "failurecount"];

/// The meaning of each column of a header.
pub(super) fn roles(header: &csv::StringRecord) -> Vec<Role> {
    header.iter().map(role).collect()
}

/// The meaning of the columns of a table without a header that has `width` columns. JMeter 3 and 4 write no URL, JMeter 3.0
/// no sent bytes either. Columns beyond the defaults are variables of the plan.
pub(super) fn default_roles(width: usize) -> Vec<Role> {
    let missing: &[&str] = match width {
        16 => &["URL"],
        15 => &["URL", "sentBytes"],
        _ => &[],
    };
    let known = DEFAULT.iter().filter(|name| !missing.contains(name)).map(|name| role(name));
    let extra = (DEFAULT.len()..width).map(|column| Role::Extra(format!("column {}", column + 1)));
    known.chain(extra).take(width).collect()
}

/// Whether a header is that of a table of totals, such as those of Locust's `--csv` or of JMeter's Aggregate Report.
pub(super) fn is_of_totals(header: &csv::StringRecord) -> bool {
    header.iter().any(|name| TOTALS.contains(&&*plain(name)))
}

fn role(name: &str) -> Role {
    match &*plain(name) {
        "timestamp" | "ts" | "starttime" | "time" | "start" => Role::Start,
        "elapsed" | "t" | "responsetime" | "responsetimems" | "elapsedms" | "duration" => Role::Elapsed,
        "label" | "lb" | "name" | "samplerlabel" => Role::Label,
        "method" | "requesttype" => Role::Method,
        "responsecode" | "rc" | "statuscode" | "status" | "code" | "httpstatus" => Role::Code,
        "responsemessage" | "rm" => Role::Message,
        "threadname" | "tn" | "thread" | "vu" => Role::Thread,
        "success" | "s" => Role::Success,
        "failuremessage" | "exception" | "error" => Role::Failure,
        "bytes" | "by" | "responselength" => Role::Received,
        "sentbytes" | "sby" => Role::Sent,
        "allthreads" | "na" => Role::AllThreads,
        "url" => Role::Url,
        "latency" | "lt" => Role::Latency,
        "connect" | "ct" => Role::Connect,
        "retryafter" => Role::RetryAfter,
        "limit" | "limitname" => Role::Limit,
        "datatype" | "dt" | "grpthreads" | "ng" | "idletime" | "it" | "encoding" | "de" | "samplecount"
        | "sc" | "errorcount" | "ec" | "filename" | "responsefilename" => Role::Ignored,
        _ => Role::Extra(name.trim().to_owned()),
    }
}

/// A name in small letters, without blanks and signs.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// How many columns have a meaning.
pub(super) fn known(roles: &[Role]) -> usize {
    roles.iter().filter(|role| !matches!(role, Role::Extra(_))).count()
}
