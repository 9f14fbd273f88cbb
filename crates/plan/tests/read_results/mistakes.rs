//! Files that are cut off, damaged, or no result files.

use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use gcmock_plan::results::{Outcome, read};

use crate::{PLAIN, mistake, text};

#[test]
fn a_last_row_that_is_cut_within_its_last_field_is_left_out() {
    let whole = "timeStamp,elapsed,responseCode\n1795817680980,5,200\n1795817680990,5,429\n";
    let outcomes =
        |file: &str| text(file).samples.into_iter().map(|sample| sample.outcome).collect::<Vec<_>>();
    for cut in 1..=3 {
        let file = &whole[..whole.len() - 1 - cut];
        assert_eq!(outcomes(file), [Outcome::Status(200)]);
        assert_eq!(text(file).warnings, ["line 3: the last row is cut off and left out"]);
    }
    for no_end in [whole.trim_end(), &whole.replace('\n', "\r\n"), whole] {
        assert_eq!(outcomes(no_end), [200, 429].map(Outcome::Status), "{no_end}");
    }
    assert_eq!(outcomes(&format!("{whole}1795817680995,5,0")).last(), Some(&Outcome::Failed("0".into())));
    for (header, row, cut) in [
        ("responseCode,elapsed,timeStamp", "200,5,1795817680980", "429,5,17958176"),
        ("timeStamp,responseCode,success", "1795817680980,200,true", "1795817680990,429,fal"),
        ("request-start,DNS+dialup,request-duration,status", "0.1,0,0.1,200", "0.2,0,0.1,42"),
    ] {
        let results = text(&format!("{header}\n{row}\n{cut}"));
        assert_eq!((results.samples.len(), results.warnings.len()), (1, 1), "{cut}");
        assert_eq!(text(&format!("{header}\n{row}")).samples.len(), 1, "{row}");
    }
    assert_eq!(mistake("timeStamp,elapsed,responseCode\n1795817680980,5,4"), "line 2: the row is cut off");
}

