use serde_json::json;

use super::super::FlowAuthor;
use super::*;

fn flow(name: &str) -> Record<Flow> {
    Record::new(Id::random(), name.to_owned(), 0)
}

#[test]
fn a_flood_of_versions_drops_the_oldest_of_its_flow() {
    let mut flows = Flows::default();
    let author = FlowAuthor::Client { id: "c".into(), name: "c".into() };
    let [one, other] = ["one", "other"].map(flow);
    let ids = [one.id(), other.id()];
    for record in [one, other] {
        flows.add(record, "BOT").expect("there is room");
    }
    flows.change(ids[0], |state| state.save(&author, 1));
    for now in 0..MAX_VERSIONS as u64 + 10 {
        flows.change(ids[1], |state| state.save(&author, now));
    }
    assert_eq!(flows.versions, MAX_VERSIONS);
    let [one, other] = ids.map(|id| flows.get(id).expect("a flow").state);
    assert_eq!((one.versions.len(), other.version("0.1").is_some()), (1, false));
    assert!(other.version(&format!("0.{}", MAX_VERSIONS + 10)).is_some());
}

#[test]
fn a_flood_of_deleted_flows_is_bounded() {
    let mut flows = Flows::default();
    let text = "x".repeat(1 << 20);
    for n in 0..40 {
        let mut record = flow(&n.to_string());
        record.extra.insert("description".to_owned(), json!(text));
        flows.add(record.clone(), "BOT").expect("there is room");
        let removed = flows.table.remove(record.id()).expect("a flow");
        flows.retire(&removed);
    }
    let kept: Vec<&str> = flows.iter_deleted().map(|flow| flow.record.name.as_str()).collect();
    assert!(kept.len() < 17 && kept.last() == Some(&"39"), "{kept:?}");
    assert_eq!(flows.states.len(), kept.len());
    assert!(flows.names.is_empty(), "the names of deleted flows are free");
}

#[test]
fn two_flows_of_one_type_have_two_names() {
    let mut flows = Flows::default();
    assert_eq!(flows.add(flow("Main"), "BOT"), Ok(()));
    assert_eq!(flows.add(flow("main"), "BOT"), Err(Refused::DuplicateName));
    assert_eq!(flows.add(flow("main"), "VOICE"), Ok(()));
}

#[test]
fn a_name_is_free_once_its_flow_has_another_one_or_is_deleted() {
    let mut flows = Flows::default();
    let [mut one, other] = ["One", "Other"].map(flow);
    for record in [&one, &other] {
        assert_eq!(flows.add(record.clone(), "BOT"), Ok(()));
    }
    one.name = "OTHER".to_owned();
    assert_eq!(flows.replace(one.clone()), Err(Refused::DuplicateName));
    one.name = "one".to_owned();
    assert_eq!(flows.replace(one.clone()), Ok(()), "its own name in another case");
    one.name = "New".to_owned();
    assert_eq!(flows.replace(one), Ok(()));
    assert_eq!(flows.add(flow("One"), "BOT"), Ok(()));
    let removed = flows.table.remove(other.id()).expect("a flow");
    flows.retire(&removed);
    assert_eq!(flows.add(flow("other"), "BOT"), Ok(()));
}

#[test]
fn the_versions_are_counted_as_they_are() {
    let mut flows = Flows::default();
    let author = FlowAuthor::Client { id: "c".into(), name: "c".into() };
    for name in ["one", "other"] {
        let record = flow(name);
        flows.add(record.clone(), "BOT").expect("there is room");
        flows.change(record.id(), |state| state.save(&author, 1));
        flows.change(record.id(), |state| state.publish(&author, 2));
    }
    let all = |flows: &Flows| flows.states.values().map(|state| state.versions.len()).sum::<usize>();
    assert_eq!((flows.versions, all(&flows)), (4, 4));
    let first = flows.table.iter().next().expect("a flow").id();
    let removed = flows.table.remove(first).expect("a flow");
    flows.retire(&removed);
    assert_eq!(flows.versions, all(&flows));
}
