//! The path of a place in a JSON text, for a message about it.

/// The place in a JSON text at which a reader was when it had read `end` bytes: `limits[2].capacity`.
pub(super) fn field_at(json: &[u8], end: usize) -> String {
    let mut scan = Scan::default();
    json.iter().take(end).for_each(|byte| scan.take(*byte));
    scan.path()
}

/// The containers around a place in a JSON text.
#[derive(Default)]
struct Scan {
    around: Vec<Container>,
    /// How many more there are, beyond [`DEEPEST`].
    deeper: usize,
    /// The string that is being read, and whether its last character is a backslash that escapes.
    string: Option<(Vec<u8>, bool)>,
    last: Vec<u8>,
}

enum Container {
    Object(Option<Vec<u8>>),
    Array(usize),
}

/// The most characters of a path that a message repeats.
const LONGEST: usize = 120;
/// The containers that are remembered. A reader takes no deeper value, but a text may be all brackets.
const DEEPEST: usize = 128;

impl Scan {
    fn take(&mut self, byte: u8) {
        if let Some((text, escapes)) = &mut self.string {
            match byte {
                b'"' if !*escapes => {
                    self.last = std::mem::take(text);
                    self.string = None;
                }
                _ => {
                    *escapes = byte == b'\\' && !*escapes;
                    if text.len() < LONGEST {
                        text.push(byte);
                    }
                }
            }
            return;
        }
        match byte {
            b'"' => self.string = Some((Vec::new(), false)),
            b'{' => self.open(Container::Object(None)),
            b'[' => self.open(Container::Array(0)),
            b'}' | b']' => self.close(),
            _ if self.deeper == 0 => self.mark(byte),
            _ => {}
        }
    }

    fn open(&mut self, container: Container) {
        if self.around.len() < DEEPEST { self.around.push(container) } else { self.deeper += 1 }
    }

    fn close(&mut self) {
        if self.deeper == 0 { drop(self.around.pop()) } else { self.deeper -= 1 }
    }

    /// A mark within a container: the end of a key, or of a value.
    fn mark(&mut self, byte: u8) {
        match (byte, self.around.last_mut()) {
            (b':', Some(Container::Object(key))) => *key = Some(std::mem::take(&mut self.last)),
            (b',', Some(Container::Object(key))) => *key = None,
            (b',', Some(Container::Array(index))) => *index += 1,
            _ => {}
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for container in &self.around {
            match container {
                Container::Object(Some(key)) => {
                    let dot = if path.is_empty() { "" } else { "." };
                    path.extend([dot, &String::from_utf8_lossy(key)]);
                }
                Container::Object(None) => {}
                Container::Array(index) => path.extend(["[", &index.to_string(), "]"]),
            }
        }
        match path.char_indices().nth(LONGEST) {
            None => path,
            Some((end, _)) => format!("{}...", &path[..end]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_of_a_place_has_the_names_and_the_numbers_around_it() {
        let json = br#"{"a": {"b\"{": [1, {"c": "x, [", "d": 2}]}, "e": 3}"#;
        let at = |needle: &str| {
            let text = std::str::from_utf8(json).expect("UTF-8");
            field_at(json, text.find(needle).expect(needle) + needle.len())
        };
        assert_eq!(at("\"x, [\""), "a.b\\\"{[1].c");
        assert_eq!(at("2}"), "a.b\\\"{[1]");
        assert_eq!(at("[1"), "a.b\\\"{[0]");
        assert_eq!(at("3"), "e");
        assert_eq!(field_at(b"[[}", 99), "[0]");
    }

    #[test]
    fn a_text_of_brackets_takes_no_memory_for_each() {
        let mut scan = Scan::default();
        [b'['].iter().cycle().take(1 << 20).for_each(|byte| scan.take(*byte));
        assert_eq!((scan.around.len(), scan.deeper), (DEEPEST, (1 << 20) - DEEPEST));
        [b']'].iter().cycle().take((1 << 20) - 1).for_each(|byte| scan.take(*byte));
        scan.take(b',');
        assert_eq!(scan.path(), "[1]");
    }
}
