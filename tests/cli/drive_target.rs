//! `gcmock drive` against servers that redirect, log in, or do not answer like the platform.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::thread;

use crate::server::{Server, ended, file, folder, gcmock};

fn drive(arguments: &[&str]) -> Output {
    ended(gcmock().arg("drive").args(arguments))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A plan of `threads` users with these elements in their group.
fn plan(name: &str, threads: u32, loops: u32, elements: &str) -> String {
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree>
<TestPlan testclass="TestPlan" testname="Plan"/><hashTree>
<ThreadGroup testclass="ThreadGroup" testname="Users">
<intProp name="ThreadGroup.num_threads">{threads}</intProp><intProp name="ThreadGroup.ramp_time">0</intProp>
<elementProp name="ThreadGroup.main_controller" elementType="LoopController">
<intProp name="LoopController.loops">{loops}</intProp></elementProp></ThreadGroup><hashTree>
{elements}
</hashTree></hashTree></hashTree></jmeterTestPlan>
"#
    );
    file(name, &text).to_str().expect("UTF-8").to_owned()
}

/// A request of a plan, with more properties.
fn sampler(method: &str, path: &str, more: &str) -> String {
    format!(
        "<HTTPSamplerProxy testclass=\"HTTPSamplerProxy\" testname=\"Request\">\
         <stringProp name=\"HTTPSampler.path\">{path}</stringProp>\
         <stringProp name=\"HTTPSampler.method\">{method}</stringProp>{more}</HTTPSamplerProxy>"
    )
}

const FOLLOWS: &str = "<boolProp name=\"HTTPSampler.follow_redirects\">true</boolProp>";

/// The URL of a server that closes each connection after one answer: that of a function to the request line.
fn answers(answer: impl Fn(&str) -> String + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), answer) = (stream, answer.clone()) else { return };
            thread::spawn(move || answer_once(stream, answer));
        }
    });
    format!("http://{address}")
}

fn answer_once(mut stream: TcpStream, answer: impl Fn(&str) -> String) {
    let mut request = [0; 4096];
    let read = stream.read(&mut request).unwrap_or(0);
    if read > 0 {
        let line = text(&request[..read]);
        let _ = stream.write_all(answer(line.lines().next().unwrap_or_default()).as_bytes());
    }
}

fn answer(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n")
}

