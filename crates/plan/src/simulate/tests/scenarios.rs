//! The five scenarios, by exact arithmetic.

use gcmock_limit::{Algorithm, Rule, RuleId, Scope, Scopes};

use super::world::{Made, bucket, digital, ideal, limit, lockout, messaging, real, refusals, warm};
use crate::model::{Action, HttpRequest, Plan, Timer};
use crate::simulate::SECOND;

fn paced(threads: u32, ramp: u64, pace: u64, end: u64, loops: Option<u32>) -> Plan {
    let timer = Timer::Pace { lead: 2 * SECOND, ramp: ramp * SECOND, pace: Some(pace * SECOND), think: 0 };
    Made::new(threads, 0, Some(end * SECOND), loops).sends(vec![timer])
}

#[test]
fn two_hundred_users_of_one_message_a_second_are_refused_after_15_seconds() {
    let run = ideal(&paced(200, 1, 1, 27, None), &messaging());
    assert_eq!((run.samples, refusals(&run)), (5000, (Some(1499), 1001)));
    assert_eq!(ideal(&paced(100, 1, 1, 62, None), &messaging()).refused, 0);
    let run = ideal(&paced(200, 1, 1, 62, None), &messaging());
    assert_eq!((run.samples, run.refused), (12000, 12000 - 7499));
}

#[test]
fn five_hundred_agents_at_shift_start_are_refused_in_the_third_second() {
    let run = ideal(&paced(500, 10, 1, 3600, Some(10)), &lockout());
    assert_eq!((run.samples, refusals(&run)), (5000, (Some(280), 3460)));
}

#[test]
fn ten_connections_are_served_and_forty_refused_however_slowly_they_send() {
    let run = ideal(&paced(50, 1, 2, 14, None), &digital());
    assert_eq!((run.samples, refusals(&run)), (300, (Some(20), 240)));
    assert_eq!((run.users, run.users_hit), (50, 40));
    assert_eq!(ideal(&paced(10, 1, 1, 60, None), &digital()).refused, 0);
}

fn architect(ramp: u64) -> Plan {
    paced(150, ramp, 1, 3600, Some(1))
}

#[test]
fn one_hundred_and_fifty_scripts_over_ten_seconds_are_refused_after_five() {
    let limits = limit("/m", vec![bucket(60, 3)], 0, 0);
    assert_eq!(refusals(&ideal(&architect(10), &limits)), (Some(493), 61));
    assert_eq!(ideal(&architect(60), &limits).refused, 0);
    assert_eq!(refusals(&ideal(&architect(30), &limits)).1, 1);
    assert_eq!(ideal(&architect(31), &limits).refused, 0);
}

fn byoc(ramp: u64) -> Plan {
    let mut made = Made::new(200, 0, Some(3600 * SECOND), Some(1));
    let start = made.timer(Timer::UserStart { lead: 2 * SECOND, ramp: ramp * SECOND });
    let hold = made.timer(Timer::Until((ramp + 5) * SECOND));
    let open = HttpRequest { method: "GET".into(), path: "/m".into(), ..HttpRequest::default() };
    let open = made.sampler("open", Action::SocketOpen(open), vec![start]);
    let close = made.sampler("close", Action::SocketClose, vec![hold]);
    made.of(vec![open, close])
}

#[test]
fn two_hundred_handshakes_over_ten_seconds_are_refused_after_three_and_a_half() {
    let algorithm = Algorithm::TokenBucket { capacity: 50, refill: 6, period: SECOND };
    let rule = || Rule::new(RuleId(0), "edge", Scopes::default().with(Scope::Edge), algorithm);
    let limits = limit("/m", vec![rule()], 0, 0);
    let run = ideal(&byoc(10), &limits);
    assert_eq!((run.samples, refusals(&run)), (200, (Some(355), 91)));
    assert_eq!(ideal(&byoc(30), &limits).refused, 0);
    assert_eq!(ideal(&byoc(26), &limits).refused, 0);
    assert!(ideal(&byoc(25), &limits).refused > 0);
}

/// What a real `JMeter` 5.6.3 on idle cores made of the plans stands beside each.
#[test]
fn with_the_costs_of_jmeter_the_scenarios_come_out_as_measured() {
    // 15.23 s/956 and 15.95 s/921
    assert_eq!(refusals(&real(&warm(paced(200, 1, 1, 27, None)), &messaging())), (Some(1530), 961));
    // 2.87 s/3465 and 2.92 s/3471
    assert_eq!(refusals(&real(&warm(paced(500, 10, 1, 3600, Some(10))), &lockout())), (Some(290), 3469));
    // 0.23 s/240 and 0.18 s/240
    assert_eq!(refusals(&real(&warm(paced(50, 1, 2, 14, None)), &digital())), (Some(22), 240));
    // 4.99 s/60 and 5.10 s/60
    let limits = limit("/m", vec![bucket(60, 3)], 0, 0);
    assert_eq!(refusals(&real(&warm(architect(10)), &limits)), (Some(515), 60));
}

#[test]
fn over_a_minute_124_users_are_clean_and_over_eight_hours_100() {
    let refused = |users, end| ideal(&paced(users, 1, 1, end, None), &messaging()).refused;
    assert_eq!(refused(124, 62), 0);
    assert!(refused(126, 62) > 0);
    assert_eq!(refused(100, 3600), 0);
    let run = ideal(&paced(101, 1, 1, 3600, None), &messaging());
    assert_eq!(run.first_refusal.map(|at| at / SECOND / 60), Some(24), "after 25 minutes");
}
