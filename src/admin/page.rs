//! The page for browsers: the limits with their levels, the last refusals, and the admin routes.
//!
//! It is one document that reloads itself every two seconds, without scripts and assets. All values are escaped.

use std::fmt::{Display, Write};

use gcmock_limit::{Algorithm, Mode};

use super::buckets;
use super::entry::refusals;
use super::route::Routes;
use crate::platform::Platform;
use crate::rules::Limit;
use crate::time::clock::rfc3339;
use crate::time::duration::format_duration;

/// Refusals that are shown.
const REFUSALS: usize = 10;

/// The look of this page and of the login page.
pub(super) const STYLE: &str = r"
:root { color-scheme: light dark; --line: #8884; --soft: #888; --no: #c33 }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
p { margin: .3rem 0; color: var(--soft) } code { font: 13px ui-monospace, monospace }
table { border-collapse: collapse; width: 100% }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line) }
th { font-weight: 600; color: var(--soft) } .n { text-align: right; font-variant-numeric: tabular-nums }
meter { width: 8rem; vertical-align: middle } .no { color: var(--no); font-weight: 600 }
";

const HEAD: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width"><title>gcmock</title><style>"#;

/// The whole document.
pub(super) fn render(platform: &Platform, routes: &Routes) -> String {
    let mut page = format!("{HEAD}{STYLE}</style></head><body>\n");
    // Writing to a String does not fail.
    let _ = write(platform, routes, &mut page);
    page.push_str("</body></html>\n");
    page
}

fn write(platform: &Platform, routes: &Routes, page: &mut String) -> std::fmt::Result {
    let (version, now) = (env!("CARGO_PKG_VERSION"), rfc3339(platform.clock.now()));
    writeln!(page, "<h1>gcmock {version}</h1><p>A local mock of Genesys Cloud with its rate limits.")?;
    writeln!(page, "<p>Model time <code>{now}</code>, clock {}.", platform.clock.mode().name())?;
    write_limits(platform, page)?;
    write_refusals(platform, page)?;
    writeln!(page, "<h2>Admin routes</h2><table>")?;
    for route in routes.0.iter() {
        let (method, path, does) = (route.method, Escaped(route.path), Escaped(route.does));
        writeln!(page, "<tr><td><code>{method} {path}</code><td>{does}")?;
    }
    writeln!(page, "</table>")
}

fn write_limits(platform: &Platform, page: &mut String) -> std::fmt::Result {
    writeln!(page, "<h2>Limits in force</h2>")?;
    if let Some(problems) = platform.config.last_error() {
        writeln!(page, "<p class=no>The last reload failed: {}</p>", Escaped(problems))?;
    }
    writeln!(page, "<table><tr><th>limit<th>counted by<th>quota<th>fullest bucket<th class=n>level")?;
    writeln!(page, "<th class=n>requests<th class=n>refused<th>source")?;
    for limit in &platform.config.current().limits {
        write_limit(platform, limit, page)?;
    }
    writeln!(page, "</table>")
}

fn write_limit(platform: &Platform, limit: &Limit, page: &mut String) -> std::fmt::Result {
    let rule = &limit.rule;
    let fullest = buckets::nearest(platform, rule, 1).into_iter().next();
    let (used, capacity) =
        fullest.map_or((0, rule.algorithm.capacity()), |(_, view)| (view.used, view.capacity));
    let totals = platform.limiter.totals(rule.id);
    let refused = totals.refused + totals.shadow_refused;
    let class = if refused > 0 { "n no" } else { "n" };
    let high = u64::from(capacity) * 4 / 5;
    let title = Escaped(limit.matches.join("\n"));
    write!(page, "<tr title=\"{title}\"><td><code>{}</code>", Escaped(&rule.name))?;
    write!(page, "<td>{}<td>{}", rule.scope, quota(limit))?;
    write!(page, "<td><meter max={capacity} high={high} optimum=0 value={used}></meter>")?;
    write!(page, "<td class=n>{used} / {capacity}<td class=n>{}", totals.hits)?;
    writeln!(page, "<td class=\"{class}\">{refused}<td>{}", rule.source.name())
}

/// `300 per 60s`.
fn quota(limit: &Limit) -> String {
    let quota = match limit.rule.algorithm {
        Algorithm::TokenBucket { capacity, refill, period } => {
            format!("{refill} per {}, up to {capacity} at once", format_duration(period))
        }
        Algorithm::FixedWindow { capacity, period } => format!("{capacity} per {}", format_duration(period)),
        Algorithm::Concurrency { capacity, .. } => format!("{capacity} at a time"),
    };
    if limit.rule.mode == Mode::Shadow { format!("{quota} (only counted)") } else { quota }
}

fn write_refusals(platform: &Platform, page: &mut String) -> std::fmt::Result {
    let refusals = refusals(platform, REFUSALS);
    writeln!(page, "<h2>Last refusals</h2>")?;
    if refusals.is_empty() {
        return writeln!(page, "<p>None so far.");
    }
    writeln!(page, "<table><tr><th>time<th>limit<th>caller<th>operation<th class=n>retry after")?;
    for entry in refusals {
        let [limit, caller] = [entry.limit, entry.caller].map(|text| Escaped(text.unwrap_or_default()));
        write!(page, "<tr><td><code>{}</code><td><code>{limit}</code><td>{caller}", entry.time)?;
        let wait = entry.retry_after.map_or_else(String::new, |seconds| format!("{seconds} s"));
        writeln!(page, "<td><code>{}</code><td class=n>{wait}", Escaped(entry.operation))?;
    }
    writeln!(page, "</table>")
}

/// Text, escaped for the document.
struct Escaped<T>(T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.to_string().chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Escaped;

    #[test]
    fn nothing_in_a_name_is_markup() {
        let name = Escaped(r#"<b title="a&b">'"#).to_string();
        assert_eq!(name, "&lt;b title=&quot;a&amp;b&quot;&gt;&#39;");
    }
}
