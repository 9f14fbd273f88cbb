//! Reading result files: the formats of JMeter, k6 and other tools.

mod mistakes;

use gcmock_plan::results::{Outcome, Results, merge, read};

const MILLISECOND: u64 = 1_000_000;
/// The instant of the rows below, in milliseconds.
const T: u64 = 1_795_817_680_980;

fn text(text: &str) -> Results {
    read(text.as_bytes()).expect("a result file")
}

fn mistake(text: &str) -> String {
    read(text.as_bytes()).expect_err("a mistake").to_string()
}

fn refused(results: &Results) -> usize {
    results.samples.iter().filter(|sample| sample.outcome == Outcome::Status(429)).count()
}

const PLAIN: &str = "\
timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect
1795817680980,84,Send message,202,Accepted,Users 1-7,text,true,,483,340,200,200,http://127.0.0.1/m,83,0,2
1795817695599,1004,Send message,429,Too Many Requests,Users 1-148,text,false,,660,342,200,201,http://127.0.0.1/m,1004,0,0
";

#[test]
fn what_is_said_of_a_cell_with_control_characters_has_none() {
    for cell in ["17\u{1b}[31m", "\"17\n18\"", "17\u{7}"] {
        let said = mistake(&PLAIN.replacen("1795817680980", cell, 1));
        assert!(!said.contains(char::is_control), "{said:?}");
    }
}

#[test]
fn every_default_column_of_jmeter_is_read() {
    let results = text(PLAIN);
    let first = &results.samples[0];
    assert_eq!(first.start, T * MILLISECOND);
    assert_eq!((first.elapsed, first.latency), (84 * MILLISECOND, 83 * MILLISECOND));
    assert_eq!(first.connect, 2 * MILLISECOND);
    assert_eq!(&*results.labels[first.label as usize], "Send message");
    assert_eq!(&*results.threads[first.thread as usize], "Users 1-7");
    assert_eq!((&first.outcome, first.success), (&Outcome::Status(202), true));
    assert_eq!((first.received, first.sent, first.all_threads), (483, 340, 200));
    let second = &results.samples[1];
    assert_eq!((&second.outcome, second.success, second.all_threads), (&Outcome::Status(429), false, 201));
    assert!(results.columns.is_empty() && results.warnings.is_empty());
}

#[test]
fn a_file_without_a_header_has_the_default_columns() {
    let rows = PLAIN.split_once('\n').expect("rows").1;
    assert_eq!(text(rows), text(PLAIN));
    // JMeter 3 and 4 write no URL.
    let old = rows.replace("http://127.0.0.1/m,", "");
    assert_eq!(text(&old).samples, text(PLAIN).samples);
    let more = text(&rows.replace(",0,2\n", ",0,2,token-a\n").replace(",0,0\n", ",0,0,token-b\n"));
    assert_eq!(more.columns, ["column 18".into()]);
    assert_eq!(&*more.samples[1].extra[0], "token-b");
}

#[test]
fn columns_may_come_in_any_order_and_be_few() {
    let results =
        text("responseCode;timeStamp;label\n429;1795817680980;\"a;b\"\n200;1795817680981;\"c\nd\"\n");
    assert_eq!(results.labels, ["a;b".into(), "c\nd".into()]);
    assert_eq!(results.samples[0].start, T * MILLISECOND);
    assert_eq!((results.samples[0].success, results.samples[1].success), (false, true));
}

#[test]
fn separators_decimal_commas_and_dates_are_recognized() {
    for separator in ["\t", "|", ";"] {
        let file = format!("timeStamp,elapsed,responseCode\n2026/11/27 22:14:40.980,84{}5,202\n", '\u{1}');
        let results = text(&file.replace(',', separator).replace('\u{1}', ","));
        assert_eq!(results.samples[0].start, T * MILLISECOND, "{separator:?}");
        assert_eq!(results.samples[0].elapsed, 84_500_000);
    }
}