#[test]
fn a_last_row_that_is_whole_and_wrong_is_a_mistake() {
    let vegeta = "1795817680980123456,200,1500000,3,2,,,attack,0\n";
    let line = r#"{"code":200,"timestamp":"2026-11-27T22:14:40.980123456Z","latency":1500000}"#;
    let hey = "response-time,DNS+dialup,status-code,offset\n0.0087,0.0047,200,0.0016\n";
    let jtl = "timeStamp,elapsed,responseCode\n1795817680980,5,200\n";
    for (rows, wrong, told) in [
        (vegeta, "1795817680980123456,200,1.5ms,3,2,,,attack,0", "the row is none of vegeta's"),
        (&format!("{line}\n"), r#"{"code":200}"#, "the file is JSON; expected"),
        (hey, "slow,0.0047,200,0.0016", "the response time is"),
        (jtl, "1795817680980,slow,200", "the elapsed time is"),
    ] {
        let said = mistake(&format!("{rows}{wrong}\n"));
        assert!(said.contains(told), "{wrong}: {said}");
    }
}

#[test]
fn a_file_that_is_cut_off_is_read_up_to_there() {
    let csv = text(&format!("{PLAIN}17958176"));
    assert_eq!(csv.samples.len(), 2);
    assert_eq!(csv.warnings, ["line 4: the last row is cut off and left out"]);
    let document =
        "<testResults version=\"1.2\">\n<httpSample t=\"1\" ts=\"1795817680990\" rc=\"200\"/>\n<httpSam";
    let xml = text(document);
    assert_eq!(xml.samples.len(), 1);
    assert_eq!(xml.warnings, ["line 3: the file is cut off here"]);
}

#[test]
fn a_mistake_is_one_sentence_with_its_line() {
    let header = "timeStamp,elapsed,label,responseCode\n";
    let mistakes = [
        String::new(),
        "<html><body>Sign in</body></html>".to_owned(),
        "<jmeterTestPlan version=\"1.2\"/>".to_owned(),
        "{\"a\":1}".to_owned(),
        "hello\nworld\n".to_owned(),
        "\u{0}\u{1}\u{2}".to_owned(),
        "Type,Name,Request Count,Failure Count,Median Response Time\nGET,/,1,0,3\n".to_owned(),
        "Timestamp,User Count,Type,Name,Requests/s\n1,2,GET,/,3\n".to_owned(),
        "elapsed,label,responseCode\n1,a,200\n".to_owned(),
        header.to_owned(),
        format!("{header}1795817680980,5,a,200\n1.79582E+12,5,a,200\n1795817680980,5,a,200\n"),
        format!("{header}1795817680980,x,a,200\n1795817680980,5,a,200\n"),
        format!("{header}1795817680980,5\n1795817680980,5,a,200\n"),
        "<testResults>\n<httpSample t=\"1\"/>\n</testResults>".to_owned(),
        "<testResults>\n<httpSample t=\"1\" ts=\"12\"></sample>\n</testResults>".to_owned(),
    ];
    let told: Vec<String> = mistakes.iter().map(|file| mistake(file)).collect();
    insta::assert_debug_snapshot!(told);
}

#[test]
fn an_open_quotation_mark_ends_with_an_error_in_place_of_the_memory() {
    let endless = Cursor::new("timeStamp,label,responseCode\n1795817680980,\"").chain(std::io::repeat(b'a'));
    let error = read(endless).expect_err("a mistake").to_string();
    assert!(error.contains("longer than 16 MiB"), "{error}");
    let endless = Cursor::new("<testResults><httpSample lb=\"").chain(std::io::repeat(b'a'));
    let error = read(endless).expect_err("a mistake").to_string();
    assert!(error.contains("longer than 16 MiB"), "{error}");
}

#[test]
fn a_compressed_file_is_read_and_a_damaged_one_refused() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(PLAIN.as_bytes()).expect("a compressed file");
    let bytes = encoder.finish().expect("a compressed file");
    assert_eq!(read(&*bytes).expect("results"), text(PLAIN));
    let error = read(&bytes[..bytes.len() / 2]).expect_err("cut off").to_string();
    assert_eq!(error, "the compressed file is cut off");
}

#[test]
fn a_file_without_any_column_of_a_status_is_refused() {
    let told = mistake("timeStamp,elapsed,label\n1795817680980,5,a\n");
    assert_eq!(told, "line 1: the header has no column of status codes, such as responseCode");
}

#[test]
fn a_log_of_gatling_is_named() {
    let text =
        "RUN\tcom.Sim\tsim\t1795817600000\t \t3.9.0\nREQUEST\t\tme\t1795817600000\t1795817600009\tOK\t\n";
    let binary = "\0\0\0\0\u{6}3.13.1\0\0\0\0\u{7}com.Sim\0";
    for log in [text, binary] {
        assert!(mistake(log).starts_with("the file is a log of Gatling"), "{}", mistake(log));
    }
}

#[test]
fn the_json_of_k6_is_refused_with_the_option_that_writes_csv() {
    let line =
        r#"{"type":"Point","metric":"http_reqs","data":{"time":"2026-11-27T22:14:40Z","value":1,"tags":{}}}"#;
    assert!(mistake(line).contains("--out csv=FILE"), "{}", mistake(line));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = read(&*bytes);
        let _ = read(&*[PLAIN.as_bytes(), &bytes].concat());
        let _ = read(&*[b"<testResults>", &*bytes].concat());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[-0-9a-z,;\"\n<>/ :.=]{0,200}") {
        let _ = read(text.as_bytes());
        let _ = read(format!("<testResults><httpSample {text}").as_bytes());
    }
}

#[test]
fn a_document_with_a_doctype_is_refused_with_its_line() {
    let document = "<?xml version=\"1.0\"?>\n<!DOCTYPE x [<!ENTITY e \"429\">]>\n<testResults version=\"1.2\">\n\
        <httpSample t=\"1\" ts=\"1795817680990\" rc=\"200\"/></testResults>";
    let told = "line 2: the document has a DOCTYPE. JMeter writes none, and entities are not read";
    assert_eq!(mistake(document), told);
}
