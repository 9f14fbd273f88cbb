//! The verdicts of `gcmock run` as a `JUnit` report, which the test reports of CI systems read.

use std::io::Write;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::observe::verify::Verdict;

/// The name of the suite, and of the class of its cases.
const NAME: &str = "gcmock";

/// Writes the verdict over the command, and those over its expectations.
pub(super) fn write(mut file: impl Write, command: &Verdict, verdicts: &[Verdict]) -> anyhow::Result<()> {
    let mut suite = TestSuite::new(NAME);
    suite.add_test_cases([command].into_iter().chain(verdicts).map(case));
    let mut report = Report::new(NAME);
    report.add_test_suite(suite);
    report.serialize(&mut file)?;
    Ok(file.flush()?)
}

fn case(verdict: &Verdict) -> TestCase {
    let mut status = TestCaseStatus::success();
    if !verdict.passed {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(text(&verdict.message));
    }
    let mut case = TestCase::new(text(&verdict.name), status);
    case.set_classname(NAME);
    case
}

/// A text without the two characters that are not allowed in XML and that the report does not leave out, and
/// with spaces for tabs, which it does leave out.
fn text(text: &str) -> String {
    text.replace(['\t', '\r'], " ").replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::command::xml::{Kind, Tokens, unescaped};

    fn report(verdicts: &[Verdict]) -> String {
        let mut written = Vec::new();
        write(&mut written, &verdicts[0], &verdicts[1..]).expect("written");
        String::from_utf8(written).expect("UTF-8")
    }

    /// Every element of a report with its attributes; a report that is not well-formed XML fails.
    fn read(report: &str) -> Vec<(String, Vec<(String, String)>)> {
        let (mut tokens, mut elements) = (Tokens::of(report), Vec::new());
        while let Some(token) = tokens.next().expect("well-formed") {
            if let Kind::Start { name, attributes, .. } = token.kind {
                let pairs = attributes.iter().map(|pair| (pair.name.to_owned(), unescaped(pair.value)));
                elements.push((name.to_owned(), pairs.collect()));
            }
        }
        elements
    }

    fn verdict(name: &str, passed: bool, message: &str) -> Verdict {
        Verdict { name: name.to_owned(), passed, message: message.to_owned() }
    }

    #[test]
    fn a_report_counts_its_verdicts_and_says_what_failed() {
        let verdicts =
            [verdict("npm test", true, "ended"), verdict("few <calls> & \"more\"", false, "3, 'at most' 2")];
        insta::assert_snapshot!(report(&verdicts), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="gcmock" tests="2" skipped="0" failures="1" errors="0">
            <testsuite name="gcmock" tests="2" skipped="0" errors="0" failures="1">
                <testcase name="npm test" classname="gcmock"/>
                <testcase name="few &lt;calls&gt; &amp; &quot;more&quot;" classname="gcmock">
                    <failure message="3, &apos;at most&apos; 2"/>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
        assert_eq!(read(&report(&verdicts)).len(), 5);
    }

    #[test]
    fn no_character_makes_a_report_that_is_no_xml() {
        let hostile = "a\u{0}b\u{7}\u{1b}[31mred\u{1b}[0m\tc\n]]>\u{fffe}\u{ffff}\u{9b}<&";
        let elements = read(&report(&[verdict(hostile, false, hostile)]));
        let (_, case) = elements.iter().find(|(name, _)| name == "testcase").expect("a case");
        assert_eq!(case[0].1, "abred c\n]]>\u{fffd}\u{fffd}<&");
    }

    proptest! {
        #[test]
        fn any_verdict_is_reported_in_well_formed_xml(name in any::<String>(), message in any::<String>(), passed in any::<bool>()) {
            read(&report(&[verdict(&name, passed, &message)]));
        }
    }
}
