//! `gcmock rewrite`: a JMeter plan that names the platform's hosts, pointed at gcmock.
//!
//! Plans are read line by line, as JMeter writes them: a property is a line, and a sampler's host, port and
//! protocol change together. What is not understood stays as it is, and is told where it names the platform.

mod text;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use http::Uri;

use self::text::{hosts, names_platform, property, set, urls};
use super::{Failure, print_out};

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

    const fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// `https://` becomes that of the target, `wss://` likewise.
    fn base(&self, scheme: &str) -> String {
        let kind = if scheme.starts_with("ws") { "ws" } else { "http" };
        format!("{kind}{}://{}:{}", if self.secure { "s" } else { "" }, self.host, self.port)
    }
}

/// One line that is another one now; nothing before it where it is new.
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
    if fs::canonicalize(&out).is_ok_and(|out| fs::canonicalize(plan).is_ok_and(|plan| plan == out)) {
        return Err(Failure::Usage(anyhow!(
            "--out {}: it is the plan itself; expected a copy",
            out.display()
        )));
    }
    let (rewritten, changes) = rewrite(&text, &target);
    fs::write(&out, &rewritten)
        .with_context(|| format!("--out {}", out.display()))
        .map_err(Failure::Usage)?;
    print_out(&report(&out, &rewritten, &changes))
}

fn report(out: &Path, rewritten: &str, changes: &[Change]) -> String {
    let mut report = format!("{}: {} lines are different\n", out.display(), changes.len());
    for Change { line, before, after } in changes {
        // Writing to a string can not fail.
        let _ = match before.as_str() {
            "" => writeln!(report, "{line:>6} + {after}"),
            _ => writeln!(report, "{line:>6} - {before}\n       + {after}"),
        };
    }
    for (line, number) in rewritten.lines().zip(1..) {
        if hosts(line, "") != line {
            let _ = writeln!(report, "{number:>6} ! still names the platform: {}", line.trim());
        }
    }
    report
}

fn rewrite(text: &str, target: &Target) -> (String, Vec<Change>) {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let plan = Plan::read(&lines);
    let (mut out, mut changes, mut number) = (String::with_capacity(text.len()), Vec::new(), 0);
    for element in elements(&lines) {
        let mut writer = Writer::of(element, &plan, target);
        for (line, after) in element.iter().zip(writer.rewritten(element)) {
            number += 1;
            if after == *line {
                out.push_str(line);
                continue;
            }
            let indent = &line[..line.len() - line.trim_start().len()];
            for (new, part) in after.split_inclusive('\n').enumerate() {
                let before = if new == 0 { line.trim().to_owned() } else { String::new() };
                changes.push(Change { line: number, before, after: part.trim().to_owned() });
                out.push_str(if new == 0 { "" } else { indent });
                out.push_str(part);
            }
        }
    }
    (out, changes)
}

/// The lines of one element after the other: JMeter closes one before the tree below it opens.
fn elements<'l, 't>(lines: &'l [&'t str]) -> impl Iterator<Item = &'l [&'t str]> {
    lines.split_inclusive(|line| line.contains("<hashTree"))
}

/// The variables or arguments of an element, list by list.
fn lists<'l, 't>(element: &'l [&'t str]) -> impl Iterator<Item = &'l [&'t str]> {
    element.split_inclusive(|line| line.contains("</collectionProp"))
}

/// Names and values of variables or arguments.
fn arguments<'t>(lines: &[&'t str]) -> impl Iterator<Item = (&'t str, &'t str)> {
    let values = || lines.iter().filter_map(|line| property(line));
    let pairs = values().zip(values().skip(1));
    pairs.filter_map(|((name, of), (next, value))| {
        (name == "Argument.name" && next == "Argument.value").then_some((of, value))
    })
}

/// What holds for all of a plan.
struct Plan {
    /// Variables whose value is one of the platform's hosts.
    variables: Vec<String>,
    /// HTTP defaults name one, so that samplers without a host ask it.
    by_default: bool,
}

