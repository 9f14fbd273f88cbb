//! Properties of random plans: which are changed, and which are refused.

use proptest::prelude::*;

use super::*;

/// A piece of markup that has nothing to do with the platform.
fn inert() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ \t\n]{0,3}",
        "[a-z0-9 .,:/ü]{1,12}",
        prop::sample::select(vec![
            "&amp;",
            "&lt;",
            "&#10;",
            "&#x1F600;",
            "]]",
            "<![CDATA[a]]b<&]]>",
            "<!-- https://api.mypurecloud.com -->",
            "<?pi a=\"b\"?>",
            "\r\n",
            "${host}",
            "${__P(a,b)}",
            "https://www.example.com:443/a?b=c",
            "${",
            "}",
            "://",
        ])
        .prop_map(str::to_owned),
    ]
}

fn inert_element() -> impl Strategy<Value = String> {
    let leaf = (
        prop::sample::select(vec!["stringProp", "boolProp", "x", "a.b.C"]),
        inert_attributes(),
        prop::collection::vec(inert(), 0..5),
        any::<bool>(),
    )
        .prop_map(|(name, attributes, content, empty)| match content.concat() {
            content if empty && content.is_empty() => format!("<{name}{attributes}/>"),
            content => format!("<{name}{attributes}>{content}</{name} >"),
        });
    leaf.prop_recursive(4, 24, 5, |inner| {
        (
            prop::sample::select(vec!["hashTree", "elementProp", "collectionProp", "HTTPSamplerProxy"]),
            inert_attributes(),
            prop::collection::vec(inner, 0..5),
        )
            .prop_map(|(name, attributes, inner)| format!("<{name}{attributes}>{}</{name}>", inner.concat()))
    })
}

fn inert_attributes() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        " name=\"HTTPSampler.domain\"",
        "\n name='HTTPSampler.port'",
        " name = \"Argument.value\" ",
        " name='Argument.name'",
        "",
    ]);
    let other = prop::sample::select(vec![
        "",
        " b='\"'",
        "\t b=\"'&lt;>\"",
        " testname=\"https://api.mypurecloud.com\"",
    ]);
    (name, other).prop_map(|(name, other)| format!("{name}{other}"))
}

proptest! {
    #[test]
    fn a_plan_with_nothing_to_change_comes_back_as_it_was(element in inert_element(), bom in any::<bool>()) {
        let document = format!("{}{}", if bom { "\u{feff}" } else { "" }, plan(&element));
        prop_assert_eq!(rewritten(&document), document);
    }

    #[test]
    fn of_a_plan_with_something_to_change_the_rest_comes_back_as_it_was(elements in prop::collection::vec(inert_element(), 1..6)) {
        let with = |host: &str, url: &str| {
            let ours = sampler(&[(DOMAIN, host), (PORT, "8080"), (PROTOCOL, "http"), ("HTTPSampler.path", url)]);
            plan(&elements.iter().flat_map(|element| [&**element, &*ours]).collect::<String>())
        };
        let before = with("login.mypurecloud.ie", "a&amp;wss://streaming.mypurecloud.ie/b");
        prop_assert_eq!(rewritten(&before), with("127.0.0.1", "a&amp;ws://127.0.0.1:8080/b"));
    }

    #[test]
    fn a_plan_that_is_cut_off_is_refused(element in inert_element(), at in any::<prop::sample::Index>()) {
        let document = plan(&element);
        let whole = document.trim_end();
        let cut = at.index(whole.len());
        prop_assert!(copy_of(&whole.as_bytes()[..cut], URL).is_err());
    }

    #[test]
    fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), at in any::<prop::sample::Index>(), element in inert_element()) {
        let mut document = plan(&element).into_bytes();
        let cut = at.index(document.len());
        document.splice(cut..(cut + bytes.len() / 2).min(document.len()), bytes);
        if let Ok((copy, _)) = copy_of(&document, URL) {
            prop_assert!(copy_of(&copy, URL).is_ok(), "a plan stays one");
        }
    }
}
