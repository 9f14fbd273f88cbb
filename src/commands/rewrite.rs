//! `gcmock rewrite`: a JMeter plan that names the platform's hosts, pointed at gcmock.
//!
//! Plans are read line by line, as JMeter writes them: a property is a line. What is not understood stays
//! as it is.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use http::Uri;

use super::{Failure, print_out};
use crate::tls::names::is_vendors;

/// Where a plan is pointed at.
struct Target {
    host: String,
    port: String,
    secure: bool,
}

impl Target {
    fn read(url: &str) -> anyhow::Result<Self> {
        let expected = || anyhow!("--url {url}: expected one such as http://127.0.0.1:8080");
        let uri: Uri = url.parse().map_err(|_| expected())?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(expected()),
        };
        let host = uri.host().ok_or_else(expected)?.to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { host, port: port.to_string(), secure })
    }

    /// `https://` becomes that of the target, `wss://` likewise.
    fn base(&self, scheme: &str) -> String {
        let kind = if scheme.starts_with("ws") { "ws" } else { "http" };
        format!("{kind}{}://{}:{}", if self.secure { "s" } else { "" }, self.host, self.port)
    }
}

/// One line that is another one now.
struct Change {
    line: usize,
    before: String,
    after: String,
}

/// Writes the copy, and lists what is different in it.
pub(super) fn run(plan: &Path, out: Option<PathBuf>, url: &str) -> Result<(), Failure> {
    let target = Target::read(url).map_err(Failure::Usage)?;
    let text =
        fs::read_to_string(plan).with_context(|| plan.display().to_string()).map_err(Failure::Usage)?;
    if !text.contains("<jmeterTestPlan") {
        return Err(Failure::Usage(anyhow!("{}: not a JMeter plan", plan.display())));
    }
    let out = out.unwrap_or_else(|| plan.with_extension("gcmock.jmx"));
    let (rewritten, changes) = rewrite(&text, &target);
    fs::write(&out, rewritten).with_context(|| format!("--out {}", out.display())).map_err(Failure::Usage)?;
    let mut report = format!("{}: {} lines are different\n", out.display(), changes.len());
    for Change { line, before, after } in &changes {
        // Writing to a string can not fail.
        let _ = write!(report, "{line:>6} - {before}\n       + {after}\n");
    }
    print_out(&report)
}

fn rewrite(text: &str, target: &Target) -> (String, Vec<Change>) {
    let (mut out, mut changes) = (String::with_capacity(text.len()), Vec::new());
    let mut place = Place::default();
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let after = rewritten(line, target, &mut place);
        if after != line {
            let shown = |text: &str| text.trim().to_owned();
            changes.push(Change { line: number, before: shown(line), after: shown(&after) });
        }
        out.push_str(&after);
    }
    (out, changes)
}

/// What the lines before say about one.
#[derive(Default)]
struct Place {
    /// The sampler at hand had the platform's host, so its port and protocol follow.
    follows: bool,
    /// The same of the variables at hand.
    variables_follow: bool,
    /// The variable at hand.
    variable: String,
}

fn rewritten(line: &str, target: &Target, place: &mut Place) -> String {
    let Some((name, value)) = property(line) else {
        // JMeter closes an element before the tree below it opens.
        place.follows &= !line.contains("<hashTree");
        place.variables_follow &= !line.contains("</collectionProp");
        return urls(line, target);
    };
    let follows = &mut place.follows;
    let scheme = if target.secure { "https" } else { "http" };
    let with = |text: &str| line.replacen(&format!(">{value}<"), &format!(">{text}<"), 1);
    match name {
        "HTTPSampler.domain" | "server" => {
            *follows = is_vendors(&value.trim().to_ascii_lowercase());
            if *follows { with(&target.host) } else { line.to_owned() }
        }
        "HTTPSampler.port" | "port" if *follows => with(&target.port),
        "HTTPSampler.protocol" if *follows => with(scheme),
        "TLS" if *follows => with(if target.secure { "true" } else { "false" }),
        "Argument.name" => {
            place.variable = value.to_ascii_lowercase();
            line.to_owned()
        }
        "Argument.value" if place.variables_follow && place.variable.ends_with("port") => with(&target.port),
        "Argument.value" if place.variables_follow && matches!(value, "http" | "https") => with(scheme),
        _ if is_vendors(&value.trim().to_ascii_lowercase()) => {
            place.variables_follow = name == "Argument.value";
            with(&target.host)
        }
        _ => urls(line, target),
    }
}

