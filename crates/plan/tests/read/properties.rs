//! Properties of elements that change what they do, one by one.

use gcmock_plan::model::{Action, NodeKind, Plan};
use gcmock_plan::read::{Options, Reading, read};

use crate::elements::{Folder, text_of};
use crate::{node, with};

/// A plan with five variables `v_1` to `v_5`, and a group with these properties and elements.
fn read_with(group: &str, elements: &str, options: &Options) -> (Plan, Reading) {
    let variable = |number| {
        format!(
            "<elementProp name=\"v_{number}\" elementType=\"Argument\">\
             <stringProp name=\"Argument.value\">{number}</stringProp></elementProp>"
        )
    };
    let variables = [1, 2, 3, 4, 5].map(variable).concat();
    let text = format!(
        "<jmeterTestPlan><hashTree><TestPlan testname=\"Plan\"><elementProp name=\"TestPlan.user_defined_variables\">\
         <collectionProp name=\"Arguments.arguments\">{variables}</collectionProp></elementProp></TestPlan><hashTree>\
         <ThreadGroup testname=\"Users\">{group}</ThreadGroup><hashTree>{elements}</hashTree>\
         </hashTree></hashTree></jmeterTestPlan>"
    );
    read(&text, options, &()).expect("a plan")
}

/// A controller around one request.
fn around(kind: &str, properties: &str) -> String {
    format!(
        "<{kind} testname=\"Around\">{properties}</{kind}><hashTree>\
         <HTTPSamplerProxy testname=\"Request\"/><hashTree/></hashTree>"
    )
}

#[test]
fn a_for_each_controller_runs_from_after_its_start_to_its_end() {
    // The turns of a real JMeter 5.6.3.
    let (none, empty) = (None, Some(""));
    for (start, end, turns) in [
        (none, none, 5),
        (empty, empty, 0),
        (Some("1"), Some("3"), 2),
        (Some("0"), Some("9"), 5),
        (Some("x"), Some("2"), 2),
        (Some("2"), Some("y"), 0),
        (Some("3"), Some("2"), 0),
        (Some("7"), none, 0),
        (Some("0"), Some("0"), 0),
    ] {
        let property = |name: &str, value: Option<&str>| {
            value.map_or_else(String::new, |value| {
                format!("<stringProp name=\"ForeachController.{name}\">{value}</stringProp>")
            })
        };
        let properties = "<stringProp name=\"ForeachController.inputVal\">v</stringProp>".to_owned()
            + &property("startIndex", start)
            + &property("endIndex", end);
        let (plan, reading) = read_with("", &around("ForeachController", &properties), &with(&[]));
        assert_eq!(node(&plan, "Around").kind, NodeKind::Loop(Some(turns)), "{start:?} {end:?}");
        assert!(reading.approximated.is_empty(), "{reading:?}");
    }
}

#[test]
fn a_group_that_continues_for_ever_does_so_whatever_its_loops() {
    for (forever, loops) in [("true", None), ("false", Some(2))] {
        let group = format!(
            "<elementProp name=\"ThreadGroup.main_controller\"><boolProp name=\"LoopController.continue_forever\">\
             {forever}</boolProp><stringProp name=\"LoopController.loops\">2</stringProp></elementProp>"
        );
        let (plan, _) = read_with(&group, "<HTTPSamplerProxy/><hashTree/>", &with(&[]));
        assert_eq!(plan.groups[0].loops, loops, "{forever}");
    }
}

#[test]
fn what_is_no_number_is_0_and_told() {
    let group = "<stringProp name=\"ThreadGroup.num_threads\">${__P(threads,5)}</stringProp>";
    let (_, reading) = read_with(group, "<HTTPSamplerProxy/><hashTree/>", &with(&[("threads", "abc")]));
    let told: Vec<_> = reading.approximated.iter().map(|item| item.assumed.as_str()).collect();
    assert_eq!(told, ["takes 'abc' of ${__P(threads,5)}, which is not a number, as 0"]);
}

