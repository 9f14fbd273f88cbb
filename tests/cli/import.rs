//! `gcmock import`: exports of a real organization as an organization's file.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::server::{Server, folder, gcmock};

const TERRAFORM: &str = r#"{
  "resource": {
    "genesyscloud_routing_skill": { "voice": { "name": "Voice" } },
    "genesyscloud_user": {
      "ada": {
        "name": "Ada Byron", "email": "ada@corp.example", "password": "hush-hush",
        "routing_skills": [{ "skill_id": "${genesyscloud_routing_skill.voice.id}" }]
      }
    },
    "genesyscloud_routing_queue": {
      "claims": { "name": "Claims", "members": [{ "user_id": "${genesyscloud_user.ada.id}" }] }
    },
    "genesyscloud_oauth_client": {
      "crm": { "name": "CRM", "authorized_grant_type": "CLIENT-CREDENTIALS", "access_token_validity_seconds": 3600 }
    },
    "genesyscloud_greeting": { "hello": { "name": "Hello" } }
  }
}"#;

const HCL: &str = r#"
resource "genesyscloud_routing_skill" "voice" { name = "Voice" }
resource "genesyscloud_user" "ada" {
  name  = "Ada Byron"
  email = "ada@corp.example"
  routing_skills {
    skill_id    = genesyscloud_routing_skill.voice.id
    proficiency = 3
  }
}
resource "genesyscloud_routing_queue" "claims" {
  name = "Claims"
  members { user_id = genesyscloud_user.ada.id }
}
"#;

const USERS: &str = r#"[
  { "id": "9d6c1f0e-6c0a-4f8e-9a53-0a4b1a2f5c01", "name": "Ada Byron", "email": "ada@corp.example",
    "selfUri": "/api/v2/users/9d6c1f0e-6c0a-4f8e-9a53-0a4b1a2f5c01" }
]"#;

const HAR: &str = r#"{ "log": { "version": "1.2", "entries": [
  { "request": { "method": "GET", "url": "https://api.mypurecloud.com/api/v2/routing/queues?pageSize=25",
      "headers": [{ "name": "Authorization", "value": "bearer hush-hush" }] },
    "response": { "status": 200, "content": { "mimeType": "application/json",
      "text": "{\"entities\":[{\"id\":\"q\",\"name\":\"Claims\"}],\"total\":1}" } } },
  { "request": { "url": "https://api.mypurecloud.com/api/v2/users/me" }, "response": { "status": 401, "content": {} } }
] } }"#;

/// A folder with these files, and where the organization would be.
fn exports(test: &str, files: &[(&str, &[u8])]) -> (PathBuf, PathBuf) {
    let from = folder(&format!("import-{test}"));
    for (name, bytes) in files {
        fs::write(from.join(name), bytes).expect("a file");
    }
    let out = folder(&format!("import-{test}-out")).join("organization.toml");
    (from, out)
}

