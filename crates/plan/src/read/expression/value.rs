//! Values of scripts. A value that is known only during the run has the kind `Unknown`, or is a text with `${` in it.

use super::is_known;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::read) enum Value {
    /// It depends on the run.
    Unknown,
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// The number of the thread from 0, plus this.
    Thread(i64),
}

impl Value {
    /// The text that a function returns. `None` if it depends on the run.
    pub(in crate::read) fn to_text(&self) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Null => Some("null".to_owned()),
            Self::Bool(value) => Some(value.to_string()),
            Self::Number(value) => Some(value.to_string()),
            Self::Text(text) => Some(text.clone()),
            Self::Thread(1) => Some("${__threadNum}".to_owned()),
            Self::Thread(offset) => Some(format!("${{__groovy(ctx.threadNum + {offset})}}")),
        }
    }

    /// Whether the value counts as true. A text does if it is not empty, or says so.
    pub(in crate::read) fn truth(&self) -> Option<bool> {
        match self {
            Self::Null => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Number(value) => Some(*value != 0.0),
            Self::Text(text) if text.is_empty() => Some(false),
            Self::Text(text) if is_known(text) => Some(!text.eq_ignore_ascii_case("false")),
            Self::Unknown | Self::Text(_) | Self::Thread(_) => None,
        }
    }

    /// The value as a number, if it is one or a text that has one.
    pub(in crate::read) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// Whether the value depends on the run.
    pub(super) fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown | Self::Thread(_) => true,
            Self::Text(text) => !is_known(text),
            _ => false,
        }
    }

    /// Whether two values are equal. A number equals a text that has the same number, as in JEXL.
    pub(super) fn equals(&self, other: &Self) -> Option<bool> {
        if self.is_unknown() || other.is_unknown() {
            return None;
        }
        Some(match (self, other) {
            (Self::Number(_), _) | (_, Self::Number(_)) => match (self.number(), other.number()) {
                (Some(left), Some(right)) => left.total_cmp(&right).is_eq(),
                _ => false,
            },
            (Self::Bool(value), Self::Text(text)) | (Self::Text(text), Self::Bool(value)) => {
                *text == value.to_string()
            }
            _ => self == other,
        })
    }

    /// The sum: of numbers, else the two texts one behind the other.
    pub(super) fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => Self::Number(left + right),
            (Self::Thread(offset), Self::Number(number)) | (Self::Number(number), Self::Thread(offset)) => {
                whole(*number)
                    .and_then(|number| offset.checked_add(number))
                    .map_or(Self::Unknown, Self::Thread)
            }
            (left, right) => match (left.to_text(), right.to_text()) {
                (Some(left), Some(right)) => Self::Text(left + &right),
                _ => Self::Unknown,
            },
        }
    }
}

/// A number without a fraction as an integer.
pub(in crate::read) fn whole(number: f64) -> Option<i64> {
    let fits = number.fract() == 0.0 && number.abs() < 9.0e15;
    #[expect(clippy::cast_possible_truncation, reason = "the value has no fraction and fits")]
    fits.then_some(number as i64)
}

/// Base 64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for index in 0..4_usize {
            let sign = SIGNS[(bits >> (18 - 6 * index) & 63) as usize];
            out.push(if index > chunk.len() { '=' } else { char::from(sign) });
        }
    }
    out
}
