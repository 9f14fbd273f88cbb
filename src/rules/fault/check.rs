//! What faults name: the limits of `refuse`, the edges of `edge_down`, and the kinds of requests of `match`.

use super::kind::strikes;
use super::read::FaultEntry;
use super::{EVERY_EDGE, Fault, FaultKind, MAX_FAULTS};
use crate::rules::Config;
use crate::rules::pattern::{Pattern, PatternMethod};
use crate::rules::problem::{Problem, Problems};

/// Reports patterns of requests that the kind of their fault does not strike, and too many faults.
pub(in crate::rules) fn entries(faults: &[FaultEntry], problems: &mut Vec<Problem>) {
    for fault in faults {
        let Some(kind) = &fault.kind else { continue };
        for pattern in fault.patterns.iter().filter(|pattern| !fits(&pattern.value, strikes(&kind.value))) {
            let message = format!("this kind of fault does not fit \"{}\"", pattern.value);
            problems.push(Problem::new(&pattern.location, message, expected(strikes(&kind.value))));
        }
    }
    if let Some(excess) = faults.get(MAX_FAULTS).and_then(|fault| fault.name.as_ref()) {
        problems.push(Problem::new(&excess.location, "too many faults", format!("at most {MAX_FAULTS}")));
    }
}

fn expected((http, handshakes, messages): (bool, bool, bool)) -> String {
    let words = [(http, "an HTTP method"), (handshakes, "WS"), (messages, "WS-MESSAGE")];
    words.iter().filter(|(fits, _)| *fits).map(|(_, word)| *word).collect::<Vec<_>>().join(" or ")
}

fn fits(pattern: &Pattern, (http, handshakes, messages): (bool, bool, bool)) -> bool {
    match pattern.method() {
        PatternMethod::Http(_) => http,
        PatternMethod::Ws => handshakes,
        PatternMethod::WsMessage(_) => messages,
    }
}

/// The faults whose limit is not in force.
pub(in crate::rules) fn limits(config: &Config) -> Problems {
    let known = |name: &str| config.limits.iter().any(|limit| *limit.rule.name == *name);
    let problem = |fault: &Fault| {
        let FaultKind::Refuse(name) = &fault.kind else { return None };
        (!known(name)).then(|| {
            let names: Vec<_> = config.limits.iter().map(|limit| &*limit.rule.name).collect();
            let expected = if names.is_empty() {
                "the name of a limit; there is none".to_owned()
            } else {
                names.join(", ")
            };
            Problem::new(&fault.location, format!("`refuse` is \"{name}\", which is not a limit"), expected)
        })
    };
    Problems(config.faults.iter().filter_map(problem).collect())
}

/// The faults whose edge is not one of `edges`.
pub(in crate::rules) fn edges(config: &Config, edges: &[String]) -> Problems {
    let problem = |fault: &Fault| {
        let FaultKind::EdgeDown(label) = &fault.kind else { return None };
        let known = &**label == EVERY_EDGE || edges.iter().any(|edge| *edge == **label);
        (!known).then(|| {
            let message = format!("`edge_down` is \"{label}\", which is not an edge");
            Problem::new(&fault.location, message, format!("\"*\" or one of {}", edges.join(", ")))
        })
    };
    Problems(config.faults.iter().filter_map(problem).collect())
}
