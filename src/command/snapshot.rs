//! `gcmock snapshot`: the state of a running server in a file, and back.

use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use http::{Method, StatusCode};

use super::args::{Keeping, Snapshot};
use super::{Failure, client, print_out};
use crate::platform::snapshot::file;

/// How long a server may take to answer with a snapshot, or to load one.
const PATIENCE: Duration = Duration::from_secs(120);

/// Saves or loads.
pub(super) async fn run(options: &Snapshot) -> Result<(), Failure> {
    match options.what {
        Keeping::Save => save(options).await,
        Keeping::Load => load(options).await,
    }
}

async fn save(options: &Snapshot) -> Result<(), Failure> {
    let text = client::text_of(&options.server.url, ask(options, Method::GET, String::new()).await?)?;
    let shown = options.file.display();
    if std::fs::metadata(&options.file).is_ok_and(|known| !known.is_file()) {
        return Err(Failure::Usage(anyhow!("{shown}: it is not a regular file")));
    }
    let ending = format!("part-{}", std::process::id());
    file::write(&options.file, &ending, text.as_bytes()).map_err(Failure::Running)?;
    print_out(&format!("saved {} bytes to {shown}\n", text.len()))
}

async fn load(options: &Snapshot) -> Result<(), Failure> {
    let shown = options.file.display();
    let bytes = file::read(&options.file).with_context(|| shown.to_string()).map_err(Failure::Usage)?;
    let text = String::from_utf8(bytes.into());
    let text = text.map_err(|_| Failure::Usage(anyhow!("{shown}: it is not a snapshot: it is not UTF-8")))?;
    let loaded = client::json_of(&options.server.url, ask(options, Method::PUT, text).await?)?;
    let count = |name: &str| loaded[name].as_u64().unwrap_or_default();
    print_out(&format!(
        "loaded {} organizations with {} conversations from {shown}, {} bytes\n",
        count("organizations"),
        count("conversations"),
        count("bytes"),
    ))
}

/// Asks the server for its snapshot, or to load one.
async fn ask(options: &Snapshot, method: Method, body: String) -> anyhow::Result<(StatusCode, Bytes)> {
    let (url, token) = (&options.server.url, client::token_for(&options.server));
    client::ask_within(PATIENCE, method, url, &path(options), token.as_deref(), body).await
}

/// The route, with the organization that is asked for.
fn path(options: &Snapshot) -> String {
    let tenant = options.tenant.as_ref().map_or_else(String::new, |tenant| {
        let encoded: String = form_urlencoded::byte_serialize(tenant.as_bytes()).collect();
        format!("?tenant={encoded}")
    });
    format!("/__admin/snapshot{tenant}")
}
