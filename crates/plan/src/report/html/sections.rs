//! The sections of the page, in their order.

use std::fmt::{Result, Write};

use super::charts;
use super::escape::{Escaped, Short, unbroken};
use super::plot::{Layer, Mark, Plot, Shape};
use crate::report::Verdict;
use crate::report::number::{duration, grouped, length, share, short, whole};
use crate::report::sentence::sentences;
use crate::report::tables::{self, Table, back_off_sentence};
use crate::report::{BackOff, LimitRow, Percentiles, Report, Series, State};

/// The most bands of limits.
const BANDS: usize = 24;
/// The longest text in a cell that is never broken.
const ONE_LINE: usize = 30;
/// Rows of a table that the page shows at most.
const ROWS: usize = 500;

/// Writes all sections.
pub(super) fn write(report: &Report, page: &mut String) -> Result {
    header(report, page)?;
    if report.totals.offered > 0 {
        over_time(report, page)?;
        limits(report, page)?;
        latency(report, page)?;
        back_off(report, page)?;
        statistics(report, page)?;
        charts::write(report, page)?;
    }
    footer(report, page)
}

fn header(report: &Report, page: &mut String) -> Result {
    let totals = &report.totals;
    let verdict = match totals.verdict() {
        Verdict::Empty => "empty",
        Verdict::Clean => "clean",
        Verdict::Doubtful => "doubtful",
        Verdict::Bad => "refused",
    };
    let sentences = sentences(report);
    let (first, others) = sentences.split_first().map_or(("", &[][..]), |(first, others)| (first, others));
    let (title, first) = (Escaped(&report.title), unbroken(first));
    let first = Escaped(&first);
    writeln!(page, "<header class=\"{verdict}\"><p class=\"title\">{title}</p><h1>{first}</h1>")?;
    if !others.is_empty() {
        writeln!(page, "<p class=\"lead\">{}</p>", Escaped(&unbroken(&others.join(" "))))?;
    }
    if let Some(comparison) = &report.comparison {
        writeln!(page, "<p class=\"predicted\"><b>Predicted</b> {}</p>", Escaped(&comparison.sentence))?;
    }
    if let Some(started) = &report.started {
        let length = duration(whole(report.duration_seconds * 1000.0) * 1_000_000);
        let source = Escaped(&report.source);
        writeln!(
            page,
            "<p class=\"meta\">{source} · <time datetime=\"{started}\">{started}</time> · {length}</p>"
        )?;
    }
    writeln!(page, "</header>")?;
    if totals.offered > 0 {
        tiles(report, page)?;
    }
    let side_by_side = [tables::comparison(report), tables::advice(report)];
    if side_by_side.iter().any(Option::is_some) {
        write!(page, "<div class=\"pair\">")?;
        for table in side_by_side.iter().flatten() {
            card(page, table, "")?;
        }
        writeln!(page, "</div>")?;
    }
    Ok(())
}

fn tiles(report: &Report, page: &mut String) -> Result {
    let totals = &report.totals;
    let [p50, .., p99] = report.latency.admitted.overall;
    let first = totals.first_refusal_seconds;
    let seconds = report.duration_seconds.max(1.0);
    let tiles = [
        (
            "requests",
            grouped(totals.offered),
            format!("{}/s on average", short(length_of(totals.offered) / seconds)),
        ),
        ("admitted", grouped(totals.admitted), share(totals.admitted, totals.offered)),
        ("refused", grouped(totals.refused), share(totals.refused, totals.offered)),
        (
            "first refusal",
            first.map_or_else(|| "none".to_owned(), |at| duration(whole(at * 1000.0) * 1_000_000)),
            first.map_or_else(String::new, |_| "after the first request".to_owned()),
        ),
        ("median response", format!("{} ms", short(p50)), format!("admitted; 99 % within {} ms", short(p99))),
    ];
    write!(page, "<dl class=\"tiles\">")?;
    for (name, value, about) in tiles {
        write!(
            page,
            "<div class=\"{}\"><dt>{name}</dt><dd>{value}<small>{about}</small></dd></div>",
            name.replace(' ', "-")
        )?;
    }
    writeln!(page, "</dl>")
}

fn length_of(count: u64) -> f64 {
    length(usize::try_from(count).unwrap_or(usize::MAX))
}

