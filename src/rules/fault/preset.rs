//! The faults that are embedded: what users of the platform report, each as a limits file with one `[[fault]]`.
//!
//! To add one: a file in `fixtures/faults`, an entry of [`PRESETS`], a row in `docs/faults.md`, and its name in
//! `limits.schema.json`.

use super::read::{self, FaultEntry};
use crate::rules::compile::Source;
use crate::rules::excerpt::excerpt;
use crate::rules::tree::{Node, Value};
use crate::spelling::nearest;

/// An embedded fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preset {
    /// Its name in `preset` and `--fault`.
    pub(crate) name: &'static str,
    /// Its summary, in one line.
    pub(crate) summary: &'static str,
    /// Its limits file.
    pub(crate) text: &'static str,
}

/// All of them.
pub(crate) const PRESETS: &[Preset] = &[
    Preset {
        name: "region-failover",
        summary: "after a minute every edge is down for 30 s: 503 for requests and handshakes, open sockets end",
        text: include_str!("../../../fixtures/faults/region-failover.toml"),
    },
    Preset {
        name: "auth-outage",
        summary: "after a minute the login host answers 503 for a minute; tokens that exist stay valid",
        text: include_str!("../../../fixtures/faults/auth-outage.toml"),
    },
    Preset {
        name: "silent-sockets",
        summary: "one in ten notification sockets stays open after its fifth frame and sends nothing more",
        text: include_str!("../../../fixtures/faults/silent-sockets.toml"),
    },
    Preset {
        name: "gateway-502",
        summary: "after a minute one in five requests is a 502, for 30 s",
        text: include_str!("../../../fixtures/faults/gateway-502.toml"),
    },
    Preset {
        name: "gateway-504",
        summary: "after a minute one in five requests is a 504, for 30 s",
        text: include_str!("../../../fixtures/faults/gateway-504.toml"),
    },
    Preset {
        name: "connection-resets",
        summary: "one in a hundred requests ends with a reset of its connection",
        text: include_str!("../../../fixtures/faults/connection-resets.toml"),
    },
];

impl Preset {
    /// Its limits file, to be layered over others.
    pub(crate) fn source(&self) -> Source {
        Source { name: format!("{}.toml", self.name), text: self.text.to_owned() }
    }

    /// The preset of that name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The preset whose name is nearest to an unknown one, if it is near.
    pub(crate) fn nearest(name: &str) -> Option<&'static Self> {
        const FAR: usize = 4;
        nearest(name, PRESETS.iter().map(|preset| preset.name), FAR).and_then(Self::find)
    }
}

/// The expected presets, and the one that `name` probably means. Only the beginning of a long name is compared.
pub(crate) fn expected(name: &str) -> String {
    let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
    let meant = Preset::nearest(&excerpt(name)).map(|preset| format!("; did you mean {}?", preset.name));
    format!("one of {}{}", names.join(", "), meant.unwrap_or_default())
}

/// The entry of a preset's file.
pub(super) fn entry(preset: &Preset) -> Option<FaultEntry> {
    let root = Node::from_toml(preset.name, preset.text).ok()?;
    let Value::Table(keys) = &root.value else { return None };
    let Value::Array(entries) = &keys.iter().find(|entry| entry.key == "fault")?.node.value else {
        return None;
    };
    read::read(entries.first()?, &mut Vec::new())
}
