//! Several nodes with one store: changes that are followed, resets, and limits whose buckets are settled.

use std::sync::mpsc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::round::{After, Progress, Round};
use super::super::{Change, Delivery, Lease, Link, News, Node, Proposal, Store, Task};
use super::*;

/// A node that follows changes only when it is told to.
struct SlowNode {
    proceed: Mutex<mpsc::Receiver<()>>,
    begins: Notify,
    followed: Mutex<Vec<&'static str>>,
    hears: Notify,
}

impl Node for SlowNode {
    fn proposals(&self) -> Vec<Proposal> {
        Vec::new()
    }

    fn report(&self) -> Vec<u8> {
        Vec::new()
    }

    fn read_time(&self, _: &Lease, _: Duration) {}

    fn follow(&self, news: News) {
        match news {
            News::Changed(_) => {
                self.begins.notify_one();
                self.proceed.lock().recv().expect("the test goes on");
                self.followed.lock().push("change");
            }
            News::Message(_) => {
                self.followed.lock().push("message");
                self.hears.notify_one();
            }
            News::Joined(..) | News::Renewed(_) => {}
        }
    }
}

impl SlowNode {
    /// A node, and what tells it to go on.
    fn new() -> (Arc<Self>, mpsc::Sender<()>) {
        let (proceed, told) = mpsc::channel();
        let (begins, followed, hears) = Default::default();
        (Arc::new(Self { proceed: Mutex::new(told), begins, followed, hears }), proceed)
    }

    /// Joins the store, whose task runs until `stop`.
    async fn join(
        self: &Arc<Self>,
        server: &Server,
        stop: &CancellationToken,
    ) -> (Arc<Store>, JoinHandle<()>) {
        let (store, inbox) = Store::new(server.options());
        let link = Link::new(&server.options()).expect("the address is right");
        let mut task = Task::new(Arc::clone(&store), link, inbox, Arc::clone(self) as _);
        task.start().await.expect("it joins");
        (store, tokio::spawn(task.run(stop.clone())))
    }
}

#[test]
fn requests_are_decided_while_a_node_follows_a_change_and_news_keep_their_order() {
    let Some(server) = Server::start() else { return };
    let (node, proceed) = SlowNode::new();
    Runtime::new().expect("a runtime").block_on(async {
        let stop = CancellationToken::new();
        let (store, running) = node.join(&server, &stop).await;
        store.change(Change::of("clock", Vec::new()));
        store.publish(b"after the change".to_vec(), true);
        node.begins.notified().await;
        let window = Algorithm::FixedWindow { capacity: 1, period: SECOND };
        let rule = Rule::new(RuleId(0), "one", Scopes::default(), window);
        let decided = store.decide(question(&rule, BucketAction::Charge)).await;
        let decided = decided.ok().and_then(Delivery::take);
        assert!(decided.is_some_and(|decided| !decided.answer.refused), "the store decides meanwhile");
        proceed.send(()).expect("the node waits");
        node.hears.notified().await;
        assert_eq!(*node.followed.lock(), ["change", "message"]);
        stop.cancel();
        running.await.expect("no panic");
    });
}

#[test]
fn one_bucket_is_refilled_and_the_others_stay() {
    let Some(server) = Server::start() else { return };
    let (node, _proceed) = SlowNode::new();
    Runtime::new().expect("a runtime").block_on(async {
        let stop = CancellationToken::new();
        let (store, running) = node.join(&server, &stop).await;
        let window = Algorithm::FixedWindow { capacity: 9, period: SECOND };
        let rule = Rule::new(RuleId(0), "one", Scopes::default(), window);
        let keys = [1, 2].map(|key| Key::from_halves([key, 0]));
        for key in keys {
            let mut charge = charge_at(&rule, "a", SECOND);
            charge.charges[0].bucket = BucketName::new(&"a".into(), &rule, key);
            store.decide(charge).await.ok().and_then(Delivery::take).expect("it decides");
        }
        store.refill_one(&"a".into(), (&rule, keys[0]), SECOND);
        let levels = store.levels(&"a".into(), &rule, 9).await.expect("levels");
        assert_eq!(levels.iter().map(|level| (level.key, level.used)).collect::<Vec<_>>(), [(keys[1], 1)]);
        stop.cancel();
        running.await.expect("no panic");
    });
}

