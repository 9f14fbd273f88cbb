//! Which terms and phrases the dictionary and the sentiments take. The bounds are documented.

use std::borrow::Cow;
use std::collections::HashSet;

use http::StatusCode;
use serde_json::Value;

use super::dialects::DIALECTS;
use super::strings;
use crate::api::entity::text;
use crate::api::json_entity::Body;
use crate::wire::error::ApiError;

const TERM: usize = 30;
const SOUNDS: usize = 10;
const EXAMPLES: (usize, usize) = (3, 20);
const EXAMPLE: (usize, usize) = (3, 40);
const EXAMPLE_WORDS: (usize, usize) = (3, 20);
const PHRASE: usize = 200;

fn bad(code: &'static str, why: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, why)
}

pub(super) fn unprocessable(code: String, why: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError { code: code.into(), ..ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "", why) }
}

/// Checks a term of the dictionary, how it sounds, and its examples.
pub(super) fn check_word(body: &Body) -> Result<(), ApiError> {
    if text(body, "term").chars().count() > TERM {
        return Err(bad("term.length.exceeded", format!("A term has at most {TERM} characters.")));
    }
    let boost = body.get("boostValue").and_then(Value::as_f64);
    if boost.is_some_and(|boost| !(1.0..=10.0).contains(&boost)) {
        return Err(bad("invalid.boost.value", "The property boostValue is from 1 to 10."));
    }
    check_sounds(&strings(body, "soundsLike").collect::<Vec<_>>())?;
    check_examples(body)
}

fn check_sounds(sounds: &[&str]) -> Result<(), ApiError> {
    if sounds.len() > SOUNDS {
        let why = format!("The property soundsLike has at most {SOUNDS} items.");
        return Err(bad("sounds.like.maximum.count.exceeded", why));
    }
    if sounds.iter().any(|sound| sound.chars().count() > TERM) {
        let why = format!("An item of soundsLike has at most {TERM} characters.");
        return Err(bad("sounds.like.length.exceeded", why));
    }
    if has_twice(sounds) {
        return Err(bad("sounds.like.contains.duplicate.value", "The items of soundsLike are different."));
    }
    Ok(())
}

/// A dialect may have no examples. Where there are some, they have a least number.
fn check_examples(body: &Body) -> Result<(), ApiError> {
    let examples = body.get("examplePhrases").and_then(Value::as_array).into_iter().flatten();
    let examples: Vec<&str> = examples.filter_map(|example| example["phrase"].as_str()).collect();
    let (least, most) = EXAMPLES;
    if examples.is_empty() {
        return Ok(());
    }
    if examples.len() < least {
        let why = format!("The property examplePhrases has at least {least} items.");
        return Err(bad("example.phrases.minimum.count.required", why));
    }
    if examples.len() > most {
        let why = format!("The property examplePhrases has at most {most} items.");
        return Err(bad("example.phrases.maximum.count.exceeded", why));
    }
    if has_twice(&examples) {
        return Err(bad("example.phrases.contains.duplicate.phrase", "The example phrases are different."));
    }
    let term = text(body, "term").to_lowercase();
    examples.into_iter().try_for_each(|example| check_example(example, &term))
}

fn check_example(example: &str, term: &str) -> Result<(), ApiError> {
    let (length, words) = (example.chars().count(), example.split_whitespace().count());
    let wrong = [
        (length < EXAMPLE.0, "example.phrase.length.required"),
        (length > EXAMPLE.1, "example.phrase.length.exceeded"),
        (words < EXAMPLE_WORDS.0, "example.phrase.minimum.words.required"),
        (words > EXAMPLE_WORDS.1, "example.phrase.maximum.words.exceeded"),
        (!example.to_lowercase().contains(term), "example.phrases.should.contain.term"),
    ];
    let why = "An example phrase has 3 to 20 words, at most 40 characters, and the term.";
    wrong.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, code)| Err(bad(code, why)))
}

fn has_twice(all: &[&str]) -> bool {
    let different: HashSet<String> = all.iter().map(|one| one.to_lowercase()).collect();
    different.len() < all.len()
}

/// Refuses a dialect that is not one of those that are listed.
pub(super) fn check_dialect(dialect: &str) -> Result<(), ApiError> {
    if dialect.is_empty() || DIALECTS.contains(&dialect) {
        return Ok(());
    }
    Err(bad("invalid.dialect", "The dialect is not one of GET …/topics/dialects."))
}

/// Checks a phrase that has a sentiment.
pub(super) fn check_phrase(phrase: &str) -> Result<(), ApiError> {
    if phrase.trim().is_empty() {
        return Err(bad("phrase.minimum.words.required", "A phrase has at least one word."));
    }
    if phrase.chars().count() > PHRASE {
        return Err(bad("phrase.length.exceeded", format!("A phrase has at most {PHRASE} characters.")));
    }
    Ok(())
}
