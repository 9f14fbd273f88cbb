//! The options of one server among several.

use anyhow::ensure;
use clap::Args;

use crate::identity::SigningKey;

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
    #[arg(long, env = "GCMOCK_TOKEN_KEY", value_name = "KEY", hide_env_values = true)]
    token_key: Option<String>,
}

fn name(text: &str) -> Result<String, String> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if (1..=NAME).contains(&text.len()) && text.bytes().all(is_name) {
        return Ok(text.to_owned());
    }
    Err(format!("expected 1 to {NAME} lower-case letters and digits"))
}

impl Node {
    /// The key of `--token-key`. It is not checked as other options are, because that would print it.
    ///
    /// # Errors
    /// When it is too short.
    pub(crate) fn key(&self) -> anyhow::Result<Option<SigningKey>> {
        let Some(key) = &self.token_key else { return Ok(None) };
        ensure!(key.len() >= KEY, "--token-key: expected at least {KEY} characters");
        Ok(Some(SigningKey::new(key)))
    }
}
