//! The connection: opened, and the store checked.

use std::sync::Arc;
use std::time::Duration;

use redis::{AsyncConnectionConfig, ErrorKind, PushInfo};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Options;
use super::calls::{Caller, Calls, Scripts};
use super::checks::{check_format, check_keys, check_version, eviction, too_old};
use super::connection::Connection;
use super::keys::{PREFIX, messages};
use super::source::{self, Source};

/// A call that takes longer has failed.
const CALL: Duration = Duration::from_secs(3);
/// The time to connect.
const CONNECT: Duration = Duration::from_secs(2);

/// Why the store can not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// It is not there, or does not answer.
    #[error("the store does not answer: {0}")]
    Unreachable(String),
    /// A key of its name has something that gcmock did not write.
    #[error("the store has keys of another program that begin with \"{PREFIX}\"")]
    Foreign,
    /// It is there, and gcmock can not use it.
    #[error("{0}")]
    Unfit(String),
}

impl StoreError {
    /// The error of a store that was not connected to. Where one side speaks TLS and the other does not, neither says so.
    fn with_hint(self, over_tls: bool) -> Self {
        let hint = match (&self, over_tls) {
            (Self::Unreachable(why), true) if why.contains("timed out") => {
                "if it does not speak TLS, its address begins with valkey://"
            }
            (Self::Unreachable(why), false) if why.contains("reset") || why.contains("closed") => {
                "if it speaks TLS, its address begins with valkeys://"
            }
            _ => return self,
        };
        let Self::Unreachable(why) = self else { return self };
        Self::Unreachable(format!("{why}; {hint}"))
    }
}

impl From<redis::RedisError> for StoreError {
    fn from(error: redis::RedisError) -> Self {
        let gone = error.is_io_error() || error.is_timeout() || error.is_connection_dropped();
        match error.kind() {
            _ if error.to_string().contains("certificate") => Self::Unfit(format!(
                "the store's TLS: {error}; SSL_CERT_FILE names the certificates to trust"
            )),
            ErrorKind::Parse => Self::Unfit("what answers is neither Valkey nor Redis".to_owned()),
            _ if gone || is_busy(&error) => Self::Unreachable(error.to_string()),
            // Redis 6.2 has the reason of a script's failure in the text alone.
            _ if error.to_string().contains("WRONGTYPE") => Self::Foreign,
            ErrorKind::AuthenticationFailed => {
                Self::Unfit(format!("the store refuses the user or the password: {error}"))
            }
            _ => Self::Unfit(said(&error)),
        }
    }
}

/// Whether the store will be ready later.
fn is_busy(error: &redis::RedisError) -> bool {
    let later = ["LOADING", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MOVED", "ASK"];
    error.code().is_some_and(|code| later.contains(&code))
}

/// What the store said, in words that tell what to do.
fn said(error: &redis::RedisError) -> String {
    let text = error.to_string();
    match error.code() {
        _ if error.kind() == ErrorKind::RESP3NotSupported
            || text.contains("unknown command") && text.contains("HELLO") =>
        {
            too_old("a version before 6.0")
        }
        _ if text.contains("NOAUTH") => {
            "the store needs a password: redis://USER:PASSWORD@HOST:PORT, or redis://:PASSWORD@HOST:PORT"
                .to_owned()
        }
        // Redis 6.2 has other quotes.
        _ if ["unknown command 'EVAL", "unknown command `EVAL"].iter().any(|said| text.contains(said)) => {
            "the store has no scripts: gcmock needs its commands EVAL and EVALSHA".to_owned()
        }
        Some("READONLY") => "the store is read-only: name its primary".to_owned(),
        Some("OOM") => "the store is full: raise its maxmemory".to_owned(),
        Some("NOPERM") => format!("the user of the store may not do this: {error}"),
        _ => format!("the store answers: {error}"),
    }
}

/// A store that is not connected yet.
pub(crate) struct Link {
    source: Source,
    scripts: Arc<Scripts>,
    over_tls: bool,
    /// The last warning about what the store removes.
    told: Option<String>,
}

/// An open connection.
pub(super) struct Connected {
    pub(super) calls: Calls,
    /// The messages of all nodes, this one's too.
    pub(super) pushed: UnboundedReceiver<PushInfo>,
}

impl Link {
    /// The store of that address.
    ///
    /// # Errors
    /// When the address can not be read.
    pub(crate) fn new(options: &Options) -> Result<Self, StoreError> {
        let source = Source::read(&options.address)?;
        let over_tls = source::is_over_tls(&options.address);
        Ok(Self { source, scripts: Arc::default(), over_tls, told: None })
    }

    /// Connects, and checks that the store can be used.
    ///
    /// # Errors
    /// When it can not.
    pub(super) async fn connect(&mut self) -> Result<Connected, StoreError> {
        let (pushes, pushed) = unbounded_channel();
        let asking = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(CALL));
        let config = asking.clone().set_push_sender(pushes);
        let connected = self.source.connect(&asking, &config).await;
        let mut connection = connected.map_err(|error| error.with_hint(self.over_tls))?;
        check_version(&mut connection).await?;
        check_format(&mut connection).await?;
        check_keys(&mut connection).await?;
        self.tell_eviction(&mut connection).await?;
        connection.subscribe(messages()).await?;
        let mut calls = Calls { connection, scripts: Arc::clone(&self.scripts) };
        // Shows that scripts run.
        calls.decide(&[], Caller::default()).await?;
        Ok(Connected { calls, pushed })
    }

    /// Warns once of a store that removes keys when it is full.
    async fn tell_eviction(&mut self, connection: &mut Connection) -> Result<(), StoreError> {
        let found = eviction(connection).await?;
        if let Some(policy) = found.as_ref().filter(|_| found != self.told) {
            tracing::warn!(
                "the store removes keys when it is full (maxmemory-policy {policy}), and limits then count from zero: \
                 set maxmemory-policy noeviction"
            );
        }
        self.told = found;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use redis::{RedisError, ServerErrorKind};

    use super::*;

    #[test]
    fn an_end_that_speaks_tls_and_one_that_does_not_are_told_of() {
        let hint =
            |why: &str, over_tls| StoreError::Unreachable(why.to_owned()).with_hint(over_tls).to_string();
        assert!(hint("timed out", true).ends_with("valkey://"));
        assert!(hint("Connection reset by peer (os error 104)", false).ends_with("valkeys://"));
        assert!(hint("Connection refused", true).ends_with("refused"));
    }

    #[test]
    fn a_store_without_hello_is_too_old() {
        let of_client = RedisError::from((ErrorKind::RESP3NotSupported, "no HELLO"));
        let detail = "unknown command 'HELLO', with args beginning with: '3'".to_owned();
        let of_store = RedisError::from((ServerErrorKind::ResponseError.into(), "An error", detail));
        for error in [of_client, of_store] {
            let said = StoreError::from(error).to_string();
            assert_eq!(said, too_old("a version before 6.0"));
        }
    }
}
