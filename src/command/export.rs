//! `gcmock export`: test data of a running server, for JMeter's CSV Data Set.

use http::Method;
use serde_json::{Map, Value, json};

use super::args::{Export, Exported};
use super::{Failure, client, print_out};

/// Prints the exported data as JSON or CSV.
pub(super) async fn run(options: &Export) -> Result<(), Failure> {
    let (method, path, list, columns) = source(options);
    let body =
        if method == Method::POST { json!({ "count": options.count }).to_string() } else { String::new() };
    let (url, token) = (&options.server.url, client::token_for(&options.server));
    let answer = client::json_of(url, client::ask(method, url, &path, token.as_deref(), body).await?)?;
    let rows: Vec<&Value> = answer[list].as_array().into_iter().flatten().take(options.count).collect();
    print_out(&if options.csv { csv(columns, &rows) } else { json(columns, &rows) })
}

/// The route of the data, its key, and the exported columns.
fn source(options: &Export) -> (Method, String, &'static str, &'static [&'static str]) {
    let tenant = options.tenant.as_ref().map_or_else(String::new, |tenant| {
        let encoded: String = form_urlencoded::byte_serialize(tenant.as_bytes()).collect();
        format!("&tenant={encoded}")
    });
    let path = |name: &str| format!("/__admin/{name}?limit={}{tenant}", options.count);
    match options.what {
        Exported::Users => (Method::GET, path("users"), "users", &["id", "name", "email"]),
        Exported::Agents => (Method::GET, path("agents"), "agents", &["id", "name", "skillGroup", "status"]),
        Exported::Queues => (Method::GET, path("queues"), "queues", &["id", "name"]),
        Exported::Tokens => (Method::POST, path("tokens"), "tokens", &["userId", "name", "token"]),
    }
}

fn json(columns: &[&str], rows: &[&Value]) -> String {
    let picked = |row: &&Value| -> Map<String, Value> {
        columns.iter().map(|column| ((*column).to_owned(), row[*column].clone())).collect()
    };
    let rows: Vec<_> = rows.iter().map(picked).collect();
    serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n"
}

fn csv(columns: &[&str], rows: &[&Value]) -> String {
    let cell = |row: &Value, column: &str| quoted(row[column].as_str().unwrap_or_default());
    let mut text = columns.join(",") + "\n";
    for row in rows {
        let cells: Vec<_> = columns.iter().map(|column| cell(row, column)).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// A cell of RFC 4180.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
