//! The part of a JMeter plan that can name hosts: its values, their elements, and the HTTP defaults.
//!
//! A plan is a tree of pairs: an element, then the `hashTree` of what is below it. An element's properties are the
//! elements within it whose names end in `Prop`, and they may be nested: a list of arguments is a
//! `collectionProp`, an argument an `elementProp`.

use std::collections::HashMap;
use std::ops::Range;

use super::value::Value;
use crate::command::xml::{Attribute, Fault, Kind, Token, Tokens, unescaped};

/// A text in an element of the document.
#[derive(Debug)]
pub(super) struct Leaf {
    /// The property's name; empty for other elements.
    pub(crate) name: String,
    /// The element's name.
    pub(crate) tag: String,
    /// The element in the document, and within it the tag that opens it.
    pub(crate) span: Range<usize>,
    pub(crate) open: Range<usize>,
    /// `<tag/>`
    pub(crate) is_empty: bool,
    pub(crate) value: Value,
    /// Which of the plan's elements it belongs to.
    pub(crate) owner: usize,
    /// Which list of arguments it is in, and which argument of it.
    pub(crate) list: usize,
    pub(crate) argument: usize,
}

/// A sampler, a configuration element, or any other.
#[derive(Debug, Default)]
pub(super) struct Owner {
    /// HTTP Request Defaults that are switched on.
    pub(crate) is_defaults: bool,
    /// It has a property of HTTP samplers.
    pub(crate) is_http: bool,
    /// The tree that it is in, and the one below it.
    tree: Option<usize>,
    below: Option<usize>,
    /// Its leaves, in order.
    pub(crate) leaves: Vec<usize>,
}

/// The values of a plan.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) owners: Vec<Owner>,
    /// Each `hashTree`'s outer one.
    trees: Vec<Option<usize>>,
    /// The root element.
    pub(crate) root: String,
}

impl Plan {
    /// Reads a document.
    ///
    /// # Errors
    /// What makes it not well-formed, and where.
    pub(super) fn read(document: &str) -> Result<Self, Fault> {
        let (mut tokens, mut builder) = (Tokens::of(document), Builder::default());
        while let Some(token) = tokens.next()? {
            match &token.kind {
                Kind::Start { name, attributes, empty } => {
                    builder.open(name, attributes, &token);
                    if *empty {
                        builder.close(token.span.end, true);
                    }
                }
                Kind::End => builder.close(token.span.end, false),
                _ => builder.text(document, &token),
            }
        }
        Ok(builder.plan)
    }

    /// The names of variables and arguments, by the argument that has them.
    pub(super) fn argument_names(&self) -> HashMap<usize, &str> {
        let names = self.leaves.iter().filter(|leaf| leaf.name == "Argument.name");
        names.map(|leaf| (leaf.argument, leaf.value.text.trim())).collect()
    }

    /// The values of variables and arguments.
    pub(super) fn argument_values(&self) -> impl Iterator<Item = &Leaf> {
        self.leaves.iter().filter(|leaf| leaf.name == "Argument.value")
    }

    /// The leaf of an owner with that name.
    pub(super) fn leaf(&self, owner: usize, name: &str) -> Option<&Leaf> {
        self.owners[owner].leaves.iter().map(|leaf| &self.leaves[*leaf]).find(|leaf| leaf.name == name)
    }

    /// The trees whose configuration elements act on an owner, the nearest first.
    pub(super) fn scopes(&self, owner: usize) -> impl Iterator<Item = usize> {
        let Owner { below, tree, .. } = self.owners[owner];
        below.into_iter().chain(std::iter::successors(tree, |tree| self.trees[*tree]))
    }

    /// HTTP defaults by the tree that they are in.
    pub(super) fn defaults(&self) -> HashMap<Option<usize>, Vec<usize>> {
        let mut defaults: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, owner) in self.owners.iter().enumerate().filter(|(_, owner)| owner.is_defaults) {
            defaults.entry(owner.tree).or_default().push(index);
        }
        defaults
    }
}

