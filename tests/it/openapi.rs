//! The `OpenAPI` document of the admin API, and the answers that it promises.

use std::collections::BTreeSet;

use boon::{Compiler, Schemas};
use gcmock::MockServer;
use http::Method;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

const LIMITS: &str = r#"
[[limit]]
name = "a"
namespace = "n"
key = "k"
scope = ["tenant", "client"]
match = ["GET /api/v2/users/me"]
algorithm = "fixed-window"
capacity = 1
period = "60s"

[[limit]]
name = "b"
namespace = "n"
key = "l"
scope = []
match = ["POST /api/v2/users"]
algorithm = "token-bucket"
capacity = 10
refill = 1
period = "1s"
cost = { query = "pageSize", default = 2 }
grant = ["pasted"]
retry_after = "3s"
lockout = "1s"
"#;

async fn mock() -> MockServer {
    MockServer::builder().limits_toml(LIMITS).start().await.expect("a port is free")
}

/// The status, the media type and the body of an answer.
type Told = (u16, String, Value);

async fn ask(mock: &MockServer, method: &str, path: &str, body: &Value) -> Told {
    let method: Method = method.parse().expect("a method");
    let client = reqwest::Client::new();
    let mut request = client.request(method, format!("{}{path}", mock.uri())).bearer_auth("pasted-token");
    if !body.is_null() {
        request = request.json(body);
    }
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let media_type = response.headers().get("content-type").map(|of| of.to_str().expect("text").to_owned());
    let text = response.text().await.expect("a body");
    let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
    let body = if media_type == "application/json" { text.parse().expect("JSON") } else { Value::from(text) };
    (status, media_type, body)
}

async fn document(mock: &MockServer) -> Value {
    ask(mock, "GET", "/__admin/openapi.json", &Value::Null).await.2
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

#[tokio::test]
async fn the_document_describes_exactly_the_routes_of_the_index() {
    let mock = mock().await;
    let (_, _, index) = ask(&mock, "GET", "/__admin", &Value::Null).await;
    let document = document(&mock).await;
    let routes = index["routes"].as_array().expect("a list").iter();
    let listed: BTreeSet<_> =
        routes.map(|route| (text(&route["method"]), text(&route["path"]), text(&route["does"]))).collect();
    let described: BTreeSet<_> = operations(&document)
        .map(|(method, path, of)| (method.to_ascii_uppercase(), path.clone(), text(&of["summary"])))
        .collect();
    assert_eq!(described, listed);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    // Descriptions are the comments of the types.
    let texts = ".components.schemas.**.description";
    assert_json_snapshot!(document, { ".info.version" => "[version]", texts => "[text]" });
}

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let paths = document["paths"].as_object().expect("an object").iter();
    paths.flat_map(|(path, methods)| {
        methods.as_object().expect("an object").iter().map(move |(method, of)| (method, path, of))
    })
}

/// Schemas that others are made of: by themselves they do not have every property.
const PARTS: [&str; 2] = ["ErrorBody", "Location"];

/// The document, in which no object has a property that its schema does not name.
fn strict(mut document: Value) -> Value {
    let schemas = document["components"]["schemas"].as_object_mut().expect("an object");
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| !PARTS.contains(&name.as_str())) {
        let schema = schema.as_object_mut().expect("an object");
        if schema.contains_key("properties") || schema.contains_key("allOf") {
            schema.insert("unevaluatedProperties".to_owned(), json!(false));
        }
    }
    document
}

/// The errors of `value` by the schema that stands at `pointer` of the document.
fn mistakes(document: &Value, pointer: &str, value: &Value) -> Option<String> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("openapi.json", document.clone()).expect("a document");
    let index = compiler.compile(&format!("openapi.json#{pointer}"), &mut schemas).expect("a schema");
    schemas.validate(value, index).err().map(|error| format!("{error:#}"))
}

/// The pointer to the schema of a body of this operation: an answer's for a status, else the request's.
fn pointer(document: &Value, method: &str, path: &str, status: Option<u16>, media_type: &str) -> String {
    let escaped = |text: &str| text.replace('~', "~0").replace('/', "~1");
    let operation = format!("/paths/{}/{}", escaped(path), method.to_ascii_lowercase());
    let body = match status {
        Some(status) => format!("{operation}/responses/{status}"),
        None => format!("{operation}/requestBody"),
    };
    let found = document.pointer(&body).unwrap_or_else(|| panic!("{method} {path} documents no {status:?}"));
    let body = found.get("$ref").map_or(body, |to| text(to).trim_start_matches('#').to_owned());
    let schema = format!("{body}/content/{}/schema", escaped(media_type));
    assert!(document.pointer(&schema).is_some(), "{method} {path} documents no {media_type} of {status:?}");
    schema
}

