//! A JMeter plan as a [`Plan`], and what was read how.
//!
//! | file | has |
//! |---|---|
//! | `text`, `xml`, `element` | bytes to text to the tree of a plan's elements |
//! | `include` | included plans, put in their controllers' places |
//! | `collect` | variables, and the names that get a value during the run |
//! | `expression/` | `${…}` and conditions |
//! | `build` | the walk over the tree: scopes, nodes, what was read how |
//! | `group`, `plugin_group`, `open_model` | thread groups |
//! | `controller`, `condition`, `switch`, `module` | controllers |
//! | `variable`, `counter`, `columns`, `table` | what counters and the rows of data sets decide |
//! | `by_row` | addresses and tokens by the rows of data sets, what a driver knows |
//! | `sampler`, `http`, `socket`, `headers`, `csv` | samplers and who asks |
//! | `timer`, `script` | timers and scripts |
//! | `check` | plans without an end, options that name nothing |
//!
//! A new kind of element is a line in `kind` and an arm in the file that it belongs to.

mod build;
mod by_row;
mod check;
mod collect;
mod columns;
mod condition;
mod controller;
mod counter;
mod csv;
mod element;
mod error;
mod expression;
mod group;
mod headers;
mod http;
mod include;
mod kind;
mod module;
mod open_model;
mod options;
mod parallel;
mod plugin_group;
mod reading;
mod sampler;
mod script;
mod socket;
mod switch;
mod table;
mod text;
mod timer;
mod variable;
mod xml;

pub use self::error::ReadError;
pub use self::options::{Files, Options};
pub use self::reading::{Item, Open, Reading};
pub use self::text::decode;

use self::build::Builder;
use crate::model::Plan;

/// Reads a JMeter plan.
///
/// # Errors
/// XML that is not well-formed, a file that is not a JMeter plan, modules and included plans that contain themselves, a
/// plan without a thread group or without an end, and an option that names no element. Each is one sentence with its line.
pub fn read(text: &str, options: &Options, files: &dyn Files) -> Result<(Plan, Reading), ReadError> {
    let tables = table::Tables::new(files);
    let elements = include::resolve(xml::parse(text)?, options, files, &tables)?;
    let names = collect::names(&elements, options, &tables);
    let mut builder = Builder::new(&elements, names, options, &tables);
    builder.plan()?;
    let (plan, reading) = builder.finish()?;
    check::endless(&plan, options)?;
    Ok((plan, reading))
}