/// The traffic, and on the same axis the level of the governing limit and a band for each limit.
fn over_time(report: &Report, page: &mut String) -> Result {
    writeln!(page, "<section><h2>Offered, admitted and refused</h2>")?;
    let traffic = &report.traffic;
    let mut parts = vec![(&traffic.admitted, "admitted"), (&traffic.refused, "refused")];
    if report.totals.failed > 0 {
        parts.push((&traffic.failed, "failed"));
    }
    let mut layers = Layer::stack(&parts);
    if !traffic.offered.high.is_empty() {
        let mut peak = Layer::values("offered, busiest second", &traffic.offered.high, "offered");
        peak.shape = Shape::Line;
        layers.push(peak);
    }
    let mark = || {
        let seconds = report.totals.first_refusal_seconds?;
        Some(Mark {
            seconds,
            label: format!("first refusal {}", duration(whole(seconds * 1000.0) * 1_000_000)),
        })
    };
    let plot = Plot::over_time("Requests per second", "requests/s", &report.axis, layers);
    Plot { mark: mark(), ..plot }.write(page)?;
    if let Some(limit) = report.limits.first().filter(|limit| has_level(limit)) {
        let title = format!("Left of {}", limit.name);
        let plot = Plot::over_time(
            &title,
            "% of its capacity, at its lowest",
            &report.axis,
            vec![level_line(limit)],
        );
        Plot { top: Some(100.0), mark: mark(), ..plot }.write(page)?;
    }
    bands(report, page)?;
    writeln!(page, "</section>")
}

fn has_level(limit: &LimitRow) -> bool {
    limit.level.mean.iter().any(Option::is_some)
}

/// The level as its least value, as a mean hides that nothing was left.
fn level_line(limit: &LimitRow) -> Layer {
    let level = &limit.level;
    let least = if level.low.is_empty() { &level.mean } else { &level.low };
    let series =
        Series { name: "left".to_owned(), mean: least.clone(), low: least.clone(), high: level.high.clone() };
    Layer::line(&series, "level")
}

/// One band for each limit.
fn bands(report: &Report, page: &mut String) -> Result {
    let shown: Vec<_> =
        report.limits.iter().filter(|limit| limit.states.contains(|letter| letter != '.')).collect();
    if shown.is_empty() {
        return Ok(());
    }
    write!(
        page,
        "<figure class=\"bands\"><figcaption><b>Limits over time</b></figcaption><ul class=\"legend\">"
    )?;
    for (state, name) in [
        (State::Admitting, "admitting"),
        (State::Near, "near: over 80 % used"),
        (State::Refusing, "refusing"),
        (State::LockedOut, "locked out"),
    ] {
        write!(page, "<li class=\"b{}\"><i></i>{name}</li>", state.letter())?;
    }
    writeln!(page, "</ul>")?;
    for limit in shown.iter().take(BANDS) {
        band(limit, page)?;
    }
    if let Some(more) = shown.len().checked_sub(BANDS).filter(|more| *more > 0) {
        writeln!(page, "<p>{more} more limits are in the table below.</p>")?;
    }
    writeln!(page, "</figure>")
}

fn band(limit: &LimitRow, page: &mut String) -> Result {
    let states: Vec<char> = limit.states.chars().collect();
    let (name, quota) = (Escaped(&limit.name), Escaped(&limit.quota));
    let scope = Escaped(&limit.scope);
    write!(page, "<p>{name} <span>{scope} {quota}</span></p>")?;
    let width = states.len().max(1);
    write!(
        page,
        "<svg viewBox=\"0 0 {width} 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{name}\">"
    )?;
    let mut at = 0;
    for stretch in states.chunk_by(|one, other| one == other) {
        let (length, state) = (stretch.len(), stretch.first().copied().unwrap_or('.'));
        if State::of_letter(state) != State::Idle {
            write!(page, "<rect class=\"b{state}\" x=\"{at}\" width=\"{length}\" height=\"1\"/>")?;
        }
        at += length;
    }
    writeln!(page, "</svg>")
}

fn limits(report: &Report, page: &mut String) -> Result {
    let tables = [tables::limits(report), tables::keys(report)];
    if tables.iter().all(Option::is_none) {
        return Ok(());
    }
    writeln!(page, "<section><h2>Limits</h2>")?;
    let abouts = [
        "Hits are the requests that a limit covered. Near are those that it admitted and that left it more than 80 % used. The lowest level is the least that one key had left.",
        "Keys are hashed.",
    ];
    for (table, about) in tables.iter().zip(abouts) {
        if let Some(table) = table {
            card(page, table, about)?;
        }
    }
    writeln!(page, "</section>")
}

fn latency(report: &Report, page: &mut String) -> Result {
    writeln!(page, "<section><h2>Response times</h2>")?;
    if let Some(table) = tables::latency(report) {
        card(
            page,
            &table,
            "Admitted and refused requests apart: a mean over both hides how long an admitted request takes.",
        )?;
    }
    writeln!(page, "<div class=\"pair\">")?;
    let both = [("Admitted", &report.latency.admitted), ("Refused", &report.latency.refused)];
    for (title, times) in both.into_iter().filter(|(_, times)| times.count > 0) {
        Plot::over_time(title, "response time, ms", &report.axis, percentile_lines(times)).write(page)?;
    }
    if let Some(limit) = report.limits.first().filter(|limit| has_level(limit)) {
        against_level(report, limit).write(page)?;
    }
    writeln!(page, "</div></section>")
}

