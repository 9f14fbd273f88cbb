//! The kind of a fault: exactly one of its keys, and the keys that go with it.

use std::num::NonZeroU64;
use std::time::Duration;

use super::{FaultKind, Onset};
use crate::rules::file::whole_seconds;
use crate::rules::kinds::{DURATION, NAME, POSITIVE_DURATION, UNITS, integer, text};
use crate::rules::reader::{Kind, Located, Reader};
use crate::rules::tree::Value;

/// A kind of fault, with an example.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KindExample {
    /// The key of the kind.
    pub(crate) key: &'static str,
    /// The requests that it strikes; none where the kind has its own.
    pub(crate) matches: Option<&'static str>,
    /// A value, as JSON.
    pub(crate) value: &'static str,
}

const REQUESTS: Option<&str> = Some("* /api/v2/**");
const HANDSHAKES: Option<&str> = Some("WS /**");

/// All kinds.
pub(crate) const KINDS: [KindExample; 12] = [
    KindExample { key: "status", matches: REQUESTS, value: "503" },
    KindExample { key: "reset", matches: REQUESTS, value: "true" },
    KindExample { key: "close", matches: REQUESTS, value: "100" },
    KindExample { key: "stall", matches: REQUESTS, value: "\"30s\"" },
    KindExample { key: "slow", matches: REQUESTS, value: "\"1KiB/s\"" },
    KindExample { key: "garble", matches: REQUESTS, value: "true" },
    KindExample { key: "refuse", matches: REQUESTS, value: "\"name of a limit\"" },
    KindExample { key: "revoke", matches: REQUESTS, value: "true" },
    KindExample { key: "socket_close", matches: HANDSHAKES, value: "1006" },
    KindExample { key: "socket_silence", matches: HANDSHAKES, value: "true" },
    KindExample { key: "edge_down", matches: None, value: "\"*\"" },
    KindExample { key: "oauth_down", matches: None, value: "true" },
];

/// The key of each kind.
fn keys() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.key)
}

/// The keys that go with some kinds, and those kinds.
const DETAILS: [(&str, &[&str]); 4] = [
    ("retry_after", &["status"]),
    ("reason", &["socket_close"]),
    ("after_frames", &["socket_close", "socket_silence"]),
    ("after_time", &["socket_close", "socket_silence"]),
];

const STATUS: Kind<u16> = Kind {
    expected: "an integer from 400 to 599",
    read: |node| integer(node).filter(|status| (400..=599).contains(status)),
};
const BYTES: Kind<u32> = Kind { expected: "an integer from 0 to 4294967295", read: integer::<u32> };
const TRUE: Kind<()> = Kind {
    expected: "true",
    read: |node| if matches!(node.value, Value::Bool(true)) { Some(()) } else { None },
};
const RATE: Kind<NonZeroU64> = Kind {
    expected: "bytes a second such as \"1KiB/s\": an integer of at most 9 digits and B, KB, KiB, MB or MiB",
    read: |node| rate(text(node)?),
};
/// The codes that a close frame may have (RFC 6455, 7.4), and 1006, which has none.
const CODE: Kind<u16> = Kind {
    expected: "1000 to 1003, 1006 to 1014, or 3000 to 4999; 1006 ends the connection without a close frame",
    read: |node| integer(node).filter(|code| matches!(code, 1000..=1003 | 1006..=1014 | 3000..=4999)),
};
/// A close frame has room for 123 bytes.
const REASON: Kind<String> = Kind {
    expected: "a string of at most 123 bytes",
    read: |node| text(node).filter(|text| text.len() <= 123).map(str::to_owned),
};
const LABEL: Kind<String> = Kind { expected: "the label of an edge, or \"*\" for all", read: NAME.read };

/// Reads the kind: the value of the one key of a kind, with those that go with it.
pub(super) fn read(table: &mut Reader<'_, '_>) -> Option<Located<FaultKind>> {
    let written: Vec<_> = keys().filter_map(|key| Some((key, table.get(key)?))).collect();
    let Some((key, node)) = written.first().copied() else {
        for (detail, _) in DETAILS {
            table.get(detail);
        }
        table.problem(table.location(), "the fault has no kind", &one_of_the_keys());
        return None;
    };
    for (other, node) in &written[1..] {
        table.problem(&node.location, format!("`{other}` beside `{key}`"), &one_of_the_keys());
    }
    let allowed = |kinds: &[&str]| written.iter().any(|(key, _)| kinds.contains(key));
    for (detail, _) in DETAILS.into_iter().filter(|(_, kinds)| !allowed(kinds)) {
        table.forbid(detail, &format!("`{key}`"), "a kind of fault that has it");
    }
    let mut value = read_kind(table, key);
    for (other, _) in &written[1..] {
        value = read_kind(table, other).and(None);
    }
    Some(Located { value: value?, location: node.location.clone() })
}

/// Reports every key of a kind: a preset has one already.
pub(super) fn forbid(table: &mut Reader<'_, '_>) -> Option<Located<FaultKind>> {
    for key in keys().chain(DETAILS.map(|(key, _)| key)) {
        table.forbid(key, "`preset`", "name, match, scope, grant, share, after, times or between");
    }
    None
}

