//! How well a text answers a query: by the words that they share.

/// The words of a text in lower case, without those of one letter.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.chars().count() > 1);
    words.map(str::to_lowercase)
}

/// The share of the query's words that the text has, 0 to 1. A word of the text may go on: `card` is found in `cards`.
pub(super) fn confidence(query: &str, text: &str) -> f64 {
    let has: Vec<String> = words(text).collect();
    let (mut all, mut found) = (0_u32, 0_u32);
    for word in words(query) {
        all += 1;
        found += u32::from(has.iter().any(|of| of.starts_with(&word)));
    }
    if all == 0 { 0.0 } else { f64::from(found) / f64::from(all) }
}

#[cfg(test)]
mod tests {
    use super::confidence;

    #[test]
    fn a_text_is_found_by_the_words_that_it_has() {
        let shown = |query: &str, text: &str| format!("{:.2}", confidence(query, text));
        assert_eq!(shown("Reset my card", "How a card is reset"), "0.67");
        assert_eq!(shown("card", "All cards"), "1.00");
        assert_eq!(shown("", "All cards"), "0.00");
        assert_eq!(shown("loan", "All cards"), "0.00");
    }
}
