//! Hosts, ports and addresses of the platform in the text of a value.

use std::ops::Range;

use super::Target;
use super::value::Swap;
use super::variables::Variables;
use crate::server::tls::names::Hosts;

/// The positions of the platform's hosts in a text.
pub(super) fn hosts(text: &str, served: &Hosts) -> impl Iterator<Item = Range<usize>> {
    words(text, |char| char.is_ascii_alphanumeric() || "-.".contains(char)).filter_map(|word| {
        let host = text[word.clone()].trim_matches(['.', '-']);
        let start = word.start + text[word].find(host)?;
        served.serves(&host.to_ascii_lowercase()).then_some(start..start + host.len())
    })
}

pub(super) fn names_platform(text: &str, served: &Hosts) -> bool {
    hosts(text, served).next().is_some()
}

/// Every host of the platform in a text, replaced.
pub(super) fn host_swaps(text: &str, served: &Hosts, by: &str) -> Vec<Swap> {
    hosts(text, served).map(|range| Swap { range, with: by.to_owned() }).collect()
}

/// A port: another one, where it is a number or nothing; in a function its default, `${__P(port,443)}`.
pub(super) fn port_swaps(text: &str, by: &str) -> Vec<Swap> {
    if !text.contains("${") {
        return whole(text, by);
    }
    let of_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let ports = words(text, of_word).filter(|word| &text[word.clone()] == "443");
    ports.map(|range| Swap { range, with: by.to_owned() }).collect()
}

/// Another value, within the white space around this one.
pub(super) fn whole(text: &str, by: &str) -> Vec<Swap> {
    let value = text.trim();
    let start = text.len() - text.trim_start().len();
    let range = if value.is_empty() { 0..text.len() } else { start..start + value.len() };
    vec![Swap { range, with: by.to_owned() }]
}

/// Every address of the platform in a text, pointed at the target.
pub(super) fn url_swaps(text: &str, plan: &Variables<'_>, target: &Target) -> Vec<Swap> {
    let mut swaps = Vec::new();
    for (at, _) in text.match_indices("://") {
        let Some(scheme) =
            ["https", "http", "wss", "ws"].into_iter().find(|scheme| text[..at].ends_with(scheme))
        else {
            continue;
        };
        let authority = Authority::at(text, at + "://".len());
        let Some(host) = authority.host_swaps(text, plan, target) else { continue };
        swaps.push(Swap { range: at - scheme.len()..at, with: target.scheme_for(scheme).to_owned() });
        swaps.extend(host);
        swaps.extend(authority.port_swaps(text, target));
    }
    swaps
}

/// The part of an address between `://` and its path.
struct Authority {
    host: Range<usize>,
    /// With its colon; empty without one.
    port: Range<usize>,
}

impl Authority {
    fn at(text: &str, start: usize) -> Self {
        let host = start + part(&text[start..], |char| char.is_ascii_alphanumeric() || "-._".contains(char));
        let mut end = host;
        if let Some(port) = text[host..].strip_prefix(':') {
            let len = part(port, |char| char.is_ascii_digit());
            end += if len > 0 { 1 + len } else { 0 };
        }
        Self { host: start..host, port: host..end }
    }

    /// Nothing where the host is not the platform's.
    fn host_swaps(&self, text: &str, plan: &Variables<'_>, target: &Target) -> Option<Vec<Swap>> {
        plan.host_swaps(&text[self.host.clone()], target).map(|mut swaps| {
            for swap in &mut swaps {
                swap.range = swap.range.start + self.host.start..swap.range.end + self.host.start;
            }
            swaps
        })
    }

    fn port_swaps(&self, text: &str, target: &Target) -> Vec<Swap> {
        let (port, start) = (&text[self.port.clone()], self.port.start);
        if port.is_empty() {
            return vec![Swap { range: self.port.clone(), with: format!(":{}", target.port) }];
        }
        let mut swaps = port_swaps(&port[1..], &target.port);
        for swap in &mut swaps {
            swap.range = swap.range.start + start + 1..swap.range.end + start + 1;
        }
        swaps
    }
}

/// The length of the first part that consists of such characters and of `${…}`.
fn part(text: &str, of_part: impl Fn(char) -> bool) -> usize {
    let mut len = 0;
    loop {
        let rest = &text[len..];
        len += rest.find(|char| !of_part(char)).unwrap_or(rest.len());
        match reference(&text[len..]) {
            Some(reference) => len += reference,
            None => return len,
        }
    }
}

/// The length of the `${…}` at the start of a text, with nested braces.
pub(super) fn reference(text: &str) -> Option<usize> {
    text.starts_with("${").then_some(())?;
    let mut depth = 0_usize;
    for (at, char) in text.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at + 1),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The positions of the words of a text.
fn words(text: &str, of_word: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(&of_word)?;
        at = start + text[start..].find(|char| !of_word(char)).unwrap_or(text.len() - start);
        Some(start..at)
    })
}