fn one_of_the_keys() -> String {
    format!("exactly one of {}", keys().collect::<Vec<_>>().join(", "))
}

fn read_kind(table: &mut Reader<'_, '_>, key: &'static str) -> Option<FaultKind> {
    let mut flag = |kind| table.required(key, &TRUE).map(|()| kind);
    match key {
        "reset" => flag(FaultKind::Reset),
        "garble" => flag(FaultKind::Garble),
        "revoke" => flag(FaultKind::Revoke),
        "oauth_down" => flag(FaultKind::OauthDown),
        "close" => table.required(key, &BYTES).map(FaultKind::Close),
        "stall" => table.required(key, &POSITIVE_DURATION).map(Duration::from_nanos).map(FaultKind::Stall),
        "slow" => table.required(key, &RATE).map(FaultKind::Slow),
        "refuse" => table.required(key, &NAME).map(|name| FaultKind::Refuse(name.into())),
        "edge_down" => table.required(key, &LABEL).map(|label| FaultKind::EdgeDown(label.into())),
        "status" => read_status(table),
        "socket_close" => read_socket_close(table),
        _ => {
            let onset = read_onset(table);
            table.required(key, &TRUE).map(|()| FaultKind::SocketSilence(onset))
        }
    }
}

fn read_status(table: &mut Reader<'_, '_>) -> Option<FaultKind> {
    let status = table.required("status", &STATUS);
    let retry_after = table.optional("retry_after", &DURATION).map(whole_seconds);
    Some(FaultKind::Status { status: status?, retry_after })
}

fn read_socket_close(table: &mut Reader<'_, '_>) -> Option<FaultKind> {
    let code = table.required("socket_close", &CODE);
    if code == Some(1006) {
        table.forbid(
            "reason",
            "`socket_close = 1006`, which sends no close frame",
            "a code with a close frame, such as 1011",
        );
    }
    let reason = table.optional("reason", &REASON).unwrap_or_default();
    let onset = read_onset(table);
    Some(FaultKind::SocketClose { code: code?, reason: reason.into(), onset })
}

fn read_onset(table: &mut Reader<'_, '_>) -> Onset {
    Onset {
        frames: table.optional("after_frames", &UNITS),
        time: table.optional("after_time", &POSITIVE_DURATION).map(Duration::from_nanos),
    }
}

/// The units of a rate, the greatest first.
const UNITS_OF_RATES: [(&str, u64); 5] =
    [("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10), ("KB", 1000), ("B", 1)];

/// A rate in the greatest unit that has it exactly, as a limits file has it.
pub(crate) fn format_rate(rate: NonZeroU64) -> String {
    let exact = |(_, unit): &&(&str, u64)| rate.get().is_multiple_of(*unit);
    let (name, unit) = UNITS_OF_RATES.iter().find(exact).unwrap_or(&("B", 1));
    format!("{}{name}/s", rate.get() / unit)
}

/// The bytes a second of `1KiB/s`.
fn rate(text: &str) -> Option<NonZeroU64> {
    let text = text.strip_suffix("/s")?;
    let digits = text.find(|c: char| !c.is_ascii_digit()).filter(|digits| (1..=9).contains(digits))?;
    let (_, unit) = UNITS_OF_RATES.into_iter().find(|(name, _)| *name == &text[digits..])?;
    NonZeroU64::new(text[..digits].parse::<u64>().ok()?.checked_mul(unit)?)
}

/// What a kind strikes, in the words of `match`: HTTP requests, handshakes, messages.
pub(super) const fn strikes(kind: &FaultKind) -> (bool, bool, bool) {
    match kind {
        FaultKind::Close(_)
        | FaultKind::Stall(_)
        | FaultKind::Slow(_)
        | FaultKind::Garble
        | FaultKind::Revoke
        | FaultKind::OauthDown => (true, false, false),
        FaultKind::Status { .. } | FaultKind::Reset | FaultKind::EdgeDown(_) => (true, true, false),
        FaultKind::Refuse(_) => (true, true, true),
        FaultKind::SocketClose { .. } | FaultKind::SocketSilence(_) => (false, true, true),
    }
}

#[cfg(test)]
mod tests {
    use super::{format_rate, rate};

    #[test]
    fn a_rate_is_a_number_of_bytes_a_second() {
        let bytes = |text| rate(text).map(std::num::NonZeroU64::get);
        for (text, expected) in [
            ("1B/s", 1),
            ("1KB/s", 1000),
            ("1KiB/s", 1024),
            ("20MB/s", 20_000_000),
            ("999999999MiB/s", 1_048_575_998_951_424),
        ] {
            assert_eq!(bytes(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "/s",
            "B/s",
            "0B/s",
            "1",
            "1B",
            "1/s",
            "1 B/s",
            "1.5KB/s",
            "-1B/s",
            "1GB/s",
            "1000000000B/s",
            "1b/s",
        ] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_formatted_is_read_back() {
        for text in
            ["1B/s", "1KB/s", "1KiB/s", "20KiB/s", "999MiB/s", "999999999MB/s", "999999999B/s", "1500B/s"]
        {
            assert_eq!(rate(&format_rate(rate(text).expect(text))), rate(text), "{text}");
        }
        assert_eq!(rate("20KiB/s").map(format_rate).as_deref(), Some("20KiB/s"));
    }
}
