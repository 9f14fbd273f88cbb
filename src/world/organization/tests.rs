//! What a change of an organization tells.

use super::*;
use crate::world::conversation::{Direction, Messenger, Opening, Side};
use crate::world::{Tenant, Tenants};

fn tenant() -> Arc<Tenant> {
    let seed = seed::parse(seed::EMBEDDED[0].1).expect("the embedded file is sound");
    Arc::clone(Tenants::new(vec![seed], 0).expect("one organization").default_tenant())
}

fn opening() -> Opening<'static> {
    Opening {
        messenger: Messenger::Open,
        direction: Direction::Outbound,
        address: "customer",
        name: "",
        own_address: "",
        queue: None,
        user: None,
        joins: true,
        at: 1,
    }
}

/// The events of `change`, in short.
fn events_of(tenant: &Tenant, change: impl FnOnce(&mut Organization)) -> Vec<String> {
    let ((), events) = tenant.write(change);
    let name = |event| match event {
        Event::Message(message) => format!("message {}", message.opened),
        Event::Status { index, user } => format!("status {} {}", index.0, user.status.name()),
        Event::Conversation(event) => format!("conversation {}", event.at),
        Event::Station(user) => format!("station {}", user.0),
        Event::Membership { user, joined, .. } => format!("membership of {user}: {joined}"),
        Event::Planning => "planning".to_owned(),
        Event::Draining(edge) => format!("draining {}", edge.0),
        Event::Entity { collection, .. } => format!("entity {collection}"),
        Event::Leaving(user) => format!("leaving {}", user.0),
        Event::Profile(_) | Event::Attributes { .. } => "profile or attributes".to_owned(),
        Event::Topic(event) => format!("topic {}", event.topic),
        Event::Receivers => "receivers".to_owned(),
    };
    events.into_iter().map(name).collect()
}

#[test]
fn every_change_with_effects_returns_its_event() {
    let tenant = tenant();
    let agent = tenant.read().people().agent("agent-1").expect("it is seeded");
    let statuses = events_of(&tenant, |organization| {
        organization.set_status(agent, AgentStatus::Meal, 1);
        organization.set_status(agent, AgentStatus::Busy, 2);
        let presence = PresenceChange { message: Some("back soon".into()), ..PresenceChange::default() };
        organization.set_presence(agent, presence, 3);
        organization.request_routing(agent, Routing::Idle, 4).expect("it follows");
    });
    let expected = ["Meal", "Busy", "Busy", "On Queue"].map(|name| format!("status {} {name}", agent.0));
    assert_eq!(statuses, expected, "each as it was then");
    let messages = events_of(&tenant, |organization| {
        let opened = organization.open_conversation(&opening()).expect("there is room");
        organization.add_message(&opening(), Side::Customer, "one");
        let key = organization.conversations().find(opened.conversation).expect("it was opened");
        organization.append(key, Side::Own, "two", 2);
    });
    assert_eq!(messages, ["message true", "message false", "message false"]);
    let edges = events_of(&tenant, |organization| {
        let group = organization.workforce().groups[0].id;
        organization.change_edge(EdgeIndex(0), Some(5), None);
        organization.change_edge(EdgeIndex(0), None, Some(EdgeState::Draining));
        organization.change_group(group, Some(false), None);
    });
    assert_eq!(edges, ["planning", "planning", "draining 0", "planning"]);
}

#[test]
fn a_refused_change_and_one_without_effects_have_no_event() {
    let tenant = tenant();
    let _heard = events_of(&tenant, |organization| {
        let agent = organization.people().agent("agent-1").expect("it is seeded");
        organization.set_status(agent, AgentStatus::Meal, 1);
    });
    let nothing = events_of(&tenant, |organization| {
        let agent = organization.people().agent("agent-1").expect("it is seeded");
        assert!(organization.request_routing(agent, Routing::Interacting, 2).is_err());
        assert!(organization.set_status(UserIndex(u32::MAX), AgentStatus::Busy, 2).is_none());
        assert!(organization.change_edge(EdgeIndex(u32::MAX), Some(1), None).is_none());
        organization.collections.remove("/x", "y");
    });
    assert_eq!(nothing, Vec::<String>::new());
}
