//! Plans that are broken, endless, too large or made to do harm: each ends in one sentence.

use std::fmt::Write as _;

use gcmock_plan::read::{Files, Options, decode, read};
use proptest::prelude::*;

use crate::elements::{Folder, text_of};
use crate::with;

const PLANS: [&str; 8] = [
    "controllers.jmx",
    "groups.jmx",
    "login.jmx",
    "modules.jmx",
    "samplers.jmx",
    "sockets.jmx",
    "timers.jmx",
    "tokens.jmx",
];

/// A plan whose test plan has these elements.
fn plan(elements: &str) -> String {
    format!(
        "<jmeterTestPlan version=\"1.2\"><hashTree>\n<TestPlan testname=\"Plan\"/>\n<hashTree>\n{elements}\n</hashTree></hashTree></jmeterTestPlan>"
    )
}

/// A thread group with these elements.
fn group(loops: &str, elements: &str) -> String {
    format!(
        "<ThreadGroup testname=\"Users\"><stringProp name=\"ThreadGroup.num_threads\">1</stringProp>\
         <elementProp name=\"ThreadGroup.main_controller\"><stringProp name=\"LoopController.loops\">{loops}</stringProp></elementProp>\
         </ThreadGroup>\n<hashTree>\n{elements}\n</hashTree>"
    )
}

fn sampler(name: &str) -> String {
    format!("<HTTPSamplerProxy testname=\"{name}\"/><hashTree/>")
}

fn module(name: &str, path: &[&str]) -> String {
    let path = path.iter().fold(String::new(), |mut out, name| {
        let _ = write!(out, "<stringProp>{name}</stringProp>");
        out
    });
    format!(
        "<ModuleController testname=\"{name}\"><collectionProp name=\"ModuleController.node_path\">{path}</collectionProp></ModuleController>\n<hashTree/>"
    )
}

