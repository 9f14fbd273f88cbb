//! Samplers of the plugin "WebSocket Samplers by Peter Doornbosch".

use super::ReadError;
use super::build::{Builder, How, Scope};
use super::element::Element;
use super::group::{MILLI, time};
use crate::model::{Action, Node, NodeId, NodeKind, SocketMessage, Target};

/// Whether a kind is a sampler of the plugin.
pub(super) fn is_socket(kind: &str) -> bool {
    const NAMES: [&str; 6] = [
        "OpenWebSocketSampler",
        "RequestResponseWebSocketSampler",
        "SingleReadWebSocketSampler",
        "SingleWriteWebSocketSampler",
        "PingPongSampler",
        "CloseWebSocketSampler",
    ];
    NAMES.contains(&kind)
}

impl<'plan> Builder<'plan> {
    /// The node of a WebSocket sampler. One that opens a new connection is an open and, if it succeeded, a message: both
    /// write one row, that of the refusal or that of the message.
    pub(super) fn socket(
        &mut self,
        element: &'plan Element,
        scope: &Scope<'plan>,
    ) -> Result<NodeId, ReadError> {
        self.note(element, How::Exact);
        match &*element.kind {
            "OpenWebSocketSampler" => {
                let open = self.handshake(element, scope);
                return self.add_sampler(element, open, scope);
            }
            "CloseWebSocketSampler" => return self.add_sampler(element, Action::SocketClose, scope),
            _ => {}
        }
        let message = Action::SocketMessage(self.message(element));
        if element.text("createNewConnection") != "true" {
            return self.add_sampler(element, message, scope);
        }
        let open = self.handshake(element, scope);
        let silent = Scope { silent: true, ..scope.clone() };
        let open = self.add_sampler(element, open, &silent)?;
        let message = self.add_sampler(element, message, &Scope::default())?;
        let name = self.name(element);
        let kind = NodeKind::IfLast { ok: true, each: false };
        let opened = self.add(Node { name: name.clone(), kind, children: vec![message] })?;
        self.add(Node { name, kind: NodeKind::Sequence, children: vec![open, opened] })
    }

    fn handshake(&mut self, element: &Element, scope: &Scope<'plan>) -> Action {
        let path = self.text(element, "path");
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let target = Target {
            secure: Some(self.text(element, "TLS").eq_ignore_ascii_case("true")),
            host: self.text(element, "server").trim().into(),
            port: self.text(element, "port").trim().parse().ok(),
        };
        Action::SocketOpen(self.get_request(element, scope, target, path, query))
    }

    fn message(&mut self, element: &Element) -> SocketMessage {
        let writes =
            matches!(&*element.kind, "RequestResponseWebSocketSampler" | "SingleWriteWebSocketSampler");
        SocketMessage {
            write: writes.then(|| self.text(element, "requestData").into()),
            read: &*element.kind != "SingleWriteWebSocketSampler",
            timeout: time(self.number(element, "readTimeout", 0.0, &mut Vec::new()), MILLI),
        }
    }
}
