//! Every kind of element: the plans beside this test, as the model has them and as they were read.

use std::fmt::Write as _;
use std::path::PathBuf;

use gcmock_plan::model::{Action, Child, Credentials, HttpRequest, NodeId, NodeKind, Plan, Target};
use gcmock_plan::read::{Files, Item, Options, Reading, read};

use crate::with;

/// The folder with the plans.
pub(crate) struct Folder;

impl Files for Folder {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(folder().join(path)).ok()
    }
}

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/plans")
}

pub(crate) fn text_of(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn read_file(name: &str, options: &Options) -> (Plan, Reading) {
    read(&text_of(name), options, &Folder).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A plan and its reading, one line for each node, timer and element.
fn shown((plan, reading): &(Plan, Reading)) -> String {
    let mut out = format!("plan {:?} serial={}\n", plan.name, plan.serial);
    for group in &plan.groups {
        let how = (group.phase, group.loops, group.on_error, group.same_user);
        let _ = writeln!(out, "group {:?} {how:?} {:?}", group.name, group.start);
        tree(plan, &group.children, 1, &mut out);
    }
    let lists =
        [("exact", &reading.exact), ("approximated", &reading.approximated), ("cannot", &reading.cannot)];
    for (name, items) in lists {
        let _ = writeln!(out, "{name}:");
        out.extend(items.iter().map(line));
    }
    out
}

fn line(item: &Item) -> String {
    let lost = if item.loses_requests { " LOSES REQUESTS" } else { "" };
    let option = item.option.as_deref().unwrap_or_default();
    let file = item.file.as_deref().unwrap_or_default();
    let line = format!("  {file}:{} {} '{}' {} {option}", item.line, item.kind, item.name, item.assumed);
    format!("{}{lost}\n", line.trim_end())
}

/// An action in few words: of a request only what it has.
fn action(action: &Action) -> String {
    let (name, request) = match action {
        Action::Http(request) => ("", request),
        Action::SocketOpen(request) => ("SocketOpen ", request),
        other => return format!("{other:?}"),
    };
    let HttpRequest {
        method,
        target,
        path,
        query,
        headers,
        body,
        credentials,
        keep_alive,
        follows_redirects,
        by_row,
    } = request;
    let mut out = format!("{name}{method} {path:?}");
    if *target != Target::default() {
        let _ = write!(out, " at {:?} {:?} {:?}", target.secure, target.host, target.port);
    }
    for (name, text) in [("query", query), ("body", body)] {
        if !text.is_empty() {
            let _ = write!(out, " {name} {text:?}");
        }
    }
    if !headers.is_empty() {
        let _ = write!(out, " headers {headers:?}");
    }
    if *credentials != Credentials::None {
        let _ = write!(out, " {credentials:?}");
    }
    if *follows_redirects {
        out.push_str(" follows redirects");
    }
    if let Some(by_row) = by_row {
        let _ = write!(out, " by row {by_row:?}");
    }
    if *keep_alive { out } else { out + " closes" }
}

fn tree(plan: &Plan, nodes: &[NodeId], depth: usize, out: &mut String) {
    for node in nodes.iter().map(|id| &plan.nodes[id.0 as usize]) {
        let _ = write!(out, "{:1$}{2:?} ", "", 2 * depth, node.name);
        if let NodeKind::Sampler(sampler) = &node.kind {
            let timers: Vec<_> = sampler.timers.iter().map(|id| &plan.timers[id.0 as usize]).collect();
            out.push_str(&action(&sampler.action));
            if !timers.is_empty() {
                let _ = write!(out, " after {timers:?}");
            }
            let _ = writeln!(out, "{}", if sampler.silent { " silent" } else { "" });
        } else {
            let _ = writeln!(out, "{:?}", node.kind);
        }
        tree(plan, &node.children, depth + 1, out);
    }
}

#[test]
fn thread_groups_have_their_schedules() {
    insta::assert_snapshot!(shown(&read_file("groups.jmx", &with(&[]))));
}

#[test]
fn controllers_decide_what_runs() {
    insta::assert_snapshot!(shown(&read_file("controllers.jmx", &with(&[]))));
}

#[test]
fn timers_act_on_every_sampler_below_their_parent() {
    insta::assert_snapshot!(shown(&read_file("timers.jmx", &with(&[("timer.factor", "2")]))));
}

#[test]
fn samplers_take_what_they_lack_from_their_scope() {
    insta::assert_snapshot!(shown(&read_file("samplers.jmx", &with(&[]))));
}

#[test]
fn what_changes_the_course_by_answers_is_told() {
    insta::assert_snapshot!(shown(&read_file("course.jmx", &with(&[]))));
}

#[test]
fn web_socket_samplers_open_write_read_and_close() {
    insta::assert_snapshot!(shown(&read_file("sockets.jmx", &with(&[]))));
}

#[test]
fn modules_and_included_plans_are_read_in_their_places() {
    insta::assert_snapshot!(shown(&read_file("modules.jmx", &with(&[]))));
}

#[test]
fn tokens_come_from_files_answers_and_logins() {
    insta::assert_snapshot!(shown(&read_file("tokens.jmx", &with(&[]))));
    insta::assert_snapshot!(shown(&read_file("login.jmx", &with(&[]))));
}

#[test]
fn options_answer_what_a_plan_leaves_open() {
    let mut options = with(&[]);
    options.conditions.insert("Of an answer".to_owned(), false);
    options.turns.extend([("Poll job".to_owned(), 5), ("Each match".to_owned(), 3)]);
    options.turns.insert("Switch by what a run sets".to_owned(), 1);
    let (plan, reading) = read_file("controllers.jmx", &options);
    let kind = |name: &str| crate::node(&plan, name).kind.clone();
    assert_eq!(kind("Of an answer"), NodeKind::Never);
    assert_eq!(kind("Poll job"), NodeKind::Loop(Some(5)));
    assert_eq!(kind("Each match"), NodeKind::Loop(Some(3)));
    assert_eq!(kind("Switch by what a run sets"), NodeKind::Switch(Child::At(1)));
    let left: Vec<&str> = reading.approximated.iter().map(|item| &*item.name).collect();
    assert_eq!(left, ["Of no known kind"]);
}

#[test]
fn tokens_can_be_counted_by_an_option() {
    let mut options = with(&[]);
    options.tokens = Some(20);
    let (plan, reading) = read_file("tokens.jmx", &options);
    let credentials = &crate::request(&plan, "With a token of an answer").credentials;
    assert!(matches!(credentials, Credentials::Spread { count: 20, .. }), "{credentials:?}");
    assert_eq!(reading.approximated, vec![]);
}

/// A CSV file of one row.
struct OneRow;

impl Files for OneRow {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        (path == "tokens.csv").then(|| b"user,token\n\"a, b\",only\n".to_vec())
    }
}

#[test]
fn a_file_of_one_row_is_a_set_of_constants() {
    let recycle = "<boolProp name=\"recycle\">";
    let quoted = text_of("tokens.jmx")
        .replace(recycle, &format!("<boolProp name=\"quotedData\">true</boolProp>{recycle}"));
    let (plan, _) = read(&quoted, &with(&[]), &OneRow).unwrap_or_else(|error| panic!("{error}"));
    let credentials = &crate::request(&plan, "With a token of the file").credentials;
    assert_eq!(*credentials, Credentials::Shared("Bearer only".into()));
}

#[test]
fn user_parameters_give_each_user_its_token_and_one_user_a_constant() {
    let text = text_of("tokens.jmx");
    let begin = text.find("<CSVDataSet").expect("a data set");
    let end = text.find("</CSVDataSet>").expect("its end") + "</CSVDataSet>".len();
    let with_users = |users: &[&str]| {
        let user = |token: &&str| {
            format!("<collectionProp name=\"u\"><stringProp name=\"1\">{token}</stringProp></collectionProp>")
        };
        let parameters = format!(
            "<UserParameters testclass=\"UserParameters\" testname=\"Users\" enabled=\"true\">\
             <collectionProp name=\"UserParameters.names\"><stringProp name=\"1\">token</stringProp></collectionProp>\
             <collectionProp name=\"UserParameters.thread_values\">{}</collectionProp></UserParameters>",
            users.iter().map(user).collect::<String>()
        );
        let text = format!("{}{parameters}{}", &text[..begin], &text[end..]);
        let (plan, reading) = read(&text, &Options::default(), &Folder).expect("a plan");
        assert!(
            reading.exact.iter().any(|item| &*item.kind == "UserParameters") || users.len() == 1,
            "{reading:?}"
        );
        crate::request(&plan, "With a token of the file").credentials.clone()
    };
    let three = with_users(&["a", "b", "c"]);
    let tokens = ["Bearer a", "Bearer b", "Bearer c"].map(Into::into).into();
    assert_eq!(three, Credentials::Spread { tokens, count: 3 });
    assert_eq!(with_users(&["a"]), Credentials::Shared("Bearer a".into()));
}

/// Counts how often a file is read.
struct Counted(std::cell::Cell<u32>);

impl Files for Counted {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.0.set(self.0.get() + 1);
        Folder.read(path)
    }
}

#[test]
fn a_file_of_rows_is_read_once_however_many_groups_have_it() {
    let set = "<CSVDataSet testname=\"rows\"><stringProp name=\"filename\">tokens.csv</stringProp>\
               <boolProp name=\"recycle\">false</boolProp><boolProp name=\"stopThread\">true</boolProp></CSVDataSet><hashTree/>";
    let group = format!("<ThreadGroup/><hashTree>{set}<HTTPSamplerProxy/><hashTree/></hashTree>");
    let text = format!(
        "<jmeterTestPlan><hashTree><TestPlan/><hashTree>{}</hashTree></hashTree></jmeterTestPlan>",
        group.repeat(3)
    );
    let files = Counted(std::cell::Cell::new(0));
    let (plan, _) = read(&text, &Options::default(), &files).expect("a plan");
    assert_eq!((plan.groups.len(), files.0.get()), (3, 1));
}
