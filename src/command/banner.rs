//! The banner on stderr: the addresses, the credentials, the limits and their origin, and commands to try.

use std::net::SocketAddr;

use gcmock_limit::{Algorithm, Mode, Rule};

use super::args::World;
use super::serve::text_layer;
use super::{print_err, reachable, sharing};
use crate::instance::Instance;
use crate::time::duration::format_duration;

/// Prints the banner.
pub(super) fn print(instance: &Instance, world: &World, admin_needs_token: bool) {
    let platform = instance.platform();
    let address = reachable(instance.http.or(instance.https).unwrap_or(instance.admin_address));
    let scheme = if instance.http.is_some() { "http" } else { "https" };
    let uri = format!("{scheme}://{address}");
    let guarded = if admin_needs_token { " (Authorization: Bearer ADMIN-TOKEN)" } else { "" };
    let tenant = platform.tenants.default_tenant();
    print_err(format_args!("gcmock {}: a local Genesys Cloud at {uri}", env!("CARGO_PKG_VERSION")));
    if let Some(client) = tenant.clients.iter().find(|client| client.secret.is_some()) {
        print_err(format_args!("  client id      {}", client.id));
        print_err(format_args!("  client secret  {}", client.secret.as_deref().unwrap_or_default()));
    }
    if let Some(https) = instance.https {
        let https = reachable(https);
        print_err(format_args!(
            "  https          https://{https}  (`gcmock cert --out DIR` prints how clients trust it)"
        ));
    }
    let admin = if Some(instance.admin_address) == instance.http.or(instance.https) {
        uri.clone()
    } else {
        format!("http://{}", reachable(instance.admin_address))
    };
    print_err(format_args!("  admin          {admin}/__admin/limits{guarded}"));
    print_err(format_args!("  limits         {}", origin(world)));
    for limit in &platform.config.current().limits {
        print_err(format_args!("    {:<28} {}", limit.rule.name, describe(&limit.rule)));
    }
    if let Some(line) = sharing::line(instance) {
        print_err(format_args!("  store          {line}"));
    }
    print_err(format_args!("  try:"));
    print_err(format_args!("    curl -i -H 'Authorization: Bearer any' {uri}/api/v2/users/me"));
    rehearse(world, address, instance.http.is_some());
}

/// The origin of the limits, and whether the default limits are in force.
pub(super) fn origin(world: &World) -> String {
    let given = layer_names(world);
    match (given.is_empty(), world.with_defaults) {
        (true, _) => "the default limits".to_owned(),
        (false, true) => format!("{given} over the default limits"),
        (false, false) => format!("{given} only (--with-defaults adds the default limits)"),
    }
}

/// The names of the layers that the options give.
pub(super) fn layer_names(world: &World) -> String {
    let scenarios = world.scenario.iter().map(|name| format!("scenario {name}"));
    let files = world.limits.iter().map(|file| file.display().to_string());
    let text = text_layer(world).map(|_| "--limits-toml".to_owned());
    scenarios.chain(files).chain(text).collect::<Vec<_>>().join(", ")
}

/// The command line of JMeter: with the plan that belongs to the limits, or with the newcomer's own.
fn rehearse(world: &World, address: SocketAddr, in_clear: bool) {
    let (host, port) = (address.ip(), address.port());
    let protocol = if in_clear { "" } else { " -Jprotocol=https" };
    match world.scenario.last() {
        None if in_clear => {
            print_err(format_args!("    jmeter -n -t your-plan.jmx -l result.jtl -H {host} -P {port}"));
        }
        scenario => {
            let scenario = scenario.map_or("NAME", String::as_str);
            print_err(format_args!("    gcmock print plan {scenario} > plan.jmx"));
            print_err(format_args!(
                "    jmeter -n -t plan.jmx -l result.jtl -Jhost={host} -Jport={port}{protocol}"
            ));
        }
    }
}

/// `300 per 60s, per token`: one limit in one line.
fn describe(rule: &Rule) -> String {
    let quota = match rule.algorithm {
        Algorithm::TokenBucket { capacity, refill, period } => {
            format!("bucket of {capacity}, refilled {refill} per {}", format_duration(period))
        }
        Algorithm::FixedWindow { capacity, period } => format!("{capacity} per {}", format_duration(period)),
        Algorithm::Concurrency { capacity, .. } => format!("{capacity} at a time"),
    };
    let shadow = if rule.mode == Mode::Shadow { ", only counted" } else { "" };
    format!("{quota}, per {}{shadow} ({})", rule.scope, rule.source.name())
}
