//! What an export becomes, and that what is written is always read.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::world::seed::{self, OrganizationSeed};

const QUEUE: &str = "11111111-2222-4333-8444-555555555555";

fn terraform() -> Value {
    json!({
        "terraform": { "required_providers": {} },
        "resource": {
            "genesyscloud_auth_division": { "north": { "name": "North" }, "home": { "name": "Home", "home": true } },
            "genesyscloud_routing_skill": { "billing": { "name": "Billing" }, "sales": [{ "name": "Sales" }] },
            "genesyscloud_user": {
                "ada": { "name": "Ada Byron", "email": "ada@corp.example", "password": "hush",
                    "routing_skills": [{ "skill_id": "${genesyscloud_routing_skill.billing.id}", "proficiency": 3 },
                        { "skill_id": "${genesyscloud_routing_skill.sales.id}" }] },
                "bob": { "name": "Bob", "email": "bob@corp.example", "state": "inactive" },
            },
            "genesyscloud_group": { "g": { "name": "Night", "member_ids": ["${genesyscloud_user.bob.id}"] } },
            "genesyscloud_routing_queue": { "claims": { "name": "Claims", "division_id": "${genesyscloud_auth_division.north.id}",
                "members": { "user_id": "${genesyscloud_user.ada.id}" }, "groups": ["${genesyscloud_group.g.id}"] },
                "computed": { "name": "${var.queue}" } },
            "genesyscloud_greeting": { "a": { "name": "Hello" }, "b": {} },
        },
        "data": { "genesyscloud_auth_division_home": { "home": {} } },
    })
}

/// What is written, and the same read back.
fn written(export: Export, keep_names: bool) -> (Written, OrganizationSeed) {
    let written = export.organization(keep_names);
    let seed = seed::parse(&written.text).unwrap_or_else(|error| panic!("{error}\n{}", written.text));
    (written, seed)
}

fn of_terraform(document: Value, keep_names: bool) -> (Written, OrganizationSeed) {
    let mut export = Export::default();
    export.add_terraform(document).expect("a configuration");
    written(export, keep_names)
}

fn members(seed: &OrganizationSeed, queue: usize) -> Vec<&str> {
    seed.described_queues[queue].members.iter().map(|name| name.get_ref().as_str()).collect()
}

#[test]
fn resources_of_terraform_become_entities_that_refer_to_each_other() {
    let (written, seed) = of_terraform(terraform(), true);
    assert_eq!(
        (seed.domain.as_str(), seed.divisions.as_slice()),
        ("corp.example", ["North".to_owned()].as_slice())
    );
    let agents: Vec<_> =
        seed.agents.iter().map(|agent| (agent.name.as_str(), agent.skill_group.get_ref().as_str())).collect();
    assert_eq!(agents, [("Ada Byron", "Billing"), ("Bob", "Imported agents")]);
    assert_eq!(seed.agents[0].email.as_deref(), Some("ada@corp.example"), "it is not ada.byron@corp.example");
    assert_eq!(seed.agents[1].email, None, "it follows from the name");
    assert_eq!(seed.agents[1].status.as_ref().map(|status| status.get_ref().as_str()), Some("Offline"));
    assert_eq!(members(&seed, 0), ["Ada Byron", "Bob"], "its own, then those of its groups");
    assert_eq!(seed.described_queues[0].division.as_ref().map(|name| name.get_ref().as_str()), Some("North"));
    let notes = written.notes.lines();
    let expected = [
        "2 × genesyscloud_greeting",
        "1 × genesyscloud_user.password",
        "1 × queue with a name that Terraform computes",
    ];
    assert_eq!(notes, expected);
    assert!(
        written.text.ends_with("#   1 × queue with a name that Terraform computes\n"),
        "{}",
        written.text
    );
    let skills = seed.agents[0].skills.iter().map(|skill| (skill.name.get_ref().as_str(), skill.proficiency));
    assert_eq!(skills.collect::<Vec<_>>(), [("Billing", Some(3.0)), ("Sales", None)]);
    assert!(!written.text.contains("hush"));
}

