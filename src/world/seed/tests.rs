//! What organizations' files say, and how their mistakes are told.

use super::*;
use crate::world::Organization;
use crate::world::table::seeded_id;

#[test]
fn the_embedded_organizations_are_sound() {
    for (file, text) in EMBEDDED {
        let seed = parse(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(people(&seed, seed.id(), 0).iter().len() > 0, "{file}");
    }
}

#[test]
fn the_default_organization_has_five_hundred_agents_and_four_hundred_ready_ones() {
    let seed = parse(EMBEDDED[0].1).expect("the embedded file is sound");
    let people = people(&seed, seed.id(), 0);
    assert!(people.agents().count() >= 500);
    assert!(people.agents().filter(|agent| agent.status.admits()).count() >= 400);
    assert!(people.get("agent-500").is_some());
}

#[test]
fn a_reference_to_a_user_that_the_file_lacks_is_named_with_its_line() {
    let file = |more: &str| {
        format!(
            "name = \"x\"\n[[administrator]]\nname = \"a\"\n[[edge]]\nname = \"e\"\nhost = \"e\"\n\
             time_zone = \"UTC\"\n{more}"
        )
    };
    assert!(parse(&file("[[group]]\nname = \"g\"\nmembers = [\"a\"]")).is_ok());
    for (more, expected) in [
        ("[[group]]\nname = \"g\"\nmembers = [\"a\", \"b\"]", "line 10: group g: no user b"),
        ("[[role]]\nname = \"r\"\npermissions = []\nusers = [\"b\"]", "line 11: role r: no user b"),
        ("[[team]]\nname = \"t\"\nmembers = [\"agent-1\"]", "line 10: team t: no user agent-1"),
        ("[[station]]\nname = \"s\"\ntype = \"x\"\ndefault_of = \"b\"", "line 11: station s: no user b"),
        (
            "[[team]]\nname = \"t\"\n[[team]]\nname = \"T\"",
            "line 11: two entities of the kind team have the name T",
        ),
        (
            "[[contact_list]]\nname = \"l\"\ncolumns = [\"a\"]\nphone_columns = [\"b\"]",
            "line 11: contact list l: no column b",
        ),
        (
            "[[contact_list]]\nname = \"l\"\ncolumns = [\"a\"]\nphone_columns = [\"a\"]\n\
             contacts = [[\"1\"],\n[\"1\", \"2\"]]",
            "line 13: contact list l: a contact has 2 values, expected 1",
        ),
        (
            "[[campaign]]\nname = \"c\"\ncontact_list = \"l\"\ncaller_address = \"+1\"",
            "line 10: campaign c: no contact list l",
        ),
        (
            "[[external_contact]]\nfirst_name = \"A\"\nlast_name = \"B\"\norganization = \"C\"",
            "line 11: external contact A B: no external organization C",
        ),
    ] {
        assert_eq!(parse(&file(more)).expect_err("a mistake"), expected);
    }
}

#[test]
fn a_file_that_asks_for_countless_agents_or_members_is_refused() {
    let text = "name = \"x\"\ndomain = \"x\"\n[[administrator]]\nname = \"a\"\n[[edge]]\nname = \"e\"\nhost = \"e\"\n\
        time_zone = \"UTC\"\nsync_lag = \"5s\"\n[[management_unit]]\nname = \"m\"\nbusiness_unit = \"b\"\n\
        time_zone = \"UTC\"\n[[skill_group]]\nname = \"s\"\nmanagement_unit = \"m\"\n\
        agents = [[\"Available\", 60000], [\"Available\", 40000]]\n[[group]]\nname = \"g\"\n\
        members = [\"agent-100000\"]\n";
    parse(text).expect("all users exist");
    let error = parse(&text.replace("100000", "100001")).expect_err("no such agent");
    assert!(error.contains("no user"), "{error}");
    let error = parse(&text.replace("40000", "4294967295")).expect_err("too many");
    assert_eq!(error, "the skill groups have 4295027295 agents, expected at most 100000");
    let queues = format!("queues = {:?}\n{text}", ["q"; 11]);
    let error = parse(&queues).expect_err("too many members");
    assert!(error.starts_with("the queues have 1100000 members, expected at most 1048576: "), "{error}");
}

#[test]
fn a_described_queue_refers_to_what_the_file_has() {
    let file = |more: &str| {
        format!(
            "name = \"x\"\ndivisions = [\"d\"]\n[[administrator]]\nname = \"a\"\n[[edge]]\nname = \"e\"\n\
             host = \"e\"\ntime_zone = \"UTC\"\n[[queue]]\nname = \"q\"\n{more}"
        )
    };
    assert!(parse(&file("members = [\"a\"]\ndivision = \"d\"")).is_ok());
    for (more, expected) in [
        ("members = [\"b\"]", "line 11: queue q: no user b"),
        ("skill_groups = [\"s\"]", "line 11: queue q: no skill group s"),
        ("division = \"f\"", "line 11: queue q: no division f"),
        ("[[queue]]\nname = \"Q\"", "line 12: two entities of the kind queue have the name Q"),
    ] {
        assert_eq!(parse(&file(more)).expect_err("a mistake"), expected);
    }
}

#[test]
fn a_mistake_in_a_file_is_named() {
    let error = parse("name = \"x\"\nnmae = \"y\"").expect_err("an unknown key");
    assert!(error.contains("nmae") && error.contains("line 2"), "{error}");
}

#[test]
fn telephony_refers_to_what_the_file_has_and_a_mistake_has_its_line() {
    let file = |more: &str| {
        format!(
            "name = \"x\"\n[[administrator]]\nname = \"a\"\n[[edge]]\nname = \"e\"\nhost = \"e\"\n\
             time_zone = \"UTC\"\n[[location]]\nname = \"l\"\n[[site]]\nname = \"s\"\nlocation = \"l\"\n\
             edges = [\"e\"]\n[[phone_base]]\nname = \"b\"\nmetabase = \"generic_sip.json\"\n[[trunk]]\n\
             name = \"t\"\ntype = \"PHONE\"\nmetabase = \"m\"\n{more}"
        )
    };
    let good = "[[edge_group]]\nname = \"g\"\nedges = [\"e\"]\nphone_trunks = [\"t\"]\n[[phone]]\nname = \"p\"\n\
        site = \"s\"\nbase = \"b\"\nweb_rtc_user = \"a\"\n[[did_pool]]\nstart = \"+100\"\nend = \"+199\"\n";
    parse(&file(good)).expect("everything is there");
    let pool = "[[extension_pool]]\nstart = \"100\"\nend = \"110\"\n";
    for (more, expected) in [
        ("[[site]]\nname = \"z\"\nlocation = \"nowhere\"", "line 23: site z: no location nowhere"),
        (
            "[[site]]\nname = \"z\"\nlocation = \"l\"\ntrunks = [\"t\"]",
            "line 24: site z: no EXTERNAL trunk t",
        ),
        ("[[edge_group]]\nname = \"g\"\nedges = [\"f\"]", "line 23: edge group g: no edge f"),
        ("[[phone]]\nname = \"p\"\nsite = \"z\"\nbase = \"b\"", "line 23: phone p: no site z"),
        ("[[phone]]\nname = \"p\"\nsite = \"s\"\nbase = \"c\"", "line 24: phone p: no phone base settings c"),
        (
            "[[phone]]\nname = \"p\"\nsite = \"s\"\nbase = \"b\"\nstation = \"z\"",
            "line 25: phone p: no station z",
        ),
        (
            "[[phone]]\nname = \"p\"\nsite = \"s\"\nbase = \"b\"\nweb_rtc_user = \"z\"",
            "line 25: phone p: no user z",
        ),
        (
            "[[did_pool]]\nstart = \"100\"\nend = \"+199\"",
            "line 22: DID pool 100 to +199: startPhoneNumber is not a number",
        ),
        (
            &format!("{pool}[[extension_pool]]\nstart = \"110\"\nend = \"120\""),
            "line 25: extension pool 110 to 120: another pool has some of its numbers",
        ),
        (
            "[[site]]\nname = \"S\"\nlocation = \"l\"",
            "line 22: two entities of the kind site have the name S",
        ),
    ] {
        assert_eq!(parse(&file(more)).expect_err("a mistake"), expected);
    }
}

#[test]
fn an_agent_with_a_name_of_its_own_is_on_queue_in_its_group_and_unit() {
    let file = |more: &str| {
        format!(
            "name = \"x\"\ndomain = \"x.example\"\n[[administrator]]\nname = \"a\"\n[[edge]]\nname = \"e\"\nhost = \"e\"\n\
             time_zone = \"UTC\"\n[[management_unit]]\nname = \"m\"\nbusiness_unit = \"b\"\ntime_zone = \"UTC\"\n\
             [[skill_group]]\nname = \"s\"\nmanagement_unit = \"m\"\nagents = [[\"Available\", 1]]\n[[queue]]\n\
             name = \"q\"\nskill_groups = [\"s\"]\nmembers = [\"Robin Lake\"]\n[[agent]]\nname = \"Robin Lake\"\n{more}"
        )
    };
    let seed = parse(&file("skill_group = \"s\"")).expect("a sound file");
    let people = people(&seed, seed.id(), 0);
    let names: Vec<_> = people.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["a", "agent-1", "Robin Lake"]);
    let robin = people.get("Robin Lake").expect("a user");
    let counted = people.get("agent-1").expect("a user");
    assert_eq!((robin.email.as_str(), robin.status), ("robin.lake@x.example", AgentStatus::OnQueue));
    assert_eq!((robin.skill_group, robin.management_unit), (counted.skill_group, counted.management_unit));
    for (more, expected) in [
        ("skill_group = \"z\"", "line 23: agent Robin Lake: no skill group z"),
        ("skill_group = \"s\"\nskills = [{ name = \"z\" }]", "line 24: agent Robin Lake: no skill group z"),
        ("skill_group = \"s\"\nlanguages = [{ name = \"z\" }]", "line 24: agent Robin Lake: no language z"),
        (
            "skill_group = \"s\"\nskills = [{ name = \"s\", proficiency = 5.5 }]",
            "line 24: agent Robin Lake: proficiency of s: expected 0 to 5",
        ),
        (
            "skill_group = \"s\"\n[[agent]]\nname = \"agent-1\"\nskill_group = \"s\"",
            "line 25: two entities of the kind user have the name agent-1",
        ),
        (
            "skill_group = \"s\"\n[[agent]]\nname = \"A\"\nskill_group = \"s\"",
            "line 25: two entities of the kind user have the name A",
        ),
    ] {
        assert_eq!(parse(&file(more)).expect_err("a mistake"), expected);
    }
    let error = parse(&file("skill_group = \"s\"\nstatus = \"Asleep\"")).expect_err("a mistake");
    assert!(error.starts_with("line 24: agent Robin Lake: status Asleep, expected Available"), "{error}");
}