#[test]
fn variables_of_the_plan_are_columns_and_retry_after_and_the_limit_have_fields() {
    let results = text(
        "timeStamp,responseCode,\"token\",\"RETRY_AFTER\",\"LIMIT\"\n1795817680980,429,a,30,messaging-send\n1795817680981,200,b,,\n",
    );
    assert_eq!(results.columns, ["token".into()]);
    assert_eq!((results.samples[0].retry_after, results.samples[1].retry_after), (Some(30), None));
    assert_eq!(results.samples[0].limit.as_deref(), Some("messaging-send"));
    assert_eq!(results.samples[1].limit, None);
}

#[test]
fn a_transaction_and_a_failure_without_an_answer_are_told_apart() {
    let header = "timeStamp,elapsed,label,responseCode,responseMessage,success\n";
    let rows = "1795817680980,9,All,200,\"Number of samples in transaction : 2, number of failing samples : 0\",true\n\
                1795817680981,9,One,Non HTTP response code: java.net.SocketException,reset,false\n\
                1795817680982,9,Script,,,true\n";
    let results = text(&format!("{header}{rows}"));
    assert!(results.samples[0].transaction && !results.samples[1].transaction);
    let failure = "Non HTTP response code: java.net.SocketException".into();
    assert_eq!(results.samples[1].outcome, Outcome::Failed(failure));
    assert_eq!(results.samples[2].outcome, Outcome::Silent);
}

#[test]
fn xml_has_headers_inner_samples_and_variables() {
    let results = text(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testResults version="1.2">
<sample t="20" lt="9" ts="1795817680980" s="false" lb="Both &amp; more" rc="429" rm="Number of samples in transaction : 1, number of failing samples : 1" tn="U 1-1" token="a">
  <httpSample t="12" lt="11" ct="1" ts="1795817680985" s="false" lb="Send" rc="429" rm="Too Many Requests" tn="U 1-1" by="660" sby="342" ng="1" na="2" token="a">
    <responseHeader class="java.lang.String">HTTP/1.1 429 Too Many Requests
retry-after: 30
</responseHeader>
    <assertionResult><name>x</name><failure>false</failure></assertionResult>
    <java.net.URL>http://127.0.0.1/m</java.net.URL>
  </httpSample>
</sample>
<httpSample t="1" ts="1795817680990" s="true" lb="Send" rc="200" tn="U 1-2"/>
</testResults>"#,
    );
    let [outer, inner, last] = results.samples.as_slice() else { panic!("three samples") };
    assert_eq!(&*results.labels[outer.label as usize], "Both & more");
    assert!(outer.transaction && !inner.transaction && !last.transaction);
    assert_eq!((inner.retry_after, outer.retry_after), (Some(30), None));
    assert_eq!((inner.connect, inner.received, inner.all_threads), (MILLISECOND, 660, 2));
    assert_eq!(results.columns, ["token".into()]);
    assert_eq!((&*inner.extra[0], &*last.extra[0]), ("a", ""));
}

#[test]
fn k6_has_one_row_for_each_metric_and_the_time_of_the_end() {
    let results = text(
        "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata\n\
         http_reqs,1795817681,1.000000,,,1429,false,,POST,send,HTTP/1.1,default,,429,,,http://h/m,token=a,\n\
         http_req_duration,1795817681,100.500000,,,1429,false,,POST,send,HTTP/1.1,default,,429,,,http://h/m,token=a,\n\
         http_req_connecting,1795817681,2.000000,,,1429,false,,POST,send,HTTP/1.1,default,,429,,,http://h/m,token=a,\n\
         http_req_sending,1795817681,0.500000,,,1429,false,,POST,send,HTTP/1.1,default,,429,,,http://h/m,token=a,\n\
         http_req_waiting,1795817681,99.000000,,,1429,false,,POST,send,HTTP/1.1,default,,429,,,http://h/m,token=a,\n\
         vus,1795817682,10.000000,,,,,,,,,,,,,,,,\n\
         http_reqs,1795817683,1.000000,,dial: connection refused,1212,false,,POST,send,,default,,0,,,http://h/m,token=a,\n",
    );
    let first = &results.samples[0];
    assert_eq!(first.start, 1_795_817_681_000 * MILLISECOND - 102_500_000);
    assert_eq!((first.elapsed, first.connect), (102_500_000, 2 * MILLISECOND));
    assert_eq!((&first.outcome, first.success), (&Outcome::Status(429), false));
    assert_eq!(&*results.labels[first.label as usize], "POST send");
    assert_eq!(results.columns, ["scenario".into(), "group".into(), "token".into()]);
    assert_eq!(&*first.extra[2], "a");
    assert_eq!(results.samples[1].outcome, Outcome::Failed("dial: connection refused".into()));
}

