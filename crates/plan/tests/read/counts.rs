//! How often each sampler is sent, against JMeter 5.6.3 with the same plan. What it sent is recorded here. With
//! `GCMOCK_TEST_JMETER`, its launcher, it is run again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use gcmock_limit::{Algorithm, Decision, Rule, RuleId, Scope, Scopes, Subject};
use gcmock_plan::model::{Credentials, NodeKind, Plan};
use gcmock_plan::read::{Options, read};
use gcmock_plan::simulate::{self, Costs, Met, Operation, System, Wait};

use crate::elements::{Folder, folder, text_of};

/// Counts all requests by the last part of their address: names of children that a switch looks for are not unique. Those
/// to a path with `FAIL` fail, those to one with `SLOW` take a second.
#[derive(Default)]
struct Counting(RefCell<Vec<(String, u64)>>);

impl System for Counting {
    fn meet(&self, operation: Operation<'_>) -> Met {
        let Operation::Http(request) = operation else { return Met::default() };
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let address = format!("{}{query}", request.path);
        let mut all = self.0.borrow_mut();
        all.push((address, 0));
        let wait = Wait::Asked { index: all.len() - 1, random: false };
        Met { wait, fails: request.path.contains("FAIL"), ..Met::default() }
    }

    fn wait(&self, index: usize, _: &Decision<'_>, _: bool, _: &mut dyn FnMut() -> f64) -> u64 {
        let (address, count) = &mut self.0.borrow_mut()[index];
        *count += 1;
        if address.contains("SLOW") { 1_000_000_000 } else { 1_000_000 }
    }
}

/// Requests by the name of their sampler.
type Counts = BTreeMap<String, u64>;

fn counts(text: &str) -> Counts {
    let (plan, _) = read(text, &Options::default(), &Folder).expect("a plan");
    let options = simulate::Options { costs: Costs::IDEAL, skip: false, ..simulate::Options::default() };
    let counting = Counting::default();
    simulate::run(&plan, &counting, &options).expect("a plan");
    let mut counts = Counts::new();
    for (address, count) in counting.0.into_inner().into_iter().filter(|(_, count)| *count > 0) {
        let name = address.rsplit('/').next().unwrap_or_default();
        *counts.entry(name.to_owned()).or_default() += count;
    }
    counts
}

/// Answers the requests of a connection, and counts them by the last part of their path.
fn answer(stream: TcpStream, counts: &Mutex<Counts>) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut lines = BufReader::new(stream).lines();
    while let Some(Ok(first)) = lines.next() {
        let path = first.split(' ').nth(1)?.to_owned();
        while !lines.next()?.ok()?.is_empty() {}
        let name = path.rsplit('/').next().unwrap_or_default();
        *counts.lock().ok()?.entry(name.to_owned()).or_default() += 1;
        if path.contains("SLOW") {
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        let status = if path.contains("FAIL") { "500 Failed" } else { "200 OK" };
        write!(writer, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").ok()?;
    }
    Some(())
}

/// What the real JMeter sends with a plan.
fn counts_of_jmeter(launcher: &str, plan: &Path) -> Counts {
    // Beside others, one is too slow for the plans whose course depends on which answer is first.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let counts: Arc<Mutex<Counts>> = Arc::default();
    let counted = Arc::clone(&counts);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let counts = Arc::clone(&counted);
            std::thread::spawn(move || answer(stream, &counts));
        }
    });
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("jmeter.log");
    let status = Command::new(launcher)
        .args(["-n", "-t"])
        .arg(plan)
        .arg(format!("-Jport={port}"))
        .arg("-j")
        .arg(log)
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("JMeter").success());
    std::mem::take(&mut *counts.lock().expect("the counts"))
}

