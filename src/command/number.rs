//! Numbers on the command line that are none, in words: the parser's own are those of its programming language.

use std::error::Error;
use std::num::{IntErrorKind, ParseIntError};

use clap::error::{ContextKind, ErrorKind};

/// The error, with what is expected where the value of an option is not a number.
pub(super) fn in_words(error: clap::Error) -> clap::Error {
    let Some(why) = error.source().and_then(<dyn Error>::downcast_ref::<ParseIntError>) else { return error };
    let expected = match why.kind() {
        IntErrorKind::PosOverflow => "expected a smaller number",
        IntErrorKind::Zero => "expected a whole number from 1",
        _ => "expected a whole number",
    };
    let named = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (value, option) = (named(ContextKind::InvalidValue), named(ContextKind::InvalidArg));
    let cause = format!("invalid value '{value}' for '{option}': {expected}");
    clap::Error::raw(ErrorKind::ValueValidation, format!("{cause}\n\nFor more information, try '--help'.\n"))
}
