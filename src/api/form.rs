//! Forms with files: `multipart/form-data`.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The parts of a form.
pub(super) struct Form<'r> {
    parts: Vec<&'r [u8]>,
}

impl<'r> Form<'r> {
    /// The form of a request. `None` if its body is none.
    pub(super) fn of(headers: &HeaderMap, body: &'r [u8]) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok())?;
        Some(Self { parts: parts(body, boundary_of(kind)?.as_bytes()) })
    }

    /// The content of the part that has a file name.
    pub(super) fn file(&self) -> Option<&'r [u8]> {
        self.parts.iter().find_map(|part| content_of(part, b"filename="))
    }

    /// The text of a field. Empty if the form lacks it.
    pub(super) fn text(&self, name: &str) -> String {
        let wanted = format!("; name=\"{name}\"");
        let found = self.parts.iter().find_map(|part| content_of(part, wanted.as_bytes()));
        String::from_utf8_lossy(found.unwrap_or_default()).trim().to_owned()
    }
}

/// The file of a request: its body, or the part of a form that has a file name.
pub(super) fn file_in<'r>(headers: &HeaderMap, body: &'r [u8]) -> &'r [u8] {
    Form::of(headers, body).map_or(body, |form| form.file().unwrap_or_default())
}

/// The most characters of a boundary (RFC 2046). A longer one would be compared with each place of the body.
const MAX_BOUNDARY: usize = 70;

/// The boundary of the parts of a form.
fn boundary_of(kind: &str) -> Option<String> {
    let rest = kind.strip_prefix("multipart/form-data")?;
    let boundary = rest.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    let boundary = Some(boundary.trim_matches('"')).filter(|boundary| boundary.len() <= MAX_BOUNDARY)?;
    Some(format!("--{boundary}"))
}

/// What is between the boundaries.
fn parts<'b>(body: &'b [u8], boundary: &[u8]) -> Vec<&'b [u8]> {
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some(at) = find(rest, boundary) {
        parts.push(&rest[..at]);
        rest = &rest[at + boundary.len()..];
    }
    parts
}

/// The content of a part whose head has these bytes.
fn content_of<'b>(part: &'b [u8], wanted: &[u8]) -> Option<&'b [u8]> {
    let end = find(part, b"\r\n\r\n")?;
    find(&part[..end], wanted)?;
    let content = &part[end + 4..];
    Some(content.strip_suffix(b"\r\n").unwrap_or(content))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len().max(1)).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::CONTENT_TYPE;

    use super::{Form, file_in};

    fn headers(kind: &'static str) -> HeaderMap {
        [(CONTENT_TYPE, kind.parse().expect("a header"))].into_iter().collect()
    }

    #[test]
    fn the_file_of_a_form_is_its_part_with_a_file_name() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n7\r\n--x\r\nContent-Disposition: \
            form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n1,2\r\n--x--\r\n";
        let headers = headers("multipart/form-data; boundary=\"x\"");
        assert_eq!(file_in(&headers, body), b"a,b\r\n1,2");
        let form = Form::of(&headers, body).expect("a form");
        assert_eq!((form.text("id"), form.text("nothing")), ("7".to_owned(), String::new()));
    }

    #[test]
    fn a_file_of_the_name_of_a_field_is_not_the_field() {
        let body =
            b"--x\r\nContent-Disposition: form-data; filename=\"id\"; name=\"file\"\r\n\r\na\r\n--x\r\n\
            Content-Disposition: form-data; name=\"id\"\r\n\r\n7\r\n--x--\r\n";
        let form = Form::of(&headers("multipart/form-data; boundary=x"), body).expect("a form");
        assert_eq!((form.text("id"), form.file()), ("7".to_owned(), Some(&b"a"[..])));
    }

    #[test]
    fn another_body_is_the_file_itself() {
        assert_eq!(file_in(&headers("text/csv"), b"a,b"), b"a,b");
        assert_eq!(file_in(&HeaderMap::new(), b"a,b"), b"a,b");
    }
}
