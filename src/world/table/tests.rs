use super::*;

#[derive(Debug)]
enum Thing {}

impl Kind for Thing {
    const NAME: &'static str = "thing";
    const PATH: &'static str = "/things";
    const FIELDS: &'static [&'static str] = &[];
}

fn thing(name: &str) -> Record<Thing> {
    Record::new(Id::random(), name.to_owned(), 1)
}

#[test]
fn a_table_keeps_the_order_of_creation_through_changes() {
    let mut table = Table::default();
    let things = ["b", "a", "c"].map(thing);
    for thing in &things {
        assert_eq!(table.add(thing.clone()), Ok(()));
    }
    let renamed = Record { name: "d".to_owned(), ..things[0].clone() };
    assert_eq!(table.replace(renamed), Ok(true));
    table.remove(things[1].id);
    assert_eq!(table.iter().map(|thing| thing.name.as_str()).collect::<Vec<_>>(), ["d", "c"]);
}

#[test]
fn a_table_of_a_snapshot_has_the_same_order_names_and_bounds() {
    let mut fresh = Table::default();
    fresh.seed(thing("seeded"));
    let mut table = Table::default();
    table.seed(thing("seeded"));
    for name in ["b", "a", "c"] {
        assert_eq!(table.add(thing(name)), Ok(()));
    }
    table.remove(table.named("b").expect("it was added").id);
    let text = serde_json::to_string(&table).expect("JSON");
    let mut again: Table<Thing> = serde_json::from_str(&text).expect("the same form");
    let names = |table: &Table<Thing>| table.iter().map(|thing| thing.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&again), ["seeded", "a", "c"]);
    assert_eq!(again.add(thing("A")), Err(Refused::DuplicateName));
    assert!(again.grew_from(fresh.extent()));
    assert_eq!((again.seeded, again.add(thing("d"))), (1, Ok(())));
    assert_eq!(names(&again), ["seeded", "a", "c", "d"]);
    for number in 0..=MAX_CREATED {
        again.put(thing(&number.to_string()));
    }
    assert!(!again.grew_from(fresh.extent()), "clients cannot create so many");
}

#[test]
fn a_name_is_taken_until_its_entity_is_renamed_or_removed() {
    let mut table = Table::default();
    let (a, b) = (thing("A"), thing("b"));
    assert_eq!((table.add(a.clone()), table.add(b.clone())), (Ok(()), Ok(())));
    assert_eq!(table.add(thing("a")), Err(Refused::DuplicateName));
    assert_eq!(table.replace(Record { name: "B".into(), ..a.clone() }), Err(Refused::DuplicateName));
    assert_eq!(table.replace(Record { name: "c".into(), ..a }), Ok(true));
    assert_eq!(table.add(thing("a")), Ok(()));
    table.remove(b.id);
    assert_eq!(table.named("B").map(|thing| thing.id), None);
    assert_eq!(table.add(thing("b")), Ok(()));
}

#[test]
fn a_table_is_bounded_by_the_size_of_its_entities() {
    let mut table = Table::default();
    let mut large = thing("large");
    large.extra.insert("text".to_owned(), Value::String("x".repeat(MAX_BYTES)));
    assert_eq!(table.add(large.clone()), Err(Refused::Full));
    let small = thing("small");
    assert_eq!(table.add(small.clone()), Ok(()));
    assert_eq!(table.replace(Record { id: small.id, ..large }), Err(Refused::Full));
    table.remove(small.id);
    assert_eq!((table.bytes, table.rows.len()), (0, 0));
}
