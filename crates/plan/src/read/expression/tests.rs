//! Expressions and conditions, against what JMeter makes of them.

use std::collections::BTreeMap;

use super::{Names, Value, script};

fn names() -> Names {
    let properties = [("host", "mock"), ("n", "7")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut names = Names::new(BTreeMap::from(properties));
    names.define("a", "1");
    names.define("a", "${a}2");
    names.define("b", "${__P(n,3)}");
    names.define("name_1", "first");
    names.define("one", "${other}");
    names.define("other", "${one}");
    names.set_at_run_time("token");
    names
}

#[test]
fn texts_are_evaluated_as_far_as_they_are_known() {
    let names = names();
    for (text, expected) in [
        ("plain", "plain"),
        ("${b}", "7"),
        ("${a}", "12"),
        ("${name_${__intSum(0,1)}}", "first"),
        ("${__P(host)}", "mock"),
        ("${__P(nothing)}", "1"),
        ("${__P(nothing,)}", ""),
        ("${__property(nothing)}", "nothing"),
        ("${__property(n,,3)}", "7"),
        ("${__P(nothing,${__P(host,x)})}", "mock"),
        ("${__V(name_${__P(nothing)})}", "first"),
        ("Bearer ${token}", "Bearer ${token}"),
        ("${unknown}", "${unknown}"),
        ("${one}", "${one}"),
        ("${__Random(${b},9)}", "${__Random(7,9)}"),
        ("${__UUID}-${__time(yyyy)}", "${__UUID}-${__time(yyyy)}"),
        ("${__threadNum}", "${__threadNum}"),
        ("${__groovy(vars.get('token'))}", "${__groovy(vars.get('token'))}"),
        (r"\${b} and ${b}", "${b} and 7"),
        ("${__jexl3(\"${a}\" == \"12\" ? ${b} : 1)}", "7"),
        ("${__toUpperCase(${__P(host)})}", "MOCK"),
    ] {
        assert_eq!(names.text(text), expected, "{text}");
    }
}

#[test]
fn scripts_have_a_value_where_their_sides_decide() {
    let names = names();
    let (yes, no, unknown) = (Some(true), Some(false), None);
    for (source, expected) in [
        ("1 < 2 && 2 >= 2", yes),
        ("\"a\" == 'a'", yes),
        ("'5' == 5", yes),
        ("5 > '10'", no),
        ("!(1 == 1) || !!true", yes),
        ("1 + 2 * 3 == 7 and not false", yes),
        ("7 % 4 eq 3", yes),
        ("-1 lt 0", yes),
        ("'' ? true : false", no),
        ("null ?: 'x'", yes),
        ("false && anything(1, 'b')", no),
        ("true || anything.at(0).all", yes),
        ("true && anything", unknown),
        ("vars.get('b') as int > 6", yes),
        ("vars.get(\"token\") == 'x'", unknown),
        ("props.get('host').equals('mock')", yes),
        ("'abc'.contains('b') && 'abc'.length() == 3", yes),
        ("Integer.parseInt(vars.get('b')) == 7", yes),
        ("ctx.threadNum == 0", unknown),
        ("\"${x}\" == \"y\"", unknown),
        ("def a = 1; a == 1", unknown),
        ("1 ==", unknown),
        ("(1 == 1", unknown),
        ("'open", unknown),
    ] {
        assert_eq!(script(&names, source).and_then(|value| value.truth()), expected, "{source}");
    }
}

#[test]
fn a_script_can_name_the_thread() {
    let source = "vars.get('a') + '-' + (ctx.threadNum + 1)";
    assert_eq!(script(&names(), source), Some(Value::Text("12-${__threadNum}".to_owned())));
}

#[test]
fn base_64_is_that_of_the_standard() {
    for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
        assert_eq!(super::value::base64(text.as_bytes()), encoded);
    }
}
