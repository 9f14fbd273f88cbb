//! `gcmock healthcheck`: a container's HEALTHCHECK without curl.

use anyhow::anyhow;
use http::Method;

use super::args::{Health, Listen};
use super::{Failure, client, print_out, reachable};
use crate::push::delivery::address::without_secrets;

/// Succeeds if the server is healthy: the server of `--url`, or of the variables of `serve`.
pub(super) async fn run(options: &Health) -> Result<(), Failure> {
    let url = options.url.clone().unwrap_or_else(|| of_environment(options));
    let (status, _) = client::ask(Method::GET, &url, "/__admin/health", None, String::new()).await?;
    if status.is_success() {
        return print_out("healthy\n");
    }
    Err(Failure::Running(anyhow!("{} answers {status}", without_secrets(&url))))
}

/// The address of a server that was started with the variables of this environment.
fn of_environment(options: &Health) -> String {
    match (options.listen, options.tls_listen) {
        (Listen::Nowhere, Some(address)) => format!("https://{}", reachable(address)),
        (Listen::At(address), _) => format!("http://{}", reachable(address)),
        (Listen::Nowhere, None) => "http://127.0.0.1:8080".to_owned(),
    }
}
