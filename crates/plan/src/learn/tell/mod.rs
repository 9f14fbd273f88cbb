//! The answer in words, as a limits file, as JSON, and its cheapest probe as a plan.

mod json;
mod probe;
mod text;
mod toml;
mod words;

pub use self::json::to_json;
pub use self::probe::{to_arguments, to_plan};
pub use self::text::to_text;
pub use self::toml::to_limits;
pub(super) use self::words::{number, time};
