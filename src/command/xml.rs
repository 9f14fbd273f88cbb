//! The tokens of an XML document with their positions, and the checks of well-formedness.
//!
//! `quick-xml` finds the tokens. This module checks what `quick-xml` does not: one root and no text beside it, names,
//! attributes, characters, references and the declaration. A DOCTYPE is refused, because it can define entities and no
//! plan needs it.

mod names;

use std::collections::HashSet;
use std::ops::Range;

use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::Event;
use quick_xml::reader::Reader;

use names::{is_char, is_name};

/// The mistake in a document, and its byte in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// An attribute with its value as written, not unescaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute<'t> {
    pub(crate) name: &'t str,
    pub(crate) value: &'t str,
}

/// The kind of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// `<name …>`, or `<name …/>`, after which no end follows.
    Start { name: &'t str, attributes: Vec<Attribute<'t>>, empty: bool },
    /// `</name>`
    End,
    /// Plain characters.
    Text,
    /// `&…;` and its character.
    Reference(char),
    /// `<![CDATA[…]]>`; where its characters are.
    CData(Range<usize>),
    /// Comments, processing instructions and the declaration.
    Other,
}

/// A token, and the bytes of the text that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(crate) kind: Kind<'t>,
    pub(crate) span: Range<usize>,
}

