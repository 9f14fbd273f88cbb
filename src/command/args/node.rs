//! The options of one server among several.

use clap::Args;

/// The shortest key.
const KEY: usize = 16;
/// The longest name.
const NAME: usize = 16;

/// Options of one server among several behind a balancer.
#[derive(Args, Clone, Debug)]
pub(crate) struct Node {
    /// Name of this server among several, of lower-case letters and digits. It is in the ids of notification channels
    /// and in the tokens of guests, so that a balancer finds their server; see `gcmock print balancer`.
    #[arg(long, env = "GCMOCK_NODE", value_name = "NAME", default_value = "0", value_parser = name)]
    pub(crate) node: String,
    /// Key that several servers share. Each accepts the tokens that the others issued. At least 16 characters.
    #[arg(long, env = "GCMOCK_TOKEN_KEY", value_name = "KEY", hide_env_values = true, value_parser = key)]
    pub(crate) token_key: Option<String>,
}

fn name(text: &str) -> Result<String, String> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if (1..=NAME).contains(&text.len()) && text.bytes().all(is_name) {
        return Ok(text.to_owned());
    }
    Err(format!("expected 1 to {NAME} lower-case letters and digits"))
}

fn key(text: &str) -> Result<String, String> {
    if text.len() < KEY { Err(format!("expected at least {KEY} characters")) } else { Ok(text.to_owned()) }
}
