//! Addresses of this server, as its client reaches them.

/// The base address of this server, as a client that asked `host` reaches it.
pub(crate) fn base_uri(secure: bool, host: &str) -> String {
    format!("http{}://{host}", if secure { "s" } else { "" })
}
