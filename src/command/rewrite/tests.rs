mod properties;

use super::*;

const URL: &str = "http://127.0.0.1:8080";

fn copy_of(plan: impl AsRef<[u8]>, url: &str) -> Result<(Vec<u8>, String), String> {
    let target = Target::read(url).expect("a URL");
    let served = Hosts::new(&["api.example.net".to_owned()], []);
    let copy = Copy::of(plan.as_ref(), &target, &served, Path::new("copy.jmx"))?;
    Ok((copy.bytes, copy.report))
}

fn rewritten(plan: &str) -> String {
    let (bytes, _) = copy_of(plan, URL).expect("a plan");
    String::from_utf8(bytes).expect("UTF-8")
}

fn report(plan: &str) -> String {
    copy_of(plan, URL).expect("a plan").1
}

/// A plan of these elements.
fn plan(elements: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<jmeterTestPlan version=\"1.2\"><hashTree>{elements}</hashTree></jmeterTestPlan>\n"
    )
}

fn property(name: &str, value: &str) -> String {
    format!("<stringProp name=\"{name}\">{value}</stringProp>")
}

fn sampler(properties: &[(&str, &str)]) -> String {
    let properties: String = properties.iter().map(|(name, value)| property(name, value)).collect();
    format!("<HTTPSamplerProxy>{properties}</HTTPSamplerProxy><hashTree/>")
}

fn variables(variables: &[(&str, &str)]) -> String {
    let argument = |(name, value): &(&str, &str)| {
        format!(
            "<elementProp name=\"{name}\" elementType=\"Argument\">{}{}</elementProp>",
            property("Argument.name", name),
            property("Argument.value", value)
        )
    };
    let arguments: String = variables.iter().map(argument).collect();
    format!(
        "<Arguments><collectionProp name=\"Arguments.arguments\">{arguments}</collectionProp></Arguments><hashTree/>"
    )
}

/// What becomes of elements, each pair being one before and after.
fn becomes(pairs: &[(String, String)]) {
    let [before, after] = [0, 1].map(|side| {
        let side: String = pairs.iter().map(|pair| if side == 0 { &*pair.0 } else { &*pair.1 }).collect();
        plan(&side)
    });
    assert_eq!(rewritten(&before), after);
}

const DOMAIN: &str = "HTTPSampler.domain";
const PORT: &str = "HTTPSampler.port";
const PROTOCOL: &str = "HTTPSampler.protocol";

#[test]
fn a_samplers_host_port_and_protocol_change_together_and_others_do_not() {
    let ours = [(DOMAIN, "127.0.0.1"), (PORT, "8080"), (PROTOCOL, "http")];
    let others = sampler(&[(DOMAIN, "www.example.com"), (PORT, "443"), (PROTOCOL, "https")]);
    becomes(&[
        (sampler(&[(DOMAIN, "api.mypurecloud.com"), (PORT, ""), (PROTOCOL, "https")]), sampler(&ours)),
        (sampler(&[(DOMAIN, "API.MyPureCloud.com"), (PORT, "443"), (PROTOCOL, "")]), sampler(&ours)),
        (sampler(&[(DOMAIN, "platform-singapore.genesiscloud.com")]), sampler(&ours)),
        (sampler(&[(DOMAIN, "api.example.net")]), sampler(&ours)),
        (others.clone(), others),
    ]);
    let socket = |server: &str, port: &str, tls: &str| {
        format!(
            "<eu.luminis.jmeter.wssampler.OpenWebSocketSampler><boolProp name=\"TLS\">{tls}</boolProp>{}{}</eu.luminis.jmeter.wssampler.OpenWebSocketSampler><hashTree/>",
            property("server", server),
            property("port", port)
        )
    };
    becomes(&[
        (socket("streaming.usw2.pure.cloud", "443", "true"), socket("127.0.0.1", "8080", "false")),
        (socket("", "443", "true"), socket("", "443", "true")),
    ]);
}

