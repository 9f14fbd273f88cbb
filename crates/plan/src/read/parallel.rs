//! Controllers and samplers that send several requests at the same time, of the plugins.

use std::sync::Arc;

use super::ReadError;
use super::build::{Builder, How, Scope};
use super::element::Element;
use super::kind::Kind;
use crate::model::{Action, Node, NodeId, NodeKind};

/// How many requests the plugin sends at a time if its limit has no number.
const DEFAULT_MOST: f64 = 6.0;

impl<'plan> Builder<'plan> {
    /// A Parallel Controller. It is a sampler for `JMeter`: it waits for the timers in its scope, and so does each sampler in it.
    pub(super) fn parallel(
        &mut self,
        element: &'plan Element,
        scope: &Scope<'plan>,
    ) -> Result<NodeId, ReadError> {
        let most = self.parallel_limit(element);
        let is_sample = element.text("PARENT_SAMPLE") == "true";
        let scope = self.enter(scope, &element.children);
        let children = self.children(&element.children, &scope)?;
        let node = self.add(Node {
            name: self.name(element),
            kind: NodeKind::Parallel { most, is_sample },
            children,
        })?;
        self.after_timers(element, &scope, node)
    }

    fn parallel_limit(&mut self, element: &Element) -> Option<u32> {
        let mut unknown = Vec::new();
        let is_limited = element.text("LIMIT_MAX_THREAD_NUMBER") == "true";
        let most = is_limited.then(|| {
            let most = self.integer(element, "MAX_THREAD_NUMBER", DEFAULT_MOST, &mut unknown);
            super::group::count(most).max(1)
        });
        if element.enabled_children().any(|child| matches!(Kind::of(child), Kind::Controller)) {
            let all = "all samplers that run below it as sent at the same time";
            unknown.push(all.into());
        }
        self.note(element, super::group::assumed(&unknown).map_or(How::Exact, How::assumed));
        most
    }

    /// A sampler that gets several URLs at the same time.
    pub(super) fn parallel_http(
        &mut self,
        element: &'plan Element,
        scope: &Scope<'plan>,
    ) -> Result<NodeId, ReadError> {
        let without = Scope { timers: Vec::new(), ..scope.clone() };
        let mut children = Vec::new();
        for row in element.list("urls") {
            let address = row.items.first().map_or(&*row.text, |first| &first.text);
            let address = self.names.text(address);
            let (target, path, query) = self.address(element, scope, address.trim());
            let request = self.get_request(element, scope, target, &path, &query);
            children.push(self.add_sampler(element, Action::Http(request), &without)?);
        }
        self.note(element, How::Exact);
        let name: Arc<str> = self.name(element);
        let kind = NodeKind::Parallel { most: None, is_sample: true };
        let node = self.add(Node { name, kind, children })?;
        self.after_timers(element, scope, node)
    }

    /// A parallel node after the timers in its scope, which a pause of no length waits for.
    fn after_timers(
        &mut self,
        element: &'plan Element,
        scope: &Scope<'plan>,
        node: NodeId,
    ) -> Result<NodeId, ReadError> {
        if scope.timers.is_empty() {
            return Ok(node);
        }
        let waits = Scope { timers: scope.timers.clone(), ..Scope::default() };
        let pause = self.add_sampler(element, Action::Pause(0), &waits)?;
        let name = self.name(element);
        self.add(Node { name, kind: NodeKind::Sequence, children: vec![pause, node] })
    }
}
