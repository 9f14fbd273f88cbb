//! The answer as a limits file.

use std::fmt::Write;

use gcmock_limit::Algorithm;

use super::text::{alternative, sentence};
use super::words::{number, percent, ranges, whole};
use crate::Nanos;
use crate::learn::number::float;
use crate::learn::{By, Learned, Limit, Shape, Written};
use crate::results::{Outcome, Results};

/// The pattern of a limit whose operations are not known.
const EVERY_CALL: &str = "* /api/v2/**";
/// The same of a limit of handshakes: the WebSocket samplers of JMeter write no URL.
const EVERY_SOCKET: &str = "WS /**";
/// More operations than these are written as every call.
const MOST: usize = 200;

/// The learned limits as a limits file. What they rest on is in comments. Limits that do not fit the run are written as comments.
///
/// `known` says whether a pattern such as `GET /api/v2/users/*` matches an operation; others are named in a comment only, because a limits file
/// with them is refused.
pub fn to_limits(learned: &Learned, results: &Results, known: &dyn Fn(&str) -> bool) -> String {
    let mut text = comment("Written by gcmock learn.") + &comment(&sentence(learned, results));
    text += &comment(&format!(
        "Of {} requests {} were refused; {} contradictions.",
        learned.rows,
        learned.refused,
        percent(learned.contradictions)
    ));
    for warning in &learned.warnings {
        text += &comment(&format!("Note: {warning}."));
    }
    for tie in &learned.ties {
        text += &comment(&format!("As good: {}.", alternative(tie, results)));
    }
    for question in &learned.questions {
        text += &comment(&format!("Not known: {} {}", question.question, question.probe.words));
    }
    for (index, limit) in learned.limits.iter().enumerate() {
        let table = table(limit, index, results, known);
        text.push('\n');
        text += &if learned.has_limits() { table } else { commented(&table) };
        if index == 0 && learned.has_limits() && learned.answers[0] > 0 {
            text += &latency(learned, &known_patterns(limit, results, known).0);
        }
    }
    text
}

fn commented(table: &str) -> String {
    let line = |line: &str| if line.starts_with('#') { format!("{line}\n") } else { format!("# {line}\n") };
    table.lines().map(line).collect::<Vec<_>>().concat()
}

/// Lines of a comment. Labels come from files, so control characters become blanks.
fn comment(text: &str) -> String {
    let clean: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in clean.split_whitespace() {
        if line.chars().count() + word.chars().count() > 110 && line != "#" {
            let _ = writeln!(lines, "{line}");
            line = String::from("#");
        }
        line = line + " " + word;
    }
    lines + &line + "\n"
}

fn table(limit: &Limit, index: usize, results: &Results, known: &dyn Fn(&str) -> bool) -> String {
    let mut text = comment(&format!("Explains {} refusals: {}.", limit.explained, ranges(limit)));
    text += &remarks(limit, results);
    let (patterns, unknown) = known_patterns(limit, results, known);
    if !unknown.is_empty() {
        text += &comment(&format!("Seen, but not emulated by gcmock: {}.", unknown.join(", ")));
    }
    let number = index + 1;
    let _ = write!(
        text,
        "[[limit]]\nname = \"learned-{number}\"\nnamespace = \"learned\"\nkey = \"learned.{number}\"\n"
    );
    let _ = writeln!(text, "scope = [{}]", quoted(&scopes(&limit.scope.by)));
    let _ = writeln!(text, "match = [{}]", quoted(&patterns));
    text + &algorithm(limit) + "source = \"learned\"\n"
}

/// The patterns of a limit that match operations, or every call; and the others.
fn known_patterns(
    limit: &Limit,
    results: &Results,
    known: &dyn Fn(&str) -> bool,
) -> (Vec<String>, Vec<String>) {
    let (patterns, unknown): (Vec<_>, Vec<_>) =
        patterns(limit, results).into_iter().partition(|pattern| known(pattern));
    let every = if covers_handshakes(limit, results) { EVERY_SOCKET } else { EVERY_CALL };
    (if patterns.is_empty() { vec![every.to_owned()] } else { patterns }, unknown)
}

