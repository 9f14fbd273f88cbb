//! Metrics and traces that leave the server, at a real receiver of OTLP.

mod receiver;

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;

use self::receiver::Receiver;
use crate::server::{Server, ended, gcmock, limits};

const PARENT: &str = "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

/// A server that sends to `url`, soon after each request.
fn serve(url: &str, more: &[&str], variables: &[(&str, &str)]) -> Server {
    let mut command = gcmock();
    command.args(["--listen", "127.0.0.1:0", "--otlp", url]).args(more);
    command.env("OTEL_BSP_SCHEDULE_DELAY", "50").env("OTEL_METRIC_EXPORT_INTERVAL", "100");
    Server::of(command.envs(variables.iter().copied()))
}

/// Attributes as text.
fn texts(attributes: &[KeyValue]) -> BTreeMap<&str, String> {
    let text = |value: &Option<AnyValue>| match value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|pair| (pair.key.as_str(), text(&pair.value))).collect()
}

/// The values of a counter or a gauge, by their labels.
fn numbers(metric: &Metric) -> BTreeMap<String, i64> {
    let points = match &metric.data {
        Some(Data::Sum(sum)) => &sum.data_points,
        Some(Data::Gauge(gauge)) => &gauge.data_points,
        other => panic!("{other:?}"),
    };
    let number = |value| match value {
        Some(number_data_point::Value::AsInt(number)) => number,
        other => panic!("{other:?}"),
    };
    let labels = |attributes| texts(attributes).into_values().collect::<Vec<_>>().join(" ");
    points.iter().map(|point| (labels(&point.attributes), number(point.value))).collect()
}

fn of_status<'s>(spans: &'s [Span], status: &str) -> &'s Span {
    let has = |span: &&Span| {
        texts(&span.attributes).get("http.response.status_code").is_some_and(|of| of == status)
    };
    spans.iter().find(has).expect("a span with this status")
}

#[test]
fn a_request_is_a_span_below_that_of_its_client() {
    let receiver = Receiver::start();
    let variables = [("OTEL_SERVICE_NAME", "rehearsal"), ("OTEL_RESOURCE_ATTRIBUTES", "team=blue")];
    let server = serve(&receiver.url, &["--limits-toml", &limits("one", 1)], &variables);
    let sampled = format!("{PARENT}-01");
    let headers = ["Authorization: Bearer hush-hush", sampled.as_str(), "Tracestate: a=b"];
    let first = server.ask("GET", "/api/v2/users/me?x=secret", &headers, "");
    let second = server.ask("GET", "/api/v2/users/me", &headers[..1], "");
    assert_eq!((first.status, second.status), (200, 429));
    let spans = receiver.spans(2);
    let (admitted, refused) = (of_status(&spans, "200"), of_status(&spans, "429"));
    assert_eq!(admitted.name, "GET /api/v2/users/me");
    assert_eq!(admitted.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes());
    assert_eq!(admitted.parent_span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
    assert_eq!(admitted.trace_state, "a=b");
    assert!(admitted.start_time_unix_nano <= admitted.end_time_unix_nano);
    assert!(refused.parent_span_id.is_empty());
    let shown = texts(&refused.attributes);
    assert_eq!(shown["http.request.method"], "GET");
    assert_eq!(shown["http.route"], "/api/v2/users/me");
    assert_eq!(shown["gcmock.limit"], "one");
    assert_eq!(shown["gcmock.organization.id"].len(), 36);
    assert!(second.head.to_lowercase().contains(&shown["gcmock.correlation.id"]), "{shown:?}");
    assert!(shown["gcmock.retry_after"].parse::<u32>().is_ok_and(|seconds| seconds <= 180), "{shown:?}");
    assert!(!texts(&admitted.attributes).contains_key("gcmock.limit"));
    let of = receiver.resource();
    let of = texts(&of);
    assert_eq!((of["service.name"].as_str(), of["team"].as_str()), ("rehearsal", "blue"));
    assert!(!receiver.has_heard("hush-hush") && !receiver.has_heard("secret"));
}

#[test]
fn the_metrics_are_those_of_the_page_for_prometheus() {
    let receiver = Receiver::start();
    let server =
        serve(&receiver.url, &["--limits-toml", &limits("one", 1)], &[("OTEL_TRACES_EXPORTER", "none")]);
    assert_eq!([server.asks_users_me(), server.asks_users_me(), server.asks_users_me()], [200, 429, 429]);
    let refused = |metrics: &BTreeMap<String, Metric>| {
        numbers(&metrics["gcmock_limit_over_limit"]).values().sum::<i64>() == 2
    };
    let metrics = receiver.metrics(refused);
    let requests = numbers(&metrics["gcmock_requests"]);
    assert_eq!((requests["429 GET /api/v2/users/me"], requests["2xx GET /api/v2/users/me"]), (2, 1));
    let page = server.ask("GET", "/metrics", &[], "").body;
    let names = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let of_otlp =
        |name: &str| if name == "gcmock_build" { "gcmock_build_info".to_owned() } else { name.to_owned() };
    let missing: Vec<_> = names.map(of_otlp).filter(|name| !metrics.contains_key(name)).collect();
    assert_eq!(missing, Vec::<String>::new());
    let Some(Data::Histogram(durations)) = &metrics["gcmock_request_duration_seconds"].data else {
        panic!("a histogram");
    };
    let throttled = durations.data_points.iter().find(|point| texts(&point.attributes)["class"] == "429");
    let throttled = throttled.expect("its class");
    assert_eq!((throttled.count, throttled.bucket_counts.iter().sum::<u64>()), (2, 2));
    assert_eq!(throttled.bucket_counts.len(), throttled.explicit_bounds.len() + 1);
    server.ask("POST", "/__admin/reset", &[], "");
    let reset =
        receiver.metrics(|metrics| numbers(&metrics["gcmock_limit_over_limit"]).values().all(|n| *n == 0));
    let start = |metric: &Metric| match &metric.data {
        Some(Data::Sum(sum)) => sum.data_points[0].start_time_unix_nano,
        other => panic!("{other:?}"),
    };
    let [before, after] = [&metrics, &reset].map(|of| start(&of["gcmock_limit_over_limit"]));
    assert!(before < after, "a counter that has fallen has another start");
    drop(server);
    assert_eq!(receiver.spans(0).len(), 0, "traces are switched off");
}

#[test]
fn the_sampler_is_that_of_the_environment_and_of_the_parent() {
    let receiver = Receiver::start();
    let server = serve(&receiver.url, &[], &[("OTEL_TRACES_SAMPLER", "parentbased_always_off")]);
    for flags in ["00", "01"] {
        let parent = format!("{PARENT}-{flags}");
        assert_eq!(
            server.ask("GET", "/api/v2/users", &["Authorization: Bearer any", &parent], "").status,
            200
        );
    }
    server.asks_users_me();
    server.terminate();
    let names: Vec<_> = receiver.spans(1).into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["GET /api/v2/users"]);
}

