//! The name of another entity, and a change of a version that is no longer the current one.

use serde_json::{Value, json};

use crate::address::Address;
use crate::client::Answer;
use crate::fault::sent;
use crate::spec::Operation;
use crate::written::Checked;

/// Changes that are sent at once.
const RIVALS: usize = 4;

impl Checked<'_> {
    /// Where a second entity of one name is refused, another one can not take that name either.
    pub(crate) async fn has_a_name(
        &mut self,
        address: &Address,
        body: Option<&Value>,
        changes: (Option<&Operation>, &Operation),
    ) {
        let Some(name) = body.and_then(|body| body["name"].as_str()).map(str::to_owned) else { return };
        let (body, path) = (body.cloned().unwrap_or_default(), address.path());
        let path = format!("{path}{}", self.places.query(self.operation));
        let again = self.send("POST", &path, Some(body.clone())).await;
        if !matches!(again.status, 400 | 409) {
            return;
        }
        self.refusal(&again, again.status, "a second one", &sent(&path, Some(&body)));
        let mut other = body;
        other["name"] = json!(self.places.generator.unique().replace(' ', "_"));
        let made = self.send("POST", &path, Some(other)).await;
        // Only then it was the name that was refused.
        let (Some(id), (Some(update), get)) =
            (made.json["id"].as_str().filter(|_| made.is_success()), changes)
        else {
            return;
        };
        let one = format!("{}/{id}", address.path());
        let read = self.client.get(&format!("{one}{}", self.places.query(get))).await;
        let mut renamed = self.changed_body(update, "name", &read);
        renamed["name"] = json!(name);
        let answer = self.send(&update.method, &one, Some(renamed.clone())).await;
        let request = sent(&format!("{} {one}", update.method), Some(&renamed));
        let is_refused = matches!(answer.status, 400 | 409);
        self.expect(is_refused, format!("{} to the name of another one", update.method), &request, &answer);
    }

    /// A change that names an old version is refused.
    pub(crate) async fn is_stale(&mut self, update: &Operation, one: &str, changed: (&Value, &Answer)) {
        let (body, before) = changed;
        let after = self.client.get(one).await;
        let moved = before.json["version"].is_u64() && before.json["version"] != after.json["version"];
        if !moved || body["version"] != before.json["version"] {
            return;
        }
        let answer = self.send(&update.method, one, Some(body.clone())).await;
        let request = sent(&format!("{} {one}", update.method), Some(body));
        let is_refused = matches!(answer.status, 400 | 409);
        self.expect(is_refused, format!("{} of an old version", update.method), &request, &answer);
        self.is_raced(update, one, (body, &after)).await;
    }

    /// Of changes of one version that are sent at once, one is made.
    async fn is_raced(&mut self, update: &Operation, one: &str, (body, now): (&Value, &Answer)) {
        let field = if body["description"].is_string() { "description" } else { "name" };
        let bodies = (0..RIVALS).map(|_| {
            let mut rival = body.clone();
            rival["version"] = now.json["version"].clone();
            rival[field] = json!(self.places.generator.unique().replace(' ', "_"));
            rival
        });
        let bodies: Vec<_> = bodies.collect();
        let sent_at_once = bodies.iter().map(|body| self.send(&update.method, one, Some(body.clone())));
        let answers = futures_util::future::join_all(sent_at_once).await;
        let request = sent(&format!("{RIVALS} times {} {one}", update.method), bodies.first());
        let winners = answers.iter().filter(|answer| answer.is_success()).count();
        let others = answers.iter().filter(|answer| matches!(answer.status, 400 | 409)).count();
        let what = format!("of {RIVALS} {} of one version {winners} are made", update.method);
        self.expect(winners == 1 && others == RIVALS - 1, what, &request, &answers[0]);
        let winner = answers.iter().position(Answer::is_success).unwrap_or_default();
        let read = self.client.get(one).await;
        let kept = read.json[field] == bodies[winner][field];
        self.expect(kept, format!("{} of one version at once is not read again", update.method), one, &read);
    }
}