#[test]
fn names_of_people_are_made_up_and_the_same_each_time() {
    let (first, seed) = of_terraform(terraform(), false);
    let (second, _) = of_terraform(terraform(), false);
    assert_eq!(first.text, second.text);
    for private in ["Ada", "Byron", "Bob", "corp.example", "hush"] {
        assert!(!first.text.contains(private), "{private}: {}", first.text);
    }
    assert_eq!(members(&seed, 0), [seed.agents[0].name.as_str(), seed.agents[1].name.as_str()]);
    assert!(first.text.contains("Claims") && first.text.contains("Night"), "things keep their names");
}

#[test]
fn places_and_addresses_are_made_up_unless_names_are_kept() {
    let document = json!({ "resource": {
        "genesyscloud_location": { "l": { "name": "Head office",
            "address": { "street1": "7 Byron Way", "city": "Nottingham", "state": "Notts", "zip_code": "NG15", "country": "GB" } } },
        "genesyscloud_oauth_client": { "c": { "name": "CRM", "authorized_grant_type": "CODE",
            "registered_redirect_uris": ["https://crm.corp.example/back", "https://test.corp.example/back"] } },
    } });
    let private = ["Byron", "Nottingham", "Notts", "NG15", "corp.example"];
    let (kept, _) = of_terraform(document.clone(), true);
    assert!(private.iter().all(|word| kept.text.contains(word)), "{}", kept.text);
    let (replaced, seed) = of_terraform(document, false);
    assert!(!private.iter().any(|word| replaced.text.contains(word)), "{}", replaced.text);
    let location = &seed.locations[0];
    assert!(!location.city.is_empty() && !location.state.is_empty() && location.zip.len() == 5);
    let uris =
        "redirect_uris = [\"https://client.example/callback-1\", \"https://client.example/callback-2\"]";
    assert!(replaced.text.contains(uris), "{}", replaced.text);
}

#[test]
fn a_note_names_the_file_and_a_skill_has_the_name_that_the_user_has_for_it() {
    let mut export = Export::default();
    export.enter("users.json");
    let user = |id: &str, skills: Value| json!({ "id": id, "name": id, "email": format!("{id}@x.example"), "skills": skills });
    let spanish = json!([{ "id": "s1", "name": "spanish", "proficiency": 4 }, { "name": "Sales" }]);
    let users =
        [user("a", json!([{ "name": "Spanish" }])), user("b", spanish), user("c", json!([{ "id": "s2" }]))];
    export.add_page(Some("/api/v2/users"), users.into_iter().collect()).expect("users");
    export.enter("more.json");
    export.add_page(None, json!({ "id": "g", "selfUri": "/api/v2/greetings/g" })).expect("an entity");
    let (written, seed) = written(export, true);
    let groups: Vec<_> = seed.agents.iter().map(|agent| agent.skill_group.get_ref().as_str()).collect();
    assert_eq!(groups, ["Spanish", "Spanish", "Imported agents"]);
    let abilities = |of: &[seed::Ability]| -> Vec<_> {
        of.iter().map(|one| (one.name.get_ref().clone(), one.proficiency)).collect()
    };
    assert_eq!(abilities(&seed.agents[0].skills), []);
    let [spanish, sales] = [("Spanish".to_owned(), Some(4.0)), ("Sales".to_owned(), None)];
    assert_eq!(abilities(&seed.agents[1].skills), [spanish, sales], "one name, however it is spelled");
    let expected =
        ["1 × /api/v2/greetings (more.json)", "1 × user: skill that the export lacks (users.json)"];
    assert_eq!(written.notes.lines(), expected);
}