/// A request, its path in the document, and the status of its answer.
struct Case(&'static str, &'static str, &'static str, Value, u16);

/// The route of each operation, asked so that its answer has something in it.
#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let none = Value::Null;
    let mut cases = cases_of_files();
    cases.extend([
        Case("GET", "/", "/", none.clone(), 200),
        Case("GET", "/__admin", "/__admin", none.clone(), 200),
        Case("GET", "/__admin/health", "/__admin/health", none.clone(), 200),
        Case("GET", "/__admin/ready", "/__admin/ready", none.clone(), 200),
        Case("GET", "/__admin/limits", "/__admin/limits", none.clone(), 200),
        Case("GET", "/__admin/limits/{name}/buckets", "/__admin/limits/a/buckets", none.clone(), 200),
        Case("GET", "/__admin/limits/{name}/buckets", "/__admin/limits/none/buckets", none.clone(), 404),
        Case("DELETE", "/__admin/limits/{name}/buckets", "/__admin/limits/a/buckets", none.clone(), 204),
        Case("DELETE", "/__admin/limits/{name}/buckets/{id}", "/__admin/limits/a/buckets/none", none.clone(), 404),
        Case("GET", "/__admin/clock", "/__admin/clock", none.clone(), 200),
        Case("GET", "/__admin/agents", "/__admin/agents", none.clone(), 200),
        Case("PUT", "/__admin/agents/{id}", "/__admin/agents/agent-1", json!({ "status": "On Break" }), 200),
        Case("PUT", "/__admin/agents/{id}", "/__admin/agents/agent-1", json!({ "status": "Asleep" }), 400),
        Case("GET", "/__admin/ui", "/__admin/ui", none.clone(), 200),
        Case("PATCH", "/__admin/limits/{name}", "/__admin/limits/a", json!({ "capacity": 3 }), 200),
        Case("PATCH", "/__admin/limits/{name}", "/__admin/limits/a", json!({ "capacity": 0 }), 400),
        Case("PATCH", "/__admin/limits/{name}", "/__admin/limits/none", json!({ "capacity": 3 }), 404),
        Case("GET", "/__admin/users", "/__admin/users", none.clone(), 200),
        Case("GET", "/__admin/users", "/__admin/users?tenant=none", none.clone(), 404),
        Case("GET", "/__admin/edges", "/__admin/edges", none.clone(), 200),
        Case("PUT", "/__admin/edges/{id}", "/__admin/edges/EDGE", json!({ "sync_lag": "30s" }), 200),
        Case("GET", "/__admin/skill-groups", "/__admin/skill-groups", none.clone(), 200),
        Case("PUT", "/__admin/skill-groups/{id}", "/__admin/skill-groups/GROUP", json!({ "required_staff": 3 }), 200),
        Case("GET", "/__admin/queues", "/__admin/queues", none.clone(), 200),
        Case("POST", "/__admin/tokens", "/__admin/tokens", json!({ "count": 2 }), 200),
        Case("GET", "/__admin/requests", "/__admin/requests", none.clone(), 200),
        Case("POST", "/__admin/requests/count", "/__admin/requests/count", json!({ "status": 429 }), 200),
        Case("GET", "/__admin/tenants", "/__admin/tenants", none.clone(), 200),
        Case("POST", "/__admin/tenants", "/__admin/tenants", json!({ "name": "own" }), 201),
        Case("DELETE", "/__admin/tenants/{id}", "/__admin/tenants/own", none.clone(), 204),
        Case("GET", "/__admin/sockets", "/__admin/sockets", none.clone(), 200),
        Case("DELETE", "/__admin/sockets/{id}", "/__admin/sockets/none", none.clone(), 404),
        Case("POST", "/__admin/events", "/__admin/events", json!({ "topic": "v2.users.me", "eventBody": {} }), 200),
        Case("GET", "/__admin/deliveries", "/__admin/deliveries?state=matched", none.clone(), 200),
        Case("GET", "/__admin/deliveries", "/__admin/deliveries?state=lost", none.clone(), 400),
        Case("DELETE", "/__admin/deliveries", "/__admin/deliveries", none.clone(), 204),
        Case("POST", "/__admin/verify", "/__admin/verify", json!({ "expect": [{ "at_most_refusals": 0 }] }), 200),
        Case("GET", "/__admin/audit", "/__admin/audit", none.clone(), 200),
        Case("GET", "/__admin/nodes", "/__admin/nodes", none.clone(), 200),
        Case("GET", "/__admin/coverage", "/__admin/coverage?family=routing", none.clone(), 200),
        Case("GET", "/__admin/report", "/__admin/report", none.clone(), 200),
        Case("GET", "/__admin/report", "/__admin/report?format=markdown", none.clone(), 200),
        Case("GET", "/__admin/report", "/__admin/report?format=pdf", none.clone(), 400),
        Case("GET", "/__admin/report.json", "/__admin/report.json", none.clone(), 200),
        Case("GET", "/__admin/ca.pem", "/__admin/ca.pem", none.clone(), 200),
        Case("GET", "/__admin/openapi.json", "/__admin/openapi.json", none.clone(), 200),
        Case("GET", "/metrics", "/metrics", none.clone(), 200),
        Case("PUT", "/__admin/limits", "/__admin/limits", json!({ "limit": [{ "name": "a" }] }), 400),
        Case("PUT", "/__admin/limits", "/__admin/limits", json!({}), 200),
        Case("PUT", "/__admin/clock", "/__admin/clock", json!({ "action": "advance", "by": "60s" }), 200),
        Case("DELETE", "/__admin/requests", "/__admin/requests", none.clone(), 204),
        Case("POST", "/__admin/reset", "/__admin/reset", none, 204),
    ]);
    cases
}

