//! Changing the configuration in force, and checking files without one.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Catalog, Config, names, source, window};
use crate::catalog::OperationId;
use crate::rules::{Layer, LiveConfig, watch};

/// A folder of its own for a test's files.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gcmock-reload-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).expect("a file for the test");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn live(layers: Vec<Layer>) -> (LiveConfig, Arc<AtomicUsize>) {
    let live = LiveConfig::new(layers, Arc::new(Catalog)).expect("right files");
    let changes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&changes);
    live.on_change(move |_, _| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    (live, changes)
}

#[test]
fn a_changed_file_is_taken_over_and_a_bad_one_keeps_the_old_limits() {
    let folder = Folder::new("a_changed_file");
    let path = folder.write("limits.toml", &window("a", 1));
    let (live, changes) = live(vec![Layer::File(path)]);
    assert!(!live.files_changed());
    assert_eq!(live.reload_files(false), Ok(false));

    folder.write("limits.toml", "nonsense");
    assert!(live.files_changed());
    assert!(live.reload_files(false).is_err());
    assert_eq!(names(&live.current()), ["a"]);
    assert!(live.last_error().expect("an error").to_string().contains("limits.toml:1:9: this is not TOML: "));
    assert_eq!(live.reload_files(false), Ok(false), "the same mistake is told once");
    assert!(live.last_error().is_some());

    folder.write("limits.toml", &window("b", 1));
    assert_eq!(live.reload_files(false), Ok(true));
    assert_eq!(names(&live.current()), ["b"]);
    assert!(live.last_error().is_none());
    assert_eq!(changes.load(Ordering::Relaxed), 1);
}

#[test]
fn a_file_that_is_gone_is_a_problem_like_any_other() {
    let folder = Folder::new("a_file_that_is_gone");
    let path = folder.write("limits.toml", &window("a", 1));
    let (live, _) = live(vec![Layer::File(path.clone())]);
    fs::remove_file(&path).expect("a file");
    assert!(live.reload_files(false).unwrap_err().to_string().contains("cannot be read"));
    assert_eq!(names(&live.current()), ["a"]);
}

/// The problems of a reload of `text` in place of a file with a limit, which stays in force.
fn refused(folder: &Folder, live: &LiveConfig, text: &str) -> String {
    folder.write("limits.toml", text);
    let problems = live.reload_files(true).expect_err(text).to_string();
    assert_eq!(names(&live.current()), ["a"], "{text:?}");
    assert!(live.last_error().is_some());
    problems
}

#[test]
fn a_file_that_has_lost_its_limits_keeps_the_old_ones() {
    let folder = Folder::new("a_file_that_has_lost_its_limits");
    let path = folder.write("limits.toml", &window("a", 1));
    let (live, changes) = live(vec![Layer::File(path)]);
    for text in ["", "\n \t\n", "# limits\n"] {
        assert!(
            refused(&folder, &live, text).contains("limits.toml: the file is empty (expected"),
            "{text:?}"
        );
    }
    for text in ["limit = []\n", "[response]\nexplain = true\n"] {
        assert!(refused(&folder, &live, text).contains("the file has no [[limit]]"), "{text:?}");
    }
    refused(&folder, &live, "[[limit]]\n");
    assert!(refused(&folder, &live, "").contains("empty"), "a mistake in between changes nothing");
    live.reset();
    assert_eq!(names(&live.current()), ["a"]);

    folder.write("limits.toml", &window("a", 1));
    assert_eq!(live.reload_files(false), Ok(true));
    assert!(live.last_error().is_none());
    assert_eq!(changes.load(Ordering::Relaxed), 2);
}

#[test]
fn each_of_several_files_is_looked_at_by_itself() {
    let folder = Folder::new("each_of_several_files");
    let first = folder.write("first.toml", &window("a", 1));
    let second = folder.write("second.toml", "[response]\nexplain = true\n");
    let (live, _) = live(vec![Layer::File(first), Layer::File(second)]);
    folder.write("second.toml", "[response]\nexplain = false\n");
    assert_eq!(live.reload_files(false), Ok(true), "it never had a limit");
    folder.write("second.toml", "");
    assert!(live.reload_files(false).unwrap_err().to_string().contains("second.toml: the file is empty"));
    folder.write("second.toml", &window("b", 1));
    assert_eq!(live.reload_files(false), Ok(true));
    folder.write("first.toml", "");
    assert!(live.reload_files(false).unwrap_err().to_string().contains("first.toml: the file is empty"));
    assert_eq!(names(&live.current()), ["a", "b"]);
}

#[test]
fn a_server_that_starts_without_limits_reloads_without_limits() {
    let folder = Folder::new("starts_without_limits");
    let path = folder.write("limits.toml", "");
    let (live, _) = live(vec![Layer::File(path)]);
    assert_eq!(live.reload_files(true), Ok(true));
    folder.write("limits.toml", "# none yet\n");
    assert_eq!(live.reload_files(false), Ok(true));
}

