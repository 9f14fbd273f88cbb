//! The variables that a plan defines, and values with variables replaced.

use std::collections::HashMap;

use super::Target;
use super::text::{host_swaps, names_platform, reference, whole};
use super::value::Swap;
use crate::server::tls::names::Hosts;

/// The bounds of replacement: its depth, the number of variables in a value, and the length of a value. A longer value
/// is not a host.
const MAX_DEPTH: usize = 8;
const MAX_STEPS: usize = 256;
const MAX_LEN: usize = 1024;

/// The variables of a plan. The later of two values of one name applies, as in JMeter.
pub(super) struct Variables<'h> {
    values: HashMap<String, String>,
    pub(crate) served: &'h Hosts,
}

impl<'h> Variables<'h> {
    pub(super) fn new(values: HashMap<String, String>, served: &'h Hosts) -> Self {
        Self { values, served }
    }

    /// Whether a value is, or contains, a host of the platform once its variables are put in.
    pub(super) fn is_platform(&self, value: &str) -> bool {
        names_platform(value, self.served) || names_platform(&self.resolved(value), self.served)
    }

    /// The swaps that replace a host of the platform by the target; `None` if the value is not such a host.
    pub(super) fn host_swaps(&self, value: &str, target: &Target) -> Option<Vec<Swap>> {
        if names_platform(value, self.served) {
            return Some(host_swaps(value, self.served, &target.host));
        }
        let host = self.resolved(value).trim().to_ascii_lowercase();
        // A variable that is the host is changed where it is defined.
        let by_itself = self.name(value).is_some();
        let swaps = || if by_itself { Vec::new() } else { whole(value, &target.host) };
        self.served.serves(&host).then(swaps)
    }

    /// The name of the variable that a value consists of, if the plan defines it.
    pub(super) fn name<'v>(&self, value: &'v str) -> Option<&'v str> {
        let name = value.trim().strip_prefix("${")?.strip_suffix('}')?;
        self.values.contains_key(name).then_some(name)
    }

    /// A value with the plan's variables, and the defaults of `__P` and `__property`, put in.
    fn resolved(&self, value: &str) -> String {
        let (mut out, mut steps) = (String::new(), MAX_STEPS);
        self.resolve(value, MAX_DEPTH, &mut steps, &mut out);
        out
    }

    fn resolve(&self, value: &str, depth: usize, steps: &mut usize, out: &mut String) {
        let mut rest = if value.len() > MAX_LEN { "" } else { value };
        while let Some(at) = rest.find("${") {
            let Some(len) = reference(&rest[at..]).filter(|_| depth > 0 && *steps > 0) else { break };
            *steps -= 1;
            out.push_str(&rest[..at]);
            let inner = &rest[at + 2..at + len - 1];
            match self.values.get(inner).map(String::as_str).or_else(|| default(inner)) {
                Some(value) => self.resolve(value, depth - 1, steps, out),
                None => out.push_str(&rest[at..at + len]),
            }
            rest = &rest[at + len..];
        }
        out.push_str(rest);
    }
}

/// The default of `__P(name,default)` or `__property(name,variable,default)`.
fn default(function: &str) -> Option<&str> {
    let (name, arguments) = function.strip_suffix(')')?.split_once('(')?;
    let at = match name {
        "__P" => 1,
        "__property" => 2,
        _ => return None,
    };
    arguments.splitn(at + 1, ',').nth(at)
}
