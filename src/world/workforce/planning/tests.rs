//! The room for publications, at its bound.

use super::*;
use crate::world::workforce::Activity;
use crate::world::{Organization, seed};

const MINUTE: Nanos = 60_000_000_000;

fn shift(number: u64) -> Shift {
    Shift { start: number * MINUTE, end: (number + 1) * MINUTE, activity: Activity::OnQueueWork }
}

/// The workforce of the embedded organization, its people, and an agent with one publication for each number.
fn published(numbers: std::ops::Range<u64>) -> (Workforce, People, UserIndex) {
    let seed = seed::parse(seed::EMBEDDED[0].1).expect("the embedded file is sound");
    let organization = Organization::of(&seed, seed.id(), &[(EdgeIndex(0), "chicago".to_owned())], &[], 0);
    let (mut workforce, people) = (organization.workforce().clone(), organization.people().clone());
    let agent = people.agent("agent-1").expect("it is seeded");
    for number in numbers {
        workforce.replace(&people, agent, (&[], &[shift(number)]), 0).expect("there is room");
    }
    (workforce, people, agent)
}

fn draft(workforce: &mut Workforce, agent: UserIndex, shifts: Vec<Shift>) -> Uuid {
    let document = Document {
        name: "d".to_owned(),
        time_zone: "UTC".to_owned(),
        agents: vec![agent],
        shifts,
        demands: Vec::new(),
        created: 0,
        published: None,
    };
    workforce.draft(document).expect("there is room")
}

#[test]
fn what_is_withdrawn_for_every_edge_takes_no_room() {
    for publishes in [false, true] {
        let (mut workforce, people, agent) = published(1..MAX_PUBLICATIONS as u64);
        let longest = MINUTE;
        workforce.edges.iter_mut().for_each(|edge| edge.sync_lag = longest);
        let withdrawn = draft(&mut workforce, agent, vec![shift(0)]);
        workforce.publish(withdrawn, &people, 0).expect("there is room for one more");
        if let Some(schedule) = workforce.schedules.get_mut(&agent) {
            let last = schedule.publications.last_mut().expect("it is published");
            last.withdrawn = Some(1);
        }
        let mut one_more = |now| {
            if publishes {
                let id = draft(&mut workforce, agent, vec![shift(1000)]);
                return workforce.publish(id, &people, now);
            }
            workforce.replace(&people, agent, (&[], &[shift(1000)]), now)
        };
        assert!(one_more(longest).is_err(), "an edge still sees it");
        one_more(longest + 1).expect("no edge sees what is withdrawn");
        assert!(one_more(longest + 2).is_err(), "all are live");
    }
}
