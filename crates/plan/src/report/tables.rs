//! The tables of a report as text in cells. Every writer shows the same ones.

use std::fmt::Write;

use super::comparison::{Compared, Unit};
use super::number::{decimal, grouped, short, whole};
use super::{BackOff, ErrorType, LimitRow, Percentiles, Report, Statistics};

/// A table.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Its title.
    pub(super) title: &'static str,
    /// The columns' names, and whether a column is of numbers.
    pub(super) columns: Vec<(String, bool)>,
    /// The cells, as many in each row as there are columns.
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// `columns` are names; those of numbers begin with `#`, which is not shown unless it is doubled.
    fn new(title: &'static str, columns: &[&str], rows: Vec<Vec<String>>) -> Self {
        let column = |name: &&str| match name.strip_prefix('#') {
            Some(name) => (name.to_owned(), true),
            None => ((*name).to_owned(), false),
        };
        Self { title, columns: columns.iter().map(column).collect(), rows }
    }

    fn unless_empty(self) -> Option<Self> {
        (!self.rows.is_empty()).then_some(self)
    }
}

/// Every table of a report that has rows, in the order of the page.
pub(super) fn all(report: &Report) -> Vec<Table> {
    let tables = [
        comparison(report),
        advice(report),
        limits(report),
        keys(report),
        latency(report),
        back_off(report),
        herds(report),
        statistics(report),
        errors(report),
        top_errors(report),
        apdex(report),
    ];
    tables.into_iter().flatten().collect()
}

/// Predicted beside observed.
pub(super) fn comparison(report: &Report) -> Option<Table> {
    let rows = report.comparison.iter().flat_map(|comparison| &comparison.rows).map(compared).collect();
    let columns = ["", "#predicted", "#observed", "#difference"];
    Table::new("Predicted and observed", &columns, rows).unless_empty()
}

fn compared(row: &Compared) -> Vec<String> {
    let shown = |value: Option<f64>| match (value, row.unit) {
        (None, Unit::Seconds) => "never".to_owned(),
        (None, Unit::Requests) => "not known".to_owned(),
        (Some(value), Unit::Seconds) => format!("{value:.1} s"),
        (Some(value), Unit::Requests) => grouped(whole(value)),
    };
    let difference = row.difference().map_or_else(
        || "-".to_owned(),
        |(difference, percent)| {
            let sign = if difference > 0.0 { "+" } else { "" };
            let percent = percent.map_or_else(String::new, |percent| format!(" ({percent:+.1} %)"));
            let unit = if row.unit == Unit::Seconds { " s" } else { "" };
            format!("{sign}{}{unit}{percent}", short(difference))
        },
    );
    vec![row.what.clone(), shown(row.predicted), shown(row.observed), difference]
}

/// The knobs.
pub(super) fn advice(report: &Report) -> Option<Table> {
    let rows = report.advice.iter().map(|advice| {
        let headroom =
            advice.headroom_percent.map_or_else(|| "-".to_owned(), |left| format!("{} %", short(left)));
        let lasts = advice.clean_for_seconds.map_or_else(
            || "always".to_owned(),
            |seconds| super::number::duration(whole(seconds * 1000.0) * 1_000_000),
        );
        vec![advice.knob.clone(), advice.value.clone(), headroom, lasts]
    });
    Table::new("What would be clean", &["knob", "value", "#headroom", "#clean for"], rows.collect())
        .unless_empty()
}

/// The limits.
pub(super) fn limits(report: &Report) -> Option<Table> {
    let columns = [
        "limit",
        "scope",
        "quota",
        "#keys",
        "#hits",
        "#admitted",
        "#near",
        "#refused",
        "#lowest level",
        "#first refusal",
        "#longest refusal",
        "#would have refused",
    ];
    Table::new("Limits", &columns, report.limits.iter().map(limit).collect()).unless_empty()
}

fn limit(row: &LimitRow) -> Vec<String> {
    let longest = row.longest_refusal_seconds;
    vec![
        row.name.clone(),
        row.scope.clone(),
        row.quota.clone(),
        grouped(row.keys),
        grouped(row.hits),
        grouped(row.admitted),
        grouped(row.near),
        grouped(row.refused),
        percent_left(row.lowest_level_percent),
        row.first_refusal_seconds.map_or_else(|| "-".to_owned(), |at| format!("{at:.1} s")),
        if longest > 0.0 { format!("{longest:.0} s") } else { "-".to_owned() },
        if row.would_have_refused > 0 { grouped(row.would_have_refused) } else { "-".to_owned() },
    ]
}

fn percent_left(left: Option<f64>) -> String {
    left.map_or_else(|| "-".to_owned(), |left| format!("{} %", short(left)))
}

/// The keys with the most refusals.
pub(super) fn keys(report: &Report) -> Option<Table> {
    let rows = report.limits.iter().flat_map(|limit| {
        let of = |key: &super::Key| {
            vec![
                limit.name.clone(),
                key.key.clone(),
                grouped(key.refused),
                percent_left(key.lowest_level_percent),
            ]
        };
        limit.worst_keys.iter().filter(|key| key.refused > 0).map(of)
    });
    Table::new("Keys with the most refusals", &["limit", "key", "#refused", "#lowest level"], rows.collect())
        .unless_empty()
}

