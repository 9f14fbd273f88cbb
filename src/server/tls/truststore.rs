//! PKCS#12 (RFC 7292) for one certificate that Java trusts.
//!
//! The certificate is public, so nothing is encrypted. The MAC is there because a Java without it ignores the
//! password; it protects nothing.

use ring::{digest, hmac};
use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, Tag, construct_der};

const DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 1];
const CERTIFICATE_BAG: &[u64] = &[1, 2, 840, 113_549, 1, 12, 10, 1, 3];
const X509_CERTIFICATE: &[u64] = &[1, 2, 840, 113_549, 1, 9, 22, 1];
const FRIENDLY_NAME: &[u64] = &[1, 2, 840, 113_549, 1, 9, 20];
/// Oracle's attribute. Java sees no entry in a store without it.
const TRUSTED_KEY_USAGE: &[u64] = &[2, 16, 840, 1, 113_894, 746_875, 1, 1];
const ANY_USAGE: &[u64] = &[2, 5, 29, 37, 0];
const SHA256: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 2, 1];

/// The block of SHA-256, by which the key derivation counts.
const BLOCK: usize = 64;
const ITERATIONS: u32 = 10_000;

/// A store with one certificate, in DER, under `alias`.
pub(super) fn write(alias: &str, certificate: &[u8], password: &str) -> Vec<u8> {
    let contents = construct_der(|writer| {
        writer.write_sequence(|contents| bag(contents.next(), alias, certificate));
    });
    let safe = construct_der(|writer| writer.write_sequence(|safe| data(safe.next(), &contents)));
    construct_der(|writer| {
        writer.write_sequence(|store| {
            store.next().write_u8(3);
            data(store.next(), &safe);
            // The salt is derived from the certificate, so that a certificate always makes the same file.
            authenticate(
                store.next(),
                &safe,
                digest::digest(&digest::SHA256, certificate).as_ref(),
                password,
            );
        });
    })
}

fn data(writer: DERWriter<'_>, content: &[u8]) {
    writer.write_sequence(|info| {
        oid(info.next(), DATA);
        info.next().write_tagged(Tag::context(0), |writer| writer.write_bytes(content));
    });
}

fn bag(writer: DERWriter<'_>, alias: &str, certificate: &[u8]) {
    writer.write_sequence(|bag| {
        oid(bag.next(), CERTIFICATE_BAG);
        bag.next().write_tagged(Tag::context(0), |writer| {
            writer.write_sequence(|value| {
                oid(value.next(), X509_CERTIFICATE);
                value.next().write_tagged(Tag::context(0), |writer| writer.write_bytes(certificate));
            });
        });
        bag.next().write_set(|attributes| {
            attribute(attributes.next(), FRIENDLY_NAME, |value| value.write_bmp_string(alias));
            attribute(attributes.next(), TRUSTED_KEY_USAGE, |value| oid(value, ANY_USAGE));
        });
    });
}

fn attribute(writer: DERWriter<'_>, name: &[u64], value: impl FnOnce(DERWriter<'_>)) {
    writer.write_sequence(|attribute| {
        oid(attribute.next(), name);
        attribute.next().write_set(|values| value(values.next()));
    });
}

fn authenticate(writer: DERWriter<'_>, content: &[u8], salt: &[u8], password: &str) {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &mac_key(password, salt, ITERATIONS));
    writer.write_sequence(|mac| {
        mac.next().write_sequence(|info| {
            info.next().write_sequence(|algorithm| {
                oid(algorithm.next(), SHA256);
                algorithm.next().write_null();
            });
            info.next().write_bytes(hmac::sign(&key, content).as_ref());
        });
        mac.next().write_bytes(salt);
        mac.next().write_u32(ITERATIONS);
    });
}

fn oid(writer: DERWriter<'_>, components: &[u64]) {
    writer.write_oid(&ObjectIdentifier::from_slice(components));
}

/// The key derivation of RFC 7292, appendix B, for a MAC's key: as long as the hash, so one round of it is enough.
fn mac_key(password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
    const MAC_KEY: u8 = 3;
    let password: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    let mut input = vec![MAC_KEY; BLOCK];
    for part in [salt, &password] {
        input.extend(part.iter().cycle().take(part.len().next_multiple_of(BLOCK)));
    }
    for _ in 0..iterations {
        input = digest::digest(&digest::SHA256, &input).as_ref().to_vec();
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexpass:006300680061006e00670065006900740000
    /// -kdfopt hexsalt:0102030405060708 -kdfopt iter:2048 -kdfopt id:3 PKCS12KDF`
    #[test]
    fn a_mac_key_is_derived_as_openssl_derives_it() {
        let key = mac_key("changeit", &[1, 2, 3, 4, 5, 6, 7, 8], 2048);
        let expected =
            [0x3c26_affc_9ec7_1b39_u64, 0xe0e2_754f_fdb2_d865, 0x3cab_b0c8_c012_e596, 0x2cca_3807_5d84_5b5e];
        assert_eq!(key, expected.map(u64::to_be_bytes).concat());
    }

    /// `keytool` reads such a store in `tests/examples/run.sh`.
    #[test]
    fn a_certificate_always_makes_the_same_store_with_its_alias_in_it() {
        let store = write("gcmock", b"certificate", "changeit");
        assert_eq!(store, write("gcmock", b"certificate", "changeit"));
        assert_ne!(store, write("gcmock", b"certificate", "other"));
        for part in [&b"certificate"[..], b"\0g\0c\0m\0o\0c\0k"] {
            assert!(store.windows(part.len()).any(|window| window == part));
        }
    }
}
