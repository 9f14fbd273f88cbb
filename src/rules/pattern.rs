//! Which requests a limit, a latency or a fault covers: `METHOD path`.
//!
//! A pattern is matched against every request that has no indexed operation. Matching allocates nothing. Its worst
//! case is the product of both lengths, for any text in a file. [`Pattern::covers_template`] decides for a whole
//! operation at once.

use std::borrow::Cow;
use std::fmt;

use crate::catalog::path::normalize;

/// The methods a pattern can name, beside `*`, `WS` and `WS-MESSAGE`.
const HTTP_METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

const EXPECTED_METHOD: &str = "\"METHOD path\" with GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, \"*\" (every HTTP method), WS or WS-MESSAGE";

const MAX_SEGMENTS: usize = 64;

/// Requests described by `METHOD path`, as in `PUT /api/v2/wfm/schedules/agents/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: Box<str>,
    verb: Verb,
    segments: Box<[Segment]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Verb {
    EveryHttp,
    Http(&'static str),
    Ws,
    WsMessage(Option<Box<str>>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    One,
    Rest,
}

/// The method of a request or an operation, as patterns see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatternMethod<'a> {
    /// An HTTP request of this method.
    Http(&'a str),
    /// A WebSocket handshake.
    Ws,
    /// A message on a WebSocket, with its action if it has one.
    WsMessage(Option<&'a str>),
}

impl<'a> From<&'a str> for PatternMethod<'a> {
    /// Reads `WS`, `WS-MESSAGE` and `WS-MESSAGE action`; everything else is an HTTP method.
    fn from(method: &'a str) -> Self {
        match method.split_once(' ').unwrap_or((method, "")) {
            ("WS", "") => Self::Ws,
            ("WS-MESSAGE", "") => Self::WsMessage(None),
            ("WS-MESSAGE", action) => Self::WsMessage(Some(action)),
            _ => Self::Http(method),
        }
    }
}

/// Whether a pattern matches the requests of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cover {
    /// None.
    Never,
    /// It depends on the values of the path's parameters.
    Maybe,
    /// All.
    Always,
}

impl Pattern {
    /// Reads `METHOD path`. The error is the expected form.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split_ascii_whitespace();
        let verb = words.next().and_then(Verb::parse).ok_or(EXPECTED_METHOD)?;
        let segments = parse_path(words.next().unwrap_or_default())?;
        let verb = match (verb, words.next()) {
            (Verb::WsMessage(_), action) => Verb::WsMessage(action.map(Into::into)),
            (verb, None) => verb,
            (_, Some(_)) => return Err("one method and one path, with one space between them".to_owned()),
        };
        if words.next().is_some() {
            return Err("WS-MESSAGE, a path and at most one action".to_owned());
        }
        Ok(Self { text: text.into(), verb, segments })
    }

    /// Whether the pattern covers a request; `path` is without its query.
    pub(crate) fn matches<'a>(&self, method: impl Into<PatternMethod<'a>>, path: &str) -> bool {
        self.verb.matches(method.into()) && segments_match(&self.segments, path)
    }

    /// Whether the pattern covers the requests of an operation. `{name}` is a parameter of the template,
    /// `{*name}` one or more segments at its end.
    pub(crate) fn covers_template<'a>(&self, method: impl Into<PatternMethod<'a>>, template: &str) -> Cover {
        let verb = self.verb.covers(method.into());
        if verb == Cover::Never { Cover::Never } else { verb.min(self.covers_path(template)) }
    }

    /// Its method, as requests have it. That of `*` is an HTTP method without a name.
    pub(super) fn method(&self) -> PatternMethod<'_> {
        match &self.verb {
            Verb::EveryHttp => PatternMethod::Http(""),
            Verb::Http(name) => PatternMethod::Http(name),
            Verb::Ws => PatternMethod::Ws,
            Verb::WsMessage(action) => PatternMethod::WsMessage(action.as_deref()),
        }
    }

    /// Whether the pattern ends in `**`, so that it covers all paths below.
    pub(crate) fn is_open(&self) -> bool {
        self.segments.last() == Some(&Segment::Rest)
    }

    /// The path as written.
    #[cfg(test)]
    pub(crate) fn path(&self) -> &str {
        self.text.split_ascii_whitespace().nth(1).unwrap_or_default()
    }

    fn covers_path(&self, template: &str) -> Cover {
        let mut parts: Vec<&str> = split(template).collect();
        if !parts.last().is_some_and(|last| last.starts_with("{*")) {
            return cover(&self.segments, &parts);
        }
        // Only `**` matches more parameters than the pattern has segments, so a longer path has the result
        // of the longest one that is tried here.
        let first = cover(&self.segments, &parts);
        let same = (0..=self.segments.len()).all(|_| {
            parts.push("{}");
            cover(&self.segments, &parts) == first
        });
        if same { first } else { Cover::Maybe }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Verb {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "*" => Some(Self::EveryHttp),
            "WS" => Some(Self::Ws),
            "WS-MESSAGE" => Some(Self::WsMessage(None)),
            _ => HTTP_METHODS.into_iter().find(|method| *method == word).map(Self::Http),
        }
    }

    fn matches(&self, method: PatternMethod<'_>) -> bool {
        match (self, method) {
            (Self::EveryHttp, PatternMethod::Http(_))
            | (Self::Ws, PatternMethod::Ws)
            | (Self::WsMessage(None), PatternMethod::WsMessage(_)) => true,
            (Self::Http(own), PatternMethod::Http(other)) => *own == other,
            (Self::WsMessage(Some(own)), PatternMethod::WsMessage(Some(other))) => **own == *other,
            _ => false,
        }
    }

    fn covers(&self, method: PatternMethod<'_>) -> Cover {
        match (self, method) {
            (Self::WsMessage(Some(_)), PatternMethod::WsMessage(None)) => Cover::Maybe,
            _ if self.matches(method) => Cover::Always,
            _ => Cover::Never,
        }
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("a path without empty segments".to_owned()),
            "*" => Ok(Self::One),
            "**" => Ok(Self::Rest),
            _ if text.contains('*') => Err("\"*\" or \"**\" alone between two slashes".to_owned()),
            _ if text.contains(['{', '}']) => Err("\"*\" for a parameter of the path".to_owned()),
            _ if text.contains(['?', '#']) => Err("a path without a query".to_owned()),
            _ => Ok(Self::Literal(text.into())),
        }
    }

    fn takes(&self, text: &str) -> bool {
        match self {
            Self::Literal(own) => **own == *text,
            Self::One => !text.is_empty(),
            Self::Rest => true,
        }
    }

    fn covers(&self, part: &str) -> Cover {
        match self {
            Self::Literal(own) if **own == *part => Cover::Always,
            Self::Literal(_) if part.contains('{') => Cover::Maybe,
            Self::Literal(_) => Cover::Never,
            Self::One | Self::Rest => Cover::Always,
        }
    }
}

