//! Regular expressions of searches: literals, `.`, classes in brackets, `\d`, `\w`, `\s`, groups, `|`, `*`, `+`, `?`.
//!
//! An expression has to match the whole text, as in the vendor's search. The number of steps is bounded.

/// The most steps of one match, and so the deepest recursion. A match that needs more is none.
const MAX_STEPS: usize = 2000;

/// Whether an expression matches a whole text. One that is not understood matches nothing.
pub(crate) fn is_match(expression: &str, text: &str) -> bool {
    let pattern: Vec<char> = expression.trim_start_matches('^').trim_end_matches('$').chars().collect();
    let text: Vec<char> = text.chars().collect();
    Matcher { text: &text, steps: 0 }.matches(&pattern, 0, &[])
}

struct Matcher<'t> {
    text: &'t [char],
    steps: usize,
}

impl Matcher<'_> {
    /// Whether `pattern`, and then `rest`, match the text from `at` to its end.
    fn matches(&mut self, pattern: &[char], at: usize, rest: &[char]) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return false;
        }
        if let Some(bar) = top_level_bar(pattern) {
            return self.matches(&pattern[..bar], at, rest) || self.matches(&pattern[bar + 1..], at, rest);
        }
        if pattern.is_empty() {
            return if rest.is_empty() { at == self.text.len() } else { self.matches(rest, at, &[]) };
        }
        let Some(length) = atom_length(pattern) else { return false };
        let (atom, after) = pattern.split_at(length);
        let (least, many, after) = match after.first() {
            Some('*') => (0, true, &after[1..]),
            Some('+') => (1, true, &after[1..]),
            Some('?') => (0, false, &after[1..]),
            _ => return self.once(atom, at, &[after, rest].concat()),
        };
        let rest = [after, rest].concat();
        if least == 0 && self.matches(&rest, at, &[]) {
            return true;
        }
        let again = if many { [atom, &['*'], &rest[..]].concat() } else { rest };
        at < self.text.len() && self.once(atom, at, &again)
    }

    /// Whether `atom` once, and then `rest`, match the text from `at` to its end.
    fn once(&mut self, atom: &[char], at: usize, rest: &[char]) -> bool {
        if let ['(', inner @ .., ')'] = atom {
            return self.matches(inner, at, rest);
        }
        let Some(char) = self.text.get(at) else { return false };
        is_one(atom, *char) && self.matches(rest, at + 1, &[])
    }
}

/// Where a `|` outside of groups and classes is.
fn top_level_bar(pattern: &[char]) -> Option<usize> {
    let mut at = 0;
    while at < pattern.len() {
        if pattern[at] == '|' {
            return Some(at);
        }
        at += atom_length(&pattern[at..])?;
    }
    None
}

/// The length of the first atom: a character, an escape, a class or a group. `None` where it does not end.
fn atom_length(pattern: &[char]) -> Option<usize> {
    match pattern.first()? {
        '\\' => (pattern.len() > 1).then_some(2),
        '[' => pattern.iter().position(|char| *char == ']').map(|end| end + 1),
        '(' => {
            let mut depth = 0_usize;
            for (at, char) in pattern.iter().enumerate() {
                match char {
                    '(' => depth += 1,
                    ')' if depth == 1 => return Some(at + 1),
                    ')' => depth -= 1,
                    _ => {}
                }
            }
            None
        }
        _ => Some(1),
    }
}

fn is_one(atom: &[char], char: char) -> bool {
    match atom {
        ['.'] => true,
        ['\\', 'd'] => char.is_ascii_digit(),
        ['\\', 'w'] => char.is_alphanumeric() || char == '_',
        ['\\', 's'] => char.is_whitespace(),
        ['\\', escaped] => *escaped == char,
        ['[', '^', class @ .., ']'] => !is_in_class(class, char),
        ['[', class @ .., ']'] => is_in_class(class, char),
        [literal] => *literal == char,
        _ => false,
    }
}

fn is_in_class(class: &[char], char: char) -> bool {
    match class {
        [from, '-', to, rest @ ..] => (*from..=*to).contains(&char) || is_in_class(rest, char),
        [one, rest @ ..] => *one == char || is_in_class(rest, char),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_match;

    #[test]
    fn an_expression_matches_a_whole_text() {
        for (expression, text, expected) in [
            ("agent-1", "agent-1", true),
            ("agent", "agent-1", false),
            ("agent.*", "agent-12", true),
            ("agent-[0-9]+", "agent-12", true),
            ("agent-\\d", "agent-12", false),
            ("(sales|support) team", "support team", true),
            ("a|b", "b", true),
            ("colou?r", "color", true),
            ("[^a-c]+", "xyz", true),
            ("^x$", "x", true),
            ("(", "(", false),
            ("", "", true),
        ] {
            assert_eq!(is_match(expression, text), expected, "{expression} {text}");
        }
    }

    #[test]
    fn an_expression_that_takes_too_long_matches_nothing() {
        assert!(!is_match("(a*)*(a*)*(a*)*b", &"a".repeat(60)));
    }
}
