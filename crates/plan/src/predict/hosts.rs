//! Hosts that do not look like those of the platform. Their requests count all the same.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::model::{Action, NodeKind, Plan};

/// Parts of the names of the platform's hosts.
const PLATFORM: [&str; 4] = ["mypurecloud.", "pure.cloud", "genesys", "gcmock"];

/// The hosts of a plan's requests that do not look like those of the platform, nor like a server on this machine.
#[must_use]
pub fn other_hosts(plan: &Plan) -> Vec<String> {
    let hosts = plan.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Sampler(sampler) => match &sampler.action {
            Action::Http(request) | Action::SocketOpen(request) => Some(request),
            _ => None,
        },
        _ => None,
    });
    let rows = |by_row: &crate::model::ByRow| -> Vec<_> {
        by_row.addresses.iter().map(|address| address.target.host.to_ascii_lowercase()).collect()
    };
    let all = hosts.flat_map(|request| match &request.by_row {
        Some(by_row) => rows(by_row),
        None => vec![request.target.host.to_ascii_lowercase()],
    });
    all.filter(|host| is_other(host)).collect::<BTreeSet<_>>().into_iter().collect()
}

fn is_other(host: &str) -> bool {
    // A name without a dot is one of a local network.
    let is_local = !host.contains('.') || host.contains("${") || host.parse::<IpAddr>().is_ok();
    !is_local && !PLATFORM.iter().any(|part| host.contains(part))
}
