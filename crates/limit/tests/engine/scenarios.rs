//! The arithmetic of the five threads, as far as it is the limits' own.

use super::*;

/// The result of a run.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    sent: usize,
    admitted: usize,
    /// Nanoseconds after the start.
    first_refusal: Option<Nanos>,
}

impl Run {
    /// In tenths of a per cent, rounded.
    fn refused_permille(&self) -> usize {
        ((self.sent - self.admitted) * 1000 + self.sent / 2) / self.sent
    }
}

fn run(rule: &Rule, arrivals: impl IntoIterator<Item = Nanos>) -> Run {
    let limits = Limits::default();
    let mut run = Run { sent: 0, admitted: 0, first_refusal: None };
    for at in arrivals {
        run.sent += 1;
        if limits.ask(&[rule], START + at).refused {
            run.first_refusal.get_or_insert(at);
        } else {
            run.admitted += 1;
        }
    }
    run
}

/// `users` arrivals, the i-th at `i * seconds / users`.
fn evenly(users: u64, seconds: u64) -> impl Iterator<Item = Nanos> {
    (0..users).map(move |user| user * seconds * SECOND / users)
}

/// `rate` arrivals in each second.
fn each_second(rate: u64, seconds: u64) -> impl Iterator<Item = Nanos> {
    (0..seconds).flat_map(move |second| evenly(rate, 1).map(move |at| second * SECOND + at))
}

fn byoc_websocket() -> Rule {
    token_bucket(0, 50, 6, SECOND)
}

fn messaging_tenant() -> Rule {
    token_bucket(0, 1500, 100, SECOND)
}

fn wem_availability() -> Rule {
    Rule { lockout: Some(SECOND), retry_after: Some(1), ..fixed_window(0, 120, SECOND) }
}

fn architect_scripts() -> Rule {
    token_bucket(0, 60, 3, SECOND)
}

#[test]
fn byoc_websocket_admits_as_many_handshakes_as_the_thread_tells() {
    let rule = byoc_websocket();
    assert_eq!(run(&rule, [0; 200]).admitted, 50);
    let ten = run(&rule, evenly(200, 10));
    assert_eq!((ten.admitted, ten.first_refusal), (109, Some(3_550_000_000)));
    assert_eq!(run(&rule, evenly(200, 30)).admitted, 200);
    assert_eq!(run(&rule, evenly(200, 100)).admitted, 200, "one every 500 ms");
}

#[test]
fn messaging_tenant_sustains_a_hundred_users_and_not_two_hundred() {
    let rule = messaging_tenant();
    assert_eq!(run(&rule, each_second(100, 600)).first_refusal, None);
    let expected = Run { sent: 12_000, admitted: 7499, first_refusal: Some(14_995_000_000) };
    assert_eq!(run(&rule, each_second(200, 60)), expected);
}

#[test]
fn wem_availability_jumps_between_120_and_121_a_second() {
    let rule = wem_availability();
    let refused = [100, 120, 121, 130].map(|rate| run(&rule, each_second(rate, 60)).refused_permille());
    assert_eq!(refused, [0, 0, 500, 517]);
}

#[test]
fn wem_availability_admits_120_of_200_at_once() {
    assert_eq!(run(&wem_availability(), [0; 200]).admitted, 120);
}

#[test]
fn wem_availability_admits_a_thousand_of_five_thousand_in_ten_seconds() {
    let expected = Run { sent: 5000, admitted: 1000, first_refusal: Some(240_000_000) };
    assert_eq!(run(&wem_availability(), evenly(5000, 10)), expected);
}

#[test]
fn wem_availability_jumps_with_random_arrivals_too() {
    let refused = [100.0, 130.0].map(|rate| {
        let mut random = fastrand::Rng::with_seed(2);
        let mut at = 0.0;
        let arrivals = std::iter::from_fn(|| {
            at -= (1.0 - random.f64()).ln() / rate;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an hour is small")]
            (at < 3600.0).then_some((at * 1e9) as Nanos)
        });
        run(&wem_availability(), arrivals).refused_permille()
    });
    assert!((20..=40).contains(&refused[0]), "{refused:?}");
    assert!((450..=500).contains(&refused[1]), "{refused:?}");
}

#[test]
fn architect_scripts_refuses_after_roughly_five_seconds() {
    let ten = run(&architect_scripts(), evenly(150, 10));
    assert_eq!((ten.admitted, ten.first_refusal.map(|at| at / 10_000_000)), (89, Some(493)));
    assert_eq!(run(&architect_scripts(), evenly(150, 60)).admitted, 150);
}

#[test]
fn architect_scripts_never_refuses_three_a_second() {
    assert_eq!(run(&architect_scripts(), each_second(3, 3600)).first_refusal, None);
}

#[test]
fn the_eleventh_token_request_in_a_minute_is_refused() {
    let rule = fixed_window(0, 10, 60 * SECOND);
    assert_eq!(run(&rule, evenly(12, 60)).first_refusal, Some(50 * SECOND));
}