fn parse_path(path: &str) -> Result<Box<[Segment]>, String> {
    if !path.starts_with('/') {
        return Err("a path that starts with \"/\" after the method".to_owned());
    }
    // A slash at the end stays, so that it is refused.
    let path = if path.ends_with('/') { Cow::Borrowed(path) } else { normalize(path) };
    let mut segments = split(&path).map(Segment::parse).collect::<Result<Vec<_>, _>>()?;
    segments.dedup_by(|a, b| *a == Segment::Rest && *b == Segment::Rest);
    if segments.len() > MAX_SEGMENTS {
        return Err(format!("at most {MAX_SEGMENTS} segments"));
    }
    Ok(segments.into())
}

/// The segments of a path; "/" has none.
fn split(path: &str) -> std::str::Split<'_, char> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let mut segments = path.split('/');
    if path.is_empty() {
        segments.next();
    }
    segments
}

/// Widens only the last `**`: it can match everything that an earlier one could.
fn segments_match(pattern: &[Segment], path: &str) -> bool {
    let mut at = 0;
    let mut rest = split(path);
    let mut widen = None;
    loop {
        if pattern.get(at) == Some(&Segment::Rest) {
            at += 1;
            if at == pattern.len() {
                return true;
            }
            widen = Some((at, rest.clone()));
        }
        match (pattern.get(at), rest.next()) {
            (None, None) => return true,
            (Some(segment), Some(text)) if segment.takes(text) => at += 1,
            _ => {
                let Some((after, from)) = &mut widen else { return false };
                if from.next().is_none() {
                    return false;
                }
                at = *after;
                rest = from.clone();
            }
        }
    }
}

/// The best cover over all alignments of the pattern with the template, from their ends to the front.
fn cover(pattern: &[Segment], template: &[&str]) -> Cover {
    let length = template.len();
    let mut below = vec![Cover::Never; length + 1];
    below[length] = Cover::Always;
    for segment in pattern.iter().rev() {
        let mut row = vec![Cover::Never; length + 1];
        for at in (0..=length).rev() {
            row[at] = match (segment, template.get(at)) {
                (Segment::Rest, Some(_)) => below[at].max(row[at + 1]),
                (Segment::Rest, None) => below[at],
                (_, Some(part)) => segment.covers(part).min(below[at + 1]),
                (_, None) => Cover::Never,
            };
        }
        below = row;
    }
    below[0]
}