#[test]
fn pages_of_the_api_become_entities_whether_they_are_one_array_or_several_pages() {
    let user = |id: &str, name: &str| json!({ "id": id, "name": name, "email": format!("{id}@x.example"), "selfUri": format!("/api/v2/users/{id}") });
    let queue =
        json!({ "id": QUEUE, "name": "Claims", "selfUri": format!("/api/v2/routing/queues/{QUEUE}") });
    let mut export = Export::default();
    export.add_page(None, json!([user("a", "Ada"), queue])).expect("an array");
    export.add_page(None, json!([{ "entities": [user("b", "Bob")] }, { "entities": [] }])).expect("pages");
    let members_path = format!("/api/v2/routing/queues/{QUEUE}/members");
    let member = json!({ "entities": [{ "id": "b", "selfUri": "/api/v2/users/b", "ringNumber": 1 }] });
    export.add_page(Some(&members_path), member).expect("members");
    export.add_page(None, json!({ "id": "g", "selfUri": "/api/v2/greetings/g" })).expect("an entity");
    let (written, seed) = written(export, true);
    assert_eq!(seed.agents.len(), 2);
    assert_eq!(members(&seed, 0), ["Bob"]);
    assert_eq!(written.notes.lines(), ["1 × /api/v2/greetings", "1 × member of a queue.ringNumber"]);
}

#[test]
fn two_users_of_one_name_get_a_number_and_one_of_two_exports_is_one() {
    let mut export = Export::default();
    for email in ["a@x.example", "b@x.example", "A@x.example"] {
        export.add_user("Kim Lee", email).expect("a user");
    }
    export.add_user("Administrator", "root@x.example").expect("a user");
    let (_, seed) = written(export, true);
    let names: Vec<_> = seed.agents.iter().map(|agent| agent.name.as_str()).collect();
    assert_eq!(names, ["Kim Lee", "Kim Lee 2", "Administrator 2"]);
}

#[test]
fn a_queue_of_two_exports_is_one_and_has_the_members_of_both() {
    let mut export = Export::default();
    export.add_terraform(terraform()).expect("a configuration");
    let path = format!("/api/v2/routing/queues/{QUEUE}");
    export.add_page(Some(&path), json!({ "id": QUEUE, "name": "claims" })).expect("a queue");
    export.add_user("Kim Lee", "kim@corp.example").expect("a user");
    export
        .add_page(Some("/api/v2/users"), json!({ "id": "k", "name": "K", "email": "Kim@corp.example" }))
        .expect("a user");
    export.add_page(Some(&format!("{path}/members")), json!([{ "id": "k" }])).expect("a member");
    let (_, seed) = written(export, true);
    assert_eq!(seed.described_queues.len(), 1);
    assert_eq!(members(&seed, 0), ["Ada Byron", "Kim Lee", "Bob"]);
}

#[test]
fn what_lacks_what_it_needs_is_left_out_and_noted() {
    let (written, seed) = of_terraform(
        json!({ "resource": {
            "genesyscloud_telephony_providers_edges_site": { "s": { "name": "S", "location_id": "gone" } },
            "genesyscloud_telephony_providers_edges_phone": { "p": { "name": "P", "site_id": "${genesyscloud_telephony_providers_edges_site.s.id}" } },
            "genesyscloud_telephony_providers_edges_did_pool": {
                "a": { "start_phone_number": "+13175550100", "end_phone_number": "+13175550109" },
                "b": { "start_phone_number": "+13175550105", "end_phone_number": "+13175550120" } },
            "genesyscloud_integration": { "i": { "integration_type": "made-up", "config": [{ "name": "I" }] } },
            "genesyscloud_integration_action": { "a": { "name": "A", "integration_id": "${genesyscloud_integration.i.id}" } },
            "genesyscloud_outbound_campaign": { "c": { "name": "C", "contact_list_id": "gone" } },
            "genesyscloud_flow": { "f": { "name": "F" } },
        } }),
        false,
    );
    assert_eq!((seed.sites.len(), seed.phones.len(), seed.did_pools.len()), (0, 0, 1));
    assert_eq!((seed.integrations.len(), seed.actions.len(), seed.campaigns.len()), (0, 0, 0));
    let pool = &seed.did_pools[0];
    assert_eq!(
        (pool.start.get_ref().as_str(), pool.end.get_ref().as_str()),
        ("+9990000000000", "+9990000000009")
    );
    assert_eq!(written.notes.lines().len(), 7, "{:?}", written.notes);
}

