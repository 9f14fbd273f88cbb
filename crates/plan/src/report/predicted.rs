//! A prediction as a report compares it with a run.

use super::advice::Advice;
use super::material::{PredictedLimit, Prediction};
use super::number::{float, grouped};
use crate::predict::{self, Knob};

impl From<&predict::Prediction> for Prediction {
    /// The medians of the prediction, and its clean values but for those that the plan has already.
    fn from(predicted: &predict::Prediction) -> Self {
        let limit = |limit: &crate::simulate::LimitCount| PredictedLimit {
            limit: limit.rule.name.clone(),
            refused: limit.refused,
            first_refusal: limit.first_refusal,
        };
        Self {
            sentence: predicted.sentence(),
            samples: predicted.samples.median,
            refused: predicted.refused.median,
            first_refusal: predicted.first_refusal.map(|first| first.median),
            by_limit: predicted.run.limits.iter().filter(|limit| limit.refused > 0).map(limit).collect(),
            advice: predicted.advice.iter().filter(|advice| !advice.current).map(advice_of).collect(),
        }
    }
}

fn advice_of(advice: &predict::Advice) -> Advice {
    let least = if advice.at_least { "at least " } else { "" };
    let value = format!("{least}{}", grouped(advice.value));
    let (knob, value) = match advice.knob {
        Knob::Threads => {
            let users = advice.settings.first().map_or_else(String::new, predict::Setting::users);
            ("threads", format!("{least}{users}"))
        }
        Knob::RampUp => ("ramp-up", format!("a ramp-up of {value} s")),
        Knob::Throughput => ("Constant Throughput Timer", format!("{value}/min")),
        Knob::Pace => ("pace", format!("a pace of {value} ms")),
        Knob::Rate => ("rate", format!("{value}/s")),
        Knob::Samples => {
            let unit = advice.settings.first().map_or_else(String::new, predict::Setting::unit);
            ("Precise Throughput Timer", format!("{value} {unit}"))
        }
        Knob::Shape => ("Throughput Shaping Timer", format!("at most {value}/s")),
        Knob::Load => ("load", format!("all thread groups at {value} % ({})", advice.parts())),
    };
    let value = format!("{value}{}", advice.of_group());
    Advice {
        knob: knob.to_owned(),
        value,
        headroom_percent: advice.headroom.map(|headroom| f64::from(headroom) / 10.0),
        clean_for_seconds: advice.clean_for.map(float),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Timer;
    use crate::predict::{Advice, Ask, Knob, Setting, predict};
    use crate::report::{Material, Prediction, Report};
    use crate::simulate::tests::world::{Made, messaging};
    use crate::simulate::{Costs, SECOND};

    #[test]
    fn a_prediction_stands_beside_the_run_with_its_knobs_and_values() {
        let pace = Timer::Pace { lead: 2 * SECOND, ramp: SECOND, pace: Some(SECOND), think: 0 };
        let plan = Made::new(200, 0, Some(62 * SECOND), None).sends(vec![pace]);
        let ask = Ask { costs: Costs::IDEAL, advise: false, ..Ask::default() };
        let mut predicted = predict(&plan, &messaging(), &ask).expect("a plan");
        let advice = |value: u64, clean_for: Option<u64>, current: bool| Advice {
            knob: Knob::Threads,
            value,
            headroom: Some(45),
            clean_for,
            current,
            at_least: false,
            settings: vec![Setting {
                knob: Knob::Threads,
                value,
                group: "users".into(),
                rows: Vec::new(),
                period: 0,
            }],
            several: false,
        };
        predicted.advice =
            vec![advice(100, None, false), advice(1, Some(62), false), advice(200, Some(14), true)];
        let predicted = Prediction::from(&predicted);
        assert_eq!((predicted.samples, predicted.refused), (12_000, 4_501));
        let values: Vec<_> = predicted.advice.iter().map(|advice| advice.value.as_str()).collect();
        assert_eq!(values, ["100 users", "1 user"]);
        let report = Report::of(&Material { prediction: Some(predicted), ..Material::default() });
        let rows = &report.comparison.as_ref().expect("a prediction").rows;
        assert_eq!((rows[1].predicted, rows[1].observed), (Some(4501.0), Some(0.0)));
    }
}
