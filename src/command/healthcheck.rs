//! `gcmock healthcheck`: a container's HEALTHCHECK without curl.

use anyhow::anyhow;
use http::Method;

use super::args::{Health, Listen};
use super::{Failure, client, print_out, reachable};

/// Succeeds when the server says it is healthy: the one that is named, or that of this environment.
pub(super) async fn run(options: &Health) -> Result<(), Failure> {
    let url = options.url.clone().unwrap_or_else(|| of_environment(options));
    let (status, _) = client::ask(Method::GET, &url, "/__admin/health", None, String::new()).await?;
    if status.is_success() {
        return print_out("healthy\n");
    }
    Err(Failure::Running(anyhow!("{url} answers {status}")))
}

/// Where a server listens that was started by the same variables.
fn of_environment(options: &Health) -> String {
    match (options.listen, options.tls_listen) {
        (Listen::Nowhere, Some(address)) => format!("https://{}", reachable(address)),
        (Listen::At(address), _) => format!("http://{}", reachable(address)),
        (Listen::Nowhere, None) => "http://127.0.0.1:8080".to_owned(),
    }
}