#[test]
fn a_reset_deletes_all_buckets_and_looks_at_no_other_key() {
    let Some(server) = Server::start() else { return };
    Runtime::new().expect("a runtime").block_on(async {
        let mut calls = server.connect().await;
        let () = calls.connection.set("gcmock:{foreign}:buckets", 1).await.expect("it writes");
        let tokens = Algorithm::TokenBucket { capacity: 9, refill: 1, period: SECOND };
        let slots = Algorithm::Concurrency { capacity: 9, hold: Hold::Request };
        let rules = [tokens, slots].map(|of| Rule::new(RuleId(0), "one", Scopes::default(), of));
        for (rule, home) in rules.iter().zip(["a", "b"]) {
            calls.decide(&[&charge_at(rule, home, SECOND)], NODE).await.expect("it answers");
        }
        let alone = BucketName::new(&"c".into(), &rules[1], Key::default());
        calls.hold(NODE.node, &[(alone, 1)]).await.expect("it writes");
        assert_eq!(homes(&mut calls).await, ["a", "b", "c"]);
        calls.reset().await.expect("it resets");
        let keys: Vec<String> = calls.connection.keys("*buckets").await.expect("a list");
        assert_eq!(keys, ["gcmock:{foreign}:buckets"]);
        assert_eq!(homes(&mut calls).await, [""; 0]);
        let counts: String =
            redis::cmd("INFO").arg("commandstats").query_async(&mut calls.connection).await.expect("counts");
        assert!(!counts.contains("cmdstat_scan:"), "{counts}");
    });
}

#[test]
fn homes_without_buckets_leave_the_index() {
    let Some(server) = Server::start() else { return };
    Runtime::new().expect("a runtime").block_on(async {
        let mut calls = server.connect().await;
        let window = Algorithm::FixedWindow { capacity: 9, period: SECOND };
        let rule = Rule::new(RuleId(0), "one", Scopes::default(), window);
        for home in ["a", "b"] {
            calls.decide(&[&charge_at(&rule, home, SECOND)], NODE).await.expect("it answers");
        }
        let () = calls.connection.del("gcmock:{a}:buckets").await.expect("it deletes");
        calls.sweep(&"b".into(), std::slice::from_ref(&rule), 0, SECOND).await.expect("it sweeps");
        assert_eq!(homes(&mut calls).await, ["b"]);
    });
}

async fn homes(calls: &mut Calls) -> Vec<String> {
    let mut homes: Vec<_> = calls.homes().await.expect("a list").iter().map(ToString::to_string).collect();
    homes.sort_unstable();
    homes
}

fn charge_at(rule: &Rule, home: &str, now: Nanos) -> Question {
    let mut charge = question(rule, BucketAction::Charge);
    charge.now = now;
    charge.charges[0].bucket = BucketName::new(&home.into(), rule, Key::default());
    charge
}

fn round(old: &Rule, new: &Rule, now: Nanos) -> Round {
    let progress = Progress { number: 1, ..Progress::default() };
    let settles_for = Some(Box::new(new.clone()));
    Round { rule: Box::new(old.clone()), now, settles_for, progress }
}

async fn whole(round: &mut Round, calls: &mut Calls, node: u32) -> After {
    loop {
        let after = round.go_on(calls, node).await.expect("it answers");
        if after != After::Continues {
            return after;
        }
    }
}

#[test]
fn where_the_node_that_settles_a_limit_dies_another_settles_it_at_the_same_instant() {
    let Some(server) = Server::start() else { return };
    Runtime::new().expect("a runtime").block_on(async {
        let mut calls = server.connect().await;
        let tokens = |refill| Algorithm::TokenBucket { capacity: 9, refill, period: SECOND };
        let [old, new] =
            [1, 100].map(|refill| Rule::new(RuleId(0), "one", Scopes::default(), tokens(refill)));
        let homes = ["a", "organization of another node"];
        for home in homes {
            let charges = vec![charge_at(&old, home, SECOND); 5];
            calls.decide(&charges.iter().collect::<Vec<_>>(), NODE).await.expect("it answers");
        }
        for node in [7, 8] {
            calls.join(Caller { node, sequence: 0 }, b"").await.expect("it joins");
        }
        let (mut first, mut second) = (round(&old, &new, 3 * SECOND), round(&old, &new, 4 * SECOND));
        assert_eq!(first.go_on(&mut calls, 7).await.expect("it begins"), After::Continues);
        assert_eq!(whole(&mut second, &mut calls, 8).await, After::Elsewhere);
        assert_eq!(whole(&mut second, &mut calls, 8).await, After::Elsewhere, "the first node lives");
        let () = calls.connection.hset("gcmock:{all}:nodes", "\0lease 7", 1).await.expect("its lease ends");
        assert_eq!(whole(&mut second, &mut calls, 8).await, After::Done);
        for home in homes {
            let level = calls.levels(home, &new, 9).await.expect("levels").expect("few").remove(0);
            assert_eq!((level.used, level.at), (3, 3 * SECOND), "{home}");
        }
        assert_eq!(whole(&mut round(&old, &new, 5 * SECOND), &mut calls, 9).await, After::Done);
    });
}