fn sentence(text: &str, options: &Options, files: &dyn Files) -> String {
    match read(text, options, files) {
        Ok(_) => "read".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_mistake_is_one_sentence_with_its_place() {
    let cycle = format!(
        "<TestFragmentController testname=\"A\"/><hashTree>{}</hashTree>{}",
        module("To A", &["Plan", "A"]),
        group("1", &module("To A", &["Plan", "A"]))
    );
    let schedule = "<OpenModelThreadGroup testname=\"Open\"><stringProp name=\"OpenModelThreadGroup.schedule\">walk(3)</stringProp></OpenModelThreadGroup><hashTree/>";
    let no_duration = group("1", "")
        .replace("</ThreadGroup>", "<boolProp name=\"ThreadGroup.scheduler\">true</boolProp></ThreadGroup>");
    let cases = [
        ("empty", String::new()),
        ("no XML", "threads=5".to_owned()),
        ("another document", "<project><target/></project>".to_owned()),
        ("a wrong end tag", plan("<ThreadGroup>\n</ThreadGrou>")),
        ("truncated", "<jmeterTestPlan>\n<hashTree>\n<TestPlan".to_owned()),
        ("truncated between elements", "<jmeterTestPlan>\n<hashTree>\n".to_owned()),
        ("a reference to no character", plan("<ThreadGroup testname=\"&#1;\"/>")),
        ("an unknown entity", plan("<ThreadGroup testname=\"&lol;\"/>")),
        (
            "an entity of a file",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n<jmeterTestPlan>&x;</jmeterTestPlan>"
                .to_owned(),
        ),
        ("another version of XML", "<?xml version=\"1.1\" encoding=\"UTF-8\"?>\n<jmeterTestPlan/>".to_owned()),
        ("two documents", format!("{0}\n{0}", plan(""))),
        ("no test plan", "<jmeterTestPlan><hashTree/></jmeterTestPlan>".to_owned()),
        ("no thread group", plan("")),
        ("a group without end", plan(&group("-1", &sampler("Ask")))),
        ("a loop without end", plan(&group("1", &format!("<LoopController testname=\"L\"><intProp name=\"LoopController.loops\">-1</intProp></LoopController><hashTree>{}</hashTree>", sampler("Ask"))))),
        ("a scheduler without a duration", plan(&no_duration)),
        ("a module in itself", plan(&cycle)),
        ("a schedule that is not understood", plan(schedule)),
    ];
    let options = Options::default();
    let said: Vec<String> =
        cases.iter().map(|(name, text)| format!("{name}: {}", sentence(text, &options, &()))).collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn an_option_that_names_no_element_is_told() {
    let mut options = with(&[]);
    options.turns.insert("Pol job".to_owned(), 5);
    insta::assert_snapshot!(sentence(&text_of("controllers.jmx"), &options, &Folder));
}

/// Every include is of the same file, which includes another.
struct Chain;

impl Files for Chain {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let next = if path == "a.jmx" { "b.jmx" } else { "a.jmx" };
        Some(plan(&include(next)).into_bytes())
    }
}

fn include(path: &str) -> String {
    format!(
        "<IncludeController testname=\"I\"><stringProp name=\"IncludeController.includepath\">{path}</stringProp></IncludeController>\n<hashTree/>"
    )
}

#[test]
fn a_plan_that_includes_itself_is_told() {
    let text = plan(&group("1", &include("a.jmx")));
    insta::assert_snapshot!(sentence(&text, &with(&[]), &Chain));
}

#[test]
fn deep_nesting_ends_in_a_sentence() {
    let deep = |open: &str, close: &str| plan(&format!("{}{}", open.repeat(200_000), close.repeat(200_000)));
    let trees = deep("<GenericController/><hashTree>", "</hashTree>");
    let properties = plan(&format!(
        "<Thing>{}{}</Thing><hashTree/>",
        "<elementProp name=\"a\">".repeat(200_000),
        "</elementProp>".repeat(200_000)
    ));
    for text in [trees, properties, deep("<collectionProp>", "</collectionProp>")] {
        let said = sentence(&text, &with(&[]), &());
        assert!(said.ends_with("nested more than 100 levels deep"), "{said}");
    }
}

#[test]
fn a_plan_of_a_hundred_megabytes_ends_in_a_sentence() {
    let said = sentence(&" ".repeat(100 << 20), &with(&[]), &());
    assert_eq!(said, "the plan has 100 MiB; plans of at most 64 MiB are read");
}

#[test]
fn variables_that_double_each_other_end_in_a_sentence() {
    let mut variables = String::new();
    for index in 0..60 {
        let next = index + 1;
        let _ = write!(
            variables,
            "<elementProp name=\"v{index}\"><stringProp name=\"Argument.value\">${{v{next}}}${{v{next}}}</stringProp></elementProp>"
        );
    }
    variables.push_str(
        "<elementProp name=\"v60\"><stringProp name=\"Argument.value\">some text</stringProp></elementProp>",
    );
    let arguments = format!(
        "<Arguments><collectionProp name=\"Arguments.arguments\">{variables}</collectionProp></Arguments><hashTree/>"
    );
    let text = plan(&format!("{arguments}{}", group("1", &sampler("${v0}"))));
    let said = sentence(&text, &with(&[]), &());
    assert_eq!(
        said,
        "the variables of the plan make more text than is read: 4 MiB in one place, or 128 MiB in all"
    );
}

#[test]
fn modules_that_multiply_end_in_a_sentence() {
    let mut fragments = String::new();
    for index in 0..40 {
        let next = format!("F{}", index + 1);
        let twice = module("one", &["Plan", &next]) + &module("two", &["Plan", &next]);
        let _ =
            write!(fragments, "<TestFragmentController testname=\"F{index}\"/><hashTree>{twice}</hashTree>");
    }
    let text = plan(&(fragments + &group("1", &module("first", &["Plan", "F0"]))));
    let said = sentence(&text, &with(&[]), &());
    assert!(said.contains("1,000,000 elements"), "{said}");
}

#[test]
fn the_encodings_of_plans_are_read() {
    let text = plan("").replace("\"Plan\"", "\"Pl\u{e4}n\"");
    let declared = |encoding: &str| format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n{text}");
    let latin: Vec<u8> =
        declared("ISO-8859-1").chars().map(|char| u8::try_from(char).unwrap_or(b'?')).collect();
    let wide = declared("UTF-16");
    let little: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(wide.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let big: Vec<u8> = wide.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked: Vec<u8> = [0xEF, 0xBB, 0xBF].into_iter().chain(text.bytes()).collect();
    for bytes in [latin, little.clone(), big, marked] {
        let read = decode(&bytes).unwrap_or_else(|error| panic!("{error}"));
        assert!(read.contains("Pl\u{e4}n"), "{read}");
    }
    let wrong = declared("UTF-8").chars().map(|char| u8::try_from(char).unwrap_or(b'?')).collect::<Vec<u8>>();
    let unknown = [&b"<?xml version=\"1.0\" encoding=\"EBCDIC\"?>"[..], &[0xFF]].concat();
    let said: Vec<String> = [wrong, little[..little.len() - 1].to_vec(), unknown]
        .iter()
        .map(|bytes| decode(bytes).map_or_else(|error| error.to_string(), |_| "read".to_owned()))
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn what_is_said_of_a_name_with_a_line_break_is_one_line() {
    let declared = [&b"<?xml version=\"1.0\" encoding=\"utf-8mj>\n\x1b[31m\"?>"[..], &[0xFF]].concat();
    let error = decode(&declared).expect_err("no such encoding");
    assert!(!error.to_string().contains(char::is_control), "{error}");
}

/// What reading gives is a plan or one short line.
fn check(text: &str) {
    for options in [with(&[]), Options::default()] {
        let said = sentence(text, &options, &Folder);
        assert!(!said.contains('\n'), "{said}");
    }
}

#[test]
fn a_plan_that_ends_early_ends_in_a_sentence() {
    for name in PLANS {
        let text = text_of(name);
        for end in (0..text.len()).step_by(61).filter(|end| text.is_char_boundary(*end)) {
            check(&text[..end]);
        }
    }
}

/// One change of a text: what is at a place, for this many bytes, becomes another text.
fn edits() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
    let words = prop_oneof![
        Just("${".to_owned()),
        Just("}".to_owned()),
        Just("${__P(a,${b}".to_owned()),
        Just("-1".to_owned()),
        Just("1e308".to_owned()),
        Just("18446744073709551616".to_owned()),
        Just("NaN".to_owned()),
        Just("<hashTree>".to_owned()),
        Just("</hashTree>".to_owned()),
        Just("<collectionProp name=\"urls\">".to_owned()),
        Just("\u{e4}\\".to_owned()),
        "[ -~]{0,12}",
    ];
    prop::collection::vec((any::<usize>(), 0..40_usize, words), 1..12)
}

fn edited(mut text: String, edits: &[(usize, usize, String)]) -> String {
    for (at, length, word) in edits {
        let floor = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(at % (text.len() + 1));
        let end = floor((start + length).min(text.len())).max(start);
        text.replace_range(start..end, word);
    }
    text
}

/// Changes only texts of properties, so that the document stays well-formed.
fn with_values(text: &str, values: &[String]) -> String {
    let mut values = values.iter().cycle();
    let mut out = String::new();
    for (index, part) in text.split("</stringProp>").enumerate() {
        let changed = part.rsplit_once('>').filter(|_| index % 3 == 0).zip(values.next());
        match changed {
            Some(((before, _), value)) => {
                let value = value.replace('&', "&amp;").replace('<', "&lt;");
                let _ = write!(out, "{before}>{value}</stringProp>");
            }
            None => {
                let _ = write!(out, "{part}</stringProp>");
            }
        }
    }
    out.trim_end_matches("</stringProp>").to_owned()
}

/// Texts that look like expressions and numbers.
fn values() -> impl Strategy<Value = Vec<String>> {
    let value = prop_oneof![
        "[0-9.eE+-]{0,24}",
        r"(\$\{|\}|\(|\)|,|__P|__jexl3|__groovy|__Random|vars\.get|'a'|[ab0-9 <>=!&|?:.+*/%-]|\\|ä){0,30}",
        Just("${__jexl3(1 == 1 ? \"a\" : b && !c)}".to_owned()),
        Just("rate(1/s) random_arrivals(1e9 s)".to_owned()),
    ];
    prop::collection::vec(value, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        check(&text);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(text) = decode(&bytes) {
            check(&text);
        }
    }

    #[test]
    fn no_change_of_a_plan_makes_the_reader_panic(plan in 0..PLANS.len(), edits in edits()) {
        check(&edited(text_of(PLANS[plan]), &edits));
    }

    #[test]
    fn no_value_makes_the_reader_panic(plan in 0..PLANS.len(), values in values()) {
        check(&with_values(&text_of(PLANS[plan]), &values));
    }
}
