//! Wrong options and files: one message with the option and the file, exit code 2, and no server that has started.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::server::{file, folder, gcmock};

/// The error for `arguments` and `variables`, without a started server.
fn told(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = gcmock().args(arguments).envs(variables.iter().copied()).output().expect("it runs");
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{arguments:?} {variables:?}: {told}");
    assert!(output.stdout.is_empty(), "it never was ready");
    told
}

fn says(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
}

#[test]
fn a_busy_port_is_told_with_its_option() {
    let busy = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = busy.local_addr().expect("bound").to_string();
    for option in ["--listen", "--tls-listen", "--admin-listen"] {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("busy-port");
        let mut arguments = vec![option, &address, "--state-dir", state.to_str().expect("UTF-8")];
        if option != "--listen" {
            arguments.extend(["--listen", "127.0.0.1:0"]);
        }
        says(&told(&arguments, &[]), &[option, &address, "in use"]);
    }
}

#[test]
fn folders_and_files_that_are_not_there_are_told_with_their_option() {
    says(&told(&["--organizations", "/nowhere"], &[]), &["--organizations /nowhere"]);
    says(&told(&["--limits", "/nowhere.toml"], &[]), &["/nowhere.toml"]);
    says(&told(&["--config", "/nowhere"], &[]), &["--config /nowhere"]);
    let run = ["run", "--junit", "/nowhere/report.xml", "--", "true"];
    says(&told(&run, &[]), &["--junit /nowhere/report.xml"]);
    says(&told(&["run", "--expect", "/nowhere.toml", "--", "true"], &[]), &["--expect /nowhere.toml"]);
}

#[test]
fn wrong_options_of_events_are_told_before_the_server_starts() {
    says(&told(&["--events-file", "/nowhere/events.jsonl"], &[]), &["--events-file /nowhere/events.jsonl"]);
    for url in ["http://example.com/", "https://127.0.0.1/", "127.0.0.1:9000", "http://127.0.0.1:65616/"] {
        says(&told(&["--listen", "127.0.0.1:0", "--events-url", url], &[]), &["--events-url", url]);
    }
    let open = ["--listen", "0.0.0.0:0", "--events-url", "http://127.0.0.1:9/"];
    says(&told(&open, &[]), &["--events-url", "other addresses than loopback", "--webhook-host 127.0.0.1"]);
    says(&told(&["--webhook-host", "http://hooks/"], &[]), &["--webhook-host", "expected"]);
    says(&told(&["--webhook-retry", "soon"], &[]), &["--webhook-retry", "expected"]);
}

#[cfg(not(feature = "otlp"))]
#[test]
fn an_endpoint_of_otlp_is_refused_by_a_build_without_it() {
    let listen = ["--listen", "127.0.0.1:0", "--otlp", "http://127.0.0.1:4318"];
    says(&told(&listen, &[]), &["--otlp: this gcmock is built without it", "--features otlp"]);
}

#[test]
fn a_port_that_is_none_is_told_and_never_that_of_the_scheme() {
    let url = "http://127.0.0.1:65616";
    let plan = "fixtures/plans/architect-scripts.jmx";
    for arguments in [["drive", plan, "--target", url], ["rewrite", plan, "--url", url]] {
        says(&told(&arguments, &[]), &[url, "expected a port from 0 to 65535"]);
    }
    let asked = gcmock().args(["healthcheck", "--url", url]).output().expect("it runs");
    says(&String::from_utf8_lossy(&asked.stderr), &[url, "expected a port from 0 to 65535"]);
}

