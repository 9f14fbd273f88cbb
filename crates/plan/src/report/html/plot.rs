//! A chart: paths in an SVG without text, and its labels as text around it.
//!
//! The SVG is stretched to the width of the page and its lines are not, so a chart fits a telephone and a printed page alike,
//! and its labels keep their size.

use std::fmt::{Result, Write};

use super::escape::{Escaped, Short};
use crate::report::number::{float, length, short, whole};
use crate::report::{Axis, Series};

/// The height of the SVG's coordinates.
const HEIGHT: f64 = 100.0;

/// How a layer is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The area between two values, in steps.
    Area,
    /// A line through the middle of each point, with a shade between the least and the greatest value.
    Line,
    /// A dot for each point.
    Dots,
}

/// One series of a chart.
pub(super) struct Layer {
    pub(super) name: String,
    /// The CSS class of its colour.
    pub(super) class: String,
    pub(super) shape: Shape,
    /// The positions on the horizontal axis; empty where the points are those of the time axis.
    pub(super) at: Vec<f64>,
    pub(super) values: Vec<Option<f64>>,
    /// The lower edge of an area, or of the shade around a line; may be empty.
    pub(super) low: Vec<Option<f64>>,
    /// The upper edge of the shade around a line; may be empty.
    pub(super) high: Vec<Option<f64>>,
}

impl Layer {
    /// A line of a series.
    pub(super) fn line(series: &Series, class: &str) -> Self {
        Self {
            name: series.name.clone(),
            class: class.to_owned(),
            shape: Shape::Line,
            at: Vec::new(),
            values: series.mean.clone(),
            low: series.low.clone(),
            high: series.high.clone(),
        }
    }

    /// A line of values.
    pub(super) fn values(name: &str, values: &[Option<f64>], class: &str) -> Self {
        let series = Series { name: name.to_owned(), mean: values.to_vec(), ..Series::default() };
        Self::line(&series, class)
    }

    /// Areas that lie on one another, the first one at the bottom.
    pub(super) fn stack(series: &[(&Series, &str)]) -> Vec<Self> {
        let mut below: Vec<Option<f64>> = Vec::new();
        let mut layers = Vec::new();
        for (series, class) in series {
            below.resize(series.mean.len(), Some(0.0));
            let upper: Vec<_> = (series.mean.iter().zip(&below))
                .map(|(value, below)| Some(value.unwrap_or(0.0) + below.unwrap_or(0.0)))
                .collect();
            let mut layer = Self::line(series, class);
            (layer.shape, layer.low) = (Shape::Area, std::mem::replace(&mut below, upper.clone()));
            layer.high = upper;
            layers.push(layer);
        }
        layers
    }

    fn greatest(&self) -> f64 {
        self.values.iter().chain(&self.high).flatten().copied().fold(0.0, f64::max)
    }
}

/// A vertical line at a time, with its label.
pub(super) struct Mark {
    pub(super) seconds: f64,
    pub(super) label: String,
}

/// A chart.
pub(super) struct Plot {
    pub(super) title: String,
    pub(super) unit: &'static str,
    /// The length of the horizontal axis.
    pub(super) width: f64,
    /// The labels of the horizontal axis: a position, and its text.
    pub(super) ticks: Vec<(f64, String)>,
    /// The seconds of a point of the time axis; `None` for another axis.
    pub(super) step: Option<f64>,
    /// The greatest value of the vertical axis; `None` for a round number above all values.
    pub(super) top: Option<f64>,
    pub(super) layers: Vec<Layer>,
    pub(super) mark: Option<Mark>,
}

impl Plot {
    /// A chart over the time axis.
    pub(super) fn over_time(title: &str, unit: &'static str, axis: &Axis, layers: Vec<Layer>) -> Self {
        Self {
            title: title.to_owned(),
            unit,
            width: length(axis.points.max(1)),
            ticks: time_ticks(axis),
            step: Some(axis.seconds_per_point),
            top: None,
            layers,
            mark: None,
        }
    }

