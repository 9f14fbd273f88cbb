//! A client's text in an error: its beginning, so that the rest of the message can be read.

use std::borrow::Cow;

/// The most characters that an error repeats of one text.
pub(crate) const MOST: usize = 200;

/// A client's text as a message repeats it: whole where it is short.
pub(crate) fn quoted<T: AsRef<str> + ?Sized>(text: &T) -> Cow<'_, str> {
    let text = text.as_ref();
    match text.char_indices().nth(MOST) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}...", &text[..end])),
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, quoted};

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(quoted("short"), "short");
        assert_eq!(quoted(&"é".repeat(MOST)), "é".repeat(MOST));
        assert_eq!(quoted(&"é".repeat(MOST + 1)), format!("{}...", "é".repeat(MOST)));
    }
}
