//! The cheapest probe as a plan of JMeter, or as arguments of `gcmock drive`.

use super::words::number;
use crate::learn::{Learned, Probe, Question, Step};

/// The cheapest probe that is a matter of load, with its question.
fn cheapest(learned: &Learned) -> Option<&Question> {
    learned.questions.iter().find(|question| !question.probe.steps.is_empty())
}

/// The schedule in the grammar of JMeter's Open Model Thread Group.
fn schedule(probe: &Probe) -> String {
    let step = |step: &Step| match step.rate {
        rate if rate > 0.0 => {
            format!(
                "rate({}/s) even_arrivals({} s) rate({}/s)",
                number(rate),
                number(step.seconds),
                number(rate)
            )
        }
        _ => format!("pause({} s)", number(step.seconds)),
    };
    probe.steps.iter().map(step).collect::<Vec<_>>().join(" ")
}

/// The probe as a plan of JMeter 5.5 or newer. Its properties are host, port, protocol, method, path and token. None if no open question
/// is a matter of load.
pub fn to_plan(learned: &Learned) -> Option<String> {
    let question = cheapest(learned)?;
    let comment = escaped(&format!("{} {}", question.question, question.probe.words));
    Some(PLAN.replace("@comment@", &comment).replace("@schedule@", &schedule(&question.probe)))
}

/// The probe as arguments of `gcmock drive`, one command for each step. None if no open question is a matter of load.
pub fn to_arguments(learned: &Learned) -> Option<String> {
    let question = cheapest(learned)?;
    let step = |step: &Step| match (step.rate, number(step.seconds)) {
        (rate, seconds) if rate > 0.0 => {
            format!("gcmock drive --rate {}/s --for {seconds}s --operation \"$OPERATION\"\n", number(rate))
        }
        (_, seconds) => format!("sleep {seconds}\n"),
    };
    let steps = question.probe.steps.iter().map(step).collect::<Vec<_>>().concat();
    let operation = "OPERATION=\"GET /api/v2/users/me\"  # change it";
    Some(format!("# {} {}\n{operation}\n{steps}", question.question, question.probe.words))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const PLAN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3">
  <hashTree>
    <TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="Probe of a limit">
      <stringProp name="TestPlan.comments">@comment@</stringProp>
      <elementProp name="TestPlan.user_defined_variables" elementType="Arguments" guiclass="ArgumentsPanel" testclass="Arguments">
        <collectionProp name="Arguments.arguments"/>
      </elementProp>
    </TestPlan>
    <hashTree>
      <OpenModelThreadGroup guiclass="OpenModelThreadGroupGui" testclass="OpenModelThreadGroup" testname="Probe">
        <stringProp name="OpenModelThreadGroup.schedule">@schedule@</stringProp>
        <stringProp name="OpenModelThreadGroup.random_seed"></stringProp>
      </OpenModelThreadGroup>
      <hashTree>
        <HeaderManager guiclass="HeaderPanel" testclass="HeaderManager" testname="Token">
          <collectionProp name="HeaderManager.headers">
            <elementProp name="" elementType="Header">
              <stringProp name="Header.name">Authorization</stringProp>
              <stringProp name="Header.value">Bearer ${__P(token)}</stringProp>
            </elementProp>
          </collectionProp>
        </HeaderManager>
        <hashTree/>
        <HTTPSamplerProxy guiclass="HttpTestSampleGui" testclass="HTTPSamplerProxy" testname="Probe">
          <stringProp name="HTTPSampler.domain">${__P(host,127.0.0.1)}</stringProp>
          <stringProp name="HTTPSampler.port">${__P(port,8080)}</stringProp>
          <stringProp name="HTTPSampler.protocol">${__P(protocol,http)}</stringProp>
          <stringProp name="HTTPSampler.path">${__P(path,/api/v2/users/me)}</stringProp>
          <stringProp name="HTTPSampler.method">${__P(method,GET)}</stringProp>
          <boolProp name="HTTPSampler.use_keepalive">true</boolProp>
          <elementProp name="HTTPsampler.Arguments" elementType="Arguments" guiclass="HTTPArgumentsPanel" testclass="Arguments">
            <collectionProp name="Arguments.arguments"/>
          </elementProp>
        </HTTPSamplerProxy>
        <hashTree/>
      </hashTree>
    </hashTree>
  </hashTree>
</jmeterTestPlan>
"#;
