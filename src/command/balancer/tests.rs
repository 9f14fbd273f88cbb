use super::*;

fn filled(name: &str, by: By, nodes: &[&str]) -> String {
    let (_, template) = BALANCERS.iter().find(|(known, _)| *known == name).expect("a balancer");
    let nodes: Vec<_> = nodes.iter().map(|text| node(text).expect("an address")).collect();
    fill(template, by, "[::]:9090".parse().expect("an address"), &nodes)
}

#[test]
fn nothing_is_left_to_fill_in() {
    for (name, _) in BALANCERS {
        for by in [By::Token, By::Organization] {
            let text = filled(name, by, &["one.example:1", "[::1]:2"]);
            for mark in ["#each", "#by", "#names", "#end", "{id}", "host}", "port}", "{listen"] {
                assert!(!text.contains(mark), "{name}: {mark}\n{text}");
            }
            assert!(text.contains("one.example") && text.contains("9090"), "{text}");
            assert!(text.contains("--listen [::1]:2 --node 2"), "{text}");
        }
    }
}

#[test]
fn the_two_keys_are_two_configurations() {
    for (name, _) in BALANCERS {
        let of = |by| filled(name, by, &["a:1"]);
        assert!(!of(By::Token).contains("00000000"), "{name}");
        assert!(of(By::Organization).contains("00000000"), "{name}");
    }
}

#[test]
fn haproxy_asks_again_for_the_address_of_a_name() {
    let of = |nodes: &[&str]| filled("haproxy", By::Token, nodes);
    assert!(!of(&["10.0.0.5:1", "[::1]:2"]).contains("resolve"));
    let named = of(&["10.0.0.5:1", "gcmock-2:2"]);
    assert!(
        named.contains("\nresolvers names\n") && named.contains("default-server resolvers names"),
        "{named}"
    );
}

#[test]
fn envoys_configuration_is_yaml_with_a_cluster_for_each_server_and_one_of_all() {
    for by in [By::Token, By::Organization] {
        let text = filled("envoy", by, &["a:1", "b:2"]);
        let read: serde_json::Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
        let clusters = read["static_resources"]["clusters"].as_array().expect("a list");
        let names: Vec<_> =
            clusters.iter().map(|cluster| cluster["name"].as_str().expect("a name")).collect();
        assert_eq!(names, ["gcmock", "gcmock_1", "gcmock_2"]);
        let endpoints = &clusters[0]["load_assignment"]["endpoints"][0]["lb_endpoints"];
        assert_eq!(endpoints.as_array().map(Vec::len), Some(2), "{text}");
    }
}

#[test]
fn an_address_that_a_configuration_can_not_have_is_refused() {
    for text in [
        "here",
        "a:",
        ":1",
        "a:0",
        "a:+1",
        "a:99999",
        "a b:1",
        "a;b:1",
        "::1:80",
        "[here]:1",
        "http://a:1",
        "-a:1",
    ] {
        assert!(node(text).is_err_and(|told| told.contains("HOST:PORT")), "{text}");
    }
}
