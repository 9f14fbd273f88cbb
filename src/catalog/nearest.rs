//! The template that resembles a path without an operation most.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::path::words;

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

    /// The first of the templates that share most words with the path; of these, of those whose length is nearest.
    pub(super) fn nearest(&self, path: &str) -> Option<&str> {
        let mut shared = HashMap::<usize, usize>::new();
        for at in words(path).into_iter().filter_map(|word| self.having.get(word)).flatten() {
            *shared.entry(*at).or_default() += 1;
        }
        let wanted = segments(path);
        let difference = |at: usize| self.templates[at].segments.abs_diff(wanted);
        let best =
            shared.into_iter().max_by_key(|(at, count)| (*count, Reverse(difference(*at)), Reverse(*at)));
        best.map(|(at, _)| &*self.templates[at].text)
    }
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
            (shared, Reverse(segments(template).abs_diff(segments(path))))
        };
        // `max_by_key` returns the last of equals.
        let best = templates.iter().rev().max_by_key(|template| score(template));
        best.copied().filter(|template| score(template).0 > 0)
    }

    /// Ways to get a path wrong.
    fn misspelt(template: &str) -> [String; 5] {
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
        for path in templates.iter().step_by(50).flat_map(|template| misspelt(template)) {
            assert_eq!(index.nearest(&path), naive(&templates, &path), "{path}");
        }
        assert_eq!(index.nearest("/api/v2/nobody/knows"), None);
    }
}