/// An element that is open.
#[derive(Debug)]
struct Frame {
    owner: usize,
    list: usize,
    argument: usize,
    /// The innermost `hashTree` that it is, or is in.
    tree: Option<usize>,
    is_tree: bool,
    is_property: bool,
    /// The leaf that it may be: a leaf contains no element.
    leaf: Option<Leaf>,
}

#[derive(Debug, Default)]
struct Builder {
    plan: Plan,
    open: Vec<Frame>,
    /// The last element that was opened in a tree: the next tree is below it.
    last: Option<usize>,
    /// How many lists and arguments were met.
    groups: usize,
}

impl Builder {
    fn open(&mut self, tag: &str, attributes: &[Attribute<'_>], token: &Token<'_>) {
        let of = |name| attributes.iter().find(|attribute| attribute.name == name);
        let attribute = |name| of(name).map(|attribute| unescaped(attribute.value)).unwrap_or_default();
        if let Some(outer) = self.open.last_mut() {
            outer.leaf = None;
        } else {
            tag.clone_into(&mut self.plan.root);
        }
        let is_property = tag.ends_with("Prop") || self.open.last().is_some_and(|outer| outer.is_property);
        let is_tree = !is_property && tag == "hashTree";
        let owner = match self.open.last() {
            Some(outer) if is_property => outer.owner,
            _ => self.owner(is_tree, &attribute),
        };
        let tree = if is_tree { Some(self.tree()) } else { self.open.last().and_then(|outer| outer.tree) };
        let (list, argument) = self.groups(tag);
        let leaf = Leaf {
            name: attribute("name"),
            tag: tag.to_owned(),
            span: token.span.clone(),
            open: token.span.clone(),
            is_empty: false,
            value: Value::default(),
            owner,
            list,
            argument,
        };
        self.open.push(Frame { owner, list, argument, tree, is_tree, is_property, leaf: Some(leaf) });
    }

    fn tree(&mut self) -> usize {
        let outer = self.open.last().and_then(|outer| outer.tree);
        self.plan.trees.push(outer);
        let tree = self.plan.trees.len() - 1;
        if let Some(owner) = self.last.take() {
            self.plan.owners[owner].below = Some(tree);
        }
        tree
    }

    fn owner(&mut self, is_tree: bool, attribute: &impl Fn(&'static str) -> String) -> usize {
        let is_defaults = attribute("guiclass") == "HttpDefaultsGui" && attribute("enabled") != "false";
        let tree = self.open.last().and_then(|outer| outer.tree);
        self.plan.owners.push(Owner { is_defaults, tree, ..Owner::default() });
        let owner = self.plan.owners.len() - 1;
        if !is_tree && self.open.last().is_some_and(|outer| outer.is_tree) {
            self.last = Some(owner);
        }
        owner
    }

    /// The list and the argument that an element is, or is in.
    fn groups(&mut self, tag: &str) -> (usize, usize) {
        let (list, argument) = self.open.last().map_or((0, 0), |outer| (outer.list, outer.argument));
        self.groups += 1;
        match tag {
            "collectionProp" => (self.groups, argument),
            "elementProp" => (list, self.groups),
            _ if tag.ends_with("Prop") => (list, argument),
            _ => (self.groups, self.groups),
        }
    }

    fn text(&mut self, document: &str, token: &Token<'_>) {
        if let Some(leaf) = self.open.last_mut().and_then(|frame| frame.leaf.as_mut()) {
            leaf.value.push(document, token);
        }
    }

    fn close(&mut self, end: usize, is_empty: bool) {
        let Some(mut leaf) = self.open.pop().and_then(|frame| frame.leaf) else { return };
        (leaf.span.end, leaf.is_empty) = (end, is_empty);
        let owner = &mut self.plan.owners[leaf.owner];
        owner.is_http |= leaf.name.starts_with("HTTPSampler.");
        owner.leaves.push(self.plan.leaves.len());
        self.plan.leaves.push(leaf);
    }
}