    /// Writes the chart.
    pub(super) fn write(&self, page: &mut String) -> Result {
        let greatest = self.layers.iter().map(Layer::greatest).fold(0.0, f64::max);
        let top = self.top.unwrap_or_else(|| round_up(greatest * 1.04));
        write!(page, "<figure class=\"plot\"")?;
        if let Some(step) = self.step {
            write!(page, " data-step=\"{}\"", Short(step))?;
        }
        let (title, unit) = (Escaped(&self.title), Escaped(self.unit));
        writeln!(page, "><figcaption><b>{title}</b> <span>{unit}</span></figcaption>")?;
        self.write_legend(page)?;
        write!(page, "<div class=\"y\" aria-hidden=\"true\">")?;
        for part in [0.0, 0.5, 1.0] {
            let (place, value) = (Short(part * 100.0), short(top * part));
            write!(page, "<span style=\"bottom:{place}%\">{value}</span>")?;
        }
        writeln!(page, "</div>\n<div class=\"area\">")?;
        self.write_drawing(page, top)?;
        self.write_mark(page)?;
        write!(page, "</div>\n<div class=\"x\" aria-hidden=\"true\">")?;
        for (at, label) in &self.ticks {
            write!(
                page,
                "<span style=\"left:{}%\">{}</span>",
                Short(at * 100.0 / self.width),
                Escaped(label)
            )?;
        }
        writeln!(page, "</div></figure>")
    }

    fn write_legend(&self, page: &mut String) -> Result {
        write!(page, "<ul class=\"legend\">")?;
        for layer in &self.layers {
            write!(page, "<li class=\"{}\"><i></i>{}</li>", layer.class, Escaped(&layer.name))?;
        }
        writeln!(page, "</ul>")
    }

    fn write_drawing(&self, page: &mut String, top: f64) -> Result {
        let width = Short(self.width);
        let title = Escaped(&self.title);
        write!(
            page,
            "<svg viewBox=\"0 0 {width} 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{title}\">"
        )?;
        write!(page, "<path class=\"grid\" d=\"M0 0H{width}M0 50H{width}M0 100H{width}\"/>")?;
        for layer in &self.layers {
            let scale = Scale { top, at: &layer.at };
            write!(page, "\n<g class=\"{}\" data-n=\"{}\" data-v=\"", layer.class, Escaped(&layer.name))?;
            for (place, value) in layer.values.iter().enumerate() {
                let comma = if place > 0 { "," } else { "" };
                page.push_str(comma);
                if let Some(value) = value {
                    write!(page, "{}", Short(*value))?;
                }
            }
            page.push_str("\">");
            match layer.shape {
                Shape::Area => scale.area(page, &layer.high, &layer.low)?,
                Shape::Line => {
                    scale.shade(page, &layer.high, &layer.low)?;
                    scale.line(page, &layer.values)?;
                }
                Shape::Dots => scale.dots(page, &layer.values)?,
            }
            page.push_str("</g>");
        }
        writeln!(page, "</svg>")
    }

    fn write_mark(&self, page: &mut String) -> Result {
        let Some((mark, step)) = self.mark.as_ref().zip(self.step) else { return Ok(()) };
        let place = (mark.seconds / step / self.width * 100.0).clamp(0.0, 100.0);
        let side = if place > 60.0 { " left" } else { "" };
        let (place, label) = (Short(place), Escaped(&mark.label));
        writeln!(page, "<span class=\"mark{side}\" style=\"left:{place}%\"><b>{label}</b></span>")
    }
}

/// From values to coordinates.
struct Scale<'l> {
    top: f64,
    at: &'l [f64],
}

