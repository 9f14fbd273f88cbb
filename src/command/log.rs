//! The log on stderr, filtered by `RUST_LOG`.

use std::env;
use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use super::args::LogFormat;
use crate::panics;

/// Crates that log the frames of WebSockets, with guests' tokens, at TRACE.
const TALKATIVE: [&str; 2] = ["tokio_tungstenite", "tungstenite"];

/// Starts the log with the filter of `RUST_LOG`, or with `level`.
pub(super) fn to_stderr(format: LogFormat, level: LevelFilter) {
    panics::log();
    let wanted = read_targets(env::var("RUST_LOG").ok().as_deref(), level);
    let wanted = wanted.and(filter_fn(is_discreet).with_max_level_hint(LevelFilter::TRACE));
    // An error of writing to stderr can not be reported there.
    let log = fmt::layer().log_internal_errors(false).with_writer(io::stderr).with_ansi(in_colour());
    let _ = match format {
        LogFormat::Text => registry().with(log.with_target(false).with_filter(wanted)).try_init(),
        LogFormat::Json => registry().with(log.json().with_filter(wanted)).try_init(),
    };
}

/// Whether to write colour codes: in a terminal, unless the environment forbids them.
fn in_colour() -> bool {
    io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The levels and targets of `text`, which is `LEVEL`, `TARGET=LEVEL` or several with commas; without it, or
/// where it does not parse, `level` for all targets.
fn read_targets(text: Option<&str>, level: LevelFilter) -> Targets {
    let directives = text.map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    let parsed = directives.and_then(|directives| directives.join(",").parse().ok());
    parsed.unwrap_or_else(|| Targets::new().with_default(level))
}

/// Whether an event may be logged, independent of `RUST_LOG`.
fn is_discreet(event: &Metadata<'_>) -> bool {
    let talks = || TALKATIVE.iter().any(|name| event.target().starts_with(name));
    *event.level() < Level::TRACE || !talks()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_targets_are_read_as_they_are_usually_written() {
        for (text, gcmock, hyper, h2) in [
            (None, LevelFilter::INFO, LevelFilter::INFO, LevelFilter::INFO),
            (Some("debug"), LevelFilter::DEBUG, LevelFilter::DEBUG, LevelFilter::DEBUG),
            (Some("OFF"), LevelFilter::OFF, LevelFilter::OFF, LevelFilter::OFF),
            (Some("warn,hyper=trace"), LevelFilter::WARN, LevelFilter::TRACE, LevelFilter::WARN),
            (Some("hyper = debug, h2=error"), LevelFilter::INFO, LevelFilter::INFO, LevelFilter::INFO),
            (Some(" hyper=debug, h2=error"), LevelFilter::OFF, LevelFilter::DEBUG, LevelFilter::ERROR),
            (Some("gcmock"), LevelFilter::TRACE, LevelFilter::OFF, LevelFilter::OFF),
            (Some("a=b=c"), LevelFilter::INFO, LevelFilter::INFO, LevelFilter::INFO),
            (Some("hyper=loud"), LevelFilter::INFO, LevelFilter::INFO, LevelFilter::INFO),
        ] {
            let wanted = read_targets(text, LevelFilter::INFO);
            for (target, level) in [("gcmock::server", gcmock), ("hyper::proto", hyper), ("h2", h2)] {
                for asked in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
                    assert_eq!(
                        wanted.would_enable(target, &asked),
                        asked <= level,
                        "{text:?} {target} {asked}"
                    );
                }
            }
        }
    }
}