/// Those of what a file of the server has too: faults and snapshots.
#[rustfmt::skip]
fn cases_of_files() -> Vec<Case> {
    let none = Value::Null;
    vec![
        Case("PUT", "/__admin/faults/{name}", "/__admin/faults/a", json!({ "edge_down": "*", "between": ["8h", "9h"], "grant": ["pasted"] }), 200),
        Case("PUT", "/__admin/faults/{name}", "/__admin/faults/a", json!({ "share": 2 }), 400),
        Case("GET", "/__admin/faults", "/__admin/faults", none.clone(), 200),
        Case("GET", "/__admin/faults/{name}", "/__admin/faults/a", none.clone(), 200),
        Case("GET", "/__admin/faults/{name}", "/__admin/faults/none", none.clone(), 404),
        Case("DELETE", "/__admin/faults/{name}", "/__admin/faults/a", none.clone(), 204),
        Case("GET", "/__admin/snapshot", "/__admin/snapshot", none.clone(), 200),
        Case("GET", "/__admin/snapshot", "/__admin/snapshot?tenant=none", none.clone(), 404),
        Case("PUT", "/__admin/snapshot", "/__admin/snapshot", json!({ "format": 2 }), 400),
        Case("POST", "/__admin/snapshot", "/__admin/snapshot", none, 409),
    ]
}

/// Names of the first edge and the first skill group.
async fn named(mock: &MockServer, path: &str) -> String {
    let (_, _, edges) = ask(mock, "GET", "/__admin/edges", &Value::Null).await;
    let (_, _, groups) = ask(mock, "GET", "/__admin/skill-groups", &Value::Null).await;
    let path = path.replace("EDGE", &text(&edges["edges"][0]["id"]));
    path.replace("GROUP", &text(&groups["skillGroups"][0]["id"]))
}

#[tokio::test]
async fn every_operation_reads_and_answers_what_the_document_says() {
    let mock = mock().await;
    for _ in 0..2 {
        ask(&mock, "GET", "/api/v2/users/me", &Value::Null).await;
    }
    let trigger = json!({ "name": "t", "enabled": true, "topicName": "v2.users.{id}",
        "target": { "type": "Workflow", "id": "any", "webhook": { "url": "http://127.0.0.1:9/" } } });
    ask(&mock, "POST", "/api/v2/processautomation/triggers", &trigger).await;
    let document = document(&mock).await;
    let strictly = strict(document.clone());
    let mut left: BTreeSet<_> =
        operations(&document).map(|(method, path, _)| format!("{} {path}", method.to_uppercase())).collect();
    for Case(method, template, path, body, expected) in cases() {
        let path = named(&mock, path).await;
        if !body.is_null() && expected < 400 {
            let at = pointer(&document, method, template, None, "application/json");
            assert_eq!(mistakes(&document, &at, &body), None, "the body of {method} {path}");
        }
        let (status, media_type, answer) = ask(&mock, method, &path, &body).await;
        assert_eq!(status, expected, "{method} {path}: {answer}");
        left.remove(&format!("{method} {template}"));
        if status == 204 {
            assert!(document["paths"][template][method.to_ascii_lowercase()]["responses"]["204"].is_object());
            continue;
        }
        let at = pointer(&document, method, template, Some(status), &media_type);
        assert_eq!(mistakes(&strictly, &at, &answer), None, "{method} {path}: {answer}");
    }
    // The feed has no end, so `live_page` tries it.
    left.remove("GET /__admin/feed");
    assert_eq!(left, BTreeSet::new(), "operations that are not tried");
}
