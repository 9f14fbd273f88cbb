//! The two lengths of a body that hyper takes for a head that is too large, and answers itself with a 431.
//!
//! hyper keeps the two largest numbers for bodies without a length. They are lowered to the largest that it accepts, so
//! that the request gets the 413 of every body that is too large.

/// The largest length that hyper accepts.
const LARGEST: &[u8; 20] = b"18446744073709551613";
/// Those above it.
const ABOVE: [&[u8; 20]; 2] = [b"18446744073709551614", b"18446744073709551615"];
const NAME: &[u8] = b"content-length:";

/// Lowers the length in the bytes of a head. They may begin within a line: the first bytes of a connection are read
/// alone, to tell HTTP/2.
pub(super) fn lower(head: &mut [u8]) {
    let lines = head.split_mut(|byte| *byte == b'\n').take_while(|line| line.len() > 1);
    lines.filter_map(length).for_each(|length| length.copy_from_slice(LARGEST));
}

/// The length of a line that has one of those above.
fn length(line: &mut [u8]) -> Option<&mut [u8]> {
    // Most lines end here.
    if !matches!(line.first(), Some(b'c' | b'C')) {
        return None;
    }
    let (name, value) = line.split_at_mut_checked(NAME.len())?;
    let start = value.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    let length = value.get_mut(start..)?.trim_ascii_end().len();
    let value = value.get_mut(start..start + length)?;
    let is_above = name.eq_ignore_ascii_case(NAME) && ABOVE.iter().any(|above| value == *above);
    is_above.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::lower;

    fn lowered(head: &str) -> String {
        let mut bytes = head.as_bytes().to_vec();
        lower(&mut bytes);
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn only_a_length_above_the_largest_is_lowered() {
        let head =
            |length: &str, body: &str| format!("POST / HTTP/1.1\r\nContent-length: {length}\r\n\r\n{body}");
        let body = "content-length: 18446744073709551615\n";
        assert_eq!(lowered(&head("18446744073709551615", body)), head("18446744073709551613", body));
        assert_eq!(lowered(&head("18446744073709551614", "")), head("18446744073709551613", ""));
        for same in ["17", "184467440737095516150", "-18446744073709551615"] {
            assert_eq!(lowered(&head(same, "")), head(same, ""));
        }
    }
}
