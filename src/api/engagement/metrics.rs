//! The metric definitions and the objective templates of gamification. The metrics are those of analytics; which of them
//! have definitions, the names and the points are assumed.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::fixed::{self, body};
use crate::api::json_entity::Body;
use crate::api::route::Route;
use crate::world::id::seed_id;

const DEFINITIONS: &str = "/api/v2/gamification/metricdefinitions";
const TEMPLATES: &str = "/api/v2/gamification/templates";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(DEFINITIONS, |call| fixed::list(call, definitions())),
        Route::get(&format!("{DEFINITIONS}/{{metricDefinitionId}}"), |call| {
            fixed::get(call, ("metric definition", "metricDefinitionId"), definitions())
        }),
        Route::get(TEMPLATES, |call| fixed::list(call, templates())),
        Route::get(&format!("{TEMPLATES}/{{templateId}}"), |call| {
            fixed::get(call, ("template", "templateId"), templates())
        }),
    ]
}

/// A metric that can be scored.
struct Definition {
    name: &'static str,
    unit: &'static str,
    dividend: &'static str,
    /// Nothing for a sum.
    divisor: Option<&'static str>,
    better: Better,
}

/// Which values of a metric are the better ones.
#[derive(Clone, Copy)]
enum Better {
    Higher,
    Lower,
}

const fn sum(name: &'static str, unit: &'static str, dividend: &'static str, better: Better) -> Definition {
    Definition { name, unit, dividend, divisor: None, better }
}

const fn rate(name: &'static str, dividend: &'static str, better: Better) -> Definition {
    Definition { name, unit: "Percent", dividend, divisor: Some("nConnected"), better }
}

static METRICS: [Definition; 9] = [
    sum("Handle Time", "Seconds", "tHandle", Better::Lower),
    sum("Talk Time", "Seconds", "tTalk", Better::Lower),
    sum("Hold Time", "Seconds", "tHeld", Better::Lower),
    sum("After Call Work", "Seconds", "tAcw", Better::Lower),
    sum("Connected", "Number", "nConnected", Better::Higher),
    sum("Outbound Connected", "Number", "nOutboundConnected", Better::Higher),
    rate("Transfer Rate", "nTransferred", Better::Lower),
    rate("Blind Transfer Rate", "nBlindTransferred", Better::Lower),
    rate("Consult Rate", "nConsult", Better::Lower),
];

fn definitions() -> impl Iterator<Item = Body> {
    METRICS.iter().map(Definition::to_json)
}

/// Whether a metric definition has that id.
pub(super) fn has_definition(of: &str) -> bool {
    METRICS.iter().any(|metric| id(DEFINITIONS, metric.name).to_string() == of)
}

/// The id of what has that name, the same in every organization.
fn id(path: &str, name: &str) -> Uuid {
    seed_id(Uuid::nil(), &format!("{path}/{name}"))
}

impl Definition {
    fn to_json(&self) -> Body {
        let id = id(DEFINITIONS, self.name);
        body([
            ("id", json!(id)),
            ("name", json!(self.name)),
            ("shortName", json!(self.name)),
            ("unitType", json!(self.unit)),
            ("dividendMetrics", json!([self.dividend])),
            ("divisorMetrics", self.divisor.into_iter().collect()),
            ("defaultObjective", self.objective()),
            ("mediaTypeFilteringAllowed", json!(true)),
            ("initialDirectionFilteringAllowed", json!(true)),
            ("queueFilteringAllowed", json!(true)),
            ("selfUri", json!(format!("{DEFINITIONS}/{id}"))),
        ])
    }

    fn objective(&self) -> Value {
        let template = id(TEMPLATES, self.better.template());
        let own = id(DEFINITIONS, &format!("{}/objective", self.name));
        json!({ "id": own, "templateId": template, "zones": self.better.zones(), "enabled": true })
    }
}

fn templates() -> impl Iterator<Item = Body> {
    [Better::Higher, Better::Lower].into_iter().map(|better| {
        let (name, id) = (better.template(), id(TEMPLATES, better.template()));
        let uri = format!("{TEMPLATES}/{id}");
        body([("id", json!(id)), ("name", json!(name)), ("zones", better.zones()), ("selfUri", json!(uri))])
    })
}

impl Better {
    const fn template(self) -> &'static str {
        match self {
            Self::Higher => "Higher is better",
            Self::Lower => "Lower is better",
        }
    }

    /// The zones of an objective, the best one first.
    fn zones(self) -> Value {
        const ZONES: [(&str, u32, u32); 4] =
            [("Great", 100, 100), ("Good", 75, 99), ("Target", 50, 74), ("Out", 0, 49)];
        let direction = if matches!(self, Self::Higher) { "Up" } else { "Down" };
        let zone = |(kind, least, most): (&str, u32, u32)| {
            json!({ "label": kind, "directionType": direction, "zoneType": kind, "lowerLimitPoints": least,
                "upperLimitPoints": most })
        };
        ZONES.map(zone).into_iter().collect()
    }
}
