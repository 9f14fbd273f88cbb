//! One `[[fault]]` as written, and as the configuration has it.

use gcmock_limit::Scopes;

use super::preset::{self, Preset};
use super::{Fault, FaultKind, Trigger, kind};
use crate::rules::compile::{texts, values};
use crate::rules::file::{read_grants, read_name, read_patterns};
use crate::rules::grant::Grants;
use crate::rules::kinds::{COUNT, DURATION, SCOPE, SHARE, UNITS};
use crate::rules::pattern::Pattern;
use crate::rules::problem::{Location, Problem};
use crate::rules::reader::{Located, Reader};
use crate::rules::tree::{Node, Value};
use crate::time::Nanos;

/// One `[[fault]]`.
#[derive(Clone, Debug)]
pub(in crate::rules) struct FaultEntry {
    location: Location,
    pub(in crate::rules) name: Option<Located<String>>,
    pub(in crate::rules) patterns: Vec<Located<Pattern>>,
    scope: Scopes,
    grants: Option<Grants>,
    trigger: Trigger,
    pub(in crate::rules) kind: Option<Located<FaultKind>>,
}

/// What the keys of an entry are read over: nothing, or a preset. An unknown preset is a problem, and nothing else of
/// the entry is missed.
enum Base {
    Nothing,
    Unknown,
    Preset(Box<FaultEntry>),
}

/// Reads an entry; its mistakes go to `problems`.
pub(in crate::rules) fn read(node: &Node, problems: &mut Vec<Problem>) -> Option<FaultEntry> {
    let mut table = Reader::open(node, "`fault`", problems)?;
    let base = read_base(&mut table);
    let kind = match &base {
        Base::Nothing => kind::read(&mut table),
        Base::Unknown => kind::forbid(&mut table),
        Base::Preset(entry) => kind::forbid(&mut table).or_else(|| entry.kind.clone()),
    };
    let trigger = read_trigger(&mut table, &base);
    let entry = FaultEntry {
        location: table.location().clone(),
        name: name_of(&mut table, &base),
        patterns: patterns_of(&mut table, &base, kind.as_ref()),
        scope: read_scope(&mut table)
            .unwrap_or_else(|| base.entry().map_or_else(Scopes::default, |of| of.scope)),
        grants: read_grants(&mut table).or_else(|| base.entry()?.grants),
        trigger,
        kind,
    };
    table.finish();
    Some(entry)
}

impl Base {
    fn entry(&self) -> Option<&FaultEntry> {
        if let Self::Preset(entry) = self { Some(entry) } else { None }
    }
}

fn read_base(table: &mut Reader<'_, '_>) -> Base {
    let Some(node) = table.get("preset") else { return Base::Nothing };
    let name = if let Value::String(name) = &node.value { name.as_str() } else { "" };
    if let Some(entry) = Preset::find(name).and_then(preset::entry) {
        return Base::Preset(Box::new(entry));
    }
    table.problem(&node.location, format!("`preset` is {}", node.display()), &preset::expected(name));
    Base::Unknown
}

fn name_of(table: &mut Reader<'_, '_>, base: &Base) -> Option<Located<String>> {
    if matches!(base, Base::Nothing) || table.get("name").is_some() {
        return read_name(table);
    }
    let name = base.entry()?.name.as_ref()?;
    Some(Located { value: name.value.clone(), location: table.location().clone() })
}

/// `match`; without it, that of the preset, or all requests where the kind itself names them.
fn patterns_of(
    table: &mut Reader<'_, '_>,
    base: &Base,
    kind: Option<&Located<FaultKind>>,
) -> Vec<Located<Pattern>> {
    let default = kind.map_or(&[][..], |kind| kind.value.all_requests());
    if table.get("match").is_some() || matches!(base, Base::Nothing) && default.is_empty() {
        return read_patterns(table);
    }
    if let Some(entry) = base.entry() {
        return entry.patterns.clone();
    }
    let location = table.location();
    let parsed = default.iter().filter_map(|text| Pattern::parse(text).ok());
    parsed.map(|value| Located { value, location: location.clone() }).collect()
}

impl FaultKind {
    /// `match` where none is written, for the kinds that name their requests themselves.
    const fn all_requests(&self) -> &'static [&'static str] {
        match self {
            Self::EdgeDown(_) => &["* /**", "WS /**"],
            Self::OauthDown => &["* /**"],
            _ => &[],
        }
    }
}

fn read_scope(table: &mut Reader<'_, '_>) -> Option<Scopes> {
    let node = table.get("scope")?;
    let scopes = table.list("scope", node, &SCOPE);
    Some(scopes.into_iter().fold(Scopes::default(), Scopes::with))
}

fn read_trigger(table: &mut Reader<'_, '_>, base: &Base) -> Trigger {
    let base = base.entry().map_or(Trigger::ALWAYS, |entry| entry.trigger);
    Trigger {
        share: table.optional("share", &SHARE).unwrap_or(base.share),
        after: table.optional("after", &COUNT).unwrap_or(base.after),
        times: table.optional("times", &UNITS).or(base.times),
        between: read_between(table).or(base.between),
    }
}

/// Two durations, the first less than the second.
fn read_between(table: &mut Reader<'_, '_>) -> Option<(Nanos, Nanos)> {
    const EXPECTED: &str = "an array of two durations such as [\"60s\", \"90s\"]";
    let node = table.get("between")?;
    let Value::Array(nodes) = &node.value else {
        table.problem(&node.location, format!("`between` is {}", node.display()), EXPECTED);
        return None;
    };
    if nodes.len() != 2 {
        let message = format!("`between` has {} elements", nodes.len());
        table.problem(&node.location, message, EXPECTED);
        return None;
    }
    let times = table.list("between", node, &DURATION);
    let [from, until] = *times.as_slice() else { return None };
    if from >= until {
        let expected = "a start, and an end after it";
        table.problem(&node.location, "`between` ends before it begins", expected);
        return None;
    }
    Some((from, until))
}

/// The fault of a complete entry; in a file without problems every one is complete.
pub(in crate::rules) fn assemble(entry: FaultEntry) -> Option<Fault> {
    Some(Fault {
        name: entry.name?.value.into(),
        matches: texts(&entry.patterns),
        patterns: values(entry.patterns),
        scope: entry.scope,
        grants: entry.grants,
        trigger: entry.trigger,
        kind: entry.kind?.value,
        location: entry.location,
    })
}