fn import(from: &Path, out: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let mut command = gcmock();
    let output = command.arg("import").arg("--from").arg(from).arg("-o").arg(out).args(more).output();
    let output = output.expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn an_export_of_terraform_becomes_an_organization_that_a_server_has() {
    let (from, out) = exports(
        "terraform",
        &[("main.tf.json", TERRAFORM.as_bytes()), ("terraform.tfstate", b"{}".as_slice())],
    );
    let (code, told, not_taken) = import(&from, &out, &[]);
    assert_eq!(code, Some(0), "{not_taken}");
    assert!(
        told.starts_with("Wrote ")
            && told.contains("organization.toml from 4 entities.")
            && told.contains("made up"),
        "{told}"
    );
    assert!(
        not_taken.contains("1 × genesyscloud_greeting (main.tf.json)")
            && not_taken.contains("1 × file terraform.tfstate"),
        "{not_taken}"
    );
    let text = fs::read_to_string(&out).expect("a file");
    for private in ["Ada", "Byron", "corp.example", "hush"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
    assert!(text.contains("#   1 × genesyscloud_greeting (main.tf.json)\n"), "{text}");
    let organizations = out.parent().and_then(Path::to_str).expect("a folder");
    let server = Server::start(&["--organizations", organizations]);
    let bearer = ["Authorization: Bearer any"];
    let queues = server.ask("GET", "/api/v2/routing/queues", &bearer, "").body;
    assert!(queues.contains("\"Claims\"") && queues.contains("\"memberCount\":1"), "{queues}");
    let skills = server.ask("GET", "/api/v2/routing/skills", &bearer, "").body;
    assert!(skills.contains("\"Voice\""), "{skills}");
}

#[test]
fn names_are_kept_where_that_is_asked_for_and_secrets_never_are() {
    let (from, out) = exports("kept", &[("main.tf.json", TERRAFORM.as_bytes())]);
    let (code, told, _) = import(&from.join("main.tf.json"), &out, &["--keep-names"]);
    assert_eq!((code, told.contains("Names are kept")), (Some(0), true), "{told}");
    let text = fs::read_to_string(&out).expect("a file");
    assert!(text.contains("\"Ada Byron\"") && text.contains("\"ada@corp.example\""), "{text}");
    assert!(text.contains("token_lifetime = \"3600s\"") && !text.contains("hush"), "{text}");
}

#[test]
fn hcl_json_and_csv_and_recordings_of_one_organization_become_the_same_one() {
    let mut told = Vec::new();
    for (name, text) in
        [("main.tf", HCL), ("users.json", USERS), ("users.csv", "Email,Name\nada@corp.example,Ada Byron\n")]
    {
        let (from, out) = exports(&format!("form-{}", name.replace('.', "-")), &[(name, text.as_bytes())]);
        let (code, _, error) = import(&from, &out, &["--keep-names"]);
        assert_eq!(code, Some(0), "{name}: {error}");
        told.push(fs::read_to_string(&out).expect("a file"));
    }
    for text in &told {
        let agent = "[[agent]]\nname = \"Ada Byron\"\nemail = \"ada@corp.example\"\nskill_group = \"";
        assert!(text.contains(agent), "{text}");
    }
    assert!(
        told[0].contains("members = [\"Ada Byron\"]") && told[0].contains("skill_group = \"Voice\""),
        "{}",
        told[0]
    );
    let (from, out) = exports("form-all", &[("a.har", HAR.as_bytes()), ("b.json", USERS.as_bytes())]);
    let (code, _, error) = import(&from, &out, &[]);
    let text = fs::read_to_string(&out).expect("a file");
    assert_eq!((code, error.as_str()), (Some(0), ""), "the refused answer is not an entity");
    assert!(
        text.contains("name = \"Claims\"") && text.contains("[[agent]]") && !text.contains("hush"),
        "{text}"
    );
}

#[test]
fn a_text_of_power_shell_is_read() {
    let bytes: Vec<u8> =
        [0xfeff].into_iter().chain(USERS.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let (from, out) = exports("utf-16", &[("users.json", bytes.as_slice())]);
    let (code, _, error) = import(&from, &out, &[]);
    assert_eq!(code, Some(0), "{error}");
}

#[test]
fn what_is_wrong_is_said_in_one_line_with_its_file_and_nothing_is_written() {
    let deep = "[".repeat(100_000);
    let cases: [(&str, &[u8], &str); 16] = [
        ("truncated.json", &USERS.as_bytes()[..60], "truncated.json: EOF while parsing"),
        ("empty.json", b"", "empty.json: EOF while parsing a value at line 1 column 0"),
        ("deep.json", deep.as_bytes(), "deep.json: recursion limit exceeded at line 1 column 12"),
        ("wrong.json", b"{\"entities\": 7}", "wrong.json: entities: expected an array"),
        ("users.json", b"[{\"id\": \"a\", \"name\": 7}]", "users.json: a: name: expected a string"),
        ("main.tf.json", b"{\"resource\": []}", "nothing to import"),
        (
            "types.tf.json",
            b"{\"resource\": {\"genesyscloud_user\": 7}}",
            "types.tf.json: genesyscloud_user: expected an object",
        ),
        ("main.tf", b"resource \"a\" \"b\" {\n  name = \n", "main.tf: line "),
        ("bytes.json", b"[\n\xff]", "bytes.json: line 2, byte 1: not UTF-8"),
        ("zip.json", b"PK\x03\x04 bomb", "zip.json: an archive is not opened; unpack it first"),
        ("rows.csv", b"name,email\na\n", "rows.csv: line 2: 1 values, expected 2"),
        ("columns.csv", b"id,phone\n1,2\n", "columns.csv: line 1: expected a column name or email"),
        ("a.har", b"{\"log\": {\"entries\": {}}}", "a.har: log.entries: expected an array"),
        ("b.har", b"{\"log\": {}}", "b.har: a HAR without entries: expected an array log.entries"),
        ("rows.json", b"{\"entities\": []}\n{", "rows.json: EOF while parsing an object at line 2 column 1"),
        ("a.tgz", b"\x1f\x8b\x08", "expected a file *.tf, *.tf.json, *.json, *.csv or *.har"),
    ];
    for (name, bytes, expected) in cases {
        let (from, out) = exports("wrong", &[(name, bytes)]);
        let (code, told, error) = import(&from.join(name), &out, &[]);
        assert_eq!((code, told.as_str()), (Some(2), ""), "{name}: {error}");
        assert!(error.contains(expected) && error.lines().count() == 1, "{name}: {error}");
        assert!(!out.exists(), "{name}");
    }
}

#[test]
fn what_is_too_large_or_not_there_is_refused_and_a_file_that_was_there_stays() {
    let (from, out) = exports("large", &[]);
    let large = fs::File::create(from.join("large.json")).expect("a file");
    large.set_len(100 << 20).expect("a length");
    fs::write(&out, "before").expect("a file");
    let (code, _, error) = import(&from.join("large.json"), &out, &[]);
    assert_eq!(code, Some(2));
    assert!(error.contains("large.json: it is larger than 64 MiB"), "{error}");
    let (code, _, error) = import(&from.join("gone"), &out, &[]);
    assert_eq!(code, Some(2));
    assert!(error.contains("--from ") && error.contains("gone"), "{error}");
    assert_eq!(fs::read_to_string(&out).expect("a file"), "before");
    let (code, _, error) = import(&from, &from.join("no/such.toml"), &[]);
    assert_eq!((code, error.contains("--out ")), (Some(2), true), "{error}");
}

#[test]
fn references_in_a_circle_and_to_nothing_do_no_harm() {
    let circle = r#"{ "resource": {
        "genesyscloud_group": {
          "a": { "name": "A", "member_ids": ["${genesyscloud_group.b.id}", "${genesyscloud_group.a.id}"] },
          "b": { "name": "B", "member_ids": ["${genesyscloud_group.a.id}"] } },
        "genesyscloud_routing_queue": {
          "q": { "name": "Q", "groups": ["${genesyscloud_group.a.id}"], "members": [{ "user_id": "${genesyscloud_user.gone.id}" }] } } } }"#;
    let (from, out) = exports("circle", &[("main.tf.json", circle.as_bytes())]);
    let (code, _, not_taken) = import(&from, &out, &[]);
    assert_eq!(code, Some(0), "{not_taken}");
    assert!(not_taken.contains("3 × group: user that the export lacks"), "{not_taken}");
    assert!(not_taken.contains("3 × queue: user that the export lacks"), "{not_taken}");
}

#[test]
fn two_thousand_resources_are_taken_whole() {
    let mut text = String::from("resource \"genesyscloud_routing_queue\" \"all\" {\n  name = \"All\"\n");
    for number in 0..2000 {
        writeln!(text, "  members {{\n    user_id = genesyscloud_user.u{number}.id\n  }}").expect("a line");
    }
    text.push_str("}\n");
    for number in 0..2000 {
        let fields = format!("  name = \"User {number}\"\n  email = \"user{number}@corp.example\"");
        writeln!(text, "resource \"genesyscloud_user\" \"u{number}\" {{\n{fields}\n}}").expect("a block");
    }
    let (from, out) = exports("many", &[("main.tf", text.as_bytes())]);
    let (code, told, error) = import(&from, &out, &[]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(told.contains(" from 2001 entities."), "{told}");
    let text = fs::read_to_string(&out).expect("a file");
    assert_eq!(text.matches("[[agent]]").count(), 2000);
}

#[test]
fn documents_in_a_row_are_read_one_after_the_other() {
    let queue =
        |id: &str| format!(r#"{{"id":"{id}","name":"Q{id}","selfUri":"/api/v2/routing/queues/{id}"}}"#);
    let page = |id: &str| format!(r#"{{"entities":[{}],"pageSize":25}}"#, queue(id));
    for (name, text) in [
        ("pages", format!("{}{}", page("1"), page("2"))),
        ("lines", format!("{}\n{}\n", queue("1"), queue("2"))),
    ] {
        let (from, out) = exports(&format!("row-{name}"), &[("listing.json", text.as_bytes())]);
        let (code, told, error) = import(&from, &out, &[]);
        assert_eq!((code, error.as_str()), (Some(0), ""), "{name}");
        assert!(told.contains(" from 2 entities."), "{told}");
    }
}

/// Attributes that the file of an organization has no place for, and some that it takes or that say nothing.
const MORE: &str = r#"
module "north" { source = "./north" }
data "genesyscloud_auth_division_home" "home" {}
resource "genesyscloud_routing_queue" "a" {
  name              = "A"
  description       = "ours"
  wrapup_codes      = []
  acw_timeout_ms    = 20000
  nonsense          = 3
  media_settings_call { alerting_timeout_sec = 10 }
  division_id       = data.genesyscloud_auth_division_home.home.id
  dynamic "members" {
    for_each = var.people
    content { user_id = members.value }
  }
  lifecycle { ignore_changes = [name] }
}
resource "genesyscloud_routing_queue" "b" {
  name           = "B"
  acw_timeout_ms = 10000
  division_id    = genesyscloud_auth_division.gone.id
  members {
    user_id  = genesyscloud_user.u.id
    ring_num = 1
  }
}
resource "genesyscloud_user" "u" {
  for_each    = var.people
  name        = "Per Son"
  email       = "per@son.example"
  title       = "Boss"
  division_id = data.genesyscloud_auth_division_home.home.id
}
resource "genesyscloud_oauth_client" "c" {
  name                  = "C"
  authorized_grant_type = "CLIENT-CREDENTIALS"
  roles {
    role_id     = genesyscloud_auth_role.r.id
    division_id = "d"
  }
}
"#;

#[test]
fn every_attribute_that_is_not_taken_is_listed_with_its_count() {
    let json = r#"[{ "id": "u", "name": "Ada", "email": "ada@x.example", "title": "Boss", "manager": null, "addresses": [],
        "division": { "id": "d", "name": "Home" }, "version": 3, "selfUri": "/api/v2/users/u" }]"#;
    let (from, out) = exports("attributes", &[("q.tf", MORE.as_bytes()), ("users.json", json.as_bytes())]);
    let (code, _, not_taken) = import(&from, &out, &[]);
    assert_eq!(code, Some(0), "{not_taken}");
    let mut lines: Vec<&str> = not_taken.lines().skip(1).map(str::trim).collect();
    lines.sort_unstable();
    let expected = [
        "1 × genesyscloud_oauth_client.roles (q.tf)",
        "1 × genesyscloud_routing_queue.description (q.tf)",
        "1 × genesyscloud_routing_queue.dynamic.members (q.tf)",
        "1 × genesyscloud_routing_queue.media_settings_call (q.tf)",
        "1 × genesyscloud_routing_queue.members.ring_num (q.tf)",
        "1 × genesyscloud_routing_queue.nonsense (q.tf)",
        "1 × genesyscloud_user.for_each (q.tf)",
        "1 × genesyscloud_user.title (q.tf)",
        "1 × module.north (q.tf)",
        "1 × queue: division that the export lacks (q.tf)",
        "1 × user.title (users.json)",
        "2 × genesyscloud_routing_queue.acw_timeout_ms (q.tf)",
    ];
    assert_eq!(lines, expected);
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_refused_at_once() {
    let (from, out) = exports("pipe", &[]);
    let pipe = from.join("users.json");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    let (code, _, error) = import(&pipe, &out, &[]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("users.json: not a file and not a folder"), "{error}");
}

#[test]
fn a_client_of_the_export_never_takes_the_place_of_the_documented_one() {
    let client = r#"{ "resource": { "genesyscloud_oauth_client": { "a": {
        "name": "Rehearsal", "authorized_grant_type": "CLIENT-CREDENTIALS" } } } }"#;
    let (from, out) = exports("client", &[("main.tf.json", client.as_bytes())]);
    let (code, _, not_taken) = import(&from, &out, &[]);
    assert_eq!(code, Some(0), "{not_taken}");
    assert!(
        not_taken.contains("OAuth client Rehearsal: is Rehearsal 2 in the file (main.tf.json)"),
        "{not_taken}"
    );
    let server = Server::start(&["--organizations", out.parent().and_then(Path::to_str).expect("a folder")]);
    let clients = server.ask("GET", "/api/v2/oauth/clients", &["Authorization: Bearer any"], "").body;
    let clients: Value = serde_json::from_str(&clients).expect("JSON");
    let form = ["Content-Type: application/x-www-form-urlencoded"];
    for (name, secret) in [("rehearsal", "rehearsal-secret"), ("Rehearsal 2", "rehearsal-2-secret")] {
        let mut all = clients["entities"].as_array().expect("a list").iter();
        let client = all.find(|client| client["name"] == name).expect("the client");
        let id = client["id"].as_str().expect("an id");
        let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        assert_eq!(server.ask("POST", "/oauth/token", &form, &body).status, 200, "{name}");
    }
}