impl Plan {
    fn read(lines: &[&str]) -> Self {
        let hosts = arguments(lines).filter(|(_, value)| names_platform(value));
        let variables = hosts.map(|(name, _)| name.to_owned()).collect();
        let mut plan = Self { variables, by_default: false };
        plan.by_default = elements(lines).any(|element| {
            element.iter().any(|line| line.contains("HttpDefaultsGui")) && plan.asks_platform(element)
        });
        plan
    }

    /// Whether an element has a host of the platform, as it is, by a variable, or by HTTP defaults.
    fn asks_platform(&self, element: &[&str]) -> bool {
        let http = || element.iter().any(|line| line.contains("Prop name=\"HTTPSampler."));
        match host(element) {
            "" => self.by_default && http(),
            host => names_platform(host) || self.variables.iter().any(|name| host == format!("${{{name}}}")),
        }
    }
}

fn host<'t>(element: &[&'t str]) -> &'t str {
    let properties = element.iter().filter_map(|line| property(line));
    let mut hosts = properties.filter(|(name, _)| matches!(*name, "HTTPSampler.domain" | "server"));
    hosts.next().map_or("", |(_, host)| host.trim())
}

/// What rewrites the lines of one element.
struct Writer<'a> {
    target: &'a Target,
    /// It asks the platform, so that its port and protocol follow.
    follows: bool,
    /// Properties that it leaves to their defaults, which are the platform's.
    lacks: Vec<(&'static str, &'a str)>,
    /// A variable beside this one is a host of the platform.
    variables_follow: bool,
    variable: String,
}

impl<'a> Writer<'a> {
    fn of(element: &[&str], plan: &Plan, target: &'a Target) -> Self {
        let has = |wanted| element.iter().filter_map(|line| property(line)).any(|(name, _)| name == wanted);
        let wanted = [("HTTPSampler.port", &*target.port), ("HTTPSampler.protocol", target.scheme())];
        let lacks = wanted.into_iter().filter(|(name, _)| !has(*name)).collect();
        let (variables_follow, variable) = Default::default();
        Self { target, follows: plan.asks_platform(element), lacks, variables_follow, variable }
    }

    fn rewritten(&mut self, element: &[&str]) -> Vec<String> {
        let mut rewritten = Vec::with_capacity(element.len());
        for list in lists(element) {
            self.variables_follow = arguments(list).any(|(_, value)| is_host(value));
            rewritten.extend(list.iter().map(|line| self.line(line)));
        }
        rewritten
    }

    fn line(&mut self, line: &str) -> String {
        let Some((name, value)) = property(line) else { return urls(line, self.target) };
        let secure = if self.target.secure { "true" } else { "false" };
        match name {
            "HTTPSampler.domain" if self.follows && !value.is_empty() => {
                let mut with = set(line, &hosts(value, &self.target.host));
                for (name, value) in &self.lacks {
                    // Writing to a string can not fail.
                    let _ = writeln!(with, "<stringProp name=\"{name}\">{value}</stringProp>");
                }
                with
            }
            "HTTPSampler.port" | "port" if self.follows => set(line, &text::port(value, &self.target.port)),
            "HTTPSampler.protocol" if self.follows => set(line, self.target.scheme()),
            "TLS" if self.follows => set(line, secure),
            "Argument.name" => {
                self.variable = value.to_ascii_lowercase();
                line.to_owned()
            }
            "Argument.value" if self.variables_follow && self.is_port(value) => {
                set(line, &text::port(value, &self.target.port))
            }
            "Argument.value" if self.variables_follow && matches!(value, "http" | "https") => {
                set(line, self.target.scheme())
            }
            _ if is_host(value) => set(line, &hosts(value, &self.target.host)),
            _ => urls(line, self.target),
        }
    }

    /// Whether this variable's value is a port: `report` ends like one, too.
    fn is_port(&self, value: &str) -> bool {
        self.variable.ends_with("port") && (value.parse::<u16>().is_ok() || value.contains("${"))
    }
}

