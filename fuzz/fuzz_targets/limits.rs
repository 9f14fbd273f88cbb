//! A limits file that is anything: it loads, or every problem is told; and what loads, loads again.
#![no_main]

use gcmock::MockServer;
use libfuzzer_sys::fuzz_target;

fn read(text: &str) -> Result<(), String> {
    MockServer::builder().limits_toml(text).check().map_err(|problems| problems.to_string())
}

fuzz_target!(|text: &str| match (read(text), read(text)) {
    (Ok(()), Ok(())) => {}
    (Err(problems), Err(again)) => assert!(!problems.is_empty() && problems == again),
    _ => panic!("the same text is accepted once and refused once"),
});
