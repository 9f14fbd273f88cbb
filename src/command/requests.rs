//! `gcmock requests`: the journal of a running server as a table.

use anyhow::Context;
use http::Method;
use serde_json::Value;

use super::args::Requests;
use super::{Failure, client, print_out};

const COLUMNS: [&str; 7] = ["TIME", "STATUS", "OPERATION", "CALLER", "LIMIT", "RETRY AFTER", "TOOK"];

/// Prints the newest entries that match the filters, newest first.
pub(super) async fn run(options: &Requests) -> Result<(), Failure> {
    let (url, token) = (&options.server.url, client::token_for(&options.server));
    let answer = client::ask(Method::GET, url, &path(options), token.as_deref(), String::new()).await?;
    let answer = client::json_of(url, answer)?;
    let entries = answer["requests"].as_array().context("the answer is not a journal")?;
    if options.json {
        let text = serde_json::to_string_pretty(entries).map_err(anyhow::Error::from)?;
        return print_out(&(text + "\n"));
    }
    print_out(&table(&entries.iter().map(row).collect::<Vec<_>>()))
}

fn path(options: &Requests) -> String {
    let mut query = form_urlencoded::Serializer::new(String::from("/__admin/requests?"));
    query.append_pair("limit", &options.count.to_string());
    let filters = [
        ("status", &options.status),
        ("tenant", &options.tenant),
        ("operation", &options.operation),
        ("limitName", &options.limit),
        ("fault", &options.fault),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

fn row(entry: &Value) -> [String; 7] {
    let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let retry_after = entry["retryAfter"].as_u64().map_or_else(String::new, |seconds| format!("{seconds} s"));
    let took = entry["tookMs"].as_f64().map_or_else(String::new, |millis| format!("{millis:.1} ms"));
    [
        text("time"),
        entry["status"].to_string(),
        operation(entry),
        text("caller"),
        limit(entry),
        retry_after,
        took,
    ]
    .map(|cell| printable(&cell))
}

/// The operation, with the event of a socket if the entry has one.
fn operation(entry: &Value) -> String {
    let operation = entry["operation"].as_str().unwrap_or_default();
    match entry["socket"]["event"].as_str() {
        Some(event) => format!("{operation} ({event})"),
        None => operation.to_owned(),
    }
}

/// The limit that refused; of the adherence check also the agent and the cause.
fn limit(entry: &Value) -> String {
    let limit = entry["limit"].as_str().unwrap_or_default();
    match (entry["agent"].as_str(), entry["cause"].as_str()) {
        (Some(agent), Some(cause)) => format!("{limit}: {agent}, {cause}"),
        _ => limit.to_owned(),
    }
}

/// Replaces control characters: names come from clients, and a terminal would act on them.
fn printable(cell: &str) -> String {
    cell.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

/// Columns as wide as their widest cell, without blanks at the end of a line.
fn table(rows: &[[String; 7]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([COLUMNS[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    let line = |cells: [&str; 7]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let body = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
    std::iter::once(line(COLUMNS)).chain(body).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_is_as_wide_as_its_cells_and_shows_no_control_characters() {
        let refused = json!({ "time": "2026-03-08T00:00:00.000Z", "status": 429, "operation": "GET /x", "caller": "a\u{1b}[31m",
            "limit": "adherence", "agent": "agent-1", "cause": "status", "retryAfter": 30, "tookMs": 1.25 });
        let closed = json!({ "time": "2026-03-08T00:00:00.000Z", "status": 1000, "operation": "GET /channels/{id}",
            "socket": { "event": "closed" }, "tookMs": 12.0 });
        let shown = table(&[row(&refused), row(&closed)]);
        assert_eq!(
            shown,
            "TIME                      STATUS  OPERATION                    CALLER  LIMIT                       RETRY AFTER  TOOK\n\
             2026-03-08T00:00:00.000Z  429     GET /x                       a\u{fffd}[31m  adherence: agent-1, status  30 s         1.2 ms\n\
             2026-03-08T00:00:00.000Z  1000    GET /channels/{id} (closed)                                                   12.0 ms\n"
        );
    }
}