/// The rows of a result file, without its head.
fn rows(log: &std::path::Path) -> Vec<Vec<String>> {
    let rows = std::fs::read_to_string(log).expect("written");
    rows.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn redirects_within_the_target_are_followed_as_one_sample() {
    let url = answers(|line| match line {
        "POST /first HTTP/1.1" => answer("302 Found", "Location: second?a=1\r\n"),
        "GET /second?a=1 HTTP/1.1" => answer("301 Moved Permanently", "Location: /third\r\n"),
        "GET /third HTTP/1.1" => answer("200 OK", ""),
        _ => answer("400 Bad Request", ""),
    });
    let log = folder("drive-redirects").join("out.jtl");
    let plan = plan("drive-redirects.jmx", 1, 2, &(sampler("POST", "/first", FOLLOWS) + "<hashTree/>"));
    let output = drive(&[&plan, "--target", &url, "-l", log.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let rows = rows(&log);
    assert_eq!(rows.iter().map(|row| &*row[3]).collect::<Vec<_>>(), ["200", "200"]);
    // The bytes of three answers.
    assert!(rows.iter().all(|row| row[9].parse::<u64>().is_ok_and(|bytes| bytes > 200)), "{rows:?}");
}

#[test]
fn a_transaction_that_is_a_sample_is_a_row_beside_those_of_its_samples() {
    let server = Server::start(&["--no-latency"]);
    let samplers = sampler("GET", "/api/v2/users/me", "") + "<hashTree/>";
    let elements = format!(
        "<TransactionController testclass=\"TransactionController\" testname=\"Both\">\
         <boolProp name=\"TransactionController.parent\">true</boolProp></TransactionController>\
         <hashTree>{samplers}{samplers}</hashTree>"
    );
    let log = folder("drive-transaction").join("out.jtl");
    let plan = plan("drive-transaction.jmx", 1, 1, &elements);
    let target = format!("http://{}", server.address);
    let output = drive(&[&plan, "--target", &target, "-l", log.to_str().expect("UTF-8")]);
    let said = text(&output.stdout);
    assert!(said.starts_with("Sent 2 in ") && said.contains(", 2 failed: 401 × 2.\n"), "{said}");
    let all = std::fs::read_to_string(&log).expect("written");
    let rows: Vec<_> = all.lines().filter(|row| row.contains(",Both,")).collect();
    let message =
        "401,\"Number of samples in transaction : 2, number of failing samples : 2\",Users 1-1,,false";
    assert!(all.lines().count() == 4 && rows.len() == 1 && rows[0].contains(message), "{all}");
}

#[test]
fn no_redirect_leads_to_another_host_or_on_and_on() {
    let other = answers(|_| answer("200 OK", ""));
    let url = answers(move |line| match line {
        "GET /away HTTP/1.1" => answer("302 Found", &format!("Location: {other}/\r\n")),
        "GET /round HTTP/1.1" => answer("307 Temporary Redirect", "Location: /round\r\n"),
        _ => answer("303 See Other", "Location: /\r\n"),
    });
    let all = [("GET", "/away", FOLLOWS), ("GET", "/round", FOLLOWS), ("POST", "/unasked", "")];
    let all = all.map(|(method, path, follows)| sampler(method, path, follows) + "<hashTree/>").concat();
    let log = folder("drive-away").join("out.jtl");
    let plan = plan("drive-away.jmx", 1, 1, &all);
    let output = drive(&[&plan, "--target", &url, "-l", log.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("1 redirects to other hosts were not followed"),
        "{}",
        text(&output.stderr)
    );
    let codes: Vec<_> = rows(&log).into_iter().map(|row| row[3].clone()).collect();
    assert_eq!(codes, ["302", "Non HTTP response code: java.io.IOException", "303"]);
}

#[test]
fn each_user_has_the_token_of_its_own_login() {
    let limits = "[[limit]]\nname = \"me\"\nnamespace = \"n\"\nkey = \"k\"\nscope = [\"token\"]\n\
                  match = [\"GET /api/v2/users/me\"]\nalgorithm = \"fixed-window\"\ncapacity = 2\nperiod = \"3m\"\n";
    let server = Server::start(&["--no-latency", "--limits-toml", limits]);
    let made = server.ask("POST", "/__admin/tenants", &["Content-Type: application/json"], "{}").body;
    let made: serde_json::Value = serde_json::from_str(&made).expect("JSON");
    let client = &made["clients"][0];
    let argument = |name: &str, value: &str| {
        format!(
            "<elementProp name=\"{name}\" elementType=\"HTTPArgument\"><stringProp name=\"Argument.name\">{name}</stringProp>\
             <stringProp name=\"Argument.value\">{value}</stringProp></elementProp>"
        )
    };
    let form = [
        argument("grant_type", "client_credentials"),
        argument("client_id", client["id"].as_str().expect("an id")),
        argument("client_secret", client["secret"].as_str().expect("a secret")),
    ];
    let login = sampler(
        "POST",
        "/oauth/token",
        &format!(
            "<elementProp name=\"HTTPsampler.Arguments\" elementType=\"Arguments\">\
             <collectionProp name=\"Arguments.arguments\">{}</collectionProp></elementProp>",
            form.concat()
        ),
    );
    let elements = format!(
        "<OnceOnlyController testclass=\"OnceOnlyController\" testname=\"Once\"/><hashTree>{login}<hashTree/></hashTree>\
         {}<hashTree><HeaderManager testclass=\"HeaderManager\" testname=\"Headers\">\
         <collectionProp name=\"HeaderManager.headers\"><elementProp name=\"\" elementType=\"Header\">\
         <stringProp name=\"Header.name\">Authorization</stringProp>\
         <stringProp name=\"Header.value\">Bearer ${{token}}</stringProp></elementProp></collectionProp>\
         </HeaderManager><hashTree/></hashTree>",
        sampler("GET", "/api/v2/users/me", "")
    );
    let plan = plan("drive-logins.jmx", 3, 2, &elements);
    let output = drive(&[&plan, "--target", &format!("http://{}", server.address)]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    // Three logins, and two requests with each of the three tokens.
    assert!(said.starts_with("Sent 9 in ") && said.contains(": 0 refused, 0 failed"), "{said}");
}

#[test]
fn what_is_not_sent_is_told_before_the_run() {
    let server = Server::start(&["--no-latency"]);
    let pictures =
        sampler("GET", "/api/v2/users/me", "<boolProp name=\"HTTPSampler.image_parser\">true</boolProp>");
    let plan = plan("drive-pictures.jmx", 1, 1, &(pictures + "<hashTree/>"));
    let output = drive(&[&plan, "--target", &format!("http://{}", server.address)]);
    let said = text(&output.stderr);
    assert!(said.contains("'Request' sends no request for embedded resources"), "{said}");
}

#[test]
fn a_target_that_closes_each_connection_or_answers_nonsense_is_one_sentence() {
    let plan = plan("drive-closes.jmx", 2, 2, &(sampler("GET", "/", "") + "<hashTree/>"));
    for given in ["", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"] {
        let url = answers(move |_| given.to_owned());
        let output = drive(&[&plan, "--target", &url]);
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{given}: {said}");
        assert!(said.contains("answers none of 4 requests: "), "{said}");
    }
}

#[test]
fn a_login_without_a_token_is_one_sentence_and_code_2() {
    let plan = plan("drive-login.jmx", 1, 1, &(sampler("GET", "/", "") + "<hashTree/>"));
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<p>Hi";
    let empty = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    for (given, why) in [
        (page, "does not answer the login with JSON: <p>Hi"),
        (empty, "answers the login without a token"),
        ("", "does not answer the login"),
    ] {
        let url = answers(move |_| given.to_owned());
        let login = ["--client-id", "a", "--client-secret", "b", "--target", &url];
        let output = drive(&[&[plan.as_str()][..], &login].concat());
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(why), "{said}");
    }
    // The system accepts for a listener that does not.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let login = ["--client-id", "a", "--client-secret", "b", "--target", &url, "--answer-timeout", "200ms"];
    let output = drive(&[&[plan.as_str()][..], &login].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("does not answer the login"), "{}", text(&output.stderr));
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_file_that_is_no_plain_file_is_written_to() {
    let server = Server::start(&["--no-latency"]);
    let target = format!("http://{}", server.address);
    let plan = plan("drive-device.jmx", 1, 3, &(sampler("GET", "/api/v2/users/me", "") + "<hashTree/>"));
    let output = drive(&[&plan, "-l", "/dev/full", "--target", &target]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot write the result file: No space left"), "{output:?}");
    assert!(!std::path::Path::new("/dev/full.part").exists());
    let folder = folder("drive-device");
    let output = drive(&[&plan, "-l", folder.to_str().expect("UTF-8"), "--target", &target]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("-l "), "{}", text(&output.stderr));
}
