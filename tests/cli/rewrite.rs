//! `gcmock rewrite`, from files to files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::server::{folder, gcmock};

const PLAN: &str = "<?xml version='1.0' encoding='UTF-8'?><jmeterTestPlan version='1.2'><hashTree><HTTPSamplerProxy><stringProp \
                    name='HTTPSampler.domain'>api.mypurecloud.com</stringProp><stringProp name='HTTPSampler.port'/><stringProp \
                    name='HTTPSampler.protocol'>https</stringProp></HTTPSamplerProxy><hashTree/></hashTree></jmeterTestPlan>";

/// A plan in a folder of its own, and where its copy would be.
fn written(test: &str, plan: impl AsRef<[u8]>) -> (PathBuf, PathBuf) {
    let plan_file = folder(&format!("rewrite-{test}")).join("plan.jmx");
    fs::write(&plan_file, plan).expect("written");
    let copy = plan_file.with_extension("gcmock.jmx");
    (plan_file, copy)
}

fn rewrite(plan: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = gcmock().arg("rewrite").arg(plan).args(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_plan_in_one_line_and_in_single_quotes_is_pointed_at_the_server() {
    let (plan, copy) = written("one-line", PLAN);
    let (code, told, _) = rewrite(&plan, &["--url", "https://localhost:8443"]);
    assert_eq!(code, Some(0));
    assert!(told.contains("1 line is different"), "{told}");
    let expected = PLAN.replace("api.mypurecloud.com", "localhost").replace(
        "<stringProp name='HTTPSampler.port'/>",
        "<stringProp name='HTTPSampler.port'>8443</stringProp>",
    );
    assert_eq!(fs::read_to_string(copy).expect("written"), expected);
    assert_eq!(fs::read_to_string(plan).expect("there"), PLAN, "the plan itself stays");
}

#[test]
fn a_plan_with_nothing_to_change_is_copied_and_that_is_told() {
    let plan = PLAN.replace("api.mypurecloud.com", "www.example.com");
    let (file, copy) = written("nothing", &plan);
    let (code, told, _) = rewrite(&file, &[]);
    assert_eq!(code, Some(0));
    assert!(told.contains("no line is different") && told.contains("--also-serve"), "{told}");
    assert_eq!(fs::read_to_string(&copy).expect("written"), plan);
    let (code, told, _) = rewrite(&file, &["--also-serve", "www.example.com"]);
    assert_eq!(code, Some(0));
    assert!(told.contains("127.0.0.1"), "{told}");
    assert!(fs::read_to_string(&copy).expect("written").contains(">127.0.0.1<"));
}

#[test]
fn what_is_no_well_formed_plan_is_refused_where_it_is_and_nothing_is_written() {
    for (name, plan, told) in [
        ("unclosed", "<jmeterTestPlan>\n  <hashTree>\n</jmeterTestPlan>".as_bytes(), "3:1"),
        ("two-roots", b"<jmeterTestPlan/>\n<jmeterTestPlan/>", "2:1"),
        ("no-root", b"\n<!-- nothing -->\n", "3:1"),
        ("empty", b"", "1:1"),
        ("after", b"<jmeterTestPlan/>\nthe end", "2:1"),
        ("entity", b"<jmeterTestPlan>\n &nbsp;</jmeterTestPlan>", "2:2"),
        ("encoding", b"<jmeterTestPlan>\n \xfc</jmeterTestPlan>", "2:2"),
        ("truncated", &PLAN.as_bytes()[..100], "1:"),
        ("doctype", b"<?xml version='1.0'?>\n<!DOCTYPE jmeterTestPlan>\n<jmeterTestPlan/>", "2:1"),
        ("other", b"<html/>", "not a JMeter plan"),
    ] {
        let (file, copy) = written(name, plan);
        let (code, stdout, stderr) = rewrite(&file, &[]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{name}");
        assert!(
            stderr.starts_with(&format!("gcmock: {}:", file.display())) && stderr.contains(told),
            "{stderr}"
        );
        assert!(!copy.exists(), "{name}");
        fs::write(&copy, "what was there before").expect("written");
        assert_eq!(rewrite(&file, &[]).0, Some(2));
        assert_eq!(fs::read_to_string(&copy).expect("there"), "what was there before", "{name}");
    }
}

#[test]
fn a_host_that_is_none_is_refused() {
    let (file, copy) = written("host", PLAN);
    for host in ["", "http://a.b", "a.b:443", "a/b", "*.a.b", "10.0.0.1", "a..b"] {
        let (code, _, stderr) = rewrite(&file, &[&format!("--also-serve={host}")]);
        assert_eq!(code, Some(2), "{host}");
        assert!(stderr.contains("--also-serve") && stderr.contains("expected"), "{stderr}");
    }
    assert!(!copy.exists());
}
