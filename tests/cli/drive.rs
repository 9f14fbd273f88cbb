//! `gcmock drive`: plans and open loops against a server on this machine.

use std::process::Output;

use crate::server::{Server, ended, file, folder, gcmock};

/// Runs `gcmock drive` with these arguments.
fn drive(arguments: &[&str]) -> Output {
    ended(gcmock().arg("drive").args(arguments))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs against a server with these limits, and returns what it prints.
fn against(limits: &str, arguments: &[&str]) -> (String, Server) {
    let server = Server::start(&["--no-latency", "--limits-toml", limits]);
    let target = format!("http://{}", server.address);
    let output = drive(&[arguments, &["--target", &target]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    (text(&output.stdout), server)
}

/// A limit of all requests of users/me.
fn limit(algorithm: &str) -> String {
    format!(
        "[[limit]]\nname = \"me\"\nnamespace = \"n\"\nkey = \"k\"\nscope = [\"tenant\"]\n\
         match = [\"GET /api/v2/users/me\"]\n{algorithm}\n"
    )
}

/// A plan of plain elements: `threads` users, each with `loops` requests and a pause of `millis` before each.
fn plan(name: &str, threads: u32, loops: i32, millis: u32, group: &str) -> String {
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree>
<TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="Plan"/>
<hashTree>
<ThreadGroup guiclass="ThreadGroupGui" testclass="ThreadGroup" testname="Users">
<intProp name="ThreadGroup.num_threads">{threads}</intProp><intProp name="ThreadGroup.ramp_time">0</intProp>
<boolProp name="ThreadGroup.same_user_on_next_iteration">true</boolProp>
<stringProp name="ThreadGroup.on_sample_error">continue</stringProp>{group}
<elementProp name="ThreadGroup.main_controller" elementType="LoopController">
<intProp name="LoopController.loops">{loops}</intProp></elementProp></ThreadGroup>
<hashTree>
<HeaderManager guiclass="HeaderPanel" testclass="HeaderManager" testname="Headers">
<collectionProp name="HeaderManager.headers"><elementProp name="" elementType="Header">
<stringProp name="Header.name">Authorization</stringProp><stringProp name="Header.value">Bearer any</stringProp>
</elementProp></collectionProp></HeaderManager><hashTree/>
<ConstantTimer guiclass="ConstantTimerGui" testclass="ConstantTimer" testname="Pause">
<stringProp name="ConstantTimer.delay">{millis}</stringProp></ConstantTimer><hashTree/>
<HTTPSamplerProxy guiclass="HttpTestSampleGui" testclass="HTTPSamplerProxy" testname="Me">
<stringProp name="HTTPSampler.domain">api.mypurecloud.com</stringProp>
<stringProp name="HTTPSampler.protocol">https</stringProp>
<stringProp name="HTTPSampler.path">/api/v2/users/me</stringProp>
<stringProp name="HTTPSampler.method">GET</stringProp>
<boolProp name="HTTPSampler.use_keepalive">true</boolProp></HTTPSamplerProxy><hashTree/>
</hashTree></hashTree></hashTree></jmeterTestPlan>
"#
    );
    file(name, &text).to_str().expect("UTF-8").to_owned()
}

const SCHEDULED: &str = "<boolProp name=\"ThreadGroup.scheduler\">true</boolProp><stringProp name=\"ThreadGroup.duration\">1</stringProp>";

#[test]
fn a_plan_goes_to_the_target_and_each_request_is_a_row_with_jmeters_columns() {
    let plan = plan("drive-rows.jmx", 3, 4, 10, "");
    let log = folder("drive-rows").join("out.jtl");
    let log = log.to_str().expect("UTF-8");
    let (said, server) =
        against(&limit("algorithm = \"fixed-window\"\ncapacity = 9\nperiod = \"3m\""), &[&plan, "-l", log]);
    assert!(said.starts_with("Sent 12 in "), "{said}");
    assert!(said.contains(": 3 refused (25.0 %), first at "), "{said}");
    let rows = std::fs::read_to_string(log).expect("written");
    let rows: Vec<Vec<&str>> = rows.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows[0].join(","),
        "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect"
    );
    assert_eq!(rows.len(), 13);
    assert_eq!(rows.iter().filter(|row| row[3] == "429" && row[7] == "false").count(), 3);
    assert!(rows[1..].iter().all(|row| row.len() == 17 && row[2] == "Me" && row[5].starts_with("Users 1-")));
    let url = format!("http://{}/api/v2/users/me", server.address);
    assert!(rows[1..].iter().all(|row| row[13] == url), "{rows:?}");
}

#[test]
fn each_user_holds_one_connection_so_a_limit_of_ten_admits_ten_users() {
    let plan = plan("drive-concurrency.jmx", 14, -1, 40, SCHEDULED);
    let limits = limit("algorithm = \"concurrency\"\ncapacity = 10\nhold = \"connection\"");
    let log = folder("drive-concurrency").join("out.jtl");
    let log = log.to_str().expect("UTF-8");
    against(&limits, &[&plan, "-l", log]);
    let rows = std::fs::read_to_string(log).expect("written");
    let of = |code: &str| -> std::collections::BTreeSet<String> {
        let rows = rows.lines().map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter(|row| row[3] == code).map(|row| row[5].to_owned()).collect()
    };
    // At the end the first users to leave make room for others, so a refused user may be admitted at last.
    let refused = of("429");
    assert_eq!((refused.len(), of("200").difference(&refused).count()), (4, 10), "{rows}");
}

#[test]
fn users_wait_in_a_shaping_timer_and_the_run_ends_after_its_schedule() {
    let name = "drive-shaping.jmx";
    let text =
        std::fs::read_to_string(plan(name, 40, -1, 0, &SCHEDULED.replace(">1<", ">60<"))).expect("written");
    let timer = r#"<kg.apc.jmeter.timers.VariableThroughputTimer testname="Shape"><collectionProp name="load_profile">
<collectionProp name="1"><stringProp name="1">20</stringProp><stringProp name="1">20</stringProp>
<stringProp name="1">1</stringProp></collectionProp></collectionProp>
</kg.apc.jmeter.timers.VariableThroughputTimer><hashTree/><HTTPSamplerProxy"#;
    let path = file(name, &text.replacen("<HTTPSamplerProxy", timer, 1));
    let limits = limit("algorithm = \"fixed-window\"\ncapacity = 1000\nperiod = \"3m\"");
    let (said, _server) = against(&limits, &[path.to_str().expect("UTF-8")]);
    let sent = said.strip_prefix("Sent ").and_then(|rest| rest.split(' ').next()).expect("a count");
    let sent: u32 = sent.parse().expect("a count");
    // Two seconds have forty places. Some of them are lost, as in the plugin.
    assert!((15..=40).contains(&sent), "{said}");
}

#[test]
fn an_open_loop_sends_its_rate_whatever_the_answers_take() {
    let limits = limit("algorithm = \"fixed-window\"\ncapacity = 30\nperiod = \"3m\"");
    let (said, _server) =
        against(&limits, &["--rate", "100/s", "--for", "1s", "--operation", "GET /api/v2/users/me"]);
    assert!(said.starts_with("Sent 100 in ") && said.contains(": 70 refused (70.0 %)"), "{said}");
}

#[test]
fn a_ramp_up_that_is_longer_than_the_run_is_refused() {
    let operation = ["--operation", "GET /api/v2/users/me"];
    let output = drive(&[&["--rate", "50/s", "--for", "1s", "--ramp-up", "2s"][..], &operation].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--ramp-up is longer than --for"), "{}", text(&output.stderr));
}

#[test]
fn a_refused_request_is_sent_again_after_its_retry_after() {
    let limits = limit("algorithm = \"fixed-window\"\ncapacity = 1\nperiod = \"1s\"");
    let plan = plan("drive-retry.jmx", 1, 2, 0, "");
    let expect = file("drive-retry.toml", "[[expect]]\nno_early_retries = true\nat_least_refusals = 1\n");
    let (said, _server) = against(&limits, &[&plan, "--retry", "--expect", expect.to_str().expect("UTF-8")]);
    assert!(said.starts_with("Sent 3 in ") && said.contains(": 1 refused"), "{said}");
}

#[test]
fn a_failure_below_a_parallel_controller_changes_the_course_if_it_is_the_last_sample() {
    let limits = limit("algorithm = \"fixed-window\"\ncapacity = 1\nperiod = \"3m\"");
    let sent = |one_at_a_time_from: &str, other: &str| {
        let plan = plan("drive-parallel.jmx", 1, 3, 0, "");
        let text = std::fs::read_to_string(&plan).expect("written").replace(">continue<", ">startnextloop<");
        let (before, sampler) = text.split_once("<HTTPSamplerProxy").expect("a sampler");
        let (sampler, after) = sampler.split_once("<hashTree/>").expect("its end");
        let to =
            |path: &str| format!("<HTTPSamplerProxy{}<hashTree/>", sampler.replace("/api/v2/users/me", path));
        let parallel = format!(
            "<com.blazemeter.jmeter.controller.ParallelSampler testname=\"Both\"><boolProp name=\"PARENT_SAMPLE\">false</boolProp>\
             <boolProp name=\"LIMIT_MAX_THREAD_NUMBER\">true</boolProp><stringProp name=\"MAX_THREAD_NUMBER\">1</stringProp>\
             </com.blazemeter.jmeter.controller.ParallelSampler><hashTree>{}{}</hashTree>{}",
            to(one_at_a_time_from),
            to(other),
            to("/api/v2/timezones")
        );
        let plan = file("drive-parallel.jmx", &[before, &parallel, after].concat());
        against(&limits, &[plan.to_str().expect("UTF-8")]).0
    };
    let said = sent("/api/v2/users/me", "/api/v2/date");
    assert!(said.starts_with("Sent 9 in ") && said.contains(": 2 refused"), "{said}");
    let said = sent("/api/v2/date", "/api/v2/users/me");
    assert!(said.starts_with("Sent 7 in ") && said.contains(": 2 refused"), "{said}");
}

#[test]
fn the_shipped_plans_meet_their_limits() {
    let server = Server::start(&["--scenario", "byoc-websocket"]);
    let target = format!("http://{}", server.address);
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/plans/byoc-websocket.jmx");
    let faster = ["-Jthreads=70", "-JrampUp=1", "-Jlead=100", "-Jhold=200", "--target", &target];
    let output = drive(&[&[plan][..], &faster].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let status = server.ask("GET", "/__admin/requests?status=429&limit=100", &[], "").body;
    let refused = status.matches("\"status\": 429").count().max(status.matches("\"status\":429").count());
    // 50 at once and 6 a second: 20 of 70 are over, some of them admitted within the ramp-up.
    assert!((5..=20).contains(&refused), "{refused} refused\n{}", text(&output.stdout));
}

#[test]
fn tokens_come_from_a_file_or_a_login() {
    let tokens = file("drive-tokens.csv", "user,token\na,first\nb,second\n");
    let plan = plan("drive-tokens.jmx", 2, 1, 0, "");
    let limits = limit("algorithm = \"fixed-window\"\ncapacity = 1\nperiod = \"3m\"")
        .replace("\"tenant\"", "\"token\"");
    let (said, _server) = against(&limits, &[&plan, "--token-file", tokens.to_str().expect("UTF-8")]);
    assert!(said.contains(": 0 refused"), "one of each token: {said}");
    let (said, _server) = against(&limits, &[&plan, "--token", "one"]);
    assert!(said.contains(": 1 refused"), "{said}");
    let server = Server::start(&[]);
    let target = format!("http://{}", server.address);
    let login = ["--client-id", "x", "--client-secret", "wrong", "--target", &target];
    let output = drive(&[&[plan.as_str()][..], &login].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("refuses the login: "), "{}", text(&output.stderr));
}

#[test]
fn an_expectation_that_fails_ends_with_99() {
    let server = Server::start(&["--no-latency"]);
    let target = format!("http://{}", server.address);
    let expect = file(
        "drive-expect.toml",
        "[[expect]]\nname = \"few\"\noperation = \"GET /api/v2/users/me\"\nat_most = 2\n",
    );
    let plan = plan("drive-expect.jmx", 1, 3, 0, "");
    let output = drive(&[&plan, "--expect", expect.to_str().expect("UTF-8"), "--target", &target]);
    assert_eq!(output.status.code(), Some(99));
    let said = text(&output.stderr);
    assert!(said.contains("FAILED  few: 3 requests, at most 2 were expected"), "{said}");
}

#[test]
fn a_target_outside_this_machine_needs_approval_a_rate_and_a_yes() {
    let open = ["--rate", "1/s", "--for", "1s", "--operation", "GET /api/v2/users/me"];
    let refused = |more: &[&str]| {
        let output = drive(&[&open[..], more].concat());
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    let there = ["--target", "http://192.0.2.1"];
    assert!(refused(&there).contains("type --i-have-approval 192.0.2.1"), "a host without approval");
    let other = ["--target", "http://192.0.2.1", "--i-have-approval", "192.0.2.2", "--max-rate", "1/s"];
    assert!(refused(&other).contains("type --i-have-approval 192.0.2.1"), "another host's approval");
    assert!(
        refused(&["--target", "http://192.0.2.1", "--i-have-approval", "192.0.2.1"]).contains("--max-rate")
    );
    // Without approval, no name server is asked.
    let named = ["--target", "http://no-such-host.invalid"];
    assert!(
        refused(&named).contains("type --i-have-approval no-such-host.invalid"),
        "a name without approval"
    );
    let unasked = ["--target", "http://192.0.2.1", "--i-have-approval", "192.0.2.1", "--max-rate", "1/s"];
    assert!(refused(&unasked).contains("needs a yes typed on a terminal"), "without a terminal");
    for (target, why) in [
        ("ftp://127.0.0.1", "expected a URL"),
        ("http://127.0.0.1/api", "no path"),
        ("http://u@127.0.0.1", "user name"),
    ] {
        assert!(refused(&["--target", target]).contains(why), "{target}");
    }
}

#[test]
fn no_variable_of_the_environment_leads_to_a_proxy() {
    let server = Server::start(&["--no-latency"]);
    let target = format!("http://{}", server.address);
    let open = ["drive", "--rate", "10/s", "--for", "1s", "--operation", "GET /api/v2/users/me"];
    let mut command = gcmock();
    command.args(open).args(["--target", &target]);
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:1");
    }
    let output = ended(&mut command);
    assert!(text(&output.stdout).starts_with("Sent 10 in "), "{}", text(&output.stderr));
}

#[test]
fn what_does_not_answer_like_the_platform_is_told_in_one_sentence() {
    let plan = plan("drive-bad.jmx", 1, 1, 0, "");
    let nobody = drive(&[&plan, "--target", "http://127.0.0.1:1"]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(text(&nobody.stderr).contains("cannot reach http://127.0.0.1:1"), "{}", text(&nobody.stderr));
    let page = server_of(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\n<p>Hi",
    );
    let html = drive(&[&plan, "--target", &page]);
    assert_eq!(html.status.code(), Some(1));
    assert!(text(&html.stderr).contains("answers HTML (status 200)"), "{}", text(&html.stderr));
    let silent = server_of("");
    let output = drive(&[&plan, "--target", &silent, "--answer-timeout", "300ms"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("answers none of 1 requests: "), "{}", text(&output.stderr));
}

/// The URL of a server that answers each connection so, without looking at the request.
fn server_of(answer: &'static str) -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).unwrap_or(0);
                if read > 0 && !answer.is_empty() {
                    let _ = stream.write_all(answer.as_bytes());
                }
                std::thread::sleep(std::time::Duration::from_secs(2));
            });
        }
    });
    format!("http://{address}")
}

