use super::*;

const THING: KindFacts = KindFacts {
    name: "thing",
    path: "/things",
    fields: &[],
    object_type: None,
    is_unique: true,
    is_named: true,
    references: &[],
    max_created: 100,
    max_bytes: 1 << 20,
};

fn thing(name: &str) -> AnyRecord {
    AnyRecord::new(Uuid::new_v4(), name.to_owned(), 1)
}

fn names(table: &Records) -> Vec<&str> {
    table.iter().map(|thing| thing.name.as_str()).collect()
}

#[test]
fn a_table_keeps_the_order_of_creation_through_changes() {
    let mut table = Records::default();
    let things = ["b", "a", "c"].map(thing);
    for thing in &things {
        assert_eq!(table.add(&THING, thing.clone()), Ok(()));
    }
    let renamed = AnyRecord { name: "d".to_owned(), ..things[0].clone() };
    assert_eq!(table.replace(&THING, renamed), Ok(true));
    table.remove(&THING, things[1].uuid);
    assert_eq!(names(&table), ["d", "c"]);
}

#[test]
fn a_table_of_a_snapshot_has_the_same_order_names_and_bounds() {
    let mut fresh = Records::default();
    fresh.seed(thing("seeded"));
    let mut table = Records::default();
    table.seed(thing("seeded"));
    for name in ["b", "a", "c"] {
        assert_eq!(table.add(&THING, thing(name)), Ok(()));
    }
    table.remove(&THING, table.named("b").expect("it was added").uuid);
    let text = serde_json::to_string(&table).expect("JSON");
    let saved: SavedRecords = serde_json::from_str(&text).expect("the same form");
    let mut again = saved.restore(THING.name).expect("rows in order");
    assert_eq!(names(&again), ["seeded", "a", "c"]);
    assert_eq!(again.add(&THING, thing("A")), Err(Refused::DuplicateName));
    assert!(again.grew_from(&THING, fresh.extent()));
    assert_eq!((again.seeded, again.add(&THING, thing("d"))), (1, Ok(())));
    assert_eq!(names(&again), ["seeded", "a", "c", "d"]);
    for number in 0..=THING.max_created {
        again.put(thing(&number.to_string()));
    }
    assert!(!again.grew_from(&THING, fresh.extent()), "clients cannot create this many");
}

#[test]
fn a_name_is_taken_until_its_entity_is_renamed_or_removed() {
    let mut table = Records::default();
    let (a, b) = (thing("A"), thing("b"));
    assert_eq!((table.add(&THING, a.clone()), table.add(&THING, b.clone())), (Ok(()), Ok(())));
    assert_eq!(table.add(&THING, thing("a")), Err(Refused::DuplicateName));
    let renamed = |name: &str| AnyRecord { name: name.to_owned(), ..a.clone() };
    assert_eq!(table.replace(&THING, renamed("B")), Err(Refused::DuplicateName));
    assert_eq!(table.replace(&THING, renamed("c")), Ok(true));
    assert_eq!(table.add(&THING, thing("a")), Ok(()));
    table.remove(&THING, b.uuid);
    assert!(table.named("B").is_none());
    assert_eq!(table.add(&THING, thing("b")), Ok(()));
}

#[test]
fn of_a_kind_without_unique_names_the_next_one_takes_the_name_of_a_removed_one() {
    let kind = KindFacts { is_unique: false, ..THING };
    let mut table = Records::default();
    let twins = ["Twin", "twin"].map(thing);
    for twin in &twins {
        assert_eq!(table.add(&kind, twin.clone()), Ok(()));
    }
    table.remove(&kind, twins[0].uuid);
    assert_eq!(table.named("TWIN").map(|twin| twin.uuid), Some(twins[1].uuid));
}

#[test]
fn a_table_is_bounded_by_the_size_of_its_entities() {
    let mut table = Records::default();
    let mut large = thing("large");
    large.extra.insert("text".to_owned(), Value::String("x".repeat(THING.max_bytes)));
    assert_eq!(table.add(&THING, large.clone()), Err(Refused::Full));
    let small = thing("small");
    assert_eq!(table.add(&THING, small.clone()), Ok(()));
    assert_eq!(table.replace(&THING, AnyRecord { uuid: small.uuid, ..large }), Err(Refused::Full));
    table.remove(&THING, small.uuid);
    assert_eq!((table.bytes, table.rows.len()), (0, 0));
}
