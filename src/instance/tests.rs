//! A bug in a handler: the client gets an answer, the log gets one line, and the next request is served.

use std::io::{self, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Assembly, Instance, Listeners, Options};
use crate::api::call::Call;
use crate::api::route::{Route, Routes};
use crate::catalog::Document;
use crate::rules::{Layer, LiveConfig, Source};
use crate::time::clock::Clock;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::{panics, server};

/// Collects the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("whole").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn listen() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).init();
        panics::log();
        log
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("whole").clone()).expect("UTF-8")
    }
}

fn broken(_: &Call<'_>) -> Result<Reply, ApiError> {
    panic!("two and two are five")
}

fn working(_: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&json!({}))
}

/// Starts a server with two operations: one panics, one works.
fn serve() -> Instance {
    let limits = Layer::Text(Source { name: "none.toml".to_owned(), text: String::new() });
    let routes = Routes::new(
        vec![Route::get("/api/v2/broken", broken), Route::get("/api/v2/working", working)],
        Document::default(),
    );
    let config = LiveConfig::new(vec![limits], Arc::clone(&routes.catalog) as _).expect("no limits");
    let assembly = Assembly::new(routes, Arc::new(config), Clock::system(), Options::default());
    let main = server::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let listeners = Listeners { main: Some(main), tls: None, admin: None };
    Instance::start(&assembly.expect("it is put together"), listeners, None).expect("it starts")
}

#[test]
fn a_handler_that_panics_is_one_answer_and_one_line_of_the_log() {
    let this = std::env::current_exe().expect("this program");
    let arguments = ["instance::tests::in_a_process_of_its_own", "--exact", "--ignored"];
    let output = Command::new(this).args(arguments).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "the hook of panics and the log belong to a process: the test above starts one"]
async fn in_a_process_of_its_own() {
    let log = Log::listen();
    let instance = serve();
    let client = reqwest::Client::new();
    let ask = |path: &str| client.get(format!("{}{path}", instance.uri())).bearer_auth("s3cret").send();
    let answer = ask("/api/v2/broken").await.expect("an answer");
    assert_eq!(answer.status(), 500);
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!((&body["status"], &body["code"]), (&json!(500), &json!("internal.server.error")), "{body}");
    assert!(!body.to_string().contains("five"), "the client must not see the message: {body}");
    let said = log.text();
    assert_eq!(said.lines().count(), 1, "{said}");
    for part in ["ERROR", "two and two are five", "src/instance/tests.rs", "/api/v2/broken"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("s3cret"), "{said}");
    assert_eq!(ask("/api/v2/working").await.expect("an answer").status(), 200, "the connection lives on");
    instance.drain().await;
}
