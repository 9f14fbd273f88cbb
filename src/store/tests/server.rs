//! A store of a test's own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::store::calls::Calls;
use crate::store::{Link, Options};

/// A store of this test's own. Ended when dropped.
pub(super) struct Server {
    process: Child,
    folder: PathBuf,
    address: String,
}

impl Server {
    pub(super) fn start() -> Option<Self> {
        let (mut server, socket) = Self::run(&["--port", "0"])?;
        server.address = format!("redis+unix://{}", socket.display());
        Some(server)
    }

    /// A cluster of one node.
    pub(super) fn start_cluster() -> Option<Self> {
        let port = port_with_bus().to_string();
        let (mut server, socket) =
            Self::run(&["--port", &port, "--bind", "127.0.0.1", "--cluster-enabled", "yes"])?;
        let client = redis::Client::open(format!("redis+unix://{}", socket.display())).expect("an address");
        let mut connection = client.get_connection().expect("it answers");
        let slots: Vec<u16> = (0..16384).collect();
        redis::cmd("CLUSTER").arg("ADDSLOTS").arg(slots).exec(&mut connection).expect("it takes the slots");
        let mut info =
            || redis::cmd("CLUSTER").arg("INFO").query::<String>(&mut connection).expect("it answers");
        while !info().contains("cluster_state:ok") {
            sleep(Duration::from_millis(10));
        }
        server.address = format!("redis+cluster://127.0.0.1:{port}");
        Some(server)
    }

    #[expect(clippy::print_stderr, reason = "whoever runs the tests should see it")]
    fn run(arguments: &[&str]) -> Option<(Self, PathBuf)> {
        let named = std::env::var("GCMOCK_TEST_STORE").ok().filter(|name| !name.is_empty());
        let runs = |name: &String| {
            let asked = Command::new(name).arg("--version").stdout(Stdio::null()).status();
            asked.is_ok_and(|status| status.success())
        };
        // Where a store is named, no test may pass without it.
        assert!(named.as_ref().is_none_or(runs), "GCMOCK_TEST_STORE names {named:?}, which does not run");
        let programs = named.into_iter().chain(["valkey-server", "redis-server"].map(str::to_owned));
        let Some(program) = programs.into_iter().find(runs) else {
            eprintln!("not run: there is no redis-server on this machine");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("gcmock-store-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).expect("a folder of its own");
        let socket = folder.join("socket");
        let process = Command::new(program)
            .args(arguments)
            .args(["--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .current_dir(&folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("the store starts");
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            sleep(Duration::from_millis(10));
        }
        Some((Self { process, folder, address: String::new() }, socket))
    }

    pub(super) fn options(&self) -> Options {
        Options::new(self.address.clone(), Duration::from_secs(5), true)
    }

    pub(super) async fn connect(&self) -> Calls {
        Link::new(&self.options()).expect("the address is right").connect().await.expect("it connects").calls
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A free port. The nodes of a cluster use the one 10,000 above too.
fn port_with_bus() -> u16 {
    let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let mut ports = std::iter::repeat_with(|| fastrand::u16(20_000..40_000));
    ports.find(|port| free(*port) && free(port + 10_000)).expect("a free port")
}
