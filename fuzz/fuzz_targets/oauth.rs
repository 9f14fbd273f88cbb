//! A form that is anything, to each route of the login host: never a 5xx, never silence.
#![no_main]

use std::cell::RefCell;

use gcmock_fuzz::Client;
use libfuzzer_sys::fuzz_target;

const MEDIA_TYPES: [&str; 3] =
    ["application/x-www-form-urlencoded", "application/json", "multipart/form-data"];

thread_local!(static CLIENT: RefCell<Client> = RefCell::default());

fuzz_target!(|data: (u8, &[u8])| {
    let (choice, form) = (usize::from(data.0), data.1);
    let media_type = MEDIA_TYPES[choice % MEDIA_TYPES.len()];
    let status = CLIENT.with_borrow_mut(|client| match choice % 2 {
        0 => client.ask("POST", "/oauth/token", media_type, form),
        _ => client.ask("GET", &format!("/oauth/authorize?{}", in_a_url(form)), media_type, &[]),
    });
    assert!(status < 500, "{status}");
});

/// What a query may hold as it is, and the rest in escapes.
fn in_a_url(form: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~=&%+:/?".contains(&byte);
    form.iter()
        .map(|&byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") })
        .collect()
}
