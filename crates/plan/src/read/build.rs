//! The walk over a plan's tree: what is in whose scope, and the model's nodes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::element::Element;
use super::expression::Names;
use super::kind::{Kind, is_script};
use super::reading::{Item, Reading};
use super::table::Tables;
use super::variable::Variables;
use super::{Options, ReadError, check};
use crate::Nanos;
use crate::model::{Credentials, Node, NodeId, NodeKind, Plan, TimerId};

/// The most nodes of a model. Modules that contain modules multiply.
const MOST_NODES: usize = 1_000_000;

/// The deepest nesting with all modules in their places.
const DEEPEST: usize = 150;

/// What the elements above an element give it.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope<'plan> {
    /// HTTP request defaults, the nearest last.
    pub(super) defaults: Vec<&'plan Element>,
    /// Header managers, the nearest last.
    pub(super) headers: Vec<&'plan Element>,
    /// Timers, those of the nearest level last. Within a level they are in file order.
    pub(super) timers: Vec<Vec<TimerId>>,
    /// The time of all scripts before and after a sample.
    pub(super) script_time: Nanos,
    /// Whether a script ignores samples that succeeded.
    pub(super) silent: bool,
}

impl Scope<'_> {
    /// The timers of a sampler, the innermost first.
    pub(super) fn sampler_timers(&self) -> Vec<TimerId> {
        self.timers.iter().rev().flatten().copied().collect()
    }
}

/// Makes the model.
pub(super) struct Builder<'plan> {
    /// The elements of the file.
    pub(super) root: &'plan [Element],
    /// Variables and properties.
    pub(super) names: Names,
    /// What the caller says.
    pub(super) options: &'plan Options,
    /// The files of data sets.
    pub(super) tables: &'plan Tables<'plan>,
    /// The model so far.
    pub(super) plan: Plan,
    /// Modules that are being put in their places: their lines.
    pub(super) open_modules: Vec<*const Element>,
    /// Credentials from files, by the value of the header: a file is read once.
    pub(super) file_tokens: HashMap<String, Credentials>,
    /// How the plan gets tokens: whether it asks for one.
    pub(super) has_login: bool,
    /// The locks of critical sections, by name.
    pub(super) locks: HashMap<String, u32>,
    /// The data sets whose rows are followed, by the key of their file.
    pub(super) sets: HashMap<String, u32>,
    /// How data sets were read, unless something else says more of them.
    pub(super) data_sets: Vec<(&'plan Element, How)>,
    /// The variables that conditions ask for.
    pub(super) variables: Variables,
    pub(super) reading: Reading,
    noted: HashSet<*const Element>,
    element_names: HashSet<String>,
    depth: usize,
}

/// How an element was read.
pub(super) enum How {
    /// As JMeter runs it.
    Exact,
    /// With an assumption, and the option that says otherwise.
    Approximated { assumed: String, option: Option<String>, loses_requests: bool },
    /// Left out.
    Cannot { assumed: String, option: Option<String>, loses_requests: bool },
}

impl How {
    /// An approximation that loses no request.
    pub(super) fn assumed(assumed: impl Into<String>) -> Self {
        Self::Approximated { assumed: assumed.into(), option: None, loses_requests: false }
    }

    /// An approximation that loses no request, and the option that says otherwise.
    pub(super) fn asked(assumed: impl Into<String>, option: String) -> Self {
        Self::Approximated { assumed: assumed.into(), option: Some(option), loses_requests: false }
    }

    /// An element that is left out and sends no request.
    pub(super) fn cannot(assumed: impl Into<String>, option: Option<String>) -> Self {
        Self::Cannot { assumed: assumed.into(), option, loses_requests: false }
    }

    /// An element that is left out with its requests.
    pub(super) fn lost(assumed: impl Into<String>) -> Self {
        Self::Cannot { assumed: assumed.into(), option: None, loses_requests: true }
    }
}

impl<'plan> Builder<'plan> {
    pub(super) fn new(
        root: &'plan [Element],
        names: Names,
        options: &'plan Options,
        tables: &'plan Tables<'plan>,
    ) -> Self {
        let has_login = super::headers::has_login(root);
        let variables = Variables::of(root, &names, tables);
        Self {
            root,
            names,
            options,
            tables,
            plan: Plan::default(),
            open_modules: Vec::new(),
            file_tokens: HashMap::new(),
            has_login,
            locks: HashMap::new(),
            sets: HashMap::new(),
            data_sets: Vec::new(),
            variables,
            reading: Reading::default(),
            noted: HashSet::new(),
            element_names: HashSet::new(),
            depth: 0,
        }
    }

    /// Reads the test plan with its thread groups.
    pub(super) fn plan(&mut self) -> Result<(), ReadError> {
        let root = self.root;
        let Some(plan) = root.iter().find(|element| &*element.kind == "TestPlan") else {
            return Err(ReadError::whole("the file has no Test Plan: it is a part of one"));
        };
        self.plan.name = self.name(plan);
        self.plan.serial = plan.text("TestPlan.serialize_threadgroups") == "true";
        let scope = self.enter(&Scope::default(), &plan.children);
        for child in plan.enabled_children() {
            if super::group::is_group(&child.kind) {
                self.group(child, &plan.children, &scope)?;
            }
        }
        if self.plan.groups.is_empty() {
            return Err(ReadError::line(
                plan.line,
                "the plan has no thread group that is enabled and can be read",
            ));
        }
        Ok(())
    }

