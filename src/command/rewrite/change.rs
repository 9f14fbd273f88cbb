//! The changes of a plan: its hosts, and the ports and protocols beside them.

use std::collections::{HashMap, HashSet};

use quick_xml::escape::partial_escape;

use super::Target;
use super::plan::{Leaf, Plan};
use super::text::{port_swaps, url_swaps, whole};
use super::value::{Edit, Swap};
use super::variables::Variables;
use crate::server::tls::names::Hosts;

/// The properties of samplers that name a host, and those beside them for its port.
const HOSTS: [&str; 3] = ["HTTPSampler.domain", "server", "serverAddress"];
const PORTS: [&str; 3] = ["HTTPSampler.port", "port", "serverPort"];

/// A value that becomes another one.
#[derive(Debug)]
pub(super) struct Change {
    /// Which leaf of the plan.
    pub(crate) leaf: usize,
    /// The edits of the document, in order and without overlap.
    pub(crate) edits: Vec<Edit>,
    /// The elements that are put behind it, each after this.
    pub(crate) added: Vec<String>,
    pub(crate) before_added: String,
    /// The value as it will be.
    pub(crate) value: String,
}

/// Finds the changes of a plan.
pub(super) struct Rewriter<'a> {
    document: &'a str,
    plan: &'a Plan,
    target: &'a Target,
    variables: Variables<'a>,
    names: HashMap<usize, &'a str>,
    /// Elements that ask the platform, so that their ports and protocols follow.
    follows: Vec<bool>,
    /// Lists with a variable that is a host of the platform.
    lists: HashSet<usize>,
    /// Variables that are the port of such an element.
    ports: HashSet<&'a str>,
}

impl<'a> Rewriter<'a> {
    pub(super) fn new(document: &'a str, plan: &'a Plan, target: &'a Target, served: &'a Hosts) -> Self {
        let names = plan.argument_names();
        let value = |leaf: &Leaf| Some(((*names.get(&leaf.argument)?).to_owned(), leaf.value.text.clone()));
        let variables = Variables::new(plan.argument_values().filter_map(value).collect(), served);
        let (follows, lists, ports) = Default::default();
        let mut rewriter = Self { document, plan, target, variables, names, follows, lists, ports };
        rewriter.follows = rewriter.that_follow();
        rewriter.lists = plan
            .argument_values()
            .filter(|leaf| rewriter.is_host(&leaf.value.text))
            .map(|leaf| leaf.list)
            .collect();
        rewriter.ports = rewriter.port_variables();
        rewriter
    }

    /// Every change, in the order of the document.
    pub(super) fn changes(&self) -> Vec<Change> {
        let leaves = self.plan.leaves.iter().enumerate();
        leaves.filter_map(|(index, leaf)| self.change(index, leaf)).collect()
    }

    fn that_follow(&self) -> Vec<bool> {
        let defaults = self.plan.defaults();
        let by_default = |owner| {
            let near = self.plan.scopes(owner).filter_map(|tree| defaults.get(&Some(tree)));
            let mut hosts =
                near.flatten().filter(|other| **other != owner).filter_map(|other| self.host(*other));
            hosts.next().is_some_and(|host| self.variables.is_platform(host))
        };
        let owners = self.plan.owners.iter().enumerate();
        owners
            .map(|(index, owner)| match self.host(index) {
                Some(host) => self.variables.is_platform(host),
                None => owner.is_http && by_default(index),
            })
            .collect()
    }

