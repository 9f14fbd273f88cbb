//! The options of what leaves the server: webhooks, events, metrics and traces.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::serve::wire_time;
use crate::push::delivery::Options;
use crate::push::delivery::address::{Hosts, read_host};

/// What leaves the server. It connects to no other host than these options name, and to this machine.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Events that leave the server")]
pub(crate) struct Delivery {
    /// Host that webhooks may be on beside this machine, such as host.docker.internal. Repeatable. A server that
    /// listens on other addresses than loopback sends events to this machine only with `localhost` here.
    #[arg(long, env = "GCMOCK_WEBHOOK_HOST", value_name = "HOST", value_delimiter = ',', value_parser = read_host)]
    pub(crate) webhook_host: Vec<String>,
    /// Time before the second attempt to deliver an event. It doubles with each of the three attempts after that.
    #[arg(long, env = "GCMOCK_WEBHOOK_RETRY", value_name = "DURATION", default_value = "1s", value_parser = wire_time)]
    pub(crate) webhook_retry: Duration,
    /// Append every event to this file, a line each, in the form of Amazon `EventBridge`.
    #[arg(long, env = "GCMOCK_EVENTS_FILE", value_name = "FILE")]
    pub(crate) events_file: Option<PathBuf>,
    /// Send every event to this URL, in the form of Amazon `EventBridge`. Its host is this machine or a --webhook-host.
    #[arg(long, env = "GCMOCK_EVENTS_URL", value_name = "URL")]
    pub(crate) events_url: Option<String>,
    /// Secret that signs what is sent to --events-url.
    #[arg(long, env = "GCMOCK_EVENTS_SECRET", value_name = "TEXT", hide_env_values = true, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) events_secret: Option<String>,
}

impl Delivery {
    /// The options as the server has them. `is_local` says that it listens on loopback alone.
    pub(crate) fn options(&self, is_local: bool) -> Options {
        Options {
            hosts: Hosts { loopback: is_local, named: self.webhook_host.clone() },
            retry: self.webhook_retry,
            file: self.events_file.clone(),
            url: self.events_url.clone(),
            secret: self.events_secret.clone(),
        }
    }
}
