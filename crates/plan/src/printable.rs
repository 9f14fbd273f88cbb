//! Text of a file as a terminal may show it.

/// Text without control characters: it must not move the cursor, colour the terminal, or begin a line.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}
