//! The signals that end a command: SIGTERM and SIGINT, or their counterparts on Windows.

use std::io;

/// The kind of an ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// End this process.
    Terminate,
    /// The terminal's Ctrl-C, which its other processes receive as well.
    Interrupt,
}

#[cfg(unix)]
mod system {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Ending, io};

    /// Listened to from before the first connection on.
    pub(crate) struct Endings {
        terminate: Signal,
        interrupt: Signal,
    }

    impl Endings {
        pub(crate) fn listen() -> io::Result<Self> {
            let (terminate, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
            Ok(Self { terminate: signal(terminate)?, interrupt: signal(interrupt)? })
        }

        pub(crate) async fn next(&mut self) -> Ending {
            tokio::select! {
                _ = self.terminate.recv() => Ending::Terminate,
                _ = self.interrupt.recv() => Ending::Interrupt,
            }
        }
    }
}

#[cfg(windows)]
mod system {
    use tokio::signal::windows::{
        CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown,
    };

    use super::{Ending, io};

    /// Listened to from before the first connection on.
    pub(crate) struct Endings {
        stop: CtrlBreak,
        close: CtrlClose,
        shutdown: CtrlShutdown,
        interrupt: CtrlC,
    }

    impl Endings {
        pub(crate) fn listen() -> io::Result<Self> {
            Ok(Self {
                stop: ctrl_break()?,
                close: ctrl_close()?,
                shutdown: ctrl_shutdown()?,
                interrupt: ctrl_c()?,
            })
        }

        pub(crate) async fn next(&mut self) -> Ending {
            tokio::select! {
                _ = self.stop.recv() => Ending::Terminate,
                _ = self.close.recv() => Ending::Terminate,
                _ = self.shutdown.recv() => Ending::Terminate,
                _ = self.interrupt.recv() => Ending::Interrupt,
            }
        }
    }
}

pub(super) use system::Endings;