#[test]
fn a_parallel_controller_around_samplers_is_exact_and_around_controllers_is_told() {
    let limit = "<boolProp name=\"LIMIT_MAX_THREAD_NUMBER\">true</boolProp>\
                 <stringProp name=\"MAX_THREAD_NUMBER\">4</stringProp>";
    let (plan, reading) = read_with("", &around("ParallelSampler", limit), &with(&[]));
    assert!(reading.approximated.is_empty(), "{reading:?}");
    assert!(
        plan.nodes.iter().any(|node| node.kind == NodeKind::Parallel { most: Some(4), is_sample: false })
    );
    let nested = format!(
        "<ParallelSampler testname=\"Around\"/><hashTree>{}</hashTree>",
        around("LoopController", "<stringProp name=\"LoopController.loops\">2</stringProp>")
    );
    let (_, reading) = read_with("", &nested, &with(&[]));
    assert_eq!(reading.approximated.len(), 1, "{reading:?}");
}

#[test]
fn a_condition_that_is_looked_at_before_each_child_is_exact() {
    let every = "<boolProp name=\"IfController.evaluateAll\">true</boolProp>\
                 <stringProp name=\"IfController.condition\">${JMeterThread.last_sample_ok}</stringProp>";
    let (plan, reading) = read_with("", &around("IfController", every), &with(&[]));
    assert!(reading.approximated.is_empty(), "{reading:?}");
    assert!(plan.nodes.iter().any(|node| node.kind == NodeKind::IfLast { ok: true, each: true }));
}

#[test]
fn a_parallel_controller_and_each_sampler_in_it_wait_for_the_timers_around_them() {
    let timer =
        "<ConstantTimer><stringProp name=\"ConstantTimer.delay\">100</stringProp></ConstantTimer><hashTree/>";
    let elements = timer.to_owned() + &around("ParallelSampler", "");
    let (plan, _) = read_with("", &elements, &with(&[]));
    let timers = plan.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Sampler(sampler) => {
            Some((matches!(sampler.action, Action::Pause(0)), sampler.timers.len()))
        }
        _ => None,
    });
    let mut timers: Vec<_> = timers.collect();
    timers.sort_unstable();
    assert_eq!(timers, [(false, 1), (true, 1)]);
}

#[test]
fn weights_of_a_weighted_switch_are_read_by_their_rows() {
    let row = |cells: &[&str]| {
        let cells = cells.iter().map(|cell| format!("<stringProp name=\"c\">{cell}</stringProp>"));
        format!("<collectionProp name=\"r\">{}</collectionProp>", cells.collect::<String>())
    };
    let of = |second: &str| {
        let rows = row(&["off", "9", "false"]) + &row(&["old", "2"]) + &row(&["new", second, "true"]);
        let weights = format!("<collectionProp name=\"Weights\">{rows}</collectionProp>");
        let (plan, reading) = read_with("", &around("WeightedSwitchController", &weights), &with(&[]));
        let kind = plan.nodes.into_iter().find(|node| &*node.name == "Around").map(|node| node.kind);
        let told: Vec<_> = reading.approximated.into_iter().map(|item| item.assumed).collect();
        (kind, told)
    };
    let weighted = |weights: &[i64]| Some(NodeKind::Weighted { weights: weights.to_vec(), drawn: false });
    assert_eq!(of("3"), (weighted(&[2, 3]), vec![]));
    assert_eq!(of("${later}"), (weighted(&[2, 1]), vec!["takes ${later} as 1".to_owned()]));
    let told = "ends its threads: the weight '1.5' is not a whole number".to_owned();
    assert_eq!(of("1.5"), (weighted(&[]), vec![told]));
}

#[test]
fn what_jmeter_passes_over_in_a_file_is_passed_over() {
    let plan = text_of("course.jmx");
    let expected = read(&plan, &Options::default(), &Folder).expect("a plan").0;
    let longer = plan.clone() + "amplerData>false</samplerData>\n & <xml>";
    assert_eq!(read(&longer, &Options::default(), &Folder).expect("a plan").0, expected);
    let controls = plan.replacen("testname=\"", "testname=\"&#1;&#x1f;\u{2}", 1);
    let read = read(&controls, &Options::default(), &Folder).expect("a plan").0;
    assert_eq!(read.groups.len(), expected.groups.len());
}

