//! A receiver of OTLP on loopback, which keeps what it gets.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use crate::server::PATIENCE;

#[derive(Default)]
struct Heard {
    bodies: Vec<Vec<u8>>,
    spans: Vec<Span>,
    /// Those of the last export, by name.
    metrics: BTreeMap<String, Metric>,
    resource: Vec<KeyValue>,
    has_ended: bool,
}

pub(super) struct Receiver {
    pub(super) url: String,
    address: String,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    listens: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(super) fn start() -> Self {
        Self::at("127.0.0.1:0")
    }

    /// Listens on an address.
    pub(super) fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("bound").to_string();
        let heard = Arc::<(Mutex<Heard>, Condvar)>::default();
        let ear = Arc::clone(&heard);
        let listens = thread::spawn(move || {
            for stream in listener.incoming() {
                if ear.0.lock().expect("no panic").has_ended {
                    return;
                }
                hear(stream.expect("a connection"), &ear);
            }
        });
        Self { url: format!("http://{address}"), address, heard, listens: Some(listens) }
    }

    /// Stops listening. Returns the address, which is free then.
    pub(super) fn stop(mut self) -> String {
        self.heard.0.lock().expect("no panic").has_ended = true;
        drop(TcpStream::connect(&self.address));
        self.listens.take().expect("it listens").join().expect("no panic");
        self.address
    }

    /// Waits for something, and returns what was found.
    fn wait<T>(&self, mut find: impl FnMut(&Heard) -> Option<T>) -> T {
        let (heard, news) = &*self.heard;
        let mut found = None;
        let lacks = |heard: &mut Heard| {
            found = find(heard);
            found.is_none()
        };
        drop(news.wait_timeout_while(heard.lock().expect("no panic"), PATIENCE, lacks).expect("no panic"));
        found.expect("it is heard in time")
    }

    /// The spans, once there are that many.
    pub(super) fn spans(&self, count: usize) -> Vec<Span> {
        self.wait(|heard| (heard.spans.len() >= count).then(|| heard.spans.clone()))
    }

    /// The metrics of an export that `wanted` accepts.
    pub(super) fn metrics(
        &self,
        wanted: impl Fn(&BTreeMap<String, Metric>) -> bool,
    ) -> BTreeMap<String, Metric> {
        let is_wanted = |metrics: &BTreeMap<_, _>| !metrics.is_empty() && wanted(metrics);
        self.wait(|heard| is_wanted(&heard.metrics).then(|| heard.metrics.clone()))
    }

    /// What the last export was from.
    pub(super) fn resource(&self) -> Vec<KeyValue> {
        self.wait(|heard| Some(heard.resource.clone()))
    }

    /// Whether any body has these bytes.
    pub(super) fn has_heard(&self, text: &str) -> bool {
        let has = |body: &Vec<u8>| body.windows(text.len()).any(|part| part == text.as_bytes());
        self.wait(|heard| Some(heard.bodies.iter().any(has)))
    }
}

fn hear(stream: TcpStream, ear: &(Mutex<Heard>, Condvar)) {
    let mut reader = BufReader::new(stream);
    let Some((path, body)) = request(&mut reader) else { return };
    let mut heard = ear.0.lock().expect("no panic");
    match path.as_str() {
        "/v1/traces" => heard.add_spans(&body),
        "/v1/metrics" => heard.add_metrics(&body),
        other => panic!("{other}"),
    }
    heard.bodies.push(body);
    drop(heard);
    ear.1.notify_all();
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
    let _ = reader.get_mut().write_all(answer.as_bytes());
}

/// The path and the body of a request.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_lowercase();
    assert!(head.starts_with("POST ") && lower.contains("content-type: application/x-protobuf"), "{head}");
    let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    let mut body = vec![0; length.expect("a length")];
    reader.read_exact(&mut body).ok()?;
    Some((head.split(' ').nth(1).expect("a path").to_owned(), body))
}

impl Heard {
    fn add_spans(&mut self, body: &[u8]) {
        let message = ExportTraceServiceRequest::decode(body).expect("a message");
        for of in message.resource_spans {
            self.resource = of.resource.expect("a resource").attributes;
            self.spans.extend(of.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }

    fn add_metrics(&mut self, body: &[u8]) {
        let message = ExportMetricsServiceRequest::decode(body).expect("a message");
        let scopes = message.resource_metrics.into_iter().flat_map(|of| of.scope_metrics);
        let metrics = scopes.flat_map(|scope| scope.metrics);
        self.metrics = metrics.map(|metric| (metric.name.clone(), metric)).collect();
    }
}
