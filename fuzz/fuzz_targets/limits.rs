//! A limits file that is anything: it is accepted, or every problem is told; and a second reading says the same.
#![no_main]

use gcmock::MockServer;
use libfuzzer_sys::fuzz_target;

fn check(text: &str) -> Result<(), String> {
    MockServer::builder().limits_toml(text).check().map_err(|problems| problems.to_string())
}

fuzz_target!(|text: &str| {
    let verdict = check(text);
    assert_eq!(verdict, check(text), "two readings of one text differ");
    assert_ne!(verdict, Err(String::new()), "a refusal tells its problems");
});
