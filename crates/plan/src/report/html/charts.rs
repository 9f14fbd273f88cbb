//! The charts of JMeter's dashboard, under its names.

use std::fmt::{Result, Write};

use super::plot::{Layer, Plot};
use crate::report::{CURVE, Report};

/// Writes the section of the charts.
pub(super) fn write(report: &Report, page: &mut String) -> Result {
    let (axis, charts) = (&report.axis, &report.charts);
    writeln!(page, "<section><h2>Charts</h2><div class=\"pair\">")?;
    let hits = vec![Layer::line(&charts.hits_per_second, "admitted")];
    Plot::over_time("Hits Per Second", "hits/s", axis, hits).write(page)?;
    let codes = charts.codes_per_second.iter().enumerate();
    let codes = codes.map(|(place, series)| Layer::line(series, &code_class(report, &series.name, place)));
    Plot::over_time("Codes Per Second", "responses/s", axis, codes.collect()).write(page)?;
    let lines = charts.transactions_per_second.iter().enumerate();
    let lines = lines.map(|(place, series)| Layer::line(series, &nth(place)));
    Plot::over_time("Transactions Per Second", "transactions/s", axis, lines.collect()).write(page)?;
    if charts.active_threads.mean.iter().any(Option::is_some) {
        let threads = vec![Layer::line(&charts.active_threads, "level")];
        Plot::over_time("Active Threads Over Time", "threads", axis, threads).write(page)?;
    }
    percentiles(report).write(page)?;
    writeln!(page, "</div></section>")
}

fn percentiles(report: &Report) -> Plot {
    let layer = |(place, curve): (usize, &crate::report::Curve)| Layer {
        at: CURVE.to_vec(),
        ..Layer::values(&curve.name, &curve.millis.iter().copied().map(Some).collect::<Vec<_>>(), &nth(place))
    };
    Plot {
        title: "Response Time Percentiles".to_owned(),
        unit: "ms, successful samples",
        width: 100.0,
        ticks: [0.0, 25.0, 50.0, 75.0, 90.0].map(|percent| (percent, format!("{percent} %"))).to_vec(),
        step: None,
        top: None,
        layers: report.charts.percentiles.iter().enumerate().map(layer).collect(),
        mark: None,
    }
}

/// The colour of the n-th of several series.
fn nth(place: usize) -> String {
    format!("s{}", place % 13)
}

fn code_class(report: &Report, code: &str, place: usize) -> String {
    match code {
        code if report.refused_statuses.iter().any(|status| status.to_string() == code) => {
            "refused".to_owned()
        }
        "no answer" => "failed".to_owned(),
        code if code.starts_with('2') => "admitted".to_owned(),
        _ => nth(place + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Material;

    #[test]
    fn a_status_has_the_colour_of_its_meaning() {
        let report = Report::of(&Material::default());
        assert_eq!(
            ["200", "429", "no answer", "404"].map(|code| code_class(&report, code, 2)),
            ["admitted", "refused", "failed", "s3"]
        );
    }
}
