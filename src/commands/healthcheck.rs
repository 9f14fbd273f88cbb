//! `gcmock healthcheck`: a container's HEALTHCHECK without curl.

use anyhow::anyhow;
use http::Method;

use super::{Failure, client, print_out};

/// Succeeds when the server at `url` says it is healthy.
pub(super) async fn run(url: &str) -> Result<(), Failure> {
    let (status, _) = client::ask(Method::GET, url, "/__admin/health", None, String::new()).await?;
    if status.is_success() {
        return print_out("healthy\n");
    }
    Err(Failure::Running(anyhow!("{url} answers {status}")))
}
