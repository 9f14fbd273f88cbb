//! The template that resembles a path without an operation most.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::path::words;
use crate::spelling;

/// Words of a path that are compared with all words of templates, which takes about a tenth of a millisecond for each.
const MAX_CORRECTED: usize = 2;
/// A shorter word is near to too many others.
const SHORTEST_WORD: usize = 4;
/// An id is longer than any word of a template.
const LONGEST_WORD: usize = 30;

/// Templates by their words, so that a path is compared only with those that share one.
pub(super) struct Words {
    templates: Vec<Template>,
    /// The positions of the templates that have the word, in order.
    having: HashMap<Box<str>, Vec<usize>, foldhash::fast::RandomState>,
}

struct Template {
    text: Box<str>,
    segments: usize,
}

impl Words {
    pub(super) fn of<'t>(templates: impl Iterator<Item = &'t str>) -> Self {
        let mut all = Self { templates: Vec::new(), having: HashMap::default() };
        for text in templates {
            let at = all.templates.len();
            for word in words(text) {
                let having = all.having.entry(word.into()).or_default();
                if having.last() != Some(&at) {
                    having.push(at);
                }
            }
            all.templates.push(Template { text: text.into(), segments: segments(text) });
        }
        all
    }

    /// The first of the templates that share most words with the path; of these, of those that share most from their beginning; of
    /// these, of those whose length is nearest.
    pub(super) fn nearest(&self, path: &str) -> Option<&str> {
        let (wanted, length) = (self.correct_words(path), segments(path));
        let mut shared = HashMap::<usize, usize>::new();
        for at in wanted.iter().filter_map(|word| self.having.get(*word)).flatten() {
            *shared.entry(*at).or_default() += 1;
        }
        let most = shared.values().copied().max()?;
        let candidates = shared.into_iter().filter(|(_, count)| *count == most).map(|(at, _)| at);
        let best = candidates.max_by_key(|at| {
            let template = &self.templates[*at];
            let difference = template.segments.abs_diff(length);
            (leading(&template.text, &wanted), Reverse(difference), Reverse(*at))
        });
        best.map(|at| &*self.templates[at].text)
    }

    /// The words of the path. The first of them that no template has, and that are no ids, become the words that they are
    /// misspelt from.
    fn correct_words<'a>(&'a self, path: &'a str) -> Vec<&'a str> {
        let mut left = MAX_CORRECTED;
        let spell = |word| {
            if left == 0 || self.having.contains_key(word) || !may_be_misspelt(word) {
                return word;
            }
            left -= 1;
            self.closest_word(word).unwrap_or(word)
        };
        words(path).into_iter().map(spell).collect()
    }

    /// The word that differs from the given one in one or two letters.
    fn closest_word(&self, given: &str) -> Option<&str> {
        let most = if given.len() < 6 { 1 } else { 2 };
        spelling::nearest(given, self.having.keys().map(|word| &**word), most)
    }
}

/// Whether a word may mean another one: what has a digit is taken for an id.
fn may_be_misspelt(word: &str) -> bool {
    let has_length = (SHORTEST_WORD..=LONGEST_WORD).contains(&word.len());
    has_length && !word.bytes().any(|byte| byte.is_ascii_digit())
}

/// How many words both begin with.
fn leading(template: &str, wanted: &[&str]) -> usize {
    words(template).iter().zip(wanted).take_while(|(one, other)| one == other).count()
}

fn segments(path: &str) -> usize {
    path.split('/').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::published;

    /// Compares the path with every template.
    fn naive<'t>(templates: &[&'t str], path: &str) -> Option<&'t str> {
        let wanted = words(path);
        let score = |template: &str| {
            let found = words(template);
            let shared = wanted.iter().filter(|word| found.contains(word)).count();
            (shared, leading(template, &wanted), Reverse(segments(template).abs_diff(segments(path))))
        };
        // `max_by_key` returns the last of equals.
        let best = templates.iter().rev().max_by_key(|template| score(template));
        best.copied().filter(|template| score(template).0 > 0)
    }

    /// Ways to get a path wrong.
    fn wrong(template: &str) -> [String; 5] {
        let (before, last) = template.rsplit_once('/').expect("a segment");
        let first = template.strip_prefix("/api/v2").unwrap_or(template);
        [
            format!("{template}/nobody/knows"),
            before.to_owned(),
            format!("{before}/{last}s"),
            format!("/api/v2/{last}{first}"),
            format!("{template}{first}{first}"),
        ]
    }

    #[test]
    fn the_nearest_template_is_that_of_a_comparison_with_all() {
        let document = published::document().expect("the embedded files are sound");
        let templates: Vec<_> = document.operations.iter().map(|operation| &*operation.template).collect();
        let index = Words::of(templates.iter().copied());
        let unknown = |template: &str| {
            wrong(template).into_iter().filter(|path| index.correct_words(path) == words(path))
        };
        for path in templates.iter().step_by(50).flat_map(|template| unknown(template).collect::<Vec<_>>()) {
            assert_eq!(index.nearest(&path), naive(&templates, &path), "{path}");
        }
        assert_eq!(index.nearest("/api/v2/nobody/knows"), None);
    }

    #[test]
    fn a_misspelt_word_is_the_word_that_is_meant() {
        let templates =
            ["/api/v2/users", "/api/v2/users/me", "/api/v2/stations", "/api/v2/routing/queues/{id}/members"];
        let index = Words::of(templates.into_iter());
        for (path, meant) in [
            ("/api/v2/userz", Some(templates[0])),
            ("/api/v2/agent-1/phone-2/userz", Some(templates[1])),
            ("/api/v2/uesrs/me", Some(templates[1])),
            ("/api/v2/users/me/nothing", Some(templates[1])),
            ("/api/v2/statoin", Some(templates[2])),
            ("/api/v2/ruoting/qeueus/7/members", Some(templates[3])),
            ("/api/v2/7d4a", None),
            ("/api/v2/72", None),
            ("/api/v2/01234567-89ab-4d5e-9f01-23456789abcd/72/123456/654321/userz", Some(templates[1])),
        ] {
            assert_eq!(index.nearest(path), meant, "{path}");
        }
    }
}
