//! The page of a prediction: the sentence, the requests and the levels over time, and tables.

use std::fmt::{Result, Write};

use super::document;
use super::escape::Escaped;
use super::plot::{Layer, Mark, Plot};
use crate::report::timeline::{Axis, POINTS, Series};

/// What the page shows.
pub(crate) struct Page<'a> {
    /// The title.
    pub(crate) title: &'a str,
    /// The prediction in words, a sentence each.
    pub(crate) sentences: &'a [String],
    /// Whether something is refused.
    pub(crate) refused: bool,
    /// Admitted and refused requests of each second.
    pub(crate) admitted: Vec<Option<f64>>,
    /// Refused requests of each second.
    pub(crate) denied: Vec<Option<f64>>,
    /// What is left of limits in percent, by their names.
    pub(crate) levels: Vec<(String, Vec<Option<f64>>)>,
    /// The first refusal in seconds.
    pub(crate) first_refusal: Option<f64>,
    /// The tables.
    pub(crate) tables: Vec<Table>,
}

/// A table: its title, its head and its rows.
pub(crate) type Table = (&'static str, Vec<&'static str>, Vec<Vec<String>>);

impl Page<'_> {
    /// The page.
    pub(crate) fn html(&self) -> String {
        document(self.title, |page| self.write(page))
    }

    fn write(&self, page: &mut String) -> Result {
        self.write_header(page)?;
        self.write_charts(page)?;
        for (title, head, rows) in &self.tables {
            write_table(page, title, head, rows)?;
        }
        Ok(())
    }

    fn write_header(&self, page: &mut String) -> Result {
        let verdict = if self.refused { "refused" } else { "clean" };
        let title = Escaped(self.title);
        write!(page, "<header class=\"{verdict}\"><p class=\"title\">Prediction: {title}</p>")?;
        if let Some((first, others)) = self.sentences.split_first() {
            writeln!(page, "<h1>{}</h1>", Escaped(first))?;
            for other in others {
                writeln!(page, "<p class=\"lead\">{}</p>", Escaped(other))?;
            }
        }
        writeln!(page, "</header>")
    }

    fn write_charts(&self, page: &mut String) -> Result {
        let bins = self.admitted.len();
        if bins == 0 {
            return Ok(());
        }
        let group = bins.div_ceil(POINTS);
        let seconds = u32::try_from(group).map_or(f64::MAX, f64::from);
        let axis = Axis { seconds_per_point: seconds, points: bins.div_ceil(group) };
        let mark = || {
            let seconds = self.first_refusal?;
            Some(Mark { seconds, label: format!("first refusal {seconds:.1} s") })
        };
        let admitted = Series::reduce("admitted", &self.admitted, group);
        let refused = Series::reduce("refused", &self.denied, group);
        let layers = Layer::stack(&[(&admitted, "admitted"), (&refused, "refused")]);
        let plot = Plot::over_time("Requests per second", "requests/s", &axis, layers);
        Plot { mark: mark(), ..plot }.write(page)?;
        for (name, levels) in &self.levels {
            let mut levels = levels.clone();
            levels.resize(bins, None);
            let series = Series::reduce(name, &levels, group);
            let layer = Layer::line(&series, "level");
            let plot = Plot::over_time(&format!("Left of {name}"), "% of its capacity", &axis, vec![layer]);
            Plot { top: Some(100.0), mark: mark(), ..plot }.write(page)?;
        }
        Ok(())
    }
}

fn write_table(page: &mut String, title: &str, head: &[&str], rows: &[Vec<String>]) -> Result {
    if rows.is_empty() {
        return Ok(());
    }
    write!(
        page,
        "<section><h2>{}</h2><div class=\"card\"><div class=\"scroll\"><table><thead><tr>",
        Escaped(title)
    )?;
    for cell in head {
        write!(page, "<th>{}</th>", Escaped(cell))?;
    }
    writeln!(page, "</tr></thead><tbody>")?;
    for row in rows {
        write!(page, "<tr>")?;
        for cell in row {
            write!(page, "<td>{}</td>", Escaped(cell))?;
        }
        writeln!(page, "</tr>")?;
    }
    writeln!(page, "</tbody></table></div></div></section>")
}