/// Reads a document token by token.
pub(super) struct Tokens<'t> {
    text: &'t str,
    reader: Reader<&'t [u8]>,
    /// Names of elements that are not closed yet, and where they begin.
    open: Vec<(&'t str, usize)>,
    has_root: bool,
    /// XML 1.1 has references to control characters.
    is_1_1: bool,
}

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().enable_all_checks(true);
        Self { text, reader, open: Vec::new(), has_root: false, is_1_1: false }
    }

    /// The next token; none at the end of a document that is well-formed.
    pub(super) fn next(&mut self) -> Result<Option<Token<'t>>, Fault> {
        let start = self.position();
        if start == 0 && self.text.starts_with('\u{feff}') {
            return Err(fault(0, "text before the root element"));
        }
        let event = self.reader.read_event().map_err(|error| self.unreadable(start, &error))?;
        let span = start..self.position();
        self.characters(&span)?;
        let kind = match event {
            Event::Start(_) => self.start(&span, false)?,
            Event::Empty(_) => self.start(&span, true)?,
            Event::End(_) => {
                self.open.pop();
                Kind::End
            }
            Event::Text(_) => self.characters_of_text(&span)?,
            Event::GeneralRef(_) => {
                self.inside_root(start)?;
                Kind::Reference(self.reference(&(span.start + 1..span.end - 1))?)
            }
            Event::CData(_) => {
                self.inside_root(start)?;
                Kind::CData(span.start + "<![CDATA[".len()..span.end - "]]>".len())
            }
            Event::Decl(_) => self.declaration(&span)?,
            Event::PI(_) => self.instruction(&span)?,
            Event::Comment(_) => Kind::Other,
            Event::DocType(_) => return Err(doctype(start)),
            Event::Eof => return self.end().map(|()| None),
        };
        Ok(Some(Token { kind, span }))
    }

    fn position(&self) -> usize {
        // Positions are those of a text in memory.
        usize::try_from(self.reader.buffer_position()).unwrap_or(self.text.len())
    }

    fn unreadable(&self, start: usize, error: &Error) -> Fault {
        let at = usize::try_from(self.reader.error_position()).unwrap_or(start);
        let markup = self.text.get(at..).unwrap_or_default();
        if markup.get(..9).is_some_and(|word| word.eq_ignore_ascii_case("<!DOCTYPE")) {
            return doctype(at);
        }
        let message = match error {
            Error::IllFormed(IllFormedError::UnclosedReference) => {
                "& is not followed by the name of an entity and a semicolon; expected &amp;".to_owned()
            }
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                format!("</{found:.80}> does not close <{expected:.80}>{}", self.opened())
            }
            Error::IllFormed(IllFormedError::UnmatchedEndTag(name)) => {
                format!("</{name:.80}> closes no element")
            }
            Error::IllFormed(error) => error.to_string(),
            Error::Syntax(error) => error.to_string(),
            error => error.to_string(),
        };
        Fault { at, message }
    }

    /// The position of the innermost open element.
    fn opened(&self) -> String {
        let line = self.open.last().map(|(_, at)| location(self.text, *at).0);
        line.map(|line| format!(" of line {line}")).unwrap_or_default()
    }

    fn end(&self) -> Result<(), Fault> {
        match self.open.last() {
            Some((name, _)) => {
                let message = format!("the element <{name:.80}>{} is not closed", self.opened());
                Err(fault(self.text.len(), message))
            }
            None if !self.has_root => Err(fault(self.text.len(), "the document has no root element")),
            None => Ok(()),
        }
    }

    fn inside_root(&self, at: usize) -> Result<(), Fault> {
        let side = if self.has_root { "after" } else { "before" };
        if self.open.is_empty() { Err(fault(at, format!("text {side} the root element"))) } else { Ok(()) }
    }

    fn characters(&self, span: &Range<usize>) -> Result<(), Fault> {
        let mut wrong = self.text[span.clone()].char_indices().filter(|(_, char)| !is_char(*char));
        wrong.next().map_or(Ok(()), |(at, char)| {
            let message = format!("the character U+{:04X} is not allowed in XML", u32::from(char));
            Err(fault(span.start + at, message))
        })
    }

    fn characters_of_text(&self, span: &Range<usize>) -> Result<Kind<'t>, Fault> {
        let text = &self.text[span.clone()];
        if let Some(at) = text.find(|char| !is_space(char)) {
            self.inside_root(span.start + at)?;
        }
        match text.find("]]>") {
            Some(at) => Err(fault(span.start + at, "]]> outside of a CDATA section; expected ]]&gt;")),
            None => Ok(Kind::Text),
        }
    }

    fn start(&mut self, span: &Range<usize>, empty: bool) -> Result<Kind<'t>, Fault> {
        let end = span.end - if empty { 2 } else { 1 };
        let inner = &self.text[span.start + 1..end];
        let name = &inner[..inner.find(is_space).unwrap_or(inner.len())];
        if !is_name(name) {
            return Err(fault(span.start, format!("<{name:.80} is not followed by the name of an element")));
        }
        if self.open.is_empty() && self.has_root {
            return Err(fault(span.start, format!("a second root element, <{name:.80}>")));
        }
        self.has_root = true;
        let attributes = self.attributes(&(span.start + 1 + name.len()..end))?;
        if !empty {
            self.open.push((name, span.start));
        }
        Ok(Kind::Start { name, attributes, empty })
    }

    fn attributes(&self, span: &Range<usize>) -> Result<Vec<Attribute<'t>>, Fault> {
        let (mut attributes, mut names, mut at) = (Vec::new(), HashSet::new(), span.start);
        loop {
            let rest = &self.text[at..span.end];
            let begins = at + spaces(rest);
            if begins == span.end {
                return Ok(attributes);
            }
            if begins == at {
                return Err(fault(at, "expected a space before an attribute"));
            }
            let (attribute, end) = self.attribute(&(begins..span.end))?;
            if !names.insert(attribute.name) {
                return Err(fault(begins, format!("the attribute {:.80} is repeated", attribute.name)));
            }
            attributes.push(attribute);
            at = end;
        }
    }

    /// The attribute at the beginning of `span`, and where it ends.
    fn attribute(&self, span: &Range<usize>) -> Result<(Attribute<'t>, usize), Fault> {
        let text = &self.text[span.clone()];
        let name = &text[..text.find(|char| is_space(char) || char == '=').unwrap_or(text.len())];
        if !is_name(name) {
            return Err(fault(span.start, format!("{name:.80} is not the name of an attribute")));
        }
        let mut at = name.len() + spaces(&text[name.len()..]);
        if !text[at..].starts_with('=') {
            return Err(fault(span.start + at, format!("expected = after the attribute {name:.80}")));
        }
        at += 1 + spaces(&text[at + 1..]);
        let quote = text[at..].chars().next().filter(|char| matches!(char, '"' | '\''));
        let quoted = quote.and_then(|quote| text[at + 1..].find(quote));
        let Some(len) = quoted else {
            return Err(fault(span.start + at, format!("the value of {name:.80} is not in quotes")));
        };
        let value = span.start + at + 1..span.start + at + 1 + len;
        self.attribute_value(&value)?;
        Ok((Attribute { name, value: &self.text[value.clone()] }, value.end + 1))
    }

    fn attribute_value(&self, span: &Range<usize>) -> Result<(), Fault> {
        let value = &self.text[span.clone()];
        if let Some(at) = value.find('<') {
            return Err(fault(span.start + at, "< in the value of an attribute; expected &lt;"));
        }
        for (at, _) in value.match_indices('&') {
            let start = span.start + at + 1;
            let Some(len) = self.text[start..span.end].find(';') else {
                return Err(fault(start - 1, "& is not followed by the name of an entity; expected &amp;"));
            };
            self.reference(&(start..start + len))?;
        }
        Ok(())
    }

    /// The character of the reference between `&` and `;`.
    fn reference(&self, span: &Range<usize>) -> Result<char, Fault> {
        let name = &self.text[span.clone()];
        if let Some(char) = entity(name) {
            return Ok(char);
        }
        let message = match name.strip_prefix('#') {
            Some(number) => match character(number) {
                Some(char) if is_char(char) || self.is_1_1 && char != '\0' => return Ok(char),
                _ => format!("&{name:.40}; is not a character of XML"),
            },
            None => format!("the entity &{name:.40}; is not defined; expected &amp; for an ampersand"),
        };
        Err(fault(span.start - 1, message))
    }

    fn declaration(&mut self, span: &Range<usize>) -> Result<Kind<'t>, Fault> {
        if span.start > 0 {
            return Err(fault(span.start, "the XML declaration is not at the beginning"));
        }
        let attributes = self.attributes(&(span.start + "<?xml".len()..span.end - "?>".len()))?;
        let mut given = attributes.iter().map(|attribute| (attribute.name, attribute.value)).peekable();
        let version = given.next_if(|(name, _)| *name == "version").map(|(_, version)| version);
        given.next_if(|(name, _)| *name == "encoding");
        given.next_if(|(name, value)| *name == "standalone" && matches!(*value, "yes" | "no"));
        let known = version.is_some_and(|version| matches!(version, "1.0" | "1.1"));
        if !known || given.next().is_some() {
            return Err(fault(
                0,
                "the XML declaration is wrong; expected one such as <?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            ));
        }
        self.is_1_1 = version == Some("1.1");
        Ok(Kind::Other)
    }

    fn instruction(&self, span: &Range<usize>) -> Result<Kind<'t>, Fault> {
        let content = &self.text[span.start + "<?".len()..span.end - "?>".len()];
        let target = &content[..content.find(is_space).unwrap_or(content.len())];
        if !is_name(target) || target.eq_ignore_ascii_case("xml") {
            return Err(fault(
                span.start,
                format!("<?{target:.80} is not followed by the name of an instruction"),
            ));
        }
        Ok(Kind::Other)
    }
}