/// Whether each request that the limit covers and admitted opened a WebSocket.
fn covers_handshakes(limit: &Limit, results: &Results) -> bool {
    let labels = &limit.scope.labels;
    let mut statuses = results
        .samples
        .iter()
        .filter(|sample| labels.is_empty() || labels.contains(&sample.label))
        .filter_map(|sample| if let Outcome::Status(status) = sample.outcome { Some(status) } else { None })
        .filter(|status| *status < 400)
        .peekable();
    statuses.peek().is_some() && statuses.all(|status| status == 101)
}

/// How long the answers took, so that a rehearsal against the learned limits has the same pace.
fn latency(learned: &Learned, patterns: &[String]) -> String {
    let [admitted, refused] = learned.answers.map(duration);
    let comment =
        comment("How long answers took in the run, in the median. It includes the way there and back.");
    format!(
        "\n{comment}[[latency]]\nmatch = [{}]\nbase = \"{admitted}\"\nthrottled = \"{refused}\"\n",
        quoted(patterns)
    )
}

/// What the limits file cannot say, or only nearly.
fn remarks(limit: &Limit, results: &Results) -> String {
    let kind = match limit.shape {
        Shape::SlidingWindow { .. } | Shape::SlidingCounter { .. } => "gcmock has no sliding window.",
        Shape::Stepped { refill: None, .. } => {
            "gcmock's windows are opened by a request, and not where the one before ends."
        }
        Shape::Stepped { refill: Some(_), .. } => "gcmock's buckets refill evenly, and not at once.",
        Shape::Ban => {
            "The run does not show when the ban ends. This window is as long as what was seen of it: make it longer."
        }
        _ if limit.lengths.numbers.1.is_infinite() => {
            "The run does not show when the window ends: the period may be longer."
        }
        Shape::AlignedWindow { .. } => {
            "gcmock's windows are opened by their first request, not by the clock."
        }
        _ => "",
    };
    let by = match &limit.scope.by {
        By::Thread => {
            "Counted by user of the load tool: change the scope if that is a token or a user.".to_owned()
        }
        By::Column(name) => format!("Counted by the column {name}: change the scope if that is no token."),
        By::All | By::Label => String::new(),
    };
    let replayed = limit.written.map_or_else(String::new, replayed);
    let names = labels(limit, results);
    let covers = if names.is_empty() { String::new() } else { format!("Covers {}.", names.join(", ")) };
    let remarks = [kind, replayed.as_str(), by.as_str(), covers.as_str()];
    remarks.into_iter().filter(|remark| !remark.is_empty()).map(comment).collect::<Vec<_>>().concat()
}

/// How well what is written predicts the run.
fn replayed(written: Written) -> String {
    let Written { algorithm, refused, of } = written;
    let kind = match algorithm {
        Algorithm::TokenBucket { .. } => "A token bucket",
        _ => "A window that its first request opens",
    };
    format!("{kind} comes nearest: over this run it refuses {refused} requests, where {of} were refused.")
}

fn labels<'r>(limit: &Limit, results: &'r Results) -> Vec<&'r str> {
    let labels = limit.scope.labels.iter().filter_map(|label| results.labels.get(*label as usize));
    labels.map(|label| &**label).collect()
}

fn scopes(by: &By) -> Vec<String> {
    let scopes: &[&str] = match by {
        By::All => &["tenant"],
        By::Label => &["tenant", "endpoint"],
        By::Thread => &["connection"],
        By::Column(name) => column(name),
    };
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}

/// The scope that a column's name says, else a token.
fn column(name: &str) -> &'static [&'static str] {
    const SCOPES: [(&str, &[&str]); 8] = [
        ("tenant", &["tenant"]),
        ("org", &["tenant"]),
        ("client", &["client"]),
        ("user", &["user"]),
        ("edge", &["edge"]),
        ("host", &["ip"]),
        ("address", &["ip"]),
        ("file", &["ip"]),
    ];
    let name = name.to_ascii_lowercase();
    SCOPES.iter().find(|(word, _)| name.contains(word)).map_or(&["token"], |(_, scopes)| scopes)
}

