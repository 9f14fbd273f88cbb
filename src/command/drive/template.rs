//! Texts of a plan with parts that differ from sample to sample: `${__threadNum}`, `${__UUID}`, `${__time}`,
//! `${__Random(1,9)}`.
//!
//! A part that only a running JMeter knows, such as a variable that an extractor sets, is replaced by its own name.

use std::sync::Arc;

use uuid::Uuid;

/// What a text is rendered for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of {
    /// The number of the thread, from 0.
    pub(super) thread: u32,
    /// Milliseconds since the Unix epoch.
    pub(super) millis: u64,
}

/// A text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Template {
    /// It is always the same.
    Fixed(Arc<str>),
    /// It has parts.
    Parts(Vec<Part>),
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    ThreadNumber,
    Uuid,
    Time,
    Random(u64, u64),
}

impl Template {
    /// Reads a text as a plan has it.
    pub(super) fn read(text: &Arc<str>) -> Self {
        if !text.contains("${") {
            return Self::Fixed(Arc::clone(text));
        }
        let (mut parts, mut rest) = (Vec::new(), &**text);
        while let Some((before, inside)) = rest.split_once("${") {
            let Some(end) = end_of(inside) else { break };
            parts.push(Part::Text(before.to_owned()));
            parts.push(part(&inside[..end]));
            rest = &inside[end + 1..];
        }
        parts.push(Part::Text(rest.to_owned()));
        Self::Parts(parts)
    }

    /// The text for one sample.
    pub(super) fn render(&self, of: Of) -> Arc<str> {
        match self {
            Self::Fixed(text) => Arc::clone(text),
            Self::Parts(parts) => parts.iter().map(|part| part.render(of)).collect::<String>().into(),
        }
    }
}

/// The place of the brace that closes what is open before the text.
fn end_of(text: &str) -> Option<usize> {
    let mut open = 1;
    text.char_indices().find_map(|(at, char)| {
        open += i32::from(char == '{') - i32::from(char == '}');
        (open == 0).then_some(at)
    })
}

fn part(inside: &str) -> Part {
    let (name, arguments) = inside.split_once('(').unwrap_or((inside, ""));
    let arguments = arguments.trim_end_matches(')');
    match name.trim() {
        "__threadNum" => Part::ThreadNumber,
        "__UUID" => Part::Uuid,
        "__time" if arguments.split(',').next().is_none_or(|format| format.trim().is_empty()) => Part::Time,
        "__Random" => random(arguments).unwrap_or_else(|| Part::Text(inside.to_owned())),
        name => Part::Text(name.trim_start_matches('_').to_owned()),
    }
}

fn random(arguments: &str) -> Option<Part> {
    let mut numbers = arguments.split(',').map(|number| number.trim().parse::<u64>());
    let (least, most) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (least <= most).then_some(Part::Random(least, most))
}

impl Part {
    fn render(&self, of: Of) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::ThreadNumber => (of.thread + 1).to_string(),
            Self::Uuid => Uuid::new_v4().to_string(),
            Self::Time => of.millis.to_string(),
            Self::Random(least, most) => fastrand::u64(least..=most).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        Template::read(&text.into()).render(Of { thread: 4, millis: 1_764_000_000_000 }).to_string()
    }

    #[test]
    fn functions_are_rendered_and_unknown_variables_stand_for_themselves() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a-${__threadNum}-b", "a-5-b"),
            ("${__time()}", "1764000000000"),
            ("${__time(YMD)}", "time"),
            ("${__Random(7,7)}", "7"),
            ("${__Random(7,x)}", "__Random(7,x)"),
            ("/conversations/${conversationId}/x", "/conversations/conversationId/x"),
            ("${__groovy(a{b}c)}!", "groovy!"),
            ("${open", "${open"),
            ("{\"a\":{}}", "{\"a\":{}}"),
        ] {
            assert_eq!(rendered(text), expected, "{text}");
        }
        assert_eq!(rendered("${__UUID}").len(), 36);
    }
}
