//! XML to the tree of a plan's elements. It bounds size and depth, reads no entity, and gives every element its line.

use std::sync::Arc;

use roxmltree::{Document, Node, ParsingOptions};

use super::ReadError;
use super::element::{Element, Property};

/// The most bytes of a plan. The largest plan known to its authors has a few megabytes.
const MOST_BYTES: usize = 64 << 20;

/// The most levels of nested elements. JMeter itself recurses over them.
const DEEPEST: u32 = 100;

/// Parses a plan: its top elements in file order.
pub(super) fn parse(text: &str) -> Result<Vec<Element>, ReadError> {
    if text.len() > MOST_BYTES {
        let size = text.len() >> 20;
        return Err(ReadError::whole(format!("the plan has {size} MiB; plans of at most 64 MiB are read")));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().is_empty() {
        return Err(ReadError::whole("the file is empty"));
    }
    if let Some(version) = version(text).filter(|version| *version != "1.0") {
        let message =
            format!("the plan is XML {version}, which JMeter does not read: write version=\"1.0\" in it");
        return Err(ReadError::line(1, message));
    }
    let lenient;
    let document = match document(text) {
        Ok(document) => document,
        Err(error) => {
            lenient = as_jmeter_reads(text);
            document(&lenient).map_err(|_| malformed(&error, text))?
        }
    };
    let reader = Reader { lines: line_starts(text) };
    let root = document.root_element();
    if root.tag_name().name() != "jmeterTestPlan" {
        let name = root.tag_name().name();
        let message =
            format!("this is not a JMeter plan: its first element is <{name}>, not <jmeterTestPlan>");
        return Err(ReadError::line(reader.line(root), message));
    }
    let tree = root.children().find(|child| child.has_tag_name("hashTree"));
    tree.map_or_else(|| Ok(Vec::new()), |tree| reader.tree(tree, 0))
}

/// The version of XML that the declaration of a text names.
fn version(text: &str) -> Option<&str> {
    let declaration = text.strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split_once("version")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next()
}

fn document(text: &str) -> Result<Document<'_>, roxmltree::Error> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 16_000_000, ..ParsingOptions::default() };
    Document::parse_with_options(text, options)
}

/// The text without what JMeter's parser passes over and XML forbids: all after the plan's end, as when a shorter file was
/// written over a longer one, and control characters.
fn as_jmeter_reads(text: &str) -> String {
    const END: &str = "</jmeterTestPlan>";
    let end = text.find(END).map_or(text.len(), |at| at + END.len());
    let mut plain = String::with_capacity(end);
    let mut rest = &text[..end];
    while let Some(at) = rest.find("&#") {
        let (before, reference) = rest.split_at(at);
        plain.push_str(before);
        let length = reference.find(';').map_or(reference.len(), |at| at + 1);
        let (reference, after) = reference.split_at(length);
        plain.push_str(if is_control(reference) { REPLACEMENT } else { reference });
        rest = after;
    }
    plain.push_str(rest);
    plain.replace(|c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r'), REPLACEMENT)
}

/// Stands for a character that XML does not have.
const REPLACEMENT: &str = "\u{fffd}";

/// Whether a character reference names a control character.
fn is_control(reference: &str) -> bool {
    let digits = reference.trim_start_matches("&#").trim_end_matches(';');
    let code = match digits.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    code.is_ok_and(|code| code < 0x20 && !matches!(code, 9 | 10 | 13))
}

fn malformed(error: &roxmltree::Error, text: &str) -> ReadError {
    let place = error.pos();
    let message = match error {
        roxmltree::Error::DtdDetected => {
            let line = text.find("<!DOCTYPE").map_or(1, |at| text[..at].matches('\n').count() + 1);
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            return ReadError::line(
                line,
                "the plan has a DOCTYPE. JMeter writes none, and entities are not read",
            );
        }
        roxmltree::Error::UnclosedRootNode | roxmltree::Error::UnexpectedEndOfStream => {
            let lines = text.matches('\n').count() + 1;
            let last = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let place = (u32::try_from(lines).unwrap_or(u32::MAX), u32::try_from(last).unwrap_or(u32::MAX));
            let message = "not well-formed XML: the file ends before its elements do".to_owned();
            return ReadError { file: None, place: Some(place), message };
        }
        roxmltree::Error::NodesLimitReached => {
            return ReadError::whole("the plan has more than 16 million nodes");
        }
        _ => {
            let said = error.to_string();
            // The library's sentence ends in the place, which stands in front of ours.
            let said = said.split(" at ").next().unwrap_or(&said).trim_end_matches('.');
            format!("not well-formed XML: {said}")
        }
    };
    ReadError { file: None, place: Some((place.row, place.col)), message }
}

/// The offset at which each line begins.
fn line_starts(text: &str) -> Vec<usize> {
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
}

struct Reader {
    lines: Vec<usize>,
}

impl Reader {
    fn line(&self, node: Node<'_, '_>) -> u32 {
        let start = node.range().start;
        u32::try_from(self.lines.partition_point(|line| *line <= start)).unwrap_or(u32::MAX)
    }

    /// The elements of a `hashTree`: each is followed by the tree of its children.
    fn tree(&self, tree: Node<'_, '_>, depth: u32) -> Result<Vec<Element>, ReadError> {
        if depth > DEEPEST {
            return Err(ReadError::line(
                self.line(tree),
                "the elements are nested more than 100 levels deep",
            ));
        }
        let mut elements: Vec<Element> = Vec::new();
        for child in tree.children().filter(Node::is_element) {
            if child.has_tag_name("hashTree") {
                let below = self.tree(child, depth + 1)?;
                if let Some(last) = elements.last_mut() {
                    last.children.extend(below);
                }
            } else {
                elements.push(self.element(child)?);
            }
        }
        Ok(elements)
    }

    fn element(&self, node: Node<'_, '_>) -> Result<Element, ReadError> {
        let tag = node.tag_name().name();
        Ok(Element {
            kind: Arc::from(tag.rsplit('.').next().unwrap_or(tag)),
            name: Arc::from(node.attribute("testname").unwrap_or_default()),
            line: self.line(node),
            file: None,
            enabled: node.attribute("enabled") != Some("false"),
            properties: self.properties(node, 0)?,
            children: Vec::new(),
        })
    }

    fn properties(&self, node: Node<'_, '_>, depth: u32) -> Result<Vec<Property>, ReadError> {
        if depth > DEEPEST {
            return Err(ReadError::line(
                self.line(node),
                "the properties are nested more than 100 levels deep",
            ));
        }
        node.children().filter(Node::is_element).map(|child| self.property(child, depth)).collect()
    }

    /// A property. The old form of numbers has its name and value as elements of their own.
    fn property(&self, node: Node<'_, '_>, depth: u32) -> Result<Property, ReadError> {
        let child = |name: &str| node.children().find(|child| child.has_tag_name(name));
        let name = node
            .attribute("name")
            .map_or_else(|| child("name").map(own_text).unwrap_or_default(), str::to_owned);
        let tag = node.tag_name().name();
        let nested = matches!(tag, "collectionProp" | "elementProp" | "mapProp" | "testelement");
        let items = if nested { self.properties(node, depth + 1)? } else { Vec::new() };
        let text =
            if nested { String::new() } else { child("value").map_or_else(|| own_text(node), own_text) };
        Ok(Property { name: name.into(), text: text.into(), items })
    }
}

/// The text of a node. Comments can divide it.
fn own_text(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|text| text.text()).collect()
}