#[test]
fn what_a_plan_leaves_to_defaults_functions_and_variables_follows_too() {
    let defaults = |properties: &[(&str, &str)]| {
        let properties: String = properties.iter().map(|(name, value)| property(name, value)).collect();
        format!("<ConfigTestElement guiclass='HttpDefaultsGui'>{properties}</ConfigTestElement><hashTree/>")
    };
    let bare = sampler(&[(DOMAIN, ""), (PORT, ""), (PROTOCOL, "https")]);
    let elsewhere = "<LDAPSampler><stringProp name=\"servername\"></stringProp><stringProp name=\"port\">389</stringProp></LDAPSampler><hashTree/>";
    becomes(&[
        (
            defaults(&[(DOMAIN, "${host}"), (PORT, "${__P(port,443)}")]),
            defaults(&[(DOMAIN, "${host}"), (PROTOCOL, "http"), (PORT, "${__P(port,8080)}")]),
        ),
        (bare, sampler(&[(DOMAIN, ""), (PORT, ""), (PROTOCOL, "http")])),
        (
            sampler(&[(DOMAIN, "${__P(host,api.mypurecloud.com)}"), (PORT, "8443"), (PROTOCOL, "${scheme}")]),
            sampler(&[(DOMAIN, "${__P(host,127.0.0.1)}"), (PORT, "8080"), (PROTOCOL, "http")]),
        ),
        (elsewhere.to_owned(), elsewhere.to_owned()),
        (variables(&[("host", "api.mypurecloud.ie")]), variables(&[("host", "127.0.0.1")])),
    ]);
}

#[test]
fn defaults_act_on_their_own_part_of_the_tree() {
    let defaults = |host: &str, scheme: &str, port: &str| {
        format!(
            "<ConfigTestElement guiclass=\"HttpDefaultsGui\">{}{}{}</ConfigTestElement><hashTree/>",
            property(DOMAIN, host),
            property(PORT, port),
            property(PROTOCOL, scheme)
        )
    };
    let group = |elements: String| format!("<ThreadGroup></ThreadGroup><hashTree>{elements}</hashTree>");
    let sampler = |scheme: &str| sampler(&[(DOMAIN, ""), (PROTOCOL, scheme)]);
    becomes(&[
        (defaults("api.mypurecloud.com", "https", "443"), defaults("127.0.0.1", "http", "8080")),
        (group(sampler("https")), group(sampler("http"))),
        (
            group(defaults("www.example.com", "https", "443") + &sampler("https")),
            group(defaults("www.example.com", "https", "443") + &sampler("https")),
        ),
    ]);
}

#[test]
fn variables_beside_a_host_follow_it_and_those_of_other_lists_do_not() {
    becomes(&[
        (
            variables(&[
                ("port", "443"),
                ("host", "api.mypurecloud.com"),
                ("protocol", "https"),
                ("adminPort", "${__P(adminPort,8443)}"),
                ("report", "results.csv"),
                ("user", "me"),
            ]),
            variables(&[
                ("port", "8080"),
                ("host", "127.0.0.1"),
                ("protocol", "http"),
                ("adminPort", "${__P(adminPort,8443)}"),
                ("report", "results.csv"),
                ("user", "me"),
            ]),
        ),
        (
            variables(&[("port2", "443"), ("scheme", "https")]),
            variables(&[("port2", "443"), ("scheme", "https")]),
        ),
        (
            variables(&[("region", "mypurecloud.de"), ("login", "login.${region}")]),
            variables(&[("region", "mypurecloud.de"), ("login", "127.0.0.1")]),
        ),
        (variables(&[("p", "443")]), variables(&[("p", "8080")])),
        (
            sampler(&[(DOMAIN, "api.${region}"), (PORT, "${p}"), (PROTOCOL, "https")]),
            sampler(&[(DOMAIN, "127.0.0.1"), (PORT, "${p}"), (PROTOCOL, "http")]),
        ),
    ]);
}

#[test]
fn addresses_within_values_are_pointed_at_the_target() {
    let value = |value: &str| sampler(&[("HTTPSampler.path", value)]);
    let host = variables(&[("host", "api.mypurecloud.com")]);
    becomes(&[(host, variables(&[("host", "127.0.0.1")]))]);
    for (before, after) in [
        (
            "https://api.mypurecloud.com/api/v2?a=1&amp;to=wss://streaming.usw2.pure.cloud:443/x",
            "http://127.0.0.1:8080/api/v2?a=1&amp;to=ws://127.0.0.1:8080/x",
        ),
        ("https://api.mypurecloud.com:8443/&#x20;", "http://127.0.0.1:8080/&#x20;"),
        ("https&#58;//api.mypurecloud&#46;com/", "http&#58;//127.0.0.1:8080/"),
        (
            "<![CDATA[see https://login.mypurecloud.com.au/a?b&c]]>",
            "<![CDATA[see http://127.0.0.1:8080/a?b&c]]>",
        ),
        ("https://api.<!-- here -->mypurecloud.com/", "http://127.0.0.1<!-- here -->:8080/"),
        (
            "https://${__P(host,api.mypurecloud.com)}:${__P(port,443)}/x",
            "http://${__P(host,127.0.0.1)}:${__P(port,8080)}/x",
        ),
        ("https://api.${__P(region,mypurecloud.com)}/x", "http://127.0.0.1:8080/x"),
        ("https://${unknown}/x", "https://${unknown}/x"),
        (
            "see https://api.example.com and ftp://api.mypurecloud.com, ://",
            "see https://api.example.com and ftp://api.mypurecloud.com, ://",
        ),
    ] {
        becomes(&[(value(before), value(after))]);
    }
}

