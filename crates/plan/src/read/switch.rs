//! Switch Controllers: one child, by its position or its name.

use super::build::{Builder, How};
use super::element::Element;
use super::expression::{Names, is_known};
use super::variable::Trial;
use crate::model::{Child, NodeId, NodeKind, Selection};

impl Builder<'_> {
    /// What a Switch Controller does before its children are read.
    pub(super) fn switch_kind(&mut self, element: &Element) -> NodeKind {
        let options = self.options;
        match self.answer(element, &options.turns) {
            Some(child) => NodeKind::Switch(Child::At(child as usize)),
            None => NodeKind::Switch(Child::Nothing),
        }
    }

    /// What a Switch Controller does with its children: the one that its value names by number or by name. `given` is the
    /// child that an option says.
    pub(super) fn switch_among(
        &mut self,
        element: &Element,
        given: NodeKind,
        children: &[NodeId],
    ) -> NodeKind {
        if given != NodeKind::Switch(Child::Nothing) {
            self.note(element, How::Exact);
            return given;
        }
        let names: Vec<String> = children.iter().map(|id| self.name_of(*id)).collect();
        if let Some(kind) = self.selection(element, &names) {
            return kind;
        }
        let value = self.text(element, "SwitchController.value");
        if is_known(&value) {
            self.note(element, How::Exact);
            return match child(&value, &names) {
                Child::Nothing => NodeKind::Never,
                child => NodeKind::Switch(child),
            };
        }
        let option = self.option("--turns", element, "CHILD");
        self.note(element, How::asked(format!("runs its children in turn: {value} is not known"), option));
        NodeKind::Interleave { across_threads: false, one_sampler: false }
    }

    /// A Switch Controller whose value one variable decides, or one draw.
    fn selection(&mut self, element: &Element, children: &[String]) -> Option<NodeKind> {
        let text = element.text("SwitchController.value");
        let evaluate = |names: &Names, text: &str| {
            let value = names.text(text);
            is_known(&value).then(|| child(&value, children))
        };
        let failing = child("", children);
        let found = self.decided(&Trial { text, evaluate: &evaluate, failing, is_script: false })?;
        if found.ok != found.failed {
            return None;
        }
        self.note(element, found.how);
        Some(NodeKind::Select(Box::new(Selection { value: found.value, child: found.ok })))
    }

    fn name_of(&self, id: NodeId) -> String {
        self.plan.nodes.get(id.0 as usize).map_or_else(String::new, |node| node.name.to_string())
    }
}

/// The child that a value names. A number that no child has is the first.
fn child(value: &str, names: &[String]) -> Child {
    let value = value.trim();
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(index) = value.parse::<u32>().ok().filter(|_| is_number) {
        let index = index as usize;
        return Child::At(if index < names.len() { index } else { 0 });
    }
    if value.is_empty() {
        return Child::At(0);
    }
    // JMeter compares the name as it is, and takes the last child that is called default.
    let named = names.iter().position(|name| name == value);
    let default = names.iter().rposition(|name| name.eq_ignore_ascii_case("default"));
    named.or(default).map_or(Child::Nothing, |child| Child::Named { child, default })
}