#[test]
fn the_last_requests_are_sent_at_the_end() {
    let receiver = Receiver::start();
    let server = serve(
        &receiver.url,
        &[],
        &[("OTEL_BSP_SCHEDULE_DELAY", "600000"), ("OTEL_METRIC_EXPORT_INTERVAL", "600000")],
    );
    assert_eq!(server.asks_users_me(), 200);
    let (status, _, told) = server.terminate();
    assert!(status.success());
    assert!(!told.contains("--otlp"), "{told}");
    assert_eq!(receiver.spans(1).len(), 1);
    let metrics = receiver.metrics(|_| true);
    assert_eq!(numbers(&metrics["gcmock_requests"])["2xx GET /api/v2/users/me"], 1);
}

#[test]
fn a_collector_that_comes_back_gets_what_has_waited() {
    let receiver = Receiver::start();
    let address = receiver.stop();
    let server = serve(&format!("http://{address}"), &[], &[]);
    assert_eq!([server.asks_users_me(), server.asks_users_me()], [200, 200]);
    server.tells("the collector does not take what is sent");
    let receiver = Receiver::at(&address);
    assert_eq!(receiver.spans(2).len(), 2);
    server.tells("the collector takes metrics and traces again");
    let (_, _, told) = server.terminate();
    assert_eq!(told.matches("--otlp").count(), 2, "{told}");
}

#[test]
fn a_collector_that_never_answers_delays_no_request_and_not_the_end() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("bound"));
    let server = serve(&url, &[], &[("OTEL_BSP_MAX_QUEUE_SIZE", "2")]);
    for _ in 0..5 {
        assert_eq!(server.asks_users_me(), 200);
    }
    let (status, _, told) = server.terminate();
    assert!(status.success());
    assert!(told.contains("spans did not reach the collector"), "{told}");
}

#[test]
fn a_wrong_endpoint_is_told_before_the_server_starts() {
    for (arguments, variable, told) in [
        (
            &["--otlp", "http://example.com:4318"][..],
            None,
            "--otlp http://example.com:4318: gcmock sends to this machine and",
        ),
        (&[], Some("http://example.com"), "OTEL_EXPORTER_OTLP_ENDPOINT http://example.com: gcmock sends to"),
        (
            &["--listen", "0.0.0.0:0", "--otlp", "http://127.0.0.1:4318"],
            None,
            "with --webhook-host 127.0.0.1 only",
        ),
    ] {
        let mut command = gcmock();
        command.args(arguments).envs(variable.map(|url| ("OTEL_EXPORTER_OTLP_ENDPOINT", url)));
        let output = ended(&mut command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(told), "{said}");
    }
}