/// Whether a value is a host of the platform, and not an address with one.
fn is_host(value: &str) -> bool {
    names_platform(value) && !value.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, url: &str) -> Vec<String> {
        let (out, _) = rewrite(text, &Target::read(url).expect("a URL"));
        out.lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_a_plan_leaves_to_defaults_functions_and_variables_follows_too() {
        let sparse = "<HTTPSamplerProxy>\n  <stringProp name=\"HTTPSampler.domain\">${__P(host,api.mypurecloud.com)}</stringProp>\n  \
                      <stringProp name=\"HTTPSampler.protocol\"/>\n<hashTree/>\n\
                      <ConfigTestElement guiclass=\"HttpDefaultsGui\">\n<stringProp name=\"HTTPSampler.domain\">${host}</stringProp>\n\
                      <stringProp name=\"HTTPSampler.port\">${__P(port,443)}</stringProp>\n<hashTree/>\n\
                      <stringProp name=\"HTTPSampler.domain\"></stringProp>\n<stringProp name=\"HTTPSampler.protocol\">https</stringProp>\n<hashTree/>\n\
                      <stringProp name=\"servername\"></stringProp>\n<stringProp name=\"port\">389</stringProp>\n<hashTree/>\n\
                      <stringProp name=\"Argument.name\">host</stringProp>\n<stringProp name=\"Argument.value\">api.mypurecloud.ie</stringProp>\n";
        let expected = [
            "<HTTPSamplerProxy>",
            "  <stringProp name=\"HTTPSampler.domain\">${__P(host,127.0.0.1)}</stringProp>",
            "  <stringProp name=\"HTTPSampler.port\">8080</stringProp>",
            "  <stringProp name=\"HTTPSampler.protocol\">http</stringProp>",
            "<hashTree/>",
            "<ConfigTestElement guiclass=\"HttpDefaultsGui\">",
            "<stringProp name=\"HTTPSampler.domain\">${host}</stringProp>",
            "<stringProp name=\"HTTPSampler.protocol\">http</stringProp>",
            "<stringProp name=\"HTTPSampler.port\">${__P(port,8080)}</stringProp>",
            "<hashTree/>",
            "<stringProp name=\"HTTPSampler.domain\"></stringProp>",
            "<stringProp name=\"HTTPSampler.protocol\">http</stringProp>",
            "<hashTree/>",
            "<stringProp name=\"servername\"></stringProp>",
            "<stringProp name=\"port\">389</stringProp>",
            "<hashTree/>",
            "<stringProp name=\"Argument.name\">host</stringProp>",
            "<stringProp name=\"Argument.value\">127.0.0.1</stringProp>",
        ];
        assert_eq!(lines(sparse, "http://127.0.0.1:8080"), expected);
        let told = report(Path::new("x.jmx"), "<script>ask(&apos;api.mypurecloud.com&apos;)</script>\n", &[]);
        assert!(told.contains("1 ! still names the platform: <script>"), "{told}");
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
        let plan = [
            ("port", "443"),
            ("host", "api.mypurecloud.com"),
            ("protocol", "https"),
            ("adminPort", "${__P(port,8443)}"),
            ("report", "results.csv"),
            ("user", "me"),
        ];
        let plan: String = plan.map(|(name, value)| variable(name, value)).concat()
            + "</collectionProp>\n"
            + &variable("port", "443");
        let values: Vec<_> =
            lines(&plan, "http://127.0.0.1:8080").into_iter().filter(|line| line.contains("value")).collect();
        let expected = ["8080", "127.0.0.1", "http", "${__P(port,8443)}", "results.csv", "me", "443"];
        assert_eq!(values.len(), expected.len());
        for (line, value) in values.iter().zip(expected) {
            assert!(line.contains(&format!(">{value}<")), "{line}: {value}");
        }
        let text = "see https://api.example.com and ftp://api.mypurecloud.com, ://";
        assert_eq!(lines(text, "https://localhost"), [text]);
    }
}
