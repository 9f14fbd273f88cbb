//! Plans whose requests depend on the columns of a data set: what is predicted, and what is sent.

use crate::server::{Server, ended, file, folder, gcmock};

/// The limit of users/me: three requests.
const LIMIT: &str = "[[limit]]\nname = \"me\"\nnamespace = \"n\"\nkey = \"k\"\nscope = [\"tenant\"]\n\
                     match = [\"GET /api/v2/users/me\"]\nalgorithm = \"fixed-window\"\ncapacity = 3\nperiod = \"3m\"\n";

/// A plan of one user that sends 12 requests to the path of a column.
fn plan(name: &str, csv: &str, more: &str) -> String {
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree>
<TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="Plan"/>
<hashTree>
<ThreadGroup guiclass="ThreadGroupGui" testclass="ThreadGroup" testname="Users">
<intProp name="ThreadGroup.num_threads">1</intProp><intProp name="ThreadGroup.ramp_time">0</intProp>
<elementProp name="ThreadGroup.main_controller" elementType="LoopController">
<intProp name="LoopController.loops">12</intProp></elementProp></ThreadGroup>
<hashTree>
<CSVDataSet guiclass="TestBeanGUI" testclass="CSVDataSet" testname="Paths">
<stringProp name="filename">{csv}</stringProp><stringProp name="variableNames">path,token</stringProp>
<boolProp name="recycle">true</boolProp><stringProp name="shareMode">shareMode.all</stringProp></CSVDataSet><hashTree/>
<CounterConfig guiclass="CounterConfigGui" testclass="CounterConfig" testname="Count">
<stringProp name="CounterConfig.start">1</stringProp><stringProp name="CounterConfig.incr">1</stringProp>
<stringProp name="CounterConfig.name">n</stringProp></CounterConfig><hashTree/>
<HeaderManager guiclass="HeaderPanel" testclass="HeaderManager" testname="Headers">
<collectionProp name="HeaderManager.headers"><elementProp name="" elementType="Header">
<stringProp name="Header.name">Authorization</stringProp><stringProp name="Header.value">Bearer ${{token}}</stringProp>
</elementProp></collectionProp></HeaderManager><hashTree/>{more}
<HTTPSamplerProxy guiclass="HttpTestSampleGui" testclass="HTTPSamplerProxy" testname="get ${{path}} ${{n}}">
<stringProp name="HTTPSampler.domain">api.mypurecloud.com</stringProp>
<stringProp name="HTTPSampler.path">${{path}}</stringProp>
<stringProp name="HTTPSampler.method">GET</stringProp></HTTPSamplerProxy><hashTree/>
</hashTree></hashTree></hashTree></jmeterTestPlan>
"#
    );
    file(name, &text).to_str().expect("UTF-8").to_owned()
}

fn predicted(arguments: &[&str]) -> serde_json::Value {
    let output = ended(
        gcmock().args(["predict", "--ideal", "--format", "json", "--limits-toml", LIMIT]).args(arguments),
    );
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn each_row_is_a_request_of_its_own_operation() {
    file(
        "columns-exact.csv",
        "/api/v2/users/me,a\n/api/v2/presencedefinitions,b\n/api/v2/users/me?expand=team,c\n",
    );
    let prediction = predicted(&[&plan("columns-exact.jmx", "columns-exact.csv", "")]);
    assert_eq!((&prediction["samples"], &prediction["refused"]), (&12.into(), &5.into()), "{prediction}");
    assert_eq!(prediction["read"]["approximated"], serde_json::json!([]));
    assert_eq!(prediction["read"]["cannot"], serde_json::json!([]));
}

#[test]
fn a_path_that_only_a_run_knows_is_told_and_an_option_says_it() {
    let plan = plan("columns-missing.jmx", "no-such.csv", "");
    let prediction = predicted(&[&plan]);
    let sentence = prediction["sentence"].as_str().expect("a text");
    assert!(sentence.starts_with("Refused: none of 12. No limit is known to cover"), "{sentence}");
    assert!(sentence.contains("The operation of 12 of them cannot be told"), "{sentence}");
    assert_eq!(prediction["read"]["cannot"][0]["option"], "--value 'path'=TEXT");
    let prediction = predicted(&[&plan, "--value", "path=/api/v2/users/me", "--value", "token=a"]);
    assert_eq!(prediction["refused"], 9, "{}", prediction["sentence"]);
    let sentence = prediction["sentence"].as_str().expect("a text");
    assert!(!sentence.contains("cannot be told"), "{sentence}");
}

#[test]
fn the_first_sentence_says_what_is_missing_or_assumed() {
    file("columns-doubts.csv", "/api/v2/users/me,a\n");
    let more = "<IncludeController testname=\"Part\"><stringProp name=\"IncludeController.includepath\">no-such.jmx</stringProp>\
                </IncludeController><hashTree/><WhileController testname=\"Poll\">\
                <stringProp name=\"WhileController.condition\">${answer}</stringProp></WhileController><hashTree>\
                <HTTPSamplerProxy testname=\"poll\"><stringProp name=\"HTTPSampler.path\">/api/v2/users/me</stringProp>\
                <stringProp name=\"HTTPSampler.domain\">www.example.com</stringProp></HTTPSamplerProxy><hashTree/></hashTree>";
    let prediction = predicted(&[&plan("columns-doubts.jmx", "columns-doubts.csv", more)]);
    let sentence = prediction["sentence"].as_str().expect("a text");
    let first = sentence.split(". ").next().unwrap_or_default();
    assert!(
        first.ends_with("(without the requests of 1 element, with 1 loop of assumed turns)"),
        "{sentence}"
    );
    assert!(
        sentence.contains("Requests for www.example.com count as if they were for the platform."),
        "{sentence}"
    );
}

#[test]
fn a_driver_sends_the_values_and_writes_what_it_sent() {
    file("columns-drive.csv", "/api/v2/users/me,a\n/api/v2/presencedefinitions,b\n");
    let more = "<HTTPSamplerProxy testname=\"post\"><stringProp name=\"HTTPSampler.path\">/api/v2/users/${id}</stringProp>\
                </HTTPSamplerProxy><hashTree/>";
    let plan = plan("columns-drive.jmx", "columns-drive.csv", more);
    let server = Server::start(&["--no-latency", "--limits-toml", LIMIT]);
    let target = format!("http://{}", server.address);
    let log = folder("columns-drive").join("out.jtl");
    let log = log.to_str().expect("UTF-8");
    let output = ended(gcmock().args(["drive", &plan, "--target", &target, "-l", log]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("in place of the value: 'id'; --value NAME=TEXT"), "{said}");
    assert!(!said.contains("token is not known"), "{said}");
    let rows = std::fs::read_to_string(log).expect("written");
    let rows: Vec<Vec<&str>> = rows.lines().map(|line| line.split(',').collect()).collect();
    let of = |name: &str| {
        rows.iter().find(|row| row[2] == name).unwrap_or_else(|| panic!("{name}: {rows:?}")).clone()
    };
    assert_eq!(of("get /api/v2/users/me 1")[13], format!("{target}/api/v2/users/me"));
    assert_eq!(of("get /api/v2/presencedefinitions 12")[13], format!("{target}/api/v2/presencedefinitions"));
    assert_eq!(of("post")[13], format!("{target}/api/v2/users/id"));
    assert_eq!(rows.iter().filter(|row| row[3] == "429").count(), 3, "{rows:?}");
}
