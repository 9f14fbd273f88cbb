//! One running server: its listeners and the tasks beside them, from start to drained.

pub mod mock_server;
pub mod router;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use self::router::Surface;
use crate::admin;
use crate::platform::Platform;
use crate::platform::agenda;
use crate::rules;
use crate::server;

/// What the admin listener has left once the others have ended.
const ADMIN_GRACE: Duration = Duration::from_millis(20);
/// How often a part of the idle buckets is swept.
const SWEEP: Duration = Duration::from_millis(250);

/// The sockets of a server, bound and not yet served.
pub struct Listeners {
    /// The emulated platform, in clear text; not without [`Self::tls`].
    pub main: Option<TcpListener>,
    /// The emulated platform over TLS.
    pub tls: Option<(TcpListener, TlsAcceptor)>,
    /// The admin API, if it has an address of its own.
    pub admin: Option<TcpListener>,
}

/// A running server.
pub struct Instance {
    platform: Arc<Platform>,
    tasks: JoinSet<()>,
    /// The admin listener, where it is one of its own: it tells until the last that the others drain.
    admin: JoinSet<()>,
    admin_stop: CancellationToken,
    /// The address of the emulated platform in clear text.
    pub http: Option<SocketAddr>,
    /// The address of the emulated platform over TLS.
    pub https: Option<SocketAddr>,
    /// The address of the admin API.
    pub admin_address: SocketAddr,
}

impl Instance {
    /// Serves `app` on `listeners`; the admin API asks for `token`, if there is one.
    ///
    /// # Errors
    /// When a listener has no address.
    pub fn start(
        platform: Arc<Platform>,
        listeners: Listeners,
        token: Option<String>,
    ) -> std::io::Result<Self> {
        let http = listeners.main.as_ref().map(TcpListener::local_addr).transpose()?;
        let https = listeners.tls.as_ref().map(|(listener, _)| listener.local_addr()).transpose()?;
        let (mut tasks, mut admin, admin_stop) = (JoinSet::new(), JoinSet::new(), CancellationToken::new());
        let full = admin::router(Arc::clone(&platform), token);
        let mut admin_address = http.or(https).ok_or(std::io::ErrorKind::InvalidInput)?;
        let beside_platform = match listeners.admin {
            None => full,
            Some(listener) => {
                admin_address = listener.local_addr()?;
                let surface = Arc::new(Surface::admin_only(Arc::clone(&platform), full));
                let wire = server::Options { grace: ADMIN_GRACE, ..platform.options.wire };
                admin.spawn(server::serve(listener, surface, admin_stop.clone(), wire));
                admin::open_router(Arc::clone(&platform))
            }
        };
        let surface = Arc::new(Surface::platform(Arc::clone(&platform), beside_platform));
        if let Some(listener) = listeners.main {
            tasks.spawn(server::serve(
                listener,
                Arc::clone(&surface),
                platform.stop.clone(),
                platform.options.wire,
            ));
        }
        if let Some((listener, tls)) = listeners.tls {
            tasks.spawn(server::serve_tls(
                listener,
                surface,
                platform.stop.clone(),
                platform.options.wire,
                tls,
            ));
        }
        tasks.spawn(rules::watch(Arc::clone(&platform.config), platform.stop.clone()));
        tasks.spawn(sweep(Arc::clone(&platform)));
        tasks.spawn(agenda::run(Arc::clone(&platform)));
        let swept = Arc::downgrade(&platform);
        platform.config.on_change(move |old, new| {
            if let Some(platform) = swept.upgrade() {
                platform.change_rules(old, new);
            }
        });
        Ok(Self { platform, tasks, admin, admin_stop, http, https, admin_address })
    }

    /// The base URL of the emulated platform; in clear text where it has both.
    pub fn uri(&self) -> String {
        match (self.http, self.https) {
            (None, Some(https)) => format!("https://{https}"),
            (http, _) => format!("http://{}", http.unwrap_or(self.admin_address)),
        }
    }

    /// Everything the server shares.
    pub fn platform(&self) -> &Arc<Platform> {
        &self.platform
    }

    /// Stops accepting, answers what is in flight, and returns when all of it has ended.
    pub async fn drain(mut self) {
        self.platform.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.admin_stop.cancel();
        while self.admin.join_next().await.is_some() {}
    }
}

async fn sweep(platform: Arc<Platform>) {
    let mut tick = tokio::time::interval(SWEEP);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !platform.stop.is_cancelled() {
        tokio::select! {
            () = platform.stop.cancelled() => return,
            _ = tick.tick() => platform.sweep(),
        }
    }
}