#[test]
fn what_is_said_about_an_option_shows_no_secret() {
    let plan = "fixtures/plans/architect-scripts.jmx";
    let user = "http://user:hunter2@127.0.0.1:1";
    for arguments in [
        &["--token-key", "hunter2"][..],
        &["drive", plan, "--target", user],
        &["drive", plan, "--target", "ftp://user:hunter2@127.0.0.1"],
        &["rewrite", plan, "--url", "ftp://user:hunter2@127.0.0.1"],
        &["report", "--url", "ftp://user:hunter2@127.0.0.1"],
        &["report", "--url", "http://user:hunter2@127.0.0.1:99999"],
    ] {
        let asked = gcmock().args(arguments).output().expect("it runs");
        let told = String::from_utf8_lossy(&asked.stderr);
        assert!(!asked.status.success() && told.contains("expected"), "{arguments:?}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    says(&told(&[], &[("GCMOCK_TOKEN_KEY", "hunter2")]), &["--token-key: expected at least 16 characters"]);
}

#[test]
fn a_report_that_can_not_be_written_is_told_before_the_command_runs() {
    let trace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ran-all-the-same");
    let _ = fs::remove_file(&trace);
    let trace = trace.to_str().expect("UTF-8");
    told(&["run", "--junit", "/nowhere/report.xml", "--", "touch", trace], &[]);
    assert!(!Path::new(trace).exists());
}

#[test]
fn variables_of_the_wrong_type_are_told_with_their_option() {
    for (variable, value, option) in [
        ("GCMOCK_LISTEN", "localhost:many", "--listen"),
        ("GCMOCK_JOURNAL", "many", "--journal"),
        ("GCMOCK_SEED", "x", "--seed"),
        ("GCMOCK_CLOCK", "stopped", "--clock"),
        ("GCMOCK_LOG_FORMAT", "xml", "--log-format"),
        ("GCMOCK_SOCKET_TIMEOUT", "soon", "--socket-timeout"),
        ("GCMOCK_MAX_CONNECTIONS", "-1", "--max-connections"),
        ("GCMOCK_SCENARIO", "nothing-like-it", "nothing-like-it"),
    ] {
        says(&told(&[], &[(variable, value)]), &[option]);
    }
}

#[test]
fn a_number_that_is_none_is_told_in_words() {
    let port = "error: invalid value 'many' for '--port <PORT>': expected a whole number\n\nFor more information, try '--help'.\n";
    assert_eq!(told(&["serve", "--port", "many"], &[]), port);
    says(&told(&["--max-unread", "0"], &[]), &["'--max-unread <BYTES>': expected a whole number from 1"]);
    says(&told(&["--seed", "99999999999999999999"], &[]), &["expected a smaller number"]);
    says(&told(&[], &[("GCMOCK_JOURNAL", "")]), &["'--journal <N>': expected a whole number"]);
}

#[test]
fn a_file_that_is_not_text_is_told_as_such() {
    let bytes = folder("not-text").join("bytes");
    fs::write(&bytes, [0xff, 0xfe, 0]).expect("a file");
    let bytes = bytes.to_str().expect("UTF-8");
    for arguments in [
        &["--limits", bytes][..],
        &["run", "--expect", bytes, "--", "true"],
        &["snapshot", "load", bytes],
        &["check", bytes],
    ] {
        says(&told(arguments, &[]), &[bytes, "it is not UTF-8"]);
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let limits = file("all-at-once.toml", "[[limit]]\nnmae = \"x\"\n");
    let limits = limits.to_str().expect("UTF-8");
    let wrong = ["--limits", limits, "--organizations", "/nowhere", "--clock", "stopped", "--listen", "none"];
    says(&told(&wrong, &[]), &["nmae", "--organizations /nowhere", "--clock stopped", "--tls-listen"]);
    let tls = [
        "--listen",
        "127.0.0.1:0",
        "--tls-listen",
        "127.0.0.1:0",
        "--tls-cert",
        "/no.pem",
        "--tls-key",
        "/no.key",
    ];
    let wrong = [&tls[..], &["--organizations", "/nowhere"]].concat();
    says(&told(&wrong, &[]), &["--tls-cert /no.pem", "--organizations /nowhere"]);
}

/// A folder with one organization file.
fn organization(name: &str, text: &str) -> String {
    let folder = folder(name);
    fs::write(folder.join("default.toml"), text).expect("a file");
    folder.to_str().expect("UTF-8").to_owned()
}

#[test]
fn a_mistake_in_an_organization_file_is_told_by_its_place_and_shows_no_secret() {
    for (number, line) in [
        "secret = \"hunter2",
        "secret = 'hunter2",
        "secret = hunter2",
        "secret = [\"hunter2\"]",
        "grants = \"hunter2\"",
    ]
    .iter()
    .enumerate()
    {
        let text = format!("name = \"Mine\"\n\n[[client]]\nname = \"a\"\n{line}\n");
        let folder = organization(&format!("secret-{number}"), &text);
        let told = told(&["--organizations", &folder, "--listen", "127.0.0.1:0"], &[]);
        says(&told, &["default.toml", "line 5, column "]);
        assert!(!told.contains("hunter2"), "{line}: {told}");
    }
}

#[test]
fn a_phone_at_a_site_that_the_file_lacks_ends_the_program_with_the_place() {
    let default = include_str!("../../fixtures/organizations/default.toml");
    let wrong = default.replacen("site = \"Chicago\"", "site = \"Atlantis\"", 1);
    let line = 1 + wrong.lines().position(|line| line.contains("Atlantis")).expect("a line");
    let folder = organization("no-site", &wrong);
    let told = told(&["--organizations", &folder, "--listen", "127.0.0.1:0"], &[]);
    says(&told, &["default.toml", &format!("line {line}: phone agent-1 softphone: no site Atlantis")]);
}

#[test]
fn a_reference_to_what_an_organization_file_lacks_is_told_with_its_line_and_name() {
    let base = "name = \"Mine\"\n[[administrator]]\nname = \"a\"\n[[edge]]\nname = \"e\"\nhost = \"e\"\ntime_zone = \"UTC\"\n";
    for (number, (more, expected)) in [
        (
            "[[campaign]]\nname = \"Spring\"\ncontact_list = \"Nobody\"\ncaller_address = \"+1\"\n",
            "line 10: campaign Spring: no contact list Nobody",
        ),
        (
            "[[external_contact]]\nfirst_name = \"A\"\nlast_name = \"B\"\norganization = \"Nowhere\"\n",
            "line 11: external contact A B: no external organization Nowhere",
        ),
        (
            "[[contact_list]]\nname = \"l\"\ncolumns = [\"Phone\"]\nphone_columns = [\"Phone\"]\ncontacts = [[\"1\", \"2\"]]\n",
            "line 12: contact list l: a contact has 2 values, expected 1",
        ),
        ("[[integration]]\nname = \"i\"\ntype = \"none\"", "line 10: integration i: no integration type none"),
        ("[[action]]\nname = \"x\"\nintegration = \"i\"", "line 10: action x: no integration i"),
        (
            "[[integration]]\nname = \"i\"\ntype = \"webhook\"\n[[action]]\nname = \"x\"\nintegration = \"i\"\n\
             input = { a = \"text\" }",
            "line 14: action x: type text, expected one of string",
        ),
        ("[[messaging_integration]]\nname = \"m\"\ntype = \"fax\"", "line 10: messaging integration m: type fax"),
        (
            "[[messaging_integration]]\nname = \"m\"\ntype = \"open\"\nflow = \"f\"",
            "line 11: messaging integration m: no flow f",
        ),
        (
            "[[web_deployment]]\nname = \"w\"\nconfiguration = \"c\"",
            "line 10: web deployment w: no web configuration c",
        ),
        (
            "[[response]]\nname = \"r\"\nlibrary = \"l\"\ntext = \"t\"",
            "line 10: response r: no response library l",
        ),
        (
            "[[prompt]]\nname = \"p\"\n[[prompt.resource]]\nlanguage = \"en-us\"\ntext = \"a\"\n\
             [[prompt.resource]]\nlanguage = \"EN-US\"\ntext = \"b\"",
            "line 14: prompt p: a second resource of EN-US",
        ),
        ("[[prompt]]\nname = \"p\"\n[[prompt]]\nname = \"P\"", "line 11: two entities of the kind prompt have the name P"),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = organization(&format!("dangling-{number}"), &format!("{base}{more}"));
        says(&told(&["--organizations", &folder, "--listen", "127.0.0.1:0"], &[]), &["default.toml", expected]);
    }
}

#[test]
fn a_time_zone_that_is_none_ends_the_program_with_the_place() {
    let default = include_str!("../../fixtures/organizations/default.toml");
    for (number, at) in ["[[edge]]", "[[management_unit]]"].into_iter().enumerate() {
        let (before, after) = default.split_once(at).expect("the section");
        let wrong = format!("{before}{at}{}", after.replacen("America/Chicago", "Mars/Base", 1));
        let line = 1 + wrong.lines().position(|line| line.contains("Mars/Base")).expect("a line");
        let folder = organization(&format!("no-zone-{number}"), &wrong);
        let told = told(&["--organizations", &folder, "--listen", "127.0.0.1:0"], &[]);
        says(&told, &["default.toml", &format!("line {line}: "), ": no time zone Mars/Base"]);
    }
}

#[test]
fn two_files_with_the_name_of_one_organization_end_the_program() {
    let default = include_str!("../../fixtures/organizations/default.toml");
    let folder = organization("twice", default);
    std::fs::write(std::path::Path::new(&folder).join("other.toml"), default).expect("a file");
    let told = told(&["--organizations", &folder, "--listen", "127.0.0.1:0"], &[]);
    says(&told, &["other.toml: a second organization Rehearsal, after ", "default.toml"]);
}

#[test]
fn what_is_said_about_a_huge_line_is_short() {
    let huge = "[".repeat(1 << 20);
    let is_short = |told: &str| assert!(told.len() < 4000, "{} bytes: {told:.200}", told.len());
    let folder = organization("huge-organization", &huge);
    is_short(&told(&["--organizations", &folder, "--listen", "127.0.0.1:0"], &[]));
    for text in [
        huge.clone(),
        format!("name = \"{huge}\""),
        format!("{huge} = 1"),
        format!("[[limit]]\nname = \"{huge}\"\nmatch = [\"{huge}\"]"),
    ] {
        let limits = file("huge-limits.toml", &text);
        is_short(&told(&["--limits", limits.to_str().expect("UTF-8"), "--listen", "127.0.0.1:0"], &[]));
    }
    for text in [
        huge.clone(),
        format!("{{\"{huge}\":1}}"),
        format!("expect = \"{huge}\""),
        format!("[[expect]]\nname = \"{huge}\""),
    ] {
        let expectations = file("huge-expectations", &text);
        is_short(&told(&["run", "--expect", expectations.to_str().expect("UTF-8"), "--", "true"], &[]));
    }
    // The kernel bounds a variable to 128 KiB.
    is_short(&told(&["--listen", "127.0.0.1:0"], &[("GCMOCK_LIMITS_TOML", &huge[..100_000])]));
}

#[test]
fn a_plan_past_its_bound_is_told_by_each_command() {
    let sparse = |name: &str, mebibytes: u64| {
        let path = file(name, "");
        std::fs::File::options()
            .write(true)
            .open(&path)
            .expect("a file")
            .set_len(mebibytes << 20)
            .expect("room");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (plan, copied) = (sparse("past-64.jmx", 65), sparse("past-256.jmx", 257));
    let results = file("past.jtl", "timeStamp,responseCode\n1795817680000,200\n");
    for command in [&["predict"][..], &["drive"], &["report", results.to_str().expect("UTF-8"), "--plan"]] {
        says(
            &told(&[command, &[plan.as_str()]].concat(), &[]),
            &[&format!("{plan}: it is larger than 64 MiB")],
        );
    }
    says(&told(&["rewrite", &copied], &[]), &[&format!("{copied}: it is larger than 256 MiB")]);
    for path in [plan, copied] {
        std::fs::remove_file(path).expect("a file");
    }
}

#[test]
fn a_wrong_api_document_is_told_with_its_file_and_place() {
    let cases = [
        ("empty.json", "", ": the document is empty"),
        ("cut.json", "{\n  \"swagger\": \"2.0\",\n  \"paths\": {", ":3:"),
        ("other.yaml", "openapi: 3.0.0\npaths: [\n", ":2:"),
        ("limits.yaml", "limit: 5\n", ": expected an API document"),
        ("dangling.json", DANGLING, ": definitions.A: $ref \"#/definitions/B\" leads to nothing"),
    ];
    for (name, text, place) in cases {
        let document = file(&format!("document-{name}"), text);
        let document = document.to_str().expect("UTF-8");
        let expected = format!("--spec {document}{place}");
        says(&told(&["--spec", document, "--listen", "127.0.0.1:0"], &[]), &[&expected]);
        says(&told(&["run", "--spec", document, "--", "true"], &[]), &[&expected]);
        says(&told(&["--listen", "127.0.0.1:0"], &[("GCMOCK_SPEC", document)]), &[&expected]);
    }
    says(
        &told(&["--spec", "/nowhere.json", "--clock", "stopped"], &[]),
        &["--spec /nowhere.json", "--clock stopped"],
    );
    let limits = file("document-limits.toml", "");
    let limits = limits.to_str().expect("UTF-8");
    says(&told(&["check", limits, "--spec", "/nowhere.json"], &[]), &["--spec /nowhere.json"]);
}

const DANGLING: &str = r##"{"swagger": "2.0", "definitions": {"A": {"$ref": "#/definitions/B"}}}"##;

#[test]
fn an_api_document_that_is_too_large_or_grows_is_told_and_not_read_to_its_end() {
    let large = folder("large-document").join("large.json");
    fs::File::create(&large).and_then(|file| file.set_len(100 << 20)).expect("a file with a hole");
    let large = large.to_str().expect("UTF-8");
    says(
        &told(&["--spec", large, "--listen", "127.0.0.1:0"], &[]),
        &[large, ": the document is larger than 64 MiB"],
    );
    let levels = (1..30)
        .map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", ")));
    let bomb = format!("swagger: '2.0'\na0: &a0 [x]\n{}", levels.collect::<String>());
    let bomb = file("document-bomb.yaml", &bomb);
    let bomb = bomb.to_str().expect("UTF-8");
    says(&told(&["--spec", bomb, "--listen", "127.0.0.1:0"], &[]), &[bomb]);
    let name = "x".repeat(1 << 20);
    let huge = file(
        "document-huge.json",
        &format!("{{\"swagger\":\"2.0\",\"definitions\":{{\"{name}\":{{\"$ref\":\"{name}\"}}}}}}"),
    );
    let told = told(&["--spec", huge.to_str().expect("UTF-8"), "--listen", "127.0.0.1:0"], &[]);
    assert!(told.len() < 4000, "{} bytes", told.len());
}
