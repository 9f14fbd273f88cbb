use super::*;

fn read(text: &str) -> Result<Vec<Range<usize>>, Fault> {
    let mut tokens = Tokens::of(text);
    let mut spans = Vec::new();
    while let Some(token) = tokens.next()? {
        spans.push(token.span);
    }
    Ok(spans)
}

#[test]
fn the_tokens_of_a_document_are_all_of_it() {
    for text in [
        "<a/>",
        " \n<a> </a> ",
        "<?xml version=\"1.1\"?><a>&#x1;</a>",
        "<?xml version='1.0'\nencoding='UTF-8'\tstandalone='no' ?>\n<?p?><?p a?><!----><a b='&lt;&#65;' c=\">\"><b:c-d.e/>x&amp;y<![CDATA[]]>]]</a><!-- a-b -->\n",
        "<ä ö='ü'>𝄞</ä >",
        "<a>]] ></a>",
    ] {
        let spans = read(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        let together: String = spans.into_iter().map(|span| &text[span]).collect();
        assert_eq!(together, text);
    }
}

/// Documents that are not well-formed, and line and column of what is wrong.
const ILL_FORMED: &[(&str, (usize, usize))] = &[
    ("", (1, 1)),
    ("  \n ", (2, 2)),
    ("<!-- a -->", (1, 11)),
    ("<a>", (1, 4)),
    ("<a>\n<b></b>\n", (3, 1)),
    ("<a></b>", (1, 4)),
    ("<a></a></a>", (1, 8)),
    ("</a>", (1, 1)),
    ("<a/><b/>", (1, 5)),
    ("<a></a>\n<b></b>", (2, 1)),
    ("<a/>x", (1, 5)),
    ("x<a/>", (1, 1)),
    ("<a/>&amp;", (1, 5)),
    ("&amp;<a/>", (1, 1)),
    ("<a/><![CDATA[x]]>", (1, 5)),
    ("\u{feff}<a/>", (1, 1)),
    ("<a", (1, 1)),
    ("<a>\n<b c=\"", (2, 1)),
    ("<a>\n<!-- ", (2, 1)),
    ("<a>\n<![CDATA[ ", (2, 1)),
    ("<a>\n<?p ", (2, 1)),
    ("<a>\n<", (2, 1)),
    ("<a>&nbsp;</a>", (1, 4)),
    ("<a>\n &undefined; </a>", (2, 2)),
    ("<a>& b</a>", (1, 4)),
    ("<a>&amp</a>", (1, 4)),
    ("<a>&;</a>", (1, 4)),
    ("<a>&#0;</a>", (1, 4)),
    ("<a>&#x1;</a>", (1, 4)),
    ("<a>&#xD800;</a>", (1, 4)),
    ("<a>&#x110000;</a>", (1, 4)),
    ("<a>&#xFFFF;</a>", (1, 4)),
    ("<a>&#;</a>", (1, 4)),
    ("<a>&#x;</a>", (1, 4)),
    ("<a>&#+65;</a>", (1, 4)),
    ("<a>&#X41;</a>", (1, 4)),
    ("<a b='&nbsp;'/>", (1, 7)),
    ("<a b='& '/>", (1, 7)),
    ("<a b='<'/>", (1, 7)),
    ("<a b=c/>", (1, 6)),
    ("<a b/>", (1, 5)),
    ("<a b= />", (1, 7)),
    ("<a b='1' b='2'/>", (1, 10)),
    ("<a b='1'c='2'/>", (1, 9)),
    ("<a 1='2'/>", (1, 4)),
    ("<a ='2'/>", (1, 4)),
    ("<1/>", (1, 1)),
    ("< a/>", (1, 1)),
    ("<a/ >", (1, 1)),
    ("<>", (1, 1)),
    ("<a></ a>", (1, 4)),
    ("<a></a b='c'>", (1, 4)),
    ("<a>\u{0}</a>", (1, 4)),
    ("<a>\u{1b}</a>", (1, 4)),
    ("<a b='\u{b}'/>", (1, 7)),
    ("<a><!-- \u{8} --></a>", (1, 9)),
    ("<a>\u{ffff}</a>", (1, 4)),
    ("<a>]]></a>", (1, 4)),
    ("<a><!-- -- --></a>", (1, 9)),
    ("<a><!-- ---></a>", (1, 9)),
    ("<a><!x></a>", (1, 4)),
    ("<a><![CDATA [x]]></a>", (1, 4)),
    ("<a><![cdata[x]]></a>", (1, 4)),
    ("<a><??></a>", (1, 4)),
    ("<a><?1?></a>", (1, 4)),
    ("<a><?XML b?></a>", (1, 4)),
    (" <?xml version='1.0'?><a/>", (1, 2)),
    ("<a><?xml version='1.0'?></a>", (1, 4)),
    ("<?xml?><a/>", (1, 1)),
    ("<?xml encoding='UTF-8'?><a/>", (1, 1)),
    ("<?xml version='2.0'?><a/>", (1, 1)),
    ("<?xml version='1.0' standalone='maybe'?><a/>", (1, 1)),
    ("<?xml version='1.0' standalone='no' encoding='UTF-8'?><a/>", (1, 1)),
    ("<?xml version='1.0' other=''?><a/>", (1, 1)),
    ("<?xml version='1.0' encoding='UTF-8'><a/>", (1, 1)),
];

#[test]
fn what_is_not_well_formed_is_refused_where_it_is() {
    for (text, at) in ILL_FORMED {
        match read(text) {
            Err(fault) => assert_eq!(location(text, fault.at), *at, "{text}: {}", fault.message),
            Ok(_) => panic!("{text:?} was read"),
        }
    }
}

#[test]
fn a_doctype_is_refused_wherever_it_is_and_whatever_is_in_it() {
    for text in [
        "\n<!DOCTYPE a><a/>",
        "\n<!doctype a [<!ENTITY b 'c'>]><a>&b;</a>",
        "\n<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>",
        "\n<!DOCTYPE",
        "\n<!DOCTYPE>",
        "<a>\n<!DOCTYPE a></a>",
    ] {
        let fault = read(text).expect_err("refused");
        assert_eq!(location(text, fault.at).0, 2, "{text}");
        assert!(fault.message.contains("DOCTYPE"), "{text}: {}", fault.message);
    }
}

#[test]
fn lines_end_as_they_do_anywhere_and_columns_are_characters() {
    for (text, at, expected) in
        [("a\nb", 2, (2, 1)), ("a\r\nb", 3, (2, 1)), ("a\rb", 2, (2, 1)), ("üü", 4, (1, 3)), ("", 0, (1, 1))]
    {
        assert_eq!(location(text, at), expected, "{text:?}");
    }
}
