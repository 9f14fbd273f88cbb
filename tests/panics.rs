//! A panic in a handler: the client gets a 500, the log gets one line, and the next request is served.
//!
//! A test program of its own, because the panic hook and the log are global to a process.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use gcmock::api::call::Call;
use gcmock::api::route::{Route, Routes};
use gcmock::instance::{Assembly, Instance, Listeners, Options};
use gcmock::rules::{Layer, LiveConfig, Source};
use gcmock::time::clock::Clock;
use gcmock::wire::error::ApiError;
use gcmock::wire::reply::Reply;
use gcmock::{panics, server};
use serde_json::{Value, json};

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
    let routes =
        Routes::new(vec![Route::get("/api/v2/broken", broken), Route::get("/api/v2/working", working)]);
    let config = LiveConfig::new(vec![limits], Arc::clone(&routes.catalog) as _).expect("no limits");
    let assembly = Assembly::new(routes, Arc::new(config), Clock::system(), Options::default());
    let main = server::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let listeners = Listeners { main: Some(main), tls: None, admin: None };
    Instance::start(&assembly.expect("it is put together"), listeners, None).expect("it starts")
}

#[tokio::test]
async fn a_handler_that_panics_is_one_answer_and_one_line_of_the_log() {
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
    for part in ["ERROR", "two and two are five", "tests/panics.rs", "/api/v2/broken"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("s3cret"), "{said}");
    assert_eq!(ask("/api/v2/working").await.expect("an answer").status(), 200, "the connection lives on");
    instance.drain().await;
}