#[test]
fn wrong_types_are_refused_with_what_has_them() {
    for (document, expected) in [
        (json!([]), "expected an object with the key resource"),
        (json!({ "resource": 7 }), "resource: expected an object"),
        (json!({ "resource": { "genesyscloud_user": "x" } }), "genesyscloud_user: expected an object"),
        (
            json!({ "resource": { "genesyscloud_user": { "a": [7] } } }),
            "genesyscloud_user.a: expected an object",
        ),
        (
            json!({ "data": { "genesyscloud_user": { "a": { "name": 7 } } } }),
            "data.genesyscloud_user.a: name: expected a string",
        ),
    ] {
        assert_eq!(Export::default().add_terraform(document), Err(expected.to_owned()));
    }
    for (document, expected) in [
        (json!("x"), "expected an array of entities, or a page with entities"),
        (json!({ "entities": 7 }), "entities: expected an array"),
        (json!([{ "id": "a" }, 7]), "entity 2: expected an object"),
        (
            json!([{ "name": "a" }]),
            "an entity without an id; expected an array of entities, or a page with entities",
        ),
    ] {
        assert_eq!(Export::default().add_page(Some("/api/v2/users"), document), Err(expected.to_owned()));
    }
}

/// The types whose sections refer to each other.
const TYPES: [&str; 12] = [
    "user",
    "auth_division",
    "routing_skill",
    "group",
    "routing_queue",
    "auth_role",
    "user_roles",
    "flow",
    "location",
    "telephony_providers_edges_site",
    "outbound_contact_list",
    "webdeployments_deployment",
];

/// The fields that refer, and some that are read as something else.
const FIELDS: [&str; 15] = [
    "division_id",
    "members",
    "member_ids",
    "groups",
    "roles",
    "user_id",
    "routing_skills",
    "location_id",
    "type",
    "column_names",
    "phone_columns",
    "configuration",
    "flow_id",
    "state",
    "permission_policies",
];

fn value() -> impl Strategy<Value = Value> {
    let reference = (prop::sample::select(TYPES.to_vec()), 0..3_u8)
        .prop_map(|(name, label)| json!(format!("${{genesyscloud_{name}.l{label}.id}}")));
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<u8>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
        reference
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        let fields =
            prop::sample::select(vec!["user_id", "role_id", "skill_id", "column_name", "id", "domain"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((fields, inner), 0..4).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Value>()),
        ]
    })
}

fn resource() -> impl Strategy<Value = (&'static str, u8, Value)> {
    let fields = prop::sample::select(FIELDS.to_vec());
    let fields = prop::collection::vec((fields, value()), 0..6);
    (prop::sample::select(TYPES.to_vec()), 0..3_u8, ".{1,5}", fields).prop_map(|(name, label, of, fields)| {
        let mut all: serde_json::Map<String, Value> =
            fields.into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
        all.insert("name".to_owned(), of.into());
        (name, label, Value::Object(all))
    })
}

proptest! {
    #[test]
    fn whatever_resources_refer_to_the_file_that_is_written_is_read(
        resources in prop::collection::vec(resource(), 0..12),
        keep_names in any::<bool>(),
    ) {
        let mut export = Export::default();
        for (name, label, fields) in resources {
            let (name, label) = (format!("genesyscloud_{name}"), format!("l{label}"));
            let document = json!({ "resource": { name: { label: fields } } });
            prop_assert_eq!(export.add_terraform(document), Ok(()));
        }
        let text = export.organization(keep_names).text;
        let seed = seed::parse(&text);
        prop_assert!(seed.is_ok(), "{:?}\n{}", seed.err(), text);
    }
}
