//! Samplers: what each sends, or how long it takes.

use super::ReadError;
use super::build::{Builder, How, Scope};
use super::element::Element;
use super::group::{MILLI, time};
use crate::Nanos;
use crate::model::{Action, Flow, Node, NodeId, NodeKind, Sampler, Spread, Timer};

impl<'plan> Builder<'plan> {
    /// The node of a sampler.
    pub(super) fn sampler(
        &mut self,
        element: &'plan Element,
        outer: &Scope<'plan>,
    ) -> Result<NodeId, ReadError> {
        let mut scope =
            if element.children.is_empty() { outer.clone() } else { self.enter(outer, &element.children) };
        let action = match &*element.kind {
            "HTTPSamplerProxy" | "HTTPSampler" | "HTTPSampler2" | "HTTPSampler3" | "HTTP2Sampler"
            | "HTTP2Request" | "AjpSampler" | "SoapSampler" | "WebServiceSampler" => {
                self.http(element, &scope)
            }
            "ParallelHTTPSampler" => return self.parallel_http(element, &scope),
            kind if super::socket::is_socket(kind) => return self.socket(element, &scope),
            "TestAction" => self.test_action(element, &mut scope)?,
            "DebugSampler" | "DummySampler" => self.dummy(element),
            kind if ["JSR223", "BeanShell", "BSF"].iter().any(|language| kind.starts_with(language)) => {
                scope.silent |=
                    element.marked("token") || element.text("script").contains("SampleResult.setIgnore()");
                Action::Other { takes: self.script(element) }
            }
            _ => self.other(element),
        };
        let node = self.add_sampler(element, action, &scope)?;
        self.note_open(element, node);
        Ok(node)
    }

    /// A sampler that sends nothing: a debug sampler, or the plugin's dummy that waits as long as it says.
    fn dummy(&mut self, element: &Element) -> Action {
        let mut unknown = Vec::new();
        let milliseconds = if element.text("WAITING") == "true" {
            self.number(element, "RESPONSE_TIME", 0.0, &mut unknown)
        } else {
            0.0
        };
        self.note(element, super::group::assumed(&unknown).map_or(How::Exact, How::assumed));
        Action::Other { takes: time(milliseconds, MILLI) }
    }

    /// Adds the node of a sampler with the timers and scripts in its scope.
    pub(super) fn add_sampler(
        &mut self,
        element: &Element,
        action: Action,
        scope: &Scope<'_>,
    ) -> Result<NodeId, ReadError> {
        let sampler = Sampler {
            action,
            timers: scope.sampler_timers(),
            script_time: scope.script_time,
            silent: scope.silent,
        };
        let kind = NodeKind::Sampler(Box::new(sampler));
        self.add(Node { name: self.name(element), kind, children: Vec::new() })
    }

    /// A sampler of another protocol: it sends nothing to the platform.
    fn other(&mut self, element: &Element) -> Action {
        let options = self.options;
        let given = self.answer(element, &options.answer_times);
        let how = if given.is_some() {
            How::assumed("takes the time of its option and sends no HTTP request")
        } else {
            let option = self.option("--answer-time", element, "TIME");
            let sends = super::kind::sends_other_http(&element.kind);
            let assumed = if sends {
                "is left out with its requests, and takes no time"
            } else {
                "takes no time and sends no HTTP request"
            };
            How::Cannot { assumed: assumed.to_owned(), option: Some(option), loses_requests: sends }
        };
        self.note(element, how);
        Action::Other { takes: given.unwrap_or(0) }
    }

    /// A Flow Control Action.
    fn test_action(&mut self, element: &Element, scope: &mut Scope<'plan>) -> Result<Action, ReadError> {
        let number = |property| element.text(property).trim().parse::<u8>().ok();
        let all = number("ActionProcessor.target") == Some(2);
        let flow = match number("ActionProcessor.action").unwrap_or(0) {
            1 => return Ok(Action::Pause(self.pause(element, scope))),
            0 if all => Flow::StopTest,
            2 if all => Flow::StopTestNow,
            3 => Flow::NextIteration,
            4 => Flow::Continue,
            5 => Flow::Break,
            0 | 2 => Flow::StopThread,
            other => {
                let message =
                    format!("the Flow Control Action '{}' has the unknown action {other}", element.name);
                return Err(ReadError::line(element.line, message).within(element.file.as_deref()));
            }
        };
        self.note(element, How::Exact);
        Ok(Action::Flow(flow))
    }

    /// The length of a pause. One that is drawn becomes a timer of this element alone, which waits as long.
    fn pause(&mut self, element: &Element, scope: &mut Scope<'plan>) -> Nanos {
        let options = self.options;
        let given = self.answer(element, &options.answer_times);
        let text = self.text(element, "ActionProcessor.duration");
        if let (None, Some((offset, range))) = (given, super::timer::drawn(&text)) {
            let timer = self.add_timer(Timer::Random { spread: Spread::Uniform, range, offset });
            scope.timers.push(vec![timer]);
            self.note(element, How::Exact);
            return 0;
        }
        let mut unknown = Vec::new();
        let pause = time(self.number(element, "ActionProcessor.duration", 0.0, &mut unknown), MILLI);
        let how = match (given, super::group::assumed(&unknown)) {
            (None, Some(assumed)) => How::asked(assumed, self.option("--answer-time", element, "TIME")),
            _ => How::Exact,
        };
        self.note(element, how);
        given.unwrap_or(pause)
    }
}