/// The requests of each sampler that JMeter sent with `counts.jmx`.
const OF_COUNTS: &str = "
    DEFAULT 2, FAIL15 3, FAIL20 1, Two 2, g10a 5, g10b 10, g11a 10, g12a 3, g13a 3, g14a 4, g14b 1, g15a 3, g16a 3,
    g16c 3, g17a 3, g17b 4, g17c 2, g17d 6, g1a 5, g1b 3, g1c 2, g20a 1, g22a 3, g22b 3, g23a 5, g23b 2, g24a 1,
    g24b 3, g24d 3, g2a 5, g2b 5, g2c 5, g3a 5, g3b 4, g4a 2, g4b 1, g4c 1, g5a 5, g5b 1, g5c 4, g6a 2, g6b 3, g7a 1,
    g7b 12, g7c 6, g8a 3, g8b 1, g8c 12, g9b 2, g9f 2, g9h 2";

/// The same of `turns.jmx`: controllers that run one child at a turn, and children that are over for good.
const OF_TURNS: &str = "
    all-a1 3, all-a2 6, all-b1 9, all-b2 3, all-c1 1, all-c2 5, all-d2 6, all-e2 6, all-f1 1, all-f2 6, all-g1 6,
    all-h1 5, all-h2 5, all-h3 4, all-i1 2, all-i2 8, all-j2 8, all-k1 12, all-k2 36, all-l1 6, all-l2 4,
    all-l3 3, all-m3 8, each-a1 4, each-a2-FAIL 4, each-a4 4, each-b1 4, each-b2-FAIL 4, each-b5 4,
    each-c1-FAIL 3, each-c3 1, each-c4 5, each-d1 2, each-d2-FAIL 1, each-d3 2, each-d4 12, empty-1 2,
    next-1-FAIL 6, own-a1 3, own-a2 3, own-b1 3, own-b2 3, own-c1 1, own-c2 1, own-e2 6, own-f1 1, own-f2 5,
    own-g1 6, own-h1 2, own-h2 2, own-h3 4, own-i1 2, own-i2 6, own-j2 8, own-k1 12, own-l1 2, own-l2 1, own-l3 1,
    own-m3 8, share-1-FAIL 10, share-b1-FAIL 5, share-b2 1, share-b3 5, switch-1 3, switch-2 5, w-a1 10, w-a2 6,
    w-a3 4, w-b1 10, w-b2 10, w-b3 6, w-b4 4, w-c1 7, w-c2 14, w-c4 6, w-d1 1, w-d2 6, w-g1 7, w-g2 13, w-g4 20,
    w-h1 7, w-h2 3, w-h3 10, w-i1 5, w-i2 5, w-i3 15, w-j1 2, w-j2-FAIL 4, w-j3 6";

/// The same of `corners.jmx`: breaks, switches by name, numbers beyond 32 bits, and parallel controllers around others.
const OF_CORNERS: &str = "
    b11a 2, b11c 2, b13a-FAIL 2, b13c 1, b14a-FAIL 2, b14c 1, b1a-FAIL 1, b1b 1, b1d 2, b2a-FAIL 1, b2d 2,
    b3a-FAIL 3, b3d 2, b4a 1, b4b-FAIL 1, b4c 1, b4d 3, b5a 2, b5b-FAIL 2, b5d 3, b5x 2, b6a-FAIL 4, b7a-FAIL 1,
    b7d 3, b7e-FAIL 3, b7f 3, b8a-FAIL 1, b8b-FAIL 1, b8d 3, b8e 3, b9a 1, b9d 2, m1b 1, m2b 1, n0d 1, n3r 2,
    n6c 2, n6d 1, n6l 2, n6t 2, n7r 2, n8d 1, p11a 3, p11b 2, p11c 3, p12a 2, p12b 2, p12c 2, p1a 2, p1b 2,
    p2a 3, p2b 3, p2c 2, p2d 2, p3b 2, p3c 2, p3d 2, p4a 3, p4b 3, p4c 3, p5a 4, p5c 4, p6a 4, p6c 4, p7c 4,
    p8c 2, p9b 2, p9c 2, s10two 2, s10x 2, s11x 2, s12a 3, s1two 3, s2def 3, s3x 3, s4one 2, s5two 2, s5x 2,
    s6a 2, s6b 2, s7one 2, s8x 2, s9two 2, s9x 2";