#[test]
fn an_agent_has_the_skills_and_languages_of_its_file() {
    let seed = parse(
        "name = \"x\"\ndomain = \"x.example\"\nlanguages = [\"Spanish\"]\n[[administrator]]\nname = \"a\"\n\
         [[edge]]\nname = \"e\"\nhost = \"e\"\ntime_zone = \"UTC\"\n\
         [[management_unit]]\nname = \"m\"\nbusiness_unit = \"b\"\ntime_zone = \"UTC\"\n\
         [[skill_group]]\nname = \"s\"\nmanagement_unit = \"m\"\nagents = []\n\
         [[skill_group]]\nname = \"t\"\nmanagement_unit = \"m\"\nagents = []\n\
         [[agent]]\nname = \"Robin\"\nskill_group = \"s\"\n\
         skills = [{ name = \"s\", proficiency = 4.5 }, { name = \"t\" }]\nlanguages = [{ name = \"Spanish\", proficiency = 1 }]",
    )
    .expect("a sound file");
    let id = seed.id();
    let organization = Organization::of(&seed, id, &[], &[], 0);
    let robin = organization.people().index_of(Id::seeded(id, "Robin")).expect("a user");
    let acd = organization.acd();
    let skill = |name: &str| acd.skills_of_user.get(robin, seeded_id(id, name)).map(|of| of.0);
    assert_eq!((skill("s"), skill("t")), (Some(4.5), Some(3.0)));
    let spanish = acd.languages_of_user.get(robin, seeded_id(id, "Spanish")).map(|of| of.0);
    assert_eq!(spanish, Some(1.0));
}
