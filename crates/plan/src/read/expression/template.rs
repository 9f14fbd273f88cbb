//! Where an expression begins and ends. The rules are those of JMeter's `FunctionParser`.

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text.
    Text(String),
    /// The name between `${` and `}`. It can have expressions in it.
    Variable(String),
    /// A function.
    Call(Call),
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The function's name with its underscores.
    pub(super) name: String,
    /// The arguments as they are written.
    pub(super) arguments: Vec<String>,
    /// The whole expression as it is written.
    pub(super) source: String,
}

/// After this number of beginnings without an end, a text has no further expression: each is looked for up to the text's end.
const MOST_FAILURES: u32 = 32;

/// The parts of a text. A backslash before `$`, `,` or a backslash is dropped, as JMeter does in texts with expressions.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let (mut parts, mut plain, mut rest, mut failed) = (Vec::new(), String::new(), text, 0);
    while let Some(next) = rest.chars().next() {
        let inner = rest.strip_prefix("${").filter(|_| failed < MOST_FAILURES);
        if let Some((part, after)) = inner.and_then(|inner| expression(rest, inner)) {
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(part);
            rest = after;
        } else {
            failed += u32::from(inner.is_some());
            let escaped = rest.strip_prefix('\\').and_then(|after| after.chars().next());
            let kept = escaped.filter(|next| matches!(next, '$' | ',' | '\\'));
            plain.push(kept.unwrap_or(next));
            rest = &rest[kept.map_or(next.len_utf8(), |kept| 1 + kept.len_utf8())..];
        }
    }
    parts.push(Part::Text(plain));
    parts
}

/// The expression whose text begins behind `${`, and the text behind it.
fn expression<'text>(whole: &'text str, inner: &'text str) -> Option<(Part, &'text str)> {
    let at = inner.find(['(', '}']).filter(|at| inner[*at..].starts_with('('));
    if let Some(at) = at.filter(|at| inner[..*at].trim().starts_with("__")) {
        let (arguments, after) = arguments(&inner[at + 1..])?;
        let after = after.trim_start().strip_prefix('}')?;
        let source = whole[..whole.len() - after.len()].to_owned();
        return Some((Part::Call(Call { name: inner[..at].trim().to_owned(), arguments, source }), after));
    }
    let end = closing(inner)?;
    let (name, after) = (&inner[..end], &inner[end + 1..]);
    if name.starts_with("__") {
        let source = whole[..whole.len() - after.len()].to_owned();
        return Some((
            Part::Call(Call { name: name.trim().to_owned(), arguments: Vec::new(), source }),
            after,
        ));
    }
    Some((Part::Variable(name.to_owned()), after))
}

/// The offset of the brace that closes an expression.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// The arguments of a call up to its closing parenthesis, and the text behind that. Escapes stay in the arguments.
fn arguments(text: &str) -> Option<(Vec<String>, &str)> {
    let (mut all, mut current) = (Vec::new(), String::new());
    let (mut braces, mut parentheses, mut previous) = (0_u32, 0_u32, ' ');
    let mut rest = text.char_indices();
    while let Some((at, char)) = rest.next() {
        match char {
            '\\' => {
                current.push(char);
                current.extend(rest.next().map(|(_, escaped)| escaped));
                previous = ' ';
                continue;
            }
            ',' if braces == 0 => {
                all.push(std::mem::take(&mut current));
                previous = char;
                continue;
            }
            ')' if braces == 0 && parentheses == 0 => {
                if !(all.is_empty() && current.is_empty()) {
                    all.push(current);
                }
                return Some((all, &text[at + 1..]));
            }
            '{' if previous == '$' => braces += 1,
            '}' if braces > 0 => braces -= 1,
            '(' if braces == 0 => parentheses += 1,
            ')' if braces == 0 => parentheses -= 1,
            _ => {}
        }
        current.push(char);
        previous = char;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: &[&str], source: &str) -> Part {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Part::Call(Call { name: name.to_owned(), arguments, source: source.to_owned() })
    }

    #[test]
    fn an_argument_ends_at_a_comma_that_is_not_in_an_expression() {
        let source = "${__P(host,${__P(other,a)})}";
        assert_eq!(parts(source)[1], call("__P", &["host", "${__P(other,a)}"], source));
    }

    #[test]
    fn parentheses_in_an_argument_are_counted() {
        let source = "${__groovy(vars.get('a') ? (1 + 2) : f(3))}";
        assert_eq!(parts(source)[1], call("__groovy", &["vars.get('a') ? (1 + 2) : f(3)"], source));
    }

    #[test]
    fn an_escaped_comma_does_not_end_an_argument() {
        let source = r"${__groovy(f(1\,2))}";
        assert_eq!(parts(source)[1], call("__groovy", &[r"f(1\,2)"], source));
    }

    #[test]
    fn an_expression_without_an_end_is_text() {
        assert_eq!(parts("a${b"), vec![Part::Text("a${b".to_owned())]);
    }
}