/// The same of `counters.jmx`: conditions that a Counter decides.
const OF_COUNTERS: &str = "
    c10b 5, c11a 6, c12a 30, c13-FAIL 4, c13b 3, c15a 4, c16a 4, c16b 2, c17a 3, c18b 2, c19a 3, c19b 2, c1a 5,
    c1b 3, c20a 5, c20b 3, c20c 4, c21a 5, c21b 3, c21c 4, c22a 3, c22b 2, c23a 6, c24a 8, c26a 3, c26b 2, c27a 3,
    c27b 2, c2a 5, c2b 3, c3a 5, c3b 3, c4a 6, c4b 2, c5a 5, c5b 3, c6a 3, c6b 4, c7a 6, c7b 8, c8a 4, c8b 4, c9a 2,
    c9b 1, c9c 3";

/// The same of `together.jmx`: actions, loops and failures below parallel controllers.
const OF_TOGETHER: &str = "
    fba 4, fbb 4, fbd 1, fbwa 4, fbwb 1, fbwd 1, fbwe 4, fca 4, fcb 3, fcd 1, fcwa 4, fcwb 3, fcwd 1, fcwe 4, fna 1,
    fnb 1, fnwa 1, fnwb 1, fxa 4, fxb 3, fxc 2, h1a 3, h1b-FAIL-SLOW 3, h3a-SLOW 1, h3b-FAIL 1, j6a 6, j6b 6, j6c 6,
    k1a 3, k1b 3, k2a 3, k2b 3, k2c 3, k3a 3, k3b 3, k3c 3, k4a 1, k4b 1, l1a 3, l1b 3, l1d 3, l2a 3, l2b 3, l2d 3,
    l2e 3, l3a 3, l3b 3, l3d 3, l3e 3, l4a 1, l4b 1, l4d 1, m1a 3, m1b 3, m1d 3, m2a 6, m2b 6, m2d 6, m2e 6, m2f 3,
    m3a 6, m3b 6, m3d 6, m3e 6, m3f 3, m4a 1, m4b 1, m4d 1, n1a 3, n1b 3, n1d 3, n2a 3, n2b 3, n2d 3, n2e 3, n3a 3,
    n3b 3, n3d 3, n3e 3, n4a 1, n4b 1, n4d 1, o1a 2, o1b 2, o1d 2, o2a 2, o2b 2, o2d 2, o2e 2, o3a 2, o3b 2, o3d 2,
    o3e 2, o4a 1, o4b 1, o4d 1, p11a-FAIL 3, p11b-SLOW 3, p11d 3, p11e-SLOW-FAIL 3, p12a-FAIL 3, p12b-SLOW 3, p12c 3,
    p12d 3, p12e-SLOW-FAIL 3, p21a-FAIL 1, p21b-SLOW 1, p21d 1, p21e-SLOW-FAIL 1, p22a-FAIL 3, p22b-SLOW 3, p22c 3,
    p22d 3, p22e-SLOW-FAIL 3, p22f 3, q1a 2, q2a 2, q2b 2, q3a 2, q3b 2, q4a 1, r1a 3, r1b 3, r1c 3, tba 4, tbb 4,
    tbd 1, tbwa 4, tbwb 4, tbwd 1, tbwe 4, tca 4, tcb 3, tcd 1, tcwa 4, tcwb 12, tcwd 1, tcwe 4, tna 1, tnb 1,
    tnwa 1, tnwb 1, txa 4, txb 12, txc 8";

/// The same of `rows.jmx`: thread groups that share the rows of a data set.
const OF_ROWS: &str = "
    tx 10, w1a 10, w2a 10, ya 10, z1a 20, z2a 20, z3a 20";

/// The same of `last.jmx`: conditions on the last sample.
const OF_LAST: &str = "
    a1a 3, a1b-FAIL 3, a1d 3, a2a 3, a2b 3, a3a 2, a3b-FAIL 3, a4a 3, a4b-FAIL 3, a4c-FAIL 3, a4d 3, a5a-FAIL 3,
    a5b 2, a5c-FAIL 3, a6a 1, a6b-FAIL 2";