#[test]
fn a_number_of_tokens_gives_tokens_to_requests_without_any() {
    use gcmock_plan::model::Credentials;
    let elements = "<HTTPSamplerProxy testname=\"Request\"/><hashTree/><HTTPSamplerProxy testname=\"Login\">\
                    <stringProp name=\"HTTPSampler.path\">/oauth/token</stringProp></HTTPSamplerProxy><hashTree/>";
    let of = |tokens| {
        let (plan, _) = read_with("", elements, &Options { tokens, ..with(&[]) });
        let credentials = |name| crate::request(&plan, name).credentials.clone();
        [credentials("Request"), credentials("Login")]
    };
    assert_eq!(of(None), [Credentials::None, Credentials::None]);
    let spread = Credentials::Spread { tokens: [].into(), count: 3 };
    assert_eq!(of(Some(3)), [spread, Credentials::None]);
}

#[test]
fn a_path_can_be_a_url_whose_parts_are_known_only_during_the_run() {
    let path = |path: &str| {
        let sampler = format!(
            "<HTTPSamplerProxy testname=\"Request\"><stringProp name=\"HTTPSampler.path\">{path}</stringProp>\
             </HTTPSamplerProxy><hashTree/>"
        );
        let (plan, _) = read_with("", &sampler, &with(&[]));
        let request = crate::request(&plan, "Request").clone();
        let target = request.target;
        assert_eq!(&*request.path, "/api/v2/users/me", "{path}");
        (target.secure, target.host.to_string(), target.port)
    };
    assert_eq!(path("https://a.example:8443/api/v2/users/me"), (Some(true), "a.example".into(), Some(8443)));
    assert_eq!(path("${protocol}://${host}:${port}/api/v2/users/me"), (None, "${host}".into(), None));
    assert_eq!(
        path("http://${__time(a/b)}/api/v2/users/me?x=1"),
        (Some(false), "${__time(a/b)}".into(), None)
    );
    assert_eq!(path("api/v2/users/me"), (None, String::new(), None));
}

#[test]
fn a_thread_group_of_no_known_kind_runs_as_a_plain_one_and_is_told() {
    let group = "<com.acme.OddThreadGroup testname=\"Odd\"><stringProp name=\"ThreadGroup.num_threads\">7</stringProp>\
                 <elementProp name=\"ThreadGroup.main_controller\"><stringProp name=\"LoopController.loops\">2</stringProp>\
                 </elementProp></com.acme.OddThreadGroup><hashTree><HTTPSamplerProxy/><hashTree/></hashTree>";
    let text = format!(
        "<jmeterTestPlan><hashTree><TestPlan testname=\"P\"/><hashTree>{group}</hashTree></hashTree></jmeterTestPlan>"
    );
    let (plan, reading) = read(&text, &with(&[]), &()).expect("a plan");
    assert!(matches!(plan.groups[0].start, gcmock_plan::model::Start::Threads { threads: 7, .. }));
    assert_eq!(reading.approximated[0].assumed, "runs as a plain thread group: this kind is not known");
}

#[test]
fn samplers_that_send_what_is_not_read_and_listeners_that_stop_the_test_are_told() {
    let elements = "<kg.apc.RawRequest.HTTPRawSampler testname=\"Raw\"/><hashTree/>\
                    <kg.apc.AutoStop testname=\"Stop\"/><hashTree/><HTTPSamplerProxy/><hashTree/>";
    let (_, reading) = read_with("", elements, &with(&[]));
    let mut told: Vec<_> = reading.cannot.iter().map(|item| (&*item.name, item.loses_requests)).collect();
    told.sort_unstable();
    assert_eq!(told, [("Raw", true), ("Stop", false)]);
}