/// Response times, admitted and refused apart.
pub(super) fn latency(report: &Report) -> Option<Table> {
    let row = |name: &str, times: &Percentiles| {
        let mut cells = vec![name.to_owned(), grouped(times.count)];
        cells.extend(times.overall.iter().chain([&times.max]).map(|value| decimal(*value)));
        cells
    };
    let both = [("admitted", &report.latency.admitted), ("refused", &report.latency.refused)];
    let rows = both.iter().filter(|(_, times)| times.count > 0).map(|(name, times)| row(name, times));
    let columns = ["response times (ms)", "#requests", "#p50", "#p90", "#p95", "#p99", "#max"];
    Table::new("Response times", &columns, rows.collect()).unless_empty()
}

/// What callers did after a refusal.
pub(super) fn back_off(report: &Report) -> Option<Table> {
    let back_off = report.back_off.as_ref().filter(|back_off| back_off.callers > 0)?;
    let rows = back_off.histogram.iter().map(|bar| vec![bar.name.clone(), grouped(bar.count)]);
    Table::new("Retries around Retry-After", &["retry", "#retries"], rows.collect()).unless_empty()
}

/// What callers did after a refusal, in sentences.
pub(super) fn back_off_sentence(back_off: &BackOff) -> String {
    let BackOff { callers, retries, early, in_time, late, unretried, growing, shrinking, .. } = back_off;
    let mut text = format!(
        "{} callers were refused. Of {} retries, {} came before the time of Retry-After, {} within a second after it, \
         {} later. {} refusals were not retried.",
        grouped(*callers),
        grouped(*retries),
        grouped(*early),
        grouped(*in_time),
        grouped(*late),
        grouped(*unretried),
    );
    if *early > 0 {
        let _ = write!(text, " The earliest was {} s early.", short(back_off.earliest_by_seconds));
    }
    if growing + shrinking > 0 {
        let word = if growing > shrinking { "grow" } else { "do not grow" };
        let (most, of) = ((*growing).max(*shrinking), growing + shrinking);
        let _ = write!(text, " Gaps between retries in a row {word} ({} of {}).", grouped(most), grouped(of));
    }
    text
}

/// Herds.
pub(super) fn herds(report: &Report) -> Option<Table> {
    let herds = report.back_off.iter().flat_map(|back_off| &back_off.herds);
    let rows = herds
        .map(|herd| vec![herd.operation.clone(), format!("{:.1} s", herd.at_seconds), grouped(herd.retries)]);
    Table::new("Retries within a tenth of a second", &["operation", "#at", "#retries"], rows.collect())
        .unless_empty()
}

/// JMeter's *Statistics*.
pub(super) fn statistics(report: &Report) -> Option<Table> {
    let columns = [
        "Label",
        "##Samples",
        "#FAIL",
        "#Error %",
        "#Average",
        "#Min",
        "#Max",
        "#Median",
        "#90th pct",
        "#95th pct",
        "#99th pct",
        "#Transactions/s",
        "#Received",
        "#Sent",
    ];
    Table::new("Statistics", &columns, report.statistics.iter().map(statistics_row).collect()).unless_empty()
}

fn statistics_row(row: &Statistics) -> Vec<String> {
    let times = [row.average, row.min, row.max, row.median, row.pct90, row.pct95, row.pct99];
    let rates = [row.transactions_per_second, row.received_kb_per_second, row.sent_kb_per_second];
    let mut cells = vec![
        row.label.clone(),
        grouped(row.samples),
        grouped(row.fail),
        format!("{} %", decimal(row.error_percent)),
    ];
    cells.extend(times.iter().chain(&rates).map(|value| decimal(*value)));
    cells
}

/// JMeter's *Errors*.
pub(super) fn errors(report: &Report) -> Option<Table> {
    let row = |row: &ErrorType| {
        let percents =
            [row.percent_in_errors, row.percent_in_all].map(|percent| format!("{} %", decimal(percent)));
        [vec![row.error.clone(), grouped(row.count)], percents.to_vec()].concat()
    };
    let columns = ["Type of error", "#Number of errors", "#% in errors", "#% in all samples"];
    Table::new("Errors", &columns, report.errors.iter().map(row).collect()).unless_empty()
}

/// JMeter's *Top 5 Errors by sampler*.
pub(super) fn top_errors(report: &Report) -> Option<Table> {
    let most = report.top_errors.iter().map(|row| row.top.len()).max().unwrap_or(0);
    let mut columns = vec!["Sample", "##Samples", "##Errors"];
    (0..most).for_each(|_| columns.extend(["Error", "##Errors"]));
    let rows = report.top_errors.iter().map(|row| {
        let mut cells = vec![row.sample.clone(), grouped(row.samples), grouped(row.errors)];
        let named = row.top.iter().flat_map(|(error, count)| [error.clone(), grouped(*count)]);
        cells.extend(named.chain(std::iter::repeat(String::new())).take(2 * most));
        cells
    });
    Table::new("Top 5 Errors by sampler", &columns, rows.collect()).unless_empty()
}

/// JMeter's *APDEX*.
pub(super) fn apdex(report: &Report) -> Option<Table> {
    let rows = report.apdex.iter().map(|row| {
        let limits = [row.toleration_millis, row.frustration_millis];
        let [toleration, frustration] = limits.map(|millis| format!("{} ms", short(millis)));
        vec![format!("{:.3}", row.apdex), toleration, frustration, row.label.clone()]
    });
    let columns = ["#Apdex", "#T (Toleration threshold)", "#F (Frustration threshold)", "Label"];
    Table::new("APDEX", &columns, rows.collect()).unless_empty()
}