#[test]
fn a_listener_of_locust_may_have_codes_or_only_texts() {
    let codes =
        text("start_time,request_type,name,response_time,status_code\n1795817680.980,GET,/m,12.5,429\n");
    assert_eq!(codes.samples[0].outcome, Outcome::Status(429));
    assert_eq!(&*codes.labels[0], "GET /m");
    assert_eq!((codes.samples[0].start, codes.samples[0].elapsed), (T * MILLISECOND, 12_500_000));
    let texts = text(
        "timestamp,name,response_time,exception\n\
         1795817680.980,/m,12.5,HTTPError('429 Client Error: Too Many Requests for url: /m')\n\
         1795817680.981,/m,12.5,None\n1795817680.982,/m,12.5,ConnectionRefusedError(111)\n",
    );
    assert_eq!(texts.samples[0].outcome, Outcome::Status(429));
    assert_eq!(texts.samples[1].outcome, Outcome::Status(200));
    assert!(matches!(texts.samples[2].outcome, Outcome::Failed(_)));
    assert_eq!(texts.warnings.len(), 1);
}

#[test]
fn a_code_may_have_words_or_be_in_words() {
    for code in ["429", "429/Too Many Requests", "Too Many Requests", "HTTP/1.1 429", "429.0"] {
        let results = text(&format!("timeStamp,elapsed,label,responseCode\n1795817680980,5,a,{code}\n"));
        assert_eq!(results.samples[0].outcome, Outcome::Status(429), "{code}");
    }
    let message =
        "timeStamp,elapsed,label,responseMessage,success\n1795817680980,5,a,Too Many Requests,false\n";
    assert_eq!(text(message).samples[0].outcome, Outcome::Status(429));
}

#[test]
fn the_csv_and_the_json_of_vegeta_are_read() {
    let rows = "1795817680980123456,200,1500000,3,2,,b2s=,attack,0,GET,http://h/m?x=1,\n\
                1795817680990123456,429,700000,0,5,429 Too Many Requests,,attack,1,GET,http://h/m,UmV0cnktQWZ0ZXI6IDMwDQo=\n\
                1795817681000123456,0,10,0,0,dial tcp: refused,,attack,2,GET,http://h/m,\n";
    let results = text(rows);
    let [first, second, third] = results.samples.as_slice() else { panic!("three samples") };
    assert_eq!((first.start, first.elapsed), (T * MILLISECOND + 123_456, 1_500_000));
    assert_eq!((&first.outcome, first.received, first.sent), (&Outcome::Status(200), 2, 3));
    assert_eq!((&second.outcome, second.retry_after), (&Outcome::Status(429), Some(30)));
    assert_eq!(third.outcome, Outcome::Failed("dial tcp: refused".into()));
    assert_eq!(results.labels, ["GET /m".into()]);
    // Older versions write no method, URL and headers.
    let old = text("1795817680980123456,429,1500000,3,2,,,attack,0\n");
    assert_eq!(old.samples[0].outcome, Outcome::Status(429));
    let lines = r#"{"attack":"","seq":0,"code":200,"timestamp":"2026-11-27T22:14:40.980123456Z","latency":1500000,"bytes_out":3,"bytes_in":2,"error":"","body":"b2s=","method":"GET","url":"http://h/m?x=1","headers":{}}
{"attack":"","seq":1,"code":429,"timestamp":"2026-11-27T22:14:40.990123456Z","latency":700000,"bytes_out":0,"bytes_in":5,"error":"429 Too Many Requests","body":null,"method":"GET","url":"http://h/m","headers":{"Retry-After":["30"]}}
{"attack":"","seq":2,"code":0,"timestamp":"2026-11-27T22:14:41.000123456Z","latency":10,"error":"dial tcp: refused","body":null,"method":"GET","url":"http://h/m","headers":null}
"#;
    assert_eq!(text(lines), results);
    let cut = ["line 4: the last row is cut off and left out"];
    assert_eq!(text(&format!("{rows}17958176")).warnings, cut);
    assert_eq!(text(&format!("{lines}{{\"code\":20")).warnings, cut);
}

