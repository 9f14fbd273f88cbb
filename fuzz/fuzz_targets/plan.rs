//! Bytes that are anything as a JMeter plan: a model, or one sentence about what is wrong.
#![no_main]

use gcmock_plan::read::{Options, decode, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Without a duration a plan that has no end is refused: what is behind that check is fuzzed as well.
    let options = Options { duration: Some(60_000_000_000), ..Options::default() };
    if let Err(error) = decode(data).and_then(|text| read(&text, &options, &())) {
        assert!(!error.to_string().contains('\n'), "{error}");
    }
});
