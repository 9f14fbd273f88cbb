//! `gcmock rewrite`: a JMeter plan that names the platform's hosts, pointed at gcmock.
//!
//! The plan is read as XML, and refused if it is not well-formed. A sampler's host, port and protocol change
//! together. All else stays byte for byte. The report lists what still names the platform.
//!
//! | file | does |
//! |---|---|
//! | `encoding` | bytes to text and back |
//! | `xml` | text to tokens with their positions |
//! | `plan` | tokens to values, and the elements they belong to |
//! | `value` | a value, and the bytes of its characters |
//! | `variables`, `text` | the platform's hosts in a value |
//! | `change` | the changes of values |
//! | `report` | what the command prints |

mod change;
mod encoding;
mod plan;
mod report;
mod text;
mod value;
mod variables;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use http::Uri;

use self::change::{Change, Rewriter};
use self::encoding::Source;
use self::plan::Plan;
use self::report::Report;
use self::value::{Edit, edited};
use super::output::check_writable;
use super::xml::{Fault, location};
use super::{Failure, print_out};
use crate::files;
use crate::push::delivery::address::{PORT, port_of, without_secrets};
use crate::server::tls::names::Hosts;

/// The largest plan that is read, in bytes: JMeter holds a plan in memory several times over.
const MAX_PLAN: u64 = 256 * 1024 * 1024;

/// The server that the copy of a plan points at.
struct Target {
    host: String,
    port: String,
    secure: bool,
}

impl Target {
    fn read(url: &str) -> anyhow::Result<Self> {
        let shown = without_secrets(url);
        let expected = || anyhow!("--url {shown}: expected a URL such as http://127.0.0.1:8080");
        let uri: Uri = url.parse().map_err(|_| expected())?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(expected()),
        };
        let authority = uri.authority().ok_or_else(expected)?;
        let port = port_of(authority, if secure { 443 } else { 80 });
        let port = port.with_context(|| format!("--url {shown}: {PORT}"))?.to_string();
        Ok(Self { host: authority.host().to_owned(), port, secure })
    }

    const fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// `https` becomes the target's scheme, `wss` its counterpart.
    fn scheme_for(&self, scheme: &str) -> &'static str {
        match (scheme.starts_with("ws"), self.secure) {
            (true, true) => "wss",
            (true, false) => "ws",
            (false, _) => self.scheme(),
        }
    }
}

/// Writes the copy, and lists the differences.
pub(super) fn run(plan: &Path, out: Option<PathBuf>, url: &str, also: &[String]) -> Result<(), Failure> {
    let target = Target::read(url).map_err(Failure::Usage)?;
    let bytes =
        files::read(plan, MAX_PLAN).with_context(|| plan.display().to_string()).map_err(Failure::Usage)?;
    let out = out.unwrap_or_else(|| plan.with_extension("gcmock.jmx"));
    check_writable("--out", &out, &[plan])?;
    let copy = Copy::of(&bytes, &target, &Hosts::new(also, []), &out);
    let copy = copy.map_err(|why| Failure::Usage(anyhow!("{}:{why}", plan.display())))?;
    fs::write(&out, copy.bytes)
        .with_context(|| format!("--out {}", out.display()))
        .map_err(Failure::Usage)?;
    print_out(&copy.report)
}

/// A plan with the target's hosts, and its report.
#[derive(Debug)]
struct Copy {
    bytes: Vec<u8>,
    report: String,
}

impl Copy {
    /// An error begins with line and column.
    fn of(bytes: &[u8], target: &Target, served: &Hosts, out: &Path) -> Result<Self, String> {
        let source = Source::decode(bytes).map_err(|(text, fault)| describe_fault(&text, &fault))?;
        let document = &*source.text;
        let plan = Plan::read(document).map_err(|fault| describe_fault(document, &fault))?;
        if plan.root != "jmeterTestPlan" {
            return Err(format!(
                " not a JMeter plan: the root element is <{:.80}>, expected <jmeterTestPlan>",
                plan.root
            ));
        }
        let changes = Rewriter::new(document, &plan, target, served).changes();
        let edits: Vec<Edit> =
            changes.iter().flat_map(|change: &Change| change.edits.iter().cloned()).collect();
        let copy = edited(document, 0..document.len(), &edits);
        let report = Report { document, plan: &plan, changes: &changes, served }.write(out);
        Ok(Self { bytes: source.encode(&copy), report })
    }
}

/// The position and the cause of a fault, for a terminal.
fn describe_fault(text: &str, fault: &Fault) -> String {
    let (line, column) = location(text, fault.at);
    let message = fault.message.replace(char::is_control, "\u{fffd}");
    format!("{line}:{column}: not well-formed XML: {message}")
}

#[cfg(test)]
mod tests;