/// The text of a checked value, with its references replaced.
pub(super) fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut parts = value.split('&');
    out.push_str(parts.next().unwrap_or_default());
    for (name, rest) in parts.filter_map(|part| part.split_once(';')) {
        out.extend(entity(name).or_else(|| character(name.strip_prefix('#')?)));
        out.push_str(rest);
    }
    out
}

/// The line and the column, in characters, of a byte of a text; both from 1.
pub(super) fn location(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let breaks = |text: &str| text.matches('\n').count() + lone_returns(text);
    let line = before.rfind(['\n', '\r']).map_or(before, |last| &before[last + 1..]);
    (breaks(before) + 1, line.chars().count() + 1)
}

/// Carriage returns that no line feed follows: they end a line as well.
fn lone_returns(text: &str) -> usize {
    text.matches('\r').count() - text.matches("\r\n").count()
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// The character of a number, as written after `&#`.
fn character(number: &str) -> Option<char> {
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    // Rust's parser of numbers accepts a sign.
    let all_digits = digits.chars().all(|char| char.is_digit(radix));
    let number = u32::from_str_radix(digits, radix).ok().filter(|_| all_digits);
    number.and_then(char::from_u32)
}

fn doctype(at: usize) -> Fault {
    fault(at, "a DOCTYPE is not accepted: it can define entities")
}

fn fault(at: usize, message: impl Into<String>) -> Fault {
    Fault { at, message: message.into() }
}

const fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r' | '\n')
}

/// The number of bytes of white space at the start of a text.
fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(is_space).len()
}

#[cfg(test)]
mod tests;
