use proptest::prelude::*;

use super::*;

fn opening(address: &str) -> Opening<'_> {
    Opening {
        messenger: Messenger::Open,
        direction: Direction::Outbound,
        address,
        name: "",
        own_address: "support",
        queue: None,
        user: None,
        joins: true,
        at: 1,
    }
}

fn add(store: &mut Conversations, address: &str, text: &str) -> MessageEvent {
    store.add_message(&opening(address), Side::Own, text).expect("a conversation just reached is there")
}

#[test]
fn the_first_message_opens_and_the_next_ones_append() {
    let mut store = Conversations::default();
    let (first, second) = (add(&mut store, "a", "one"), add(&mut store, "a", "two"));
    assert!(first.opened && !second.opened);
    assert_eq!(first.conversation, second.conversation);
    assert_ne!(add(&mut store, "b", "three").conversation, first.conversation);
    let key = store.find(first.conversation).expect("it is kept");
    let seen = store.get(key, 100, 2).expect("it is kept");
    let ids: Vec<_> = seen.messages.iter().map(|head| Some(head.id)).collect();
    assert_eq!(ids, [first.message, second.message]);
    let message = store.message(second.message.expect("it was said")).expect("it is kept");
    assert_eq!((message.text.as_str(), message.to.as_str()), ("two", "a"));
}

#[test]
fn an_ended_conversation_is_followed_by_another() {
    let mut store = Conversations::default();
    let first = add(&mut store, "a", "one");
    store.end(store.find(first.conversation).expect("it is kept"), 2);
    let second = add(&mut store, "a", "two");
    assert!(second.opened);
    assert_ne!(first.conversation, second.conversation);
}

#[test]
fn ending_an_older_conversation_leaves_the_newer_one_reachable() {
    let mut store = Conversations::default();
    let older = store.open(&opening("a"));
    let newer = store.open(&opening("a"));
    store.end(older, 2);
    assert_eq!(store.with_customer(Messenger::Open, "a"), Some(newer));
    assert_eq!(store.with_customer(Messenger::Sms, "a"), None);
}

#[test]
fn a_message_ages_from_queued_to_delivered_unless_a_receipt_knows_better() {
    let mut store = Conversations::default();
    let id = add(&mut store, "a", "one").message.expect("it was said");
    let status = |store: &Conversations, age| store.message(id).expect("it is kept").head.status(1 + age);
    assert_eq!(status(&store, 0), "queued");
    assert_eq!(status(&store, SENT_AFTER - 1), "queued");
    assert_eq!(status(&store, SENT_AFTER), "sent");
    assert_eq!(status(&store, DELIVERED_AFTER), "delivery-success");
    assert!(store.note_receipt(id, Receipt::Failed));
    assert_eq!(status(&store, DELIVERED_AFTER), "delivery-failed");
}

#[test]
fn long_addresses_are_cut_and_still_found() {
    let mut store = Conversations::default();
    let address = "ü".repeat(LONGEST_NAME);
    assert!(add(&mut store, &address, "one").opened);
    assert!(!add(&mut store, &address, "two").opened);
}

/// Sends until everything that can fill has filled and wrapped around, and checks the bound.
fn flood(sends: usize, address: impl Fn(usize) -> String, text: &str) -> Conversations {
    let mut store = Conversations::default();
    for n in 0..sends {
        add(&mut store, &address(n), text);
        assert!(n % 1024 != 0 || store.bytes() <= MAX_BYTES, "{} after {n}", store.bytes());
    }
    assert!(store.bytes() <= MAX_BYTES);
    store
}

#[test]
fn a_flood_to_one_customer_keeps_the_newest_messages_of_one_conversation() {
    let mut store = flood(MAX_MESSAGES + 10_000, |_| "a".to_owned(), "hello");
    let last = add(&mut store, "a", "last");
    assert!(!last.opened);
    let key = store.find(last.conversation).expect("it is kept");
    let seen = store.get(key, 100, 2).expect("it is kept");
    assert_eq!(seen.messages.len(), 100);
    assert_eq!(seen.messages.last().map(|head| head.id), last.message);
    assert_eq!(store.lines.iter().count(), MAX_MESSAGES);
}

#[test]
fn a_flood_to_ever_new_customers_drops_the_oldest_conversations() {
    let mut store = flood(4 * MAX_CONVERSATIONS, |n| format!("participant-{n}"), "hello");
    assert_eq!(store.rows.iter().count(), MAX_CONVERSATIONS);
    assert_eq!(store.customers.len(), MAX_CONVERSATIONS);
    assert!(add(&mut store, "participant-0", "again").opened);
    assert!(!add(&mut store, &format!("participant-{}", 4 * MAX_CONVERSATIONS - 1), "again").opened);
}