/// The operations of the limit's labels, from the labels or the URLs of their requests. None if there are too many.
fn patterns(limit: &Limit, results: &Results) -> Vec<String> {
    let all: Vec<u32> = (0u32..).take(results.labels.len()).collect();
    let labels = if limit.scope.labels.is_empty() { &all } else { &limit.scope.labels };
    let mut patterns: Vec<String> = labels.iter().filter_map(|label| pattern(results, *label)).collect();
    patterns.sort();
    patterns.dedup();
    if patterns.len() > MOST { Vec::new() } else { patterns }
}

fn pattern(results: &Results, label: u32) -> Option<String> {
    let text = results.labels.get(label as usize)?;
    from_label(text).or_else(|| {
        let path = results.paths.get(label as usize).filter(|path| path.starts_with('/'))?;
        Some(format!("* {}", valid(path)?))
    })
}

/// A label that is itself an operation, such as `GET /api/v2/users/{id}`.
fn from_label(label: &str) -> Option<String> {
    let (method, path) = label.split_once(' ').unwrap_or(("*", label));
    let known =
        matches!(method, "*" | "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" | "WS");
    (known && path.starts_with('/')).then(|| valid(path).map(|path| format!("{method} {path}")))?
}

/// A path as a pattern: a placeholder is one segment. None if it has letters that a limits file does not take.
fn valid(path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next()?;
    let segment = |segment: &str| {
        if segment.starts_with('{') || segment.starts_with(':') { "*".to_owned() } else { segment.to_owned() }
    };
    let path = path.split('/').map(segment).collect::<Vec<_>>().join("/");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.~*".contains(letter);
    (path.len() < 500 && path.chars().all(plain)).then_some(path)
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

fn algorithm(limit: &Limit) -> String {
    let counted = if limit.shape.counts_refused() { "count_refused = true\n" } else { "" };
    if let Some(written) = limit.written {
        return engine_algorithm(written.algorithm) + counted;
    }
    let capacity = limit.capacity.clamp(1, u32::MAX.into());
    let kind = |name: &str| format!("algorithm = \"{name}\"\ncapacity = {capacity}\n");
    match limit.shape {
        Shape::TokenBucket { rate } => {
            let (refill, period) = refill(rate);
            kind("token-bucket") + &format!("refill = {refill}\nperiod = \"{period}s\"\n")
        }
        Shape::FixedWindow { period, lockout, .. } => {
            let lockout =
                lockout.map_or_else(String::new, |lockout| format!("lockout = \"{}\"\n", duration(lockout)));
            kind("fixed-window") + &format!("period = \"{}\"\n", duration(period)) + &lockout + counted
        }
        Shape::Ban => {
            let least = duration(whole(limit.lengths.numbers.0));
            kind("fixed-window") + &format!("period = \"{least}\"\n")
        }
        Shape::Connections => kind("concurrency") + "hold = \"connection\"\n",
        _ => kind("concurrency"),
    }
}

/// An algorithm of the limit engine, as a limits file has it.
fn engine_algorithm(algorithm: Algorithm) -> String {
    let numbers = match algorithm {
        Algorithm::TokenBucket { refill, period, .. } => {
            format!("refill = {refill}\nperiod = \"{}\"\n", duration(period))
        }
        Algorithm::FixedWindow { period, .. } => format!("period = \"{}\"\n", duration(period)),
        Algorithm::Concurrency { .. } => String::new(),
    };
    format!("algorithm = \"{}\"\ncapacity = {}\n{numbers}", algorithm.name(), algorithm.capacity())
}

/// A rate as whole tokens in whole seconds, exact to four digits.
fn refill(rate: f64) -> (u64, u64) {
    for period in [1u64, 60, 10, 100, 1000, 3600] {
        let tokens = (rate * float(period)).round();
        if tokens >= 1.0 && (tokens / float(period) / rate - 1.0).abs() < 5e-5 {
            return (number_of(tokens), period);
        }
    }
    (number_of((rate * 100_000.0).round().max(1.0)), 100_000)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is positive and a cast saturates"
)]
fn number_of(tokens: f64) -> u64 {
    tokens.min(f64::from(u32::MAX)) as u64
}

fn duration(time: Nanos) -> String {
    let millis = (time + 500_000) / 1_000_000;
    if millis.is_multiple_of(1000) {
        format!("{}s", millis / 1000)
    } else {
        format!("{}ms", number(float(millis.max(1))))
    }
}
