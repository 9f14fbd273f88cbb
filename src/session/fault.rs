//! Faults of open sockets: a close or a silence that sets in after some frames or some time, and refused messages.

use std::pin::Pin;
use std::sync::Arc;

use gcmock_limit::Subject;
use tokio::time::{Sleep, sleep};

use super::message::TooMany;
use super::session::Live;
use crate::observe::close_reason::CloseReason;
use crate::platform::limiter::refused_by;
use crate::push::registry::Socket;
use crate::push::socket_fault::{SocketEffect, SocketFault};
use crate::rules::{Config, Fault, FaultKind, Onset, PatternMethod};

/// What a fault does to a socket; `None` of a fault of other kinds.
pub(crate) fn of_socket(fault: &Fault) -> Option<SocketFault> {
    let (effect, Onset { frames, time }) = match &fault.kind {
        FaultKind::SocketClose { code, reason, onset } => {
            (SocketEffect::Close(CloseReason::platform(*code, reason.to_string())), *onset)
        }
        FaultKind::SocketSilence(onset) => (SocketEffect::Silence, *onset),
        _ => return None,
    };
    Some(SocketFault { name: Arc::clone(&fault.name), effect, frames, time })
}

impl Live<'_> {
    /// The refusal of a message that a fault strikes. A fault of sockets strikes the socket, and the message passes.
    pub(super) fn fault_of_message(
        &self,
        config: &Config,
        subject: &Subject,
        action: Option<&str>,
    ) -> Option<TooMany> {
        if config.faults.is_empty() {
            return None;
        }
        let (socket, faults) = (self.socket, &self.platform.faults);
        let mut covering = config.faults_for(None, PatternMethod::WsMessage(action), &socket.path);
        let fault = covering.find(|fault| faults.strikes(fault, subject, socket.tenant_index(), self.now))?;
        if let FaultKind::Refuse(name) = &fault.kind {
            let rule = config.rules().find(|rule| rule.name == *name)?;
            let decision = refused_by(rule, self.now);
            self.note_refusal(&decision, action, |details| details.fault = Some(Arc::clone(&fault.name)));
            return Some(TooMany::of(rule, decision.retry_after.unwrap_or(1)));
        }
        if let Some(fault) = of_socket(fault) {
            // The first fault of a socket stays.
            let _ = socket.fault.set(fault);
        }
        None
    }
}

/// Watches for the moment at which the fault of a socket sets in.
#[derive(Default)]
pub(super) struct Watch {
    /// Text frames that were sent.
    sent: u64,
    /// The frames that were sent when the fault struck, and the end of its time.
    since: Option<(u64, Option<Pin<Box<Sleep>>>)>,
    has_set_in: bool,
}

impl Watch {
    /// Notes that a text frame is sent.
    pub(super) const fn sends(&mut self) {
        self.sent += 1;
    }

    /// The fault of `socket`, at the moment at which it sets in.
    pub(super) fn sets_in<'s>(&mut self, socket: &'s Socket) -> Option<&'s SocketFault> {
        let fault =
            socket.fault.get().filter(|fault| fault.effect != SocketEffect::Mark && !self.has_set_in)?;
        let sent = self.sent;
        let (from, time) =
            self.since.get_or_insert_with(|| (sent, fault.time.map(|time| Box::pin(sleep(time)))));
        let by_frames = fault.frames.is_some_and(|frames| sent - *from >= u64::from(frames));
        let by_time = time.as_ref().is_some_and(|time| time.is_elapsed());
        self.has_set_in = by_frames || by_time || fault.is_at_once();
        self.has_set_in.then_some(fault)
    }

    /// Waits until the time of the fault is over.
    pub(super) async fn due(&mut self) {
        match &mut self.since {
            Some((_, Some(time))) if !time.is_elapsed() => time.as_mut().await,
            _ => std::future::pending().await,
        }
    }
}