#[cfg(unix)]
#[test]
fn a_folder_whose_link_is_swapped_is_followed() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("a_swapped_link");
    let swap = |name: &str, text: &str| {
        fs::create_dir_all(folder.0.join(name)).expect("a folder");
        fs::write(folder.0.join(name).join("limits.toml"), text).expect("a file");
        let _ = fs::remove_file(folder.0.join("next"));
        symlink(name, folder.0.join("next")).expect("a link");
        fs::rename(folder.0.join("next"), folder.0.join("current")).expect("a link");
    };
    swap("one", &window("a", 1));
    let (live, _) = live(vec![Layer::File(folder.0.join("current/limits.toml"))]);
    swap("two", "");
    assert!(live.reload_files(false).unwrap_err().to_string().contains("empty"));
    fs::remove_file(folder.0.join("current")).expect("a link");
    assert!(live.reload_files(false).unwrap_err().to_string().contains("cannot be read"));
    swap("three", &window("b", 1));
    assert_eq!(live.reload_files(false), Ok(true));
    assert_eq!(names(&live.current()), ["b"]);
}

/// The kernel's file of random ids has new content at every read.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_differs_at_every_look_is_not_taken_over() {
    let folder = Folder::new("differs_at_every_look");
    let path = folder.write("limits.toml", &window("a", 1));
    let (live, _) = live(vec![Layer::File(path.clone())]);
    fs::remove_file(&path).expect("a file");
    std::os::unix::fs::symlink("/proc/sys/kernel/random/uuid", &path).expect("a link");
    let problems = live.reload_files(true).unwrap_err().to_string();
    assert!(problems.contains("limits.toml: changes between reads"), "{problems}");
    fs::remove_file(&path).expect("a file");
    folder.write("limits.toml", &window("b", 1));
    assert_eq!(live.reload_files(false), Ok(true));
}

#[test]
fn a_replacement_holds_until_reset() {
    let (live, changes) = live(vec![Layer::Text(source("embedded", window("a", 1)))]);
    let before = live.current();
    live.replace_toml("body", window("b", 1)).expect("they are right");
    assert_eq!(names(&live.current()), ["b"]);
    assert_eq!(names(&before), ["a"], "a snapshot does not change");
    live.replace_json("body", &json!({"limit": []})).expect("they are right");
    assert_eq!(live.current().limits.len(), 0);
    live.replace_toml("body", "x = 1".to_owned()).unwrap_err();
    assert_eq!(changes.load(Ordering::Relaxed), 2);

    live.reset();
    assert_eq!(names(&live.current()), ["a"]);
    assert_eq!(live.current().limits[0].rule.id, before.limits[0].rule.id);
}

#[test]
fn reset_goes_back_to_what_a_now_bad_file_last_said_rightly() {
    let folder = Folder::new("reset_goes_back");
    let path = folder.write("limits.toml", &window("a", 1));
    let (live, _) = live(vec![Layer::File(path)]);
    live.replace_toml("body", window("b", 1)).expect("they are right");
    folder.write("limits.toml", "nonsense");
    live.reset();
    assert_eq!(names(&live.current()), ["a"]);
    assert!(live.last_error().is_some());
}

#[test]
fn nothing_starts_with_bad_or_unreadable_files() {
    let layers = vec![
        Layer::File(PathBuf::from("/nowhere/limits.toml")),
        Layer::Text(source("b.toml", window("a", 1).replace("/api/v2/users", "/api/v3/users"))),
    ];
    let problems = LiveConfig::new(layers, Arc::new(Catalog)).err().expect("problems");
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert!(told[0].starts_with("/nowhere/limits.toml: cannot be read"), "{told:?}");
    assert!(told[1].starts_with("b.toml:6: \"GET /api/v3/users\" matches no operation"), "{told:?}");
}

#[test]
fn the_first_of_many_patterns_without_an_operation_are_told() {
    let many = (0..50).map(|at| format!("\"GET /api/v3/thing{at}\"")).collect::<Vec<_>>().join(", ");
    let text = window("a", 1).replace("\"GET /api/v2/users\"", &many);
    let problems = LiveConfig::new(vec![Layer::Text(source("b.toml", text))], Arc::new(Catalog))
        .err()
        .expect("problems");
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 21);
    assert!(told[20].contains("30 more patterns match no operation"), "{}", told[20]);
}

#[test]
fn a_reloaded_configuration_is_indexed() {
    let (live, _) = live(vec![Layer::Text(source("embedded", window("a", 1)))]);
    let of_operation = |config: &Config| {
        config.limits_for(Some(OperationId(3)), "GET".into(), "whatever the path is").count()
    };
    assert_eq!(of_operation(&live.current()), 1);
    live.reset();
    assert_eq!(of_operation(&live.current()), 1);
}

/// Waits until the first limit has that name; the time is only there for a test that would hang.
async fn until_first_is(live: &LiveConfig, name: &str) {
    let reached = async {
        while names(&live.current()) != [name] {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reached).await.expect(name);
}

#[cfg(unix)]
#[tokio::test]
async fn a_changed_file_and_sighup_are_noticed_until_the_watch_is_stopped() {
    let folder = Folder::new("watch");
    let path = folder.write("limits.toml", &window("a", 1));
    let live = Arc::new(live(vec![Layer::File(path)]).0);
    let stop = CancellationToken::new();
    let task = tokio::spawn(watch(Arc::clone(&live), stop.clone()));

    folder.write("limits.toml", &window("b", 1));
    until_first_is(&live, "b").await;

    live.replace_toml("body", window("c", 1)).expect("they are right");
    let sent = std::process::Command::new("sh").args(["-c", "kill -HUP $PPID"]).status().expect("it runs");
    assert!(sent.success());
    until_first_is(&live, "b").await;

    stop.cancel();
    task.await.expect("no panic");
}