#[test]
fn a_flood_of_large_texts_and_long_names_stays_within_bounds() {
    let store = flood(2000, |_| "a".to_owned(), &"x".repeat(500_000));
    assert!(store.lines.iter().count() > 20);
    let store = flood(20_000, |n| format!("{n}-{}", "y".repeat(2000)), "hello");
    assert!(store.rows.iter().count() > 5000);
}

#[test]
fn a_flood_of_calls_with_large_attributes_drops_the_oldest() {
    let mut store = Conversations::default();
    let text = "x".repeat(200_000);
    for n in 0..2000 {
        let leg = Communication::new(Medium::Call, State::Connected, Direction::Outbound, 1);
        let mut customer = Participant::new(Party::Customer, Purpose::Customer, leg);
        assert!(customer.set_attributes([("note", text.as_str())].into_iter()));
        let start = Start {
            medium: Medium::Call,
            direction: Direction::Outbound,
            address: &n.to_string(),
            name: "",
            own_address: "",
            parties: Parties::of(vec![customer]),
            at: 1,
        };
        let (key, _) = store.start_with(start).expect("there is room");
        assert!(store.party_bytes <= MAX_PARTY_BYTES && store.glance(key).is_some());
    }
    assert!(store.iter().count() < 2000);
}

/// The store as another process reads it from a snapshot.
fn restored(store: &Conversations) -> Conversations {
    let text = serde_json::to_string(store).expect("every value has a form in JSON");
    serde_json::from_str(&text).expect("what was written is read")
}

/// What readers see of every conversation.
fn seen(store: &Conversations) -> Vec<String> {
    let all = store.iter().map(|glance| {
        let conversation = store.get(glance.key, 100, 9).expect("it is kept");
        let messages = conversation.messages.iter().map(|head| store.message(head.id).map(|one| one.text));
        format!("{conversation:?} {:?}", messages.collect::<Vec<_>>())
    });
    all.collect()
}

#[test]
fn a_full_store_is_kept_as_it_is() {
    let store = flood(MAX_CONVERSATIONS + 5000, |n| format!("participant-{n}"), "hello");
    let mut again = restored(&store);
    assert_eq!(again.rows.iter().count(), MAX_CONVERSATIONS);
    assert!(store.iter().map(|one| one.id()).eq(again.iter().map(|one| one.id())));
    assert!(again.bytes() <= MAX_BYTES);
    assert!(!add(&mut again, &format!("participant-{}", MAX_CONVERSATIONS + 4999), "again").opened);
    assert_eq!(again.rows.iter().count(), MAX_CONVERSATIONS);
}

#[derive(Clone, Debug)]
enum Act {
    Say(u8),
    Open(u8),
    End(u8),
}

proptest! {
    #[test]
    fn a_restored_store_reads_and_goes_on_as_the_kept_one(
        steps in prop::collection::vec((0..4u8, 0..4u8, ".{0,8}"), 1..40), more in 0..4u8,
    ) {
        let mut store = Conversations::default();
        let mut at = 1;
        for (act, party, text) in steps {
            at += 1;
            let opening = Opening { at, ..opening("") };
            let address = party.to_string();
            let opening = Opening { address: &address, name: &text, ..opening };
            match act {
                0 | 1 => {
                    let _ = store.add_message(&opening, Side::Customer, &text);
                }
                2 => {
                    store.open(&opening);
                }
                _ => {
                    if let Some(key) = store.with_customer(Messenger::Open, &address) {
                        store.end(key, at);
                    }
                }
            }
        }
        let mut again = restored(&store);
        prop_assert_eq!(seen(&again), seen(&store));
        let (one, other) = (add(&mut store, &more.to_string(), "x"), add(&mut again, &more.to_string(), "x"));
        prop_assert_eq!(one, other);
        prop_assert_eq!(seen(&again), seen(&store));
    }

    #[test]
    fn a_customers_messages_always_go_to_the_conversation_opened_last(
        steps in prop::collection::vec(
            prop_oneof![(0..4u8).prop_map(Act::Say), (0..4u8).prop_map(Act::Open), (0..4u8).prop_map(Act::End)],
            1..100,
        ),
    ) {
        let mut store = Conversations::default();
        let mut model: HashMap<u8, Key> = HashMap::new();
        for step in steps {
            match step {
                Act::Say(party) => {
                    let happened = add(&mut store, &party.to_string(), "text");
                    let key = store.find(happened.conversation).expect("it is kept");
                    prop_assert_eq!(happened.opened, !model.contains_key(&party));
                    prop_assert_eq!(*model.entry(party).or_insert(key), key);
                }
                Act::Open(party) => {
                    model.insert(party, store.open(&opening(&party.to_string())));
                }
                Act::End(party) => {
                    if let Some(key) = model.remove(&party) {
                        store.end(key, 5);
                    }
                }
            }
        }
    }
}
