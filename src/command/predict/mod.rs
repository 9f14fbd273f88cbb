//! `gcmock predict`: what a plan will meet under the limits, and what to set so that nothing is refused.
//!
//! `users` makes a plan of the options, `system` answers what the simulator asks of the emulated platform.

mod system;
mod users;
mod verify;

use std::path::Path;

use anyhow::anyhow;
use gcmock_plan::model::Plan;
use gcmock_plan::predict::{self, Ask, Prediction};
use gcmock_plan::read::Reading;
use gcmock_plan::simulate::{self, Costs};
use tracing::level_filters::LevelFilter;

use self::system::Emulated;
use super::args::{Generator, LogFormat, PlanOptions, Predict, Shape, World};
use super::output::{check_writable, write_whole};
use super::{Failure, log, plan_file, print_err, print_out};

/// Predicts a plan.
pub(super) async fn run(options: &Predict) -> Result<(), Failure> {
    log::to_stderr(LogFormat::Text, LevelFilter::WARN);
    let inputs = options.world.files(&[options.plan.as_deref()]);
    options.out.as_deref().map_or(Ok(()), |file| check_writable("--out", file, &inputs))?;
    let format = options.format.map_or_else(|| format_by_name(options.out.as_deref()), Ok)?;
    let (plan, mut reading) = plan_of(options)?;
    let system = Emulated::new(&options.world)?;
    if let Some(reading) = &mut reading {
        tell_untold(&plan, reading, &system);
    }
    let ask = Ask { costs: costs(&options.generator), seeds: options.seeds, advise: true };
    let predicted = predict::predict(&plan, &system, &ask);
    let mut prediction =
        predicted.map_err(|error| Failure::Usage(anyhow!("{}{error}", file_prefix(options))))?;
    prediction.doubts = reading.as_ref().and_then(Reading::doubts);
    let mut text = written(format, &prediction, reading.as_ref());
    if options.verify {
        let observed = verify::observe(&plan, &options.world).await?;
        text = verify::beside(format, text, &prediction, &observed);
    }
    match &options.out {
        Some(file) => {
            write_whole("--out", file, &text)?;
            print_err(format_args!("gcmock: wrote {}", file.display()));
            Ok(())
        }
        None => print_out(&text),
    }
}

/// Tells the requests whose operation cannot be told.
fn tell_untold(plan: &Plan, reading: &mut Reading, system: &Emulated) {
    // A plan that is too large fails later, with its reason.
    let untold = simulate::meeting(plan, system, |met| met.untold).unwrap_or_default();
    reading.tell_untold(&untold);
}

/// What a plan meets under the limits of the options, in one line.
///
/// # Errors
/// Limits that are wrong, or a plan that is too large.
pub(super) fn sentence(plan: &Plan, world: &World) -> Result<String, Failure> {
    let system = Emulated::new(world)?;
    let ask = Ask { costs: Costs::IDEAL, seeds: 5, advise: false };
    let prediction = predict::predict(plan, &system, &ask);
    prediction.map(|prediction| prediction.sentence()).map_err(|error| Failure::Usage(anyhow!("{error}")))
}

/// The plan of the file or of the options.
fn plan_of(options: &Predict) -> Result<(Plan, Option<Reading>), Failure> {
    let Some(file) = &options.plan else {
        return users::plan(&options.users, options.reading.duration)
            .map(|plan| (plan, None))
            .map_err(Failure::Usage);
    };
    read_and_cut(file, &options.reading).map(|(plan, reading)| (plan, Some(reading)))
}

/// A plan, and no longer than the options allow.
fn read_and_cut(file: &Path, options: &PlanOptions) -> Result<(Plan, Reading), Failure> {
    let (plan, reading) = plan_file::read(file, options)?;
    let plan = match options.duration {
        Some(longest) if predict::planned(&plan).is_none_or(|length| length > longest) => {
            predict::cut(&plan, longest)
        }
        _ => plan,
    };
    Ok((plan, reading))
}

/// The prediction that a report compares with a run of the plan, for a load generator of the usual costs.
pub(super) fn for_report(file: &Path, reading: &PlanOptions, world: &World) -> Result<Prediction, Failure> {
    let (plan, reading) = read_and_cut(file, reading)?;
    let ask = Ask { costs: Costs::MEASURED, ..Ask::default() };
    let predicted = predict::predict(&plan, &Emulated::new(world)?, &ask);
    let predicted = predicted.map_err(|error| Failure::Usage(anyhow!("{}: {error}", file.display())))?;
    Ok(Prediction { doubts: reading.doubts(), ..predicted })
}

fn file_prefix(options: &Predict) -> String {
    options.plan.as_ref().map_or_else(String::new, |file| format!("{}: ", file.display()))
}

const fn costs(generator: &Generator) -> Costs {
    let costs = if generator.ideal {
        Costs::IDEAL
    } else {
        Costs { jvm_start: generator.jvm_start, thread: generator.thread_cost, ..Costs::MEASURED }
    };
    costs.with_round_trip(generator.rtt)
}

/// The form of a prediction that goes to this file or to stdout. A name without an ending is that of a text.
fn format_by_name(out: Option<&Path>) -> Result<Shape, Failure> {
    let Some((out, ending)) = out.and_then(|out| Some((out, out.extension()?))) else {
        return Ok(Shape::Text);
    };
    match ending.to_string_lossy().to_ascii_lowercase().as_str() {
        "html" | "htm" => Ok(Shape::Html),
        "txt" | "text" => Ok(Shape::Text),
        "json" => Ok(Shape::Json),
        _ => {
            let expected = "expected an ending of .html, .txt or .json, or --format";
            Err(Failure::Usage(anyhow!("--out {}: {expected}", out.display())))
        }
    }
}

fn written(format: Shape, prediction: &Prediction, reading: Option<&Reading>) -> String {
    match format {
        Shape::Text => prediction.text(reading),
        Shape::Json => format!("{:#}\n", prediction.json(reading)),
        Shape::Html => prediction.html(reading),
    }
}