#[test]
fn the_csv_of_hey_and_of_oha_has_seconds_since_the_start() {
    let hey = "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n\
               0.0087,0.0047,0.0042,0.0001,0.0019,0.0001,200,0.0016\n0.0021,0,0,0.0001,0.0019,0.0001,429,1.5\n";
    let oha = "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status\n\
               0.0016,0.0042,0.0047,0.0019,0.0087,11,200\n1.5,0,0,0.0019,0.0021,11,429\n";
    for file in [hey, oha] {
        let results = text(file);
        let [first, second] = results.samples.as_slice() else { panic!("two samples") };
        assert_eq!((first.start, first.elapsed, first.connect), (1_600_000, 8_700_000, 4_700_000));
        assert_eq!((second.start, &second.outcome), (1_500_000_000, &Outcome::Status(429)));
    }
    let old = mistake("response-time,DNS+dialup,DNS,status-code\n0.0087,0.0047,0.0042,200\n");
    assert_eq!(old, "line 1: the header has no column offset, which says when a request began");
}

#[test]
fn unsorted_rows_are_sorted_and_a_clock_that_steps_is_told() {
    let header = "timeStamp,elapsed,responseCode\n";
    let back = format!("{header}1795817690000,5,200\n1795817690500,5,200\n1795817685000,5,429\n");
    let results = text(&back);
    assert!(results.samples.is_sorted_by_key(|sample| sample.start));
    assert_eq!(results.warnings, ["line 4: the clock goes back by 5.500 s; distances across it are wrong"]);
    let shuffled = (0..50).map(|row| format!("{},5,200\n", T + row * 7919 % 50 * 2000));
    let results = text(&(header.to_owned() + &shuffled.collect::<Vec<_>>().concat()));
    assert_eq!(results.warnings, ["the rows are in no order of time; they are sorted by their start"]);
}

#[test]
fn the_files_of_two_engines_have_users_of_their_own() {
    let first = text("timeStamp,responseCode,label,threadName,token\n1795817680990,200,a,U 1-1,x\n");
    let second = text(
        "timeStamp,responseCode,label,threadName\n1795817680980,429,b,U 1-1\n1795817680999,429,a,U 1-1\n",
    );
    let joined = merge(vec![first, second], &[429]);
    assert_eq!(joined.columns, ["file".into(), "token".into()]);
    let seen: Vec<_> = joined
        .samples
        .iter()
        .map(|sample| {
            let label = &*joined.labels[sample.label as usize];
            (label, &*joined.threads[sample.thread as usize], &*sample.extra[0], &*sample.extra[1])
        })
        .collect();
    assert_eq!(seen, [("b", "2: U 1-1", "2", ""), ("a", "1: U 1-1", "1", "x"), ("a", "2: U 1-1", "2", "")]);
}

#[test]
fn two_runs_in_one_file_may_repeat_the_header() {
    assert_eq!(text(&format!("{PLAIN}{PLAIN}")).samples.len(), 4);
}

#[test]
fn files_of_a_real_jmeter_are_read() {
    let scripts = read(&include_bytes!("../results/jmeter-architect.xml.jtl.gz")[..]).expect("XML");
    assert!(refused(&scripts) > 40);
    let waits = scripts.samples.iter().filter(|sample| sample.outcome == Outcome::Status(429));
    assert!(waits.into_iter().all(|sample| sample.retry_after.is_some()));
    let sockets = read(&include_bytes!("../results/jmeter-byoc.csv.jtl.gz")[..]).expect("CSV");
    assert!(refused(&sockets) > 60);
    assert!(sockets.samples.iter().any(|sample| sample.outcome == Outcome::Status(101)));
}