#[test]
fn a_throughput_controller_takes_what_is_no_number_as_its_default() {
    let of = |style: u8, property: &str, value: &str| {
        let properties = format!(
            "<intProp name=\"ThroughputController.style\">{style}</intProp>\
             <stringProp name=\"ThroughputController.{property}\">{value}</stringProp>"
        );
        let (plan, _) = read_with("", &around("ThroughputController", &properties), &with(&[]));
        node(&plan, "Around").kind.clone()
    };
    let percent = NodeKind::Percent { percent: 100.0, per_thread: true };
    assert_eq!(of(1, "percentThroughput", "50%"), percent);
    let total = |runs| NodeKind::Total { runs, per_thread: true };
    assert_eq!([of(0, "maxThroughput", "2.5"), of(0, "maxThroughput", "-3")], [total(1), total(0)]);
}

#[test]
fn a_ramp_up_with_a_space_or_a_fraction_is_0_as_in_jmeter() {
    for (text, seconds) in [("2", 2), ("+2", 2), ("2 ", 0), (" 2", 0), ("2.0", 0), ("2.5", 0), ("", 0)] {
        let group = format!("<stringProp name=\"ThreadGroup.ramp_time\">{text}</stringProp>");
        let (plan, _) = read_with(&group, "<HTTPSamplerProxy/><hashTree/>", &with(&[]));
        let start = &plan.groups[0].start;
        let expected = seconds * 1_000_000_000;
        assert!(
            matches!(start, gcmock_plan::model::Start::Threads { ramp, .. } if *ramp == expected),
            "'{text}': {start:?}"
        );
    }
}

#[test]
fn a_number_that_is_0_either_way_is_exact() {
    let zero = "<stringProp name=\"ThreadGroup.ramp_time\">0.0</stringProp>";
    let (_, reading) = read_with(zero, "<HTTPSamplerProxy/><hashTree/>", &with(&[]));
    assert!(reading.approximated.is_empty(), "{reading:?}");
}

#[test]
fn whole_numbers_with_a_space_or_a_fraction_are_0_as_in_jmeter() {
    for (text, threads) in [("2", 2), ("+2", 2), ("2 ", 0), ("2.0", 0), ("${__P(none, 3)}", 3)] {
        let group = format!("<stringProp name=\"ThreadGroup.num_threads\">{text}</stringProp>");
        let (plan, reading) = read_with(&group, "<HTTPSamplerProxy/><hashTree/>", &with(&[]));
        let start = &plan.groups[0].start;
        let told = reading.approximated.first().map(|item| item.assumed.as_str());
        let whole = format!("takes '{text}' of {text}, which is not a whole number, as 0");
        assert_eq!(told, (threads == 0).then_some(whole.as_str()), "{text}");
        assert!(
            matches!(start, gcmock_plan::model::Start::Threads { threads: t, .. } if *t == threads),
            "{text}: {start:?}"
        );
    }
}

#[test]
fn numbers_beyond_32_bits_are_0_as_in_jmeter_and_negative_loops_have_no_end() {
    for text in ["2147483648", "-2147483649", "99999999999999999999"] {
        let group = format!("<stringProp name=\"ThreadGroup.num_threads\">{text}</stringProp>");
        let (plan, reading) = read_with(&group, "<HTTPSamplerProxy/><hashTree/>", &with(&[]));
        let start = &plan.groups[0].start;
        assert!(matches!(start, gcmock_plan::model::Start::Threads { threads: 0, .. }), "{text}: {start:?}");
        let told = reading.approximated.first().map(|item| item.assumed.as_str());
        let range =
            format!("takes '{text}' of {text}, which is not a number from -2147483648 to 2147483647, as 0");
        assert_eq!(told, Some(range.as_str()));
    }
    for (text, turns) in [("2147483648", Some(0)), ("-5", None), ("abc", Some(0)), ("+2", Some(2))] {
        let loops = format!("<stringProp name=\"LoopController.loops\">{text}</stringProp>");
        let (plan, _) = read_with("", &around("LoopController", &loops), &with(&[]));
        assert_eq!(node(&plan, "Around").kind, NodeKind::Loop(turns), "{text}");
    }
}
