//! Controllers that depend on a condition: If, While, `ForEach`.

use super::build::{Builder, How};
use super::element::Element;
use super::expression::{self, Names, is_known};
use super::group::{SECOND, count, time};
use super::variable::{Decided, Trial};
use crate::model::{ByValue, Condition as OnValue, NodeId, NodeKind, Value};

/// The variable that has whether a thread's last sample succeeded.
pub(super) const LAST_SAMPLE: &str = "JMeterThread.last_sample_ok";

/// The most variables of a `ForEach` Controller that are counted.
const MOST_MATCHES: u32 = 10_000;

/// What a condition is before the run.
enum Condition {
    /// It holds or it does not.
    Known(bool),
    /// It holds if the thread's last sample ended so.
    Last(bool),
    /// It depends on more.
    Unknown,
}

impl Builder<'_> {
    /// Whether a variable of the shipped plans has the value `true`.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.names.text(&format!("${{{name}}}")) == "true"
    }

    /// The number in a variable of the shipped plans. 0 if it has none.
    pub(super) fn variable(&self, name: &str) -> f64 {
        self.value(&format!("${{{name}}}"), 0.0, &mut Vec::new())
    }

    /// What an If Controller does.
    pub(super) fn if_kind(&mut self, element: &Element) -> NodeKind {
        let options = self.options;
        let given = self.answer(element, &options.conditions);
        let marked = if element.marked("renewal") { Some(self.renewal()) } else { None };
        let marked =
            marked.or_else(|| element.marked("opened").then_some(NodeKind::IfLast { ok: true, each: false }));
        if let (None, Some(kind)) = (given, marked) {
            self.note(element, How::Exact);
            return kind;
        }
        let text = element.text("IfController.condition");
        let each = element.text("IfController.evaluateAll") == "true";
        if let (None, Some(kind)) = (given, self.decided_if(element, each)) {
            return kind;
        }
        let kind = match given.map_or_else(|| self.condition(text, element), Condition::Known) {
            Condition::Known(true) => NodeKind::Sequence,
            Condition::Known(false) => NodeKind::Never,
            Condition::Last(ok) => NodeKind::IfLast { ok, each },
            Condition::Unknown => {
                let option = self.option("--if", element, "false");
                self.note(element, How::asked("runs: its condition is taken as true", option));
                return NodeKind::Sequence;
            }
        };
        self.note(element, How::Exact);
        kind
    }

    /// An If Controller whose condition one variable decides.
    fn decided_if(&mut self, element: &Element, each: bool) -> Option<NodeKind> {
        let is_script = is_script(element);
        let text = element.text("IfController.condition");
        let evaluate = |names: &Names, text: &str| truth(names, text, is_script);
        let Decided { value, ok, failed, how } =
            self.decided(&Trial { text, evaluate: &evaluate, failing: false, is_script: true })?;
        self.note(element, how);
        Some(NodeKind::If { condition: Box::new(OnValue { value, ok, failed }), each })
    }

    /// The renewal of the shipped plans: for one user, each time the token is older than a variable says.
    fn renewal(&self) -> NodeKind {
        let seconds = self.variable("tokenRefreshSeconds");
        if seconds > 0.0 && super::script::logs_in(&self.names) {
            NodeKind::Every(time(seconds, SECOND))
        } else {
            NodeKind::Never
        }
    }

    /// The value of a condition. With both values of the last sample it shows whether that alone decides.
    fn condition(&mut self, text: &str, element: &Element) -> Condition {
        let is_script = is_script(element);
        let with = |ok: &str| truth(&self.names, &with_last(text, ok), is_script);
        match (with("true"), with("false")) {
            (Some(one), Some(other)) if one == other => Condition::Known(one),
            (Some(one), Some(_)) => Condition::Last(one),
            _ => Condition::Unknown,
        }
    }

    /// What a While Controller does.
    pub(super) fn while_kind(&mut self, element: &Element) -> NodeKind {
        let options = self.options;
        if let Some(turns) = self.answer(element, &options.turns) {
            self.note(element, How::Exact);
            return NodeKind::Loop(Some(turns));
        }
        let text = element.text("WhileController.condition").trim();
        let kind = match text {
            "" => NodeKind::WhileSuccessful { at_entry: false },
            "LAST" => NodeKind::WhileSuccessful { at_entry: true },
            _ => {
                if let Some(kind) = self.decided_while(text, element) {
                    return kind;
                }
                match self.while_condition(text, element) {
                    Some(kind) => kind,
                    None => return self.asked_turns(element, "runs once: its condition depends on answers"),
                }
            }
        };
        self.note(element, How::Exact);
        kind
    }

    fn while_condition(&mut self, text: &str, element: &Element) -> Option<NodeKind> {
        match self.names.text(text) {
            value if value.contains("${") => match self.condition(text, element) {
                Condition::Last(true) => Some(NodeKind::WhileSuccessful { at_entry: true }),
                Condition::Last(false) => {
                    let (ok, failed) = (ByValue::always(false), ByValue::always(true));
                    Some(NodeKind::While {
                        condition: Box::new(OnValue { value: Value::Of(0), ok, failed }),
                        on_turn: false,
                    })
                }
                Condition::Known(false) => Some(NodeKind::Never),
                _ => None,
            },
            // JMeter goes on until the text is "false".
            value if value.trim().eq_ignore_ascii_case("false") => Some(NodeKind::Never),
            _ => Some(NodeKind::Loop(None)),
        }
    }

    /// A While Controller whose condition one variable decides.
    fn decided_while(&mut self, text: &str, element: &Element) -> Option<NodeKind> {
        let Decided { value, ok, failed, how } =
            self.decided(&Trial { text, evaluate: &goes_on, failing: true, is_script: true })?;
        self.note(element, how);
        let has_no_end = [&ok, &failed].iter().all(|truth| truth.is_constant() && truth.unset);
        Some(if has_no_end {
            NodeKind::Loop(None)
        } else {
            NodeKind::While {
                on_turn: text.contains(&self.index_of(element)),
                condition: Box::new(OnValue { value, ok, failed }),
            }
        })
    }

    fn asked_turns(&mut self, element: &Element, assumed: &str) -> NodeKind {
        let option = self.option("--turns", element, "N");
        self.note(element, How::asked(assumed, option));
        NodeKind::Loop(Some(1))
    }

    /// What a `ForEach` Controller does: one turn for each match of an extractor.
    pub(super) fn foreach_kind(&mut self, element: &Element) -> NodeKind {
        let options = self.options;
        if let Some(turns) = self.answer(element, &options.turns) {
            self.note(element, How::Exact);
            return NodeKind::Loop(Some(turns));
        }
        if let Some(turns) = self.foreach_turns(element) {
            self.note(element, How::Exact);
            return NodeKind::Loop(Some(turns));
        }
        self.asked_turns(element, "runs once: its turns are the matches of an extractor")
    }

    /// The number of variables from after the start to the end that the plan itself defines. JMeter reads a bound that is
    /// no number as 0: an empty end is one without a turn.
    fn foreach_turns(&self, element: &Element) -> Option<u32> {
        let bound = |name, default| {
            let name = format!("ForeachController.{name}");
            let value = self.integer(element, &name, default, &mut Vec::new());
            is_known(&self.text(element, &name)).then(|| count(value))
        };
        let (start, end) = (bound("startIndex", 0.0)?, bound("endIndex", f64::MAX)?);
        let name = self.text(element, "ForeachController.inputVal");
        let separator = if element.text("ForeachController.useSeparator") == "false" { "" } else { "_" };
        let known = |index: &u32| is_known(&self.names.text(&format!("${{{name}{separator}{index}}}")));
        let turns = (start..end.min(MOST_MATCHES)).map(|before| before + 1).take_while(known).count();
        (end <= start || known(&1)).then(|| u32::try_from(turns).unwrap_or(MOST_MATCHES))
    }

    /// The kind of a controller whose children decide.
    pub(super) fn with_children(
        &mut self,
        element: &Element,
        kind: NodeKind,
        children: &[NodeId],
    ) -> NodeKind {
        match &*element.kind {
            "ForeachController" => self.once_in_foreach(children),
            "SwitchController" => return self.switch_among(element, kind, children),
            // An empty If Controller is never over, as other empty controllers are.
            "IfController" if children.is_empty() && kind == NodeKind::Sequence => return NodeKind::Never,
            _ => {}
        }
        kind
    }

    /// JMeter tells a Once Only Controller of the first turn of loops and of controllers that do not count. A `ForEach`
    /// Controller counts its turns from 1 and is no loop: the controller runs once in all.
    fn once_in_foreach(&mut self, children: &[NodeId]) {
        for child in children {
            match self.plan.nodes.get_mut(child.0 as usize) {
                Some(node) if node.kind == NodeKind::OnceOnly => node.kind = NodeKind::Once,
                Some(_) | None => {}
            }
        }
    }
}

/// Whether the condition of an If Controller is a script without the function around it.
fn is_script(element: &Element) -> bool {
    element.text("IfController.useExpression") != "true" && element.kind.starts_with("If")
}

/// Whether the condition of an If Controller holds. `None` if that depends on the run.
fn truth(names: &Names, text: &str, is_script: bool) -> Option<bool> {
    let value = names.text(text);
    if is_script || value.contains("${") {
        return expression::script(names, &value).and_then(|value| value.truth());
    }
    Some(value.trim().eq_ignore_ascii_case("true"))
}

/// Whether the condition of a While Controller holds: as long as its text is not "false".
fn goes_on(names: &Names, text: &str) -> Option<bool> {
    let value = names.text(text);
    is_known(&value).then(|| !value.trim().eq_ignore_ascii_case("false"))
}

/// A condition after a sample that ended so.
pub(super) fn with_last(text: &str, ok: &str) -> String {
    let text = text.replace(&format!("${{{LAST_SAMPLE}}}"), ok);
    let script = |text: String, mark: char| {
        text.replace(&format!("vars.get({mark}{LAST_SAMPLE}{mark})"), &format!("{mark}{ok}{mark}"))
    };
    script(script(text, '\''), '"')
}