/// A listing as `json.dump` of `to_dict()` of the Python SDK writes it.
const PYTHON: &str = r#"{ "entities": [
  { "id": "9d6c1f0e-6c0a-4f8e-9a53-0a4b1a2f5c01", "name": "Ada Byron", "email": "ada@corp.example", "state": "inactive",
    "division": { "id": "*", "name": "Home", "self_uri": null }, "date_last_login": null,
    "skills": [{ "id": "5a", "name": "Spanish", "proficiency": 4.0 }],
    "self_uri": "/api/v2/users/9d6c1f0e-6c0a-4f8e-9a53-0a4b1a2f5c01" }
], "page_size": 25, "self_uri": "/api/v2/users?pageSize=25", "first_uri": null }"#;

#[test]
fn a_listing_of_the_python_sdk_is_read_whether_it_is_a_page_or_an_array() {
    let array = PYTHON.split_once('[').expect("an array").1.rsplit_once(']').expect("its end").0;
    for (name, text) in [("page", PYTHON.to_owned()), ("array", format!("[{array}]"))] {
        let (from, out) = exports(&format!("python-{name}"), &[("listing.json", text.as_bytes())]);
        let (code, _, error) = import(&from, &out, &["--keep-names"]);
        assert_eq!((code, error.as_str()), (Some(0), ""), "{name}");
        let written = fs::read_to_string(&out).expect("a file");
        let agent = "skill_group = \"Spanish\"\nstatus = \"Offline\"\n";
        assert!(written.contains("email = \"ada@corp.example\"") && written.contains(agent), "{written}");
    }
}
