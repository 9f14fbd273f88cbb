//! Tests of README and the pages of `docs/`: every block is executed or checked.
//!
//! `page` reads a page's blocks and links, `examples` runs what a page shows, `names` compares options,
//! variables and routes with the binary, `links` follows every link within the repository.
//!
//! A block's first word is its language; a second word says what happens to it here:
//!
//! | block | here |
//! |---|---|
//! | `sh` | runs, in the order of the page, against a server in place of 127.0.0.1:8080 |
//! | `sh serve` | ends that server and starts this one in its place |
//! | `sh elsewhere` | needs something that a test does not have; only its `gcmock` lines are parsed |
//! | `text output` | is exactly the output of the block before it, except for white space |
//! | `text like` | is the output of the block before it; numbers may differ and `…` matches anything |
//! | `toml` | is a limits file, or expectations if it has an `[[expect]]` |
//! | `rust` | is part of `examples/rust/tests/mock_server.rs` |

mod examples;
mod links;
mod names;
mod page;

/// The TOML examples of the pages, each with its page.
pub(crate) fn toml_blocks() -> Vec<(String, String)> {
    let pages = page::user_pages();
    let blocks = pages
        .iter()
        .flat_map(|page| page.blocks_in("toml").map(|block| (page.path.clone(), block.text.clone())));
    blocks.collect()
}
