//! A page of documentation: its blocks, its prose, its headings.

use std::fs;
use std::path::{Path, PathBuf};

/// One Markdown file of the repository.
pub(super) struct Page {
    /// Relative to the repository's root.
    pub(super) path: String,
    pub(super) blocks: Vec<Block>,
    /// The lines outside of blocks.
    pub(super) prose: Vec<String>,
}

/// A fenced block.
pub(super) struct Block {
    pub(super) language: String,
    /// The second word after the fence: what a test does with the block.
    pub(super) tag: String,
    pub(super) text: String,
    /// The prose between the block before it and this one.
    pub(super) before: String,
}

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README and the pages of `docs/`: what a user of the program reads.
pub(super) fn user_pages() -> Vec<Page> {
    let mut paths = vec!["README.md".to_owned()];
    paths.extend(markdown_of("docs").into_iter().filter(|path| !path.ends_with("ARCHITECTURE.md")));
    paths.iter().map(|path| Page::read(path)).collect()
}

/// Every Markdown file that a reader may come to.
pub(super) fn all_pages() -> Vec<Page> {
    let folders = [".", "docs", "examples", "crates/limit", "tests/jmeter"];
    folders.iter().flat_map(|folder| markdown_of(folder)).map(|path| Page::read(&path)).collect()
}

fn markdown_of(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder of the repository");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let markdown = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut names: Vec<_> = markdown.map(|path| relative(&path)).collect();
    names.sort();
    names
}

fn relative(path: &Path) -> String {
    let parts: PathBuf = path.strip_prefix(root()).expect("in the repository").components().collect();
    parts.to_str().expect("UTF-8").trim_start_matches("./").to_owned()
}

impl Page {
    pub(super) fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path)).expect("a page");
        let (mut blocks, mut prose, mut before) = (Vec::new(), Vec::new(), String::new());
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(opened) = line.trim_start().strip_prefix("```") {
                let inside = lines.by_ref().take_while(|line| line.trim_start() != "```");
                let text = inside.collect::<Vec<_>>().join("\n");
                blocks.push(Block::new(opened, text, std::mem::take(&mut before)));
            } else {
                before.push_str(line);
                before.push('\n');
                prose.push(line.to_owned());
            }
        }
        Self { path: path.to_owned(), blocks, prose }
    }

    pub(super) fn blocks_in<'p>(&'p self, language: &'p str) -> impl Iterator<Item = &'p Block> {
        self.blocks.iter().filter(move |block| block.language == language)
    }

    /// The text between backticks in the prose.
    pub(super) fn code_spans(&self) -> impl Iterator<Item = &str> {
        self.prose.iter().flat_map(|line| line.split('`').skip(1).step_by(2))
    }

    /// The anchors of its headings, as GitHub makes them.
    pub(super) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for line in self.prose.iter().filter(|line| line.starts_with('#')) {
            let anchor = anchor(line.trim_start_matches('#').trim());
            let again = anchors.iter().filter(|other| **other == anchor).count();
            anchors.push(if again == 0 { anchor } else { format!("{anchor}-{again}") });
        }
        anchors
    }
}

impl Block {
    fn new(opened: &str, text: String, before: String) -> Self {
        let mut words = opened.split_whitespace().map(str::to_owned);
        let (language, tag) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        Self { language, tag, text, before }
    }
}

/// The heading in lower case without punctuation, hyphens for spaces.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
