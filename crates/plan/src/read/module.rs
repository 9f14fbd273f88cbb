//! Module Controllers: another controller of the plan, found by the names on the way to it.

use std::sync::Arc;

use super::ReadError;
use super::build::{Builder, How, Scope};
use super::element::Element;
use crate::model::{Node, NodeId, NodeKind};

impl<'plan> Builder<'plan> {
    /// The controller that a module stands for, read in the module's place.
    pub(super) fn module(
        &mut self,
        element: &'plan Element,
        scope: &Scope<'plan>,
    ) -> Result<Option<NodeId>, ReadError> {
        let path: Vec<&str> =
            element.list("ModuleController.node_path").iter().map(|entry| &*entry.text).collect();
        let Some(target) = find(self.root, &path) else {
            let assumed = match path.last() {
                Some(named) => format!("is left out: the plan has no controller '{named}' in that place"),
                None => "is left out: it names no controller".to_owned(),
            };
            self.note(element, How::lost(assumed));
            return Ok(None);
        };
        if self.open_modules.contains(&std::ptr::from_ref(target)) {
            let message = format!("the module '{}' contains itself", element.name);
            return Err(ReadError::line(element.line, message).within(element.file.as_deref()));
        }
        self.open_modules.push(std::ptr::from_ref(target));
        let scope = self.enter(scope, &element.children);
        let node = self.target(target, &scope);
        self.open_modules.pop();
        self.note(element, How::Exact);
        let children = node?.into_iter().collect();
        self.add(Node { name: self.name(element), kind: NodeKind::Sequence, children }).map(Some)
    }

    /// A module's target, read even if it is disabled or a fragment: JMeter enables it.
    fn target(&mut self, target: &'plan Element, scope: &Scope<'plan>) -> Result<Option<NodeId>, ReadError> {
        if &*target.kind != "TestFragmentController" {
            return self.node(target, scope);
        }
        let scope = self.enter(scope, &target.children);
        let children = self.children(&target.children, &scope)?;
        self.add(Node { name: Arc::from(&*target.name), kind: NodeKind::Sequence, children }).map(Some)
    }
}

/// The element at a path of names. The path begins at the test plan, or one level above it. Some versions write other
/// names there, so a path that does not fit is tried without its first names.
fn find<'plan>(root: &'plan [Element], path: &[&str]) -> Option<&'plan Element> {
    let direct = (0..path.len().min(3)).find_map(|skip| walk(root, &path[skip..]));
    let below = root.iter().find(|element| &*element.kind == "TestPlan");
    direct.or_else(|| (0..path.len().min(3)).find_map(|skip| walk(&below?.children, &path[skip..])))
}

fn walk<'plan>(elements: &'plan [Element], path: &[&str]) -> Option<&'plan Element> {
    let (first, rest) = path.split_first()?;
    let mut found = elements.iter().filter(|element| &*element.name == *first);
    if rest.is_empty() {
        return found.find(|element| &*element.kind != "TestPlan");
    }
    found.find_map(|element| walk(&element.children, rest))
}
