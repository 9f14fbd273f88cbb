//! A running `gcmock`: its output, and requests to it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The time after which a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The binary, without the variables of this process that it would read.
pub(crate) fn gcmock() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gcmock"));
    for (name, _) in std::env::vars_os() {
        if ["GCMOCK_", "OTEL_"].iter().any(|of| name.to_string_lossy().starts_with(of)) {
            command.env_remove(name);
        }
    }
    // Servers that a test kills leave their admin token here.
    command.env("XDG_RUNTIME_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.env_remove("RUST_LOG").env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Creates a file for one test.
pub(crate) fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("a file for the test");
    path
}

/// Creates an empty folder for one test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

/// A limits file that allows `capacity` calls of users/me in three minutes.
pub(crate) fn limits(name: &str, capacity: u32) -> String {
    format!(
        "[[limit]]\nname = \"{name}\"\nnamespace = \"n\"\nkey = \"k\"\nscope = [\"tenant\"]\n\
         match = [\"GET /api/v2/users/me\"]\nalgorithm = \"fixed-window\"\ncapacity = {capacity}\n\
         period = \"3m\"\n"
    )
}

/// A server on a free port; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    stdout: Said,
    stderr: Said,
}

impl Server {
    /// Serves with `arguments` on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::of(gcmock().args(["--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Runs `command`, a server, until it is ready.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        let stderr = Said::listen(child.stderr.take().expect("piped"));
        Self::ready(child, stderr)
    }

    /// Runs a server whose stderr is not read.
    pub(crate) fn unheard(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        drop(child.stderr.take());
        Self::ready(child, Said::listen(std::io::empty()))
    }

    /// Runs `command`, a server with TLS only.
    pub(crate) fn over_tls(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        let stderr = Said::listen(child.stderr.take().expect("piped"));
        Self::ready_at(child, stderr, "gcmock listening on https://")
    }

    fn ready(child: Child, stderr: Said) -> Self {
        Self::ready_at(child, stderr, "gcmock listening on http://")
    }

    fn ready_at(mut child: Child, stderr: Said, line: &str) -> Self {
        let stdout = Said::listen(child.stdout.take().expect("piped"));
        let ready = stdout.wait_for("\n", &stderr);
        let first = ready.lines().next().unwrap_or_default();
        let address = first.strip_prefix(line);
        let address = address.unwrap_or_else(|| panic!("the first line is {first:?}")).to_owned();
        Self { child, address, stdout, stderr }
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn port(&self) -> &str {
        self.address.rsplit(':').next().expect("a port")
    }

    /// The address of its https listener.
    pub(crate) fn https(&self) -> String {
        const LINE: &str = "gcmock listening on https://";
        let said = self.stdout.wait_for(LINE, &self.stderr);
        let address = said.split(LINE).nth(1).and_then(|rest| rest.lines().next());
        address.expect("the rest of the line").to_owned()
    }

    pub(crate) fn stdout(&self) -> String {
        self.stdout.so_far()
    }

    /// Waits for `text` on stderr, and returns all output so far.
    pub(crate) fn tells(&self, text: &str) -> String {
        self.stderr.wait_for(text, &self.stderr)
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Sends SIGTERM. Returns the exit status, stdout and stderr.
    pub(crate) fn terminate(mut self) -> (ExitStatus, String, String) {
        self.signal("TERM");
        let status = wait(&mut self.child);
        (status, self.stdout.all(), self.stderr.all())
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let mut stream = self.connect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        let host = format!("Host: {}", self.address);
        let names_host = headers.iter().any(|header| header.starts_with("Host:"));
        let own: &[&str] = if names_host { &[] } else { &[&host] };
        for header in own.iter().chain(headers) {
            head.push_str(header);
            head.push_str("\r\n");
        }
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).expect("open");
        Answer::read(&mut stream)
    }

    /// `GET /api/v2/users/me` with a pasted token; the status.
    pub(crate) fn asks_users_me(&self) -> u16 {
        self.ask("GET", "/api/v2/users/me", &["Authorization: Bearer any"], "").status
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("listening");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal with the shell's own `kill`.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status();
    assert!(sent.expect("a shell").success());
}

/// Waits for the end of a process, for a bounded time.
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    const LOOK: Duration = Duration::from_millis(10);
    for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        thread::sleep(LOOK);
    }
    panic!("it does not end");
}

/// The exit code and the output of a command that ends by itself.
pub(crate) fn ended(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let process = child.id();
    let (ends, end) = mpsc::channel();
    thread::spawn(move || ends.send(child.wait_with_output()));
    let Ok(output) = end.recv_timeout(PATIENCE) else {
        signal(process, "KILL");
        panic!("it does not end");
    };
    output.expect("it runs")
}

/// A response.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Reads until the server closes.
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }
}

/// Collects the output of a pipe.
struct Said {
    heard: Arc<(Mutex<Heard>, Condvar)>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Heard {
    text: String,
    /// The pipe was closed.
    over: bool,
}

impl Said {
    fn listen(mut pipe: impl Read + Send + 'static) -> Self {
        let heard = Arc::<(Mutex<Heard>, Condvar)>::default();
        let ear = Arc::clone(&heard);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let read = pipe.read(&mut buffer).unwrap_or(0);
                let mut heard = ear.0.lock().expect("no panic");
                heard.text.push_str(&String::from_utf8_lossy(&buffer[..read]));
                heard.over = read == 0;
                ear.1.notify_all();
                if heard.over {
                    break;
                }
            }
        });
        Self { heard, reader: Some(reader) }
    }

    fn so_far(&self) -> String {
        self.heard.0.lock().expect("no panic").text.clone()
    }

    /// Everything, once the other end is closed.
    fn all(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("no panic");
        }
        self.so_far()
    }

    fn wait_for(&self, wanted: &str, otherwise: &Self) -> String {
        let (heard, news) = &*self.heard;
        let lacks = |heard: &mut Heard| !heard.over && !heard.text.contains(wanted);
        let waited =
            news.wait_timeout_while(heard.lock().expect("no panic"), PATIENCE, lacks).expect("no panic");
        let said = waited.0.text.clone();
        drop(waited);
        assert!(said.contains(wanted), "{wanted:?} is not said:\n{said}\n{}", otherwise.so_far());
        said
    }
}
