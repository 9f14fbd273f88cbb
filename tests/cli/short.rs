//! Commands that end by themselves, and wrong usage.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use crate::server::{Server, ended, file, folder, gcmock, limits, wait};

const SCENARIOS: [&str; 5] =
    ["byoc-websocket", "messaging-tenant", "wem-availability", "messaging-digital", "architect-scripts"];

/// A file of the repository.
fn shipped(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// Code, stdout and stderr of one call.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = gcmock();
    command.args(arguments).envs(variables.iter().copied());
    let output = ended(&mut command);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("no signal"), text(output.stdout), text(output.stderr))
}

/// A call that is refused before anything starts: exit code 2, the reason on stderr alone.
fn refused(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let (code, stdout, stderr) = run(arguments, variables);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    stderr
}

pub(crate) fn prints(arguments: &[&str]) -> String {
    let (code, stdout, stderr) = run(arguments, &[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    stdout
}

#[test]
fn help_names_every_command_and_option() {
    let help = prints(&["--help"]);
    for word in [
        "serve",
        "check",
        "scenarios",
        "print",
        "export",
        "import",
        "requests",
        "healthcheck",
        "--listen",
        "GCMOCK_LISTEN",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[test]
fn every_command_has_help() {
    for command in ["serve", "check", "scenarios", "print", "export", "import", "requests", "healthcheck"] {
        let help = prints(&[command, "--help"]);
        assert!(help.contains(&format!("Usage: gcmock {command}")), "{help}");
    }
}

#[test]
fn every_shell_gets_a_completion_script_that_knows_the_options() {
    for (shell, word) in [
        ("bash", "complete -F"),
        ("elvish", "edit:completion"),
        ("fish", "complete -c gcmock"),
        ("powershell", "Register-ArgumentCompleter"),
        ("zsh", "#compdef gcmock"),
    ] {
        let script = prints(&["completions", shell]);
        for word in [word, "also-serve", "healthcheck"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert!(refused(&["completions", "cmd"], &[]).contains("bash"));
    assert!(refused(&["completions"], &[]).contains("SHELL"));
}

#[cfg(unix)]
#[test]
fn bash_reads_its_completion_script() {
    let script = file("gcmock.bash", &prints(&["completions", "bash"]));
    let asked = "source \"$0\"; COMP_WORDS=(gcmock rewrite --al); COMP_CWORD=2; _gcmock gcmock --al rewrite; echo ${COMPREPLY[@]}";
    let output = std::process::Command::new("bash").args(["-c", asked]).arg(script).output().expect("bash");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "--also-serve\n");
}

#[test]
fn manual_pages_are_written_one_for_each_command_and_none_shows_a_variable() {
    let pages = folder("manual").join("man1");
    let (code, stdout, stderr) =
        run(&["man", pages.to_str().expect("UTF-8")], &[("GCMOCK_ADMIN_TOKEN", "secret-token")]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "", ""));
    let help = prints(&["--help"]);
    let commands =
        help.split("Commands:").nth(1).and_then(|rest| rest.split("Options:").next()).expect("commands");
    let indent = commands.find(|char| char != ' ' && char != '\n').expect("a command");
    let is_command = |line: &&str| line.len() > indent && line.starts_with("  ") && !line.starts_with("   ");
    let names = commands.lines().filter(is_command).filter_map(|line| line.split_whitespace().next());
    let expected = names
        .filter(|name| *name != "help")
        .map(|name| format!("gcmock-{name}.1"))
        .chain(["gcmock.1".to_owned()]);
    for page in expected {
        let text =
            std::fs::read_to_string(pages.join(&page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(text.contains(".TH ") && text.contains(".SH SYNOPSIS"), "{page}");
        assert!(!text.contains("secret-token"), "{page}");
    }
    let serve = std::fs::read_to_string(pages.join("gcmock-serve.1")).expect("written");
    assert!(serve.contains("GCMOCK_ALSO_SERVE"), "{serve}");
    assert!(refused(&["man", "/proc/nowhere"], &[]).contains("/proc/nowhere"));
}

#[test]
fn it_tells_its_version() {
    assert_eq!(prints(&["--version"]), format!("gcmock {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_scenarios_are_listed_a_line_each() {
    let listed = prints(&["scenarios"]);
    let names: Vec<_> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, SCENARIOS);
    assert!(listed.lines().all(|line| line.split_whitespace().count() > 5), "each has a summary: {listed}");
}

#[test]
fn limits_and_plans_are_printed_as_they_are() {
    assert_eq!(prints(&["print", "limits"]), shipped("limits.toml"));
    for scenario in SCENARIOS {
        let limits = shipped(&format!("fixtures/limits/{scenario}.toml"));
        assert_eq!(prints(&["print", "limits", scenario]), limits);
        let (code, plan, said) = run(&["print", "plan", scenario], &[]);
        assert_eq!((code, plan), (0, shipped(&format!("fixtures/plans/{scenario}.jmx"))));
        assert!(said.ends_with(&format!("gcmock serve --scenario {scenario}\n")), "{said}");
    }
}

#[test]
fn every_plan_names_its_scenario_in_each_of_its_requests() {
    for scenario in SCENARIOS {
        let marker = format!(
            "<stringProp name=\"Header.name\">Gcmock-Scenario</stringProp>\n\
             {:14}<stringProp name=\"Header.value\">{}</stringProp>",
            "", scenario
        );
        let lines = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
        let plan = shipped(&format!("fixtures/plans/{scenario}.jmx"));
        let marked = lines(&plan).matches(&lines(&marker)).count();
        assert_eq!(marked, 2, "{scenario}: the first request, and those of the users");
    }
}

#[test]
fn a_scenario_that_is_not_there_is_wrong_usage() {
    for arguments in [
        &["print", "limits", "nonsense"][..],
        &["print", "plan", "nonsense"],
        &["--scenario", "nonsense"],
        &["serve", "--scenario", "nonsense"],
    ] {
        let told = refused(arguments, &[]);
        assert!(told.starts_with("gcmock: unknown scenario nonsense; "), "{told}");
        assert!(told.contains("messaging-tenant"), "{told}");
    }
    assert!(refused(&["print", "plan"], &[]).contains("which plan?"));
}

#[test]
fn closing_the_pipe_early_is_no_failure() {
    let mut child = gcmock().args(["print", "limits"]).stdout(Stdio::piped()).spawn().expect("starts");
    drop(child.stdout.take());
    assert_eq!(wait(&mut child).code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn what_can_not_be_written_is_a_failure() {
    let right = file("right-full.toml", &limits("a", 1));
    for arguments in [&["print", "limits"][..], &["check", right.to_str().expect("UTF-8")], &["scenarios"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux");
        let output = gcmock().args(arguments).stdout(full).stderr(Stdio::piped()).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.starts_with("gcmock: cannot write to stdout: "), "{said}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_without_an_end_is_refused() {
    let plan = file("plan.jmx", "x");
    let plan = plan.to_str().expect("UTF-8");
    for arguments in [
        &["run", "--expect", "/dev/zero", "--", "true"][..],
        &["serve", "--port", "0", "--tls-cert", "/dev/zero", "--tls-key", "/dev/zero"],
        &["predict", "/dev/zero"],
        &["rewrite", "/dev/zero", "--out", plan],
        &["check", "/dev/zero"],
    ] {
        let output = gcmock().args(arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.lines().count() == 1 && said.len() < 600, "{arguments:?}: {said}");
    }
}

#[test]
fn right_files_are_said_to_be_right() {
    let first = file("right-1.toml", &limits("a", 1));
    let second = file("right-2.toml", &limits("b", 1));
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    let said = prints(&["check", first, second]);
    assert_eq!(said, format!("ok: 1 limit in {first}\nok: 1 limit in {second}\nok: 2 limits together\n"));
}

#[test]
fn files_are_checked_over_the_documented_limits_as_they_would_be_served() {
    let own = file("over-defaults.toml", &limits("users", 1));
    let own = own.to_str().unwrap();
    let count = shipped("limits.toml").matches("\n[[limit]]").count();
    let together = format!("ok: 1 limit in {own}\nok: {count} limits together\n");
    assert_eq!(prints(&["check", "--with-defaults", own]), together, "one of them is replaced");
    assert_eq!(run(&["check", own], &[("GCMOCK_WITH_DEFAULTS", "1")]).1, together);
}

#[test]
fn the_printed_limits_are_right() {
    let default = file("printed.toml", &prints(&["print", "limits"]));
    assert!(prints(&["check", default.to_str().unwrap()]).starts_with("ok: "));
}

#[test]
fn every_limits_file_that_is_shipped_is_right() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/limits");
    let files: Vec<_> =
        std::fs::read_dir(folder).expect("the fixtures").flatten().map(|file| file.path()).collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        assert!(prints(&["check", file.to_str().unwrap()]).starts_with("ok: "), "{}", file.display());
    }
}

#[test]
fn check_tells_every_problem_of_every_file() {
    let bad = limits("a", 0).replace("3m", "3 minutes");
    let bad = file("bad-check.toml", &bad);
    let bad = bad.to_str().unwrap();
    let told = refused(&["check", bad, "/nowhere/limits.toml"], &[]);
    assert_eq!(told.matches(bad).count(), 2, "{told}");
    assert!(told.contains("capacity") && told.contains("3 minutes"), "{told}");
    assert!(told.contains("/nowhere/limits.toml: cannot be read"), "{told}");
    assert!(refused(&["check"], &[]).contains("<FILES>"));
}

#[test]
fn a_server_does_not_start_with_bad_limits() {
    let bad = file("bad-serve.toml", &limits("a", 0).replace("scope", "scoop"));
    let told = refused(&["--listen", "127.0.0.1:0", "--limits", bad.to_str().unwrap()], &[]);
    assert!(told.contains("scoop") && told.contains("capacity"), "{told}");
    let told = refused(&["--listen", "127.0.0.1:0"], &[("GCMOCK_LIMITS", "/nowhere/limits.toml")]);
    assert!(told.contains("/nowhere/limits.toml: cannot be read"), "{told}");
}

#[test]
fn a_port_that_is_in_use_is_named_with_its_option() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = refused(&["--listen", &address], &[]);
    assert!(told.contains(&format!("--listen {address}: ")), "{told}");
    assert!(told.contains("in use by another program") && told.contains("--port 0"), "{told}");
    let told = refused(&["--listen", "127.0.0.1:0", "--admin-listen", &address], &[]);
    assert!(told.contains(&format!("--admin-listen {address}: ")), "{told}");
    assert!(told.contains("--admin-listen 127.0.0.1:0 for any"), "{told}");
}

#[test]
fn of_a_port_that_another_gcmock_has_its_version_process_and_scenario_are_told() {
    let server = Server::start(&["--scenario", "messaging-tenant"]);
    let process = format!("process {}, scenario messaging-tenant", server.process());
    let state = folder("state-of-a-busy-port");
    let mut free = vec!["--state-dir", state.to_str().expect("UTF-8")];
    free.extend(["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    for option in ["--listen", "--tls-listen", "--admin-listen"] {
        let mut arguments = free.clone();
        let at = arguments.iter().position(|argument| *argument == option).expect("one of them");
        arguments[at + 1] = &server.address;
        let told = refused(&arguments, &[]);
        assert!(
            told.contains(&format!("{option} {}: the port is in use by another gcmock", server.address)),
            "{told}"
        );
        assert!(told.contains(env!("CARGO_PKG_VERSION")) && told.contains(&process), "{told}");
    }
    let told = refused(&["serve", "--port", server.port()], &[]);
    assert!(told.contains(&process), "{told}");
}

#[test]
fn an_address_that_can_not_be_meant_is_told_with_its_option() {
    for (option, address, why) in [
        ("--listen", "here", "the port is missing"),
        ("--listen", "127.0.0.1:99999", "from 0 to 65535"),
        ("--tls-listen", "::1:8443", "in brackets"),
        ("--admin-listen", "http://localhost:9091", "without http://"),
        ("--port", "99999", "0..=65535"),
        ("--port", "here", "expected a whole number"),
    ] {
        let told = refused(&[option, address], &[]);
        assert!(told.contains(option) && told.contains(why), "{told}");
    }
    let told = refused(&["--listen", "none", "--tls-listen", "127.0.0.1:0", "--port", "8080"], &[]);
    assert!(told.contains("--port 8080: --listen none has no port"), "{told}");
}

#[test]
fn options_that_make_no_sense_are_told() {
    let clock = refused(&["--listen", "127.0.0.1:0"], &[("GCMOCK_CLOCK", "sundial")]);
    assert!(
        clock.contains("sundial") && clock.contains("GCMOCK_CLOCK") && clock.contains("manual="),
        "{clock}"
    );
    let start = refused(&["--listen", "127.0.0.1:0", "--clock", "manual=yesterday"], &[]);
    assert!(start.contains("manual=yesterday"), "{start}");
    assert!(refused(&["--listen", "here"], &[]).contains("--listen"));
    assert!(refused(&["--nonsense"], &[]).contains("--nonsense"));
    assert!(refused(&["--admin-token", ""], &[]).contains("--admin-token"));
    let organizations = refused(&["--listen", "127.0.0.1:0", "--organizations", "/nowhere"], &[]);
    assert!(organizations.contains("--organizations /nowhere"), "{organizations}");
}

#[test]
fn a_variable_of_serve_is_no_matter_of_other_commands() {
    let variables = [("GCMOCK_MAX_HEAD", "much"), ("GCMOCK_STRICT_AUTH", "perhaps")];
    assert_eq!(run(&["scenarios"], &variables).0, 0);
    assert_eq!(run(&["run", "--", "true"], &variables).0, 0);
    for arguments in [&["--listen", "127.0.0.1:0"][..], &["serve"]] {
        let told = refused(arguments, &variables);
        assert!(told.contains("--max-head") || told.contains("--strict-auth"), "{told}");
    }
}

#[test]
fn a_plan_is_rewritten_beside_itself_and_its_differences_are_listed() {
    let plan = file(
        "rewritten.jmx",
        "<jmeterTestPlan>\n<stringProp name=\"HTTPSampler.domain\">api.mypurecloud.com</stringProp>\n</jmeterTestPlan>\n",
    );
    let output = gcmock().arg("rewrite").arg(&plan).output().expect("it runs");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0));
    assert!(told.contains("3 lines are different") && told.contains("     2 - <stringProp"), "{told}");
    let copy = std::fs::read_to_string(plan.with_extension("gcmock.jmx")).expect("written");
    assert!(copy.contains(">127.0.0.1<"), "{copy}");
    let wrong = file("no-plan.jmx", "hello");
    for arguments in [
        vec![wrong.to_str().expect("UTF-8")],
        vec!["/nowhere.jmx"],
        vec![plan.to_str().expect("UTF-8"), "--url", "ftp://x"],
    ] {
        assert_eq!(gcmock().arg("rewrite").args(arguments).output().expect("it runs").status.code(), Some(2));
    }
}
