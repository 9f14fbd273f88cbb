//! Plans that are made of others by a few changes: what people and tools do to a plan, and what a broken disk does.

use std::ops::Range;

use fastrand::Rng;
use roxmltree::Document;

/// Elements that take the place of others.
const KINDS: [&str; 24] = [
    "HTTPSamplerProxy",
    "TestAction",
    "JSR223Sampler",
    "LoopController",
    "WhileController",
    "IfController",
    "TransactionController",
    "RandomController",
    "InterleaveControl",
    "OnceOnlyController",
    "RunTime",
    "SwitchController",
    "CriticalSectionController",
    "ParallelSampler",
    "WeightedSwitchController",
    "ConstantTimer",
    "GaussianRandomTimer",
    "ConstantThroughputTimer",
    "SyncTimer",
    "HeaderManager",
    "CSVDataSet",
    "ThreadGroup",
    "SetupThreadGroup",
    "com.example.Unknown",
];
/// What takes the place of a number.
const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "2",
    "7",
    "100",
    "-1",
    "1.5",
    "2147483647",
    "9223372036854775807",
    "",
    "x",
    "${later}",
    "${__P(threads,3)}",
    "${__Random(1,5)}",
];
/// What takes the place of a flag.
const FLAGS: [&str; 5] = ["true", "false", "", "TRUE", "${__P(flag,true)}"];
/// A plan is not doubled past this size.
const LARGE: usize = 200_000;
/// Levels of elements around one. More than 100 are refused.
const DEEPEST: usize = 110;

/// A text that takes the place of a part of a plan.
type Splice = (Range<usize>, String);

/// The plan of this number: one of `sources` with one to six changes. The same number makes the same plan.
pub(crate) fn variation(sources: &[String], number: u64) -> String {
    let mut rng = Rng::with_seed(number);
    let mut text = rng.choice(sources).cloned().unwrap_or_default();
    for _ in 0..rng.usize(1..=6) {
        if let Some((range, with)) = change(&text, sources, &mut rng) {
            text.replace_range(range, &with);
        }
    }
    text
}

fn change(text: &str, sources: &[String], rng: &mut Rng) -> Option<Splice> {
    let document = Document::parse(text).ok()?;
    match rng.u8(0..20) {
        0..6 => value(&document, rng, &NUMBERS, |text| text.parse::<i64>().is_ok()),
        6..8 => value(&document, rng, &FLAGS, |text| ["true", "false"].contains(&text)),
        8..11 => other_kind(&document, rng),
        11..13 => doubled(&document, rng),
        13..15 => element(&document, rng).map(|range| (range, String::new())),
        15..17 => nested(&document, rng),
        17..19 => foreign(&document, sources, rng),
        _ => Some((cut(text, rng), String::new())),
    }
}

/// Another value of a property.
fn value(document: &Document<'_>, rng: &mut Rng, values: &[&str], fits: fn(&str) -> bool) -> Option<Splice> {
    let texts = document.descendants().filter(|node| node.is_text() && node.text().is_some_and(fits));
    let node = rng.choice(texts.collect::<Vec<_>>())?;
    Some((node.range(), (*rng.choice(values)?).to_owned()))
}

/// An element with what is below it: its own tag and the tree after it.
fn element(document: &Document<'_>, rng: &mut Rng) -> Option<Range<usize>> {
    let elements = document.descendants().filter(|node| node.is_element() && !node.has_tag_name("hashTree"));
    let ranges = elements.filter_map(|node| {
        let tree = node.next_sibling_element().filter(|next| next.has_tag_name("hashTree"))?;
        Some(node.range().start..tree.range().end)
    });
    rng.choice(ranges.collect::<Vec<_>>())
}

/// The element with the properties of its kind under the name of another.
fn other_kind(document: &Document<'_>, rng: &mut Rng) -> Option<Splice> {
    let named = document.descendants().filter(|node| node.attribute("testname").is_some());
    let node = rng.choice(named.collect::<Vec<_>>())?;
    let (old, new) = (node.tag_name().name(), rng.choice(KINDS)?);
    let text = &document.input_text()[node.range()];
    let text = text.replacen(&format!("<{old}"), &format!("<{new}"), 1);
    Some((node.range(), text.replace(&format!("</{old}>"), &format!("</{new}>"))))
}

fn doubled(document: &Document<'_>, rng: &mut Rng) -> Option<Splice> {
    let range = element(document, rng).filter(|_| document.input_text().len() < LARGE)?;
    let text = &document.input_text()[range.clone()];
    Some((range.end..range.end, text.repeat(rng.usize(1..4))))
}

/// The element within controllers, and now and then within too many.
fn nested(document: &Document<'_>, rng: &mut Rng) -> Option<Splice> {
    let range = element(document, rng)?;
    let levels = if rng.u8(0..8) == 0 { DEEPEST } else { rng.usize(1..4) };
    let mut text = document.input_text()[range.clone()].to_owned();
    for _ in 0..levels {
        let kind = rng.choice(&KINDS[3..15])?;
        let loops = "<stringProp name=\"LoopController.loops\">2</stringProp>";
        text = format!("<{kind} testname=\"Around\">{loops}</{kind}><hashTree>{text}</hashTree>");
    }
    Some((range, text))
}

/// An element of another plan, before one of this.
fn foreign(document: &Document<'_>, sources: &[String], rng: &mut Rng) -> Option<Splice> {
    let source = rng.choice(sources)?;
    let other = Document::parse(source).ok()?;
    let taken = element(&other, rng)?;
    let at = element(document, rng)?.start;
    Some((at..at, source[taken].to_owned()))
}

/// All from a place on.
fn cut(text: &str, rng: &mut Rng) -> Range<usize> {
    let start = (0..=rng.usize(0..=text.len())).rev().find(|at| text.is_char_boundary(*at));
    start.unwrap_or(0)..text.len()
}
