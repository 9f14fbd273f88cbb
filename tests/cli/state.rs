//! `--state` and `gcmock snapshot`: a file that is whole at every instant.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::Duration;

use crate::server::{Server, ended, file, folder, gcmock, limits};

const QUEUES: &str = "/api/v2/routing/queues";
const SNAPSHOT: &str = "/__admin/snapshot";

/// A server that keeps its state in this file.
fn keeping(state: &Path, more: &[&str]) -> Server {
    let state = state.to_str().expect("UTF-8");
    Server::start(&[&["--state", state, "--clock", "manual"][..], more].concat())
}

fn make_queue(server: &Server, name: &str) {
    let headers = ["Authorization: Bearer any", "Content-Type: application/json"];
    let answer = server.ask("POST", QUEUES, &headers, &format!("{{\"name\":\"{name}\"}}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn has_queue(server: &Server, name: &str) -> bool {
    let path = format!("{QUEUES}?name={name}");
    server.ask("GET", &path, &["Authorization: Bearer any"], "").body.contains(&format!("\"{name}\""))
}

/// The output of a server that does not start.
fn fails(state: &Path) -> String {
    let mut command = gcmock();
    command.args(["--listen", "127.0.0.1:0", "--state"]).arg(state);
    let output = ended(&mut command);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn snapshot(server: &Server, arguments: &[&str], path: &Path) -> Output {
    let mut command = gcmock();
    command.arg("snapshot").args(arguments).arg(path).args(["--url", &format!("http://{}", server.address)]);
    ended(&mut command)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[test]
fn a_server_goes_on_where_the_last_one_ended() {
    let folder = folder("state-kept");
    let state = folder.join("state.json");
    let limited = file("state-limits.toml", &limits("three-minutes", 3));
    let limited = ["--limits", limited.to_str().expect("UTF-8")];
    let server = keeping(&state, &limited);
    make_queue(&server, "Kept");
    assert_eq!([server.asks_users_me(), server.asks_users_me()], [200, 200]);
    assert!(!state.exists(), "it is written at the end");
    let (status, _, stderr) = server.terminate();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("the state is written"), "{stderr}");
    assert_eq!(fs::metadata(&state).expect("a file").permissions().mode() & 0o777, 0o600);

    let server = keeping(&state, &limited);
    assert!(has_queue(&server, "Kept"));
    assert_eq!([server.asks_users_me(), server.asks_users_me()], [200, 429], "two of three were used");
    make_queue(&server, "Later");
    let kept = server.ask("POST", SNAPSHOT, &[], "");
    assert_eq!(kept.status, 200, "{}", kept.body);
    drop(server);
    let server = keeping(&state, &limited);
    assert!(has_queue(&server, "Later"), "it was killed after the state was written");
    let names: Vec<_> =
        fs::read_dir(&folder).expect("a folder").map(|one| one.expect("a file").file_name()).collect();
    assert_eq!(names.len(), 2, "the state and its lock: {names:?}");
}

#[test]
fn a_server_that_is_killed_while_it_writes_leaves_the_last_whole_file() {
    let folder = folder("state-killed");
    let state = folder.join("state.json");
    let server = keeping(&state, &[]);
    make_queue(&server, "First");
    assert_eq!(server.ask("POST", SNAPSHOT, &[], "").status, 200);
    drop(server);
    for round in 0..6 {
        let server = keeping(&state, &[]);
        assert!(has_queue(&server, "First"), "round {round}");
        let address = server.address.clone();
        let writing = thread::spawn(move || while asks_for_state(&address) {});
        thread::sleep(Duration::from_millis(20 + 37 * round));
        server.signal("KILL");
        writing.join().expect("it ends with the server");
        let text = fs::read_to_string(&state).expect("a file");
        let whole: serde_json::Value = serde_json::from_str(&text).expect("a whole document");
        assert_eq!(whole["format"], 2);
    }
    assert!(has_queue(&keeping(&state, &[]), "First"));
}

/// Whether a server answers that it wrote its state. A killed one does not.
fn asks_for_state(address: &str) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(address) else { return false };
    let request = format!(
        "POST {SNAPSHOT} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

#[test]
fn a_server_with_a_store_keeps_no_state() {
    let state = folder("state-store").join("state.json");
    let mut command = gcmock();
    command.args(["--store", "valkey://127.0.0.1:1", "--state"]).arg(&state);
    let output = ended(&mut command);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--state") && said(&output).contains("--store"), "{}", said(&output));
    assert!(!state.exists());
}

#[test]
fn a_file_that_is_no_state_is_refused_and_left_alone() {
    let folder = folder("state-wrong");
    let state = folder.join("state.json");
    for (text, reason) in [
        ("", "not a whole JSON document"),
        ("{\"format\":2,", "not a whole JSON document"),
        ("{}", "it has no format"),
        ("{\"format\":1}", "it has format 1; this version of gcmock reads format 2"),
        ("{\"format\":2,\"include\":\"/etc/passwd\"}", "unknown field `include`"),
    ] {
        fs::write(&state, text).expect("a file");
        let told = fails(&state);
        assert!(told.contains(reason) && told.contains("--state"), "{told}");
        assert_eq!(fs::read_to_string(&state).expect("a file"), text);
    }
    assert!(fails(&folder).contains("not a regular file"));
    assert!(fails(&folder.join("no/such")).contains("cannot write"));
}

#[test]
fn a_second_server_may_not_use_the_file() {
    let state = folder("state-shared").join("state.json");
    let server = keeping(&state, &[]);
    assert!(fails(&state).contains("another server uses it"));
    assert_eq!(server.terminate().0.code(), Some(0));
    assert_eq!(keeping(&state, &[]).terminate().0.code(), Some(0), "it is free again");
}

#[test]
fn a_snapshot_goes_from_one_server_to_another() {
    let folder = folder("snapshot-command");
    let path = folder.join("kept.json");
    let [one, other] = [(); 2].map(|()| Server::start(&["--clock", "manual"]));
    make_queue(&one, "Kept");
    let saved = snapshot(&one, &["save"], &path);
    assert!(saved.status.success() && said(&saved).starts_with("saved "), "{}", said(&saved));
    assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    let loaded = snapshot(&other, &["load"], &path);
    assert!(loaded.status.success() && said(&loaded).contains("2 organizations"), "{}", said(&loaded));
    assert!(has_queue(&other, "Kept"));
    let of_one = folder.join("one.json");
    assert!(snapshot(&one, &["save", "--tenant", "Rehearsal"], &of_one).status.success());
    assert!(snapshot(&other, &["load", "--tenant", "Rehearsal"], &of_one).status.success());
    let whole = snapshot(&other, &["load"], &of_one);
    assert_eq!(whole.status.code(), Some(1));
    assert!(said(&whole).contains("it is of one organization"), "{}", said(&whole));
    let missing = snapshot(&other, &["load"], &folder.join("none.json"));
    assert_eq!(missing.status.code(), Some(2), "{}", said(&missing));
    assert_eq!(snapshot(&one, &["save"], &folder).status.code(), Some(2), "a folder");
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 2, "nothing else is left");
}
