//! The text of an element, and the position of each part in the document.
//!
//! A change replaces the bytes of the characters that differ. References, CDATA sections and comments around
//! them stay as they are written.

use std::ops::Range;

use quick_xml::escape::partial_escape;

use crate::command::xml::{Kind, Token};

/// Characters of a value that are to be others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Swap {
    /// Which bytes of the value; none where something is put in between.
    pub(crate) range: Range<usize>,
    pub(crate) with: String,
}

/// A replacement of bytes of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(crate) range: Range<usize>,
    pub(crate) with: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Reference,
    CData,
}

/// A run of a value's characters that are written in one form.
#[derive(Clone, Debug)]
struct Piece {
    value: Range<usize>,
    document: Range<usize>,
    form: Form,
}

/// The content of an element that contains only text.
#[derive(Clone, Debug, Default)]
pub(super) struct Value {
    /// Unescaped.
    pub(crate) text: String,
    pieces: Vec<Piece>,
}

impl Value {
    /// Adds a token of the document.
    pub(super) fn push(&mut self, document: &str, token: &Token<'_>) {
        match &token.kind {
            Kind::Text => self.piece(&document[token.span.clone()], &token.span, Form::Text),
            Kind::CData(inner) => self.piece(&document[inner.clone()], inner, Form::CData),
            Kind::Reference(char) => {
                self.piece(char.encode_utf8(&mut [0; 4]), &token.span, Form::Reference);
            }
            Kind::Start { .. } | Kind::End | Kind::Other => {}
        }
    }

    fn piece(&mut self, text: &str, document: &Range<usize>, form: Form) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece { value: start..self.text.len(), document: document.clone(), form });
    }

    /// The value with some of its characters replaced; the swaps are in order and apart.
    pub(super) fn swapped(&self, swaps: &[Swap]) -> String {
        let (mut out, mut at) = (String::with_capacity(self.text.len()), 0);
        for Swap { range, with } in swaps {
            out.push_str(&self.text[at..range.start]);
            out.push_str(with);
            at = range.end;
        }
        out.push_str(&self.text[at..]);
        out
    }

    /// The edits of the document for a swap. The text of the element begins at byte `begin`.
    pub(super) fn edits(&self, swap: &Swap, begin: usize) -> Vec<Edit> {
        let Range { start, end } = swap.range;
        let first = self.pieces.partition_point(|piece| piece.value.end < start + usize::from(start < end));
        let is_touched =
            |piece: &&Piece| piece.value.start < end || start == end && piece.value.start == start;
        let mut touched = self.pieces[first..].iter().take_while(is_touched);
        let Some(first) = touched.next() else {
            return vec![Edit { range: begin..begin, with: partial_escape(swap.with.as_str()).into_owned() }];
        };
        let with = if first.form == Form::CData {
            swap.with.clone()
        } else {
            partial_escape(&*swap.with).into_owned()
        };
        let mut edits = vec![Edit { range: first.part(&swap.range), with }];
        // Where a value is written in several forms, its other parts go.
        if !swap.range.is_empty() {
            edits.extend(touched.map(|piece| Edit { range: piece.part(&swap.range), with: String::new() }));
        }
        edits
    }
}

impl Piece {
    /// The bytes of the document that hold these characters of the value.
    fn part(&self, of: &Range<usize>) -> Range<usize> {
        if self.form == Form::Reference {
            let after = of.is_empty() && of.start > self.value.start;
            let start = if after { self.document.end } else { self.document.start };
            return start..if of.is_empty() { start } else { self.document.end };
        }
        let at = |value: usize| {
            self.document.start + value.clamp(self.value.start, self.value.end) - self.value.start
        };
        at(of.start)..at(of.end)
    }
}

/// A document with its edits, which are in order and apart.
pub(super) fn edited(document: &str, window: Range<usize>, edits: &[Edit]) -> String {
    let (mut out, mut at) = (String::with_capacity(window.len()), window.start);
    for Edit { range, with } in edits {
        out.push_str(&document[at..range.start]);
        out.push_str(with);
        at = range.end;
    }
    out.push_str(&document[at..window.end]);
    out
}
