//! Texts of a plan with parts that differ from sample to sample: `${__threadNum}`, `${__UUID}`, `${__time}`,
//! `${__Random(1,9)}`, `${__counter(TRUE)}`, columns of data sets, and Counters.
//!
//! A part that only a running JMeter knows, such as a variable that an extractor sets, is replaced by its own name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gcmock_plan::model::Known;
use parking_lot::Mutex;
use uuid::Uuid;

/// What a text is rendered for.
#[derive(Clone, Copy)]
pub(super) struct Of<'u> {
    /// The number of the thread, from 0.
    pub(super) thread: u32,
    /// The index of its group.
    pub(super) group: usize,
    /// Milliseconds since the Unix epoch.
    pub(super) millis: u64,
    /// The value that a variable has.
    pub(super) value: &'u dyn Fn(u32) -> Option<i64>,
}

/// The variables of a plan whose values are known in a run.
pub(super) type Variables = BTreeMap<Arc<str>, Known>;

/// A text.
#[derive(Debug)]
pub(super) enum Template {
    /// It is always the same.
    Fixed(Arc<str>),
    /// It has parts.
    Parts(Vec<Part>),
}

/// A part of a text.
#[derive(Debug)]
pub(super) enum Part {
    Text(String),
    /// A name that stands for the value, which is not known.
    Unknown(String),
    ThreadNumber,
    Uuid,
    Time,
    Random(u64, u64),
    /// A variable, with what stands for it as long as it has no value.
    Variable(Known, String),
    Counter(Counter),
}

/// The numbers of one `${__counter}`.
#[derive(Debug)]
pub(super) struct Counter {
    /// Whether each thread counts for itself.
    per_thread: bool,
    /// The last number of each group and thread, or of all.
    last: Mutex<HashMap<(usize, u32), u32>>,
}

impl Template {
    /// Reads a text as a plan has it.
    pub(super) fn read(text: &Arc<str>, variables: &Variables) -> Self {
        if !text.contains("${") {
            return Self::Fixed(Arc::clone(text));
        }
        let (mut parts, mut rest) = (Vec::new(), &**text);
        while let Some((before, inside)) = rest.split_once("${") {
            let Some(end) = end_of(inside) else { break };
            parts.push(Part::Text(before.to_owned()));
            parts.push(part(&inside[..end], variables));
            rest = &inside[end + 1..];
        }
        parts.push(Part::Text(rest.to_owned()));
        Self::Parts(parts)
    }

    /// The text for one sample.
    pub(super) fn render(&self, of: Of<'_>) -> Arc<str> {
        match self {
            Self::Fixed(text) => Arc::clone(text),
            Self::Parts(parts) => parts.iter().map(|part| part.render(of)).collect::<String>().into(),
        }
    }

    /// The names that stand for values that are not known.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &str> {
        let parts = if let Self::Parts(parts) = self { parts.as_slice() } else { &[] };
        parts
            .iter()
            .filter_map(|part| if let Part::Unknown(name) = part { Some(name.as_str()) } else { None })
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

fn part(inside: &str, variables: &Variables) -> Part {
    if let Some(known) = variables.get(inside.trim()) {
        return Part::Variable(known.clone(), format!("${{{inside}}}"));
    }
    let (name, arguments) = inside.split_once('(').unwrap_or((inside, ""));
    let arguments = arguments.trim_end_matches(')');
    match name.trim() {
        "__threadNum" => Part::ThreadNumber,
        "__UUID" => Part::Uuid,
        "__time" if arguments.split(',').next().is_none_or(|format| format.trim().is_empty()) => Part::Time,
        "__Random" => random(arguments).unwrap_or_else(|| Part::Unknown(inside.to_owned())),
        "__counter" => {
            let per_thread =
                arguments.split(',').next().is_some_and(|own| own.trim().eq_ignore_ascii_case("true"));
            Part::Counter(Counter { per_thread, last: Mutex::default() })
        }
        name => Part::Unknown(name.trim_start_matches('_').to_owned()),
    }
}

fn random(arguments: &str) -> Option<Part> {
    let mut numbers = arguments.split(',').map(|number| number.trim().parse::<u64>());
    let (least, most) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (least <= most).then_some(Part::Random(least, most))
}

impl Part {
    fn render(&self, of: Of<'_>) -> String {
        match self {
            Self::Text(text) | Self::Unknown(text) => text.clone(),
            Self::Variable(known, unset) => {
                match (of.value)(known.variable).and_then(|value| known.text(value)) {
                    Some(text) => text.to_string(),
                    None => unset.clone(),
                }
            }
            Self::Counter(counter) => counter.next(of).to_string(),
            Self::ThreadNumber => (of.thread + 1).to_string(),
            Self::Uuid => Uuid::new_v4().to_string(),
            Self::Time => of.millis.to_string(),
            Self::Random(least, most) => fastrand::u64(least..=most).to_string(),
        }
    }
}

impl Counter {
    /// The next number, from 1.
    fn next(&self, of: Of<'_>) -> u32 {
        let mut all = self.last.lock();
        let last = all.entry(if self.per_thread { (of.group, of.thread) } else { (0, 0) }).or_default();
        *last = last.wrapping_add(1);
        *last
    }
}

#[cfg(test)]
mod tests {
    use gcmock_plan::model::Texts;

    use super::*;

    fn of(value: &dyn Fn(u32) -> Option<i64>) -> Of<'_> {
        Of { thread: 4, group: 0, millis: 1_764_000_000_000, value }
    }

    fn rendered(text: &str) -> String {
        Template::read(&text.into(), &Variables::new()).render(of(&|_| None)).to_string()
    }

    #[test]
    fn variables_have_their_values() {
        let cells = Texts::Cells(Arc::new([(0, "red".into()), (1, "blue".into())].into()));
        let variables = Variables::from([
            ("color".into(), Known { variable: 0, texts: cells }),
            ("n".into(), Known { variable: 1, texts: Texts::Number { digits: 3 } }),
        ]);
        let text = Template::read(&"${color}-${n}-${other}".into(), &variables);
        assert_eq!(&*text.render(of(&|variable| Some(i64::from(variable == 0)))), "blue-000-other");
        assert_eq!(&*text.render(of(&|_| None)), "${color}-${n}-other");
        assert_eq!(text.unknown().collect::<Vec<_>>(), ["other"]);
    }

    #[test]
    fn a_counter_counts_for_all_or_for_each_thread() {
        let text = Template::read(&"${__counter(FALSE,)} ${__counter(TRUE,)}".into(), &Variables::new());
        assert_eq!(&*text.render(of(&|_| None)), "1 1");
        assert_eq!(&*text.render(Of { thread: 5, ..of(&|_| None) }), "2 1");
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
