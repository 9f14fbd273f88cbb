//! The checks of an operation that is written by hand: its answer, its pages, and the life of what it creates.

use serde_json::{Value, json};

use crate::address::{Address, Origin};
use crate::client::{Answer, Body, Client, Request};
use crate::fault::{Fault, sent};
use crate::insight;
use crate::makers::{AGED, ANNOUNCED};
use crate::places::Places;
use crate::spec::{Documented, Operation};
use crate::validate;

/// The checks of one operation.
pub(crate) struct Checked<'a> {
    pub(crate) client: &'a Client,
    pub(crate) places: &'a Places,
    pub(crate) operation: &'a Operation,
    pub(crate) faults: Vec<Fault>,
    /// How many checks were made.
    pub(crate) tried: usize,
}

impl<'a> Checked<'a> {
    pub(crate) const fn new(client: &'a Client, places: &'a Places, operation: &'a Operation) -> Self {
        Self { client, places, operation, faults: Vec::new(), tried: 0 }
    }

    /// Notes a fault unless `holds`.
    pub(crate) fn expect(&mut self, holds: bool, what: impl Into<String>, sent: &str, answer: &Answer) {
        self.tried += 1;
        if !holds {
            self.faults.push(Fault::new(self.operation, what, sent, answer));
        }
    }

    /// The address that the operation is tried at: of new entities where it changes something.
    pub(crate) async fn address(&self) -> Address {
        let name = self.operation.name();
        let is_aged = AGED.iter().chain(insight::AGED).any(|of| *of == name);
        if is_aged || matches!(&*self.operation.method, "GET" | "HEAD") {
            return self.places.shared(self.operation.path);
        }
        self.places.fresh(self.client, self.operation.path).await
    }

    /// A plain request: the documented status, and a body as the schema has it. Returns the body that it accepted.
    pub(crate) async fn answers(&mut self, address: &Address) -> Option<(Answer, Option<Value>)> {
        let path = address.path();
        self.places.prepare(self.client, self.operation, address).await;
        let (answer, body) = self.places.attempt(self.client, self.operation, &path).await;
        let request = sent(&format!("{path}{}", self.places.query(self.operation)), body.as_ref());
        if !answer.is_success() {
            let code = answer.json["code"].as_str().unwrap_or_default();
            let invented = address.parameters.iter().any(|(_, origin)| *origin == Origin::Invented);
            let known = invented && answer.status == 404;
            self.expect(known, format!("answers {} {code}", answer.status), &request, &answer);
            return None;
        }
        self.compare(&answer, &request);
        Some((answer, body))
    }

    /// Compares an answer with what is documented.
    pub(crate) fn compare(&mut self, answer: &Answer, request: &str) {
        let name = self.operation.name();
        if ANNOUNCED.contains(&(&name, answer.status)) {
            return;
        }
        let schema = match self.operation.answer(answer.status) {
            Documented::NoSuchStatus => {
                let what = format!("answers {}, undocumented", answer.status);
                return self.expect(false, what, request, answer);
            }
            Documented::Nothing => {
                let what = "has a body where none is documented";
                return self.expect(answer.text.is_empty(), what, request, answer);
            }
            Documented::Body(schema) => schema,
        };
        let faults = validate::faults(self.places.document, schema, &answer.json);
        self.tried += 1;
        for fault in faults {
            self.expect(false, fault, request, answer);
        }
    }

    /// A listing with pages of one entity.
    pub(crate) async fn pages(&mut self, address: &Address) {
        if self.operation.method != "GET" || self.operation.query("pageNumber").is_none() {
            return;
        }
        let joint = self.places.query(self.operation);
        let joint = if joint.is_empty() { "?".to_owned() } else { format!("{joint}&") };
        let page = |size: &str| format!("{}{joint}pageSize={size}&pageNumber=1", address.path());
        let answer = self.client.get(&page("1")).await;
        if answer.status != 200 {
            return self.expect(
                false,
                format!("a page of one answers {}", answer.status),
                &page("1"),
                &answer,
            );
        }
        self.compare(&answer, &page("1"));
        let count = |name: &str| answer.json[name].as_array().map_or(0, Vec::len);
        self.expect(count("entities") <= 1, "a page of one has more", &page("1"), &answer);
        for name in ["pageSize", "pageNumber"] {
            let fits = answer.json.get(name).is_none_or(|number| *number == json!(1));
            self.expect(fits, format!("a page of one has another {name}"), &page("1"), &answer);
        }
        for size in ["0", "-1", "abc"] {
            let refused = self.client.get(&page(size)).await;
            self.refusal(&refused, 400, &format!("pageSize={size}"), &page(size));
        }
    }

    /// Compares a refusal with the status that it should have, and with the vendor's error.
    pub(crate) fn refusal(&mut self, answer: &Answer, status: u16, case: &str, request: &str) {
        let right = answer.status == status;
        self.expect(right, format!("{case} answers {}, not {status}", answer.status), request, answer);
        if !right || self.operation.method == "HEAD" {
            return;
        }
        let error = self.places.document.find("GET", "/api/v2/users/me").expect("it is documented");
        let schema = &error.error_body;
        let mut body = answer.json.clone();
        // What RFC 7644 adds for clients of SCIM. The document has it in the schema of a 409 alone.
        if let Some(body) = body.as_object_mut().filter(|_| self.operation.path.contains("/scim/")) {
            body.retain(|name, _| !["schemas", "scimType", "detail"].contains(&name.as_str()));
        }
        let faults = schema.map(|schema| validate::faults(self.places.document, schema, &body));
        let texts = ["message", "code", "contextId"].iter().all(|name| answer.json[*name].is_string());
        let valid = texts && answer.json["status"] == status && faults.is_none_or(|faults| faults.is_empty());
        self.expect(valid, format!("{case} has not the form of an error"), request, answer);
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.client.send(Request { method, path: path.to_owned(), body: Body::from(body) }).await
    }
}
