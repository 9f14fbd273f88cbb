//! An HTTP method in one byte, so that an entry of the journal stays small.

use http::Method;

/// The methods of RFC 9110 and PATCH.
static STANDARD: [Method; 9] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::HEAD,
    Method::OPTIONS,
    Method::CONNECT,
    Method::TRACE,
];

/// A method of RFC 9110, PATCH, or none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CompactMethod(u8);

impl CompactMethod {
    /// GET.
    pub(crate) const GET: Self = Self(0);

    /// `None` for a method that is not standard.
    pub(crate) fn of(method: &Method) -> Option<Self> {
        let index = STANDARD.iter().position(|standard| standard == method)?;
        Some(Self(u8::try_from(index).unwrap_or_default()))
    }

    /// The method's name.
    pub(crate) fn as_str(self) -> &'static str {
        STANDARD[usize::from(self.0)].as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_keeps_its_name() {
        for method in &STANDARD {
            assert_eq!(CompactMethod::of(method).map(CompactMethod::as_str), Some(method.as_str()));
        }
        assert_eq!(CompactMethod::of(&Method::GET), Some(CompactMethod::GET));
        assert_eq!(CompactMethod::of(&Method::from_bytes(b"PURGE").expect("a method")), None);
    }
}
