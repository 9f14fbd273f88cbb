//! A body that is anything, to each route of the admin API that takes one: never a 5xx, never silence.
#![no_main]

use std::cell::RefCell;

use gcmock_fuzz::Client;
use libfuzzer_sys::fuzz_target;

const ROUTES: [(&str, &str); 12] = [
    ("PUT", "/__admin/limits"),
    ("PUT", "/__admin/clock"),
    ("PUT", "/__admin/agents/agent-1"),
    ("PUT", "/__admin/edges/chicago"),
    ("PUT", "/__admin/skill-groups/Voice"),
    ("POST", "/__admin/tokens"),
    ("POST", "/__admin/requests/count"),
    ("POST", "/__admin/tenants"),
    ("POST", "/__admin/events"),
    ("POST", "/__admin/verify"),
    ("POST", "/__admin/reset"),
    ("PUT", "/__admin/snapshot"),
];

const MEDIA_TYPES: [&str; 4] =
    ["application/json", "application/toml", "application/x-www-form-urlencoded", "text/plain"];

thread_local!(static CLIENT: RefCell<Client> = RefCell::default());

fuzz_target!(|data: (u8, &[u8])| {
    let (choice, body) = (usize::from(data.0), data.1);
    let (method, path) = ROUTES[choice % ROUTES.len()];
    let media_type = MEDIA_TYPES[choice / ROUTES.len() % MEDIA_TYPES.len()];
    let status = CLIENT.with_borrow_mut(|client| client.ask(method, path, media_type, body));
    assert!(status < 500, "{method} {path}: {status}");
});
