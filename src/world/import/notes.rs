//! What an import does not take: counted by what it is, and listed for the user.

use std::collections::BTreeMap;

/// The most lines of the list. Later ones are counted together.
const MOST_LINES: usize = 200;
/// The most characters of a line.
const MOST_CHARACTERS: usize = 100;
/// The most different notes that are kept, so that a document of made-up types stays small in memory.
const MOST_KEPT: usize = 10_000;

/// Counts by what was not taken and from which file.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    counts: BTreeMap<String, u64>,
    others: u64,
}

impl Notes {
    /// Counts one of `what` in a file.
    pub(super) fn add(&mut self, what: &str, file: &str) {
        self.add_many(what, file, 1);
    }

    /// Counts several of `what` in a file, whose name is empty where documents have no files.
    pub(super) fn add_many(&mut self, what: &str, file: &str, count: u64) {
        let what = match file {
            "" => printable(what),
            file => format!("{} ({})", printable(what), printable(file)),
        };
        if let Some(known) = self.counts.get_mut(&what) {
            *known += count;
        } else if self.counts.len() < MOST_KEPT {
            self.counts.insert(what, count);
        } else {
            self.others += count;
        }
    }

    /// The lines of the list, the most frequent first.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut all: Vec<(&String, u64)> = self.counts.iter().map(|(what, count)| (what, *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let rest = all.iter().skip(MOST_LINES).map(|(_, count)| count).sum::<u64>() + self.others;
        let mut lines: Vec<String> =
            all.iter().take(MOST_LINES).map(|(what, count)| format!("{count} × {what}")).collect();
        if rest > 0 {
            lines.push(format!("{rest} × others"));
        }
        lines
    }

    /// The list as comments at the end of a file.
    pub(super) fn comments(&self) -> String {
        if self.counts.is_empty() {
            return String::new();
        }
        let lines: Vec<_> = self.lines().iter().map(|line| format!("#   {line}\n")).collect();
        let lines = lines.concat();
        format!("\n# Not taken over as it is:\n{lines}")
    }
}

/// A text of one line, without control characters, which a comment of TOML must not have.
fn printable(text: &str) -> String {
    let shown: String = text.chars().take(MOST_CHARACTERS).collect();
    shown.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_comes_first_and_a_long_list_is_cut() {
        let mut notes = Notes::default();
        assert_eq!(notes.comments(), "");
        notes.add("a\nb", "");
        notes.add_many("often", "users.json", 7);
        assert_eq!(
            notes.comments(),
            "\n# Not taken over as it is:\n#   7 × often (users.json)\n#   1 × a\u{fffd}b\n"
        );
        for number in 0..20_000 {
            notes.add(&format!("kind {number}"), "");
        }
        let lines = notes.lines();
        assert_eq!(lines.len(), MOST_LINES + 1);
        assert_eq!(lines.last().expect("a line"), &format!("{} × others", 20_002 - MOST_LINES));
    }
}
