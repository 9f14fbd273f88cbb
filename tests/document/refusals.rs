//! What an operation that is written by hand has to refuse.

use serde_json::{Value, json};

use crate::address::{Address, Origin};
use crate::bounds::REVERSED;
use crate::client::{Body, Request};
use crate::fault::sent;
use crate::makers::LOOSE;
use crate::places::NOBODY;
use crate::template::is_same;
use crate::written::Checked;

impl Checked<'_> {
    /// Every refusal that the operation has, with the body that it accepted.
    pub(crate) async fn refuses(&mut self, address: &Address, body: Option<&Value>) {
        self.unknown_ids(address, body).await;
        self.wrong_query(address, body).await;
        self.wrong_method(address).await;
        self.no_token(address).await;
        self.reversed(address, body).await;
        self.of_others(address, body).await;
        if let Some(schema) = self.operation.body {
            self.wrong_text(address).await;
            self.wrong_fields(address, schema, body.unwrap_or(&Value::Null)).await;
            self.wrong_inside(address, schema, body.unwrap_or(&Value::Null)).await;
        }
    }

    /// An id that names nothing is a 404.
    async fn unknown_ids(&mut self, address: &Address, body: Option<&Value>) {
        let query = self.places.query(self.operation);
        for (index, origin) in &address.parameters {
            if *origin != Origin::Stored {
                continue;
            }
            let name = self.operation.path.split('/').nth(*index).unwrap_or_default();
            let path = format!("{}{query}", address.with(*index, NOBODY));
            let answer = self.send(&self.operation.method, &path, body.cloned()).await;
            self.refusal(&answer, 404, &format!("an unknown {name}"), &path);
        }
    }

    /// Query parameters of a wrong type, and words that their enumeration lacks.
    async fn wrong_query(&mut self, address: &Address, body: Option<&Value>) {
        let required = self.places.query(self.operation);
        let joint = if required.is_empty() { "?".to_owned() } else { format!("{required}&") };
        for parameter in self.operation.parameters_in("query") {
            let name = parameter["name"].as_str().unwrap_or_default();
            let listed = parameter.get("enum").or_else(|| parameter["items"].get("enum"));
            let value = match parameter["type"].as_str().unwrap_or_default() {
                _ if listed.is_some() => "NO_SUCH",
                "integer" | "number" => "abc",
                "boolean" => "maybe",
                _ if parameter["format"].is_string() => "soon",
                _ => continue,
            };
            // What a DELETE removed is a 404 before anything is read.
            let address =
                if self.operation.method == "DELETE" { self.address().await } else { address.clone() };
            let path = format!("{}{joint}{name}={value}", address.path());
            let answer = self.send(&self.operation.method, &path, body.cloned()).await;
            self.refusal(&answer, 400, &format!("{name}={value}"), &path);
            if answer.status == 400 {
                self.names(&answer.text, name, &path, &answer);
            }
        }
    }

    /// A method that the path lacks is a 405.
    async fn wrong_method(&mut self, address: &Address) {
        let documented = |method: &str| self.places.document.find(method, self.operation.path).is_some();
        let first = ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().find(|method| documented(method));
        if first != Some(&*self.operation.method) {
            return;
        }
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if !documented(method) {
                let answer = self.send(method, &address.path(), None).await;
                self.refusal(&answer, 405, &format!("{method} in its place"), &address.path());
            }
        }
    }

    async fn no_token(&mut self, address: &Address) {
        let path = format!("{}{}", address.path(), self.places.query(self.operation));
        let request = Request { method: &self.operation.method, path: path.clone(), body: Body::None };
        let answer = self.client.send_as(request, None).await;
        if self.is_public() {
            return;
        }
        self.refusal(&answer, 401, "without a token it", &path);
    }

    /// Operations of guests, and files at an address that is a secret.
    fn is_public(&self) -> bool {
        self.operation.path.starts_with("/api/v2/webmessaging") || self.operation.path.contains("/downloads/")
    }

    /// Bodies that are no JSON, of another media type, or absent.
    async fn wrong_text(&mut self, address: &Address) {
        let cases = [
            ("malformed JSON", Body::Text("application/json", "{\"a\":"), 400),
            ("text/xml", Body::Text("text/xml", "<a/>"), 415),
        ];
        let path = format!("{}{}", address.path(), self.places.query(self.operation));
        for (case, body, status) in cases {
            let request = Request { method: &self.operation.method, path: path.clone(), body };
            let answer = self.client.send(request).await;
            self.refusal(&answer, status, case, &path);
        }
        if self.operation.needs_body {
            let answer = self.send(&self.operation.method, &path, None).await;
            self.refusal(&answer, 400, "no body", &path);
        }
    }

    /// Fields of a wrong type, words that their enumeration lacks, wrong dates, and required fields that are missing.
    async fn wrong_fields(&mut self, address: &Address, schema: &'static Value, body: &Value) {
        let document = self.places.document;
        let path = format!("{}{}", address.path(), self.places.query(self.operation));
        let (Some(properties), Some(body)) = (document.properties(schema), body.as_object()) else { return };
        for (name, property) in properties.iter().filter(|(_, property)| property["readOnly"] != true) {
            let property = document.resolve(property);
            for (case, value) in wrong_values(property) {
                let mut wrong = body.clone();
                wrong.insert(name.clone(), value);
                self.refuses_field(&path, &Value::Object(wrong), name, case).await;
            }
        }
        let required = document.resolve(schema)["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str).filter(|name| properties[*name]["readOnly"] != true) {
            if self.is_loose(name) {
                continue;
            }
            let mut wrong = body.clone();
            if wrong.remove(name).is_some() {
                self.refuses_field(&path, &Value::Object(wrong), name, "missing").await;
            }
        }
    }

    pub(crate) fn is_loose(&self, field: &str) -> bool {
        let operation = self.operation.name();
        LOOSE.iter().any(|(of, fields)| is_same(of, &operation) && fields.contains(&field))
    }

    pub(crate) async fn refuses_field(&mut self, path: &str, body: &Value, name: &str, case: &str) {
        let body = &self.renamed(body, name);
        let answer = self.send(&self.operation.method, path, Some(body.clone())).await;
        let request = sent(path, Some(body));
        self.refusal(&answer, 400, &format!("field {name} {case}"), &request);
        if answer.status == 400 {
            self.names(&answer.text, name, &request, &answer);
        }
    }

    /// The body with another name, so that no duplicate is refused in place of the field.
    fn renamed(&self, body: &Value, field: &str) -> Value {
        let mut body = body.clone();
        for name in ["name", "key", "email", "userName"].into_iter().filter(|name| *name != field) {
            if let Some(text) = body.get_mut(name).filter(|text| text.is_string()) {
                let unique = self.places.generator.unique().replace(' ', "_");
                *text = json!(if matches!(name, "email" | "userName") {
                    format!("{unique}@example.com")
                } else {
                    unique
                });
            }
        }
        if let Some(address) = body.get_mut("toAddress").filter(|_| field != "toAddress") {
            *address = json!(format!("+1317{:07}", self.places.generator.number()));
        }
        body
    }

    fn names(&mut self, text: &str, name: &str, request: &str, answer: &crate::client::Answer) {
        // The vendor's error of a wrong date names no field, and some of its sentences name one in words.
        let plain = |text: &str| text.to_lowercase().replace([' ', '.'], "");
        let fits = plain(text).contains(&plain(name)) || answer.json["code"] == "invalid.date";
        self.expect(fits, format!("the refusal of {name} does not name it"), request, answer);
    }
}

/// Values that a property cannot have: the case, and the value.
pub(crate) fn wrong_values(property: &'static Value) -> Vec<(&'static str, Value)> {
    let mut wrong = Vec::new();
    match property["type"].as_str().unwrap_or("object") {
        "string" if property.get("enum").is_some() => wrong.push(("NO_SUCH_VALUE", json!("NO_SUCH_VALUE"))),
        "string" => wrong.push(("as an object", json!({ "sweep": 1 }))),
        "integer" | "number" | "array" => wrong.push(("as abc", json!("abc"))),
        "boolean" => wrong.push(("as maybe", json!("maybe"))),
        _ if property.get("properties").is_some() => wrong.push(("as abc", json!("abc"))),
        _ => {}
    }
    if matches!(property["format"].as_str(), Some("date-time" | "date" | "interval")) {
        wrong.push(("as soon", json!("soon")));
    }
    if property["format"] == "interval" {
        wrong.push(("reversed", json!(REVERSED)));
    }
    wrong
}