/// Name and value of a property's line.
fn property(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.trim().split_once("Prop name=\"")?;
    let (name, rest) = rest.split_once("\">")?;
    let (value, _) = rest.rsplit_once("</")?;
    Some((name, value))
}

/// Every address of the platform in a line, pointed at the target.
fn urls(line: &str, target: &Target) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let scheme = ["https", "http", "wss", "ws"].into_iter().find(|scheme| rest[..at].ends_with(scheme));
        let host =
            rest[at + 3..].split(|char: char| !char.is_ascii_alphanumeric() && !"-.".contains(char)).next();
        let host = host.filter(|host| is_vendors(&host.to_ascii_lowercase()));
        let Some((scheme, host)) = scheme.zip(host) else {
            out.push_str(&rest[..at + 3]);
            rest = &rest[at + 3..];
            continue;
        };
        out.push_str(&rest[..at - scheme.len()]);
        out.push_str(&target.base(scheme));
        rest = &rest[at + 3 + host.len()..];
        rest = rest.strip_prefix(":443").unwrap_or(rest);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, url: &str) -> Vec<String> {
        let (out, _) = rewrite(text, &Target::read(url).expect("a URL"));
        out.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_samplers_host_port_and_protocol_change_together_and_others_do_not() {
        let plan = "<stringProp name=\"HTTPSampler.domain\">api.mypurecloud.com</stringProp>\n\
                    <stringProp name=\"HTTPSampler.port\"></stringProp>\n\
                    <stringProp name=\"HTTPSampler.protocol\">https</stringProp>\n\
                    <hashTree/>\n\
                    <stringProp name=\"HTTPSampler.domain\">www.example.com</stringProp>\n\
                    <stringProp name=\"HTTPSampler.port\">443</stringProp>\n\
                    <stringProp name=\"Argument.value\">login.mypurecloud.ie</stringProp>\n\
                    <stringProp name=\"path\">https://api.mypurecloud.com/api/v2?to=wss://streaming.usw2.pure.cloud:443/x</stringProp>\n";
        let expected = [
            "<stringProp name=\"HTTPSampler.domain\">127.0.0.1</stringProp>",
            "<stringProp name=\"HTTPSampler.port\">8080</stringProp>",
            "<stringProp name=\"HTTPSampler.protocol\">http</stringProp>",
            "<hashTree/>",
            "<stringProp name=\"HTTPSampler.domain\">www.example.com</stringProp>",
            "<stringProp name=\"HTTPSampler.port\">443</stringProp>",
            "<stringProp name=\"Argument.value\">127.0.0.1</stringProp>",
            "<stringProp name=\"path\">http://127.0.0.1:8080/api/v2?to=ws://127.0.0.1:8080/x</stringProp>",
        ];
        assert_eq!(lines(plan, "http://127.0.0.1:8080"), expected);
        let variable = |name: &str, value: &str| {
            format!(
                "<stringProp name=\"Argument.name\">{name}</stringProp>\n<stringProp name=\"Argument.value\">{value}</stringProp>\n"
            )
        };
        let plan = [("host", "api.mypurecloud.com"), ("port", "443"), ("protocol", "https"), ("user", "me")];
        let plan: String = plan.map(|(name, value)| variable(name, value)).concat()
            + "</collectionProp>\n"
            + &variable("port", "443");
        let values: Vec<_> =
            lines(&plan, "http://127.0.0.1:8080").into_iter().filter(|line| line.contains("value")).collect();
        for (line, value) in values.iter().zip(["127.0.0.1", "8080", "http", "me", "443"]) {
            assert!(line.contains(&format!(">{value}<")), "{line}: {value}");
        }
        let text = "see https://api.example.com and ftp://api.mypurecloud.com, ://";
        assert_eq!(lines(text, "https://localhost"), [text]);
    }
}