#[test]
fn what_is_written_is_escaped_as_its_place_asks_for() {
    let value = |value: &str| sampler(&[(DOMAIN, value), (PORT, "1"), (PROTOCOL, "http")]);
    for (before, after) in [
        ("api.mypurecloud.com", "a&amp;b"),
        ("<![CDATA[api.mypurecloud.com]]>", "<![CDATA[a&b]]>"),
        ("api.mypurecloud&#46;com", "a&amp;b"),
    ] {
        let (copy, _) = copy_of(plan(&value(before)), "http://a&b:1").expect("a plan");
        assert_eq!(String::from_utf8_lossy(&copy), plan(&value(after)));
    }
    let (copy, _) =
        copy_of(plan(&sampler(&[(DOMAIN, "api.mypurecloud.com")])), "https://[::1]:8443").expect("a plan");
    let expected = sampler(&[(DOMAIN, "[::1]"), (PORT, "8443"), (PROTOCOL, "https")]);
    assert_eq!(String::from_utf8_lossy(&copy), plan(&expected));
}

/// A plan in every form that XML allows, with what is to change between `«` and `»`: before, a bar, and after.
const FORMS: &str = "<?xml version='1.0' encoding=\"utf-8\" standalone='yes' ?>
<!-- https://api.mypurecloud.com stays -->
<?keep https://api.mypurecloud.com ?>
<jmeterTestPlan  version = '1.2'\tproperties=\"5.0\">
  <hashTree >
    <HTTPSamplerProxy testname='GET https://api.mypurecloud.com &quot;x&quot; > &#x41;' guiclass=\"G\"   enabled = \"true\" >
\t<stringProp name='HTTPSampler.domain' >«api.mypurecloud.com|127.0.0.1»</stringProp >
      <stringProp name=\"HTTPSampler.port\"«/>|>8080</stringProp>»<intProp name=\"a\" />
      <stringProp   name='HTTPSampler.protocol'><![CDATA[«https|http»]]></stringProp><!-- - -->
      <stringProp name=\"x\">a &amp; b &#60;c&gt; ]] > 'd' \"e\" ü 𝄞 <![CDATA[ <&]]></stringProp>
    </HTTPSamplerProxy>
    <hashTree/>
  </hashTree>
</jmeterTestPlan><!-- end --> ";

fn form(after: bool) -> String {
    let mut parts = FORMS.split(['«', '»']);
    let mut out = parts.next().expect("a beginning").to_owned();
    while let (Some(change), Some(rest)) = (parts.next(), parts.next()) {
        let (old, new) = change.split_once('|').expect("two sides");
        out.push_str(if after { new } else { old });
        out.push_str(rest);
    }
    out
}

#[test]
fn all_but_the_changed_values_stays_byte_for_byte() {
    for change in [
        |text: String| text,
        |text: String| text.replace('\n', "\r\n"),
        |text: String| text.replace('\n', "\r"),
        |text: String| format!("\u{feff}{text}"),
        |text: String| text.replace('\n', " "),
        |text: String| format!("{text}\n\n"),
    ] {
        let (before, after) = (change(form(false)), change(form(true)));
        assert_eq!(rewritten(&before), after);
        assert_eq!(rewritten(&after), after, "nothing is left to change");
        assert!(report(&after).contains("no line is different"), "{}", report(&after));
    }
    let latin = |after| {
        form(after)
            .replace("utf-8", "ISO-8859-1")
            .replace('𝄞', "")
            .chars()
            .map(|char| u8::try_from(char).expect("Latin-1"))
            .collect::<Vec<_>>()
    };
    assert_eq!(copy_of(latin(false), URL).expect("a plan").0, latin(true));
}

