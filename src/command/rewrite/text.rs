//! Lines of a plan, and what of the platform is in them.

use super::Target;
use crate::server::tls::names::is_vendors;

/// Name and value of a property's line.
pub(super) fn property(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.trim().split_once("Prop name=\"")?;
    let (name, rest) = rest.split_once('"')?;
    if rest == "/>" {
        return Some((name, ""));
    }
    let (value, _) = rest.strip_prefix('>')?.rsplit_once("</")?;
    Some((name, value))
}

/// A property's line with another value.
pub(super) fn set(line: &str, value: &str) -> String {
    let Some(open) = line.find("Prop name=\"") else { return line.to_owned() };
    let indent = &line[..line.len() - line.trim_start().len()];
    let kind = line[indent.len()..open].trim_start_matches('<');
    let name = property(line).map_or("", |(name, _)| name);
    let end = &line[line.trim_end().len()..];
    format!("{indent}<{kind}Prop name=\"{name}\">{value}</{kind}Prop>{end}")
}

pub(super) fn names_platform(text: &str) -> bool {
    hosts(text, "") != text
}

/// Every host of the platform in a text, replaced.
pub(super) fn hosts(text: &str, by: &str) -> String {
    words(
        text,
        |char| char.is_ascii_alphanumeric() || "-.".contains(char),
        |word| is_vendors(&word.to_ascii_lowercase()).then_some(by),
    )
}

/// A port: another one, where it is a number; in a function its default, `${__P(port,443)}`.
pub(super) fn port(text: &str, by: &str) -> String {
    if !text.contains("${") {
        return by.to_owned();
    }
    let of_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    words(text, of_word, |word| (word == "443").then_some(by))
}

/// A text with some of its words replaced.
fn words<'b>(
    text: &str,
    of_word: impl Fn(char) -> bool,
    replaced: impl Fn(&str) -> Option<&'b str>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|char| !of_word(char)).unwrap_or(rest.len());
        let word = &rest[..end];
        out.push_str(replaced(word).unwrap_or(word));
        let next = rest[end..].find(&of_word).map_or(rest.len(), |at| end + at);
        out.push_str(&rest[end..next]);
        rest = &rest[next..];
    }
    out
}

/// Every address of the platform in a line, pointed at the target.
pub(super) fn urls(line: &str, target: &Target) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let scheme = ["https", "http", "wss", "ws"].into_iter().find(|scheme| rest[..at].ends_with(scheme));
        let host =
            rest[at + 3..].split(|char: char| !char.is_ascii_alphanumeric() && !"-.".contains(char)).next();
        let host = host.filter(|host| is_vendors(&host.to_ascii_lowercase()));
        let Some((scheme, host)) = scheme.zip(host) else {
            out.push_str(&rest[..at + 3]);
            rest = &rest[at + 3..];
            continue;
        };
        out.push_str(&rest[..at - scheme.len()]);
        out.push_str(&target.base(scheme));
        rest = &rest[at + 3 + host.len()..];
        rest = rest.strip_prefix(":443").unwrap_or(rest);
    }
    out.push_str(rest);
    out
}