#[test]
fn a_plan_that_cannot_be_run_is_refused_before_anything_is_sent() {
    let refused = |arguments: &[&str]| {
        let output = drive(&[arguments, &["--target", "http://127.0.0.1:1"]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        text(&output.stderr)
    };
    let endless = plan("drive-endless.jmx", 1, -1, 0, "");
    assert!(refused(&[&endless]).contains("--duration"), "a plan without an end");
    let broken = file("drive-broken.jmx", "<jmeterTestPlan>\n<hashTree>\n");
    let broken = broken.to_str().expect("UTF-8");
    assert!(refused(&[broken]).contains("drive-broken.jmx: line "), "{}", refused(&[broken]));
    assert!(refused(&["/nowhere/plan.jmx"]).contains("/nowhere/plan.jmx"));
    let empty = std::fs::read_to_string(plan("drive-empty.jmx", 1, 1, 0, "")).expect("a plan");
    let (before, rest) = empty.split_once("<HTTPSamplerProxy").expect("a sampler");
    let (_, after) = rest.split_once("</HTTPSamplerProxy><hashTree/>").expect("its end");
    let empty = file("drive-empty.jmx", &format!("{before}{after}"));
    assert!(refused(&[empty.to_str().expect("UTF-8")]).contains("no sampler"), "a plan without a sampler");
    let ends = ["--rate", "1/s", "--for", "1s", "--operation", "users/me"];
    assert!(refused(&ends).contains("expected a method and a path"));
    assert!(refused(&["--rate", "1/s"]).contains("--for"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_no_half_of_a_result_file() {
    let server = Server::start(&["--no-latency"]);
    let target = format!("http://{}", server.address);
    let plan = plan("drive-full.jmx", 1, 3, 0, "");
    let folder = folder("drive-full");
    let log = folder.join("out.jtl");
    std::os::unix::fs::symlink("/dev/full", folder.join("out.jtl.part")).expect("a link");
    let output = drive(&[&plan, "-l", log.to_str().expect("UTF-8"), "--target", &target]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("cannot write the result file: No space left"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 0);
    let nowhere = drive(&[&plan, "-l", "/nowhere/out.jtl", "--target", &target]);
    assert_eq!(nowhere.status.code(), Some(2));
}

#[test]
#[cfg(unix)]
fn a_signal_ends_the_run_and_the_rows_so_far_are_written() {
    let server = Server::start(&["--no-latency"]);
    let target = format!("http://{}", server.address);
    let plan = plan("drive-signal.jmx", 2, -1, 20, "");
    let log = folder("drive-signal").join("out.jtl");
    let mut command = gcmock();
    command.args(["drive", &plan, "--duration", "60s", "--target", &target, "-l"]).arg(&log);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
    let child = child.expect("starts");
    let asked = || server.ask("GET", "/__admin/requests?limit=1", &[], "").body.contains("users/me");
    while !asked() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    crate::server::signal(child.id(), "TERM");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(std::fs::read_to_string(&log).expect("written").lines().count() > 1);
}