impl Scale<'_> {
    fn y(&self, value: f64) -> Short {
        Short(HEIGHT - (value / self.top).clamp(0.0, 1.0) * HEIGHT)
    }

    /// The middle of a point.
    fn x(&self, point: usize) -> Short {
        Short(self.at.get(point).copied().unwrap_or_else(|| length(point) + 0.5))
    }

    /// Steps along `upper`, and back along `lower`.
    fn area(&self, page: &mut String, upper: &[Option<f64>], lower: &[Option<f64>]) -> Result {
        if upper.iter().flatten().zip(lower.iter().flatten()).all(|(upper, lower)| upper <= lower) {
            return Ok(());
        }
        let value = |values: &[Option<f64>], point: usize| {
            self.y(values.get(point).copied().flatten().unwrap_or(0.0))
        };
        write!(page, "<path class=\"fill\" d=\"M0 {}", value(lower, 0))?;
        for point in 0..upper.len() {
            write!(page, "V{}H{}", value(upper, point), point + 1)?;
        }
        for point in (0..upper.len()).rev() {
            write!(page, "V{}H{point}", value(lower, point))?;
        }
        page.write_str("Z\"/>")
    }

    fn line(&self, page: &mut String, values: &[Option<f64>]) -> Result {
        page.push_str("<path class=\"line\" d=\"");
        let mut pen_down = false;
        for (point, value) in values.iter().enumerate() {
            let Some(value) = value else {
                pen_down = false;
                continue;
            };
            write!(page, "{}{} {}", if pen_down { "L" } else { "M" }, self.x(point), self.y(*value))?;
            let alone = !pen_down && values.get(point + 1).is_none_or(Option::is_none);
            if alone {
                // A line of one point is nothing; of no length but with round ends it is a dot.
                page.push_str("h0");
            }
            pen_down = true;
        }
        page.write_str("\"/>")
    }

    /// The shade between the least and the greatest values, in stretches without a gap.
    fn shade(&self, page: &mut String, high: &[Option<f64>], low: &[Option<f64>]) -> Result {
        let known = |point: &usize| high[*point].is_some() && low.get(*point).copied().flatten().is_some();
        let points: Vec<_> = (0..high.len()).filter(known).collect();
        if points.is_empty() {
            return Ok(());
        }
        page.push_str("<path class=\"shade\" d=\"");
        for stretch in points.chunk_by(|one, other| one + 1 == *other) {
            let mut letter = 'M';
            for (point, values) in stretch
                .iter()
                .map(|point| (point, high))
                .chain(stretch.iter().rev().map(|point| (point, low)))
            {
                let value = values.get(*point).copied().flatten().unwrap_or(0.0);
                write!(page, "{letter}{} {}", self.x(*point), self.y(value))?;
                letter = 'L';
            }
            page.push('Z');
        }
        page.write_str("\"/>")
    }

    fn dots(&self, page: &mut String, values: &[Option<f64>]) -> Result {
        page.push_str("<path class=\"dots\" d=\"");
        for (point, value) in values.iter().enumerate() {
            if let Some(value) = value {
                write!(page, "M{} {}h0", self.x(point), self.y(*value))?;
            }
        }
        page.write_str("\"/>")
    }
}

/// The next number of 1, 2, 2.5, 4, 5 and 8 times a power of ten.
pub(super) fn round_up(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let step = steps.into_iter().find(|step| step * power >= value * 0.999_999).unwrap_or(10.0);
    // Counts up to 1 per second need no fractions of a request above them.
    (step * power).max(1.0)
}

/// Labels of the time axis: at most six, at round times.
fn time_ticks(axis: &Axis) -> Vec<(f64, String)> {
    const STEPS: [u64; 19] =
        [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200];
    let seconds = axis.seconds();
    let step = STEPS.into_iter().map(float).find(|step| seconds / step <= 6.0);
    let step = step.unwrap_or_else(|| (seconds / 6.0 / 86_400.0).ceil() * 86_400.0);
    let label = |at: f64| match step {
        _ if at == 0.0 => "0".to_owned(),
        step if step < 60.0 && seconds <= 180.0 => format!("{at:.0} s"),
        step if step < 60.0 => format!("{}:{:02}", whole(at) / 60, whole(at) % 60),
        step if step < 3600.0 => format!("{:.0} min", at / 60.0),
        step if step < 86_400.0 => format!("{:.0} h", at / 3600.0),
        _ => format!("{:.0} d", at / 86_400.0),
    };
    let count = whole(seconds / step);
    let ticks = (0..=count).map(|tick| float(tick) * step);
    // A label at the very end would stand out of the page.
    let inside = ticks.filter(|at| *at <= seconds * 0.97);
    inside.map(|at| (at / axis.seconds_per_point, label(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_above_all_values() {
        let ends = [0.0, 0.3, 1.0, 99.0, 101.0, 1234.0].map(|value| round_up(value).to_string());
        assert_eq!(ends, ["1", "1", "1", "100", "120", "1600"]);
    }

    #[test]
    fn times_have_few_round_labels() {
        let labels = |seconds_per_point: f64, points| {
            let ticks = time_ticks(&Axis { seconds_per_point, points });
            ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels(1.0, 30), ["0", "5 s", "10 s", "15 s", "20 s", "25 s"]);
        assert_eq!(labels(1.0, 600), ["0", "2 min", "4 min", "6 min", "8 min"]);
        assert_eq!(labels(48.0, 600), ["0", "2 h", "4 h", "6 h"]);
        assert_eq!(labels(1.0, 1), ["0"]);
    }
}
