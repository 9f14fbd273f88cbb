//! Scripts: they send nothing and take no time, unless they sleep. Those of the shipped plans carry a marker.

use super::build::{Builder, How};
use super::element::Element;
use super::expression::{Names, is_known};
use crate::Nanos;

/// The markers of scripts that need no word: the model has what they do.
const MARKERS: [&str; 4] = ["token", "retry", "silent", "exact"];

/// Words of a script that waits.
const WAITS: [&str; 2] = ["sleep(", ".wait("];

/// Words of a script that sends requests itself.
const SENDS: [&str; 7] =
    ["HttpURLConnection", "HttpClient", "HttpPost", "HttpGet", "openConnection(", ".toURL()", "URL("];

/// Words of a script that changes what a thread or the test does next.
const CHANGES_COURSE: [&str; 6] = [
    "setTestLogicalAction",
    ".stop()",
    "stopThread(",
    "stopTest",
    "setStartNextThreadLoop",
    "StandardJMeterEngine",
];

/// Whether the shipped plans ask for a token: they have a client and no token.
pub(super) fn logs_in(names: &Names) -> bool {
    let value = |name: &str| {
        Some(names.text(&format!("${{{name}}}"))).filter(|text| is_known(text)).unwrap_or_default()
    };
    !value("clientId").is_empty() && value("token").is_empty()
}

/// Defines the token that the shipped plans put into a property: the pasted one, or one that the mock knows.
pub(super) fn pasted_token(names: &mut Names, elements: &[Element]) {
    if !has_marker(elements, "token") || logs_in(names) {
        return;
    }
    let token = names.text("${token}");
    let token = if token.is_empty() || !is_known(&token) { "rehearsal".to_owned() } else { token };
    names.properties.insert("gcmock.bearer".to_owned(), token);
}

fn has_marker(elements: &[Element], word: &str) -> bool {
    let mut enabled = elements.iter().filter(|element| element.enabled);
    enabled.any(|element| element.marked(word) || has_marker(&element.children, word))
}

impl Builder<'_> {
    /// The time that a script takes, and how it was read.
    pub(super) fn script(&mut self, element: &Element) -> Nanos {
        let options = self.options;
        let given = self.answer(element, &options.answer_times);
        let how = if MARKERS.iter().any(|word| element.marked(word)) {
            How::Exact
        } else if given.is_some() {
            How::assumed("takes the time of its option and does nothing else")
        } else {
            self.judged(element)
        };
        self.note(element, how);
        given.unwrap_or(0)
    }

    /// What a script without a marker is taken for, by the words in it.
    fn judged(&self, element: &Element) -> How {
        let option = self.option("--answer-time", element, "TIME");
        let texts = || element.properties.iter().map(|property| &*property.text);
        let has = |words: &[&str]| texts().any(|text| words.iter().any(|word| text.contains(word)));
        if has(&WAITS) {
            return How::cannot("takes no time, but its script waits", Some(option));
        }
        if has(&SENDS) {
            return How::lost("takes no time, but its script sends requests");
        }
        if has(&CHANGES_COURSE) {
            return How::cannot("changes nothing, but its script changes what runs next", None);
        }
        let has_text = |names: &[&str]| names.iter().any(|name| !element.text(name).trim().is_empty());
        if has_text(&["filename", "BeanShellSampler.filename"]) {
            return How::asked("takes no time and sends nothing: its file is not read", option);
        }
        if element.kind.starts_with("JSR223") && !has_text(&["script"]) {
            return How::Exact;
        }
        How::asked("takes no time and sends nothing", option)
    }
}
