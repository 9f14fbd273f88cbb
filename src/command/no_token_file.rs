//! Token files exist only on Unix: other systems have no file mode that restricts the readers.

use std::io;
use std::net::SocketAddr;

pub(super) struct TokenFile;

impl TokenFile {
    /// Keeps nothing.
    #[expect(clippy::unnecessary_wraps, reason = "the signature is that of Unix")]
    pub(super) fn write(_: SocketAddr, _: &str) -> io::Result<Self> {
        Ok(Self)
    }
}

/// Finds nothing.
pub(super) fn find(_: &str) -> Option<String> {
    None
}
