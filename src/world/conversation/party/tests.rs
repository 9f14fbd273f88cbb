//! Communications, tried by hand.

use super::*;

fn call() -> Communication {
    Communication::new(Medium::Call, State::Dialing, Direction::Outbound, 10)
}

#[test]
fn a_communication_keeps_the_segments_that_it_went_through() {
    let mut call = call();
    call.enter(State::Connected, 20);
    call.hold(true, 30);
    call.hold(false, 40);
    call.end(Disconnect::Client, 50);
    call.wrap_up(60);
    let kinds: Vec<_> = call.segments.iter().map(|one| (one.kind.name(), one.from, one.to)).collect();
    assert_eq!(
        kinds,
        [
            ("dialing", 10, 20),
            ("interact", 20, 30),
            ("hold", 30, 40),
            ("interact", 40, 50),
            ("wrapup", 50, 60)
        ]
    );
}

#[test]
fn what_is_over_stays_so() {
    let mut call = call();
    call.hold(true, 15);
    assert!(!call.held, "only a connected call can be held");
    call.enter(State::Terminated, 20);
    call.enter(State::Connected, 30);
    assert_eq!((call.state, call.ended, call.connected), (State::Terminated, 20, 0));
}

#[test]
fn many_holds_take_bounded_memory() {
    let mut call = call();
    call.enter(State::Connected, 11);
    for at in 12..10_000 {
        call.hold(at % 2 == 0, at);
    }
    assert!(call.segments.len() <= MAX_SEGMENTS);
}