#[test]
fn added_properties_stand_in_lines_of_their_own_where_the_plan_has_lines() {
    let domain = |end: &str| format!("{end}  \t{}{end}", property(DOMAIN, "api.mypurecloud.com"));
    for end in ["\n", "\r\n", "\r"] {
        let before = plan(&format!("<HTTPSamplerProxy>{}</HTTPSamplerProxy>", domain(end)));
        let added = format!("{end}  \t{}{end}  \t{}", property(PORT, "8080"), property(PROTOCOL, "http"));
        let after =
            before.replace("api.mypurecloud.com</stringProp>", &format!("127.0.0.1</stringProp>{added}"));
        assert_eq!(rewritten(&before), after);
        assert!(report(&before).starts_with("copy.jmx: 3 lines are different\n"), "{}", report(&before));
    }
    let in_one_line = plan(&sampler(&[(DOMAIN, "api.mypurecloud.com")]));
    assert!(report(&in_one_line).starts_with("copy.jmx: 1 line is different\n"), "{}", report(&in_one_line));
}

#[test]
fn what_still_names_the_platform_and_which_edge_is_lost_are_told() {
    let script =
        "def a = 1\nask('api.mypurecloud.com')\nhttps://api.mypurecloud.com/ and login.mypurecloud.com";
    let told = report(&plan(&format!("\n<JSR223Sampler>{}</JSR223Sampler>", property("script", script))));
    assert!(told.contains("     4 ! still names the platform: ask('api.mypurecloud.com')"), "{told}");
    assert!(told.contains("     5 - https://api.mypurecloud.com/ and"), "{told}");
    assert!(told.contains("     5 ! still names the platform: http://127.0.0.1:8080/ and"), "{told}");
    let long = format!("{}https://api.mypurecloud.com/{}", "a".repeat(10_000), "b".repeat(10_000));
    let told = report(&plan(&sampler(&[("HTTPSampler.path", &long)])));
    assert!(told.len() < 600, "{told}");
    let told = report(&plan(&sampler(&[(DOMAIN, "platform-singapore.genesiscloud.com")])));
    assert!(told.contains("does not name the edge platform-singapore"), "{told}");
    let told = report(&plan(&sampler(&[("x", "\u{9b}31mapi.mypurecloud.com")])));
    assert!(!told.contains('\u{9b}'), "{told}");
}

#[test]
fn the_shipped_plans_are_already_gcmocks_and_come_back_to_it() {
    for scenario in crate::rules::SCENARIOS {
        let shipped = scenario.plan;
        assert_eq!(rewritten(shipped), shipped, "{}", scenario.name);
        let away = shipped
            .replace("${__P(host,127.0.0.1)}", "${__P(host,api.mypurecloud.com)}")
            .replace("${__P(port,8080)}", "${__P(port,443)}");
        assert_ne!(away, shipped);
        let back = rewritten(&away);
        assert_eq!(back.matches("mypurecloud").count(), 0, "{}", scenario.name);
        assert!(back.contains("${__P(host,127.0.0.1)}") && back.contains("${__P(port,8080)}"));
    }
}

#[test]
fn a_document_that_is_no_plan_is_refused_with_line_and_column() {
    for (document, told) in [
        ("<a/>", " not a JMeter plan: the root element is <a>"),
        ("<!DOCTYPE jmeterTestPlan><jmeterTestPlan/>", "1:1: not well-formed XML: a DOCTYPE is not accepted"),
        (
            "<jmeterTestPlan>\n  <a>\n</jmeterTestPlan>",
            "3:1: not well-formed XML: </jmeterTestPlan> does not close <a> of line 2",
        ),
        ("<jmeterTestPlan>\r\n\u{7}</jmeterTestPlan>", "2:1: not well-formed XML: the character U+0007"),
        ("hello", "1:1: not well-formed XML: text before the root element"),
    ] {
        let error = copy_of(document, URL).expect_err("refused");
        assert!(error.starts_with(told), "{error}");
    }
    let error = copy_of(b"<jmeterTestPlan>\n  \xff</jmeterTestPlan>", URL).expect_err("refused");
    assert!(error.starts_with("2:3: not well-formed XML: this byte is not valid UTF-8"), "{error}");
}

#[test]
fn variables_that_refer_to_one_another_end_somewhere() {
    let wide = format!("{}${{b}}", "${b}".repeat(200));
    let loops = variables(&[("a", "${a}"), ("b", &wide), ("c", "${b}"), ("d", &"x".repeat(5000))]);
    becomes(&[
        (loops.clone(), loops),
        (sampler(&[(DOMAIN, "${c}${a}${d}")]), sampler(&[(DOMAIN, "${c}${a}${d}")])),
    ]);
}