/// The same of `columns.jmx`: conditions and switches that the rows of a data set decide.
const OF_COLUMNS: &str = "
    e10a 4, e10b 1, e10c 1, e11a 2, e11b 2, e12a 1, e12b 3, e13a 2, e14a 4, e15b 2, e16b 4, e16c 7, e17a 6, e17b 2,
    e17c 2, e18a 1, e18b 1, e18c 8, e19a 1, e19b 6, e1a 5, e1b 1, e20a-FAIL 2, e20b 6, e21three 2, e21two 2, e22a 3,
    e23a 5, e24a 2, e25a 3, e26a 4, e26b 2, e2a 4, e2b 6, e3a 10, e3b 10, e3c 5, e4default 1, e4read 2, e4send 3,
    e5a 3, e5b 1, e5c 2, e6a 3, e7a 2, e7b 2, e9a 5, e9b 1";

/// The same of `indices.jmx`: conditions on the number of the thread and on the index of a turn.
const OF_INDICES: &str = "
    i1a 4, i1b 4, i2a 1, i2b 1, i3a 4, i3b 8, i4a 4, i4b 6, i5a 10, i6a 6, i6b 2, i7a 3, i7b 1, i7c 1, t1a 2, t1b 4,
    t1c 2, t1d 2, t1e 4, t2a 2, t2b 2, t2c 2, t4a 6, t4b 12";

/// The same of `addresses.jmx`: paths, methods and queries that the rows of a data set decide.
const OF_ADDRESSES: &str = "
    full-a 2, full-b 1, full-c 1, q1-a 3, q1-b 2, q1-c 2, q10-a 2, q10-b 2, q10-c 2, q11-a 3, q11-c 2, q12?a=a&b=1 3,
    q12?a=b&b=1 2, q12?a=c&b=1 2, q13-a 2, q13-b 2, q13-c 2, q13-in 12, q2-a 4, q2-b 4, q2-c 2, q3-a 3, q3-b 3, q3-c 2,
    q4-a 4, q4-b 4, q4-c 4, q5-a 2, q5-b 2, q5-c 1, q7-in-a 8, q7-in-b 8, q7-out-a 2, q7-out-b 2, q8-a 3, q8-after-a 1,
    q8-after-b 1, q8-b 3, q8-c 2, q9-a 1, q9-b 1, q9-c 1";

fn compare(file: &str, recorded: &str) {
    let row = |row: &str| {
        let (name, count) = row.trim().split_once(' ').expect("a name and a count");
        (name.to_owned(), count.trim().parse().expect("a count"))
    };
    let recorded: Counts = recorded.split(',').map(row).collect();
    assert_eq!(counts(&text_of(file)), recorded);
    if let Ok(launcher) = std::env::var("GCMOCK_TEST_JMETER") {
        assert_eq!(counts_of_jmeter(&launcher, &folder().join(file)), recorded);
    }
}

#[test]
fn each_sampler_is_sent_as_often_as_jmeter_sends_it() {
    compare("counts.jmx", OF_COUNTS);
}

#[test]
fn children_that_are_over_leave_the_turn_as_in_jmeter() {
    compare("turns.jmx", OF_TURNS);
}

#[test]
fn corners_are_as_in_jmeter() {
    compare("corners.jmx", OF_CORNERS);
}

#[test]
fn a_condition_on_a_counter_holds_as_in_jmeter() {
    compare("counters.jmx", OF_COUNTERS);
}

#[test]
fn actions_below_a_parallel_controller_do_what_they_do_in_jmeter() {
    compare("together.jmx", OF_TOGETHER);
}

#[test]
fn thread_groups_share_the_rows_of_a_data_set_as_in_jmeter() {
    compare("rows.jmx", OF_ROWS);
}

#[test]
fn conditions_on_the_last_sample_hold_as_in_jmeter() {
    compare("last.jmx", OF_LAST);
}

#[test]
fn the_rows_of_a_data_set_decide_as_in_jmeter() {
    compare("columns.jmx", OF_COLUMNS);
}

/// A limit of each token on all requests.
struct Limited(u32);

