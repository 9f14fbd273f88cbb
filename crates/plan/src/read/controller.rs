//! Controllers that need no answer of the server.

use super::ReadError;
use super::build::{Builder, How, Scope};
use super::element::Element;
use super::expression::is_known;
use super::group::{MILLI, SECOND, assumed, count, time};
use crate::model::{Node, NodeId, NodeKind};

impl<'plan> Builder<'plan> {
    /// The node of a controller.
    pub(super) fn controller(
        &mut self,
        element: &'plan Element,
        scope: &Scope<'plan>,
    ) -> Result<Option<NodeId>, ReadError> {
        match &*element.kind {
            "ModuleController" => return self.module(element, scope),
            "ParallelSampler" => return self.parallel(element, scope).map(Some),
            "IncludeController" => self.note_include(element),
            _ => {}
        }
        let Some(kind) = self.controller_kind(element) else {
            return self.unknown_controller(element, scope);
        };
        let scope = self.enter(scope, &element.children);
        let children =
            if kind == NodeKind::Never { Vec::new() } else { self.children(&element.children, &scope)? };
        let kind = self.with_children(element, kind, &children);
        let children = self.with_rows(&element.children, &kind, children)?;
        let children = if kind.iterates() { self.with_index(element, children)? } else { children };
        let node = self.add(Node { name: self.name(element), kind, children })?;
        if is_single(element) {
            let once = Node { name: self.name(element), kind: NodeKind::Once, children: vec![node] };
            return self.add(once).map(Some);
        }
        Ok(Some(node))
    }

    /// A section without the name of a lock locks nothing.
    fn critical_kind(&mut self, element: &Element) -> NodeKind {
        let name = self.text(element, "CriticalSectionController.lockName");
        if name.is_empty() {
            return NodeKind::Sequence;
        }
        let next = u32::try_from(self.locks.len()).unwrap_or(u32::MAX);
        NodeKind::Critical { lock: *self.locks.entry(name).or_insert(next) }
    }

    fn unknown_controller(
        &mut self,
        element: &'plan Element,
        scope: &Scope<'plan>,
    ) -> Result<Option<NodeId>, ReadError> {
        self.note(element, How::assumed("runs its children once: this kind of controller is not known"));
        let scope = self.enter(scope, &element.children);
        let children = self.children(&element.children, &scope)?;
        self.add(Node { name: self.name(element), kind: NodeKind::Sequence, children }).map(Some)
    }

    /// What a controller does with its children. `None` if its kind is not known.
    fn controller_kind(&mut self, element: &Element) -> Option<NodeKind> {
        let kind = match &*element.kind {
            "GenericController" | "RecordingController" | "LogicController" | "Controller" => {
                NodeKind::Sequence
            }
            "IncludeController" => return Some(NodeKind::Sequence),
            "TransactionController" => NodeKind::Transaction {
                parent: element.text("TransactionController.parent") == "true",
                // Plans of old versions have no such property, and include timers.
                with_timers: element.text("TransactionController.includeTimers") != "false",
            },
            "LoopController" => return Some(self.loop_kind(element)),
            "OnceOnlyController" => NodeKind::OnceOnly,
            "ThroughputController" => return Some(self.throughput_kind(element)),
            "InterleaveControl" => NodeKind::Interleave {
                across_threads: element.text("InterleaveControl.accrossThreads") == "true",
                one_sampler: one_sampler(element),
            },
            "RandomController" => NodeKind::Random { one_sampler: one_sampler(element) },
            "RandomOrderController" => NodeKind::RandomOrder,
            "RunTime" => return Some(self.runtime_kind(element)),
            "WeightedSwitchController" => return Some(self.weighted_kind(element)),
            "CriticalSectionController" => self.critical_kind(element),
            "IfController" => return Some(self.if_kind(element)),
            "WhileController" => return Some(self.while_kind(element)),
            "ForeachController" => return Some(self.foreach_kind(element)),
            "SwitchController" => return Some(self.switch_kind(element)),
            _ => return None,
        };
        self.note(element, How::Exact);
        Some(kind)
    }

