//! A prediction for programs.

use serde_json::{Value, json};

use super::draws::Spread;
use super::{Advice, Knob, Prediction, Setting};
use crate::Nanos;
use crate::read::{Item, Reading};
use crate::report::float;
use crate::simulate::Series;

impl Prediction {
    /// The prediction as JSON. `read` is what the plan was read as; `None` for a plan that was not read from a file.
    pub fn json(&self, read: Option<&Reading>) -> Value {
        let limits = self.run.limits.iter().map(|limit| {
            json!({
                "limit": &*limit.rule.name,
                "refused": limit.refused,
                "firstRefusalSeconds": seconds(limit.first_refusal),
                "headroomPercent": limit.least.map(percent),
            })
        });
        let samplers = self
            .samplers
            .iter()
            .map(|row| json!({ "sampler": row.name, "samples": row.samples, "refused": row.refused }));
        json!({
            "sentence": self.sentence(),
            "samples": self.samples.median,
            "refused": self.refused.median,
            "firstRefusalSeconds": seconds(self.first_refusal.map(|first| first.median)),
            "byLimit": limits.collect::<Vec<_>>(),
            "bySampler": samplers.collect::<Vec<_>>(),
            "advice": self.advice.iter().map(advice).collect::<Vec<_>>(),
            "noAdvice": self.no_advice,
            "read": reading(read),
            "users": self.run.users,
            "usersRefused": self.run.users_hit,
            "notAdherent": self.run.not_adherent,
            "headroomPercent": self.run.headroom().map(percent),
            "seeds": self.seeds,
            "withoutCaller": self.without_caller,
            "searchEnded": self.search_ended,
            "samplesRange": range(self.samples),
            "refusedRange": range(self.refused),
            "scaledFromSeconds": seconds(self.scaled_from),
            "cutAtSeconds": seconds(self.cut_at),
            "goRound": { "threads": self.run.circles.threads, "in": &*self.run.circles.name },
            "waitForEver": self.wait_for_ever() + if self.run.cut.is_none() { self.run.held } else { 0 },
            "seconds": self.seconds(),
            "levels": self.levels(),
        })
    }

    /// Admitted and refused requests of each second since the first request.
    fn seconds(&self) -> Value {
        let counts = &self.run.series.seconds;
        json!({
            "admitted": counts.iter().map(|second| second.admitted).collect::<Vec<_>>(),
            "refused": counts.iter().map(|second| second.refused).collect::<Vec<_>>(),
        })
    }

    /// What was left of each limit in each second, at its lowest, in percent. `null`: no request met it.
    fn levels(&self) -> Value {
        let levels = self.run.limits.iter().zip(&self.run.series.levels).map(|(limit, levels)| {
            let known = |level: &u16| (*level != Series::UNKNOWN).then(|| percent(*level));
            json!({ "limit": &*limit.rule.name, "percent": levels.iter().map(known).collect::<Vec<_>>() })
        });
        levels.collect()
    }
}

/// A clean value. One of all thread groups has the value of each.
fn advice(advice: &Advice) -> Value {
    let mut value = match advice.settings.as_slice() {
        [one] if advice.knob != Knob::Load => setting(one),
        all => json!({
            "knob": advice.knob.name(),
            "value": advice.value,
            "unit": advice.knob.unit(),
            "group": null,
            "groups": all.iter().map(setting).collect::<Vec<_>>(),
        }),
    };
    if let Some(fields) = value.as_object_mut() {
        fields.insert("headroomPercent".to_owned(), json!(advice.headroom.map(percent)));
        fields.insert("cleanForSeconds".to_owned(), json!(advice.clean_for));
        fields.insert("atLeast".to_owned(), json!(advice.at_least));
    }
    value
}

fn setting(setting: &Setting) -> Value {
    let mut value = json!({
        "knob": setting.knob.name(),
        "value": setting.value,
        "unit": setting.unit(),
        "group": &*setting.group,
    });
    if let Some(fields) = value.as_object_mut().filter(|_| !setting.rows.is_empty()) {
        fields.insert("rows".to_owned(), json!(setting.rows));
    }
    value
}

/// Thousandths as percent.
fn percent(thousandths: u16) -> f64 {
    f64::from(thousandths) / 10.0
}

/// Seconds with three decimals.
fn seconds(time: Option<Nanos>) -> Option<f64> {
    time.map(|time| float(time / 1_000_000) / 1000.0)
}

fn range(spread: Spread) -> Value {
    json!([spread.low, spread.high])
}

fn reading(read: Option<&Reading>) -> Value {
    let items = |items: &[Item]| items.iter().map(item).collect::<Vec<_>>();
    let empty = Reading::default();
    let read = read.unwrap_or(&empty);
    json!({
        "exact": items(&read.exact),
        "approximated": items(&read.approximated),
        "cannot": items(&read.cannot),
    })
}

fn item(item: &Item) -> Value {
    let mut value = json!({ "name": &*item.name, "kind": &*item.kind, "line": item.line });
    if let Some(fields) = value.as_object_mut() {
        if let Some(file) = &item.file {
            fields.insert("file".to_owned(), json!(&**file));
        }
        if !item.assumed.is_empty() {
            fields.insert("assumed".to_owned(), json!(item.assumed));
        }
        if let Some(option) = &item.option {
            fields.insert("option".to_owned(), json!(option));
        }
        if item.loses_requests {
            fields.insert("losesRequests".to_owned(), json!(true));
        }
    }
    value
}
