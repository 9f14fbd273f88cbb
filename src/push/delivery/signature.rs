//! The signature of what is sent.
//!
//! The vendor signs the messages that it sends to the webhook of an open messaging integration with the header
//! `X-Hub-Signature-256: sha256=…`, the HMAC-SHA256 of the body with the integration's secret token, in base64
//! (documented). gcmock signs everything that it sends in this way, where it has a secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// The name of the header.
pub(super) const HEADER: &str = "x-hub-signature-256";

/// The value of the header for a body.
pub(super) fn sign(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", STANDARD.encode(hmac::sign(&key, body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second test case of RFC 4231.
    #[test]
    fn the_signature_is_the_hmac_of_the_body_in_base64() {
        let signed = sign("Jefe", b"what do ya want for nothing?");
        assert_eq!(signed, "sha256=W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
    }
}
