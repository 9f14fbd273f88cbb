//! The page: well-formed, without a reference to the outside, bounded, and safe for any label.

use gcmock_plan::report::{Material, POINTS, Report};
use gcmock_plan::results::{Outcome, Sample};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::run::{predicted_run, run, sample};

/// An element's name and its attributes.
type Element = (String, Vec<(String, String)>);

/// Reads a page to its end. Returns the elements' names and attributes, and the text.
fn parsed(page: &str) -> (Vec<Element>, String) {
    let mut reader = Reader::from_str(page);
    let (mut elements, mut text) = (Vec::new(), String::new());
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                let attribute = |attribute: quick_xml::events::attributes::Attribute<'_>| {
                    let value = String::from_utf8_lossy(&attribute.value).into_owned();
                    (String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value)
                };
                let attributes = tag.attributes().map(|one| attribute(one.expect("an attribute"))).collect();
                elements.push((name, attributes));
            }
            Event::Text(piece) => text.push_str(&String::from_utf8_lossy(&piece)),
            Event::Eof => return (elements, text),
            _ => {}
        }
    }
}

#[test]
fn the_page_is_well_formed_and_refers_to_nothing_outside() {
    let page = Report::of(&predicted_run(200, 60)).html();
    let (elements, _) = parsed(&page);
    for name in ["link", "img", "iframe", "object", "embed", "base", "form", "a", "use", "image"] {
        assert!(elements.iter().all(|(element, _)| element != name), "<{name}>");
    }
    for (element, attributes) in &elements {
        for (name, value) in attributes {
            assert!(
                !["src", "href", "action", "data", "srcset"].contains(&name.as_str()),
                "{element} {name}={value}"
            );
            assert!(!name.starts_with("on"), "{element} {name}");
        }
    }
    assert!(!page.contains("://") && !page.contains("@import") && !page.contains("url("), "a reference");
    assert_eq!(elements.iter().filter(|(name, _)| name == "script").count(), 1);
}

#[test]
fn eight_hours_fit_in_a_megabyte_and_no_series_has_more_points_than_the_bound() {
    let report = Report::of(&predicted_run(36, 8 * 3600));
    assert_eq!(report.statistics[0].samples, 36 * 8 * 3600);
    let page = report.html();
    assert!(page.len() < 1 << 20, "{} bytes", page.len());
    let (elements, _) = parsed(&page);
    let series = elements.iter().flat_map(|(_, attributes)| attributes).filter(|(name, _)| name == "data-v");
    let most = series.map(|(_, values)| values.split(',').count()).max();
    assert!(most.is_some_and(|most| most > POINTS * 9 / 10 && most <= POINTS), "{most:?}");
    assert!(report.json().len() < 1 << 20, "{} bytes", report.json().len());
}

#[test]
fn a_label_is_never_markup_in_any_form() {
    let hostile = "</style></script><script>alert(1)</script>\" onload='x' | `b` \u{1b}[31m\u{0} & <b>";
    let mut material = run(5, 3);
    material.title = hostile.to_owned();
    material.source = hostile.to_owned();
    material.notes = vec![hostile.to_owned()];
    material.results.labels[0] = hostile.into();
    material.limits[0].name = hostile.into();
    material.limits[0].scope = hostile.to_owned();
    material.limits[0].worst[0].key = hostile.to_owned();
    let failed = Sample { outcome: Outcome::Failed(hostile.into()), success: false, ..sample(10, 0, 1) };
    material.results.samples.insert(1, failed);
    let report = Report::of(&material);
    let page = report.html();
    let (elements, _) = parsed(&page);
    assert_eq!(elements.iter().filter(|(name, _)| name == "script").count(), 1);
    assert!(elements.iter().flat_map(|(_, attributes)| attributes).all(|(name, _)| name != "onload"));
    assert!(!report.text().contains('\u{1b}') && !report.text().contains('\0'));
    let markdown = report.markdown();
    assert!(!markdown.contains("<script") && !markdown.contains("<b>") && !markdown.contains('\u{1b}'));
}

#[test]
fn a_run_without_samples_is_a_page_as_well() {
    let report = Report::of(&Material { title: "empty".to_owned(), ..Material::default() });
    assert_eq!(report.sentence, "No requests.");
    parsed(&report.html());
    assert!(report.text().starts_with("No requests.\n") && report.markdown().contains("No requests."));
}

/// Writes the pages of this file to a folder, to be looked at.
#[test]
#[ignore = "writes files for the eye"]
fn pages_to_look_at() {
    let folder = std::env::var("GCMOCK_TEST_PAGES").expect("GCMOCK_TEST_PAGES=FOLDER");
    for (name, material) in [
        ("minute", predicted_run(200, 60)),
        ("hours", predicted_run(36, 8 * 3600)),
        ("clean", run(80, 30)),
        ("empty", Material { title: "empty".to_owned(), ..Material::default() }),
    ] {
        let report = Report::of(&material);
        let files = [
            ("html", report.html()),
            ("txt", report.text()),
            ("md", report.markdown()),
            ("json", report.json()),
        ];
        for (ending, text) in files {
            std::fs::write(format!("{folder}/{name}.{ending}"), text).expect("written");
        }
    }
}
