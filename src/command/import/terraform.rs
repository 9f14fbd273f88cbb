//! HCL, the language of Terraform, as the JSON that means the same.

use serde_json::{Map, Value};

use crate::rules::excerpt;

/// The largest text that is read, in bytes. The reader of HCL keeps white space and comments, so it takes much memory.
const MOST_BYTES: usize = 16 << 20;
/// The most lines and commas directly within one pair of braces. The reader compares each key of an object with all keys
/// before it, so the time grows with the square of their number.
const MOST_WITHIN: u32 = 10_000;

/// The resources, data sources and modules of a text, under the keys of Terraform's JSON form: block, type, label; of a
/// module block and name. Blocks of other kinds are left out. An expression is a text such as `${genesyscloud_user.ada.id}`.
///
/// # Errors
/// What is wrong, with line and column.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    if text.len() > MOST_BYTES {
        return Err(format!(
            "larger than {MOST_BYTES} bytes of HCL; export it as JSON, or split by resource"
        ));
    }
    check_braces(text)?;
    let body = hcl::parse(text).map_err(|error| mistake(&error))?;
    let mut document = Map::new();
    for block in body.into_blocks() {
        let path = [block.identifier.as_str(), label(&block, 0), label(&block, 1)].map(str::to_owned);
        if ["resource", "data", "module"].contains(&path[0].as_str()) {
            let fields: Value = hcl::from_body(block.body).map_err(|error| mistake(&error))?;
            put(&mut document, path, fields);
        }
    }
    Ok(Value::Object(document))
}

/// A label of a block, or an empty text.
fn label(block: &hcl::Block, index: usize) -> &str {
    block.labels.get(index).map_or("", hcl::BlockLabel::as_str)
}

fn put(document: &mut Map<String, Value>, [block, name, label]: [String; 3], fields: Value) {
    let empty = || Value::Object(Map::new());
    let types = document.entry(block).or_insert_with(empty);
    let Value::Object(types) = types else { return };
    let labels = types.entry(name).or_insert_with(empty);
    if let Value::Object(labels) = labels {
        labels.insert(label, fields);
    }
}

/// A mistake in one line: the reader's own text of it repeats the line, which may have a secret.
fn mistake(error: &hcl::Error) -> String {
    match error {
        hcl::Error::Parse(error) => {
            let (line, column) = (error.location().line(), error.location().column());
            format!("line {line}, column {column}: {}", excerpt(error.message()))
        }
        other => excerpt(&other.to_string()),
    }
}

/// Refuses objects with too many keys, before the reader takes them.
fn check_braces(text: &str) -> Result<(), String> {
    // The lines and commas within each pair of braces that is open. Brackets have no bound.
    let mut open: Vec<Option<u32>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        // A brace at the first column ends a block of the file, whatever braces the strings in it had.
        if line.starts_with('}') {
            open.clear();
        }
        for byte in line.bytes().chain(std::iter::once(b'\n')) {
            if count(&mut open, byte) > MOST_WITHIN {
                let line = index + 1;
                return Err(format!(
                    "line {line}: more than {MOST_WITHIN} lines or commas within one pair of braces"
                ));
            }
        }
    }
    Ok(())
}

/// Counts a byte, and returns the count of the innermost braces.
fn count(open: &mut Vec<Option<u32>>, byte: u8) -> u32 {
    match byte {
        b'{' => open.push(Some(0)),
        b'[' => open.push(None),
        b'}' | b']' => {
            open.pop();
        }
        b'\n' | b',' => {
            if let Some(Some(within)) = open.last_mut() {
                *within += 1;
                return *within;
            }
        }
        _ => {}
    }
    0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = r#"
variable "name" { default = "x" }
resource "genesyscloud_routing_queue" "claims" {
  name        = "Claims"
  division_id = genesyscloud_auth_division.north.id
  members {
    user_id  = genesyscloud_user.ada.id
    ring_num = 1
  }
  description = "of ${var.name}"
  skill_groups = []
}
data "genesyscloud_user" "ada" { name = "Ada" }
"#;

    #[test]
    fn hcl_is_read_as_the_json_that_means_the_same() {
        let expected = json!({
            "resource": { "genesyscloud_routing_queue": { "claims": {
                "name": "Claims", "division_id": "${genesyscloud_auth_division.north.id}",
                "members": { "user_id": "${genesyscloud_user.ada.id}", "ring_num": 1 },
                "description": "of ${var.name}", "skill_groups": [],
            } } },
            "data": { "genesyscloud_user": { "ada": { "name": "Ada" } } },
        });
        assert_eq!(parse(TEXT), Ok(expected));
    }

    #[test]
    fn a_mistake_has_its_line_and_column_and_never_the_text() {
        let error = parse("resource \"a\" \"b\" {\n  password = \"4711\n}\n").expect_err("a mistake");
        assert!(error.starts_with("line ") && error.contains("column") && !error.contains("4711"), "{error}");
        assert!(parse(&TEXT[..TEXT.len() - 40]).is_err(), "truncated");
    }

    #[test]
    fn deep_nesting_and_large_objects_are_refused() {
        assert!(parse(&format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000))).is_err());
        let keys: Vec<_> = (0..20_000).map(|key| format!("k{key} = 1\n")).collect();
        let keys = keys.concat();
        let error = parse(&format!("a = {{\n{keys}}}\n")).expect_err("too large");
        assert_eq!(error, "line 10001: more than 10000 lines or commas within one pair of braces");
        let values = "7,\n".repeat(20_000);
        assert!(parse(&format!("resource \"a\" \"b\" {{\n a = [\n{values}]\n}}\n")).is_ok());
    }
}