    /// The host that an element names.
    fn host(&self, owner: usize) -> Option<&'a str> {
        let leaf = HOSTS.iter().find_map(|name| self.plan.leaf(owner, name))?;
        Some(leaf.value.text.trim()).filter(|host| !host.is_empty())
    }

    fn port_variables(&self) -> HashSet<&'a str> {
        let leaves = self.plan.leaves.iter();
        let ports = leaves.filter(|leaf| self.follows[leaf.owner] && PORTS.contains(&&*leaf.name));
        ports.filter_map(|leaf| self.variables.name(&leaf.value.text)).collect()
    }

    fn change(&self, index: usize, leaf: &'a Leaf) -> Option<Change> {
        let mut swaps = self.swaps(leaf);
        swaps.retain(|swap| leaf.value.text[swap.range.clone()] != swap.with);
        let added = self.added_properties(leaf);
        if swaps.is_empty() && added.is_empty() {
            return None;
        }
        let value = leaf.value.swapped(&swaps);
        let mut edits = self.edits(leaf, &swaps, &value);
        let before_added = self.line_break(leaf);
        let with: String = added.iter().flat_map(|element| [&*before_added, element]).collect();
        if !with.is_empty() {
            edits.push(Edit { range: leaf.span.end..leaf.span.end, with });
        }
        Some(Change { leaf: index, edits, added, before_added, value })
    }

    fn swaps(&self, leaf: &Leaf) -> Vec<Swap> {
        let (value, target) = (&*leaf.value.text, self.target);
        let follows = self.follows[leaf.owner];
        // A value that comes from the defaults is not written into the element.
        let inherits = || value.trim().is_empty() && self.host(leaf.owner).is_none();
        match &*leaf.name {
            name if follows && (PORTS.contains(&name) || name == "HTTPSampler.protocol") && inherits() => {
                Vec::new()
            }
            name if follows && PORTS.contains(&name) => self.port(value),
            "HTTPSampler.protocol" if follows => whole(value, target.scheme()),
            "protocol" if follows => whole(value, target.scheme_for(value.trim())),
            "TLS" if follows => whole(value, if target.secure { "true" } else { "false" }),
            "Argument.value" if self.is_port(leaf) => port_swaps(value, &target.port),
            "Argument.value" if self.lists.contains(&leaf.list) && is_scheme(value) => {
                whole(value, target.scheme_for(value.trim()))
            }
            _ if self.is_host(value) => self.variables.host_swaps(value, target).unwrap_or_default(),
            _ => url_swaps(value, &self.variables, target),
        }
    }

    /// Whether a value is a host of the platform, and not an address or a script with one.
    fn is_host(&self, value: &str) -> bool {
        let is_one_line = !value.trim().contains(['\n', '\r']);
        is_one_line && !value.contains("://") && self.variables.host_swaps(value, self.target).is_some()
    }

    fn port(&self, value: &str) -> Vec<Swap> {
        // The variable is changed where it is defined.
        if self.variables.name(value).is_some() { Vec::new() } else { port_swaps(value, &self.target.port) }
    }

    /// Whether the value of a variable is the port of a host that changes: `report` ends like one, too.
    fn is_port(&self, leaf: &Leaf) -> bool {
        let (name, value) =
            (self.names.get(&leaf.argument).copied().unwrap_or_default(), leaf.value.text.trim());
        let beside_host = self.lists.contains(&leaf.list) && name.to_ascii_lowercase().ends_with("port");
        (beside_host || self.ports.contains(name)) && (value.parse::<u16>().is_ok() || value.contains("${"))
    }

    /// The properties that a sampler leaves to their defaults, which are the platform's.
    fn added_properties(&self, leaf: &Leaf) -> Vec<String> {
        if leaf.name != HOSTS[0] || !self.follows[leaf.owner] || leaf.value.text.trim().is_empty() {
            return Vec::new();
        }
        let wanted = [(PORTS[0], &*self.target.port), ("HTTPSampler.protocol", self.target.scheme())];
        let lacks = wanted.into_iter().filter(|(name, _)| self.plan.leaf(leaf.owner, name).is_none());
        lacks.map(|(name, value)| format!("<stringProp name=\"{name}\">{value}</stringProp>")).collect()
    }

    fn edits(&self, leaf: &Leaf, swaps: &[Swap], value: &str) -> Vec<Edit> {
        if !leaf.is_empty {
            return swaps.iter().flat_map(|swap| leaf.value.edits(swap, leaf.open.end)).collect();
        }
        if swaps.is_empty() {
            return Vec::new();
        }
        let open = self.document[leaf.open.clone()].trim_end_matches("/>").trim_end();
        let with = format!(">{}</{}>", partial_escape(value), leaf.tag);
        vec![Edit { range: leaf.open.start + open.len()..leaf.open.end, with }]
    }

    /// The line break and the indentation before an element; empty if the element shares its line.
    fn line_break(&self, leaf: &Leaf) -> String {
        let before = &self.document[..leaf.span.start];
        let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
        let (before, indent) = before.split_at(before.len() - indent);
        let ends = ["\r\n", "\n", "\r"].into_iter().find(|end| before.ends_with(end));
        ends.map(|end| format!("{end}{indent}")).unwrap_or_default()
    }
}

fn is_scheme(value: &str) -> bool {
    matches!(value.trim(), "http" | "https" | "ws" | "wss")
}