    /// The model and how it was read, once all options have been used.
    pub(super) fn finish(mut self) -> Result<(Plan, Reading), ReadError> {
        check::names(self.options, &self.element_names)?;
        self.plan.known = self.known();
        for (set, how) in std::mem::take(&mut self.data_sets) {
            self.note(set, how);
        }
        if self.names.overflowed() {
            return Err(ReadError::whole(
                "the variables of the plan make more text than is read: 4 MiB in one place, or 128 MiB in all",
            ));
        }
        for list in [&mut self.reading.exact, &mut self.reading.approximated, &mut self.reading.cannot] {
            list.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        }
        Ok((self.plan, self.reading))
    }

    /// An element's name, evaluated.
    pub(super) fn name(&self, element: &Element) -> Arc<str> {
        self.names.text(&element.name).into()
    }

    /// A property's text, evaluated.
    pub(super) fn text(&self, element: &Element, property: &str) -> String {
        self.names.text(element.text(property))
    }

    /// Notes how an element was read, once for each element.
    pub(super) fn note(&mut self, element: &Element, how: How) {
        if !self.noted.insert(std::ptr::from_ref(element)) {
            return;
        }
        let mut item = self.item(element, String::new(), None);
        let list = match how {
            How::Exact => &mut self.reading.exact,
            How::Approximated { assumed, option, loses_requests } => {
                item = Item { assumed, option, loses_requests, ..item };
                &mut self.reading.approximated
            }
            How::Cannot { assumed, option, loses_requests } => {
                item = Item { assumed, option, loses_requests, ..item };
                &mut self.reading.cannot
            }
        };
        list.push(item);
    }

    /// How an element is told.
    pub(super) fn item(&self, element: &Element, assumed: String, option: Option<String>) -> Item {
        Item {
            name: self.names.text(&element.name).into(),
            kind: Arc::clone(&element.kind),
            line: element.line,
            file: element.file.clone(),
            assumed,
            option,
            loses_requests: false,
        }
    }

    /// The answer that an option gives for an element, by the name that is written or the one that is evaluated.
    pub(super) fn answer<T: Copy>(
        &mut self,
        element: &Element,
        answers: &std::collections::BTreeMap<String, T>,
    ) -> Option<T> {
        let name = self.names.text(&element.name);
        let found = answers.get(&*element.name).or_else(|| answers.get(&name)).copied();
        self.element_names.insert(name);
        self.element_names.insert(element.name.to_string());
        found
    }

    /// The option that answers for an element, as it is typed.
    pub(super) fn option(&self, option: &str, element: &Element, value: &str) -> String {
        let name = self.names.text(&element.name).replace('\'', "'\\''");
        format!("{option} '{name}'={value}")
    }

    /// The scope of an element's children.
    pub(super) fn enter(&mut self, outer: &Scope<'plan>, children: &'plan [Element]) -> Scope<'plan> {
        let mut scope = outer.clone();
        let mut timers = Vec::new();
        for child in children.iter().filter(|child| child.enabled) {
            match &*child.kind {
                "ConfigTestElement" => scope.defaults.push(child),
                "HeaderManager" => scope.headers.push(child),
                kind if kind.ends_with("Timer") => timers.extend(self.timer(child)),
                kind if is_script(kind) => {
                    scope.script_time = scope.script_time.saturating_add(self.script(child));
                    scope.silent |= child.marked("silent");
                }
                "AutoStop" => self.note(child, How::cannot("does not end the test", None)),
                "ResultAction" => self.note(child, How::cannot("does nothing after a failed sample", None)),
                "CacheManager" => {
                    let assumed = "sends every GET, also those that JMeter answers from its cache";
                    self.note(child, How::assumed(assumed));
                }
                _ => {}
            }
        }
        if !timers.is_empty() {
            scope.timers.push(timers);
        }
        scope
    }

    /// The nodes of some elements in a scope that is already theirs.
    pub(super) fn children(
        &mut self,
        elements: &'plan [Element],
        scope: &Scope<'plan>,
    ) -> Result<Vec<NodeId>, ReadError> {
        let mut nodes = Vec::new();
        for element in elements.iter().filter(|element| element.enabled) {
            nodes.extend(self.node(element, scope)?);
        }
        Ok(nodes)
    }

    /// The node of a controller or a sampler. `None` for elements that are neither.
    pub(super) fn node(
        &mut self,
        element: &'plan Element,
        scope: &Scope<'plan>,
    ) -> Result<Option<NodeId>, ReadError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let message =
                "with all modules in their places, the elements are nested more than 150 levels deep";
            return Err(ReadError::line(element.line, message).within(element.file.as_deref()));
        }
        let node = match Kind::of(element) {
            Kind::Controller => self.controller(element, scope),
            Kind::Sampler => self.sampler(element, scope).map(Some),
            Kind::Unknown => self.unknown(element, scope),
            Kind::Ignored => Ok(None),
        };
        self.depth -= 1;
        node
    }

    /// Adds a node.
    pub(super) fn add(&mut self, node: Node) -> Result<NodeId, ReadError> {
        if self.plan.nodes.len() >= MOST_NODES {
            return Err(ReadError::whole(
                "the plan has more than 1,000,000 elements with all modules in their places",
            ));
        }
        let id = u32::try_from(self.plan.nodes.len()).unwrap_or(u32::MAX);
        self.plan.nodes.push(node);
        Ok(NodeId(id))
    }

    /// An element of no known kind. With children it runs them once.
    fn unknown(
        &mut self,
        element: &'plan Element,
        scope: &Scope<'plan>,
    ) -> Result<Option<NodeId>, ReadError> {
        let scope = self.enter(scope, &element.children);
        let children = self.children(&element.children, &scope)?;
        if children.is_empty() {
            self.note(element, How::lost("is left out"));
            return Ok(None);
        }
        self.note(element, How::assumed("runs its children once"));
        self.add(Node { name: self.name(element), kind: NodeKind::Sequence, children }).map(Some)
    }
}
