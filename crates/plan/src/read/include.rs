//! Included plans: their elements are put below the controller that includes them.

use std::sync::Arc;

use super::element::Element;
use super::expression::Names;
use super::table::Tables;
use super::{Files, Options, ReadError, collect, xml};

/// The most files that a plan includes, each counted as often as it is included.
const MOST_FILES: usize = 1_000;

/// The most bytes of all included files.
const MOST_BYTES: usize = 64 << 20;

/// Puts all included plans in their places. A file that is missing stays out: the controller has no children then.
pub(super) fn resolve(
    mut elements: Vec<Element>,
    options: &Options,
    files: &dyn Files,
    tables: &Tables<'_>,
) -> Result<Vec<Element>, ReadError> {
    let names = collect::names(&elements, options, tables);
    let mut includes = Includes { names, files, open: Vec::new(), count: 0, bytes: 0 };
    includes.all(&mut elements)?;
    Ok(elements)
}

struct Includes<'plan> {
    names: Names,
    files: &'plan dyn Files,
    open: Vec<String>,
    count: usize,
    bytes: usize,
}

impl Includes<'_> {
    fn all(&mut self, elements: &mut [Element]) -> Result<(), ReadError> {
        for element in elements.iter_mut().filter(|element| element.enabled) {
            if &*element.kind == "IncludeController" {
                self.one(element)?;
            } else {
                self.all(&mut element.children)?;
            }
        }
        Ok(())
    }

    fn one(&mut self, element: &mut Element) -> Result<(), ReadError> {
        let path = path(&self.names, element);
        if path.trim().is_empty() {
            return Ok(());
        }
        if self.open.contains(&path) {
            let message = format!("the plan includes itself: {}", self.open.join(", then "));
            return Err(ReadError::line(element.line, message).within(element.file.as_deref()));
        }
        let Some(bytes) = self.files.read(&path) else { return Ok(()) };
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.count > MOST_FILES || self.bytes > MOST_BYTES || self.open.len() > 15 {
            let message =
                "the plan includes more than 1,000 files or 64 MiB, or 16 files one within the other";
            return Err(ReadError::line(element.line, message).within(element.file.as_deref()));
        }
        let parsed = super::decode(&bytes).and_then(|text| xml::parse(&text));
        let mut parts = parsed.map(parts).map_err(|error| error.within(Some(&path)))?;
        let file: Arc<str> = path.as_str().into();
        for part in &mut parts {
            part.mark_file(&file);
        }
        self.open.push(path);
        let result = self.all(&mut parts);
        self.open.pop();
        element.children = parts;
        result
    }
}

/// The path that a controller includes.
pub(super) fn path(names: &Names, element: &Element) -> String {
    let prefix = names.properties.get("includecontroller.prefix").map(String::as_str).unwrap_or_default();
    format!("{prefix}{}", names.text(element.text("IncludeController.includepath")))
}

/// What of an included plan runs: the children of its test plan, and those of test fragments in their place. JMeter
/// writes a fragment as disabled, so that it runs nowhere else, and includes it all the same.
fn parts(elements: Vec<Element>) -> Vec<Element> {
    let mut parts = Vec::new();
    let runs = |element: &Element| element.enabled || &*element.kind == "TestFragmentController";
    for element in elements.into_iter().filter(runs) {
        match &*element.kind {
            "TestPlan" | "TestFragmentController" => parts.extend(self::parts(element.children)),
            "WorkBench" => {}
            kind if kind.ends_with("ThreadGroup") => {}
            _ => parts.push(element),
        }
    }
    parts
}