    fn loop_kind(&mut self, element: &Element) -> NodeKind {
        let options = self.options;
        let given = self.answer(element, &options.turns);
        let mut unknown = Vec::new();
        let loops = self.integer(element, "LoopController.loops", 1.0, &mut unknown);
        let how = match (given, assumed(&unknown)) {
            (None, Some(assumed)) => How::asked(assumed, self.option("--turns", element, "N")),
            _ => How::Exact,
        };
        self.note(element, how);
        let turns = given.or_else(|| (loops >= 0.0).then(|| count(loops)));
        if let (Some(attempts), true) = (turns, element.marked("retry") && self.is_set("retryAfter")) {
            return NodeKind::Retry { attempts, back_off: time(self.variable("backOff"), MILLI) };
        }
        NodeKind::Loop(turns)
    }

    fn throughput_kind(&mut self, element: &Element) -> NodeKind {
        let mut unknown = Vec::new();
        let per_thread = element.text("ThroughputController.perThread") != "false";
        // What is no number is the default here, and not 0.
        let kind = if element.text("ThroughputController.style").trim() == "1" {
            let written = self.text(element, "ThroughputController.percentThroughput");
            let percent = written.trim().parse().ok().filter(|percent: &f32| percent.is_finite());
            unknown.extend(percent.is_none().then(|| format!("'{written}' as 100 %")));
            NodeKind::Percent { percent: percent.map_or(100.0, f64::from), per_thread }
        } else {
            let written = self.text(element, "ThroughputController.maxThroughput");
            let runs = written.parse::<i32>().ok();
            unknown.extend(runs.is_none().then(|| format!("'{written}' as 1")));
            NodeKind::Total { runs: u32::try_from(runs.unwrap_or(1)).unwrap_or(0), per_thread }
        };
        self.note(element, assumed(&unknown).map_or(How::Exact, How::assumed));
        kind
    }

    /// The plugin reads its table by position: row i is child i.
    fn weighted_kind(&mut self, element: &Element) -> NodeKind {
        let rows = element.list("Weights").iter().filter(|row| match row.items.as_slice() {
            [_, _] => true,
            [_, _, enabled] => &*enabled.text == "true",
            _ => false,
        });
        let mut unknown = Vec::new();
        let mut weights = Vec::new();
        for row in rows {
            let written = self.names.text(&row.items[1].text);
            let weight = written.parse::<i64>().ok();
            if weight.is_none() && is_known(&written) {
                self.note(
                    element,
                    How::assumed(format!("ends its threads: the weight '{written}' is not a whole number")),
                );
                return NodeKind::Weighted { weights: Vec::new(), drawn: false };
            }
            unknown.extend(weight.is_none().then(|| format!("{written} as 1")));
            weights.push(weight.unwrap_or(1));
        }
        self.note(element, assumed(&unknown).map_or(How::Exact, How::assumed));
        NodeKind::Weighted { weights, drawn: element.text("IsRandomChoice") == "true" }
    }

    fn runtime_kind(&mut self, element: &Element) -> NodeKind {
        let mut unknown = Vec::new();
        let seconds = self.long(element, "RunTime.seconds", 1.0, &mut unknown);
        self.note(element, assumed(&unknown).map_or(How::Exact, How::assumed));
        NodeKind::Runtime { length: time(seconds, SECOND) }
    }

    fn note_include(&mut self, element: &Element) {
        if element.children.is_empty() {
            let path = super::include::path(&self.names, element);
            self.note(
                element,
                How::lost(format!("is left out: the file '{path}' cannot be read or has nothing to run")),
            );
        } else {
            self.note(element, How::Exact);
        }
    }
}

/// Whether a controller runs the first time alone: a loop that does not continue forever.
fn is_single(element: &Element) -> bool {
    &*element.kind == "LoopController" && element.text("LoopController.continue_forever") == "false"
}

/// Whether a child that is a controller runs one sampler at a turn: style 0, "ignore sub-controller blocks".
fn one_sampler(element: &Element) -> bool {
    element.text("InterleaveControl.style").trim() != "1"
}