impl System for Limited {
    fn meet(&self, operation: Operation<'_>) -> Met {
        let Operation::Http(request) = operation else { return Met::default() };
        let count = match &request.credentials {
            Credentials::Rows { tokens, .. } => tokens.len() as u64,
            _ => 1,
        };
        let window = Algorithm::FixedWindow { capacity: self.0, period: 3_600_000_000_000 };
        let rule = Rule::new(RuleId(0), "token", Scopes::default().with(Scope::Token), window);
        let subject = |token| Subject { token: Some(token), ..Subject::default() };
        Met {
            rules: vec![(Arc::new(rule), 1)],
            subjects: (0..count).map(subject).collect(),
            ..Met::default()
        }
    }
}

/// In JMeter, 15 threads of 119 turns send 178 or 179 requests with each of 10 tokens.
#[test]
fn each_turn_has_the_token_of_the_next_row() {
    let refused = |share: &str, capacity| {
        let text = text_of("tokens-of-rows.jmx").replace("shareMode.all", share);
        let (plan, reading) = read(&text, &Options::default(), &Folder).expect("a plan");
        assert_eq!((reading.approximated.len(), reading.cannot.len()), (0, 0), "{reading:?}");
        let options = simulate::Options { costs: Costs::IDEAL, ..simulate::Options::default() };
        let run = simulate::run(&simulate::settled(&plan, &Limited(capacity)), &Limited(capacity), &options);
        let run = run.expect("a plan");
        assert_eq!(run.samples, 15 * 119);
        run.refused
    };
    assert_eq!((refused("shareMode.all", 179), refused("shareMode.all", 178)), (0, 5));
    // Each thread goes through all of them: nine times 12 turns have a token, and the last 11.
    assert_eq!((refused("shareMode.thread", 180), refused("shareMode.thread", 179)), (0, 9));
    assert_eq!(refused("shareMode.thread", 165), 9 * 15);
}

/// What decides nothing is left out, so that a run repeats itself; what decides stays.
#[test]
fn a_settled_plan_has_the_addresses_and_rows_that_decide() {
    let of = |text: &str, system: &dyn System| {
        let (plan, _) = read(text, &Options::default(), &Folder).expect("a plan");
        let settled = simulate::settled(&plan, system);
        let rows = |plan: &Plan| {
            let children = plan.groups.iter().flat_map(|group| &group.children);
            children.filter(|id| matches!(plan.nodes[id.0 as usize].kind, NodeKind::Rows(_))).count()
        };
        (rows(&plan), rows(&settled))
    };
    let text = text_of("addresses.jmx");
    // One group ends its threads, and one has a condition on a file that three others have too.
    assert_eq!(of(&text, &Limited(1)), (13, 5));
    assert_eq!(of(&text, &Counting::default()), (13, 13));
}

#[test]
fn the_rows_of_a_data_set_decide_addresses_as_in_jmeter() {
    compare("addresses.jmx", OF_ADDRESSES);
}

#[test]
fn the_number_of_the_thread_and_the_index_of_a_turn_decide_as_in_jmeter() {
    compare("indices.jmx", OF_INDICES);
}

/// A While Controller draws at its entry, and twice after each turn.
#[test]
fn numbers_are_drawn_as_often_as_they_come_in_jmeter() {
    let counts = counts(&text_of("draws.jmx"));
    // In four runs, JMeter sent d1a 607 to 631 times, d3a 455 to 515 times, d4a 1012 to 1097 times.
    let turns = 500.0 * 0.8 / (1.0 - 0.8 * 0.8);
    let expected = [600.0, 200.0, 2000.0 / 3.0, 2000.0 / 3.0, 2000.0 / 3.0, 500.0, 200.0, turns];
    let names = ["d1a", "d1b", "d2a", "d2b", "d2c", "d3a", "d3b", "d4a"];
    for (name, expected) in names.into_iter().zip(expected) {
        let sent = f64::from(u32::try_from(counts[name]).expect("a count"));
        assert!(
            (sent - expected).abs() < 0.2 * expected,
            "{name} was sent {sent} times, not about {expected}"
        );
    }
}