fn percentile_lines(times: &Percentiles) -> Vec<Layer> {
    let lines = [("p99", &times.p99), ("p95", &times.p95), ("p90", &times.p90), ("p50", &times.p50)];
    lines.into_iter().map(|(name, values)| Layer::values(name, values, name)).collect()
}

/// Response times against what was left of a limit at that time.
fn against_level(report: &Report, limit: &LimitRow) -> Plot {
    let least = if limit.level.low.is_empty() { &limit.level.mean } else { &limit.level.low };
    let pairs = least.iter().zip(&report.latency.admitted.p50);
    let (at, values) = pairs.filter_map(|(level, time)| Some(((*level)?, Some((*time)?)))).unzip();
    let dots = Layer {
        name: "median of admitted requests".to_owned(),
        class: "level".to_owned(),
        shape: Shape::Dots,
        at,
        values,
        low: Vec::new(),
        high: Vec::new(),
    };
    let percents = [0.0, 25.0, 50.0, 75.0].map(|percent| (percent, format!("{percent} %")));
    Plot {
        title: format!("Response time against what was left of {}", limit.name),
        unit: "ms",
        width: 100.0,
        ticks: percents.to_vec(),
        step: None,
        top: None,
        layers: vec![dots],
        mark: None,
    }
}

fn back_off(report: &Report, page: &mut String) -> Result {
    let Some(back_off) = report.back_off.as_ref().filter(|back_off| back_off.callers > 0) else {
        return Ok(());
    };
    writeln!(page, "<section><h2>Back-off</h2><p>{}</p>", Escaped(&back_off_sentence(back_off)))?;
    if back_off.retries > 0 {
        histogram(back_off, page)?;
    }
    if let Some(table) = tables::herds(report) {
        card(page, &table, "Callers that retry together meet the next refusal together: add jitter.")?;
    }
    writeln!(page, "</section>")
}

fn histogram(back_off: &BackOff, page: &mut String) -> Result {
    let most = back_off.histogram.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
    write!(
        page,
        "<figure class=\"histogram\"><figcaption><b>Retries around the time of Retry-After</b></figcaption><table>"
    )?;
    for bar in &back_off.histogram {
        let class = if bar.name.ends_with("early") { "refused" } else { "admitted" };
        let width = Short(length_of(bar.count) * 100.0 / length_of(most));
        write!(page, "<tr><th scope=\"row\">{}</th><td class=\"{class}\">", Escaped(&bar.name))?;
        writeln!(page, "<i style=\"width:{width}%\"></i></td><td>{}</td></tr>", grouped(bar.count))?;
    }
    writeln!(page, "</table></figure>")
}

fn statistics(report: &Report, page: &mut String) -> Result {
    writeln!(page, "<section><h2>Statistics</h2>")?;
    let tables = [
        (tables::statistics(report), "Response times in ms, network in KB/s, in JMeter's words and order."),
        (tables::errors(report), ""),
        (tables::top_errors(report), ""),
        (
            tables::apdex(report),
            "Application Performance Index: 1 if every user is satisfied, 0 if every user is frustrated. A failed sample is frustrated.",
        ),
    ];
    for (table, about) in tables.iter().filter_map(|(table, about)| Some((table.as_ref()?, about))) {
        card(page, table, about)?;
    }
    writeln!(page, "</section>")
}

fn footer(report: &Report, page: &mut String) -> Result {
    write!(page, "<footer>")?;
    for note in &report.notes {
        writeln!(page, "<p>{}</p>", Escaped(note))?;
    }
    writeln!(page, "</footer>")
}

/// A table under its title.
fn card(page: &mut String, table: &Table, about: &str) -> Result {
    write!(page, "<div class=\"card\"><h3>{}</h3>", Escaped(table.title))?;
    if !about.is_empty() {
        write!(page, "<p>{}</p>", Escaped(about))?;
    }
    write!(page, "<div class=\"scroll\"><table><thead><tr>")?;
    for (name, number) in &table.columns {
        write!(page, "<th scope=\"col\"{}>{}</th>", class(*number), Escaped(name))?;
    }
    writeln!(page, "</tr></thead><tbody>")?;
    for row in table.rows.iter().take(ROWS) {
        write!(page, "<tr>")?;
        for (place, (cell, (_, number))) in row.iter().zip(&table.columns).enumerate() {
            let class =
                if place > 0 && !number && cell.len() <= ONE_LINE { " class=\"k\"" } else { class(*number) };
            write!(page, "<td{class}>{}</td>", Escaped(cell))?;
        }
        writeln!(page, "</tr>")?;
    }
    write!(page, "</tbody></table></div>")?;
    if let Some(more) = table.rows.len().checked_sub(ROWS).filter(|more| *more > 0) {
        write!(page, "<p>{} more rows are in the JSON report.</p>", grouped(more as u64))?;
    }
    writeln!(page, "</div>")
}

const fn class(number: bool) -> &'static str {
    if number { " class=\"n\"" } else { "" }
}
