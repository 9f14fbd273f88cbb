//! Pages beyond the bounds, reversed intervals of queries, and entities of another organization.

use serde_json::Value;

use crate::address::{Address, Origin};
use crate::client::{Body, Request};
use crate::makers::GIVEN;
use crate::written::Checked;

/// An interval whose end is before its start.
pub(crate) const REVERSED: &str = "2026-03-08T00:00:00.000Z/2026-03-07T00:00:00.000Z";

/// A page of one entity beyond the last.
const BEYOND: &str = "100000";
/// A page beyond the last of external contacts, whose listings end at 1000 entities.
const BEYOND_CONTACTS: &str = "1000";

impl Checked<'_> {
    /// A page beyond the last one is empty and knows the number of all entities. A page that is too large is as large as
    /// it may be.
    pub(crate) async fn pages_beyond(&mut self, address: &Address) {
        if self.operation.query("pageNumber").is_none() || self.operation.query("pageSize").is_none() {
            return;
        }
        let joint = self.places.query(self.operation);
        let joint = if joint.is_empty() { "?".to_owned() } else { format!("{joint}&") };
        let page = |size: &str, number: &str| {
            format!("{}{joint}pageSize={size}&pageNumber={number}", address.path())
        };
        let is_of_contacts = self.operation.path.starts_with("/api/v2/externalcontacts/");
        let last = if is_of_contacts { BEYOND_CONTACTS } else { BEYOND };
        let first = self.client.get(&page("1", "1")).await;
        let beyond = self.client.get(&page("1", last)).await;
        let entities = |answer: &Value| answer["entities"].as_array().map_or(0, Vec::len);
        let is_empty = beyond.status == 200 && entities(&beyond.json) == 0;
        self.expect(is_empty, "a page beyond the end is not empty", &page("1", last), &beyond);
        let alike = first.json.get("total") == beyond.json.get("total");
        self.expect(alike, "a page beyond the end has another total", &page("1", last), &beyond);
        let large = self.client.get(&page("100000", "1")).await;
        // Where the document has a maximum, more is refused.
        let bound = self.operation.query("pageSize").and_then(|size| size["maximum"].as_f64());
        if bound.is_some() && large.status == 400 {
            return self.refusal(&large, 400, "pageSize=100000", &page("100000", "1"));
        }
        let size = large.json["pageSize"].as_u64().unwrap_or(0);
        let fits = large.status == 200 && size < 100_000 && entities(&large.json) <= 1000;
        self.expect(fits, format!("pageSize=100000 answers {}", large.status), &page("100000", "1"), &large);
    }

    /// An interval of the query whose end is before its start is a 400.
    pub(crate) async fn reversed(&mut self, address: &Address, body: Option<&Value>) {
        let query = self.places.query(self.operation);
        if let Some(interval) = self.operation.query("interval") {
            let name = interval["name"].as_str().unwrap_or_default();
            let joint = if query.is_empty() { "?".to_owned() } else { format!("{query}&") };
            let path = format!("{}{joint}{name}={REVERSED}", address.path());
            if !query.contains("interval=") {
                let answer = self.send(&self.operation.method, &path, body.cloned()).await;
                self.refusal(&answer, 400, "a reversed interval", &path);
            }
        }
    }

    /// Another organization does not know the entities of this one: 404, and never their data.
    pub(crate) async fn of_others(&mut self, address: &Address, body: Option<&Value>) {
        let is_given = GIVEN.iter().any(|(place, _)| self.operation.path.starts_with(place));
        let ids = address.parameters.iter().filter(|(_, origin)| *origin == Origin::Stored);
        let is_of_all = OF_ALL.iter().any(|start| self.operation.path.starts_with(start));
        if is_given || is_of_all || ids.count() == 0 {
            return;
        }
        let path = format!("{}{}", address.path(), self.places.query(self.operation));
        let body = Body::from(body.cloned());
        let request = Request { method: &self.operation.method, path: path.clone(), body };
        let answer = self.client.send_as(request, Some(&self.client.other)).await;
        // The token is that of a client: what only users may do is refused before.
        let why = answer.json["message"].as_str().unwrap_or_default();
        let needs_user = why.starts_with("This request requires") && why.contains(" context");
        if !needs_user {
            self.refusal(&answer, 404, "an entity of another organization", &path);
        }
    }
}

/// The beginnings of paths whose ids every organization knows: words of the platform, its own presences, and queries
/// whose id is the query itself.
const OF_ALL: [&str; 12] = [
    "/api/v2/architect/dependencytracking/types/",
    "/api/v2/architect/systemprompts/",
    "/api/v2/authorization/products",
    "/api/v2/gamification/metricdefinitions/",
    "/api/v2/gamification/templates/",
    "/api/v2/integrations/speech/tts/engines/",
    "/api/v2/integrations/types/",
    "/api/v2/license/definitions/",
    "/api/v2/organizations/limits/",
    "/api/v2/presence",
    "/api/v2/usage/query/",
    "/api/v2/oauth/scopes/",
];
